import { didYouMean } from '../lib/nearest.ts'
import type { Problem } from '../lib/problems.ts'
import { isRecord } from '../lib/record.ts'

/**
 * What the compiler would say of a catalogue that nobody has type-checked yet: every field there, of its type, and
 * none mistyped. The rules assume it.
 */
export function checkShape(application: { readonly catalogue: unknown; readonly environments: unknown }): Problem[] {
  const { catalogue, environments } = application
  const problems = checkObject('catalogue', catalogue, catalogueFields)
  if (problems.length > 0 || !isRecord(catalogue)) return problems
  for (const [tier, spec] of Object.entries(catalogue.tiers as Record<string, unknown>)) {
    const found = checkObject(`catalogue tier "${tier}"`, spec, tierFields)
    problems.push(...found)
    if (found.length > 0 || !isRecord(spec)) continue
    for (const [workload, value] of Object.entries(spec.workloads as Record<string, unknown>)) {
      problems.push(...checkObject(`catalogue tier "${tier}" workload "${workload}"`, value, workloadFields))
    }
    for (const [name, value] of Object.entries(spec.egress ?? {})) {
      problems.push(...checkObject(`catalogue tier "${tier}" egress "${name}"`, value, egressFields))
    }
    if (spec.containerDefaults !== undefined) {
      const where = `catalogue tier "${tier}" containerDefaults`
      problems.push(...checkObject(where, spec.containerDefaults, containerDefaultsFields))
    }
  }
  for (const [index, secret] of (catalogue.secrets as unknown[]).entries()) {
    problems.push(...checkObject(secretPlace(secret, index), secret, secretFields))
  }
  if (!isRecord(environments)) return [...problems, wrong('environments', 'is no object', 'environments by name')]
  if (Object.keys(environments).length === 0) {
    problems.push(wrong('environments', 'is empty', 'at least one environment'))
  }
  for (const [name, spec] of Object.entries(environments)) {
    const mode = isRecord(spec) ? spec.isolation : undefined
    problems.push(...checkObject(`environment "${name}"`, spec, environmentFields(mode)))
  }
  return problems
}

// --- internal ---

interface Field {
  readonly expected: string
  readonly test: (value: unknown) => boolean
  readonly optional?: boolean
}

type Fields = Readonly<Record<string, Field>>

const isString = (value: unknown) => typeof value === 'string' && value !== ''
const isStrings = (value: unknown) => Array.isArray(value) && value.every((item) => typeof item === 'string')
const isWholeNumber = (value: unknown) => Number.isInteger(value) && Number(value) > 0

const text: Field = { expected: 'a text that is not empty', test: isString }
const list: Field = { expected: 'a list of texts', test: isStrings }
const record: Field = { expected: 'an object', test: isRecord }
const number: Field = { expected: 'a whole number above zero', test: isWholeNumber }
const flag: Field = { expected: 'true or false', test: (value) => typeof value === 'boolean' }
const texts: Field = {
  expected: 'an object of texts',
  test: (value) => isRecord(value) && isStrings(Object.values(value)),
}
const optional = (field: Field): Field => ({ ...field, optional: true })

function oneOf(...choices: readonly string[]): Field {
  return {
    expected: `one of: ${choices.join(', ')}`,
    test: (value) => typeof value === 'string' && choices.includes(value),
  }
}

const legacyFields: Fields = { namespace: text, secret: text }
const isLegacy = (value: unknown) => checkObject('', value, legacyFields).length === 0

const catalogueFields: Fields = {
  application: text,
  owner: text,
  remoteSecretQuota: optional(number),
  legacy: { expected: '{ namespace, secret }', test: isLegacy, optional: true },
  tiers: record,
  secrets: { expected: 'a list of entries', test: Array.isArray },
}

const tierFields: Fields = {
  description: text,
  workloads: record,
  remotePath: optional(text),
  internalTraffic: optional(oneOf('open', 'closed')),
  egress: optional(record),
  podSecurity: optional(oneOf('restricted', 'baseline', 'privileged')),
  quota: optional(texts),
  containerDefaults: optional(record),
}

const workloadFields: Fields = {
  kind: oneOf('Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob'),
  port: optional(number),
  reachableFrom: optional(list),
  podLabels: optional(texts),
}

const networkFields: Fields = { cidr: text }
const namespaceFields: Fields = { namespace: text, podLabels: optional(texts) }

const egressFields: Fields = {
  description: text,
  to: {
    expected: '"internet", { cidr } or { namespace, podLabels }',
    test: (value) =>
      value === 'internet' || [networkFields, namespaceFields].some((f) => !checkObject('', value, f).length),
  },
  ports: { expected: 'a list of port numbers', test: (value) => Array.isArray(value) && value.every(isWholeNumber) },
  protocol: optional(oneOf('TCP', 'UDP')),
}

const containerDefaultsFields: Fields = { requests: optional(texts), limits: optional(texts) }

const secretFields: Fields = {
  tier: text,
  variable: text,
  remoteName: text,
  format: text,
  description: text,
  optional: optional(flag),
  environments: optional(list),
  identity: optional(text),
  layout: optional(oneOf('single', 'bundle')),
  property: optional(list),
  consumers: optional(list),
  owner: optional(text),
  rotation: optional(text),
  overlap: optional(text),
}

const sealedFields: Fields = { accessKey: text, secretKey: text }

const dnsFields: Fields = { namespace: text, podLabels: texts }

const operatorFields: Fields = { namespace: text, name: text }

const accessFields: Fields = { viewers: optional(subjects()), operators: optional(subjects()) }

function subjects(): Field {
  const fields: Fields = {
    kind: oneOf('User', 'Group', 'ServiceAccount'),
    name: text,
    namespace: optional(text),
  }
  return {
    expected: 'a list of subjects with kind and name, and a namespace for a ServiceAccount',
    test: (value) =>
      Array.isArray(value) &&
      value.every(
        (item) =>
          checkObject('', item, fields).length === 0 &&
          (item.kind === 'ServiceAccount') === (item.namespace !== undefined),
      ),
  }
}

/** An object whose values all have these fields. */
function recordOf(fields: Fields): Field {
  return {
    expected: `an object by tier, each with ${Object.keys(fields).join(' and ')}`,
    test: (value) =>
      isRecord(value) && Object.values(value).every((item) => checkObject('', item, fields).length === 0),
  }
}

function choicesOf(...choices: readonly string[]): Field {
  const one = oneOf(...choices)
  return { expected: `a list of ${choices.join(', ')}`, test: (value) => Array.isArray(value) && value.every(one.test) }
}

function environmentFields(mode: unknown): Fields {
  return {
    description: text,
    region: text,
    isolation: oneOf('path', 'project'),
    ...(mode === 'project' ? { projectIds: texts } : { projectId: text }),
    refreshInterval: text,
    kubeContext: text,
    namespaces: optional(texts),
    organizationId: optional(text),
    iamApplications: optional(texts),
    keyLifetime: optional(text),
    sealedCredentials: optional(recordOf(sealedFields)),
    access: optional(recordOf(accessFields)),
    ingressNamespace: optional(text),
    dns: {
      expected: '{ namespace, podLabels }',
      test: (value) => checkObject('', value, dnsFields).length === 0,
      optional: true,
    },
    operator: {
      expected: '{ namespace, name } or "per-tier"',
      test: (value) => value === 'per-tier' || checkObject('', value, operatorFields).length === 0,
      optional: true,
    },
    without: optional(choicesOf('admission', 'network-policies', 'rbac')),
    restart: optional(oneOf('reloader', 'checksum')),
    legacy: {
      expected: '{ namespace, secret } or "none"',
      test: (value) => value === 'none' || isLegacy(value),
      optional: true,
    },
    example: optional(flag),
  }
}

function checkObject(where: string, value: unknown, fields: Fields): Problem[] {
  if (!isRecord(value)) return [wrong(where, 'is no object', `an object with ${Object.keys(fields).join(', ')}`)]
  const names = Object.keys(fields)
  const unknown = Object.keys(value)
    .filter((name) => !names.includes(name))
    .map((name) =>
      wrong(where, `has an unknown field "${name}".${didYouMean(name, names)}`, `only ${names.join(', ')}`),
    )
  const mistyped = Object.entries(fields)
    .filter(([name, field]) => (value[name] === undefined ? field.optional !== true : !field.test(value[name])))
    .map(([name, field]) => {
      const fact = value[name] === undefined ? `has no ${name}` : `has a ${name} of another type`
      return wrong(where, fact, field.expected)
    })
  return [...unknown, ...mistyped]
}

function wrong(where: string, fact: string, expected: string): Problem {
  return {
    code: 'SHAPE_INVALID',
    where,
    message: `${fact}${/[.?]$/.test(fact) ? '' : '.'} Expected ${expected}.`,
    fix: 'Correct the entry; an editor with TypeScript shows the same mistake.',
  }
}

function secretPlace(secret: unknown, index: number): string {
  const { variable, tier } = isRecord(secret) ? secret : {}
  return typeof variable === 'string' ? `catalogue "${variable}" (${String(tier)})` : `catalogue secrets[${index}]`
}

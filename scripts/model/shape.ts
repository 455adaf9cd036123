import type { Problem } from '../lib/problems.ts'
import { isRecord } from '../lib/record.ts'
import {
  checkObject,
  choicesOf,
  type Field,
  type Fields,
  type FieldsOf,
  flag,
  isWholeNumber,
  list,
  number,
  oneOf,
  optional,
  record,
  recordOf,
  text,
  texts,
  wrong,
} from './fields.ts'
import type {
  Catalogue,
  ContainerDefaults,
  EgressSpec,
  EnvironmentSpec,
  LegacySpec,
  OperatorSpec,
  SealedCredentialsSpec,
  SecretSpec,
  SubjectSpec,
  TierAccessSpec,
  TierSpec,
  WorkloadSpec,
} from './types.ts'

/**
 * What the compiler would check in a catalogue that is not type-checked yet: every field exists, has the right type, and
 * none is mistyped. The rules rely on it.
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
  if (!isRecord(environments)) return [...problems, wrong('environments', 'is not an object', 'environments by name')]
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

const legacyFields = { namespace: text, secret: text } satisfies FieldsOf<LegacySpec>
const isLegacy = (value: unknown) => checkObject('', value, legacyFields).length === 0

const catalogueFields = {
  application: text,
  owner: text,
  remoteSecretQuota: optional(number),
  legacy: { expected: '{ namespace, secret }', test: isLegacy, optional: true },
  tiers: record,
  secrets: { expected: 'a list of entries', test: Array.isArray },
} satisfies FieldsOf<Catalogue>

const tierFields = {
  description: text,
  workloads: record,
  remotePath: optional(text),
  internalTraffic: optional(oneOf('open', 'closed')),
  egress: optional(record),
  podSecurity: optional(oneOf('restricted', 'baseline', 'privileged')),
  quota: optional(texts),
  containerDefaults: optional(record),
} satisfies FieldsOf<TierSpec>

const workloadFields = {
  kind: oneOf('Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob'),
  port: optional(number),
  reachableFrom: optional(list),
  podLabels: optional(texts),
} satisfies FieldsOf<WorkloadSpec>

const networkFields = { cidr: text } satisfies FieldsOf<Extract<EgressSpec['to'], { cidr: string }>>
const namespaceFields = { namespace: text, podLabels: optional(texts) } satisfies FieldsOf<
  Extract<EgressSpec['to'], { namespace: string }>
>

const egressFields = {
  description: text,
  to: {
    expected: '"internet", { cidr } or { namespace, podLabels }',
    test: (value) =>
      value === 'internet' || [networkFields, namespaceFields].some((f) => !checkObject('', value, f).length),
  },
  ports: { expected: 'a list of port numbers', test: (value) => Array.isArray(value) && value.every(isWholeNumber) },
  protocol: optional(oneOf('TCP', 'UDP')),
} satisfies FieldsOf<EgressSpec>

const containerDefaultsFields = {
  requests: optional(texts),
  limits: optional(texts),
} satisfies FieldsOf<ContainerDefaults>

const secretFields = {
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
} satisfies FieldsOf<SecretSpec>

const sealedFields = { accessKey: text, secretKey: text } satisfies FieldsOf<SealedCredentialsSpec>

const dnsFields = { namespace: text, podLabels: texts } satisfies FieldsOf<NonNullable<EnvironmentSpec['dns']>>

const operatorFields = { namespace: text, name: text } satisfies FieldsOf<OperatorSpec>

const accessFields = {
  viewers: optional(subjects()),
  operators: optional(subjects()),
} satisfies FieldsOf<TierAccessSpec>

function subjects(): Field<readonly SubjectSpec[]> {
  const fields = {
    kind: oneOf('User', 'Group', 'ServiceAccount'),
    name: text,
    namespace: optional(text),
  } satisfies FieldsOf<{ kind: SubjectSpec['kind']; name: string; namespace?: string }>
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

type PathSpec = Extract<EnvironmentSpec, { isolation: 'path' }>
type ProjectSpec = Extract<EnvironmentSpec, { isolation: 'project' }>

const environmentBase = {
  description: text,
  region: text,
  isolation: oneOf('path', 'project'),
  refreshInterval: text,
  kubeContext: text,
  namespaces: optional(texts),
  organizationId: optional(text),
  iamApplications: optional(texts),
  keyLifetime: optional(text),
  sealedCredentials: optional(recordOf<SealedCredentialsSpec>(sealedFields)),
  access: optional(recordOf<TierAccessSpec>(accessFields)),
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
} satisfies FieldsOf<Omit<PathSpec, 'projectId'>>

/** In the order in which a message lists them. */
function environmentFields(mode: unknown): Fields {
  const { description, region, isolation, ...rest } = environmentBase
  const first = { description, region, isolation }
  const path = { ...first, projectId: text, ...rest } satisfies FieldsOf<PathSpec>
  const project = { ...first, projectIds: texts, ...rest } satisfies FieldsOf<ProjectSpec>
  return mode === 'project' ? project : path
}

function secretPlace(secret: unknown, index: number): string {
  const { variable, tier } = isRecord(secret) ? secret : {}
  return typeof variable === 'string' ? `catalogue "${variable}" (${String(tier)})` : `catalogue secrets[${index}]`
}

import type { Problem } from '../lib/problems.ts'
import { isRecord } from '../lib/record.ts'
import { checkDataVersion, dataVersion } from './data-version.ts'
import { checkDelivery } from './delivery/shape.ts'
import {
  checkObject,
  choicesOf,
  type Field,
  type Fields,
  type FieldsOf,
  flag,
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
import { goneFields, goneWords } from './gone-words.ts'
import { egressFields, environmentNetworkFields, workloadNetworkFields } from './network/shape.ts'
import type {
  Catalogue,
  ContainerDefaults,
  EnvironmentSpec,
  LegacySpec,
  OperatorSpec,
  ReadsSpec,
  SealedCredentialsSpec,
  SecretSpec,
  SubjectSpec,
  TargetSpec,
  TierAccessSpec,
  TierSpec,
  WorkloadSpec,
} from './types.ts'
import { workloadKinds } from './workload-kinds.ts'

/**
 * What the compiler would check in a catalogue that is not type-checked yet: every field exists, has the right type, and
 * none is mistyped. The rules rely on it.
 */
export function checkShape(application: { readonly catalogue: unknown; readonly environments: unknown }): Problem[] {
  const { catalogue, environments } = application
  const otherVersion = checkDataVersion(catalogue)
  if (otherVersion) return [otherVersion]
  const problems = checkObject('catalogue', catalogue, catalogueFields)
  if (problems.length > 0 || !isRecord(catalogue)) return problems
  const tiers = Object.entries(catalogue.tiers as Record<string, unknown>)
  if (tiers.length === 0) problems.push(wrong('catalogue tiers', 'is empty', 'at least one tier'))
  for (const [tier, spec] of tiers) {
    const found = checkObject(`catalogue tier "${tier}"`, spec, tierFields)
    problems.push(...found)
    if (found.length > 0 || !isRecord(spec)) continue
    for (const [workload, value] of Object.entries(spec.workloads as Record<string, unknown>)) {
      problems.push(...checkObject(`catalogue tier "${tier}" workload "${workload}"`, value, workloadFields))
    }
    for (const [name, value] of Object.entries(spec.targets ?? {})) {
      problems.push(...checkObject(`catalogue tier "${tier}" target "${name}"`, value, targetFields))
    }
    for (const [name, value] of Object.entries(spec.egress ?? {})) {
      problems.push(...checkObject(`catalogue tier "${tier}" egress "${name}"`, value, egressFields(value)))
    }
    if (spec.containerDefaults !== undefined) {
      const where = `catalogue tier "${tier}" containerDefaults`
      problems.push(...checkObject(where, spec.containerDefaults, containerDefaultsFields))
    }
  }
  for (const [index, secret] of (catalogue.secrets as unknown[]).entries()) {
    problems.push(...checkObject(secretPlace(secret, index), withoutGone(secret), secretFields))
  }
  problems.push(...goneWords(catalogue))
  if (!isRecord(environments)) return [...problems, wrong('environments', 'is not an object', 'environments by name')]
  if (Object.keys(environments).length === 0) {
    problems.push(wrong('environments', 'is empty', 'at least one environment'))
  }
  for (const [name, spec] of Object.entries(environments)) {
    const mode = isRecord(spec) ? spec.isolation : undefined
    problems.push(...checkObject(`environment "${name}"`, spec, environmentFields(mode)))
    if (isRecord(spec) && isRecord(spec.delivery)) {
      problems.push(...checkDelivery(`environment "${name}" delivery`, spec.delivery))
    }
  }
  return problems
}

// --- internal ---

const legacyFields = { namespace: text, secret: text } satisfies FieldsOf<LegacySpec>
const isReads = (value: unknown) => checkObject('', value, readsFields).length === 0
const isLegacy = (value: unknown) => checkObject('', value, legacyFields).length === 0

const catalogueFields = {
  dataVersion: optional({ expected: String(dataVersion), test: (value) => value === dataVersion }),
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
  targets: optional(record),
  remotePath: optional(text),
  internalTraffic: optional(oneOf('open', 'closed')),
  egress: optional(record),
  podSecurity: optional(oneOf('restricted', 'baseline', 'privileged')),
  quota: optional(texts),
  containerDefaults: optional(record),
  envModule: optional(text),
} satisfies FieldsOf<TierSpec>

const readsFields = {
  targets: optional(list),
  identities: optional(list),
  variables: optional(list),
} satisfies FieldsOf<ReadsSpec>

const workloadFields = {
  kind: oneOf(...workloadKinds),
  reads: { expected: 'an object with lists: { targets, identities, variables }', test: isReads, optional: true },
  envModule: optional(text),
  ...workloadNetworkFields,
} satisfies FieldsOf<WorkloadSpec>

const targetFields = { type: optional(text) } satisfies FieldsOf<TargetSpec>

const containerDefaultsFields = {
  requests: optional(texts),
  limits: optional(texts),
} satisfies FieldsOf<ContainerDefaults>

const secretFields = {
  tier: text,
  variable: text,
  target: optional(text),
  key: optional(text),
  remoteName: text,
  format: text,
  description: text,
  optional: optional(flag),
  environments: optional(list),
  identity: optional(text),
  layout: optional(oneOf('single', 'bundle')),
  property: optional(list),
  owner: optional(text),
  rotation: optional(text),
  overlap: optional(text),
  sameAs: optional(text),
  irreplaceable: optional(text),
} satisfies FieldsOf<SecretSpec>

const sealedFields = { accessKey: text, secretKey: text } satisfies FieldsOf<SealedCredentialsSpec>

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
  cluster: optional(text),
  baseName: optional(text),
  namespaces: optional(texts),
  organizationId: optional(text),
  iamApplications: optional(texts),
  keyLifetime: optional(text),
  sealedCredentials: optional(recordOf<SealedCredentialsSpec>(sealedFields)),
  access: optional(recordOf<TierAccessSpec>(accessFields)),
  ...environmentNetworkFields,
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
  delivery: { ...record, expected: '{ engine, … }', optional: true },
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

/** They have a problem of their own. */
function withoutGone(secret: unknown): unknown {
  if (!isRecord(secret)) return secret
  return Object.fromEntries(Object.entries(secret).filter(([field]) => !goneFields.includes(field)))
}

function secretPlace(secret: unknown, index: number): string {
  const { variable, tier } = isRecord(secret) ? secret : {}
  return typeof variable === 'string' ? `catalogue "${variable}" (${String(tier)})` : `catalogue secrets[${index}]`
}

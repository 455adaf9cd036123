import { groupBy } from '../lib/group.ts'
import { compare } from '../lib/problems.ts'
import { type DeliveryModel, deliveryOf } from './delivery/delivery.ts'
import { canonicalDuration } from './duration.ts'
import { baseNameOf, gjsonPath, namesOf, releaseNames, remoteRef, type TierNames } from './names.ts'
import { type NetworkModel, resolveNetwork } from './network/network.ts'
import { type DnsModel, dnsOf, type IngressControllerModel, ingressControllersOf } from './network/peers.ts'
import { type OperatorModel, operatorOf } from './operator.ts'
import { withOrigins } from './shared-values.ts'
import { existsIn, keyOf, legacyOf, projectOf, remoteNameOf } from './specs.ts'
import type { TargetType } from './target-types.ts'
import { type Target, targetsOf } from './targets.ts'
import type {
  Application,
  Catalogue,
  ContainerDefaults,
  EnvironmentSpec,
  IsolationMode,
  LegacySpec,
  PodSecurityLevel,
  Protection,
  RestartMode,
  SealedCredentialsSpec,
  SecretSpec,
  SubjectSpec,
  WorkloadSpec,
} from './types.ts'

/** One environment with every name and reference derived. All lists are sorted. */
export interface EnvironmentModel {
  readonly application: string
  /** Base of its names in the cluster. */
  readonly baseName: string
  /** The owner of secrets that name no owner. */
  readonly owner: string
  readonly environment: string
  readonly example: boolean
  readonly region: string
  readonly isolation: IsolationMode
  /** In the form the operator writes back, e.g. `1h0m0s`. */
  readonly refreshInterval: string
  readonly kubeContext: string
  /** UID of its namespace `kube-system`; undefined: the name of the kube context decides. */
  readonly cluster: string | undefined
  /** Undefined: the organization of the account that runs a command. */
  readonly organizationId: string | undefined
  /** How long a new API key of a tier is valid. */
  readonly keyLifetimeDays: number
  readonly ingressControllers: readonly IngressControllerModel[]
  readonly dns: readonly DnsModel[]
  readonly operator: OperatorModel
  /** Protections that are switched off in the chart. */
  readonly without: readonly Protection[]
  /** How workloads get a new value; undefined: only by a command. */
  readonly restart: RestartMode | undefined
  /** The GitOps engine that applies it; undefined: a command does. */
  readonly delivery: DeliveryModel | undefined
  readonly release: { readonly name: string; readonly namespace: string }
  /** Remote secrets the Scaleway organization may hold. */
  readonly remoteSecretQuota: number
  /** The Secret all tiers shared before; undefined when there was none. */
  readonly legacy: LegacySpec | undefined
  readonly tiers: readonly TierModel[]
}

export interface TierModel extends Omit<TierNames, 'required' | 'optional'> {
  readonly name: string
  readonly projectId: string
  readonly workloads: Readonly<Record<string, WorkloadSpec>>
  readonly network: NetworkModel
  readonly podSecurity: PodSecurityLevel
  readonly quota: Readonly<Record<string, string>>
  readonly containerDefaults: ContainerDefaults
  readonly viewers: readonly SubjectSpec[]
  readonly operators: readonly SubjectSpec[]
  readonly sealedCredentials?: SealedCredentialsSpec
  /** The main target before the named ones, each before the one of its optional entries; none without entries. */
  readonly externalSecrets: readonly ExternalSecretModel[]
  /** What has to exist in Scaleway for this tier. */
  readonly remoteSecrets: readonly RemoteSecretModel[]
}

/** An ExternalSecret and its target, which share a name. */
export interface ExternalSecretModel {
  readonly name: string
  /** Of a named target: as the catalogue calls it. */
  readonly target: string | undefined
  readonly type: TargetType
  /** What is missing in Scaleway is left out of the target; otherwise it holds the whole target back. */
  readonly optional: boolean
  readonly singles: readonly SingleModel[]
  readonly bundles: readonly BundleModel[]
}

export interface SingleModel {
  readonly spec: SecretSpec
  readonly remoteRef: string
  /** gjson path of a field of the JSON value, if not the whole value is meant. */
  readonly property?: string
}

export interface BundleModel {
  readonly identity: string
  readonly remoteRef: string
  /** Variables, which are also the keys of the JSON value. */
  readonly specs: readonly SecretSpec[]
}

/** One secret in Scaleway, and the entries of the catalogue it serves. */
export interface RemoteSecretModel {
  readonly path: string
  readonly name: string
  readonly remoteRef: string
  /** `opaque`: the value itself. `bundle`: flat JSON, one key per variable. `json`: JSON whose fields are read. */
  readonly shape: 'opaque' | 'bundle' | 'json'
  readonly optional: boolean
  readonly specs: readonly SecretSpec[]
}

/** The entries of the catalogue an ExternalSecret delivers. */
export function specsOf({ singles, bundles }: ExternalSecretModel): SecretSpec[] {
  return [...singles.map(({ spec }) => spec), ...bundles.flatMap(({ specs }) => specs)]
}

/** The keys of the target Secret that an ExternalSecret writes, sorted. */
export function targetKeys(externalSecret: ExternalSecretModel): string[] {
  return specsOf(externalSecret).map(keyOf).sort(compare)
}

/** The target of a tier that no entry has to name, or the one of its optional entries. */
export function mainTarget(
  { externalSecrets }: Pick<TierModel, 'externalSecrets'>,
  { optional }: { readonly optional: boolean },
): ExternalSecretModel | undefined {
  return externalSecrets.find((one) => one.target === undefined && one.optional === optional)
}

/** All environments, in the order of their names. The application must have passed the rules. */
export function resolveAll(application: Application): EnvironmentModel[] {
  return Object.keys(application.environments)
    .sort(compare)
    .map((environment) => resolve(application, environment))
}

/**
 * The model of one environment. Pure; the application must have passed the rules.
 *
 * @throws Error for an environment that does not exist: callers check the name first
 */
export function resolve({ catalogue, environments }: Application, environment: string): EnvironmentModel {
  const spec = environments[environment]
  if (!spec) throw new Error(`no environment ${environment}`)
  const byTier = groupBy(
    withOrigins(catalogue.secrets).filter((secret) => existsIn(secret, environment)),
    (secret) => secret.tier,
  )
  return {
    application: catalogue.application,
    baseName: baseNameOf(catalogue, spec),
    owner: catalogue.owner,
    environment,
    example: spec.example === true,
    region: spec.region,
    isolation: spec.isolation,
    refreshInterval: canonicalDuration(spec.refreshInterval),
    kubeContext: spec.kubeContext,
    cluster: spec.cluster,
    organizationId: spec.organizationId,
    keyLifetimeDays: Number.parseInt(spec.keyLifetime ?? '90d', 10),
    ingressControllers: ingressControllersOf(spec),
    dns: dnsOf(spec),
    operator: operatorOf(catalogue, spec),
    without: [...(spec.without ?? [])].sort(compare),
    restart: spec.restart,
    delivery: deliveryOf(spec),
    release: releaseNames(baseNameOf(catalogue, spec)),
    remoteSecretQuota: catalogue.remoteSecretQuota ?? defaultQuota,
    legacy: legacyOf(catalogue, spec),
    tiers: Object.keys(catalogue.tiers)
      .sort(compare)
      .map((tier) => resolveTier(catalogue, tier, spec, byTier.get(tier) ?? [])),
  }
}

/** Remote secrets of an organization with a validated payment method. Source: Scaleway documentation, Secret Manager quotas. */
export const defaultQuota = 100

// --- internal ---

function resolveTier(
  catalogue: Catalogue,
  name: string,
  spec: EnvironmentSpec,
  secrets: readonly SecretSpec[],
): TierModel {
  const names = namesOf(catalogue, name, spec)
  const { required: _, optional: __, ...others } = names
  const sorted = [...secrets].sort((a, b) => compare(a.variable, b.variable))
  const tier = catalogue.tiers[name]
  const sealed = spec.sealedCredentials?.[name]
  return {
    name,
    ...others,
    projectId: projectOf(spec, name),
    workloads: tier?.workloads ?? {},
    network: resolveNetwork(catalogue, name, spec),
    podSecurity: tier?.podSecurity ?? 'restricted',
    quota: tier?.quota ?? {},
    containerDefaults: tier?.containerDefaults ?? {},
    viewers: spec.access?.[name]?.viewers ?? [],
    operators: spec.access?.[name]?.operators ?? [],
    ...(sealed ? { sealedCredentials: sealed } : {}),
    externalSecrets: targetsOf({ name, names, targets: tier?.targets }, sorted).map((target) =>
      externalSecret(target, names.remotePath),
    ),
    remoteSecrets: remoteSecrets(names.remotePath, sorted),
  }
}

function externalSecret({ secrets, ...target }: Target, path: string): ExternalSecretModel {
  const singles = secrets.filter((secret) => secret.layout !== 'bundle')
  const bundles = groupBy(
    secrets.filter((secret) => secret.layout === 'bundle'),
    remoteNameOf,
  )
  return {
    ...target,
    singles: singles.map((spec) => ({
      spec,
      remoteRef: remoteRef(path, spec.remoteName),
      ...(spec.property ? { property: gjsonPath(spec.property) } : {}),
    })),
    bundles: [...bundles.keys()].sort(compare).map((identity) => ({
      identity,
      remoteRef: remoteRef(path, identity),
      specs: bundles.get(identity) ?? [],
    })),
  }
}

function remoteSecrets(path: string, secrets: readonly SecretSpec[]): RemoteSecretModel[] {
  const byName = groupBy(secrets, remoteNameOf)
  return [...byName.keys()].sort(compare).map((name) => {
    const specs = byName.get(name) ?? []
    const shape = specs[0]?.layout === 'bundle' ? 'bundle' : specs[0]?.property ? 'json' : 'opaque'
    return { path, name, remoteRef: remoteRef(path, name), shape, optional: specs.every((s) => s.optional), specs }
  })
}

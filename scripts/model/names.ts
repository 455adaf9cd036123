import type { Catalogue, EnvironmentSpec } from './types.ts'

/**
 * Every derived name is made here, once; the chart only verifies it. The names of one tier of one application.
 */
export interface TierNames {
  readonly namespace: string
  readonly secretStore: string
  /** The Kubernetes Secret that holds the two halves of the tier's Scaleway API key. */
  readonly credentialsSecret: string
  /** The ExternalSecret with everything the workloads can't start without, and its target. */
  readonly required: string
  /** Separate, because one missing key blocks a whole ExternalSecret. */
  readonly optional: string
  readonly iamApplication: string
  /** ServiceAccount for the tier's workloads, without a token or rights. */
  readonly serviceAccount: string
  /** Folder in Scaleway, without a slash at its end. */
  readonly remotePath: string
}

/** The base of an environment's names in its cluster. */
export function baseNameOf(
  { application }: Pick<Catalogue, 'application'>,
  { baseName }: { readonly baseName?: string },
) {
  return baseName ?? application
}

/**
 * Names of a tier by convention, e.g. `trackdechets-backend`, `backend-secretstore`, `scw-backend-credentials`.
 *
 * @param base of the names in the cluster. Default: the application
 */
export function tierNames(application: string, tier: string, base = application): TierNames {
  return {
    namespace: `${base}-${tier}`,
    secretStore: `${tier}-secretstore`,
    credentialsSecret: `scw-${tier}-credentials`,
    required: `${tier}-secrets`,
    optional: `${tier}-optional-secrets`,
    iamApplication: `${application}-${tier}-secrets`,
    serviceAccount: `${tier}-workloads`,
    remotePath: `/${application}-${tier}`,
  }
}

/** The Secret of a named target of a tier: `web-tls`. */
export function namedTarget(tier: string, target: string): string {
  return `${tier}-${target}`
}

/** The names of a tier in one environment: the convention, with overrides from the catalogue and the environment. */
export function namesOf(catalogue: Catalogue, tier: string, spec: EnvironmentSpec): TierNames {
  const convention = tierNames(catalogue.application, tier, baseNameOf(catalogue, spec))
  return {
    ...convention,
    namespace: spec.namespaces?.[tier] ?? convention.namespace,
    iamApplication: spec.iamApplications?.[tier] ?? convention.iamApplication,
    remotePath: catalogue.tiers[tier]?.remotePath ?? convention.remotePath,
  }
}

/** Roles of a tier: `viewer` sees stores and ExternalSecrets, `operator` may also force a refresh. */
export const roleNames = { viewer: 'secrets-viewer', operator: 'secrets-operator' } as const

/** The ResourceQuota and the LimitRange of a tier. */
export const hardeningNames = { quota: 'tier-quota', limits: 'container-defaults' } as const

/** Admission policies and their bindings, which are in no namespace, and the name of each tier's parameters. */
export const admissionNames: {
  readonly policies: readonly string[]
  /** Policies with a binding, and so with parameters, for each tier. */
  readonly perTier: readonly string[]
  /** @param base of the environment's names in the cluster */
  policy(base: string, policy: string): string
  /** The names of the bindings of a policy. */
  bindings(base: string, policy: string, tiers: readonly string[]): string[]
  /** Named after the namespace, because a tier may be renamed, and the policies of its earlier name still read it then. */
  boundary(namespace: string): string
} = {
  policies: ['secret-stores', 'external-secrets', 'credentials', 'other-kinds', 'operator-secrets'],
  perTier: ['secret-stores', 'external-secrets', 'credentials', 'operator-secrets'],
  policy: (base, policy) => `${base}-${policy}`,
  bindings: (base, policy, tiers) =>
    admissionNames.perTier.includes(policy) ? tiers.map((tier) => `${base}-${tier}-${policy}`) : [`${base}-${policy}`],
  boundary: (namespace) => `boundary-${namespace}`,
}

/**
 * Description of an API key that `npm run credentials -- --rotate` made: a key without it is never deleted. Another
 * cluster's keys carry another id.
 *
 * @param namespaceId the UID of the tier's namespace
 */
export function keyMark(environment: string, tier: string, namespaceId: string): string {
  return `tiered-secrets ${environment}/${tier} ${namespaceId}`
}

/**
 * The annotations of Stakater Reloader: a workload with `search` is restarted when a Secret with `match` that it reads changes.
 * Source: Stakater Reloader 1.4.21, README, "Targeted Reload", and pkg/common/common.go, `ShouldReload`.
 */
export const reloaderAnnotations = {
  match: 'reloader.stakater.com/match',
  search: 'reloader.stakater.com/search',
} as const

/** Keys of the credentials Secret. */
export const credentialKeys = { accessKey: 'access-key', secretKey: 'secret-key' } as const

/** The Helm release. A namespace of its own: deployers need no rights on the tiers' namespaces to read the release. */
export function releaseNames(base: string): { readonly name: string; readonly namespace: string } {
  return { name: `${base}-secrets`, namespace: `${base}-secrets` }
}

/** `path:` and not `name:`, because a bare name is looked up in the whole project and can match in another tier. */
export function remoteRef(remotePath: string, remoteName: string): string {
  return `path:${remotePath}/${remoteName}`
}

/** What a pipeline is given: `plan` looks, `ci` deploys too. */
export type PipelineRole = 'plan' | 'ci'

/**
 * Names of a pipeline's rights. Its ServiceAccount has a namespace of its own: whoever may write Secrets in the namespace of a
 * ServiceAccount can make a token of it that never ends, and a deployment writes those of the release's.
 */
export function pipelineNames(base: string, role: PipelineRole) {
  return {
    serviceAccount: { namespace: `${base}-pipelines`, name: role },
    /** Of the ClusterRole, the Role in the namespace of the release, and their bindings. */
    role: `${base}-${role}`,
    /** Of the ClusterRole that is bound in the namespaces of the tiers. */
    tierRole: `${base}-${role}-tiers`,
  } as const
}

/** The IAM application of a pipeline, of an environment's own, in the 64 characters that IAM allows. */
export function pipelineApplication(application: string, environment: string): string {
  return `${`${application}-${environment}`.slice(0, 64 - '-ci'.length)}-ci`
}

/**
 * A gjson path for a field of a JSON value. The operator reads `remoteRef.property` with gjson 1.18, where `.`, `*`,
 * `?`, `#`, `@`, `|` and more are syntax; a backslash makes any character literal.
 * Source: tidwall/gjson, SYNTAX.md and `isSafePathKeyChar`.
 */
export function gjsonPath(segments: readonly string[]): string {
  return segments.map((segment) => segment.replace(/[!-~]/g, (c) => (/[\w:-]/.test(c) ? c : `\\${c}`))).join('.')
}

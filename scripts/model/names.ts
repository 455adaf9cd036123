import type { Catalogue, EnvironmentSpec, SecretSpec } from './types.ts'

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

/** Names of a tier by convention, e.g. `trackdechets-backend`, `backend-secretstore`, `scw-backend-credentials`. */
export function tierNames(application: string, tier: string): TierNames {
  return {
    namespace: `${application}-${tier}`,
    secretStore: `${tier}-secretstore`,
    credentialsSecret: `scw-${tier}-credentials`,
    required: `${tier}-secrets`,
    optional: `${tier}-optional-secrets`,
    iamApplication: `${application}-${tier}-secrets`,
    serviceAccount: `${tier}-workloads`,
    remotePath: `/${application}-${tier}`,
  }
}

/** The names of a tier in one environment: the convention, with overrides from the catalogue and the environment. */
export function namesOf(catalogue: Catalogue, tier: string, spec: EnvironmentSpec): TierNames {
  const convention = tierNames(catalogue.application, tier)
  return {
    ...convention,
    namespace: spec.namespaces?.[tier] ?? convention.namespace,
    iamApplication: spec.iamApplications?.[tier] ?? convention.iamApplication,
    remotePath: catalogue.tiers[tier]?.remotePath ?? convention.remotePath,
  }
}

/** Names of the targets a tier has in an environment. */
export function namesOfTargets(names: TierNames, secrets: readonly SecretSpec[]): string[] {
  const required = secrets.some((secret) => !secret.optional) ? [names.required] : []
  return [...required, ...(secrets.some((secret) => secret.optional) ? [names.optional] : [])]
}

/** Roles of a tier: `viewer` sees stores and ExternalSecrets, `operator` may also force a refresh. */
export const roleNames = { viewer: 'secrets-viewer', operator: 'secrets-operator' } as const

/** The ResourceQuota and the LimitRange of a tier. */
export const hardeningNames = { quota: 'tier-quota', limits: 'container-defaults' } as const

/** Admission policies, each named after the application, and the name of each tier's parameters. */
export const admissionNames: {
  readonly policies: readonly string[]
  /** Policies with a binding, and so with parameters, for each tier. */
  readonly perTier: readonly string[]
  /** Named after the namespace, because a tier may be renamed, and the policies of its earlier name still read it then. */
  boundary(namespace: string): string
} = {
  policies: ['secret-stores', 'external-secrets', 'credentials', 'other-kinds', 'operator-secrets'],
  perTier: ['secret-stores', 'external-secrets', 'credentials', 'operator-secrets'],
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
export function releaseNames(application: string): { readonly name: string; readonly namespace: string } {
  return { name: `${application}-secrets`, namespace: `${application}-secrets` }
}

/** `path:` and not `name:`, because a bare name is looked up in the whole project and can match in another tier. */
export function remoteRef(remotePath: string, remoteName: string): string {
  return `path:${remotePath}/${remoteName}`
}

/**
 * A gjson path for a field of a JSON value. The operator reads `remoteRef.property` with gjson 1.18, where `.`, `*`,
 * `?`, `#`, `@`, `|` and more are syntax; a backslash makes any character literal.
 * Source: tidwall/gjson, SYNTAX.md and `isSafePathKeyChar`.
 */
export function gjsonPath(segments: readonly string[]): string {
  return segments.map((segment) => segment.replace(/[!-~]/g, (c) => (/[\w:-]/.test(c) ? c : `\\${c}`))).join('.')
}

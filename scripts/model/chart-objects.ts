import { admissionNames, hardeningNames, roleNames } from './names.ts'
import { policyNames } from './network/links.ts'
import type { EnvironmentModel, TierModel } from './resolve.ts'

/** A kind of object that a template of the chart renders, and which objects of it an environment implies. */
export interface ChartKind {
  /** `v1`, `external-secrets.io/v1` */
  readonly apiVersion: string
  readonly kind: string
  /** As in a URL of the API server: `externalsecrets`. */
  readonly plural: string
  readonly namespaced: boolean
  /** Its objects are in the namespace of the release, and in none of the tiers'. Default: false */
  readonly inRelease?: true
  /** Whose definition it is: it comes with Kubernetes, or with a program that is installed. */
  readonly definedBy: 'kubernetes' | 'operator' | 'sealed-secrets'
  readonly objects: (model: EnvironmentModel) => readonly ChartObject[]
}

export interface ChartObject {
  readonly name: string
  /** Of a namespaced kind. */
  readonly namespace?: string
}

const rbac = 'rbac.authorization.k8s.io/v1'
const admission = 'admissionregistration.k8s.io/v1'

/** One more kind in the chart is a template, its values in the contract, and a line here. */
export const chartKinds = {
  namespace: {
    ...{ apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false, definedBy: 'kubernetes' },
    objects: ({ tiers }) => tiers.map(({ namespace }) => ({ name: namespace })),
  },
  secretStore: {
    ...{ apiVersion: 'external-secrets.io/v1', kind: 'SecretStore', plural: 'secretstores', namespaced: true },
    definedBy: 'operator',
    objects: inTiers(({ secretStore }) => [secretStore]),
  },
  externalSecret: {
    ...{ apiVersion: 'external-secrets.io/v1', kind: 'ExternalSecret', plural: 'externalsecrets', namespaced: true },
    definedBy: 'operator',
    objects: inTiers((tier) => tier.externalSecrets.map(({ name }) => name)),
  },
  sealedSecret: {
    ...{ apiVersion: 'bitnami.com/v1alpha1', kind: 'SealedSecret', plural: 'sealedsecrets', namespaced: true },
    definedBy: 'sealed-secrets',
    objects: inTiers((tier) => (tier.sealedCredentials ? [tier.credentialsSecret] : [])),
  },
  serviceAccount: {
    ...{ apiVersion: 'v1', kind: 'ServiceAccount', plural: 'serviceaccounts', namespaced: true },
    definedBy: 'kubernetes',
    objects: inTiers(({ serviceAccount }) => [serviceAccount]),
  },
  resourceQuota: {
    ...{ apiVersion: 'v1', kind: 'ResourceQuota', plural: 'resourcequotas', namespaced: true, definedBy: 'kubernetes' },
    objects: inTiers(({ quota }) => (Object.keys(quota).length > 0 ? [hardeningNames.quota] : [])),
  },
  limitRange: {
    ...{ apiVersion: 'v1', kind: 'LimitRange', plural: 'limitranges', namespaced: true, definedBy: 'kubernetes' },
    objects: inTiers((tier) => (Object.keys(tier.containerDefaults).length > 0 ? [hardeningNames.limits] : [])),
  },
  role: {
    ...{ apiVersion: rbac, kind: 'Role', plural: 'roles', namespaced: true, definedBy: 'kubernetes' },
    objects: inTiers((tier, model) => roles(tier, model).map(({ name }) => name)),
  },
  roleBinding: {
    ...{ apiVersion: rbac, kind: 'RoleBinding', plural: 'rolebindings', namespaced: true, definedBy: 'kubernetes' },
    objects: inTiers((tier, model) => roles(tier, model).flatMap(({ name, isGiven }) => (isGiven ? [name] : []))),
  },
  networkPolicy: {
    ...{ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', plural: 'networkpolicies', namespaced: true },
    definedBy: 'kubernetes',
    objects: inTiers(({ network }, { without }) =>
      without.includes('network-policies')
        ? []
        : [
            policyNames.deny,
            policyNames.dns,
            ...(network.open ? [policyNames.inside] : []),
            ...Object.keys({ ...network.ingress, ...network.egress }),
          ],
    ),
  },
  secret: {
    ...{ apiVersion: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true, definedBy: 'kubernetes' },
    inRelease: true,
    objects: ({ tiers, release }) =>
      tiers.map((tier) => ({ name: admissionNames.boundary(tier.namespace), namespace: release.namespace })),
  },
  validatingAdmissionPolicy: {
    ...{ apiVersion: admission, kind: 'ValidatingAdmissionPolicy', plural: 'validatingadmissionpolicies' },
    ...{ namespaced: false, definedBy: 'kubernetes' },
    objects: ({ baseName, without }) =>
      without.includes('admission')
        ? []
        : admissionNames.policies.map((policy) => ({ name: admissionNames.policy(baseName, policy) })),
  },
  validatingAdmissionPolicyBinding: {
    ...{ apiVersion: admission, kind: 'ValidatingAdmissionPolicyBinding', plural: 'validatingadmissionpolicybindings' },
    ...{ namespaced: false, definedBy: 'kubernetes' },
    objects: ({ baseName, tiers, without }) => {
      if (without.includes('admission')) return []
      const names = tiers.map(({ name }) => name)
      return admissionNames.policies
        .flatMap((policy) => admissionNames.bindings(baseName, policy, names))
        .map((name) => ({ name }))
    },
  },
} as const satisfies Readonly<Record<string, ChartKind>>

/** The namespaces that may hold objects of a namespaced kind. */
export function namespacesOf(
  { inRelease }: ChartKind,
  { tiers, release }: Pick<EnvironmentModel, 'tiers' | 'release'>,
): string[] {
  return inRelease ? [release.namespace] : tiers.map(({ namespace }) => namespace)
}

// --- internal ---

function inTiers(names: (tier: TierModel, model: EnvironmentModel) => readonly string[]): ChartKind['objects'] {
  return (model) =>
    model.tiers.flatMap((tier) => names(tier, model).map((name) => ({ name, namespace: tier.namespace })))
}

/** Only admission keeps an operator from changing all of an ExternalSecret: without it there is no such Role. */
function roles({ viewers, operators }: TierModel, { without }: EnvironmentModel) {
  if (without.includes('rbac')) return []
  const viewer = { name: roleNames.viewer, isGiven: viewers.length > 0 }
  const operator = { name: roleNames.operator, isGiven: operators.length > 0 }
  return without.includes('admission') ? [viewer] : [viewer, operator]
}

import { admissionNames, hardeningNames, roleNames } from '../../model/names.ts'
import { policyNames } from '../../model/network/network.ts'
import { type EnvironmentModel, externalSecrets, type TierModel } from '../../model/resolve.ts'
import { type PolicyRule, problem } from './policy-rule.ts'

/** Every object the catalogue implies, once, and nothing else. A namespace may be made by somebody else. */
export const onlyExpectedObjects: PolicyRule = (manifests, model) => {
  const expected = expectedObjects(model)
  const found = manifests.map(
    ({ apiVersion, kind, metadata }) => `${apiVersion} ${kind}/${metadata.namespace ?? ''}/${metadata.name}`,
  )
  const missing = expected.filter((object) => !found.includes(object) && !object.startsWith('v1 Namespace'))
  const unexpected = found.filter((object, index) => !expected.includes(object) || found.indexOf(object) !== index)
  return [
    ...missing.map((object) => problem('OBJECT_MISSING', object, 'is not rendered. Expected it, once.')),
    ...unexpected.map((object) =>
      problem('OBJECT_UNEXPECTED', object, 'is rendered, or rendered twice. Expected only what the catalogue implies.'),
    ),
  ]
}

// --- internal ---

function expectedObjects(model: EnvironmentModel): string[] {
  const inTiers = model.tiers.flatMap((tier) =>
    objectsOf(tier, model).map(([type, name]) => `${type}/${tier.namespace}/${name}`),
  )
  const namespaces = model.tiers.map((tier) => `v1 Namespace//${tier.namespace}`)
  return [...namespaces, ...inTiers, ...admission(model)]
}

/** Version and kind of each object in a tier's namespace, with its name. */
function objectsOf(tier: TierModel, model: EnvironmentModel): (readonly [string, string])[] {
  const { quota, containerDefaults, sealedCredentials } = tier
  return [
    ['external-secrets.io/v1 SecretStore', tier.secretStore],
    ...externalSecrets(tier).map(({ name }) => ['external-secrets.io/v1 ExternalSecret', name] as const),
    ...(sealedCredentials ? [['bitnami.com/v1alpha1 SealedSecret', tier.credentialsSecret] as const] : []),
    ['v1 ServiceAccount', tier.serviceAccount],
    ...(Object.keys(quota).length > 0 ? [['v1 ResourceQuota', hardeningNames.quota] as const] : []),
    ...(Object.keys(containerDefaults).length > 0 ? [['v1 LimitRange', hardeningNames.limits] as const] : []),
    ...(model.without.includes('rbac') ? [] : roles(tier, model)),
    ...(model.without.includes('network-policies') ? [] : networkPolicies(tier)),
  ]
}

/** Only admission keeps an operator from changing the whole of an ExternalSecret: without it there is no such Role. */
function roles({ viewers, operators }: TierModel, { without }: EnvironmentModel): (readonly [string, string])[] {
  const { viewer, operator } = roleNames
  const all = [[viewer, viewers] as const, ...(without.includes('admission') ? [] : [[operator, operators] as const])]
  return all.flatMap(([name, subjects]) => [
    [`${rbac} Role`, name] as const,
    ...(subjects.length > 0 ? [[`${rbac} RoleBinding`, name] as const] : []),
  ])
}

function networkPolicies({ network }: TierModel): (readonly [string, string])[] {
  const { deny, dns, inside } = policyNames
  const names = [
    deny,
    dns,
    ...(network.open ? [inside] : []),
    ...Object.keys({ ...network.ingress, ...network.egress }),
  ]
  return names.map((name) => ['networking.k8s.io/v1 NetworkPolicy', name])
}

function admission({ application, tiers, release, without }: EnvironmentModel): string[] {
  const { policies, perTier, boundary } = admissionNames
  const boundaries = tiers.map((tier) => `v1 Secret/${release.namespace}/${boundary(tier.namespace)}`)
  if (without.includes('admission')) return boundaries
  return [
    ...boundaries,
    ...policies.map((policy) => `${admissionApi} ValidatingAdmissionPolicy//${application}-${policy}`),
    ...policies.flatMap((policy) => {
      const tierNames = perTier.includes(policy) ? tiers.map((tier) => `${tier.name}-${policy}`) : [policy]
      return tierNames.map((name) => `${admissionApi} ValidatingAdmissionPolicyBinding//${application}-${name}`)
    }),
  ]
}

const rbac = 'rbac.authorization.k8s.io/v1'
const admissionApi = 'admissionregistration.k8s.io/v1'

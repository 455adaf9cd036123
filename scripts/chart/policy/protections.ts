import { compare, type Problem } from '../../lib/problems.ts'
import { admissionNames, credentialKeys, hardeningNames, roleNames } from '../../model/names.ts'
import { userOf } from '../../model/operator.ts'
import type { EnvironmentModel, TierModel } from '../../model/resolve.ts'
import type { SubjectSpec } from '../../model/types.ts'
import { type Manifest, placeOf } from '../manifests.ts'
import { differences, type PolicyRule, problem, tierObjects } from './policy-rule.ts'

/** The pods of a tier get no token: with one, a compromised pod could use the API server in the name of its tier. */
export const serviceAccountsHaveNoToken: PolicyRule = (manifests, model) =>
  tierObjects(manifests, model, 'ServiceAccount')
    .filter(({ manifest }) => manifest.automountServiceAccountToken !== false)
    .map(({ manifest }) =>
      problem(
        'TOKEN_MOUNTED',
        placeOf(manifest),
        'does not switch off automountServiceAccountToken. Expected false: the workloads of a tier need no token.',
      ),
    )

/** The rights of the two Roles, and no more: they can't read a Secret or write a store. */
export const rolesGrantOnlyTheirVerbs: PolicyRule = (manifests, model) =>
  tierObjects(manifests, model, 'Role').flatMap(({ manifest }) => {
    const expected = manifest.metadata.name === roleNames.operator ? [...viewerGrants, operatorGrant] : viewerGrants
    const found = grantsOf(manifest)
    const place = placeOf(manifest)
    return [
      ...found
        .filter((grant) => !expected.includes(grant))
        .map((grant) => problem('ROLE_TOO_WIDE', place, `grants "${grant}". Expected only: ${expected.join(', ')}.`)),
      ...expected
        .filter((grant) => !found.includes(grant))
        .map((grant) => problem('ROLE_TOO_NARROW', place, `does not grant "${grant}". Expected it.`)),
    ]
  })

export const rolesAreBoundAsCatalogued: PolicyRule = (manifests, model) =>
  tierObjects(manifests, model, 'RoleBinding').flatMap(({ manifest, tier }) => {
    const isOperator = manifest.metadata.name === roleNames.operator
    const expected = {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: manifest.metadata.name },
      subjects: (isOperator ? tier.operators : tier.viewers).map(bindingSubject),
    }
    const { roleRef, subjects } = manifest
    return differ('BINDING_DIFFERS', manifest, { roleRef, subjects }, expected, 'the subjects of the environment')
  })

export const namespacesAreHardened: PolicyRule = (manifests, model) => [
  ...manifests.flatMap((manifest) => {
    const tier = model.tiers.find(
      ({ namespace }) => manifest.kind === 'Namespace' && manifest.metadata.name === namespace,
    )
    if (!tier) return []
    const { labels = {} } = manifest.metadata
    const expected: Readonly<Record<string, string>> = {
      enforce: tier.podSecurity,
      warn: 'restricted',
      audit: 'restricted',
    }
    return Object.entries(expected)
      .filter(([mode, level]) => labels[`pod-security.kubernetes.io/${mode}`] !== level)
      .map(([mode, level]) =>
        problem(
          'POD_SECURITY_DIFFERS',
          placeOf(manifest),
          `the label pod-security.kubernetes.io/${mode} is not the catalogue's. Expected "${level}".`,
        ),
      )
  }),
  ...tierObjects(manifests, model, 'ResourceQuota').flatMap(({ manifest, tier }) =>
    differ('QUOTA_DIFFERS', manifest, manifest.spec, { hard: tier.quota }, `the quota of ${hardeningNames.quota}`),
  ),
  ...tierObjects(manifests, model, 'LimitRange').flatMap(({ manifest, tier }) => {
    const { requests, limits } = tier.containerDefaults
    const item = {
      type: 'Container',
      ...(requests ? { defaultRequest: requests } : {}),
      ...(limits ? { default: limits } : {}),
    }
    return differ('LIMITS_DIFFER', manifest, manifest.spec, { limits: [item] }, 'the defaults of the catalogue')
  }),
]

/** Admission judges by these: a wrong parameter admits a foreign store. */
export const boundariesAreTheirTiers: PolicyRule = (manifests, model) =>
  model.tiers.flatMap((tier) =>
    manifests
      .filter(({ kind, metadata }) => kind === 'Secret' && metadata.name === admissionNames.boundary(tier.namespace))
      .flatMap((manifest) =>
        differ(
          'BOUNDARY_DIFFERS',
          manifest,
          withoutEngine(manifest.metadata.annotations),
          boundaryOf(tier, model),
          "the tier's own names",
        ),
      ),
  )

/** Roles are granted for one environment; a policy that only warns, or admits everything on an error, protects nothing. */
export const admissionDenies: PolicyRule = (manifests) =>
  manifests.flatMap((manifest) => {
    const { failurePolicy, validationActions } = manifest.spec ?? {}
    const weak =
      (manifest.kind === 'ValidatingAdmissionPolicy' && failurePolicy !== 'Fail') ||
      (manifest.kind === 'ValidatingAdmissionPolicyBinding' && String(validationActions) !== 'Deny')
    return weak
      ? [
          problem(
            'ADMISSION_WEAK',
            placeOf(manifest),
            'does not deny. Expected failurePolicy Fail, and only the action Deny.',
          ),
        ]
      : []
  })

// --- internal ---

const readVerbs = ['get', 'list', 'watch']
const viewerGrants = [
  ...['externalsecrets', 'secretstores'].flatMap((kind) =>
    readVerbs.map((verb) => `${verb} external-secrets.io/${kind}`),
  ),
  ...['/events', 'events.k8s.io/events'].flatMap((kind) => readVerbs.map((verb) => `${verb} ${kind}`)),
]
const operatorGrant = 'patch external-secrets.io/externalsecrets'

/** Annotations without those for Argo CD, in which no policy looks. */
function withoutEngine(annotations: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(annotations).filter(([name]) => !name.startsWith('argocd.argoproj.io/')))
}

/** Each right of a Role as `verb group/resource`. */
function grantsOf({ rules }: Manifest): string[] {
  const list = (value: unknown) => (Array.isArray(value) ? value.map(String) : [])
  return (Array.isArray(rules) ? (rules as Record<string, unknown>[]) : []).flatMap(({ apiGroups, resources, verbs }) =>
    list(apiGroups).flatMap((group) =>
      list(resources).flatMap((resource) => list(verbs).map((verb) => `${verb} ${group}/${resource}`)),
    ),
  )
}

function bindingSubject(subject: SubjectSpec) {
  return subject.kind === 'ServiceAccount' ? subject : { ...subject, apiGroup: 'rbac.authorization.k8s.io' }
}

function boundaryOf(tier: TierModel, { region, without, operator }: EnvironmentModel): Record<string, string> {
  const targets = tier.externalSecrets.map(({ name }) => name).sort(compare)
  const variables = tier.remoteSecrets.reduce((count, { specs }) => count + specs.length, 0)
  return {
    rules: without.includes('admission') ? 'off' : '3',
    namespace: tier.namespace,
    projectId: tier.projectId,
    region,
    apiUrl: '',
    remotePath: tier.remotePath,
    secretStore: tier.secretStore,
    credentialsSecret: tier.credentialsSecret,
    accessKeyKey: credentialKeys.accessKey,
    secretKeyKey: credentialKeys.secretKey,
    targets: targets.join(','),
    entries: String(variables),
    targetTypes: tier.externalSecrets
      .map(({ name, type }) => `${name}=${type}`)
      .sort(compare)
      .join(','),
    operators: operator.accounts.map(userOf).join(','),
  }
}

function differ(
  code: string,
  manifest: Manifest,
  actual: unknown,
  expected: Readonly<Record<string, unknown>>,
  what: string,
): Problem[] {
  return differences(actual, expected, placeOf(manifest)).map((place) =>
    problem(code, placeOf(manifest), `${place.split('.').at(-1)} differs from the catalogue. Expected ${what}.`),
  )
}

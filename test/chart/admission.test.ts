import { describe, expect, test } from 'vitest'
import type { Manifest } from '../../scripts/chart/manifests.ts'
import { parseManifests } from '../../scripts/chart/manifests.ts'
import { roleNames } from '../../scripts/model/names.ts'
import { resolve, resolveAll } from '../../scripts/model/resolve.ts'
import type { Application } from '../../scripts/model/types.ts'
import { bookshop, trackdechets } from '../fixtures/applications.ts'
import { kiosk } from '../fixtures/kiosk.ts'
import { applicationWith, environment } from '../helpers/applications.ts'
import { chartOf, find, helm4, helms, manifestsOf, template } from '../helpers/chart.ts'

const applications = [trackdechets, bookshop, kiosk]
const charts = new Map(
  await Promise.all(applications.map(async (application) => [application, await chartOf(application)] as const)),
)

interface PolicySpec {
  readonly failurePolicy: string
  readonly validations: readonly Readonly<Record<string, string>>[]
}

const ofKind = (manifests: readonly Manifest[], kind: string) => manifests.filter((manifest) => manifest.kind === kind)
const isAdmission = ({ kind, metadata }: Manifest) =>
  kind.startsWith('ValidatingAdmission') || (kind === 'Secret' && metadata.name.startsWith('boundary-'))

const rendered = (application: Application, environment: string, helm = helm4, ...args: string[]) => {
  const { chart, values } = charts.get(application) as Awaited<ReturnType<typeof chartOf>>
  return template(helm, chart, values(environment), ...args).then((text) => parseManifests(text, environment))
}

describe.each(applications.flatMap((application) => resolveAll(application).map((model) => ({ application, model }))))(
  '$model.application in $model.environment',
  ({ application, model }) => {
    const isOn = !model.without.includes('admission')
    const base = model.environment === 'staging' ? 'kiosk-staging' : model.application

    test.each(helms)('%s: each tier is judged by its own names', async (_, helm) => {
      const manifests = await rendered(application, model.environment, helm)
      const boundaries = ofKind(manifests, 'Secret')
      expect(boundaries.map(({ metadata }) => metadata.name)).toEqual(
        model.tiers.map(({ namespace }) => `boundary-${namespace}`),
      )
      for (const tier of model.tiers) {
        const boundary = find(manifests, 'Secret', `boundary-${tier.namespace}`)
        expect(Object.keys(boundary).sort()).toEqual(['apiVersion', 'kind', 'metadata'])
        expect(boundary.metadata).toMatchObject({ namespace: 'ns' })
        expect(boundary.metadata.annotations).toEqual({
          rules: isOn ? '3' : 'off',
          namespace: tier.namespace,
          projectId: tier.projectId,
          region: model.region,
          apiUrl: '',
          remotePath: tier.remotePath,
          secretStore: tier.secretStore,
          credentialsSecret: tier.credentialsSecret,
          accessKeyKey: 'access-key',
          secretKeyKey: 'secret-key',
          targets: tier.externalSecrets
            .map(({ name }) => name)
            .sort()
            .join(','),
          entries: String(
            application.catalogue.secrets.filter(
              ({ tier: name, environments = [model.environment] }) =>
                name === tier.name && environments.includes(model.environment),
            ).length,
          ),
          targetTypes: tier.externalSecrets
            .map(({ name, type }) => `${name}=${type}`)
            .sort()
            .join(','),
          operators: model.operator.isPerTier
            ? model.tiers.map((one) => `system:serviceaccount:${one.namespace}-operator:external-secrets`).join(',')
            : 'system:serviceaccount:external-secrets:external-secrets',
        })
      }
    })

    test('the policies are bound to the namespaces of the tiers, and deny', async () => {
      const manifests = await rendered(application, model.environment, helm4, '--set', 'admission.enabled=true')
      const names = ['credentials', 'external-secrets', 'operator-secrets', 'other-kinds', 'secret-stores'].map(
        (name) => `${base}-${name}`,
      )
      const policies = ofKind(manifests, 'ValidatingAdmissionPolicy')
      expect(policies.map(({ metadata }) => metadata.name).sort()).toEqual(names)
      const defaults = { matchPolicy: 'Equivalent', namespaceSelector: {}, objectSelector: {} }
      for (const { spec } of policies) expect(spec).toMatchObject({ failurePolicy: 'Fail', matchConstraints: defaults })

      const bindings = ofKind(manifests, 'ValidatingAdmissionPolicyBinding')
      const operations = ['CREATE', 'UPDATE']
      const secrets = { apiGroups: [''], apiVersions: ['*'], operations, resources: ['secrets'], scope: 'Namespaced' }
      const spec = (policy: string, namespaces: readonly string[]) => ({
        policyName: `${base}-${policy}`,
        matchResources: {
          matchPolicy: 'Equivalent',
          objectSelector: {},
          namespaceSelector: {
            matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: namespaces }],
          },
        },
        validationActions: ['Deny'],
      })
      const expected = [
        ...model.tiers.flatMap(({ name, namespace, credentialsSecret }) =>
          ['secret-stores', 'external-secrets', 'credentials'].map((policy) => {
            const { matchResources, ...rest } = spec(policy, [namespace])
            const onlyIt = { resourceRules: [{ ...secrets, resourceNames: [credentialsSecret] }] }
            return [
              `${base}-${name}-${policy}`,
              {
                ...rest,
                matchResources: { ...matchResources, ...(policy === 'credentials' ? onlyIt : {}) },
                paramRef: { name: `boundary-${namespace}`, namespace: 'ns', parameterNotFoundAction: 'Deny' },
              },
            ]
          }),
        ),
        [
          `${base}-other-kinds`,
          spec(
            'other-kinds',
            model.tiers.map(({ namespace }) => namespace),
          ),
        ],
      ]
      // In no namespace does the operator do as it likes; see the next test.
      const inTiers = bindings.filter(({ metadata }) => !metadata.name.endsWith('-operator-secrets'))
      expect(inTiers.map((binding) => [binding.metadata.name, binding.spec])).toEqual(expected)
    })

    test('the operator is judged in every namespace, by the parameters of each tier, and nobody without them', async () => {
      const manifests = await rendered(application, model.environment, helm4, '--set', 'admission.enabled=true')
      const policyName = `${base}-operator-secrets`
      const bindings = ofKind(manifests, 'ValidatingAdmissionPolicyBinding').filter(
        ({ spec }) => spec?.policyName === policyName,
      )
      expect(bindings.map((binding) => [binding.metadata.name, binding.spec])).toEqual(
        model.tiers.map(({ name, namespace }) => [
          `${base}-${name}-operator-secrets`,
          {
            policyName,
            paramRef: { name: `boundary-${namespace}`, namespace: 'ns', parameterNotFoundAction: 'Allow' },
            validationActions: ['Deny'],
          },
        ]),
      )
    })

    test('switched off, nothing judges, nobody is an operator, and what an earlier release left stands aside', async () => {
      const nobody = model.tiers.flatMap(({ name }) => ['--set-json', `tiers.${name}.operators=[]`])
      const set = (enabled: boolean) => ['--set', `admission.enabled=${enabled}`, ...nobody]
      const manifests = await rendered(application, model.environment, helm4, ...set(false))
      expect(manifests.filter(({ kind }) => kind.startsWith('ValidatingAdmission'))).toEqual([])
      expect(ofKind(manifests, 'Secret').map(({ metadata }) => metadata.annotations?.rules)).toEqual(
        model.tiers.map(() => 'off'),
      )
      const on = await rendered(application, model.environment, helm4, ...set(true))
      const others = (list: readonly Manifest[]) => list.filter((manifest) => !isAdmission(manifest))
      const isOperator = ({ metadata }: Manifest) => metadata.name === roleNames.operator
      expect(others(manifests)).toEqual(others(on).filter((manifest) => !isOperator(manifest)))
      expect(manifests.filter(isOperator)).toEqual([])
    })
  },
)

test('Helm applies what a namespace is judged by before what is judged, and the policies last', async () => {
  for (const [, helm] of helms) {
    const kinds = (await rendered(trackdechets, 'recette', helm)).map(({ kind }) => kind)
    expect(kinds.lastIndexOf('Secret')).toBeLessThan(kinds.indexOf('ExternalSecret'))
    expect(kinds.indexOf('ValidatingAdmissionPolicy')).toBeGreaterThan(kinds.lastIndexOf('SecretStore'))
    expect(kinds.indexOf('ValidatingAdmissionPolicyBinding')).toBeGreaterThan(
      kinds.lastIndexOf('ValidatingAdmissionPolicy'),
    )
  }
})

test('a policy holds nothing of an environment, so that an upgrade changes parameters only', async () => {
  const specs = await Promise.all(
    ['recette', 'production'].map(async (name, index) => {
      const manifests = await rendered(
        trackdechets,
        name,
        helm4,
        '--set',
        `scaleway.apiUrl=http://127.0.0.1:808${index}`,
      )
      return ofKind(manifests, 'ValidatingAdmissionPolicy').map(({ spec }) => spec)
    }),
  )
  expect(specs[0]).toEqual(specs[1])
  expect(JSON.stringify(specs)).not.toMatch(/trackdechets|127\.0\.0\.1|fr-par/)
})

test('each rule has a name of its own, at the end of both its texts', async () => {
  const policies = ofKind(await rendered(trackdechets, 'recette'), 'ValidatingAdmissionPolicy')
  const rules = policies.flatMap(({ spec }) => (spec as unknown as PolicySpec).validations)
  const names = rules.map(({ message = '' }) => /fix: .+\. \(([A-Z_]+)\)$/.exec(message)?.[1] ?? message)
  expect(names).toHaveLength(33)
  expect(new Set(names).size).toBe(names.length)
  for (const [index, { messageExpression, reason }] of rules.entries()) {
    expect(messageExpression).toMatch(new RegExp(`'\\. Expected ' \\+ .*\\. fix: .+\\. \\(${names[index]}\\)'$`))
    expect(reason).toBe('Forbidden')
  }
})

test('the longest names that an application may have are names still', async () => {
  const tier = `b${'c'.repeat(29)}`
  const application = applicationWith({
    // With `-secrets`, the longest name of a release.
    application: 'a'.repeat(45),
    tiers: { [tier]: { description: 'x', workloads: {} } },
    environments: { dev: environment({ namespaces: { [tier]: 'd'.repeat(63) }, iamApplications: { [tier]: 'x' } }) },
    secrets: [{ tier }],
  })
  const { chart, values } = await chartOf(application)
  const manifests = (await manifestsOf(helm4, chart, values('dev'))).filter(isAdmission)
  expect(manifests).toHaveLength(11)
  for (const { metadata } of manifests) expect(metadata.name).toMatch(/^[a-z0-9]([-a-z0-9]{0,251}[a-z0-9])?$/)
  expect(resolve(application, 'dev').tiers).toHaveLength(1)
})

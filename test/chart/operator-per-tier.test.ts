import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { checkManifests } from '../../scripts/chart/policy/index.ts'
import { valuesChecker } from '../../scripts/generate/check-values.ts'
import type { JsonSchema } from '../../scripts/generate/json-schema.ts'
import {
  operatorDefinitionsText,
  operatorValuesText,
  tierOperatorValuesText,
} from '../../scripts/generate/operator-values.ts'
import { tierOperator } from '../../scripts/model/operator.ts'
import { installedOperator } from '../../scripts/model/operator-version.ts'
import { resolve, type TierModel } from '../../scripts/model/resolve.ts'
import { applicationWith, environment, projects } from '../helpers/applications.ts'
import { chartOf, find, helms, manifestsOf } from '../helpers/chart.ts'
import { repositoryFile } from '../helpers/generating.ts'
import { operatorChart, operatorManifests } from '../helpers/operator-chart.ts'
import { adoptApplication, type Repository, userFolder } from '../helpers/repository.ts'
import { sharedFolder } from '../helpers/shared-folder.ts'
import { withValue } from '../helpers/values.ts'

const application = applicationWith({
  secrets: [{ variable: 'TOKEN' }, { tier: 'web', variable: 'ORIGIN' }],
  environments: { dev: environment({ operator: 'per-tier' }) },
})
const model = resolve(application, 'dev')
const [api] = model.tiers as [TierModel]
const { namespace } = tierOperator(api.namespace)
const text = tierOperatorValuesText([model], api, installedOperator)
const folder = await sharedFolder()
const operator = await operatorChart()
const rendered = async (name: string, values: string) => {
  const file = join(folder, name)
  await writeFile(file, values)
  return operatorManifests(operator, file, namespace)
}
const manifests = await rendered('tier.yaml', text)

describe('the operator of a tier', () => {
  test('has rights in the namespace of the tier and a lease in its own, and none in the cluster', async () => {
    expect(manifests.map(({ kind, metadata }) => `${kind}/${metadata.namespace}/${metadata.name}`).sort()).toEqual([
      'Deployment/shop-api-operator/external-secrets',
      'NetworkPolicy/shop-api-operator/external-secrets',
      'Role/shop-api-operator/external-secrets-leader-election',
      'Role/shop-api/external-secrets-controller',
      'RoleBinding/shop-api-operator/external-secrets-leader-election',
      'RoleBinding/shop-api/external-secrets-controller',
      'ServiceAccount/shop-api-operator/external-secrets',
    ])
    const shared = await rendered('shared.yaml', operatorValuesText([model], installedOperator))
    const { rules } = find(shared, 'ClusterRole', 'external-secrets-controller')
    expect(find(manifests, 'Role', 'external-secrets-controller').rules).toEqual(rules)
  })

  test('is bound by the ServiceAccount it runs as, which the boundary knows', () => {
    expect(model.operator.accounts).toContainEqual({ namespace, name: 'external-secrets' })
    const account = { kind: 'ServiceAccount', namespace, name: 'external-secrets' }
    const bindings = manifests.filter(({ kind }) => kind === 'RoleBinding')
    expect(bindings.map(({ subjects }) => subjects)).toEqual([[account], [account]])
    expect(bindings.map(({ roleRef }) => (roleRef as { kind: string }).kind)).toEqual(['Role', 'Role'])
    expect(find(manifests, 'Deployment', 'external-secrets').spec).toMatchObject({
      template: { spec: { serviceAccountName: account.name } },
    })
  })

  test('looks at the namespace of the tier alone, and at stores of its class', () => {
    const { template } = find(manifests, 'Deployment', 'external-secrets').spec as {
      template: { spec: { containers: { args: string[] }[] } }
    }
    expect(template.spec.containers[0]?.args).toEqual(
      expect.arrayContaining(['--namespace=shop-api', '--controller-class=shop', '--enable-leader-election=true']),
    )
  })

  test("has values that the operator's chart takes, each with its reason", async () => {
    const schema = JSON.parse(
      await repositoryFile('schema/external-secrets.io/operator-chart-values.json'),
    ) as JsonSchema
    const newer = ['genericTargets', 'rbac.serviceAccountTokenCreate', 'rbac.aggregateToAdmin']
    for (const values of [text, operatorDefinitionsText(installedOperator)]) {
      const older = newer.reduce((tree, path) => withValue(tree, path, undefined), parse(values) as object)
      expect(valuesChecker(schema)(older, 'operator-values')).toEqual([])
      expect(values.split('\n').filter((line) => line.length > 120)).toEqual([])
    }
  })
})

test('the release of the definitions keeps those of an operator for all tiers, and renders nothing of it', async () => {
  const alone = operatorDefinitionsText(installedOperator)
  const keys = ['installCRDs', 'crds'] as const
  const shared = parse(operatorValuesText([model], installedOperator))
  for (const key of keys) expect(parse(alone)[key]).toEqual(shared[key])
  expect(parse(text).installCRDs).toBe(false)
  // A module of Go comes without the definitions, which the published chart has.
  expect(await rendered('crds.yaml', alone)).toEqual([])
})

test.each(helms)('%s: the stores carry the class, and the boundary names both operators', async (_, helm) => {
  const { chart, values } = await chartOf(application)
  const found = await manifestsOf(helm, chart, values('dev'), '--namespace', model.release.namespace)
  expect(checkManifests(found, model)).toEqual([])
  expect(find(found, 'SecretStore', 'api-secretstore').spec).toMatchObject({ controller: 'shop' })
  expect(find(found, 'Secret', 'boundary-shop-api').metadata.annotations?.operators).toBe(
    'system:serviceaccount:shop-api-operator:external-secrets,system:serviceaccount:shop-web-operator:external-secrets',
  )
  const without = found.map((one) => (one.kind === 'SecretStore' ? withValue(one, 'spec.controller', undefined) : one))
  expect(checkManifests(without as typeof found, model).map(({ code }) => code)).toEqual([
    'STORE_DIFFERS',
    'STORE_DIFFERS',
  ])
})

describe('the command', () => {
  let repository: Repository
  const told = async (...args: string[]) => {
    const { stdout, stderr, exitCode } = await repository.cli(['operator-values', ...args])
    return [exitCode, stdout, /\(([A-Z_]+)\)/.exec(stderr)?.[1]]
  }
  beforeAll(async () => {
    repository = await userFolder()
  })

  test('prints them for a tier, or the definitions', async () => {
    await adoptApplication(repository, application)
    expect(await told('--tier', 'api')).toEqual([0, text.trimEnd(), undefined])
    expect(await told('--tier', 'api', '--environment', 'dev')).toEqual([0, text.trimEnd(), undefined])
    expect(await told('--crds')).toEqual([0, operatorDefinitionsText(installedOperator).trimEnd(), undefined])
  })

  test('refuses what would not fit the environments', async () => {
    expect(await told()).toEqual([3, '', 'OPERATOR_PER_TIER'])
    expect(await told('--tier', 'apo')).toEqual([2, '', 'WRONG_USAGE'])
    expect(await told('--tier', 'api', '--crds')).toEqual([2, '', 'WRONG_USAGE'])
    expect(await told('--environment', 'dev')).toEqual([2, '', 'WRONG_USAGE'])

    const others = { projectId: projects.other, kubeContext: 'live' }
    const live = environment({ operator: 'per-tier', namespaces: { api: 'shop-live' }, ...others })
    const shared = environment({ projectId: projects.web, kubeContext: 'shared' })
    const environments = { dev: environment({ operator: 'per-tier' }), live, shared }
    await adoptApplication(repository, applicationWith({ environments }))
    expect(await told('--tier', 'api')).toEqual([2, '', 'WRONG_USAGE'])
    expect((await told('--tier', 'web'))[0]).toBe(0)
    expect((await told('--tier', 'api', '--environment', 'live'))[1]).toContain("scopedNamespace: 'shop-live'")
    expect(await told('--tier', 'api', '--environment', 'shared')).toEqual([3, '', 'OPERATOR_SHARED'])
    expect((await told())[0]).toBe(0)
  })
})

import { describe, expect, test } from 'vitest'
import { chartKinds } from '../../../scripts/model/chart-objects.ts'
import { resolve } from '../../../scripts/model/resolve.ts'
import { checkApplication } from '../../../scripts/model/rules/index.ts'
import type { Application, EnvironmentSpec, TierSpec } from '../../../scripts/model/types.ts'
import { type ApplicationParts, applicationWith, environment, projects } from '../../helpers/applications.ts'
import { pasteFix } from '../../helpers/paste-fix.ts'
import { ruleTest } from '../../helpers/rules.ts'

const tiersNamed = (...names: string[]) =>
  Object.fromEntries(names.map((name): [string, TierSpec] => [name, { description: name, workloads: {} }]))

const inOneCluster = (specs: Readonly<Record<string, Partial<EnvironmentSpec>>>) => ({
  environments: Object.fromEntries(
    Object.entries(specs).map(([name, spec], index) => [
      name,
      environment({ projectId: `${index}${projects.dev.slice(1)}`, ...spec }),
    ]),
  ),
})
const apart = 'Expected names apart from each other.'
const cluster = 'a name is used twice in the cluster of kube context "shop-dev":'

ruleTest('two tiers have a namespace each', {
  refuses: inOneCluster({ dev: { namespaces: { api: 'shared', web: 'shared' } } }),
  telling: [
    {
      code: 'NAMESPACE_SHARED',
      where: 'environment "dev"',
      message: `${cluster} namespace "shared" by "dev/web" and "dev/api". ${apart}`,
    },
  ],
  accepts: inOneCluster({ dev: { namespaces: { api: 'shared', web: 'of-its-own' } } }),
})

ruleTest('a tier has another namespace than the Helm release', {
  refuses: { tiers: tiersNamed('secrets') },
  telling: [
    {
      code: 'NAMESPACE_SHARED',
      where: 'environment "dev"',
      message: `${cluster} namespace "shop-secrets" by "dev/secrets" and "dev (Helm release)". ${apart}`,
    },
  ],
  accepts: { tiers: tiersNamed('secret') },
})

ruleTest('two environments in one cluster would install over each other, whatever their namespaces', {
  refuses: inOneCluster({ dev: {}, test: { namespaces: { api: 'test-api', web: 'test-web' } } }),
  telling: [
    {
      code: 'NAMESPACE_SHARED',
      where: 'environment "test"',
      message: `${cluster} namespace "shop-secrets" by "dev (Helm release)" and "test (Helm release)". ${apart}`,
    },
  ],
  accepts: inOneCluster({ dev: {}, test: { baseName: 'shop-test' } }),
})

ruleTest('policies are in no namespace: a base may not be a base and a tier of another environment', {
  refuses: {
    ...inOneCluster({ dev: { namespaces: { 'test-web': 'elsewhere' } }, test: { baseName: 'shop-test' } }),
    tiers: tiersNamed('test-web', 'web'),
  },
  telling: [
    {
      code: 'NAMESPACE_SHARED',
      where: 'environment "test"',
      message: `${cluster} binding "shop-test-web-secret-stores" by "dev" and "test", binding "shop-test-web-external-secrets" by "dev" and "test", binding "shop-test-web-credentials" by "dev" and "test", binding "shop-test-web-operator-secrets" by "dev" and "test". ${apart}`,
    },
  ],
  accepts: {
    ...inOneCluster({ dev: { namespaces: { 'test-web': 'elsewhere' } }, test: { baseName: 'test-shop' } }),
    tiers: tiersNamed('test-web', 'web'),
  },
})

const uid = '5b7c1f0e-83d4-4a6b-9c21-7e0d5a94b3f8'

test('environments with one identity are in one cluster, whatever their kube contexts are called', () => {
  const shared = (first: Partial<EnvironmentSpec>, second: Partial<EnvironmentSpec>) =>
    checkApplication(applicationWith(inOneCluster({ dev: first, test: second }))).some(
      ({ code }) => code === 'NAMESPACE_SHARED',
    )
  const other = uid.replace('5', '6')
  expect(shared({ kubeContext: 'a', cluster: uid }, { kubeContext: 'b', cluster: uid })).toBe(true)
  expect(shared({ kubeContext: 'a', cluster: uid }, { kubeContext: 'a' })).toBe(true)
  expect(shared({ kubeContext: 'a', cluster: uid }, { kubeContext: 'a', cluster: other })).toBe(false)
  expect(shared({ kubeContext: 'a', cluster: uid }, { kubeContext: 'b' })).toBe(false)
})

/** Everything of the environments that only one owner in the cluster may have, as the chart renders it. */
function inTheCluster({ catalogue, environments }: Application): string[] {
  return Object.keys(environments).flatMap((name) => {
    const model = resolve({ catalogue, environments }, name)
    const objects = Object.values(chartKinds).flatMap(({ kind, objects }) =>
      objects(model).map((object) => `${kind} ${'namespace' in object ? object.namespace : ''}/${object.name}`),
    )
    return [...objects, `Namespace /${model.release.namespace}`, `release ${model.release.name}`]
  })
}

describe('what the fix shows can be pasted, and then nothing in the cluster is shared', () => {
  test.each<[string, ApplicationParts]>([
    ['two environments', inOneCluster({ staging: {}, production: {} })],
    ['three environments', inOneCluster({ one: {}, two: {}, three: {} })],
    [
      'one identity',
      inOneCluster({ one: { kubeContext: 'a', cluster: uid }, two: { kubeContext: 'b', cluster: uid } }),
    ],
    ['namespaces of its own', inOneCluster({ one: {}, two: { namespaces: { web: 'b-web', api: 'b-api' } } })],
    ['a namespace of the other', inOneCluster({ one: {}, two: { namespaces: { web: 'shop-web', api: 'b-api' } } })],
    ['one base', inOneCluster({ one: { baseName: 'x' }, two: { baseName: 'x' } })],
    ['a base that is taken', inOneCluster({ one: {}, two: {}, three: { baseName: 'shop-two' } })],
    ['two tiers in one namespace', inOneCluster({ one: { namespaces: { web: 'x', api: 'x' } } })],
    [
      'two tiers of both in one namespace',
      inOneCluster({ one: { namespaces: { web: 'x', api: 'x' } }, two: { namespaces: { web: 'x', api: 'x' } } }),
    ],
    [
      'a tier that is called as the release is',
      { tiers: tiersNamed('secrets', 'web'), ...inOneCluster({ one: {}, two: {} }) },
    ],
    [
      'a tier that is called as an operator is',
      {
        tiers: tiersNamed('web', 'web-operator'),
        ...inOneCluster({ one: { operator: 'per-tier' }, two: { operator: 'per-tier' } }),
      },
    ],
    [
      'tiers built of the same parts',
      { tiers: tiersNamed('web', 'two-web', 'two'), ...inOneCluster({ one: {}, two: {} }) },
    ],
    ['long names', { tiers: tiersNamed('a'.repeat(45)), ...inOneCluster({ one: {}, 'a-name-that-is-long': {} }) }],
    [
      'long names with their operators',
      {
        tiers: tiersNamed('a'.repeat(45)),
        ...inOneCluster({ one: { operator: 'per-tier' }, 'a-name-that-is-long': { operator: 'per-tier' } }),
      },
    ],
  ])('%s', (_, parts) => {
    const application = applicationWith(parts)
    const problems = checkApplication(application)
    expect(new Set(problems.map(({ code }) => code))).toEqual(new Set(['NAMESPACE_SHARED']))
    expect(problems.map(({ fix }) => fix).join()).not.toContain('Set  ')
    const mended = problems.reduce(pasteFix, application)
    expect(checkApplication(mended)).toEqual([])
    const names = inTheCluster(mended)
    expect(names).toEqual([...new Set(names)])
  })

  test('as one line', () => {
    const [problem] = checkApplication(
      applicationWith(inOneCluster({ staging: { namespaces: { web: 'shop-web' } }, production: {} })),
    )
    expect(problem?.fix).toBe(
      'Set `baseName: \'shop-staging\'` at environment "staging" in scripts/environments.ts, and remove its namespaces.web; where their clusters are different, give each another kubeContext, or the UID as cluster.',
    )
  })
})

import { describe, expect, test } from 'vitest'
import { pipelineRights } from '../../../scripts/cluster/pipeline-rights.ts'
import { rbacManifests } from '../../../scripts/cluster/rbac-manifests.ts'
import type { KubernetesObject } from '../../../scripts/kubernetes/kinds.ts'
import { parseYamlDocuments } from '../../../scripts/lib/yaml.ts'
import { parseSubject } from '../../../scripts/model/rbac.ts'
import { resolve } from '../../../scripts/model/resolve.ts'
import { applicationWith, environment } from '../../helpers/applications.ts'
import { problemOf } from '../../helpers/problems.ts'

const modelWith = (fields: Parameters<typeof environment>[0] = {}) =>
  resolve(applicationWith({ secrets: [{ variable: 'TOKEN' }], environments: { dev: environment(fields) } }), 'dev')
const model = modelWith()

type Parsed = KubernetesObject & {
  readonly subjects?: readonly object[]
  readonly rules?: readonly { readonly resources: readonly string[]; readonly verbs: readonly string[] }[]
}
const parsed = (...of: Parameters<typeof rbacManifests>) => parseYamlDocuments(rbacManifests(...of), 'rbac') as Parsed[]
const places = (objects: readonly Parsed[]) =>
  objects.map(({ kind, metadata: { namespace, name } }) => [kind, ...(namespace ? [namespace] : []), name].join('/'))

describe('the objects', () => {
  test('of a pipeline that deploys begin with the namespaces, which Helm takes over', () => {
    const objects = parsed(model, 'ci', [])
    expect(places(objects)).toEqual([
      'Namespace/shop-secrets',
      'Namespace/shop-api',
      'Namespace/shop-web',
      'Namespace/shop-pipelines',
      'ServiceAccount/shop-pipelines/ci',
      'ClusterRole/shop-ci',
      'ClusterRoleBinding/shop-ci',
      'ClusterRole/shop-ci-tiers',
      'RoleBinding/shop-api/shop-ci-tiers',
      'RoleBinding/shop-web/shop-ci-tiers',
      'Role/shop-secrets/shop-ci',
      'RoleBinding/shop-secrets/shop-ci',
    ])
    expect(objects[1]?.metadata.annotations?.['meta.helm.sh/release-name']).toBe('shop-secrets')
  })

  test('of one that only looks are rights alone, none of which writes', () => {
    const objects = parsed(model, 'plan', [])
    expect(places(objects).filter((place) => place.startsWith('Namespace'))).toEqual(['Namespace/shop-pipelines'])
    const verbs = objects.flatMap(({ rules = [] }) => rules.flatMap((rule) => rule.verbs))
    expect(new Set(verbs)).toEqual(new Set(['get', 'list', 'watch']))
  })

  test('are bound to the subject that is named, whatever the name has in it', () => {
    const subjects = ['User/it\'s "a": b # c', 'Group/oidc:shop/deployers', 'ServiceAccount/runners/deployer'].map(
      parseSubject,
    )
    const objects = parsed(model, 'ci', subjects)
    expect(places(objects)).not.toContain('ServiceAccount/shop-pipelines/ci')
    const apiGroup = 'rbac.authorization.k8s.io'
    for (const { subjects: bound } of objects.filter(({ kind }) => kind?.endsWith('Binding')))
      expect(bound).toEqual([
        { kind: 'User', name: 'it\'s "a": b # c', apiGroup },
        { kind: 'Group', name: 'oidc:shop/deployers', apiGroup },
        { kind: 'ServiceAccount', name: 'deployer', namespace: 'runners' },
      ])
  })
})

test.each(['anna', 'User/', 'ServiceAccount/deployer', 'ServiceAccount/a/b/c', 'Role/x'])(
  '%s is not a subject',
  async (text) => {
    expect(await problemOf(Promise.resolve().then(() => parseSubject(text)))).toMatchObject({
      code: 'WRONG_USAGE',
      exitCode: 2,
    })
  },
)

test('nothing is given that the environment does not need', () => {
  const kindsOf = (fields: Parameters<typeof modelWith>[0]) => {
    const { cluster, tiers } = pipelineRights(modelWith(fields), 'ci')
    const written = [...cluster, ...tiers].filter(({ verbs }) => verbs.includes('patch'))
    return written.flatMap(({ resources }) => resources).sort()
  }
  const all = kindsOf({ access: { api: { viewers: [{ kind: 'User', name: 'anna' }] } } })
  expect(all).toEqual([
    ...['externalsecrets', 'namespaces', 'networkpolicies', 'rolebindings', 'roles', 'secretstores', 'serviceaccounts'],
    ...['validatingadmissionpolicies', 'validatingadmissionpolicybindings'],
  ])
  expect(kindsOf({})).toEqual(all.filter((kind) => kind !== 'rolebindings'))
  expect(kindsOf({ without: ['admission', 'rbac', 'network-policies'] })).toEqual([
    'externalsecrets',
    'namespaces',
    'secretstores',
    'serviceaccounts',
  ])
})

test('no Secret of a tier is opened, and nothing lets a right be given that is not there', () => {
  for (const role of ['ci', 'plan'] as const) {
    const { cluster, tiers } = pipelineRights(model, role)
    expect(tiers.filter(({ resources }) => resources.includes('secrets'))).toEqual([])
    for (const rule of cluster.filter(({ resources }) => resources.includes('secrets')))
      expect(rule).toMatchObject({ resourceNames: ['*'], verbs: ['get'] })
    for (const { verbs, resources, apiGroups } of [...cluster, ...tiers])
      for (const word of [...verbs, ...resources, ...apiGroups])
        expect(['*', 'escalate', 'bind', 'impersonate', 'serviceaccounts/token', 'pods/exec']).not.toContain(word)
  }
})

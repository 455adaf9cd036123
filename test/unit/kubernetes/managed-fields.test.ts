import { expect, test } from 'vitest'
import type { ManagedFields } from '../../../scripts/kubernetes/kinds.ts'
import { keysOfDeployers, managersOf } from '../../../scripts/kubernetes/managed-fields.ts'

const by = (manager: string, fieldsV1: Readonly<Record<string, unknown>>): ManagedFields => ({ manager, fieldsV1 })
const leaf = {}

test.each<[what: string, fields: Record<string, unknown>, path: string[], isOwner: boolean]>([
  ['a field', { 'f:spec': { 'f:a': leaf } }, ['spec', 'a'], true],
  ['another field', { 'f:spec': { 'f:a': leaf } }, ['spec', 'b'], false],
  ['a field below', { 'f:spec': { 'f:a': { 'f:b': leaf } } }, ['spec', 'a'], true],
  ['what is owned whole', { 'f:spec': { 'f:list': leaf } }, ['spec', 'list', '[x]', 'key'], true],
  ['an object alone', { 'f:spec': { 'f:a': { '.': leaf } } }, ['spec', 'a', 'b'], false],
  ['an item by its key', { 'f:list': { 'k:{"name":"x"}': { 'f:a': leaf } } }, ['list', '[x]', 'a'], true],
  ['another item', { 'f:list': { 'k:{"name":"x"}': leaf } }, ['list', '[y]'], false],
  ['an item of a set', { 'f:list': { 'v:"x"': leaf } }, ['list', '[x]'], true],
  ['a name with dots', { 'f:labels': { 'f:a.b/c': leaf } }, ['labels', 'a.b/c'], true],
])('%s', (_, fields, path, isOwner) => {
  expect(managersOf([by('kubectl-edit', fields)], path)).toEqual(isOwner ? ['kubectl-edit'] : [])
})

test('each manager is named once, sorted, and none of those that deploy a release', () => {
  const fields = { 'f:spec': leaf }
  const managers = ['kubectl', 'helm', 'helm-controller', 'argocd-controller', 'a', 'kubectl']
  expect(managersOf([...managers.map((name) => by(name, fields)), { fieldsV1: fields }], ['spec', 'x'])).toEqual([
    'a',
    'kubectl',
    'unknown',
  ])
  expect(managersOf([{}], ['spec'])).toEqual([])
})

test('labels and annotations that Helm set are reported apart from those of others', () => {
  const labels = (name: string) => ({ 'f:metadata': { 'f:labels': { '.': leaf, [`f:${name}`]: leaf } } })
  expect(keysOfDeployers([by('helm', labels('old')), by('kubectl-label', labels('team'))], 'labels')).toEqual(['old'])
  expect(keysOfDeployers([by('argocd-controller', labels('waves'))], 'labels')).toEqual(['waves'])
  expect(keysOfDeployers([by('helm', labels('old'))], 'annotations')).toEqual([])
})

import { expect, test } from 'vitest'
import { differenceText, type StoreObject, storeSight } from '../../../scripts/kubernetes/stores.ts'
import { resolve } from '../../../scripts/model/resolve.ts'
import { applicationWith, projects } from '../../helpers/applications.ts'

const model = resolve(applicationWith({ secrets: [{ variable: 'TOKEN' }] }), 'dev')
const tier = model.tiers.find(({ name }) => name === 'api')
if (!tier) throw new Error('no tier')

const provider = {
  region: 'fr-par',
  projectId: projects.dev,
  accessKey: { secretRef: { name: 'scw-api-credentials', key: 'access-key' } },
  secretKey: { secretRef: { name: 'scw-api-credentials', key: 'secret-key' } },
}

function store(scaleway: object | undefined, condition?: { status: string; reason?: string; message?: string }) {
  return {
    metadata: { name: 'api-secretstore' },
    spec: { provider: scaleway ? { scaleway } : {} },
    ...(condition ? { status: { conditions: [{ type: 'Ready', ...condition }] } } : {}),
  } as StoreObject
}

test('a store that is as the catalogue implies has no difference, looked at by the operator or not yet', () => {
  expect(storeSight(model, tier, store(provider))).toEqual({ state: 'ready', message: '', differences: [] })
  const condition = { status: 'True', reason: 'Valid', message: 'store validated' }
  const message = 'Valid: store validated'
  expect(storeSight(model, tier, store(provider, condition))).toEqual({ state: 'ready', message, differences: [] })
})

test('a store that the operator refuses is told in its words', () => {
  const condition = { status: 'False', reason: 'InvalidProviderConfig', message: 'unable to create client' }
  expect(storeSight(model, tier, store(provider, condition))).toMatchObject({
    state: 'unready',
    message: 'InvalidProviderConfig: unable to create client',
  })
})

test('a store that is not there is absent', () => {
  expect(storeSight(model, tier, undefined)).toEqual({ state: 'absent', message: '', differences: [] })
})

test.each<[object | undefined, string[]]>([
  [{ ...provider, region: 'nl-ams' }, ['region is "nl-ams", not "fr-par"']],
  [{ ...provider, projectId: 'x' }, [`projectId is "x", not "${projects.dev}"`]],
  [
    { ...provider, accessKey: { secretRef: { name: 'mine', key: 'k' } }, secretKey: {} },
    [
      'accessKey is "mine/k", not "scw-api-credentials/access-key"',
      'secretKey is "/", not "scw-api-credentials/secret-key"',
    ],
  ],
  [undefined, ['provider is "", not "scaleway"']],
])('each setting that differs is named: %#', (scaleway, differences) => {
  expect(storeSight(model, tier, store(scaleway)).differences.map(differenceText)).toEqual(differences)
})

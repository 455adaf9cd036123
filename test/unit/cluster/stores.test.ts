import { expect, test } from 'vitest'
import { type StoreObject, storeState } from '../../../scripts/cluster/stores.ts'
import { fieldChangeText } from '../../../scripts/kubernetes/difference.ts'
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
  expect(storeState(model, tier, store(provider))).toEqual({ state: 'ready', message: '', differences: [] })
  const condition = { status: 'True', reason: 'Valid', message: 'store validated' }
  const message = 'Valid: store validated'
  expect(storeState(model, tier, store(provider, condition))).toEqual({ state: 'ready', message, differences: [] })
})

test('a store that the operator refuses is told in its words', () => {
  const condition = { status: 'False', reason: 'InvalidProviderConfig', message: 'unable to create client' }
  expect(storeState(model, tier, store(provider, condition))).toMatchObject({
    state: 'unready',
    message: 'InvalidProviderConfig: unable to create client',
  })
})

test('a store that is not there is absent', () => {
  expect(storeState(model, tier, undefined)).toEqual({ state: 'absent', message: '', differences: [] })
})

test.each<[object | undefined, string[]]>([
  [{ ...provider, region: 'nl-ams' }, ['spec.provider.scaleway.region: "nl-ams" → "fr-par"']],
  [{ ...provider, projectId: 'x' }, [`spec.provider.scaleway.projectId: "x" → "${projects.dev}"`]],
  [
    { ...provider, accessKey: { secretRef: { name: 'mine', key: 'k' } }, secretKey: { value: 'a key' } },
    [
      'spec.provider.scaleway.accessKey.secretRef.key: "k" → "access-key"',
      'spec.provider.scaleway.accessKey.secretRef.name: "mine" → "scw-api-credentials"',
      '+ spec.provider.scaleway.secretKey.secretRef',
      '- spec.provider.scaleway.secretKey.value',
    ],
  ],
  [undefined, ['+ spec.provider.scaleway']],
  [{ ...provider, apiUrl: 'http://127.0.0.1:8080' }, []],
])('each setting that differs is named: %#', (scaleway, differences) => {
  expect(storeState(model, tier, store(scaleway)).differences.map(fieldChangeText)).toEqual(differences)
})

import { expect, test } from 'vitest'
import { missingKeys } from '../../../../scripts/inspect/doctor/missing-keys.ts'
import { type KubernetesObject, kinds } from '../../../../scripts/kubernetes/kinds.ts'
import { resolve } from '../../../../scripts/model/resolve.ts'
import { applicationWith } from '../../../helpers/applications.ts'
import { clusterApi } from '../../../helpers/cluster-api.ts'

const model = resolve(applicationWith({ secrets: [{ variable: 'TOKEN' }] }), 'dev')
const ofApi = { ...model, tiers: model.tiers.filter(({ name }) => name === 'api') }
const names = { accessKey: 'access-key', secretKey: 'secret-key' }
const metadata = { namespace: 'shop-api', name: 'scw-api-credentials' }

async function told(data?: Readonly<Record<string, string>>, of = ofApi) {
  const api = await clusterApi()
  if (data) api.put(kinds.secret, { metadata, data } as KubernetesObject)
  return (await missingKeys(api.client, of)).map(({ problem }) => problem)
}

test('a tier without a credentials Secret is a warning with the command that gives it a key', async () => {
  expect(await told()).toEqual([
    {
      code: 'CREDENTIALS_ABSENT',
      where: 'Secret/shop-api/scw-api-credentials',
      message:
        'does not exist. Expected the Scaleway API key of tier "api". Without it no secret of this tier arrives.',
      fix: expect.stringMatching(
        /^`npm run credentials -- --environment dev --tier api --from key\.json` with a key of the IAM application \S+; `npm run --silent iam .* > iam\.sh && sh iam\.sh` creates one\.$/,
      ),
      severity: 'warning',
    },
  ])
})

test('so is one whose Secret lacks a half of the key, and one with both is not', async () => {
  expect(await told({ [names.accessKey]: 'eA==' })).toMatchObject([
    { code: 'CREDENTIALS_NAMES', message: expect.stringContaining('has the keys access-key.'), severity: 'warning' },
  ])
  expect(await told({})).toMatchObject([{ code: 'CREDENTIALS_NAMES' }])
  expect(await told({ [names.accessKey]: 'eA==', [names.secretKey]: 'eA==' })).toEqual([])
})

test('nothing is said of a sealed key, which comes with the deployment, nor where keys may not be read', async () => {
  const sealedCredentials = { accessKey: 'x', secretKey: 'y' }
  expect(await told(undefined, { ...ofApi, tiers: ofApi.tiers.map((one) => ({ ...one, sealedCredentials })) })).toEqual(
    [],
  )
  const api = await clusterApi()
  api.refuse(kinds.secret, 403)
  expect(await missingKeys(api.client, model)).toEqual([])
})

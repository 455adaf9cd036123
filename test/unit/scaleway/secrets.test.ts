import { expect, test } from 'vitest'
import { createApiKey, createApplication, createPolicy } from '../../../scripts/scaleway/iam.ts'
import { createSecret, findSecret } from '../../../scripts/scaleway/secrets.ts'
import { createVersion } from '../../../scripts/scaleway/versions.ts'
import { serverWith, type TestServer } from '../../helpers/http-server.ts'

const accountOf = ({ url }: TestServer) => ({ apiUrl: url, secretKey: '2f9e6b7a-d013-48c5-97ea-4c8b05d3f1a6' })
const sentTo = ({ received }: TestServer) =>
  received.map(({ method, url, body }) => [`${method} ${url}`, body === '' ? undefined : JSON.parse(body)])

test('a remote secret is created, gets a version and is found by folder and name', async () => {
  const scope = { region: 'fr-par', projectId: 'p' }
  const found = { body: { secrets: [{ id: 's' }] } }
  const server = await serverWith({ body: { id: 's' } }, { body: { revision: 1 } }, found, { body: { secrets: [] } })
  const account = accountOf(server)
  await createSecret(account, scope, { name: 'token', path: '/shop-api', type: 'opaque' })
  expect(await createVersion(account, 'fr-par', 's', '$2a$10$é\n')).toBe(1)
  expect(await findSecret(account, scope, { path: '/shop-api', name: 'token' })).toEqual({ id: 's' })
  expect(await findSecret(account, scope, { path: '/shop-api', name: 'none' })).toBe(undefined)
  const base = '/secret-manager/v1beta1/regions/fr-par/secrets'
  expect(sentTo(server)).toEqual([
    [`POST ${base}`, { project_id: 'p', name: 'token', path: '/shop-api', type: 'opaque' }],
    [`POST ${base}/s/versions`, { data: Buffer.from('$2a$10$é\n').toString('base64') }],
    [`GET ${base}?project_id=p&path=%2Fshop-api&name=token&page=1&page_size=1`, undefined],
    [`GET ${base}?project_id=p&path=%2Fshop-api&name=none&page=1&page_size=1`, undefined],
  ])
})

test('an IAM application, its policy and its key are created', async () => {
  const server = await serverWith({ body: { id: 'x', access_key: 'SCW', secret_key: 's' } })
  const account = accountOf(server)
  const rules = [{ permission_set_names: ['SecretManagerReadOnly'], project_ids: ['p'], condition: 'true' }]
  await createApplication(account, 'org', 'shop-api-secrets')
  await createPolicy(account, 'org', { name: 'shop-api-secrets', applicationId: 'a', rules })
  await createApiKey(account, 'a', { description: 'd', expiresAt: new Date('2027-01-01T00:00:00Z') })
  expect(sentTo(server)).toMatchObject([
    ['POST /iam/v1alpha1/applications', { name: 'shop-api-secrets', organization_id: 'org' }],
    ['POST /iam/v1alpha1/policies', { organization_id: 'org', application_id: 'a', rules }],
    ['POST /iam/v1alpha1/api-keys', { application_id: 'a', expires_at: '2027-01-01T00:00:00.000Z' }],
  ])
})

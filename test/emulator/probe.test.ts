import { expect, test } from 'vitest'
import { startEmulator } from '../../scripts/local/emulator/emulator.ts'
import { seedAccount } from '../../scripts/local/stack/seed-account.ts'
import { resolve } from '../../scripts/model/resolve.ts'
import { scalewayRequest } from '../../scripts/scaleway/http.ts'
import { probeKey } from '../../scripts/scaleway/probe-key.ts'
import { secretsPath } from '../../scripts/scaleway/secrets.ts'
import { createVersion, listVersions } from '../../scripts/scaleway/versions.ts'
import { applicationWith } from '../helpers/applications.ts'

test('a key is proved by a lasting secret: an ephemeral one may be gone once it is read', async () => {
  const model = resolve(applicationWith({ secrets: [{ variable: 'FLEETING' }, { variable: 'LASTING' }] }), 'dev')
  const tier = model.tiers.find(({ name }) => name === 'api')
  if (!tier) throw new Error('no tier')
  await using emulator = await startEmulator()
  const { organizationId, secretKey } = emulator.owner
  const owner = { apiUrl: emulator.url, secretKey }
  const without = ({ name }: { readonly name: string }) => name === 'fleeting'
  const keys = await seedAccount({ account: owner, organizationId, model, without })
  const { id } = await scalewayRequest<{ id: string }>(owner, {
    method: 'POST',
    path: secretsPath(model.region),
    body: {
      project_id: tier.projectId,
      path: tier.remotePath,
      name: 'fleeting',
      ephemeral_policy: { expires_once_accessed: true, action: 'disable' },
    },
  })
  await createVersion(owner, model.region, id, 'x')
  const key = keys.get(tier.name) ?? { accessKey: '', secretKey: '' }
  const account = { ...owner, secretKey: key.secretKey }
  const proof = await probeKey({ account, accessKey: key.accessKey, model, tier, unproved: true })
  expect(proof.read).toBe('path:/shop-api/lasting')
  expect(await listVersions(owner, model.region, id)).toMatchObject([{ status: 'enabled' }])
})

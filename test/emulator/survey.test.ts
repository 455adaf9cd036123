import { expect, test } from 'vitest'
import { startEmulator } from '../../scripts/emulator/emulator.ts'
import { seedAccount } from '../../scripts/local/seed-account.ts'
import { resolve } from '../../scripts/model/resolve.ts'
import { createSecret } from '../../scripts/scaleway/secrets.ts'
import { surveyRemoteSecrets } from '../../scripts/survey/remote-secrets.ts'
import { applicationWith } from '../helpers/applications.ts'

const token = { variable: 'TOKEN', optional: true }

test('a missing secret of one tier is not looked for where another tier has its own of that name', async () => {
  const secrets = [
    { ...token, tier: 'api' },
    { ...token, tier: 'web' },
  ]
  const model = resolve(applicationWith({ secrets }), 'dev')
  await using emulator = await startEmulator()
  const { organizationId, secretKey } = emulator.owner
  const account = { apiUrl: emulator.url, secretKey }
  await seedAccount({ account, organizationId, model, without: ({ path }) => path === '/shop-api' })
  const elsewhere = async () => (await surveyRemoteSecrets(account, model)).map(({ remotes }) => remotes[0]?.elsewhere)
  expect(await elsewhere()).toEqual([[], []])

  const scope = { region: model.region, projectId: model.tiers[0]?.projectId ?? '' }
  await createSecret(account, scope, { path: '/shop-old', name: 'token', type: 'opaque' })
  expect(await elsewhere()).toEqual([['/shop-old'], []])
})

import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeCredentials } from '../../scripts/cluster/credentials-secret.ts'
import { kinds } from '../../scripts/kubernetes/kinds.ts'
import type { TierModel } from '../../scripts/model/resolve.ts'
import { scalewayRequest } from '../../scripts/scaleway/http.ts'
import { createSecret, secretsPath } from '../../scripts/scaleway/secrets.ts'
import { bookshop } from '../fixtures/applications.ts'
import { type DoctorWorld, startDoctorWorld } from './doctor-world.ts'

/** Isolation mode `project`: a tier's key sees nothing at all of another tier. */
let here: DoctorWorld
let orders: TierModel
let mailer: TierModel
beforeAll(async () => {
  here = await startDoctorWorld({ application: bookshop, environment: 'rehearsal' })
  ;[orders, mailer] = [here.tier('orders'), here.tier('mailer')]
  await here.world.install()
  await here.world.sync()
})
afterAll(() => here?.[Symbol.asyncDispose]())

const withoutAccount = { secretKey: undefined, organizationId: undefined }
const keyOf = ({ name }: TierModel) => here.world.stack.keys.get(name) ?? { accessKey: '', secretKey: '' }

test('an environment at work has no cause', () => here.healthy())

test('the key of another tier, which may not even list, is reported as that one', async () => {
  await writeCredentials(here.client, orders, keyOf(mailer))
  await here.fails(orders)
  const diagnoses = [await here.diagnose(), await here.diagnose(withoutAccount)]
  await writeCredentials(here.client, orders, keyOf(orders))
  await here.syncs(orders)
  for (const { causes } of diagnoses) {
    expect(causes).toMatchObject([{ code: 'KEY_OF_OTHER_TIER', message: expect.stringContaining('"mailer"') }])
    expect(causes[0]?.evidence[0]).toMatch(/secrets answers 403 permissions_denied \(request /)
  }
  await here.healthy()
})

test('a store that names the project of another tier is reported, and not what its key may not do there', async () => {
  const patch = (projectId: string) =>
    here.client.mergePatch(kinds.secretStore, here.store(orders), { spec: { provider: { scaleway: { projectId } } } })
  await patch(mailer.projectId)
  await here.fails(orders)
  const { causes } = await here.diagnose()
  await patch(orders.projectId)
  await here.syncs(orders)
  expect(causes).toMatchObject([{ code: 'STORE_PROJECT', message: expect.stringContaining(`"${mailer.projectId}"`) }])
  await here.healthy()
})

test('a remote secret that is in the project of another tier is told to who may look there', async () => {
  const id = await here.idOf(orders, 'stock-db')
  const { region } = here.model
  const rename = (name: string) =>
    scalewayRequest(here.owner, { method: 'PATCH', path: `${secretsPath(region)}/${id}`, body: { name } })
  await rename('q')
  const scope = { region, projectId: mailer.projectId }
  await createSecret(here.owner, scope, { path: orders.remotePath, name: 'stock-db', type: 'opaque' })
  const [seen, blind] = [await here.diagnose(), await here.diagnose(withoutAccount)]
  await rename('stock-db')
  expect(seen.causes).toMatchObject([
    { code: 'REMOTE_OTHER_PROJECT', message: expect.stringContaining(`it is in ${mailer.projectId}`) },
  ])
  expect(blind.causes).toMatchObject([{ code: 'REMOTE_ABSENT' }])
  await here.healthy()
})

test('no value and no key is in anything that was shown', () => expect(here.leaked()).toEqual([]))

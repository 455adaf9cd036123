import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TierModel } from '../../scripts/model/resolve.ts'
import { type ScalewayRequest, scalewayRequest } from '../../scripts/scaleway/http.ts'
import { createSecret, secretsPath } from '../../scripts/scaleway/secrets.ts'
import {
  accessVersion,
  createVersion,
  deleteVersion,
  disableVersion,
  listVersions,
} from '../../scripts/scaleway/versions.ts'
import { jsonCases } from '../fixtures/json-cases.ts'
import { projects } from '../helpers/applications.ts'
import { eventually } from '../helpers/eventually.ts'
import { deliverCases } from './delivered-json.ts'
import { type DoctorWorld, startDoctorWorld } from './doctor-world.ts'
import { forceRefresh } from './refresh.ts'

/** What Scaleway would never have taken, and must not be shown either. */
const marker = 'never-to-be-shown'

let here: DoctorWorld
let orders: TierModel
let mailer: TierModel
let storefront: TierModel
let region: string
beforeAll(async () => {
  here = await startDoctorWorld({ limits: { payloadBytes: 1024 * 1024 } })
  ;[orders, mailer, storefront] = [here.tier('orders'), here.tier('mailer'), here.tier('storefront')]
  region = here.model.region
  await here.world.install()
  await here.world.sync()
})
afterAll(() => here?.[Symbol.asyncDispose]())

const scaleway = (method: ScalewayRequest['method'], path: string, body?: object, where = region) =>
  scalewayRequest(here.owner, { method, path: `${secretsPath(where)}${path}`, ...(body ? { body } : {}) })
const change = (id: string, body: object) => scaleway('PATCH', `/${id}`, body)
const force =
  /`kubectl annotate externalsecret orders-secrets force-sync=\$\(date \+%s\) --overwrite --namespace bookshop-orders`\.$/
const place = '/bookshop-orders/stock-db'

test('an environment at work has no cause', () => here.healthy())

describe('the remote secret of a required variable', () => {
  let id: string
  let value: Buffer
  beforeAll(async () => {
    id = await here.idOf(orders, 'stock-db')
    value = await accessVersion(here.owner, region, id, 'latest_enabled')
  })

  test.each([
    [
      'region',
      () => ({ region: 'fr-par', projectId: orders.projectId }),
      'REMOTE_OTHER_REGION',
      /it is in fr-par\./,
      'REMOTE_OTHER_REGION',
    ],
    [
      'project',
      () => ({ region, projectId: projects.other }),
      'REMOTE_OTHER_PROJECT',
      /it is in e47d9b30-/,
      'REMOTE_ABSENT',
    ],
  ])(
    'that is in another %s is reported, where somebody may look there',
    async (_, scope, code, message, seenByTier) => {
      await change(id, { name: 'q' })
      const made = await createSecret(here.owner, scope(), {
        path: '/bookshop-orders',
        name: 'stock-db',
        type: 'opaque',
      })
      await createVersion(here.owner, scope().region, made.id, value)
      const found = await here.diagnose()
      const blind = await here.diagnose({ secretKey: undefined })
      await scaleway('DELETE', `/${made.id}`, undefined, scope().region)
      await change(id, { name: 'stock-db' })
      expect(found.causes).toMatchObject([{ code, where: place, message: expect.stringMatching(message) }])
      expect(found.causes[0]?.fix).toMatch(
        /^`npm run fill -- .* --tier orders --only STOCK_DB --from <file>` creates it /,
      )
      expect(blind.causes).toMatchObject([{ code: seenByTier, where: place }])
      await here.healthy()
    },
  )

  interface Break {
    readonly breaks: () => Promise<unknown>
    readonly fixes: () => Promise<unknown>
    readonly code: string
    readonly message: RegExp
    readonly fix: () => string
    readonly evidence: RegExp
  }
  const breaks: Readonly<Record<string, Break>> = {
    'whose only version is disabled': {
      breaks: () => disableVersion(here.owner, region, id, 1),
      fixes: () => scaleway('POST', `/${id}/versions/1/enable`, {}),
      code: 'VERSION_DISABLED',
      message: /^has no enabled version; version 1 is disabled\./,
      fix: () => `\`scw secret version enable ${id} revision=1 region=nl-ams\``,
      evidence: /^version 1: disabled$/m,
    },
    'whose only version is scheduled for deletion': {
      breaks: () => deleteVersion(here.owner, region, id, 1),
      fixes: () => scaleway('POST', `/${id}/versions/1/restore`, {}),
      code: 'VERSION_DELETED',
      message: /^has no enabled version; version 1 is scheduled for deletion since 20\S+Z\./,
      fix: () =>
        `\`printf 'X-Auth-Token: %s' "$SCW_SECRET_KEY" | curl --request POST --header @- --header 'Content-Type: application/json' --data '{}' ${here.owner.apiUrl}${secretsPath(region)}/${id}/versions/1/restore\``,
      evidence: /^version 1: scheduled_for_deletion$/m,
    },
    'that is scheduled for deletion': {
      breaks: () => scaleway('DELETE', `/${id}`),
      fixes: () => scaleway('POST', `/${id}/restore`, {}),
      code: 'REMOTE_DELETED',
      message: /^is scheduled for deletion since 20\S+Z\./,
      fix: () =>
        `\`printf 'X-Auth-Token: %s' "$SCW_SECRET_KEY" | curl --request POST --header @- --header 'Content-Type: application/json' --data '{}' ${here.owner.apiUrl}${secretsPath(region)}/${id}/restore\``,
      evidence: /, among those scheduled for deletion$/m,
    },
    'whose name differs by case and by _ for -': {
      breaks: () => change(id, { name: 'Stock_DB' }),
      fixes: () => change(id, { name: 'stock-db' }),
      code: 'REMOTE_NAME_DIFFERS',
      message: /^does not exist; the folder has "Stock_DB"\./,
      fix: () => `\`scw secret secret update ${id} name=stock-db region=nl-ams\``,
      evidence: /^Scaleway lists \/bookshop-orders\/Stock_DB, id /m,
    },
    'that is in another folder': {
      breaks: () => change(id, { path: '/bookshop' }),
      fixes: () => change(id, { path: '/bookshop-orders' }),
      code: 'REMOTE_ELSEWHERE',
      message: /^does not exist; one of this name is in \/bookshop\. Expected it in \/bookshop-orders\.$/,
      fix: () => `\`scw secret secret update ${id} path=/bookshop-orders region=nl-ams\``,
      evidence: /^Scaleway lists \/bookshop\/stock-db, id /m,
    },
    'with a name that is nearly right': {
      breaks: () => change(id, { name: 'stock-bd' }),
      fixes: () => change(id, { name: 'stock-db' }),
      code: 'REMOTE_ABSENT',
      message: /^does not exist\. The folder has "stock-bd", which no entry names\./,
      fix: () => '`npm run fill -- --environment preview --tier orders --only STOCK_DB --from <file>`',
      evidence: /^Scaleway GET \S+ answers 200 /,
    },
    'that is not there at all': {
      breaks: () => change(id, { name: 'q' }),
      fixes: () => change(id, { name: 'stock-db' }),
      code: 'REMOTE_ABSENT',
      message: /^does not exist\. Expected it in project 8d3b5e71-/,
      fix: () => '`npm run fill -- --environment preview --tier orders --only STOCK_DB --from <file>`',
      evidence: /\), without stock-db$/m,
    },
  }

  test.each(Object.keys(breaks))('%s is reported, with the command that fixes it', async (title) => {
    const { breaks: breakIt, fixes, code, message, fix, evidence } = breaks[title] as Break
    await breakIt()
    await here.fails(orders)
    const diagnoses = [await here.diagnose(), await here.diagnose({ secretKey: undefined, organizationId: undefined })]
    await fixes()
    for (const { causes } of diagnoses) {
      const [cause, ...others] = causes
      if (!cause || others.length > 0) throw new Error(`expected one cause: ${causes.map((one) => one.code)}`)
      expect(cause).toMatchObject({ code, where: place, specs: [{ variable: 'STOCK_DB' }] })
      expect(cause.message).toMatch(message)
      expect(cause.fix.startsWith(fix())).toBe(true)
      expect(cause.fix).toMatch(force)
      expect(cause.evidence[0]).toMatch(/^Scaleway GET \S+ answers 200 \(request [\w-]+\)/)
      expect(cause.evidence.join('\n')).toMatch(evidence)
      expect(cause.evidence.at(-1)).toMatch(/^the operator tries again by itself /)
    }
    await here.syncs(orders)
    await here.healthy()
  })

  test('that is ephemeral is reported, and not read: some end with that', async () => {
    await change(id, { name: 'q' })
    const made = await scaleway('POST', '', {
      project_id: orders.projectId,
      path: '/bookshop-orders',
      name: 'stock-db',
      ephemeral_policy: { expires_once_accessed: true, action: 'disable' },
    })
    const ephemeral = (made as { id: string }).id
    await createVersion(here.owner, region, ephemeral, value)
    // The operator ends at what comes before it, so that only we could read it; and all of the tier is suspected.
    const seal = await here.idOf(orders, 'basket-seal')
    await change(seal, { name: 'q1' })
    await here.fails(orders)
    const { causes } = await here.diagnose()
    const [version] = await listVersions(here.owner, region, ephemeral)
    await change(ephemeral, { name: 'fleeting' })
    await change(seal, { name: 'basket-seal' })
    await change(id, { name: 'stock-db' })
    expect(causes).toMatchObject([
      { code: 'REMOTE_ABSENT', where: '/bookshop-orders/basket-seal' },
      { code: 'REMOTE_EPHEMERAL', where: place, specs: [{ variable: 'STOCK_DB' }] },
    ])
    expect(version?.status).toBe('enabled')
    await here.syncs(orders)
    await here.healthy()
  })

  test('that never had a version is reported', async () => {
    await change(id, { name: 'q' })
    const scope = { region, projectId: orders.projectId }
    const empty = await createSecret(here.owner, scope, { path: '/bookshop-orders', name: 'stock-db', type: 'opaque' })
    const { causes } = await here.diagnose()
    await change(empty.id, { name: 'empty' })
    await change(id, { name: 'stock-db' })
    expect(causes).toMatchObject([
      { code: 'VERSION_ABSENT', where: place, message: expect.stringMatching(/^never had/) },
    ])
    await here.healthy()
  })
})

test('many that nobody has filled yet are one cause, with one command', async () => {
  const names = orders.remoteSecrets.map(({ name }) => name)
  expect(names.length).toBeGreaterThan(2)
  const ids = await Promise.all(names.map((name) => here.idOf(orders, name)))
  for (const [index, id] of ids.entries()) await change(id, { name: `q${index}` })
  const cause = await here.cause()
  expect(cause).toMatchObject({
    code: 'REMOTE_ABSENT',
    where: '/bookshop-orders',
    message: `lacks ${names.length} remote secrets: ${names.join(', ')}. Expected all of them in project ${orders.projectId}.`,
  })
  expect(cause.fix).toMatch(
    /^`npm run fill -- --environment preview --tier orders --only .*STOCK_DB.* --from <file>` creates them\.$/,
  )
  for (const [index, id] of ids.entries()) await change(id, { name: names[index] })
  await here.healthy()
})

test('an optional one that is absent is not a cause, and one under a similar name is a warning', async () => {
  const id = await here.idOf(storefront, 'loyalty.programme')
  await change(id, { name: 'q' })
  await here.healthy()
  await change(id, { name: 'loyalty_programme' })
  const { causes, exitCode } = await here.diagnose()
  expect(causes).toMatchObject([
    { code: 'REMOTE_NAME_DIFFERS', severity: 'warning', where: '/bookshop-storefront/loyalty.programme' },
  ])
  expect(exitCode).toBe(0)
  await change(id, { name: 'loyalty.programme' })
  await here.healthy()
})

describe('the value of a remote secret', () => {
  /** Adds a version, and takes it away again when the test of it is over. */
  async function withValue(tier: TierModel, name: string, payload: string | Buffer, check: () => Promise<void>) {
    const id = await here.idOf(tier, name)
    const before = await accessVersion(here.owner, region, id, 'latest_enabled')
    await createVersion(here.owner, region, id, payload)
    try {
      await check()
    } finally {
      await createVersion(here.owner, region, id, before)
      await here.syncs(tier)
    }
    await here.healthy()
  }

  test('that lacks a variable of the bundle is reported with its name', () =>
    withValue(orders, '3ds-payment', JSON.stringify({ PAY_MERCHANT: marker }), async () => {
      await here.fails(orders)
      const cause = await here.cause()
      expect(cause).toMatchObject({
        code: 'BUNDLE_KEY_MISSING',
        where: expect.stringMatching(/^\/bookshop-orders\/3ds-payment version \d+$/),
        message: 'has no field "PAY_SIGNATURE" in its JSON. Expected a JSON object with PAY_MERCHANT, PAY_SIGNATURE.',
        specs: [{ variable: 'PAY_SIGNATURE', owner: 'Payments desk' }],
      })
      expect(cause.fix).toMatch(
        /^`npm run fill -- --environment preview --tier orders --only PAY_SIGNATURE --generate` /,
      )
    }))

  test('that lacks a property is reported with the path of it', () =>
    withValue(mailer, 'relay', JSON.stringify({ 'relay.host': marker, account: { login: marker } }), async () => {
      await here.fails(mailer)
      expect(await here.cause()).toMatchObject({
        code: 'PROPERTY_MISSING',
        message: expect.stringMatching(/^has no field "account\.pass phrase" in its JSON\./),
        specs: [{ variable: 'RELAY_PASSPHRASE' }],
      })
    }))

  test('that is not JSON is reported as that, although the operator says that it does not exist', () =>
    withValue(mailer, 'relay', `${marker} {`, async () => {
      await here.fails(mailer)
      const cause = await here.cause()
      expect(cause).toMatchObject({
        code: 'VALUE_NOT_JSON',
        message: 'is not a JSON object. Expected a JSON object with relay.host, account.login, account.pass phrase.',
      })
      expect(cause.fix).toMatch(
        /--replace --only RELAY_HOST RELAY_LOGIN RELAY_PASSPHRASE --from <file>` writes a new version/,
      )
    }))

  test('that is not JSON, of a bundle, is reported without the character the operator quotes', () =>
    withOpaqueBundle(Buffer.from(`§${marker}`), async () => {
      await forceRefresh(here.client, { namespace: storefront.namespace, name: 'storefront-optional-secrets' })
      const told = await eventually(
        async () => (await here.diagnose()).causes,
        ([cause]) => cause?.evidence.join().includes('invalid character') === true,
      )
      expect(told).toMatchObject([
        { code: 'VALUE_NOT_JSON', where: '/bookshop-storefront/loyalty.programme version 1' },
      ])
      expect(told[0]?.evidence.join()).toContain("invalid character '…' looking for beginning of value")
    }))

  test('that has a name no key of a Secret can have is reported, because all of the bundle is refused', () => {
    const values = { LOYALTY_PARTNER_ID: marker, LOYALTY_PARTNER_KEY: marker, 'of whom': marker }
    return withOpaqueBundle(Buffer.from(JSON.stringify(values)), async () => {
      await forceRefresh(here.client, { namespace: storefront.namespace, name: 'storefront-optional-secrets' })
      const told = await eventually(
        async () => (await here.diagnose()).causes,
        ([cause]) => cause?.evidence.join().includes('key has invalid character') === true,
      )
      expect(told).toMatchObject([
        {
          code: 'VALUE_NAME_UNFIT',
          where: '/bookshop-storefront/loyalty.programme version 1',
          message: expect.stringMatching(/^has a name in its JSON that no key of a Secret can have, /),
        },
      ])
    })
  })

  test('that has null in a field that others make fail is reported as missing, and explains nothing else', () =>
    withValue(mailer, 'relay', '{"relay.host":null,"account":{"login":"x"}}', async () => {
      await here.fails(mailer)
      const { causes } = await here.diagnose()
      expect(causes.map(({ code, message }) => `${code} ${message}`).sort()).toEqual([
        expect.stringMatching(/^PROPERTY_MISSING has no field "account\.pass phrase" in its JSON\./),
        expect.stringMatching(/^PROPERTY_MISSING has null in the field "relay\.host" of its JSON, .* an empty text\./),
      ])
    }))

  test('with numbers that are large, and a comma too much, is fine', () =>
    withValue(
      mailer,
      'relay',
      '{"relay.host":"mail.example","account":{"login":"x","pass phrase":"y"},"n":12345678901234567890,"f":1.0,}',
      async () => {
        await here.syncs(mailer)
        await here.healthy()
      },
    ))

  // None of these is the first of its tier: that one is read anyway, as a proof that the key may.
  test('that is not UTF-8 is reported although it arrives', () =>
    withValue(orders, 'stock-db', Buffer.from([0xff, 0xfe, 0x41]), async () => {
      await here.syncs(orders)
      expect(await here.cause()).toMatchObject({
        code: 'VALUE_NOT_TEXT',
        message: 'is not UTF-8. Expected UTF-8 of at most 64 KiB.',
        specs: [{ variable: 'STOCK_DB' }],
      })
    }))

  test('that is not UTF-8 inside of a bundle is reported although it arrives changed', () => {
    const [before, after] = ['{"LOYALTY_PARTNER_ID":"x","LOYALTY_PARTNER_KEY":"', '"}']
    return withOpaqueBundle(Buffer.concat([Buffer.from(before), Buffer.from([0xff]), Buffer.from(after)]), async () => {
      await here.syncs(storefront)
      const { causes } = await here.diagnose()
      expect(causes).toMatchObject([
        { code: 'VALUE_NOT_TEXT', severity: 'warning', where: '/bookshop-storefront/loyalty.programme version 1' },
      ])
    })
  })

  test('of more than 64 KiB is reported', () =>
    withValue(orders, 'stock-db', marker.repeat(6000), async () => {
      await here.syncs(orders)
      expect(await here.cause()).toMatchObject({
        code: 'VALUE_TOO_LARGE',
        message: expect.stringMatching(/^is 102000 bytes long, more than 65536\./),
      })
    }))

  /** Scaleway itself looks into what is of type key_value. */
  async function withOpaqueBundle(payload: Buffer, check: () => Promise<void>) {
    const { remotePath: path, projectId } = storefront
    const id = await here.idOf(storefront, 'loyalty.programme')
    await change(id, { name: 'q' })
    const scope = { region, projectId }
    const opaque = await createSecret(here.owner, scope, { path, name: 'loyalty.programme', type: 'opaque' })
    await createVersion(here.owner, region, opaque.id, payload)
    try {
      await check()
    } finally {
      await change(opaque.id, { name: opaque.id })
      await change(id, { name: 'loyalty.programme' })
      await here.syncs(storefront)
    }
    await here.healthy()
  }
})

test('the operator makes of every JSON of the table what the table says', { timeout: 180_000 }, async () => {
  const delivered = await deliverCases(here, mailer, jsonCases)
  const text = (value: string | null | undefined) => (value === null ? '' : value)
  expect(jsonCases.map(({ title }, index) => ({ title, ...delivered[index] }))).toEqual(
    jsonCases.map(({ title, properties, extract }) => ({
      title,
      properties: properties.map(([, value]) => text(value)),
      extract: extract && new Map(extract.map(([name, value]) => [name, text(value)])),
    })),
  )
})

test('no value is in anything that was shown', () => expect(here.leaked([marker])).toEqual([]))

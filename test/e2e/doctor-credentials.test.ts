import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { finishKeyRotation, rotateKey } from '../../scripts/change/key-rotation/rotate-key.ts'
import { readCredentials, writeCredentials } from '../../scripts/cluster/credentials-secret.ts'
import type { EventObject } from '../../scripts/cluster/external-secrets.ts'
import { revalidateStore } from '../../scripts/cluster/refresh.ts'
import { kinds, type SecretObject } from '../../scripts/kubernetes/kinds.ts'
import type { TierModel } from '../../scripts/model/resolve.ts'
import type { KeyPair } from '../../scripts/scaleway/api-key.ts'
import { scalewayRequest } from '../../scripts/scaleway/http.ts'
import { createApiKey, findApplication, type LiveRule, listPolicies, listRules } from '../../scripts/scaleway/iam.ts'
import { eventually } from '../helpers/eventually.ts'
import { quickWaits } from './credentials-world.ts'
import { type DoctorWorld, startDoctorWorld } from './doctor-world.ts'

let here: DoctorWorld
let orders: TierModel
let mailer: TierModel
let storefront: TierModel
beforeAll(async () => {
  here = await startDoctorWorld()
  ;[orders, mailer, storefront] = [here.tier('orders'), here.tier('mailer'), here.tier('storefront')]
  await here.world.install()
  await here.world.sync()
})
afterAll(() => here?.[Symbol.asyncDispose]())

const keyOf = ({ name }: TierModel): KeyPair => {
  const key = here.world.stack.keys.get(name)
  if (!key) throw new Error(`no key of ${name}`)
  return key
}
const withoutAccount = { secretKey: undefined, organizationId: undefined }

/** Puts these texts into a tier's credentials Secret, instead of what is in it. */
async function store(tier: TierModel, texts: Readonly<Record<string, string>>): Promise<void> {
  const ref = here.credentials(tier)
  await here.client.delete(kinds.secret, ref)
  const data = Object.entries(texts).map(([name, text]) => [name, Buffer.from(text).toString('base64')])
  const secret: SecretObject = { metadata: ref, data: Object.fromEntries(data) }
  await here.client.create(kinds.secret, secret)
}

/** Has the operator look at a store again, as it does by itself every five minutes. */
async function touchStore(tier: TierModel): Promise<void> {
  const annotations = { touched: String(Date.now()) }
  await here.client.mergePatch(kinds.secretStore, here.store(tier), { metadata: { annotations } })
}

async function mend(tier: TierModel): Promise<void> {
  await writeCredentials(here.client, tier, keyOf(tier))
  await touchStore(tier)
  expect(await revalidateStore(here.client, tier)).toBe(true)
  await here.syncs(tier)
}

test('an environment at work has no cause', () => here.healthy())

describe('a credentials Secret', () => {
  const b = (key: KeyPair) => ({ 'access-key': key.accessKey, 'secret-key': key.secretKey })
  const rewritten =
    /^`kubectl get secret scw-orders-credentials .*"(\w+|access-key)".* \| npm run --silent credentials -- --environment preview --tier orders`/
  const rotated =
    /^`npm run credentials -- --environment preview --tier orders --rotate` puts a new key in use and makes this one expire; then `npm run credentials -- --environment preview --tier orders --rotate --finish` deletes it\. /
  const revoked = (half: string) =>
    ` The operator has written ${half} into Events of bookshop-orders, which secrets-viewer and roles of Kubernetes show, and into its log: this key has to be revoked.`
  const given = /^`npm run credentials -- --environment preview --tier orders --from key\.json` /

  test.each<[string, (key: KeyPair) => Record<string, string>, string, RegExp, RegExp, string?]>([
    [
      'with other names for the halves',
      ({ accessKey, secretKey }) => ({ accessKey, secretKey }),
      'CREDENTIALS_NAMES',
      /^has the keys accessKey, secretKey\. Expected access-key and secret-key\.$/,
      rewritten,
    ],
    [
      'with one half only',
      ({ accessKey }) => ({ 'access-key': accessKey }),
      'CREDENTIALS_NAMES',
      /^has the keys access-key\. Expected access-key and secret-key\.$/,
      given,
    ],
    [
      'with a line break at the end of the secret key',
      (key) => ({ ...b(key), 'secret-key': `${key.secretKey}\n` }),
      'CREDENTIALS_LINE_BREAK',
      /^has a line break around secret-key, which the operator refuses\. Expected the key alone\. /,
      rotated,
      'secret-key',
    ],
    [
      'with a space and a line break at the ends of both halves',
      (key) => ({ 'access-key': ` ${key.accessKey}`, 'secret-key': `${key.secretKey}\r\n` }),
      'CREDENTIALS_LINE_BREAK',
      /^has a line break around access-key and secret-key,/,
      rotated,
      'access-key',
    ],
    [
      'with an access key in lowercase',
      (key) => ({ ...b(key), 'access-key': key.accessKey.toLowerCase() }),
      'CREDENTIALS_MALFORMED',
      /^has an access key that has lowercase letters\. Expected SCW and 17 capitals or digits\. /,
      rotated,
      'access-key',
    ],
    [
      'with a secret key that is cut off',
      (key) => ({ ...b(key), 'secret-key': key.secretKey.slice(0, 30) }),
      'CREDENTIALS_MALFORMED',
      /^has a secret key that is malformed, with 30 characters\. Expected a UUID of 36 characters\. /,
      rotated,
      'secret-key',
    ],
    [
      'with the halves swapped',
      (key) => ({ 'access-key': key.secretKey, 'secret-key': key.accessKey }),
      'CREDENTIALS_MALFORMED',
      /^has the two halves of the key swapped/,
      rotated,
      'access-key',
    ],
    [
      'with an access key that is cut off',
      (key) => ({ ...b(key), 'access-key': key.accessKey.slice(0, 15) }),
      'CREDENTIALS_MALFORMED',
      /^has an access key that is malformed, with 15 characters\./,
      /^`npm run .* --rotate` puts a new key in use; it is not known any more which key this was: delete the old one of bookshop-preview-orders-secrets in Scaleway\.$/,
      'access-key',
    ],
    [
      'with no secret key, of which nothing is reported',
      (key) => ({ ...b(key), 'secret-key': '' }),
      'CREDENTIALS_MALFORMED',
      /^has no secret key\. Expected an access key and its secret key\.$/,
      given,
    ],
  ])(
    '%s is reported, with what the operator says of it and without the key',
    async (_, texts, code, message, fix, told) => {
      await store(orders, texts(keyOf(orders)))
      await touchStore(orders)
      await here.fails(orders)
      const cause = await here.cause()
      expect(cause).toMatchObject({ code, where: 'Secret/bookshop-orders/scw-orders-credentials' })
      expect(cause.message).toMatch(message)
      expect(cause.message.split(revoked(told ?? '')).length - 1).toBe(told === undefined ? 0 : 1)
      expect(cause.fix).toMatch(fix)
      expect(cause.evidence.join('\n')).toMatch(
        /event of SecretStore\/bookshop-orders\/orders-secretstore at \S+: (cannot find secret data for key|scaleway-sdk-go: (invalid (access|secret) key format '…'|secret key cannot be empty))/,
      )
      expect(cause.specs.map(({ variable }) => variable)).toContain('PAY_MERCHANT')
      await mend(orders)
      await here.healthy()
    },
  )

  test('that was there before its SealedSecret is reported, until it is left to the controller', async () => {
    const tiers = here.model.tiers.map((tier) =>
      tier === orders ? { ...tier, sealedCredentials: { accessKey: 'x', secretKey: 'y' } } : tier,
    )
    const model = { ...here.model, tiers }
    await store(orders, b(keyOf(orders)))
    const cause = await here.cause({ model })
    expect(cause).toMatchObject({
      code: 'SEALED_KEY_UNUSED',
      where: 'Secret/bookshop-orders/scw-orders-credentials',
    })
    expect(cause.fix).toContain(
      '`kubectl annotate secret scw-orders-credentials --namespace bookshop-orders sealedsecrets.bitnami.com/managed=true`',
    )
    // What is written by our command needs no more.
    await mend(orders)
    expect((await here.diagnose({ model })).causes).toEqual([])
  })

  test('that is absent is reported, and that the key of another tier is not checked for it', async () => {
    await here.client.delete(kinds.secret, here.credentials(mailer))
    await touchStore(mailer)
    await here.fails(mailer)
    const cause = await here.cause()
    expect(cause).toMatchObject({
      code: 'CREDENTIALS_ABSENT',
      where: 'Secret/bookshop-mailer/scw-mailer-credentials',
      message: 'does not exist. Expected the Scaleway API key of tier "mailer".',
    })
    expect(cause.evidence.join('\n')).toMatch(/: cannot get Kubernetes secret "scw-mailer-credentials"/)
    expect(cause.fix).toMatch(/^`npm run credentials -- --environment preview --tier mailer --from key\.json` /)
  })

  test('that is fixed leaves the operator waiting: when it tries again is reported, and the command that forces it', async () => {
    for (let attempt = 0; attempt < 5; attempt++) await here.fails(mailer)
    await writeCredentials(here.client, mailer, keyOf(mailer))
    const cause = await here.cause()
    expect(cause).toMatchObject({ code: 'BACKOFF', where: 'ExternalSecret/bookshop-mailer/mailer-secrets' })
    const [, next = '', latest = ''] =
      /tries again by itself in [^,]+, at about (\S+), and at (\S+) at the latest\. Expected it to be synced\.$/.exec(
        cause.message,
      ) ?? []
    expect(Date.parse(next)).toBeGreaterThan(Date.now())
    expect(Date.parse(latest)).toBeGreaterThanOrEqual(Date.parse(next))
    // The operator has refused the store too, and looks at that first.
    expect(cause.fix).toMatch(
      /^`kubectl annotate secretstore mailer-secretstore force-sync=.* && sleep 3 && kubectl annotate externalsecret mailer-secrets force-sync=\$\(date \+%s\) --overwrite --namespace bookshop-mailer` makes it try now\.$/,
    )
    expect(cause.evidence.join('\n')).toContain(
      'condition Ready=False of SecretStore/bookshop-mailer/mailer-secretstore',
    )
    await mend(mailer)
    await here.healthy()
  })
})

describe('an API key', () => {
  const application = async (tier: TierModel) => {
    const found = await findApplication(here.owner, here.owner.organizationId, tier.iamApplication)
    return found?.id ?? ''
  }
  const rotates = '`npm run credentials -- --environment preview --tier storefront --rotate` '
  const last4 = ({ accessKey }: KeyPair) => accessKey.slice(-4)
  const useKey = async (key: KeyPair) => {
    await writeCredentials(here.client, storefront, key)
    await here.fails(storefront)
  }

  test('that Scaleway does not know is reported, by the 401 and its request id', async () => {
    const key = { ...keyOf(storefront), secretKey: '0b8cc93b-dfd2-4427-b674-8d27affb0334' }
    await useKey(key)
    const cause = await here.cause()
    expect(cause).toMatchObject({
      code: 'KEY_UNKNOWN',
      where: `API key …${last4(key)} of Secret bookshop-storefront/scw-storefront-credentials`,
    })
    expect(cause.message).toContain('has a key with this access key, but the secret key belongs to another one')
    expect(cause.evidence[0]).toMatch(/^Scaleway GET \S+ answers 401 denied_authentication \(request [\w-]+\)$/)
    expect(cause.fix.startsWith(rotates)).toBe(true)
    const alone = await here.cause(withoutAccount)
    expect(alone).toMatchObject({
      code: 'KEY_UNKNOWN',
      message: expect.stringContaining('it was deleted, or never existed'),
    })
  })

  test('that has expired is reported as that, by the reason of the 401', async () => {
    const expiresAt = new Date(Date.now() + 1_500)
    const made = await createApiKey(here.owner, await application(storefront), { description: 'soon over', expiresAt })
    const key = { accessKey: made.access_key, secretKey: made.secret_key }
    const list = { method: 'GET', path: '/secret-manager/v1beta1/regions/nl-ams/secrets' } as const
    await eventually(
      () => scalewayRequest({ ...here.owner, secretKey: key.secretKey }, list).catch(({ status }) => status),
      (status) => status === 401,
    )
    await useKey(key)
    const cause = await here.cause()
    expect(cause).toMatchObject({ code: 'KEY_EXPIRED', where: expect.stringContaining(`…${last4(key)} of `) })
    expect(cause.message).toMatch(/^has expired at 20\d\d-\S+Z\. Expected a key that works\.$/)
    expect(cause.fix.startsWith(rotates)).toBe(true)
    expect(await here.cause(withoutAccount)).toMatchObject({
      code: 'KEY_EXPIRED',
      message: expect.stringMatching(/^has expired\. /),
    })
  })

  test('of another tier is reported as that one, and not as secrets that are missing', async () => {
    await useKey(keyOf(mailer))
    for (const parts of [{}, withoutAccount]) {
      const cause = await here.cause(parts)
      expect(cause).toMatchObject({
        code: 'KEY_OF_OTHER_TIER',
        message: expect.stringContaining('is the key of tier "mailer", and may not read the secrets of "storefront"'),
      })
      expect(cause.evidence[0]).toMatch(/ answers 403 permissions_denied \(request [\w-]+\)/)
      expect(cause.fix.startsWith(rotates)).toBe(true)
    }
    await mend(storefront)
    await here.healthy()
  })
})

describe('the rules of an IAM application', () => {
  let policyId = ''
  let planned: readonly LiveRule[] = []
  beforeAll(async () => {
    const policies = await listPolicies(here.owner, here.owner.organizationId)
    policyId = policies.find(({ name }) => name === storefront.iamApplication)?.id ?? ''
    planned = await listRules(here.owner, policyId)
  })
  const useRules = async (rules: readonly LiveRule[]) => {
    const body = {
      policy_id: policyId,
      rules: rules.map(({ permission_set_names, project_ids, condition }) => ({
        permission_set_names,
        project_ids,
        condition,
      })),
    }
    await scalewayRequest(here.owner, { method: 'PUT', path: '/iam/v1alpha1/rules', body })
  }
  const without = (set: string) => planned.filter(({ permission_set_names }) => !permission_set_names?.includes(set))
  const narrowed = (condition: string) => planned.map((rule) => ({ ...rule, condition }))
  const loyaltyOnly = 'resource.name.startsWith("/bookshop-storefront/loyalty") || !has(resource.id)'

  test.each<[string, () => readonly LiveRule[], string, RegExp, string, RegExp]>([
    [
      'lack the permission set that lists',
      () => without('SecretManagerReadOnly'),
      'LISTING_REFUSED',
      /has no rule for it\. Expected SecretManagerReadOnly on project /,
      'LISTING_REFUSED',
      /its IAM application lacks SecretManagerReadOnly there, the condition of that rule lacks /,
    ],
    [
      'lack the permission set that reads',
      () => without('SecretManagerSecretAccess'),
      'READING_REFUSED',
      /has no rule for it\. Expected SecretManagerSecretAccess on project /,
      'READING_REFUSED',
      /its IAM application lacks SecretManagerSecretAccess, or its condition does not allow /,
    ],
    [
      'have a condition that lets some of the secrets through',
      () => narrowed(loyaltyOnly),
      'CONDITION_NARROW',
      /if resource\.name\.startsWith\("\/bookshop-storefront\/loyalty"\)/,
      'CONDITION_NARROW',
      /^reads some secrets of its tier, but not others, such as path:\/bookshop-storefront\/catalog-origin:/,
    ],
    [
      'have a condition without the escape that listing needs',
      () => narrowed('resource.name.startsWith("/bookshop-storefront/")'),
      'CONDITION_NARROW',
      /grants SecretManagerReadOnly .* if resource\.name\.startsWith\("\/bookshop-storefront\/"\)\. Expected .* \|\| !has/,
      'LISTING_REFUSED',
      /`\|\| !has\(resource\.id\)`/,
    ],
  ])(
    'that %s are reported, by IAM where it may be read and else by what is refused',
    async (_, rules, code, message, blind, blindMessage) => {
      await useRules(rules())
      await here.fails(storefront)
      const cause = await here.cause()
      expect(cause).toMatchObject({
        code,
        where: expect.stringMatching(/^API key …\w{4} of Secret bookshop-storefront\//),
      })
      expect(cause.message).toMatch(message)
      expect(cause.evidence[0]).toMatch(/^Scaleway GET \S+ answers 403 permissions_denied \(request [\w-]+\)/)
      expect(cause.fix).toMatch(
        /^`npm run --silent iam -- --environment preview --format scw > iam\.sh && sh iam\.sh` .*`kubectl annotate externalsecret storefront-secrets /,
      )
      const guess = await here.diagnose(withoutAccount)
      expect(guess.causes).toMatchObject([{ code: blind, message: expect.stringMatching(blindMessage) }])
      expect(guess.unexamined.join('\n')).toContain('IAM can only be read with your own account')
      await useRules(planned)
      await here.syncs(storefront)
      await here.healthy()
    },
  )
})

test.each([
  ['a line break', 'CREDENTIALS_LINE_BREAK', (text: string) => `${text}\n`],
  ['quotes', 'CREDENTIALS_MALFORMED', (text: string) => `'${text}'`],
])('a secret key with %s, which Events show in clear, is revoked as told', async (_, code, malform) => {
  const before = await readCredentials(here.client, orders)
  if (!before) throw new Error('no credentials')
  await store(orders, { 'access-key': before.accessKey, 'secret-key': malform(before.secretKey) })
  await touchStore(orders)
  await eventually(
    () => here.client.list<EventObject>(kinds.event, { namespace: orders.namespace }),
    ({ items }) => items.some(({ message }) => message?.includes(before.secretKey)),
    { timeoutMs: 60_000 },
  )
  expect(await here.cause()).toMatchObject({ code, message: expect.stringContaining('this key has to be revoked') })

  const context = {
    ...{ model: here.model, tier: orders, client: here.client, account: here.owner, unproved: false },
    ...{ signal: new AbortController().signal, holder: code, waits: quickWaits, log: () => undefined },
  }
  const list = { method: 'GET', path: `/secret-manager/v1beta1/regions/${here.model.region}/secrets` } as const
  const use = () => scalewayRequest({ ...here.owner, secretKey: before.secretKey }, list)
  expect(await rotateKey(context)).toMatchObject({ disabledKey: `API key …${before.accessKey.slice(-4)}` })
  await expect(use()).rejects.toMatchObject({ status: 401 })
  await here.healthy()
  expect(await finishKeyRotation(context)).toBe(1)
})

test('no value and no key, whole or cut off, is in anything that was shown', () => {
  const keys = [...here.world.stack.keys.values()]
  expect(
    here.leaked(keys.flatMap(({ accessKey, secretKey }) => [accessKey.slice(0, 14), secretKey.slice(0, 30)])),
  ).toEqual([])
})

import { randomBytes } from 'node:crypto'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { installKey } from '../../scripts/change/key-rotation/install-key.ts'
import { rotateKey } from '../../scripts/change/key-rotation/rotate-key.ts'
import { type KubernetesObject, kinds, type SecretObject } from '../../scripts/kubernetes/kinds.ts'
import { scalewayRequest } from '../../scripts/scaleway/http.ts'
import { createApiKey, createPolicy, findApplication } from '../../scripts/scaleway/iam.ts'
import { type Proof, probeKey } from '../../scripts/scaleway/probe-key.ts'
import { findSecret } from '../../scripts/scaleway/secrets.ts'
import { testCertificate } from '../helpers/certificate.ts'
import { eventually } from '../helpers/eventually.ts'
import { temporaryFolder } from '../helpers/folders.ts'
import { problemOf } from '../helpers/problems.ts'
import { verdict } from './admission-world.ts'
import { type CredentialsWorld, keyWith, quickWaits, rulesOf, startCredentialsWorld } from './credentials-world.ts'

interface Key {
  readonly accessKey: string
  readonly secretKey: string
}

const linesOf = ({ accessKey, secretKey }: Key) => `${accessKey}\n${secretKey}\n`
const last4 = ({ accessKey }: Key) => accessKey.slice(-4)

/** The environments of the second application, by their isolation mode. */
describe.each([
  ['path', 'preview'],
  ['project', 'rehearsal'],
] as const)('in isolation mode %s', (_, environment) => {
  let here: CredentialsWorld
  beforeAll(async () => {
    here = await startCredentialsWorld(environment)
    await here.world.install()
    await here.world.sync()
  })
  afterAll(() => here?.[Symbol.asyncDispose]())

  const keyOf = (tier: string): Key => {
    const key = here.world.stack.keys.get(tier)
    if (!key) throw new Error(`no key of ${tier}`)
    return key
  }
  const probe = (key: Key, tierName: string, unproved = false): Promise<Proof> => {
    const { owner, world } = here
    const account = { ...owner, secretKey: key.secretKey }
    const { accessKey } = key
    const { patience } = quickWaits
    return probeKey({ account, accessKey, model: world.stack.model, tier: here.tier(tierName), unproved, patience })
  }
  const newKey = async (tierName: string): Promise<Key> => {
    const tier = here.tier(tierName)
    const [found] = await here.keys(tier)
    const expiresAt = new Date(Date.now() + 3_600_000)
    const key = await createApiKey(here.owner, found?.application_id ?? '', { description: 'by hand', expiresAt })
    return { accessKey: key.access_key, secretKey: key.secret_key }
  }

  test("a tier's own key is written, and every ExternalSecret synced with it at once", async () => {
    const tier = here.tier('orders')
    const key = await newKey('orders')
    const { emulator } = here.world.stack
    const { exitCode, stdout, stderr } = await here.credentials(['--tier', 'orders'], { input: linesOf(key) })
    expect(stderr).toMatch(
      / reads path:\/bookshop-orders\/\S+, and was refused [1-9]\d* remote secrets? of other tiers/,
    )
    expect(stderr).toContain('1 of 1 ExternalSecrets synced again')
    expect(stdout).toBe(`key: API key …${last4(key)}\nsecret: bookshop-orders/scw-orders-credentials\nwritten: true`)
    expect(exitCode).toBe(0)
    expect(await here.stored(tier)).toMatchObject(key)
    expect(`${stdout}${stderr}`).not.toMatch(new RegExp(`${key.accessKey}|${key.secretKey}`))
    const readers = emulator.requests().entries.filter(({ route }) => route === 'versions.access')
    expect(readers.at(-1)?.accessKey).toBe(key.accessKey)
  })

  test('--check looks at the key that is there, and changes nothing', async () => {
    const tier = here.tier('orders')
    const before = await here.stored(tier)
    const { exitCode, stdout } = await here.credentials(['--tier', 'orders', '--check', '--output', 'json'])
    expect(JSON.parse(stdout)).toMatchObject({
      key: `API key …${before?.accessKey.slice(-4)}`,
      secret: 'bookshop-orders/scw-orders-credentials',
      read: expect.stringMatching(/^path:\/bookshop-orders\//),
      unprovedTiers: [],
    })
    expect([exitCode, await here.stored(tier)]).toEqual([0, before])
    const both = await here.credentials(['--tier', 'orders', '--check', '--rotate'])
    expect([both.exitCode, both.stderr.includes("can't be used with --check")]).toEqual([2, true])
  })

  test('a key is used at once, also by a store that was refused for want of one', async () => {
    const tier = here.tier('storefront')
    const store = { namespace: tier.namespace, name: tier.secretStore }
    const touch = (attempt: number) =>
      here.client.mergePatch(kinds.secretStore, store, { metadata: { annotations: { attempt: String(attempt) } } })
    await here.client.delete(kinds.secret, { namespace: tier.namespace, name: tier.credentialsSecret })
    const looked = await here.credentials(['--tier', 'storefront', '--check'])
    expect([looked.exitCode, looked.stdout, looked.stderr.includes('(CREDENTIALS_MISSING)')]).toEqual([3, '', true])
    // With every failure the operator waits twice as long before it looks at the store again: here about four minutes.
    for (let attempt = 0; attempt < 9; attempt++) {
      await touch(attempt)
      await sleep(150)
    }
    const { exitCode, stderr } = await here.credentials(['--tier', 'storefront'], {
      input: linesOf(keyOf('storefront')),
    })
    expect(stderr).toContain('2 of 2 ExternalSecrets synced again')
    expect(exitCode).toBe(0)
  })

  test('a key for a namespace that does not exist yet makes one that Helm adopts', async () => {
    const tier = here.tier('mailer')
    const key = keyOf('mailer')
    const elsewhere = { ...tier, namespace: 'not-yet-there' }
    await installKey(here.context(elsewhere), key)
    expect(await here.client.get<KubernetesObject>(kinds.namespace, { name: 'not-yet-there' })).toMatchObject({
      metadata: {
        labels: { 'app.kubernetes.io/managed-by': 'Helm' },
        annotations: { 'meta.helm.sh/release-name': 'bookshop-secrets' },
      },
    })
    expect(await here.stored(elsewhere)).toMatchObject(key)
  })

  test.each([
    ['a line break at its end', (key: Key) => `${key.accessKey}\r\n${key.secretKey}\r\n\n`],
    ['quotes, in an env file', (k: Key) => `export SCW_ACCESS_KEY="${k.accessKey}"\nSCW_SECRET_KEY='${k.secretKey}'\n`],
    ['JSON of scw', (k: Key) => JSON.stringify({ access_key: k.accessKey, secret_key: k.secretKey, expires_at: null })],
  ])('a key with %s is trimmed before it is used', async (_, form) => {
    const file = join(await temporaryFolder(), 'key')
    const key = keyOf('orders')
    await writeFile(file, form(key), { mode: 0o600 })
    expect(await here.credentials(['--tier', 'orders', '--from', file, '--dry-run'])).toMatchObject({ exitCode: 0 })
  })

  test('a Secret that a SealedSecret owns is left to it', async () => {
    const tier = here.tier('mailer')
    const { namespace, credentialsSecret: name } = tier
    const owner = { apiVersion: 'bitnami.com/v1alpha1', kind: 'SealedSecret', name, uid: 'a', controller: true }
    const owned = (ownerReferences: readonly object[]) =>
      here.client.mergePatch(kinds.secret, { namespace, name }, { metadata: { ownerReferences } })
    const before = await here.stored(tier)
    await owned([owner])
    for (const act of [() => installKey(here.context(tier), keyOf('mailer')), () => rotateKey(here.context(tier))])
      expect(await problemOf(act())).toMatchObject({ code: 'CREDENTIALS_SEALED' })
    await owned([])
    expect((await here.stored(tier))?.accessKey).toBe(before?.accessKey)
    await installKey(here.context(tier), keyOf('mailer'))
  })

  test('a malformed key never reaches the cluster, nor any output', async () => {
    const tier = here.tier('orders')
    const before = await here.stored(tier)
    const key = keyOf('orders')
    for (const input of [
      `${key.accessKey}\n${key.secretKey}x\n`,
      `${key.accessKey.toLowerCase()}\n${key.secretKey}\n`,
      `${key.secretKey}\n${key.accessKey}\n`,
      `${key.secretKey}\n`,
      '',
    ]) {
      const { exitCode, stdout, stderr } = await here.credentials(['--tier', 'orders'], { input })
      expect(stderr).toMatch(/^standard input: .* Expected .*\n {2}fix: .*\n {2}\(KEY_[A-Z_]+\)$/)
      expect(stderr).not.toMatch(new RegExp(`${key.accessKey}|${key.secretKey}`, 'i'))
      expect([exitCode, stdout]).toEqual([3, ''])
    }
    expect((await here.stored(tier))?.resourceVersion).toBe(before?.resourceVersion)
  })

  test('a file that others may read is refused, with the command that closes it', async () => {
    const file = join(await temporaryFolder(), 'key')
    await writeFile(file, linesOf(keyOf('orders')))
    await chmod(file, 0o640)
    const { exitCode, stderr } = await here.credentials(['--tier', 'orders', '--from', file])
    expect(stderr).toContain(`${file}: has mode 0640`)
    expect(stderr).toContain(`chmod 600 ${file}`)
    expect([exitCode, stderr.includes('KEY_FILE_OPEN_TO_OTHERS')]).toEqual([3, true])
  })

  test('a dry run proves the key and changes nothing', async () => {
    const before = await here.stored(here.tier('orders'))
    const { accessKey, secretKey } = keyOf('orders')
    const env = { TIERED_SECRETS_ACCESS_KEY: accessKey, TIERED_SECRETS_SECRET_KEY: secretKey }
    const result = await here.credentials(['--tier', 'orders', '--dry-run', '--output', 'json'], { env })
    expect(JSON.parse(result.stdout)).toEqual({
      version: 1,
      environment,
      tier: 'orders',
      key: `API key …${accessKey.slice(-4)}`,
      secret: 'bookshop-orders/scw-orders-credentials',
      written: false,
    })
    expect(await here.stored(here.tier('orders'))).toEqual(before)
  })

  test('the key of another tier is named as such, both ways, and not written', async () => {
    const before = await here.stored(here.tier('orders'))
    const key = keyOf('storefront')
    const { exitCode, stdout, stderr } = await here.credentials(['--tier', 'orders'], { input: linesOf(key) })
    expect(stdout).toBe(`key: API key …${last4(key)}\nsecret: bookshop-orders/scw-orders-credentials\nwritten: false`)
    expect(stderr).toContain(
      'this is the key of tier "storefront": it opens that tier\'s secrets and not those of "orders"',
    )
    expect([exitCode, await here.stored(here.tier('orders'))]).toEqual([3, before])
    expect(await problemOf(probe(keyOf('orders'), 'storefront'))).toMatchObject({
      code: 'KEY_OF_OTHER_TIER',
      where: `API key …${last4(keyOf('orders'))}`,
      message: expect.stringContaining('this is the key of tier "orders"'),
    })
  })

  test('a key that Scaleway does not know is reported at once', async () => {
    const key = { accessKey: 'SCWAAAAAAAAAAAAAAAAA', secretKey: '0b8cc93b-dfd2-4427-b674-8d27affb0334' }
    const { exitCode, stderr } = await here.credentials(['--tier', 'orders'], { input: linesOf(key) })
    expect(stderr).toMatch(/^API key …AAAA: Scaleway does not know this key: it has expired, .*\(KEY_UNKNOWN\)$/s)
    expect([exitCode, stderr.includes('0b8cc93b')]).toEqual([3, false])
  })

  test('an expired key is reported as one that Scaleway does not know', async () => {
    const soon = new Date(Date.now() + 400)
    const key = await keyWith(here, 'soon over', rulesOf(here, here.tier('orders')), soon)
    await eventually(
      () => here.statusOf(here.tier('orders'), key.secretKey),
      (status) => status === 401,
    )
    expect(await problemOf(probe(key, 'orders'))).toMatchObject({ code: 'KEY_UNKNOWN' })
  })

  test('a key that may not list is reported which permission set is missing', async () => {
    const [, access] = rulesOf(here, here.tier('orders'))
    const key = await keyWith(here, 'reads only', access ? [access] : [])
    const problem = await problemOf(probe(key, 'orders'))
    expect(problem).toMatchObject({ code: 'LISTING_REFUSED', exitCode: 3 })
    expect(problem.message).toContain('lacks SecretManagerReadOnly')
  })

  test('a key that may not read is reported which permission set is missing', async () => {
    const [list] = rulesOf(here, here.tier('orders'))
    const key = await keyWith(here, 'lists only', list ? [list] : [])
    const problem = await problemOf(probe(key, 'orders'))
    expect(problem).toMatchObject({ code: 'READING_REFUSED', exitCode: 3 })
    expect(problem.message).toContain('lacks SecretManagerSecretAccess')
  })

  test('the key of another project is reported as a possible cause', async () => {
    const projectId = '77777777-7777-4777-8777-777777777777'
    const key = await keyWith(
      here,
      'elsewhere',
      rulesOf(here, here.tier('orders')).map((rule) => ({ ...rule, projectId })),
    )
    const problem = await problemOf(probe(key, 'orders'))
    expect(problem).toMatchObject({ code: 'LISTING_REFUSED' })
    expect(problem.message).toContain('or the key belongs to another project')
  })

  test('a key that opens everything is refused, with a secret that it should not open', async () => {
    const { model } = here.world.stack
    const projects = [...new Set(model.tiers.map(({ projectId }) => projectId))]
    const sets = ['SecretManagerReadOnly', 'SecretManagerSecretAccess']
    const rules = projects.flatMap((projectId) => sets.map((permissionSet) => ({ permissionSet, projectId })))
    const key = await keyWith(here, 'too wide', rules)
    const problem = await problemOf(probe(key, 'orders'))
    expect(problem.all.map(({ code }) => code)).toEqual(['KEY_TOO_WIDE', 'KEY_TOO_WIDE'])
    expect(problem.message).toMatch(/opens [1-9] secrets of tier "\w+", such as \/\S+: a policy of its IAM application/)
  })

  test('a refusal that is over soon is waited for, and said', async () => {
    const key = await keyWith(here, 'too early', [])
    const { owner, world } = here
    const account = { ...owner, secretKey: key.secretKey }
    const waits: string[] = []
    const { accessKey } = key
    const patience = { refusedMs: 5_000, pollMs: 50 }
    const proof = await probeKey({
      account,
      accessKey,
      model: world.stack.model,
      tier: here.tier('orders'),
      patience,
      onWait(message) {
        waits.push(message)
        if (waits.length === 2) void allow(here, 'too early')
      },
    })
    expect(proof.read).toMatch(/^path:\/bookshop-orders\//)
    expect(waits[0]).toMatch(/^API key …\w{4}: refused for now; .* trying again for 5 s$/)
  })

  test('a tier with nothing in Scaleway needs --unproved', async () => {
    const { model } = here.world.stack
    const scope = { region: model.region, projectId: here.tier('mailer').projectId }
    for (const remote of here.tier('mailer').remoteSecrets) {
      const found = await findSecret(here.owner, scope, remote)
      const path = `/secret-manager/v1beta1/regions/${model.region}/secrets/${found?.id}`
      await scalewayRequest(here.owner, { method: 'DELETE', path })
    }
    const problem = await problemOf(probe(keyOf('mailer'), 'mailer'))
    expect(problem).toMatchObject({ code: 'NOTHING_TO_PROVE_WITH', exitCode: 3 })
    expect(problem.fix).toContain('--unproved')
    expect(await probe(keyOf('mailer'), 'mailer', true)).toMatchObject({ read: undefined })
    expect(await problemOf(probe(keyOf('orders'), 'orders'))).toMatchObject({ code: 'NOTHING_TO_PROVE_WITH' })
    expect(await probe(keyOf('orders'), 'orders', true)).toMatchObject({ unprovedTiers: ['mailer'] })
  })

  test('--seal needs no cluster, and prints what only the cluster can open', async () => {
    const file = join(await temporaryFolder(), 'cert.pem')
    await writeFile(file, testCertificate().certificate)
    const key = keyOf('orders')
    const args = ['--tier', 'orders', '--seal', file, '--unproved']
    const { exitCode, stdout, stderr } = await here.credentials(args, {
      input: linesOf(key),
      env: { KUBECONFIG: '/nowhere' },
    })
    expect(exitCode).toBe(0)
    expect(parse(stdout)).toMatchObject({
      kind: 'SealedSecret',
      metadata: { namespace: 'bookshop-orders', name: 'scw-orders-credentials' },
      spec: { encryptedData: { 'access-key': expect.any(String), 'secret-key': expect.any(String) } },
    })
    expect(stderr).toContain("sealedCredentials: { orders: { accessKey: '")
    expect(`${stdout}${stderr}`).not.toMatch(new RegExp(`${key.accessKey}|${key.secretKey}`))
  })

  test('a Secret with other names in it is written whole, by either command', async () => {
    const tier = here.tier('storefront')
    const { namespace, credentialsSecret: name } = tier
    const boundary = { namespace: here.world.stack.model.release.namespace, name: `boundary-${namespace}` }
    const { rules = '' } = (await here.client.get(kinds.secret, boundary))?.metadata.annotations ?? {}
    const judgeBy = (version: string) =>
      here.client.mergePatch(kinds.secret, boundary, { metadata: { annotations: { rules: version } } })
    const give = async (data: Readonly<Record<string, string>>) =>
      here.client.mergePatch(kinds.secret, { namespace, name }, { data })
    const namesOf = async () =>
      Object.keys((await here.client.get<SecretObject>(kinds.secret, { namespace, name }))?.data ?? {}).sort()
    for (const write of [
      () => installKey(here.context(tier), keyOf('storefront')),
      () => rotateKey(here.context(tier, { unproved: true })),
    ]) {
      await judgeBy('off')
      await eventually(
        () => verdict(give({ secretKey: '', 'secret-key': '' })),
        (said) => said === 'allowed',
      )
      await judgeBy(rules)
      if (rules !== 'off')
        await eventually(
          // Another one each time: what stays as it is, is not judged.
          () => verdict(give({ secretKey: randomBytes(9).toString('base64') })),
          (said) => said !== 'allowed',
        )
      await write()
      expect(await namesOf()).toEqual(['access-key', 'secret-key'])
    }
  })
})

async function allow(here: CredentialsWorld, application: string): Promise<void> {
  const found = await findApplication(here.owner, here.owner.organizationId, application)
  await createPolicy(here.owner, here.owner.organizationId, {
    name: 'late',
    applicationId: found?.id ?? '',
    rules: rulesOf(here, here.tier('orders')).map(({ permissionSet, projectId, condition }) => ({
      permission_set_names: [permissionSet],
      project_ids: [projectId],
      ...(condition === undefined ? {} : { condition }),
    })),
  })
}

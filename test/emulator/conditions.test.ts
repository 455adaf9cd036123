import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  api,
  application,
  type Clients,
  clientsOf,
  policy,
  project,
  type RuleInput,
  raw,
  seed,
  startWorld,
  statusOf,
  type World,
} from './clients.ts'

let world: World
let now = new Date('2026-11-24T10:00:00Z') // a Tuesday
const ids: Record<string, string> = {}
const paths = ['/top', '/front/a', '/front/deeper/b', '/frontend-admin/c', '/back/d']

beforeAll(async () => {
  world = await startWorld({
    now: () => now,
    trustForwardedFor: true,
    limits: { secrets: 1000, applications: 1000, policies: 1000, apiKeys: 1000 },
  })
  for (const path of paths) ids[path] = await seed(world.owner, path, 'payload')
})
afterAll(() => world[Symbol.asyncDispose]())

const sets = ['SecretManagerReadOnly', 'SecretManagerSecretAccess']
const under = (condition: string) => application(world, { sets, condition })
const list = ({ secrets }: Clients) =>
  statusOf(secrets.listSecrets({ projectId: project, scheduledForDeletion: false }))

async function readable(as: Clients): Promise<string[]> {
  const found: string[] = []
  for (const path of paths) {
    const access = as.secrets.accessSecretVersion({ secretId: ids[path] ?? '', revision: '1' })
    if ((await statusOf(access)) === 200) found.push(path)
  }
  return found
}

describe('conditions on the resource', () => {
  test.each([
    ['resource.name.startsWith("/front/")', ['/front/a', '/front/deeper/b']],
    // The trap: without the slash at the end the neighbour's folder matches too.
    ['resource.name.startsWith("/front")', ['/front/a', '/front/deeper/b', '/frontend-admin/c']],
    ['resource.name == "/top"', ['/top']],
    ['resource.name in ["/back/d", "/top"]', ['/top', '/back/d']],
    ['resource.name.matches("^/front/[^/]+$")', ['/front/a']],
    ['["/front/", "/back/"].exists(p, resource.name.startsWith(p))', ['/front/a', '/front/deeper/b', '/back/d']],
    ['resource.locality == "fr-par"', paths],
    ['resource.locality == "nl-ams"', []],
    ['!resource.name.startsWith("/front")', ['/top', '/back/d']],
  ])('%s', async (condition, expected) => {
    const as = await under(condition)
    expect(await readable(as)).toEqual(expected)
    expect(await list(as)).toBe(403)
  })

  test('by id', async () => {
    expect(await readable(await under(`resource.id == "${ids['/back/d']}"`))).toEqual(['/back/d'])
  })

  test('the escape !has(resource.id) lets lists through, and nothing else', async () => {
    const as = await under('resource.name.startsWith("/front/") || !has(resource.id)')
    expect(await list(as)).toBe(200)
    expect(await readable(as)).toEqual(['/front/a', '/front/deeper/b'])
  })

  test('a list shows the whole project: names are not hidden by a condition', async () => {
    const as = await under('resource.name.startsWith("/front/") || !has(resource.id)')
    const { secrets, totalCount } = await as.secrets.listSecrets({ projectId: project, scheduledForDeletion: false })
    expect(totalCount).toBe(paths.length)
    expect(secrets.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd', 'top'])
  })

  test('one unconditioned rule defeats the condition of another', async () => {
    const rules: RuleInput[] = [{ sets, condition: 'resource.name.startsWith("/front/")' }, { sets }]
    expect(await readable(await application(world, ...rules))).toEqual(paths)
  })

  test('data and metadata can have conditions of their own', async () => {
    const as = await application(
      world,
      { sets: ['SecretManagerReadOnly'], condition: 'resource.name.startsWith("/front/") || !has(resource.id)' },
      { sets: ['SecretManagerSecretAccess'], condition: 'resource.name.startsWith("/front/")' },
    )
    expect(await list(as)).toBe(200)
    expect(await readable(as)).toEqual(['/front/a', '/front/deeper/b'])
  })

  test('access by path needs the prefix and the escape', async () => {
    const access = (as: Clients, secretPath: string, secretName: string) =>
      statusOf(as.secrets.accessSecretVersionByPath({ secretPath, secretName, revision: '1' }))
    const both = await under('resource.name.startsWith("/front/") || !has(resource.id)')
    expect(await access(both, '/front', 'a')).toBe(200)
    expect(await access(both, '/back', 'd')).toBe(403)
    expect(await access(await under('resource.name.startsWith("/front/")'), '/front', 'a')).toBe(403)
    expect(await access(await under('!has(resource.id)'), '/front', 'a')).toBe(403)
  })

  test('creation needs the prefix and the escape', async () => {
    const as = await application(world, {
      sets: ['SecretManagerSecretCreate'],
      condition: 'resource.name.startsWith("/made/") || !has(resource.id)',
    })
    const create = ({ secrets }: Clients, path: string) =>
      statusOf(secrets.createSecret({ name: 's', path, protected: false }))
    expect(await create(as, '/made')).toBe(200)
    expect(await create(as, '/elsewhere')).toBe(403)
    const bare = await application(world, {
      sets: ['SecretManagerSecretCreate'],
      condition: 'resource.name.startsWith("/made/")',
    })
    expect(await create(bare, '/made/deeper')).toBe(403)
  })

  test('a right to write is a right to move a secret out of its tier', async () => {
    const secretId = await seed(world.owner, '/tier-a/moved', 'x')
    const condition = 'resource.name.startsWith("/tier-a/")'
    const as = await application(world, { sets: ['SecretManagerSecretWrite'], condition })
    expect(await statusOf(as.secrets.updateSecret({ secretId, path: '/tier-b' }))).toBe(200)
    expect(await statusOf(as.secrets.updateSecret({ secretId, path: '/tier-a' }))).toBe(403)
  })
})

describe('conditions on the request', () => {
  const request = (as: Clients, headers: Record<string, string>) =>
    raw(world.emulator, 'GET', `${api}/secrets/${ids['/top']}`, { token: as.secretKey, headers })

  test('the time, with its zone', async () => {
    const as = await under(
      'request.time.getDayOfWeek() != 0 && request.time.getHours("Europe/Paris") >= 8 && request.time.getHours("Europe/Paris") < 17',
    )
    expect(await list(as)).toBe(200)
    now = new Date('2026-11-24T16:30:00Z')
    expect(await list(as)).toBe(403)
    now = new Date('2026-11-24T10:00:00Z')
    expect(await list(await under('request.time < timestamp("2026-11-24T10:00:01Z")'))).toBe(200)
    expect(await list(await under('request.time < timestamp("2026-11-24T10:00:00Z")'))).toBe(403)
  })

  test('the user agent, cut at 255 characters', async () => {
    const as = await under('request.user_agent.contains("external-secrets")')
    expect((await request(as, { 'user-agent': 'external-secrets v2' })).status).toBe(200)
    expect((await request(as, { 'user-agent': 'curl' })).status).toBe(403)
    const length = await under('request.user_agent.size() == 255')
    expect((await request(length, { 'user-agent': 'a'.repeat(300) })).status).toBe(200)
  })

  test('the address, as told by a proxy that is trusted', async () => {
    const as = await under('request.ip == "51.15.1.2"')
    expect((await request(as, { 'x-forwarded-for': '51.15.1.2, 10.0.0.1' })).status).toBe(200)
    expect((await request(as, { 'x-forwarded-for': '51.15.1.3' })).status).toBe(403)
    expect((await request(as, {})).status).toBe(403)
  })

  test.each(['10.1.2.3', '127.0.0.1', '192.168.1.1', '::1', 'fe80::1', '::ffff:10.0.0.1', 'not an address'])(
    'the private address %s is none',
    async (address) => {
      const as = await under('request.ip != "51.15.1.2"')
      expect((await request(as, { 'x-forwarded-for': '2001:db8::1' })).status).toBe(200)
      expect((await request(as, { 'x-forwarded-for': address })).status).toBe(403)
    },
  )

  test('a forwarded address is not believed unless asked for', async () => {
    await using plain = await startWorld()
    const secretId = await seed(plain.owner, '/s', 'x')
    const as = await application(plain, { sets, condition: 'request.ip == "51.15.1.2"' })
    const headers = { 'x-forwarded-for': '51.15.1.2' }
    const { status } = await raw(plain.emulator, 'GET', `${api}/secrets/${secretId}`, { token: as.secretKey, headers })
    expect(status).toBe(403)
  })
})

describe('what a condition may be', () => {
  test.each(['resource.name.startsWith(', '1 +', '"a', 'a b'])(
    'the syntax of %j is refused on save',
    async (condition) => {
      await expect(under(condition)).rejects.toMatchObject({
        status: 400,
        body: { details: [{ argument_name: 'rules.0.condition' }] },
      })
    },
  )

  test.each(['1 + 1', 'resource.annotation == "x"', 'nothing.known', 'resource.name', 'request.ip > 3', 'nosuch()'])(
    '%j is saved, and denies',
    async (condition) => {
      const as = await under(condition)
      expect(await readable(as)).toEqual([])
      expect(await list(as)).toBe(403)
    },
  )

  test('it is kept to the letter', async () => {
    const { id } = await world.owner.iam.createApplication({ name: 'letter', description: '' })
    const condition = '  resource.name.startsWith("/front/")\n|| !has(resource.id) '
    const policyId = await policy(world, id, { sets, condition })
    const { rules } = await world.owner.iam.listRules({ policyId })
    expect(rules.map((rule) => rule.condition)).toEqual([condition])
  })
})

describe('keys', () => {
  test('work until the second they expire', async () => {
    const { id } = await world.owner.iam.createApplication({ name: 'expiring', description: '' })
    await policy(world, id, { sets })
    const expiresAt = new Date('2026-11-24T11:00:00Z')
    const key = await world.owner.iam.createAPIKey({ applicationId: id, description: '', expiresAt })
    const as = clientsOf(world.emulator, { accessKey: key.accessKey, secretKey: key.secretKey ?? '' })
    now = new Date('2026-11-24T10:59:59.999Z')
    expect(await list(as)).toBe(200)
    now = expiresAt
    await expect(as.secrets.listTags()).rejects.toMatchObject({
      name: 'DeniedAuthenticationError',
      body: { reason: 'expired' },
    })
    await world.owner.iam.updateAPIKey({ accessKey: key.accessKey, expiresAt: new Date('2026-11-25T00:00:00Z') })
    expect(await list(as)).toBe(200)
    now = new Date('2026-11-24T10:00:00Z')
  })

  test('are unknown once deleted or disabled, and back once enabled', async () => {
    const as = await application(world, { sets })
    expect(world.emulator.setKeyDisabled(as.accessKey, true)).toBe(true)
    expect(await list(as)).toBe(401)
    world.emulator.setKeyDisabled(as.accessKey, false)
    expect(await list(as)).toBe(200)
    await world.owner.iam.deleteAPIKey({ accessKey: as.accessKey })
    expect(await list(as)).toBe(401)
  })
})

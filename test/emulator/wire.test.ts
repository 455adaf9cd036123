import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { api, application, base64, otherProject, project, raw, seed, startWorld, type World } from './clients.ts'

let world: World
let organization: string

beforeAll(async () => {
  world = await startWorld({ limits: { secrets: 1000 } })
  organization = `organization_id=${world.emulator.owner.organizationId}`
})
afterAll(() => world[Symbol.asyncDispose]())

const send = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  raw(world.emulator, method, path, {
    token: world.emulator.owner.secretKey,
    headers,
    ...(body !== undefined && { body }),
  })
const statusOf = async (path: string) => (await send('GET', path)).status
/** `argument reason` of each problem of an answer. */
const told = ({ body }: { body: unknown }) =>
  ((body as { details?: { argument_name: string; reason: string }[] }).details ?? []).map(
    ({ argument_name, reason }) => `${argument_name} ${reason}`,
  )

describe('a boolean of a query', () => {
  const list = `${api}/secrets?project_id=${project}&path=/booleans`

  beforeAll(async () => {
    const made = await send('POST', `${api}/secrets`, { name: 'gone', path: '/booleans', project_id: project })
    await send('DELETE', `${api}/secrets/${(made.body as { id: string }).id}`)
  })

  test.each([
    [1, ['1', 't', 'T', 'TRUE', 'true', 'True']],
    [0, ['0', 'f', 'F', 'FALSE', 'false', 'False', '']],
  ])("is, with the result %i, what Go's strconv.ParseBool takes", async (count, texts) => {
    for (const text of texts) {
      const answer = await send('GET', `${list}&scheduled_for_deletion=${text}`)
      expect([text, answer.status, answer.body]).toMatchObject([text, 200, { total_count: count }])
    }
  })

  test.each(['tRUE', 'yes', 'no', 'on', 'off', '2', '-1', '01', 'null', '%20true', 'true,false'])(
    'is not %s',
    async (text) => {
      const answer = await send('GET', `${list}&scheduled_for_deletion=${text}`)
      expect([answer.status, told(answer)]).toEqual([400, ['scheduled_for_deletion format']])
    },
  )

  test('is one in every list', async () => {
    const paths = [
      `${api}/secrets?project_id=${project}&ephemeral=`,
      `/iam/v1alpha1/applications?${organization}&editable=`,
      `/iam/v1alpha1/policies?${organization}&editable=`,
      `/iam/v1alpha1/policies?${organization}&no_principal=`,
      `/iam/v1alpha1/api-keys?${organization}&editable=`,
      `/iam/v1alpha1/api-keys?${organization}&expired=`,
      `/iam/v1alpha1/users?${organization}&mfa=`,
    ]
    for (const path of paths) {
      for (const text of ['True', 'F', '1']) expect(await statusOf(path + text), path + text).toBe(200)
      expect(await statusOf(`${path}yes`), path).toBe(400)
    }
  })

  test('of a body is a JSON boolean and no text', async () => {
    for (const text of ['true', 'True', '1', 1]) {
      const answer = await send('POST', `${api}/secrets`, { name: 'b', project_id: project, protected: text })
      expect([answer.status, told(answer)]).toEqual([400, ['protected format']])
    }
  })
})

/** From the SDKs for Go, Python and TypeScript: every value of `order_by` they can send. */
const orders: Readonly<Record<string, readonly string[]>> = {
  'secret-manager/v1beta1/regions/fr-par/secrets': ['name', 'created_at', 'updated_at'],
  'secret-manager/v1beta1/regions/fr-par/secrets/browse': ['name', 'created_at', 'updated_at'],
  'iam/v1alpha1/applications': ['created_at', 'updated_at', 'name'],
  'iam/v1alpha1/groups': ['created_at', 'updated_at', 'name'],
  'iam/v1alpha1/policies': ['policy_name', 'created_at'],
  'iam/v1alpha1/api-keys': ['created_at', 'updated_at', 'expires_at', 'access_key'],
  'iam/v1alpha1/permission-sets': ['name', 'created_at'],
  'iam/v1alpha1/users': ['created_at', 'updated_at', 'email', 'last_login', 'username'],
  'account/v3/projects': ['created_at', 'name'],
}

describe.each(Object.entries(orders))('the list %s', (path, names) => {
  const list = (query: string) => send('GET', `/${path}?${organization}&project_id=${project}${query}`)

  test('takes every order a client asks for, and no other', async () => {
    for (const name of names)
      for (const order of [`${name}_asc`, `${name}_desc`])
        expect((await list(`&order_by=${order}`)).status, order).toBe(200)
    for (const order of ['name', 'color_asc', `${names[0]}_ASC`])
      expect(told(await list(`&order_by=${order}`)), order).toEqual(['order_by constraint'])
  })

  test('is read by pages of 1 to 100', async () => {
    for (const query of ['&page_size=100', '&page_size=0&page=0', '&page_size=&page=', '&page=1&page_size=1'])
      expect((await list(query)).status, query).toBe(200)
    expect((await list('&page=1000')).body).toMatchObject({ total_count: expect.any(Number) })
    for (const [query, problem] of [
      ['&page_size=101', 'page_size constraint'],
      ['&page_size=-1', 'page_size constraint'],
      ['&page=-1', 'page constraint'],
      ['&page=one', 'page format'],
      ['&page=1.5', 'page format'],
    ])
      expect(told(await list(query ?? '')), query).toEqual([problem])
  })

  test('ignores what it does not know', async () => {
    expect((await list('&color=red&page_token=x')).status).toBe(200)
  })
})

test('a list of a query is a name that is repeated, and no commas', async () => {
  const body = { project_id: project, path: '/tags' }
  await send('POST', `${api}/secrets`, { ...body, name: 'both', tags: ['a', 'b'] })
  await send('POST', `${api}/secrets`, { ...body, name: 'comma', tags: ['a,b'] })
  const names = async (tags: string) => {
    const answer = await send('GET', `${api}/secrets?project_id=${project}&path=/tags&${tags}`)
    return (answer.body as { secrets: { name: string }[] }).secrets.map(({ name }) => name)
  }
  expect(await names('tags=a&tags=b')).toEqual(['both'])
  expect(await names('tags=a,b')).toEqual(['comma'])
  expect(told(await send('GET', `${api}/secrets?project_id=${project}&name=a&name=b`))).toEqual(['name format'])
})

describe('a time of a body', () => {
  const create = async (expires_at: unknown) => {
    const { userId: user_id } = world.emulator.owner
    const answer = await send('POST', '/iam/v1alpha1/api-keys', { user_id, description: '', expires_at })
    const { access_key, expires_at: kept } = answer.body as { access_key?: string; expires_at?: string }
    if (access_key) await send('DELETE', `/iam/v1alpha1/api-keys/${access_key}`)
    return kept ?? told(answer).join()
  }

  test.each([
    ['2099-06-10T16:22:39Z', '2099-06-10T16:22:39.000Z'],
    ['2099-06-10T16:22:39.123456789Z', '2099-06-10T16:22:39.123Z'],
    ['2099-06-10T16:22:39.5+02:00', '2099-06-10T14:22:39.500Z'],
    ['2096-02-29T00:00:00-00:30', '2096-02-29T00:30:00.000Z'],
  ])('is RFC 3339: %s', async (text, kept) => {
    expect(await create(text)).toBe(kept)
  })

  test.each([
    '2099-06-10T16:22:39',
    '2099-06-10T16:22Z',
    '2099-06-10',
    '2099-06-10 16:22:39Z',
    '2099-02-30T00:00:00Z',
    '2099-13-01T00:00:00Z',
    '2099-06-10T24:00:00Z',
    '2099-06-10T16:22:39+0200',
    'Wed, 10 Jun 2099 16:22:39 GMT',
    '',
    4_000_000_000,
  ])('is not %s', async (text) => {
    expect(await create(text)).toBe('expires_at format')
  })

  test('may be null, as Go and Python send what is not set', async () => {
    const { userId: user_id } = world.emulator.owner
    const answer = await send('POST', '/iam/v1alpha1/api-keys', { user_id, description: '', expires_at: null })
    expect(answer).toMatchObject({ status: 200, body: { expires_at: null } })
  })
})

describe('what is wrong is reported once', () => {
  const malformed = 'not-a-uuid'
  const rule = { permission_set_names: ['SecretManagerReadOnly'], project_ids: [project] }
  const policy = (fields: object) => ({ name: 'p', description: '', rules: [rule], ...fields })

  test.each<[string, string, unknown, string[]]>([
    ['a key for a malformed user', 'iam/v1alpha1/api-keys', { user_id: malformed }, ['user_id format']],
    ['a key for a malformed application', 'iam/v1alpha1/api-keys', { application_id: 1 }, ['application_id format']],
    ['a key for nobody', 'iam/v1alpha1/api-keys', {}, ['application_id required']],
    ['a policy for a malformed user', 'iam/v1alpha1/policies', policy({ user_id: malformed }), ['user_id format']],
    ['a policy for nobody', 'iam/v1alpha1/policies', policy({}), ['application_id required']],
    [
      'a rule with a malformed organization',
      'iam/v1alpha1/policies',
      policy({ no_principal: true, rules: [{ ...rule, project_ids: undefined, organization_id: malformed }] }),
      ['rules.0.organization_id format'],
    ],
    [
      'a rule with a malformed project and no list of sets',
      'iam/v1alpha1/policies',
      policy({ no_principal: true, rules: [{ permission_set_names: 'x', project_ids: [malformed] }] }),
      ['rules.0.permission_set_names format', 'rules.0.project_ids format'],
    ],
    [
      'a rule with unknown sets: each of them',
      'iam/v1alpha1/policies',
      policy({ no_principal: true, rules: [{ ...rule, permission_set_names: ['SecretManagerX', 'IAMX'] }] }),
      ['rules.0.permission_set_names constraint', 'rules.0.permission_set_names constraint'],
    ],
    [
      'an ephemeral policy with an unknown action and a malformed time',
      'secret-manager/v1beta1/regions/fr-par/secrets',
      { name: 'e', project_id: project, ephemeral_policy: { action: 'burn', time_to_live: '1 day' } },
      ['ephemeral_policy.time_to_live format', 'ephemeral_policy.action constraint'],
    ],
    [
      'a member without a name',
      'iam/v1alpha1/users',
      { member: { email: 'a@example.com', username: '' } },
      ['member.username required'],
    ],
    ['a user that is not an object', 'iam/v1alpha1/users', { member: 'a' }, ['member format']],
    ['a project without a name', 'account/v3/projects', { name: '' }, ['name required']],
  ])('%s', async (_, path, body, problems) => {
    const answer = await send('POST', `/${path}`, body)
    expect([answer.status, told(answer)]).toEqual([400, problems])
  })
})

describe('the organization of a list', () => {
  const lists = ['applications', 'groups', 'policies', 'permission-sets', 'users'].map((name) => `iam/v1alpha1/${name}`)

  test.each([...lists, 'account/v3/projects'])(
    '%s is required: a client without a default sends none',
    async (path) => {
      for (const query of ['', '?organization_id='])
        expect(told(await send('GET', `/${path}${query}`)), query).toEqual(['organization_id required'])
      expect(await statusOf(`/${path}?organization_id=${otherProject}`)).toBe(403)
      expect(await statusOf(`/${path}?${organization}`)).toBe(200)
    },
  )
})

describe('where a client is refused because Scaleway may refuse it', () => {
  test('an empty secret_path, and one without a slash, name no folder', async () => {
    const place = { project_id: project, name: 'root' }
    const { body } = await send('POST', `${api}/secrets`, place)
    await send('POST', `${api}/secrets/${(body as { id: string }).id}/versions`, { data: base64('x') })
    const access = (path: string) =>
      send('GET', `${api}/secrets-by-path/versions/1/access?secret_path=${path}&secret_name=root&project_id=${project}`)
    expect((await access('/')).status).toBe(200)
    expect(told(await access(''))).toEqual(['secret_path required'])
    expect(told(await send('POST', `${api}/secrets`, { ...place, path: 'folder' }))).toEqual(['path format'])
    expect(told(await send('POST', `${api}/secrets`, { ...place, path: '' }))).toEqual(['path format'])
  })

  test('a rule with an empty list of projects, as the SDK for Python sends it', async () => {
    const rules = [{ permission_set_names: ['SecretManagerReadOnly'], condition: '', project_ids: [] }]
    const body = { name: 'p', description: '', no_principal: true, rules }
    expect(told(await send('POST', '/iam/v1alpha1/policies', body))).toEqual(['rules.0.project_ids required'])
  })

  test('a key whose rule for data names a folder, when it reads its own secret by path', async () => {
    const name = 'resource.name.startsWith("/tier/")'
    const tier = await application(
      world,
      { sets: ['SecretManagerReadOnly'], condition: `${name} || !has(resource.id)` },
      { sets: ['SecretManagerSecretAccess'], condition: name },
    )
    const secretId = await seed(world.owner, '/tier/own', 'x')
    const place = { secretPath: '/tier', secretName: 'own', revision: 'latest_enabled' }
    await expect(tier.secrets.accessSecretVersionByPath(place)).rejects.toMatchObject({ status: 403 })
    expect(await tier.secrets.accessSecretVersion({ secretId, revision: 'latest_enabled' })).toMatchObject({
      data: base64('x'),
    })
  })
})

test('a body is JSON whatever its Content-Type says', async () => {
  for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'application/json; charset=utf-8']) {
    const body = JSON.stringify({ name: `t${type.length}`, project_id: project })
    expect((await send('POST', `${api}/secrets`, body, { 'content-type': type })).status, type).toBe(200)
  }
})

test('HEAD and OPTIONS are methods no route has', async () => {
  for (const method of ['HEAD', 'OPTIONS']) {
    const answer = await send(method, `${api}/secrets?project_id=${project}`)
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, POST'])
  }
})

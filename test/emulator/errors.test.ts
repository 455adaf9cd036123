import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { api, application, type Clients, project, raw, seed, startWorld, type World } from './clients.ts'

let world: World
let token: string
let nobody: Clients

beforeAll(async () => {
  world = await startWorld({ limits: { secrets: 1000 } })
  token = world.owner.secretKey
  nobody = await application(world)
})
afterAll(() => world[Symbol.asyncDispose]())

const send = (method: string, path: string, options: object = {}) =>
  raw(world.emulator, method, path, { token, ...options })
const unknownId = '4356249e-aaa1-4d0f-954f-b659f46f06a0'

describe('errors recorded from the live API, to the letter', () => {
  test('400: a nested value in a key_value secret', async () => {
    const created = await send('POST', `${api}/secrets`, {
      body: { project_id: project, name: 'kv', type: 'key_value' },
    })
    const { id } = created.body as { id: string }
    const data = Buffer.from('{"key": "value", "invalid": {}}').toString('base64')
    expect(await send('POST', `${api}/secrets/${id}/versions`, { body: { data } })).toMatchObject({
      status: 400,
      body: {
        details: [
          {
            argument_name: 'data',
            help_message: '- invalid: Invalid type. Expected: string, given: object\n',
            reason: 'format',
          },
        ],
        message: 'invalid argument(s)',
        type: 'invalid_arguments',
      },
    })
  })

  test('403: no permission', async () => {
    const id = await seed(world.owner, '/denied/s')
    const answer = await send('GET', `${api}/secrets/${id}`, { token: nobody.secretKey })
    expect(answer.status).toBe(403)
    expect(answer.body).toEqual({
      details: [{ action: 'read', resource: 'secret' }],
      message: 'insufficient permissions',
      type: 'permissions_denied',
    })
  })

  test('404: no such secret', async () => {
    const answer = await send('GET', `${api}/secrets/${unknownId}`)
    expect(answer.status).toBe(404)
    expect(answer.body).toEqual({
      message: 'resource is not found',
      resource: 'secret',
      resource_id: unknownId,
      type: 'not_found',
    })
  })

  test.each([
    ['applications', 'application'],
    ['policies', 'policy'],
  ])('404: nothing in IAM %s', async (collection, resource) => {
    const answer = await send('GET', `/iam/v1alpha1/${collection}/${unknownId}`)
    expect(answer.body).toEqual({
      message: 'resource is not found',
      resource,
      resource_id: unknownId,
      type: 'not_found',
    })
  })

  test('404: no such API key, which IAM calls an access_key', async () => {
    const answer = await send('GET', '/iam/v1alpha1/api-keys/SCWM3B1AGJ6K9TNSJN2A')
    expect(answer.body).toMatchObject({ resource: 'access_key', resource_id: 'SCWM3B1AGJ6K9TNSJN2A' })
  })

  test('412: a protected secret', async () => {
    const secretId = await seed(world.owner, '/kept/s')
    await world.owner.secrets.protectSecret({ secretId })
    const answer = await send('DELETE', `${api}/secrets/${secretId}`)
    expect(answer.status).toBe(412)
    expect(answer.body).toEqual({
      help_message: 'cannot delete a protected secret',
      message: 'precondition is not respected',
      precondition: 'protected_resource',
      type: 'precondition_failed',
    })
  })
})

describe('bodies recorded from the live API', () => {
  test('a secret has these fields in this order', async () => {
    const { body } = await send('POST', `${api}/secrets`, {
      body: { project_id: project, name: 'fields', tags: null, type: 'opaque', path: '/', protected: false },
    })
    expect(Object.keys(body as object).join()).toBe(
      'srn,id,project_id,name,status,created_at,updated_at,tags,version_count,description,managed,type,protected,path,' +
        'ephemeral_policy,used_by,deletion_requested_at,key_id,region',
    )
    expect(body).toMatchObject({ srn: '', tags: [], ephemeral_policy: null, deletion_requested_at: null, key_id: null })
  })

  test('a version has these fields in this order', async () => {
    const secretId = await seed(world.owner, '/fields/s', 'x')
    const { body } = await send('GET', `${api}/secrets/${secretId}/versions/1`)
    expect(Object.keys(body as object).join()).toBe(
      'srn,revision,secret_id,status,created_at,updated_at,deleted_at,description,latest,ephemeral_properties,' +
        'deletion_requested_at,region',
    )
  })

  test('a deletion answers 204 without a body', async () => {
    const secretId = await seed(world.owner, '/gone/s')
    const answer = await send('DELETE', `${api}/secrets/${secretId}`)
    expect(answer).toMatchObject({ status: 204, body: undefined })
    expect(answer.headers.get('content-type')).toBe('application/json')
  })
})

describe('who is asking', () => {
  test.each([
    ['no token', undefined, 'not_found'],
    ['an empty token', '', 'not_found'],
    ['a token of another form', 'not-a-uuid', 'invalid_argument'],
    ['an unknown token', '11111111-2222-4333-8444-555555555555', 'not_found'],
  ])('%s is a 401', async (_, wrong, reason) => {
    const headers: Record<string, string> = wrong === undefined ? {} : { 'x-auth-token': wrong }
    const answer = await raw(world.emulator, 'GET', `${api}/secrets?project_id=${project}`, { headers })
    expect(answer.status).toBe(401)
    expect(answer.body).toEqual({
      message: 'authentication is denied',
      method: 'api_key',
      reason,
      type: 'denied_authentication',
    })
  })
})

describe('requests that are not API calls', () => {
  test('every answer has its own X-Request-Id and is application/json', async () => {
    const paths = [
      `${api}/secrets?project_id=${project}`,
      `${api}/secrets/${unknownId}`,
      '/nowhere',
      `${api}/secrets/x`,
    ]
    const answers = await Promise.all(paths.map((path) => send('GET', path)))
    const ids = answers.map(({ headers }) => headers.get('x-request-id'))
    expect(new Set(ids).size).toBe(paths.length)
    for (const { headers } of answers) expect(headers.get('content-type')).toBe('application/json')
  })

  test('an unknown route is a 404 without a type, which no client takes for a missing secret', async () => {
    for (const path of ['/', '/nowhere', `${api}/secrets/`, `${api}//secrets`, `${api}/secrets/%zz`, `${api}/folders`])
      expect(await send('GET', path), path).toMatchObject({ status: 404, body: { message: 'not found' } })
  })

  test('a method a route does not have is a 405 that says which it has', async () => {
    const answer = await send('PUT', `${api}/secrets`)
    expect(answer.status).toBe(405)
    expect(answer.headers.get('allow')).toBe('GET, POST')
    expect((await send('PATCH', '/iam/v1alpha1/rules')).headers.get('allow')).toBe('GET, PUT')
  })

  test('a region without Secret Manager is a 400', async () => {
    const elsewhere = '/secret-manager/v1beta1/regions/it-mil/secrets'
    expect(await send('GET', `${elsewhere}?project_id=${project}`)).toMatchObject({
      status: 400,
      body: { details: [{ argument_name: 'region' }] },
    })
  })

  test('a body that is not JSON, or no object, is a 400 that does not quote it', async () => {
    for (const body of ['{"data":"hunter2', '"hunter2"', '[1]', 'null']) {
      const answer = await send('POST', `${api}/secrets`, { body })
      expect(answer.status, body).toBe(400)
      expect(JSON.stringify(answer.body)).not.toContain('hunter2')
    }
  })

  test('a body over 1 MiB is a 413', async () => {
    const answer = await send('POST', `${api}/secrets`, { body: `"${'x'.repeat(1024 * 1024)}"` })
    expect(answer.status).toBe(413)
  })

  test('every wrong argument is named at once', async () => {
    const body = { name: 'a/b', path: 'x', type: 'password', tags: 'a', protected: 'yes', project_id: 'p' }
    const answer = await send('POST', `${api}/secrets`, { body })
    const { details } = answer.body as { details: { argument_name: string }[] }
    expect(details.map((detail) => detail.argument_name)).toEqual([
      'name',
      'project_id',
      'path',
      'type',
      'tags',
      'protected',
    ])
  })
})

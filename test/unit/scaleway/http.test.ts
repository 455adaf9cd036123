import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { formatProblems, ProblemError } from '../../../scripts/lib/problems.ts'
import type { ScalewayAccount, ScalewayAnswer } from '../../../scripts/scaleway/connection.ts'
import { ScalewayError, scalewayRequest } from '../../../scripts/scaleway/http.ts'
import { listApplications } from '../../../scripts/scaleway/iam.ts'
import { findSecret, listSecrets } from '../../../scripts/scaleway/secrets.ts'
import { listVersions } from '../../../scripts/scaleway/versions.ts'
import { eventually } from '../../helpers/eventually.ts'
import { collecting } from '../../helpers/garbage.ts'
import { type Answer, listening, serverWith, type TestServer } from '../../helpers/http-server.ts'
import { problemOf } from '../../helpers/problems.ts'

const secretKey = '0b8cc93b-dfd2-4427-b674-8d27affb0334'
const payload = 'cGF5bG9hZCBvZiBhIHNlY3JldA=='

const accountOf = ({ url }: Pick<TestServer, 'url'>): ScalewayAccount => ({ apiUrl: url, secretKey })
const read = { method: 'GET', path: '/things', query: { name: 'a b&c', page: 1 } } as const
const write = { method: 'POST', path: '/things', body: { data: payload } } as const
const broken: Answer = { status: 503 }
const wait: Answer = { status: 429, headers: { 'retry-after': '0' }, body: { type: 'too_many_requests' } }
const done: Answer = { body: { id: 'done' } }

test('a request carries the key, its query and its body, and gives the answer', async () => {
  const server = await serverWith(done)
  const account = accountOf(server)
  expect(await scalewayRequest(account, read)).toEqual({ id: 'done' })
  expect(await scalewayRequest(account, write)).toEqual({ id: 'done' })
  const [first, second] = server.received
  expect(first).toMatchObject({ method: 'GET', url: '/things?name=a+b%26c&page=1', body: '' })
  expect(first?.headers).toMatchObject({ 'x-auth-token': secretKey, 'user-agent': 'tiered-secrets' })
  expect(second).toMatchObject({ method: 'POST', url: '/things', body: JSON.stringify(write.body) })
})

test('a refusal names the request, with no more of an access key than its last characters', async () => {
  const server = await serverWith({ status: 404, body: { type: 'not_found' } })
  const path = '/iam/v1alpha1/api-keys/SCWZ7H3Q9T2B5M8K4X1W'
  const refused = scalewayRequest(accountOf(server), { method: 'DELETE', path })
  expect((await problemOf(refused)).where).toBe('Scaleway DELETE /iam/v1alpha1/api-keys/…4X1W')
})

test('every answer is reported as it came, with the clock of the server and no key', async () => {
  const date = 'Tue, 24 Nov 2026 12:00:00 GMT'
  const server = await serverWith({ ...wait, headers: { ...wait.headers, date, 'x-request-id': '7f3a' } }, done)
  const answers: ScalewayAnswer[] = []
  await scalewayRequest({ ...accountOf(server), onAnswer: (answer) => void answers.push(answer) }, read)
  expect(answers).toMatchObject([
    { request: 'Scaleway GET /things', status: 429, requestId: '7f3a', date: new Date(date) },
    { request: 'Scaleway GET /things', status: 200, requestId: '' },
  ])
  for (const { sentAt, receivedAt } of answers) expect(receivedAt).toBeGreaterThanOrEqual(sentAt)
  expect(inspect(answers)).not.toContain(secretKey)
})

test('an answer without content is nothing', async () => {
  const server = await serverWith({ status: 204, body: '' })
  expect(await scalewayRequest(accountOf(server), { method: 'DELETE', path: '/things/1' })).toBe(undefined)
})

describe('a request is tried again', () => {
  const reset: Answer = { status: 'reset' }
  test.each<[string, typeof read | typeof write, Answer[], number]>([
    ['a read after a 503', read, [broken, done], 2],
    ['a read after a broken connection', read, [reset, done], 2],
    ['a read after 429', read, [wait, done], 2],
    ['a write after 429, which means that nothing was done', write, [wait, wait, done], 3],
    ['a read up to five times', read, [wait, wait, wait, wait, done], 5],
  ])('%s', async (_, request, answers, count) => {
    const server = await serverWith(...answers)
    expect(await scalewayRequest(accountOf(server), request)).toEqual({ id: 'done' })
    expect(server.received).toHaveLength(count)
  })

  test('not before the seconds of Retry-After are over', async () => {
    const server = await serverWith({ ...wait, headers: { 'retry-after': '1' } }, done)
    const started = performance.now()
    await scalewayRequest(accountOf(server), write)
    expect(performance.now() - started).toBeGreaterThan(990)
    expect(server.received).toHaveLength(2)
  })

  test('and a wait of the API is reported, in seconds', async () => {
    const server = await serverWith(wait, { ...wait, headers: { 'retry-after': '1' } }, broken, done)
    const waits: number[] = []
    await scalewayRequest({ ...accountOf(server), retryMs: 1, onWait: (seconds) => void waits.push(seconds) }, read)
    expect(waits).toEqual([1])
  })

  test('and not at all when the API wants it later than somebody would wait: it says when to come back', async () => {
    const inAnHour = new Date(Date.now() + 3600_000)
    for (const retryAfter of ['3600', inAnHour.toUTCString()])
      for (const request of [read, write]) {
        const server = await serverWith({ ...wait, headers: { 'retry-after': retryAfter } }, done)
        const problem = await problemOf(scalewayRequest(accountOf(server), request))
        expect(problem.message).toMatch(/^answers 429 too_many_requests, and asks to wait 3(600|59\d) s\. /)
        const [, until = ''] = /^Run the same command again after (\S+)\.$/.exec(problem.fix) ?? []
        expect(Math.abs(Date.parse(until) - inAnHour.getTime())).toBeLessThan(30_000)
        expect(server.received).toHaveLength(1)
      }
  })

  test('and waiting ends when the command is interrupted', async () => {
    const server = await serverWith({ ...wait, headers: { 'retry-after': '60' } }, done)
    const interrupt = new AbortController()
    const started = performance.now()
    const request = scalewayRequest({ ...accountOf(server), signal: interrupt.signal }, read)
    request.catch(() => undefined)
    await eventually(
      () => server.received.length,
      (count) => count === 1,
    )
    interrupt.abort(new Error('SIGINT'))
    await expect(request).rejects.toThrow()
    expect(performance.now() - started).toBeLessThan(10_000)
    expect(server.received).toHaveLength(1)
  })
})

describe('a request is sent once', () => {
  test.each<[string, Answer]>([
    ['after a 500', { status: 500 }],
    ['after a 503', broken],
    ['after a 504', { status: 504, body: 'gateway timeout' }],
    ['after a broken connection', { status: 'reset' }],
  ])('a write %s, because it may have been done', async (_, answer) => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) {
      const server = await serverWith(answer, done)
      expect((await problemOf(scalewayRequest(accountOf(server), { ...write, method }))).exitCode).toBe(4)
      expect(server.received).toHaveLength(1)
    }
  })

  test.each([400, 401, 403, 404, 409, 412])('after a %i, which stays as it is', async (status) => {
    for (const request of [read, write]) {
      const server = await serverWith({ status }, done)
      await expect(scalewayRequest(accountOf(server), request)).rejects.toThrow(ScalewayError)
      expect(server.received).toHaveLength(1)
    }
  })
})

describe('a refusal', () => {
  test('names status, type and request id, and what to do about it', async () => {
    const headers = { 'x-request-id': '7f3a' }
    const server = await serverWith({ status: 403, headers, body: { type: 'permissions_denied' } })
    expect(await problemOf(scalewayRequest(accountOf(server), write))).toMatchObject({
      code: 'SCALEWAY_REFUSED',
      where: 'Scaleway POST /things',
      message: 'answers 403 permissions_denied (request 7f3a). Expected success.',
      fix: "Give the key's IAM application the permission sets the request needs, in this project.",
      exitCode: 4,
    })
  })

  test.each([
    ['another form', { error: { type: 1 } }],
    ['a list', []],
    ['null', 'null'],
  ])('with %s for its body is reported all the same', async (_, body) => {
    const server = await serverWith({ status: 418, body })
    const problem = await problemOf(scalewayRequest(accountOf(server), write))
    expect(problem.message).toBe('answers 418 unknown. Expected success.')
  })

  test.each([
    ['nothing', ''],
    ['a page of a proxy', '<html>blocked</html>'],
  ])('with %s for its body is none of Scaleway, and proves nothing', async (_, body) => {
    const error = await scalewayRequest(accountOf(await serverWith({ status: 403, body })), read).catch(
      (reason: unknown) => reason,
    )
    expect(error).not.toBeInstanceOf(ScalewayError)
    expect(error).toMatchObject({
      exitCode: 4,
      problems: [{ code: 'SCALEWAY_ANSWER_UNREADABLE', fix: expect.stringContaining('proxy') }],
    })
    const busy = await serverWith({ status: 503, body })
    const attempts = { ...accountOf(busy), attempts: 1 }
    expect((await problemOf(scalewayRequest(attempts, read))).message).toBe('answers 503 unknown. Expected success.')
  })

  test('can be told apart by its status and type', async () => {
    const server = await serverWith({ status: 404, body: { type: 'not_found' } })
    const error = await scalewayRequest(accountOf(server), read).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ name: 'ScalewayError', status: 404, type: 'not_found' })
  })

  test('tells its request id, and of a 401 the reason; of either nothing that is not a single word', async () => {
    const body = { type: 'denied_authentication', reason: 'expired' }
    const server = await serverWith(
      { status: 401, headers: { 'x-request-id': '7f3a' }, body },
      { status: 401, body: { ...body, reason: `key ${secretKey}` } },
    )
    const refusals = [1, 2].map(() => scalewayRequest(accountOf(server), read).catch((error: unknown) => error))
    expect(await refusals[0]).toMatchObject({ requestId: '7f3a', reason: 'expired' })
    expect(await refusals[1]).toMatchObject({ requestId: '', reason: '' })
  })

  test('is reported after as many attempts as the account allows', async () => {
    const server = await serverWith(wait)
    await expect(scalewayRequest({ ...accountOf(server), attempts: 2 }, read)).rejects.toThrow(ScalewayError)
    expect(server.received).toHaveLength(2)
  })

  test('is reported after the fifth attempt when Scaleway never gives in', async () => {
    const server = await serverWith(wait)
    const problem = await problemOf(scalewayRequest(accountOf(server), read))
    expect(problem.message).toBe('answers 429 too_many_requests. Expected success.')
    expect(server.received).toHaveLength(5)
  })
})

test('a list that an answer lacks is not taken for an empty one', async () => {
  const scope = { region: 'fr-par', projectId: 'p' }
  const lists: readonly ((account: ScalewayAccount) => Promise<unknown>)[] = [
    (account) => listApplications(account, 'o'),
    (account) => listSecrets(account, scope),
    (account) => findSecret(account, scope, { path: '/a', name: 'b' }),
    (account) => listVersions(account, 'fr-par', 'id'),
  ]
  for (const list of lists) {
    for (const body of [{}, 'null', [], { applications: 'no', secrets: 'no', versions: 'no', total_count: 0 }])
      expect(await problemOf(list(accountOf(await serverWith({ body }))))).toMatchObject({
        code: 'SCALEWAY_ANSWER_UNREADABLE',
        message: expect.stringMatching(/^answers 200 with JSON that has no list "(applications|secrets|versions)"/),
      })
    expect([[], undefined]).toContainEqual(await list(accountOf(await serverWith({ body: { total_count: 0 } }))))
  }
})

test.each<[string, Answer]>([
  ['a refusal that repeats them', { status: 400, body: { type: 'invalid_arguments', message: secretKey + payload } }],
  ['a broken connection', { status: 'reset' }],
  ['an answer that is not JSON', { body: secretKey + payload }],
  ['an answer that is not JSON either', { body: payload + secretKey }],
  ['a redirect', { status: 307, headers: { location: `http://127.0.0.1:9/?${secretKey}` } }],
])('neither the key nor a payload, nor the beginning of one, is in the error after %s', async (_, answer) => {
  const server = await serverWith(answer)
  const error = await scalewayRequest(accountOf(server), write).catch((reason: unknown) => reason)
  if (!(error instanceof ProblemError)) throw error
  const texts = [String(error), inspect(error, { depth: 20, showHidden: true }), formatProblems(error.problems)]
  for (const text of texts) {
    expect(text).toContain('/things')
    expect(text).not.toContain(secretKey.slice(0, 6))
    expect(text).not.toContain(payload.slice(0, 6))
  }
  expect(server.received[0]?.body).toContain(payload)
})

test.each([301, 302, 303, 307, 308])('a %i is not followed: the key would go to another server', async (status) => {
  const other = await serverWith(done)
  const server = await serverWith({ status, headers: { location: `${other.url}/things` } })
  for (const request of [read, write]) {
    expect(await problemOf(scalewayRequest(accountOf(server), request))).toMatchObject({
      message: `answers ${status} redirect. Expected success.`,
      exitCode: 4,
    })
  }
  expect(server.received).toHaveLength(2)
  expect(other.received).toEqual([])
  // The other server does answer for every user it.
  expect(await scalewayRequest(accountOf(other), read)).toEqual({ id: 'done' })
})

test('a server that is not there is reported, with its address', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await eventually(() => server.listening, Boolean)
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  const account = accountOf({ url: `http://127.0.0.1:${port}` })
  expect(await problemOf(scalewayRequest(account, write))).toMatchObject({
    code: 'SCALEWAY_UNREACHABLE',
    where: 'Scaleway POST /things',
    message: `127.0.0.1:${port} can't be reached: ECONNREFUSED. Expected a response.`,
    exitCode: 4,
  })
})

test.each<[string, Answer]>([
  ['is not JSON', { body: '<html>proxy</html>' }],
  ['is only a part of it', { headers: { 'content-length': '100' }, body: '{"id":' }],
])('an answer with a body that %s is reported, and a write is not sent again', async (_, answer) => {
  const server = await serverWith(answer, done)
  expect(await problemOf(scalewayRequest(accountOf(server), write))).toMatchObject({
    code: 'SCALEWAY_ANSWER_UNREADABLE',
    where: 'Scaleway POST /things',
    message: 'answers 200 with a body that is not complete JSON. Expected JSON.',
    exitCode: 4,
  })
  expect(server.received).toHaveLength(1)
})

/** A server that begins an answer, or not even that, and never ends it. */
async function unendingServer(begin?: { readonly status: number; readonly body: string }) {
  let asked = 0
  const server = createServer((_request, response) => {
    if (begin) response.writeHead(begin.status, { 'content-length': '1000' }).write(begin.body)
    asked++
  })
  return { url: await listening(server), asked: () => asked }
}

test('what is never answered ends in time, whatever is collected meanwhile', async () => {
  const server = await unendingServer()
  const signal = new AbortController().signal
  using _ = collecting()
  const account = { ...accountOf(server), signal, timeoutMs: 100, attempts: 1 }
  expect(await problemOf(scalewayRequest(account, read))).toMatchObject({ code: 'SCALEWAY_UNREACHABLE' })
})

test('an answer that never ends is reported in time', async () => {
  const server = await unendingServer({ status: 200, body: '{' })
  using _ = collecting()
  const account = { ...accountOf(server), timeoutMs: 2_000, attempts: 1 }
  expect(await problemOf(scalewayRequest(account, read))).toMatchObject({ code: 'SCALEWAY_ANSWER_UNREADABLE' })
})

test.each([200, 403])('an interruption while an answer of %i is read stays one', async (status) => {
  const server = await unendingServer({ status, body: '{"type":' })
  const interrupt = new AbortController()
  const account = { ...accountOf(server), signal: interrupt.signal, onAnswer: () => interrupt.abort('SIGINT') }
  await expect(scalewayRequest(account, read)).rejects.toBe('SIGINT')
})

test('nothing is written without the permission that is asked for before each time', async () => {
  const server = await serverWith(wait, done)
  let asked = 0
  const mayWrite = async () => {
    if (++asked === 2) throw new Error('no more')
  }
  await expect(scalewayRequest({ ...accountOf(server), mayWrite }, write)).rejects.toThrow('no more')
  expect(server.received).toHaveLength(1)
  expect(await scalewayRequest({ ...accountOf(server), mayWrite }, read)).toEqual({ id: 'done' })
  expect(asked).toBe(2)
})

import { writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createClient } from '../../../scripts/kubernetes/client.ts'
import { applyCrds } from '../../../scripts/kubernetes/crds.ts'
import { clusterProblem, isRightMissing, KubernetesError } from '../../../scripts/kubernetes/errors.ts'
import { describeObject, kinds, resourcePath } from '../../../scripts/kubernetes/kinds.ts'
import { temporaryFolder } from '../../helpers/folders.ts'
import { listening } from '../../helpers/http-server.ts'
import { problemOf } from '../../helpers/problems.ts'

type Answer = (request: IncomingMessage & { body: string }, response: ServerResponse) => void

interface Seen {
  readonly line: string
  readonly type: string | undefined
  readonly authorization: string | undefined
  readonly body: string
}

/** An API server that answers everything with `answer`, and remembers what it was asked. */
async function api(answer: Answer) {
  const seen: Seen[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const { method, url, headers } = request
    seen.push({
      line: `${method} ${url}`,
      type: headers['content-type'],
      authorization: headers.authorization,
      body,
    })
    answer(Object.assign(request, { body }), response)
  })
  const client = createClient({ server: await listening(server), token: 't' })
  onTestFinished(() => client[Symbol.dispose]())
  return { client, seen }
}

const json =
  (status: number, body: object): Answer =>
  (_, response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

const notFound = { kind: 'Status', reason: 'NotFound', message: 'secrets "x" not found', code: 404 }

test.each([
  [resourcePath(kinds.namespace, undefined, 'a'), '/api/v1/namespaces/a'],
  [resourcePath(kinds.namespace, 'ignored'), '/api/v1/namespaces'],
  [resourcePath(kinds.secret, 'a', 'x'), '/api/v1/namespaces/a/secrets/x'],
  [resourcePath(kinds.externalSecret, 'a'), '/apis/external-secrets.io/v1/namespaces/a/externalsecrets'],
  [resourcePath(kinds.externalSecret), '/apis/external-secrets.io/v1/externalsecrets'],
])('an object is found at %s', (path, expected) => {
  expect(path).toBe(expected)
})

test('a dry run is asked for, and is none otherwise', async () => {
  const { client, seen } = await api(json(200, {}))
  const ref = { namespace: 'a', name: 'x' }
  await client.tryApply(kinds.secret, ref, { metadata: ref })
  await client.apply(kinds.secret, ref, { metadata: ref })
  const path = 'PATCH /api/v1/namespaces/a/secrets/x?fieldManager=tiered-secrets&force=true'
  expect(seen.map(({ line }) => line)).toEqual([`${path}&dryRun=All`, path])
})

test('the clock of the server is the date of an answer, also to whom it refuses everything else', async () => {
  const date = 'Tue, 24 Nov 2026 12:00:00 GMT'
  const { client } = await api((_, response) => void response.writeHead(401, { date }).end('{}'))
  expect(await client.serverTime()).toEqual(new Date(date))
})

test('an object is named by kind, namespace and name', () => {
  expect(describeObject(kinds.secret, { name: 'x', namespace: 'a' })).toBe('Secret/a/x')
  expect(describeObject(kinds.namespace, { name: 'a' })).toBe('Namespace/a')
})

test('every request carries the token', async () => {
  const { client, seen } = await api(json(200, { metadata: { name: 'x' } }))
  await client.get(kinds.secret, { name: 'x', namespace: 'a' })
  expect(seen[0]).toMatchObject({ line: 'GET /api/v1/namespaces/a/secrets/x', authorization: 'Bearer t' })
})

test('what is not there is undefined to get and false to delete', async () => {
  const { client } = await api(json(404, notFound))
  expect(await client.get(kinds.secret, { name: 'x', namespace: 'a' })).toBeUndefined()
  expect(await client.delete(kinds.secret, { name: 'x', namespace: 'a' })).toBe(false)
})

test('a refusal keeps its status, reason and message, and names the object', async () => {
  const { client } = await api(json(403, { reason: 'Forbidden', message: 'secrets "x" is forbidden' }))
  const error = await client.get(kinds.secret, { name: 'x', namespace: 'a' }).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(KubernetesError)
  expect(error).toMatchObject({
    status: 403,
    reason: 'Forbidden',
    message: 'GET Secret/a/x: secrets "x" is forbidden (403 Forbidden)',
  })
})

test("a proxy's page is reported by its status alone", async () => {
  const { client } = await api((_, response) => void response.writeHead(502).end('<html>'))
  await expect(client.list(kinds.secret)).rejects.toThrow('GET secrets: the server answered with status 502')
})

test.each([
  [400, 'Client sent an HTTP request to an HTTPS server.\n'],
  [403, '<html>blocked</html>'],
  [200, '<html>login</html>'],
])('an answer that is not of Kubernetes says nothing of rights: %i', async (status, body) => {
  const { client } = await api((_, response) => void response.writeHead(status).end(body))
  const error: unknown = await client.list(kinds.secret).catch((reason: unknown) => reason)
  expect([isRightMissing(error), clusterProblem(error)]).toMatchObject([
    false,
    { problems: [{ fix: expect.stringMatching(/^It is not an answer of Kubernetes: check server .* proxy/) }] },
  ])
})

test('an address where nobody listens is a problem with exit code 4', async () => {
  using client = createClient({ server: 'http://127.0.0.1:1' })
  expect(await problemOf(client.list(kinds.secret))).toMatchObject({
    code: 'CLUSTER_UNREACHABLE',
    where: 'http://127.0.0.1:1',
    exitCode: 4,
  })
})

test('a list can be narrowed by namespace, labels and fields', async () => {
  const { client, seen } = await api(json(200, { items: [], metadata: { resourceVersion: '7' } }))
  const list = await client.list(kinds.secret, { namespace: 'a', labelSelector: 'x=y', fieldSelector: 'type=Opaque' })
  expect(list).toEqual({ items: [], resourceVersion: '7' })
  expect(seen[0]?.line).toBe('GET /api/v1/namespaces/a/secrets?labelSelector=x%3Dy&fieldSelector=type%3DOpaque')
})

test('create, apply and patch send what they should', async () => {
  const { client, seen } = await api(json(200, { metadata: { name: 'x' } }))
  const ref = { name: 'x', namespace: 'a' }
  await client.create(kinds.secret, { metadata: ref })
  await client.apply(kinds.secret, ref, { metadata: ref })
  await client.apply(kinds.secret, ref, 'apiVersion: v1\n', { fieldManager: 'me' })
  await client.mergePatch(kinds.secret, ref, { metadata: { labels: { a: null } } })
  const body = '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"x","namespace":"a"}}'
  const path = '/api/v1/namespaces/a/secrets'
  const apply = 'application/apply-patch+yaml'
  expect(seen.map(({ line, type, body: sent }) => [line, type, sent])).toEqual([
    [`POST ${path}`, 'application/json', body],
    [`PATCH ${path}/x?fieldManager=tiered-secrets&force=true`, apply, body],
    [`PATCH ${path}/x?fieldManager=me&force=true`, apply, 'apiVersion: v1\n'],
    [`PATCH ${path}/x`, 'application/merge-patch+json', '{"metadata":{"labels":{"a":null}}}'],
  ])
})

test('a watch yields changes as they come and ends when the server ends it', async () => {
  const { client, seen } = await api((_, response) => {
    response.write('{"type":"ADDED","object":{"metadata":{"name":"x"}}}\n{"type":"MODI')
    setTimeout(() => response.end('FIED","object":{"metadata":{"name":"x"}}}\n'), 20)
  })
  const types: string[] = []
  for await (const { type } of client.watch(kinds.secret, { namespace: 'a', resourceVersion: '7' })) types.push(type)
  expect(types).toEqual(['ADDED', 'MODIFIED'])
  expect(seen[0]?.line).toBe('GET /api/v1/namespaces/a/secrets?watch=true&resourceVersion=7')
})

test('a watch that fell behind ends with an error', async () => {
  const { client } = await api(
    (_, response) => void response.end('{"type":"ERROR","object":{"code":410,"reason":"Expired"}}\n'),
  )
  const watch = client.watch(kinds.secret, { resourceVersion: '1' })
  await expect(watch.next()).rejects.toMatchObject({ status: 410, reason: 'Expired' })
})

test('a watch whose connection breaks is rejected', async () => {
  const { client } = await api((_, response) => {
    response.write('{"type":"ADDED","object":{"metadata":{}}}\n')
    setTimeout(() => response.destroy(), 20)
  })
  const watch = client.watch(kinds.secret, { resourceVersion: '1' })
  await watch.next()
  expect(await problemOf(watch.next())).toMatchObject({ code: 'CLUSTER_UNREACHABLE', exitCode: 4 })
})

test('what is not JSON is reported without quoting it', async () => {
  const { client } = await api((_, response) => void response.end('hunter2\n'))
  const ends = [client.get(kinds.secret, { name: 'x' }), client.watch(kinds.secret, { resourceVersion: '1' }).next()]
  for (const end of ends) {
    const error: unknown = await end.catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(KubernetesError)
    expect(String(error)).toContain('something other than JSON')
    expect(String(error)).not.toContain('hunter2')
  }
})

test('an interrupted watch ends quietly', async () => {
  const { client } = await api((_, response) => void response.write('{"type":"ADDED","object":{"metadata":{}}}\n'))
  const interrupt = new AbortController()
  let count = 0
  for await (const _ of client.watch(kinds.secret, { resourceVersion: '1', signal: interrupt.signal })) {
    count++
    interrupt.abort()
  }
  expect(count).toBe(1)
})

const crd = (name: string) => `---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: ${name}
`

test('definitions are sent as they are, and waited for until established', async () => {
  const path = join(await temporaryFolder(), 'crds.yaml')
  await writeFile(path, crd('a.example.com') + crd('b.example.com'))
  let asked = 0
  const { client, seen } = await api((request, response) => {
    const established = request.method === 'GET' && ++asked > 1 ? 'True' : 'False'
    json(200, { metadata: {}, status: { conditions: [{ type: 'Established', status: established }] } })(
      request,
      response,
    )
  })
  await applyCrds(client, path, { names: ['b.example.com'] })
  expect(seen.map(({ line }) => line.split('?')[0]?.split('/').at(-1))).toEqual(Array(3).fill('b.example.com'))
  expect(seen[0]?.body).toContain('name: b.example.com')
  expect(seen[0]?.body).not.toContain('name: a.example.com')
})

test('a definition that the file lacks is reported before anything is applied', async () => {
  const path = join(await temporaryFolder(), 'crds.yaml')
  await writeFile(path, crd('a.example.com'))
  const { client, seen } = await api(json(200, {}))
  const problem = await problemOf(applyCrds(client, path, { names: ['a.example.com', 'b.example.com'] }))
  expect(problem).toMatchObject({ code: 'CRD_MISSING', where: path, exitCode: 5 })
  expect(problem.message).toContain("it doesn't define b.example.com.")
  expect(seen).toEqual([])
})

test('a definition that is never established is reported as such', async () => {
  const path = join(await temporaryFolder(), 'crds.yaml')
  await writeFile(path, crd('a.example.com'))
  const { client } = await api(json(200, { metadata: {} }))
  const problem = await problemOf(applyCrds(client, path, { names: ['a.example.com'], timeoutMs: 60 }))
  expect(problem).toMatchObject({ code: 'CRD_TIMEOUT', where: 'CustomResourceDefinition/a.example.com' })
})

test('a server that has no time is asked again when it says so', async () => {
  let times = 0
  const busy: Answer = (request, response) => {
    if (++times < 3)
      response.writeHead(429, { 'retry-after': '0' }).end('{"reason":"TooManyRequests","message":"busy"}')
    else json(201, { metadata: { name: 'x' } })(request, response)
  }
  const { client, seen } = await api(busy)
  await client.create(kinds.configMap, { metadata: { name: 'x', namespace: 'a' } })
  expect(seen.map(({ line }) => line)).toEqual(Array(3).fill('POST /api/v1/namespaces/a/configmaps'))
  expect(new Set(seen.map(({ body }) => body)).size).toBe(1)
})

test('a server that never has time is asked five times in all', async () => {
  const answer: Answer = (_, response) =>
    void response.writeHead(429, { 'retry-after': '0' }).end('{"reason":"TooManyRequests","message":"busy"}')
  const { client, seen } = await api(answer)
  await expect(client.list(kinds.secret)).rejects.toMatchObject({ status: 429, reason: 'TooManyRequests' })
  expect(seen).toHaveLength(5)
})

test('only the object that was meant is deleted', async () => {
  const { client, seen } = await api(json(200, {}))
  const ref = { name: 'x', namespace: 'a' }
  await client.delete(kinds.secret, ref, undefined, { uid: 'u', resourceVersion: '7' })
  await client.delete(kinds.secret, ref)
  expect(seen.map(({ body }) => body)).toEqual([
    '{"apiVersion":"v1","kind":"DeleteOptions","preconditions":{"uid":"u","resourceVersion":"7"}}',
    '',
  ])
})

test.each([200, 500])('an interruption while an answer of %i is read stays one', async (status) => {
  const interrupt = new AbortController()
  const { client } = await api((_, response) => {
    response.writeHead(status, { 'content-length': '1000' }).write('{')
    setTimeout(() => interrupt.abort('SIGINT'), 50)
  })
  await expect(client.get(kinds.secret, { namespace: 'a', name: 'x' }, interrupt.signal)).rejects.toBe('SIGINT')
})

test('an interruption while the server is waited for, which asked for it, stays one', async () => {
  const interrupt = new AbortController()
  const { client, seen } = await api((_, response) => {
    response.writeHead(429, { 'retry-after': '10' }).end('{}', () => setTimeout(() => interrupt.abort('SIGINT'), 50))
  })
  await expect(client.list(kinds.secret, { signal: interrupt.signal })).rejects.toBe('SIGINT')
  expect(seen).toHaveLength(1)
})

test('an interruption while a login plugin is waited for stays one', async () => {
  const interrupt = new AbortController()
  using client = createClient({ server: 'http://127.0.0.1:9', currentToken: () => new Promise(() => undefined) })
  setTimeout(() => interrupt.abort('SIGINT'), 20)
  await expect(client.get(kinds.secret, { namespace: 'a', name: 'x' }, interrupt.signal)).rejects.toBe('SIGINT')
})

/** A server that breaks every connection on which it is asked a second time, as one does that closes idle connections. */
async function forgetfulServer() {
  const asked: string[] = []
  const used = new WeakSet<object>()
  let release = () => {}
  const together = new Promise<void>((resolve) => {
    release = resolve
  })
  const server = createServer(async ({ method, socket }, response) => {
    asked.push(`${method}`)
    if (used.has(socket)) return void socket.resetAndDestroy()
    used.add(socket)
    if (asked.length === 3) release()
    await together
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"metadata":{"name":"a"}}')
  })
  const client = createClient({ server: await listening(server) })
  onTestFinished(() => client[Symbol.dispose]())
  // Three at once, so that three connections stay open.
  await Promise.all(['a', 'b', 'c'].map((name) => client.get(kinds.namespace, { name })))
  return { client, asked: () => asked.splice(0) }
}

test('a request goes through although every connection that was left open is closed just then', async () => {
  const { client, asked } = await forgetfulServer()
  asked()
  expect(await client.mergePatch(kinds.namespace, { name: 'a' }, {})).toMatchObject({ metadata: { name: 'a' } })
  expect(asked()).toEqual(['PATCH', 'PATCH', 'PATCH', 'PATCH'])
})

test('a creation is not sent again: the server may have done it', async () => {
  const { client, asked } = await forgetfulServer()
  asked()
  const created = client.create(kinds.namespace, { metadata: { name: 'a' } })
  expect(await problemOf(created)).toMatchObject({ code: 'CLUSTER_UNREACHABLE' })
  expect(asked()).toEqual(['POST'])
})

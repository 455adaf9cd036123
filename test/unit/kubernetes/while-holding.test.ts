import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { createClient } from '../../../scripts/kubernetes/client.ts'
import { kinds } from '../../../scripts/kubernetes/kinds.ts'
import { whileHolding } from '../../../scripts/kubernetes/while-holding.ts'
import { listening } from '../../helpers/http-server.ts'
import { problemOf } from '../../helpers/problems.ts'

const ref = { namespace: 'shop-secrets', name: 'rotate' }

/** An API server with one Lease, which can stop answering. */
async function apiServer() {
  let lease: { metadata: object; spec: object } | undefined
  let isDeaf = false
  let count = 0
  const writes: string[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += chunk
    const { method = '', url = '' } = request
    if (method !== 'GET') writes.push(`${method} ${url}`)
    if (isDeaf) return
    const answer = (status: number, content: object) => response.writeHead(status).end(JSON.stringify(content))
    if (method === 'GET') return lease ? answer(200, lease) : answer(404, { reason: 'NotFound', message: 'no' })
    const sent = JSON.parse(body)
    if (!url.includes('/leases')) return answer(201, sent)
    lease = { metadata: { ...ref, resourceVersion: String(++count) }, spec: { ...lease?.spec, ...sent.spec } }
    return answer(200, lease)
  })
  const client = createClient({ server: await listening(server) })
  onTestFinished(() => client[Symbol.dispose]())
  return {
    client,
    writes,
    deafen() {
      isDeaf = true
    },
    holder: () => (lease?.spec as { holderIdentity?: string | null } | undefined)?.holderIdentity,
  }
}

const us = { holder: 'us' }
/** One that is soon lost. */
const brief = { ...us, durationMs: 900 }

test.each<[string, (signal: AbortSignal) => Promise<unknown>]>([
  ["Node's own wait", (signal) => sleep(60_000, undefined, { signal })],
  ['an event', (signal) => once(new EventTarget(), 'never', { signal })],
  ['several steps at once', (signal) => Promise.all([1, 2].map(() => sleep(60_000, undefined, { signal })))],
  ['all of several steps', (signal) => Promise.any([1, 2].map(() => sleep(60_000, undefined, { signal })))],
])('a lease that is lost is a problem to read, wherever it is noticed: %s', async (_what, wait) => {
  const { client, deafen } = await apiServer()
  const end = whileHolding(client, ref, brief, async ({ signal }) => {
    deafen()
    await wait(signal)
  })
  expect(await problemOf(end)).toMatchObject({ code: 'LEASE_LOST', exitCode: 4 })
})

test('of what is still written after that, nothing is sent', async () => {
  const { client, writes, deafen } = await apiServer()
  await whileHolding(client, ref, { ...us, durationMs: 3_000 }, async (holding) => {
    const configMap = { metadata: { namespace: 'shop-secrets', name: 'proof' } }
    await holding.client.create(kinds.configMap, configMap)
    deafen()
    await once(holding.signal, 'abort')
    const { client: own, mayWrite } = holding
    const refused = [
      () => own.create(kinds.configMap, configMap),
      () => own.apply(kinds.configMap, ref, configMap),
      () => own.replace(kinds.configMap, configMap),
      () => own.mergePatch(kinds.configMap, ref, {}),
      () => own.delete(kinds.configMap, ref),
      () => mayWrite(),
    ]
    for (const write of refused) expect(await problemOf(write())).toMatchObject({ code: 'LEASE_LOST' })
  })
  expect(writes.filter((one) => one.includes('/configmaps'))).toEqual([
    'POST /api/v1/namespaces/shop-secrets/configmaps',
  ])
})

test('an interruption stays one', async () => {
  const { client, holder } = await apiServer()
  const interrupt = new AbortController()
  const end = whileHolding(client, ref, { ...us, signal: interrupt.signal }, async ({ signal }) => {
    interrupt.abort('SIGINT')
    await sleep(60_000, undefined, { signal })
  })
  await expect(end).rejects.toMatchObject({ name: 'AbortError', cause: 'SIGINT' })
  expect(holder()).toBeNull()
})

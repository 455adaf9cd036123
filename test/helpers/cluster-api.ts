import { createServer, type ServerResponse } from 'node:http'
import { onTestFinished } from 'vitest'
import { createClient, type KubernetesClient } from '../../scripts/kubernetes/client.ts'
import type { Kind, KubernetesObject } from '../../scripts/kubernetes/kinds.ts'
import { listening } from './http-server.ts'

/** As much of an API server as a client that lists and watches sees, with everything that can go wrong on request. */
export interface ClusterApi {
  readonly client: KubernetesClient
  /** `LIST externalsecrets`, `WATCH externalsecrets from 3`, `GET namespaces/a`, `KINDS apps/v1`, in the order they came. */
  readonly requests: readonly string[]
  /** Adds or replaces an object, and tells the watches. */
  put(kind: Kind, object: KubernetesObject): void
  remove(kind: Kind, name: string): void
  /** Answers every request for a kind with this status from now on; `undefined` is as it was. */
  refuse(kind: Kind, status: number | undefined): void
  /** As the server does every few minutes. */
  endWatches(): void
  /** As the server does with a watch that fell behind. */
  expireWatches(): void
  /** Breaks every connection; new ones are broken too until it is reported otherwise. */
  breakConnections(forGood?: boolean): void
  mendConnections(): void
  /** Resolves when at least so many watches are open. */
  watching(count: number): Promise<void>
  /** Watches that are open now. */
  openWatches(): number
}

interface Watch {
  readonly plural: string
  readonly name: string | null
  readonly response: ServerResponse
}

/** Starts one; it is gone when the test is over. Names are unique whatever the namespace. */
export async function clusterApi(): Promise<ClusterApi> {
  const objects = new Map<string, Map<string, KubernetesObject>>()
  const served = new Map<string, Kind>()
  const refused = new Map<string, number>()
  const requests: string[] = []
  const watches = new Set<Watch>()
  const waiting = new Set<() => void>()
  let version = 1
  let isBroken = false

  const send = (type: string, plural: string, object: KubernetesObject) => {
    for (const watch of watches) {
      if (watch.plural !== plural || (watch.name !== null && watch.name !== object.metadata.name)) continue
      watch.response.write(`${JSON.stringify({ type, object })}\n`)
    }
  }
  const endWith = (text: string) => {
    for (const { response } of watches) response.end(text)
    watches.clear()
  }
  const discover = (group: string, response: ServerResponse) => {
    requests.push(`KINDS ${group}`)
    const found = [...served.values()].filter(({ apiVersion }) => apiVersion === group)
    const resources = found.flatMap(({ kind, plural, namespaced }) => [
      { name: `${plural}/status`, kind, namespaced },
      { name: plural, kind, namespaced },
    ])
    if (found.length > 0) return response.end(JSON.stringify({ resources }))
    return response.writeHead(404).end(JSON.stringify({ reason: 'NotFound', message: 'no', code: 404 }))
  }
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    const group = /^\/(?:api|apis)\/((?:[^/]+\/)?v[0-9a-z]+)$/.exec(pathname)?.[1]
    if (group !== undefined) return discover(group, response)
    const [plural = '', name] = pathname
      .replace(/^\/(api|apis\/[^/]+)\/v[0-9a-z]+\/(namespaces\/[^/]+\/)?/, '')
      .split('/')
    const isWatch = searchParams.get('watch') === 'true'
    const from = searchParams.get('resourceVersion')
    requests.push(name ? `GET ${plural}/${name}` : isWatch ? `WATCH ${plural} from ${from}` : `LIST ${plural}`)
    if (isBroken) return request.socket.resetAndDestroy()
    const status = refused.get(plural)
    const refusal = (code: number) =>
      response.writeHead(code).end(JSON.stringify({ reason: 'No', message: 'no', code }))
    if (status !== undefined) return refusal(status)
    const items = [...(objects.get(plural)?.values() ?? [])]
    if (name) {
      const found = items.find(({ metadata }) => metadata.name === name)
      return found ? response.end(JSON.stringify(found)) : refusal(404)
    }
    const only = /^metadata\.name=(.+)$/.exec(searchParams.get('fieldSelector') ?? '')?.[1] ?? null
    if (!isWatch) {
      const listed = items.filter(({ metadata }) => only === null || metadata.name === only)
      return response.end(JSON.stringify({ items: listed, metadata: { resourceVersion: String(version) } }))
    }
    const watch = { plural, name: only, response }
    watches.add(watch)
    response.on('close', () => watches.delete(watch))
    response.writeHead(200).flushHeaders()
    // What happened between the list and this watch.
    for (const item of items.filter(({ metadata }) => Number(metadata.resourceVersion) > Number(from)))
      if (only === null || item.metadata.name === only)
        response.write(`${JSON.stringify({ type: 'MODIFIED', object: item })}\n`)
    for (const check of waiting) check()
  })
  const client = createClient({ server: await listening(server) })
  onTestFinished(() => client[Symbol.dispose]())
  const ofKind = ({ plural }: Kind) => objects.get(plural) ?? objects.set(plural, new Map()).get(plural) ?? new Map()
  return {
    client,
    requests,
    put(kind, object) {
      const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(++version) } }
      served.set(`${kind.apiVersion} ${kind.kind}`, kind)
      const isNew = !ofKind(kind).has(object.metadata.name)
      ofKind(kind).set(object.metadata.name, stored)
      send(isNew ? 'ADDED' : 'MODIFIED', kind.plural, stored)
    },
    remove(kind, name) {
      const found = ofKind(kind).get(name)
      if (!found) throw new Error(`there is no ${kind.kind} ${name}`)
      ofKind(kind).delete(name)
      send('DELETED', kind.plural, { ...found, metadata: { ...found.metadata, resourceVersion: String(++version) } })
    },
    refuse(kind, status) {
      if (status === undefined) refused.delete(kind.plural)
      else refused.set(kind.plural, status)
    },
    endWatches() {
      endWith('')
    },
    expireWatches() {
      const event = { type: 'ERROR', object: { code: 410, reason: 'Expired' } }
      endWith(`${JSON.stringify(event)}\n`)
    },
    breakConnections(forGood = true) {
      isBroken = forGood
      server.closeAllConnections()
    },
    mendConnections() {
      isBroken = false
    },
    openWatches: () => watches.size,
    watching: (count) =>
      new Promise((resolve) => {
        const check = () => {
          if (watches.size < count) return
          waiting.delete(check)
          resolve()
        }
        waiting.add(check)
        check()
      }),
  }
}

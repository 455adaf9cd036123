import type { IncomingMessage } from 'node:http'
import { pause } from '../lib/pause.ts'
import { isNotFound, toKubernetesError } from './errors.ts'
import {
  describeObject,
  type Kind,
  type KubernetesObject,
  type ObjectMeta,
  type ObjectRef,
  resourcePath,
} from './kinds.ts'
import { parseJson, readBody, type WatchEvent, watchEvents } from './read-answer.ts'
import { openTransport, type TransportOptions, type TransportRequest } from './transport.ts'

export interface ListOptions {
  /** Default: every namespace. */
  readonly namespace?: string
  /** `app.kubernetes.io/name=x` */
  readonly labelSelector?: string
  /** `involvedObject.name=x` */
  readonly fieldSelector?: string
  readonly signal?: AbortSignal
}

export interface ApplyOptions {
  /** Who owns the fields. Default: `tiered-secrets`. */
  readonly fieldManager?: string
  /** Take over fields of other managers; else one that differs is a conflict. Default: `true` */
  readonly force?: boolean
  readonly signal?: AbortSignal
}

export type ReplaceOptions = Pick<ApplyOptions, 'fieldManager' | 'signal'>

export interface ObjectList<T> {
  readonly items: readonly T[]
  /** Where a watch can continue. */
  readonly resourceVersion: string
}

/**
 * What may be asked of a cluster without a change in it. Requests are answered with what the API server has, or rejected
 * with a KubernetesError or `CLUSTER_UNREACHABLE`. A request that is answered with 429 is sent again, up to five times in all.
 */
export interface ClusterReader extends Disposable {
  /** Undefined when there is no such object, or no such kind. */
  get<T extends KubernetesObject>(kind: Kind, ref: ObjectRef, signal?: AbortSignal): Promise<T | undefined>
  list<T extends KubernetesObject>(kind: Kind, options?: ListOptions): Promise<ObjectList<T>>
  /** The answer to `apply` in a dry run: everything is checked, admission included, and nothing is stored. */
  tryApply<T extends KubernetesObject>(
    kind: Kind,
    ref: ObjectRef,
    object: KubernetesObject | string,
    options?: ApplyOptions,
  ): Promise<T>
  /** The answer to `replace` in a dry run. */
  tryReplace<T extends KubernetesObject>(kind: Kind, object: T, options?: ReplaceOptions): Promise<T>
  /** A kind as the API server tells of it; undefined where it serves none of this name. Every user who is logged in may ask. */
  kindNamed(apiVersion: string, kind: string, signal?: AbortSignal): Promise<Kind | undefined>
  /** The clock of the API server, to the second; undefined without a Date header. Every user who is logged in may ask. */
  serverTime(signal?: AbortSignal): Promise<Date | undefined>
  /** Changes since a resource version. Ends when the server ends it (every few minutes); then list and watch again. */
  watch<T extends KubernetesObject>(
    kind: Kind,
    options: ListOptions & { readonly resourceVersion: string },
  ): AsyncGenerator<WatchEvent<T>, void, undefined>
}

/** Reads and writes the objects of a cluster. A write is answered with what the API server stores. */
export interface KubernetesClient extends ClusterReader {
  create<T extends KubernetesObject>(kind: Kind, object: T, signal?: AbortSignal): Promise<T>
  /** Server-side apply. `object` may be YAML text, sent as it is. */
  apply<T extends KubernetesObject>(
    kind: Kind,
    ref: ObjectRef,
    object: KubernetesObject | string,
    options?: ApplyOptions,
  ): Promise<T>
  /** PUT: what `object` leaves out is removed. A conflict if its resourceVersion is not the stored one. */
  replace<T extends KubernetesObject>(kind: Kind, object: T, options?: ReplaceOptions): Promise<T>
  /** JSON merge patch: `null` removes a field, a list is replaced whole. */
  mergePatch<T extends KubernetesObject>(kind: Kind, ref: ObjectRef, patch: object, signal?: AbortSignal): Promise<T>
  /**
   * False when there was nothing to delete. Owned objects and finalizers may take longer. An object that
   * does not match `only` is kept, which is a conflict.
   */
  delete(
    kind: Kind,
    ref: ObjectRef,
    signal?: AbortSignal,
    only?: Pick<ObjectMeta, 'uid' | 'resourceVersion'>,
  ): Promise<boolean>
}

/** A client of one cluster. Dispose it to close its connections. */
export function createClient(connection: TransportOptions): KubernetesClient {
  const transport = openTransport(connection)
  const json = async <T>(request: TransportRequest, what: string, attempt = 1): Promise<T> => {
    const response = await transport.send(request)
    const body = await readBody(response, connection.server, request.signal)
    const status = response.statusCode ?? 0
    if (status === 429 && attempt < attempts) {
      await pause(retryAfterMs(response), request.signal)
      return json(request, what, attempt + 1)
    }
    if (status < 200 || status > 299) throw toKubernetesError(`${request.method} ${what}`, status, body)
    return parseJson<T>(body, `${request.method} ${what}`, status)
  }
  const patch = <T>(kind: Kind, ref: ObjectRef, contentType: string, body: string, query = '', signal?: AbortSignal) =>
    json<T>(
      {
        method: 'PATCH',
        path: `${resourcePath(kind, ref.namespace, ref.name)}${query}`,
        contentType,
        body,
        ...withSignal(signal),
      },
      describeObject(kind, ref),
    )
  const apply = <T>(
    kind: Kind,
    ref: ObjectRef,
    object: KubernetesObject | string,
    { signal, ...options }: ApplyOptions = {},
    isDry = false,
  ) => {
    const body =
      typeof object === 'string' ? object : JSON.stringify({ apiVersion: kind.apiVersion, kind: kind.kind, ...object })
    return patch<T>(
      kind,
      ref,
      'application/apply-patch+yaml',
      body,
      writeQuery({ force: true, ...options }, isDry),
      signal,
    )
  }
  const replace = <T>(
    kind: Kind,
    object: KubernetesObject,
    { signal, ...options }: ReplaceOptions = {},
    isDry = false,
  ) => {
    const { namespace, name } = object.metadata
    const path = `${resourcePath(kind, namespace, name)}${writeQuery(options, isDry)}`
    const body = JSON.stringify({ apiVersion: kind.apiVersion, kind: kind.kind, ...object })
    return json<T>({ method: 'PUT', path, body, ...withSignal(signal) }, describeObject(kind, object.metadata))
  }
  return {
    get: (kind, ref, signal) => {
      const path = resourcePath(kind, ref.namespace, ref.name)
      return orUndefined(json({ method: 'GET', path, ...withSignal(signal) }, describeObject(kind, ref)))
    },
    async list<T extends KubernetesObject>(kind: Kind, options: ListOptions = {}) {
      const path = `${resourcePath(kind, options.namespace)}${query(options)}`
      const list = await json<{ items: T[]; metadata: { resourceVersion: string } }>(
        { method: 'GET', path, ...withSignal(options.signal) },
        kind.plural,
      )
      return { items: list.items, resourceVersion: list.metadata.resourceVersion }
    },
    create: (kind, object, signal) =>
      json(
        {
          method: 'POST',
          path: resourcePath(kind, object.metadata.namespace),
          body: JSON.stringify({ apiVersion: kind.apiVersion, kind: kind.kind, ...object }),
          ...withSignal(signal),
        },
        describeObject(kind, object.metadata),
      ),
    apply: (kind, ref, object, options) => apply(kind, ref, object, options),
    tryApply: (kind, ref, object, options) => apply(kind, ref, object, options, true),
    replace: (kind, object, options) => replace(kind, object, options),
    tryReplace: (kind, object, options) => replace(kind, object, options, true),
    mergePatch: (kind, ref, body, signal) =>
      patch(kind, ref, 'application/merge-patch+json', JSON.stringify(body), '', signal),
    async delete(kind, ref, signal, only) {
      const path = resourcePath(kind, ref.namespace, ref.name)
      const options = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: only }
      const body = only ? { body: JSON.stringify(options) } : {}
      const answer = json<object>({ method: 'DELETE', path, ...body, ...withSignal(signal) }, describeObject(kind, ref))
      return (await orUndefined(answer)) !== undefined
    },
    async kindNamed(apiVersion, kind, signal) {
      const path = `/${apiVersion.includes('/') ? 'apis' : 'api'}/${apiVersion.split('/').map(encodeURIComponent).join('/')}`
      const found = await orUndefined(json<ResourceList>({ method: 'GET', path, ...withSignal(signal) }, apiVersion))
      // A subresource, such as `deployments/scale`, may have the same kind.
      const one = found?.resources?.find(({ name, kind: of }) => of === kind && !name.includes('/'))
      return one && { apiVersion, kind, plural: one.name, namespaced: one.namespaced }
    },
    async serverTime(signal) {
      const response = await transport.send({ method: 'GET', path: '/version', ...withSignal(signal) })
      await readBody(response, connection.server, signal)
      const time = Date.parse(response.headers.date ?? '')
      return Number.isNaN(time) ? undefined : new Date(time)
    },
    async *watch<T extends KubernetesObject>(kind: Kind, options: ListOptions & { readonly resourceVersion: string }) {
      const path = `${resourcePath(kind, options.namespace)}${query(options, { watch: 'true', resourceVersion: options.resourceVersion })}`
      const response = await transport.send({ method: 'GET', path, timeoutMs: 0, ...withSignal(options.signal) })
      if (response.statusCode !== 200) {
        const body = await readBody(response, connection.server, options.signal)
        throw toKubernetesError(`WATCH ${kind.plural}`, response.statusCode ?? 0, body)
      }
      yield* watchEvents<T>(response, kind, connection.server, options.signal)
    },
    [Symbol.dispose]: () => transport[Symbol.dispose](),
  }
}

// --- internal ---

/** How often a request is sent in all when the server answers 429, which means that nothing was done. */
const attempts = 5

/** As the server asks for, in whole seconds, and ten at most. */
function retryAfterMs({ headers }: IncomingMessage): number {
  const seconds = Number(headers['retry-after'] ?? 1)
  return 1000 * (Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), 10) : 1)
}

/** Source: Kubernetes API, meta/v1 APIResourceList. */
interface ResourceList {
  readonly resources?: readonly { readonly name: string; readonly kind: string; readonly namespaced: boolean }[]
}

function withSignal(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal ? { signal } : {}
}

function writeQuery({ fieldManager = 'tiered-secrets', force = false }: ApplyOptions, isDry: boolean): string {
  return `?fieldManager=${encodeURIComponent(fieldManager)}${force ? '&force=true' : ''}${isDry ? '&dryRun=All' : ''}`
}

function query(options: ListOptions, more: Record<string, string> = {}): string {
  const parameters = new URLSearchParams(more)
  if (options.labelSelector) parameters.set('labelSelector', options.labelSelector)
  if (options.fieldSelector) parameters.set('fieldSelector', options.fieldSelector)
  const text = parameters.toString()
  return text === '' ? '' : `?${text}`
}

async function orUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

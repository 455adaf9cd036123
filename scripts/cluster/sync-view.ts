import type { ClusterReader, ListOptions } from '../kubernetes/client.ts'
import { isForbidden } from '../kubernetes/errors.ts'
import { type FollowedState, type FollowOptions, follow } from '../kubernetes/follow.ts'
import { type Kind, type KubernetesObject, kinds, type NamespacedRef, type SecretObject } from '../kubernetes/kinds.ts'
import { type EventObject, type ExternalSecretObject, newestWarning, warningsAbout } from './external-secrets.ts'
import { type TargetState, targetState } from './target.ts'

/** ExternalSecrets, their warnings and the keys of their targets, updated with every change in the cluster. */
export interface SyncView {
  /** Resolves when everything was listed once. */
  readonly ready: Promise<unknown>
  /** Rejects with the error of what can't be followed, or with the signal's reason; never resolves. */
  readonly failure: Promise<never>
  externalSecret(ref: NamespacedRef): ExternalSecretObject | undefined | 'kind-absent'
  /** The operator's own cause of a failure. Never a value. */
  warning(ref: NamespacedRef): string | undefined
  /** The same, if it was told after the view was opened: by itself an older one says nothing of what is true now. */
  newWarning(ref: NamespacedRef): string | undefined
  /** Undefined: the target does not exist. `unreadable`: we have no right to read it. */
  target(ref: NamespacedRef): TargetState | undefined | 'unreadable'
  /** Why the connection to the cluster is lost at the moment, or undefined. */
  lost(): unknown
  /** Resolves at the next change. Only one caller at a time. */
  changed(): Promise<void>
}

export interface SyncViewOptions {
  readonly signal: AbortSignal
  /** The ExternalSecrets whose targets to read. No value is kept. */
  readonly targets: readonly NamespacedRef[]
  /** What was there before the operator was told to read again. Default: the warnings that are there at first */
  readonly before?: Before | undefined
}

/** What the operator had done and said, which counts no more. */
export interface Before {
  /** By `versionOf`. */
  readonly warnings: ReadonlySet<string>
  /** By `syncOf`. */
  readonly syncs: ReadonlySet<string>
}

/** One sync of an ExternalSecret; undefined: it never was synced. */
export function syncOf({ metadata: { namespace, name }, status }: ExternalSecretObject): string | undefined {
  const { syncedResourceVersion } = status ?? {}
  return syncedResourceVersion === undefined ? undefined : `${namespace}/${name} ${syncedResourceVersion}`
}

/** One event as it was told, of those that are told again and again. */
export function versionOf({ metadata }: EventObject): string {
  return `${metadata.namespace}/${metadata.name} ${metadata.resourceVersion}`
}

/** Where the warnings about the ExternalSecrets of a namespace are. */
export function warningsIn(namespace: string): Required<Pick<ListOptions, 'namespace' | 'fieldSelector'>> {
  return { namespace, fieldSelector: 'involvedObject.kind=ExternalSecret,type=Warning' }
}

/** Follows every namespace of the given ExternalSecrets until the signal is aborted. */
export function openSyncView(
  client: Pick<ClusterReader, 'list' | 'watch'>,
  refs: readonly NamespacedRef[],
  { signal, targets, before }: SyncViewOptions,
): SyncView {
  let wake: () => void = () => undefined
  let fail: (error: unknown) => void = () => undefined
  const failure = new Promise<never>((_, reject) => {
    fail = reject
  })
  failure.catch(() => undefined)

  const start = <T extends KubernetesObject, Kept>(kind: Kind, place: ListOptions, keep: (object: T) => Kept) => {
    const followed: Followed<Kept> = { first: Promise.resolve() }
    followed.first = new Promise((resolve) => {
      const onState = (view: FollowedState<Kept>) => {
        if (view.state !== 'lost') followed.last = view
        followed.error = view.state === 'lost' ? view.error : undefined
        resolve()
        wake()
      }
      const options: FollowOptions<T, Kept> = { ...place, signal, keep, onState }
      follow(client, kind, options).catch((error: unknown) => {
        // Deploying does not require the right to read Secrets or events.
        followed.isRefused = kind !== kinds.externalSecret && isForbidden(error)
        if (!followed.isRefused) fail(error)
        resolve()
      })
    })
    return followed
  }

  const namespaces = [...new Set(refs.map(({ namespace }) => namespace))]
  const each = <V>(make: (namespace: string) => V) => new Map(namespaces.map((name) => [name, make(name)]))
  const externalSecrets = each((namespace) =>
    start(kinds.externalSecret, { namespace }, (object: ExternalSecretObject) => object),
  )
  const warnings = each((namespace) => start(kinds.event, warningsIn(namespace), (event: EventObject) => event))
  const first = new Map<string, ReadonlySet<string>>()
  for (const [namespace, followed] of warnings)
    followed.first.then(() => first.set(namespace, new Set([...objectsOf(followed).values()].map(versionOf))))
  const warningsOf = ({ namespace, name }: NamespacedRef) =>
    [...objectsOf(warnings.get(namespace)).values()].filter(({ involvedObject }) => involvedObject?.name === name)
  const seenTargets = new Map(
    targets.map(({ namespace, name }) => {
      const place = { namespace, fieldSelector: `metadata.name=${name}` }
      return [`${namespace}/${name}`, start(kinds.secret, place, (secret: SecretObject) => targetState(secret))]
    }),
  )
  const needed: Followed<unknown>[] = [...externalSecrets.values(), ...seenTargets.values()]
  const externalSecret = ({ namespace, name }: NamespacedRef) => {
    const seen = externalSecrets.get(namespace)?.last
    return seen?.state === 'kind-absent' ? seen.state : seen?.objects.get(name)
  }
  return {
    ready: Promise.all([...needed, ...warnings.values()].map(({ first }) => first)),
    failure,
    externalSecret,
    warning(ref) {
      const object = externalSecret(ref)
      return newestWarning(warningsAbout(object === 'kind-absent' ? undefined : object, warningsOf(ref)))
    },
    newWarning(ref) {
      const old = before?.warnings ?? first.get(ref.namespace)
      return old && newestWarning(warningsOf(ref).filter((event) => !old.has(versionOf(event))))
    },
    target({ namespace, name }) {
      const followed = seenTargets.get(`${namespace}/${name}`)
      return followed?.isRefused ? 'unreadable' : objectsOf(followed).get(name)
    },
    lost: () => needed.find(({ error }) => error !== undefined)?.error,
    changed: () =>
      new Promise((resolve) => {
        wake = resolve
      }),
  }
}

// --- internal ---

interface Followed<Kept> {
  /** Resolves when the state is known, or known to be unreadable. */
  first: Promise<void>
  /** The last known state, even when the connection is lost at the moment. */
  last?: Exclude<FollowedState<Kept>, { readonly state: 'lost' }>
  error?: unknown
  isRefused?: boolean
}

function objectsOf<Kept>(followed: Followed<Kept> | undefined): ReadonlyMap<string, Kept> {
  return followed?.last?.state === 'seen' ? followed.last.objects : new Map()
}

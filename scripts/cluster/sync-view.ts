import type { ClusterReader, ListOptions } from '../kubernetes/client.ts'
import { isForbidden } from '../kubernetes/errors.ts'
import { type FollowOptions, follow, type Sight } from '../kubernetes/follow.ts'
import { type Kind, type KubernetesObject, kinds, type NamespacedRef, type SecretObject } from '../kubernetes/kinds.ts'
import { type EventObject, type ExternalSecretObject, newestWarning } from './external-secrets.ts'
import { type TargetSight, targetSight } from './target.ts'

/** ExternalSecrets, their warnings and the keys of their targets, as the cluster tells of every change. */
export interface SyncView {
  /** Resolves when everything was listed once. */
  readonly ready: Promise<unknown>
  /** Rejects with what can't be followed, or with the signal's reason; never resolves. */
  readonly failure: Promise<never>
  externalSecret(ref: NamespacedRef): ExternalSecretObject | undefined | 'kind-absent'
  /** The operator's own cause of a failure. Never a value. */
  warning(ref: NamespacedRef): string | undefined
  /** Undefined: there is no target. `unreadable`: we have no right to look. */
  target(ref: NamespacedRef): TargetSight | undefined | 'unreadable'
  /** Why nothing is heard of the cluster at the moment, or undefined. */
  lost(): unknown
  /** Resolves at the next change. For one at a time. */
  changed(): Promise<void>
}

export interface SyncViewOptions {
  readonly signal: AbortSignal
  /** Whose targets to look at. No value of theirs is kept. */
  readonly targets: readonly NamespacedRef[]
}

/** Follows every namespace of the given ExternalSecrets until the signal is aborted. */
export function openSyncView(
  client: Pick<ClusterReader, 'list' | 'watch'>,
  refs: readonly NamespacedRef[],
  { signal, targets }: SyncViewOptions,
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
      const onSight = (sight: Sight<Kept>) => {
        if (sight.state !== 'lost') followed.last = sight
        followed.error = sight.state === 'lost' ? sight.error : undefined
        resolve()
        wake()
      }
      const options: FollowOptions<T, Kept> = { ...place, signal, keep, onSight }
      follow(client, kind, options).catch((error: unknown) => {
        // To read Secrets or events is a right that somebody who deploys need not have.
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
  const fieldSelector = 'involvedObject.kind=ExternalSecret,type=Warning'
  const warnings = each((namespace) => start(kinds.event, { namespace, fieldSelector }, (event: EventObject) => event))
  const seenTargets = new Map(
    targets.map(({ namespace, name }) => {
      const place = { namespace, fieldSelector: `metadata.name=${name}` }
      return [`${namespace}/${name}`, start(kinds.secret, place, (secret: SecretObject) => targetSight(secret))]
    }),
  )
  const needed: Followed<unknown>[] = [...externalSecrets.values(), ...seenTargets.values()]
  return {
    ready: Promise.all([...needed, ...warnings.values()].map(({ first }) => first)),
    failure,
    externalSecret({ namespace, name }) {
      const seen = externalSecrets.get(namespace)?.last
      return seen?.state === 'kind-absent' ? seen.state : seen?.objects.get(name)
    },
    warning: ({ namespace, name }) => {
      const events = [...objectsOf(warnings.get(namespace)).values()]
      return newestWarning(events.filter(({ involvedObject }) => involvedObject?.name === name))
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
  /** Resolves when something is known, be it that nothing may be. */
  first: Promise<void>
  /** What was seen last, even when nothing is heard at the moment. */
  last?: Exclude<Sight<Kept>, { readonly state: 'lost' }>
  error?: unknown
  isRefused?: boolean
}

function objectsOf<Kept>(followed: Followed<Kept> | undefined): ReadonlyMap<string, Kept> {
  return followed?.last?.state === 'seen' ? followed.last.objects : new Map()
}

import type { ClusterReader } from '../kubernetes/client.ts'
import { type FieldChange, fieldChangeText } from '../kubernetes/difference.ts'
import { type KubernetesObject, kinds, type NamespacedRef } from '../kubernetes/kinds.ts'
import { pause } from '../lib/pause.ts'
import { shortList } from '../lib/short-list.ts'
import { firstOf } from '../lib/signals.ts'
import type { ExternalSecretModel } from '../model/resolve.ts'
import { specChanges } from './expected-spec.ts'
import { type Difference, keyDifference } from './expected-target.ts'
import { type ExternalSecretObject, type SyncReport, syncState } from './external-secrets.ts'
import { type Before, openSyncView, type SyncView, syncOf } from './sync-view.ts'

/** An ExternalSecret to wait for. */
export interface WantedSync extends NamespacedRef {
  /** What the catalogue implies: the keys of its target are checked too. Default: any keys */
  readonly expected?: ExternalSecretModel
  /** The whole spec it implies. Default: any spec */
  readonly spec?: Readonly<Record<string, unknown>>
  /** Checked, but waited for only where its spec differs. Default: `false` */
  readonly isOptional?: boolean
}

export interface WaitReport extends SyncReport {
  /** Why it isn't synced, where the operator is not the cause. */
  readonly obstacle?:
    | 'kind-absent'
    | 'namespace-absent'
    | 'namespace-ending'
    | 'absent'
    | 'outdated'
    | 'type-differs'
    | 'target-differs'
  /** How an outdated one differs. */
  readonly fields?: readonly FieldChange[]
  /** Keys of the target against the catalogue; an optional one may lack some and be synced. */
  readonly keys?: Difference | 'unreadable'
  /** When the operator last read Scaleway with success. */
  readonly refreshedAt?: Date
  /** When the target's data last changed. */
  readonly changedAt?: Date
  /** Until when certificates in the target are valid, by key. */
  readonly certificates?: ReadonlyMap<string, Date>
  /** It fails, and the operator said so during this wait: its message is not an old one. */
  readonly isNews?: true
}

/** Whether it is about the target Secret itself, whatever was deployed. */
export function isOfTarget({ obstacle }: Pick<WaitReport, 'obstacle'>): boolean {
  return obstacle === 'target-differs' || obstacle === 'type-differs'
}

export interface WaitOptions {
  /** Default: 60,000. The state is checked once in any case. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  /** Called with every state that differs from the last one seen of the same object. */
  readonly onChange?: (report: WaitReport) => void
  /**
   * Whether a required one that fails can't recover by itself: then the wait ends, unless it recovers all the same within
   * the time a try takes. Asked only with what the operator said during this wait. Default: never
   */
  readonly isFinal?: (report: WaitReport) => boolean
  /**
   * Whether a required one that fails waits for what somebody has to bring. The wait ends, as above, once every
   * one that has not arrived does. Asked only with what the operator said during this wait. Default: never
   */
  readonly isHeldBack?: (report: WaitReport) => boolean
  /** What was there before the operator was told to read again: none of it counts. */
  readonly before?: Before | undefined
  /** How long a try that has begun before may take to be reported. Default: 3,000 */
  readonly settleMs?: number
  /** Called when the connection to the cluster is lost, and is tried again. */
  readonly onLost?: (error: unknown) => void
}

/**
 * Waits until all are synced, or the time limit has passed. Uses watches: a change is seen when it happens.
 *
 * @returns the last seen state of each, in the given order; the caller decides what an unsynced one means.
 * @throws KubernetesError, or ProblemError `CLUSTER_UNREACHABLE`, when the cluster can't be asked at first or is out of
 *   reach when time is up; the signal's reason when aborted.
 */
export async function waitForSync(
  client: Pick<ClusterReader, 'get' | 'list' | 'watch'>,
  wanted: readonly WantedSync[],
  { timeoutMs = 60_000, signal, onChange, onLost, isFinal, isHeldBack, before, settleMs = 3_000 }: WaitOptions = {},
): Promise<readonly WaitReport[]> {
  signal?.throwIfAborted()
  const stop = new AbortController()
  using either = firstOf(stop.signal, signal)
  const both = either.signal
  let isOver = false
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.min(timeoutMs, longestTimer))
  }).then(() => {
    isOver = true
  })
  const targets = wanted.filter(({ expected }) => expected !== undefined)
  const view = openSyncView(client, wanted, { signal: both, targets, before })
  const tell = changesTo(onChange)
  let wasLost = false
  let settling: { isOver: boolean; readonly ended: Promise<void> } | undefined
  try {
    await Promise.race([view.ready, view.failure])
    for (;;) {
      const changed = view.changed()
      const error = view.lost()
      if (error !== undefined && !wasLost) onLost?.(error)
      wasLost = error !== undefined
      const reports = await Promise.all(wanted.map((one) => withNamespace(client, reportOf(view, one, before), both)))
      tell(reports)
      const open = reports.filter((report, index) => !isThere(report, wanted[index]))
      if (open.length === 0) return reports
      if (isOver && wasLost) throw error
      const isRefused =
        reports.some((report, index) => !wanted[index]?.isOptional && isNewsOrLasts(report) && isFinal?.(report)) ||
        open.every((report) => isNewsOrLasts(report) && isHeldBack?.(report))
      if (isOver || (isRefused && settling?.isOver)) return reports
      settling = isRefused ? (settling ?? countDown(settleMs, both)) : undefined
      await Promise.race([changed, deadline, view.failure, ...(settling ? [settling.ended] : [])])
    }
  } finally {
    clearTimeout(timer)
    stop.abort()
  }
}

// --- internal ---

/** Longer timers of Node fire at once. */
const longestTimer = 2 ** 31 - 1

/** Ends when the time has passed, or the wait. */
function countDown(ms: number, signal: AbortSignal) {
  const count = {
    isOver: false,
    ended: pause(ms, signal).then(
      () => {
        count.isOver = true
      },
      () => undefined,
    ),
  }
  return count
}

/** An optional one may be absent or fail, but must not differ from the catalogue. */
function isThere({ state, obstacle }: WaitReport, { isOptional = false }: Partial<WantedSync> = {}): boolean {
  return state === 'synced' || (isOptional && obstacle !== 'outdated')
}

/** An old message of the operator may have been overtaken; the type of a Secret stays. */
function isNewsOrLasts({ isNews, obstacle }: WaitReport): boolean {
  return isNews === true || obstacle === 'type-differs'
}

function reportOf(
  view: SyncView,
  { namespace, name, expected, spec, isOptional = false }: WantedSync,
  before: Before | undefined,
): WaitReport {
  const ref = { namespace, name }
  const object = view.externalSecret(ref)
  if (object === 'kind-absent') {
    const message = 'the cluster lacks the kind ExternalSecret of external-secrets.io/v1'
    return { ref, state: 'pending', message, obstacle: 'kind-absent' }
  }
  const { state, message } = syncState(object)
  if (!object) return { ref, state, message, obstacle: 'absent' }
  const target = expected ? view.target(ref) : undefined
  const seen = { ref, ...timesOf(object, target) }
  const fields = spec ? specChanges(object, spec) : []
  if (fields.length > 0) return { ...seen, state: 'pending', message: outdated(fields), obstacle: 'outdated', fields }
  const otherType = expected && typeof target === 'object' && target.type !== expected.type ? target.type : undefined
  if (otherType !== undefined) {
    const message = `the target Secret is of type ${otherType} and not ${expected?.type}, which Kubernetes never changes`
    return { ...seen, state: 'failed', message, obstacle: 'type-differs' }
  }
  if (state === 'failed') {
    const news = view.newWarning(ref)
    return { ...seen, state, message: view.warning(ref) ?? message, ...(news === undefined ? {} : { isNews: true }) }
  }
  if (state === 'synced' && !isOptional && before?.syncs.has(syncOf(object) ?? ''))
    return { ...seen, state: 'pending', message: 'the operator has not read Scaleway again yet' }
  if (state !== 'synced' || !expected) return { ...seen, state, message }
  if (target === 'unreadable') return { ...seen, state, message, keys: target }
  const differing = target && keyDifference(expected, target.keys)
  if (isOptional) return { ...seen, state, message, ...(differing ? { keys: differing } : {}) }
  if (target && !differing) return { ...seen, state, message }
  return {
    ...seen,
    state: 'failed',
    message: differing ? `the target Secret ${described(differing)}` : 'the target Secret does not exist',
    obstacle: 'target-differs',
    ...(differing ? { keys: differing } : {}),
  }
}

function timesOf({ status }: ExternalSecretObject, target: ReturnType<SyncView['target']>) {
  const refreshed = Date.parse(status?.refreshTime ?? '')
  const { changedAt, certificates } = typeof target === 'object' ? target : {}
  return {
    ...(Number.isNaN(refreshed) ? {} : { refreshedAt: new Date(refreshed) }),
    ...(changedAt ? { changedAt } : {}),
    ...(certificates ? { certificates } : {}),
  }
}

function outdated(fields: readonly FieldChange[]): string {
  return `it differs in the cluster from the catalogue: ${shortList(fields.map(fieldChangeText))}`
}

function described({ missing, unexpected }: Difference): string {
  const lacks = missing.length > 0 ? [`lacks ${shortList(missing)}`] : []
  const holds = unexpected.length > 0 ? [`holds ${shortList(unexpected)}, which is not catalogued`] : []
  return [...lacks, ...holds].join(' and ')
}

/** A namespace is read only where an ExternalSecret is absent; without the right to see it only the latter is reported. */
async function withNamespace(
  client: Pick<ClusterReader, 'get'>,
  report: WaitReport,
  signal: AbortSignal,
): Promise<WaitReport> {
  if (report.obstacle !== 'absent') return report
  const state = await client.get<KubernetesObject>(kinds.namespace, { name: report.ref.namespace }, signal).then(
    (namespace) => (namespace === undefined ? 'absent' : namespace.metadata.deletionTimestamp ? 'ending' : 'there'),
    () => 'there',
  )
  if (state === 'absent') return { ...report, message: 'its namespace does not exist', obstacle: 'namespace-absent' }
  if (state === 'ending') return { ...report, message: 'its namespace is being deleted', obstacle: 'namespace-ending' }
  return report
}

/** Passes on each report that differs from the last one of the same object. */
function changesTo(onChange: WaitOptions['onChange']): (reports: readonly WaitReport[]) => void {
  const seen = new Map<string, string>()
  return (reports) => {
    for (const report of reports) {
      const key = `${report.ref.namespace}/${report.ref.name}`
      const now = JSON.stringify(report)
      if (seen.get(key) !== now) onChange?.(report)
      seen.set(key, now)
    }
  }
}

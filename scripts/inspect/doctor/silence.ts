import type { ExternalSecretObject } from '../../cluster/external-secrets.ts'
import { describeObject, kinds, type ObjectMeta, type WithConditions } from '../../kubernetes/kinds.ts'
import { age } from '../../lib/age.ts'
import { durationSeconds } from '../../model/duration.ts'
import { longestPauseMs, timeText } from './backoff.ts'
import { isSeen, seenOr } from './fact.ts'
import { isFrozen } from './frozen.ts'
import type { ClusterFacts } from './observe/cluster.ts'
import type { ExternalSecretFacts, TierFacts } from './observe/tier.ts'

/** Something the operator should have done by now but has not. */
export interface Silence {
  readonly place: string
  readonly evidence: string
  readonly externalSecret?: ExternalSecretFacts
}

/** What waits for the operator longer than it should. Pure. */
export function silences({ tiers }: ClusterFacts, now: Date): Silence[] {
  return tiers.flatMap((facts) => [
    ...storeSilence(facts, now),
    ...seenOr(facts.externalSecrets, []).flatMap((one) => externalSecretSilence(facts, one, now)),
  ])
}

/** When the operator was last active in this cluster. */
export function lastSign({ tiers }: ClusterFacts): Date | undefined {
  const times = tiers.flatMap(({ store, externalSecrets, events }) => [
    ...seenOr(events, []).map(({ lastTimestamp, eventTime }) => lastTimestamp ?? eventTime),
    ...transitions(isSeen(store) ? store.value.object : undefined),
    ...seenOr(externalSecrets, []).flatMap(({ object }) => [object?.status?.refreshTime, ...transitions(object)]),
  ])
  const known = times.map((time) => Date.parse(time ?? '')).filter((time) => !Number.isNaN(time))
  return known.length > 0 ? new Date(Math.max(...known)) : undefined
}

// --- internal ---

/** Long enough for a busy operator to process a new object. */
const graceMs = 30_000
const failedSilenceMs = 2 * longestPauseMs + 60_000

function storeSilence({ tier, store }: TierFacts, now: Date): Silence[] {
  const object = isSeen(store) ? store.value.object : undefined
  if (!object || transitions(object).length > 0) return []
  const place = describeObject(kinds.secretStore, { namespace: tier.namespace, name: tier.secretStore })
  return since(object.metadata.creationTimestamp, graceMs, now, place, 'has no condition')
}

function externalSecretSilence(facts: TierFacts, one: ExternalSecretFacts, now: Date): Silence[] {
  const { object, ref, sync, warning } = one
  if (!object || object.metadata.deletionTimestamp !== undefined || isFrozen(object)) return []
  const place = describeObject(kinds.externalSecret, ref)
  const of = (time: string | undefined, afterMs: number, fact: string) =>
    since(time, afterMs, now, place, fact).map((silence) => ({ ...silence, externalSecret: one }))
  const [transition] = transitions(object)
  if (transition === undefined) return of(object.metadata.creationTimestamp, graceMs, 'has no condition')
  if (sync.state === 'failed') {
    if (!isSeen(facts.events)) return []
    const last = Math.max(warning?.at.getTime() ?? 0, Date.parse(transition))
    return of(new Date(last).toISOString(), failedSilenceMs, 'fails, and was not tried again')
  }
  if (sync.state === 'pending') return of(changedAt(object), graceMs, 'is synced in an older version')
  const intervalMs = intervalOf(object)
  const { refreshTime } = object.status ?? {}
  return intervalMs === undefined ? [] : of(refreshTime, Math.max(2 * intervalMs, graceMs), 'was not read again')
}

function since(time: string | undefined, afterMs: number, now: Date, place: string, fact: string): Silence[] {
  const from = Date.parse(time ?? '')
  const passedMs = now.getTime() - from
  if (Number.isNaN(from) || passedMs <= afterMs) return []
  return [{ place, evidence: `${place} ${fact} since ${timeText(new Date(from))}, ${age(passedMs)} ago` }]
}

function transitions(object: WithConditions | undefined): (string | undefined)[] {
  return (object?.status?.conditions ?? []).map(({ lastTransitionTime }) => lastTransitionTime)
}

/** When the spec was last changed; the API server records it for each writer. */
function changedAt({ metadata }: ExternalSecretObject): string | undefined {
  const times = ((metadata as ObjectMeta).managedFields ?? [])
    .filter(({ fieldsV1 }) => fieldsV1 !== undefined && 'f:spec' in fieldsV1)
    .flatMap(({ time }) => time ?? [])
  return times.sort().at(-1)
}

function intervalOf({ spec }: ExternalSecretObject): number | undefined {
  const seconds = durationSeconds(String(spec?.refreshInterval ?? '1h'))
  return seconds === undefined || seconds === 0 ? undefined : 1000 * seconds
}

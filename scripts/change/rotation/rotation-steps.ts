import { shortList } from '../../lib/short-list.ts'
import { placeOf } from '../../model/remote-secret.ts'
import type { RotationUnit } from '../../model/rotation-unit.ts'
import { targetsWith } from './deliver.ts'
import type { ConsumerPlan } from './plan-readers.ts'
import type { Preparation } from './prepare.ts'
import { leftAlone } from './restart-readers.ts'
import { placeIn } from './rotated-remotes.ts'
import { type Phase, phases, type RotatedRemote, type RotationState } from './rotation-state.ts'

export interface StepOptions {
  /** False: the workloads are not restarted. */
  readonly restart: boolean
  /** Whether a probe was given. */
  readonly probe: boolean
  /** False: the old versions are disabled at once. */
  readonly overlap: boolean
  /** How long restarts are waited for, as a duration. */
  readonly timeout: string
}

/** What a run would do now, one line per step. Pure, and without a value. */
export function rotationSteps(unit: RotationUnit, preparation: Preparation, options: StepOptions): string[] {
  const { seen, kind, consumers } = preparation
  if (kind === 'same') return []
  if (seen?.phase === 'returning') return returnSteps(unit, seen, consumers, options)
  const phase = kind === 'begin' || !seen ? 'adding' : seen.phase
  const isAhead = (step: Phase) => phases.indexOf(phase) <= phases.indexOf(step)
  return [
    ...(kind === 'begin' && seen ? finishSteps(unit, seen) : []),
    ...(isAhead('adding') ? additions(preparation) : []),
    ...(isAhead('added') ? [delivery(unit, 'new')] : []),
    ...(isAhead('delivered') ? restarts(consumers, options) : []),
    ...(isAhead('restarted') && options.probe ? ['run the probe, and go back to the old version if it fails'] : []),
    ...retirement(unit, preparation, options),
  ]
}

/** What `--finish` would do. */
export function finishSteps(unit: RotationUnit, { remotes }: RotationState): string[] {
  return remotes.map((remote) => {
    return `delete ${versions(remote.earlier)} of ${placeIn({ unit }, remote)}, which the last rotation disabled`
  })
}

/** What `--abort` would do. */
export function returnSteps(
  unit: RotationUnit,
  { remotes }: RotationState,
  consumers: readonly ConsumerPlan[],
  options: Pick<StepOptions, 'restart' | 'timeout'>,
): string[] {
  return [
    ...remotes.map((remote) => {
      const place = placeIn({ unit }, remote)
      const added = remote.added === undefined ? 'what was added' : `version ${remote.added}`
      return `enable ${versions(remote.earlier)} of ${place} where it is disabled, then disable ${added}`
    }),
    delivery(unit, 'old'),
    ...restarts(consumers, options),
  ]
}

// --- internal ---

function additions({ work, generated }: Preparation): string[] {
  return work.map(({ remote }) => {
    const made = remote.specs.filter((spec) => generated.includes(spec)).map(({ variable }) => variable)
    const how = made.length > 0 ? `, with ${shortList(made)} generated` : ''
    return `add a version to ${placeOf(remote)}${how}`
  })
}

function delivery(unit: RotationUnit, side: 'new' | 'old'): string {
  const targets = targetsWith(
    unit,
    unit.entries.map(({ spec }) => spec),
  )
  return `have ${shortList(targets.map(({ target }) => target.name))} refreshed, and compare it with the ${side} version`
}

function restarts(consumers: readonly ConsumerPlan[], { restart, timeout }: Pick<StepOptions, 'restart' | 'timeout'>) {
  if (!restart) return ['do not restart the workloads']
  const named = (action: ConsumerPlan['action']) =>
    consumers.filter((one) => one.action === action).map(({ label }) => label)
  const [restarted, byReloader, ending, stuck] = [named('restart'), named('reloader'), named('end'), named('stuck')]
  return [
    ...(restarted.length > 0
      ? [`restart ${shortList(restarted)}, and wait up to ${timeout} until they are ready`]
      : []),
    ...(byReloader.length > 0 ? [`wait up to ${timeout} until Reloader has restarted ${shortList(byReloader)}`] : []),
    ...(ending.length > 0 ? [`wait up to ${timeout} until the running pods of ${shortList(ending)} have ended`] : []),
    ...(stuck.length > 0 ? [`stop as long as nobody has replaced the pods of ${shortList(stuck)}`] : []),
    ...leftAlone(consumers).map(({ names, reason }) => `do not restart ${names}: ${reason}`),
  ]
}

function retirement(unit: RotationUnit, { seen, kind, work }: Preparation, { overlap }: StepOptions): string[] {
  const begun = kind === 'begin' ? [] : (seen?.remotes ?? [])
  const planned = work.map(({ tier, remote, found }): Omit<RotatedRemote, 'id'> => {
    const enabled = (found?.versions ?? []).filter(({ status }) => status === 'enabled')
    return { tier: tier.name, name: remote.name, earlier: enabled.map(({ revision }) => revision) }
  })
  const remotes = begun.length > 0 ? begun : planned
  const old = remotes.map((remote) => `${versions(remote.earlier)} of ${placeIn({ unit }, remote)}`)
  const begins = kind !== 'begin' && seen?.phase === 'proved' ? Date.parse(seen.since) : Date.now()
  const until = new Date(begins + unit.overlapMs)
  if (!overlap || until.getTime() <= Date.now()) return [`disable ${old.join(', ')}`]
  return [`keep ${old.join(', ')} enabled until ${until.toISOString()}; the same command again disables it then`]
}

function versions(revisions: readonly number[]): string {
  return `${revisions.length === 1 ? 'version' : 'versions'} ${revisions.join(', ')}`
}

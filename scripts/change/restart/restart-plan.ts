import { isReloaded, reloaderPatch } from '../../cluster/reloader.ts'
import { isRolling, type RollingRef } from '../../cluster/rollout.ts'
import type { ConsumerState } from '../../inspect/survey/cluster-survey.ts'
import { shortList } from '../../lib/short-list.ts'
import { type Consumer, consumersOf } from '../../model/consumers.ts'
import { reloaderAnnotations } from '../../model/names.ts'
import { specsOf, type TierModel } from '../../model/resolve.ts'
import type { RestartMode, WorkloadKind } from '../../model/types.ts'
import type { RestartState } from './look.ts'
import { checksumAnnotation, checksums, isOutdated, type ReadTarget, targetsOf } from './targets.ts'

/**
 * `restart`: its pod template is changed. `annotate`: it is annotated for Reloader, and nothing restarts. `wait`: its
 * restart is in progress, or left to Reloader. `none`: nothing to do.
 */
export type RestartAction = 'restart' | 'annotate' | 'wait' | 'none'

/** What is done to one workload of the catalogue, and why. */
export interface RestartRow {
  readonly tier: TierModel
  readonly namespace: string
  readonly kind: WorkloadKind
  readonly name: string
  readonly action: RestartAction
  /** Without a final period. */
  readonly reason: string
  /** JSON merge patch of the workload. */
  readonly patch?: object
}

/** A workload whose pods are replaced, and its tier. */
export interface RollingWorkload extends RollingRef {
  readonly tier: TierModel
}

/** What every workload needs, so that it reads what its targets hold now. Pure: the same cluster gives the same plan. */
export function planRestart(mode: RestartMode | undefined, views: readonly RestartState[]): RestartRow[] {
  return views.flatMap((view) => {
    const { tier, consumers, targets } = view
    return consumersOf(tier, [...targets.keys()].flatMap(specsOf)).map((consumer): RestartRow => {
      const row = { tier, namespace: tier.namespace, ...consumer }
      const seen = consumers.get(consumer.name)
      if (!seen?.template) return { ...row, action: 'none', reason: 'it is not in the cluster' }
      if (!isRolling(consumer.kind)) return { ...row, action: 'none', reason: reasonOf(consumer) }
      return { ...row, ...planners[mode ?? 'outdated'](consumer, seen, targetsOf(consumer, view)) }
    })
  })
}

/** The workloads of a plan whose pods are to be replaced, whoever does it. */
export function rollingWorkloads(rows: readonly RestartRow[]): RollingWorkload[] {
  return rows
    .filter(({ action }) => action === 'restart' || action === 'wait')
    .flatMap(({ tier, namespace, name, kind }) => (isRolling(kind) ? [{ tier, namespace, name, kind }] : []))
}

/** The annotation `kubectl rollout restart` writes too. */
export const restartedAt = 'kubectl.kubernetes.io/restartedAt'

// --- internal ---

type Decision = Pick<RestartRow, 'action' | 'reason' | 'patch'>
type Planner = (consumer: Consumer, seen: ConsumerState, targets: readonly ReadTarget[]) => Decision

const planners: Readonly<Record<RestartMode | 'outdated', Planner>> = {
  outdated: planOutdated,
  checksum: planChecksum,
  reloader: planReloader,
}

/** The time of the change and not the current time, so that the same plan carried out twice restarts once. */
function planOutdated(consumer: Consumer, seen: ConsumerState, targets: readonly ReadTarget[]): Decision {
  const old = targets.filter((one) => isOutdated(consumer, seen, [one]))
  if (old.length === 0) return { action: 'none', reason: 'all pods started after the last change' }
  const changedAt = latest(old)
  const reason = `pods started before ${names(old)} changed`
  const before = Date.parse(seen.template?.podAnnotations[restartedAt] ?? '')
  if (before >= Date.parse(changedAt)) return { action: 'wait', reason: `${reason}, and are being replaced` }
  return { action: 'restart', reason, patch: templatePatch({ [restartedAt]: changedAt }) }
}

function planChecksum(consumer: Consumer, seen: ConsumerState, targets: readonly ReadTarget[]): Decision {
  const { podAnnotations = {} } = seen.template ?? {}
  const differing = targets.filter(({ target, view }) => podAnnotations[checksumAnnotation(target)] !== view.version)
  if (differing.length > 0) {
    const reason = `its pod template has an old checksum of ${names(differing)}`
    return { action: 'restart', reason, patch: templatePatch(checksums(targets)) }
  }
  if (isOutdated(consumer, seen, targets)) return { action: 'wait', reason: 'its pods are being replaced' }
  return { action: 'none', reason: 'its pod template has the current checksums' }
}

/** Reloader does not restart a workload for a change it saw before it knew the workload. */
function planReloader(consumer: Consumer, seen: ConsumerState, targets: readonly ReadTarget[]): Decision {
  const { template } = seen
  const read = targets.filter(({ target }) => template?.secrets.some(({ secret }) => secret === target.name))
  if (!template || read.length === 0) return { action: 'none', reason: 'it reads no target' }
  const unknown = read.filter(({ target, view }) => !isReloaded(template, target.name, view.isMarked))
  const old = read.filter((one) => isOutdated(consumer, seen, [one]))
  if (unknown.length === 0 && old.length === 0) return { action: 'none', reason: 'Reloader restarts it when needed' }
  if (unknown.length === 0) return { action: 'wait', reason: `Reloader has not yet restarted it for ${names(old)}` }
  const unlisted = unknown.filter(({ target }) => !isReloaded(template, target.name))
  const reason = `Reloader does not restart it for ${names(unknown)}`
  if (unlisted.length === 0) return planUnmarked(reason, seen, unknown, old)
  const annotated = { ...template, annotations: { ...template.annotations, ...reloaderPatch.metadata.annotations } }
  if (!unlisted.every(({ target }) => isReloaded(annotated, target.name)))
    return { action: 'none', reason: `${reason}, because an annotation of the workload excludes it` }
  if (old.length === 0) return { action: 'annotate', reason, patch: reloaderPatch }
  const patch = { ...reloaderPatch, ...templatePatch({ [restartedAt]: latest(old) }) }
  return { action: 'restart', reason: `${reason}, and its pods started before ${names(old)} changed`, patch }
}

/** Nothing is wrong with the workload: its target lacks an annotation that a deployment adds, and until then it is not restarted. */
function planUnmarked(
  begin: string,
  { template }: ConsumerState,
  unmarked: readonly ReadTarget[],
  old: readonly ReadTarget[],
): Decision {
  const lacks = `${begin}, which ${unmarked.length === 1 ? 'lacks' : 'lack'} ${reloaderAnnotations.match}`
  if (old.length === 0) return { action: 'none', reason: lacks }
  const changedAt = latest(old)
  const reason = `${lacks}, and its pods started before ${names(old)} changed`
  const before = Date.parse(template?.podAnnotations[restartedAt] ?? '')
  if (before >= Date.parse(changedAt)) return { action: 'wait', reason: `${reason}, and are being replaced` }
  return { action: 'restart', reason, patch: templatePatch({ [restartedAt]: changedAt }) }
}

function reasonOf({ kind }: Consumer): string {
  return kind === 'CronJob' ? 'its next run reads the current values' : 'it runs once'
}

function templatePatch(annotations: Readonly<Record<string, string>>): object {
  return { spec: { template: { metadata: { annotations } } } }
}

function names(targets: readonly ReadTarget[]): string {
  return shortList(targets.map(({ target }) => target.name))
}

function latest(targets: readonly ReadTarget[]): string {
  return new Date(Math.max(...targets.map(({ view }) => view.changedAt?.getTime() ?? 0))).toISOString()
}

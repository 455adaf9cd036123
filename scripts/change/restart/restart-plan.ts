import { namesSecret } from '../../cluster/pod-outline.ts'
import { isReloaded, reloaderPatch } from '../../cluster/reloader.ts'
import { isRolling, type RollingRef } from '../../cluster/rollout.ts'
import { type Kind, kinds } from '../../kubernetes/kinds.ts'
import { shortList } from '../../lib/short-list.ts'
import { reloaderAnnotations } from '../../model/names.ts'
import type { TierModel } from '../../model/resolve.ts'
import type { RestartMode } from '../../model/types.ts'
import { checksumAnnotation, checksums } from './checksums.ts'
import type { RestartState } from './look.ts'
import { type FoundReader, isOutdated, type Reader, type ReadTarget, readersOf } from './reading-workloads.ts'
import { stayingReason } from './staying.ts'

/**
 * `restart`: its pod template is changed. `annotate`: it is annotated for Reloader, and nothing restarts. `wait`: its
 * restart is in progress, or left to Reloader. `stuck`: it has older values, and nothing but a person replaces its pods.
 * `none`: nothing to do.
 */
export type RestartAction = 'restart' | 'annotate' | 'wait' | 'stuck' | 'none'

/** What is done to one workload, and why. */
export interface RestartRow {
  readonly tier: TierModel
  readonly namespace: string
  readonly kind: string
  /** The same, as the client needs it; undefined: it is not in the cluster. */
  readonly resource: Kind | undefined
  readonly name: string
  readonly isCatalogued: boolean
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
  return views.flatMap(readersOf).map((reader): RestartRow => {
    const { tier, kind, name, isCatalogued, seen, targets } = reader
    const resource = seen.template?.resource
    const row = { tier, namespace: tier.namespace, kind, name, isCatalogued, resource }
    if (!isFound(reader)) return { ...row, action: 'none', reason: 'it is not in the cluster' }
    const reason = stayingReason(reader.seen.template)
    if (isRolling(reader.seen.template.resource)) return { ...row, ...planners[mode ?? 'outdated'](reader) }
    const isStuck = kind !== kinds.job.kind && isOutdated(reader, targets)
    return { ...row, action: isStuck ? 'stuck' : 'none', reason }
  })
}

/** The workloads of a plan whose pods are to be replaced, whoever does it. */
export function rollingWorkloads(rows: readonly RestartRow[]): RollingWorkload[] {
  return rows
    .filter(({ action }) => action === 'restart' || action === 'wait')
    .flatMap(({ tier, namespace, name, kind, resource }) => {
      return resource && isRolling(resource) ? [{ tier, namespace, name, kind, resource }] : []
    })
}

/** The annotation `kubectl rollout restart` writes too. */
export const restartedAt = 'kubectl.kubernetes.io/restartedAt'

// --- internal ---

type Decision = Pick<RestartRow, 'action' | 'reason' | 'patch'>
type Planner = (reader: FoundReader) => Decision

const planners: Readonly<Record<RestartMode | 'outdated', Planner>> = {
  outdated: planOutdated,
  checksum: planChecksum,
  reloader: planReloader,
}

/** The time of the change and not the current time, so that the same plan carried out twice restarts once. */
function planOutdated(reader: FoundReader): Decision {
  const { seen, targets } = reader
  const old = targets.filter((one) => isOutdated(reader, [one]))
  if (old.length === 0) return { action: 'none', reason: 'all pods started after the last change' }
  const changedAt = latest(old)
  const reason = `pods started before ${names(old)} changed`
  const before = Date.parse(seen.template.podAnnotations[restartedAt] ?? '')
  if (before >= Date.parse(changedAt)) return { action: 'wait', reason: `${reason}, and are being replaced` }
  return { action: 'restart', reason, patch: templatePatch({ [restartedAt]: changedAt }) }
}

function planChecksum(reader: FoundReader): Decision {
  const { seen, targets } = reader
  const { podAnnotations } = seen.template
  const differing = targets.filter(({ target, view }) => podAnnotations[checksumAnnotation(target)] !== view.version)
  if (differing.length > 0) {
    const reason = `its pod template has an old checksum of ${names(differing)}`
    return { action: 'restart', reason, patch: templatePatch(checksums(targets)) }
  }
  if (isOutdated(reader, targets)) return { action: 'wait', reason: 'its pods are being replaced' }
  return { action: 'none', reason: 'its pod template has the current checksums' }
}

/** Reloader does not restart a workload for a change it saw before it knew the workload. */
function planReloader(reader: FoundReader): Decision {
  const { seen, targets } = reader
  const { template } = seen
  const read = targets.filter(({ target }) => namesSecret(template.outline, target.name))
  if (read.length === 0) return { action: 'none', reason: 'it reads no target' }
  const unknown = read.filter(({ target, view }) => !isReloaded(template, target.name, view.isMarked))
  const old = read.filter((one) => isOutdated(reader, [one]))
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
  { template }: FoundReader['seen'],
  unmarked: readonly ReadTarget[],
  old: readonly ReadTarget[],
): Decision {
  const lacks = `${begin}, which ${unmarked.length === 1 ? 'lacks' : 'lack'} ${reloaderAnnotations.match}`
  if (old.length === 0) return { action: 'none', reason: lacks }
  const changedAt = latest(old)
  const reason = `${lacks}, and its pods started before ${names(old)} changed`
  const before = Date.parse(template.podAnnotations[restartedAt] ?? '')
  if (before >= Date.parse(changedAt)) return { action: 'wait', reason: `${reason}, and are being replaced` }
  return { action: 'restart', reason, patch: templatePatch({ [restartedAt]: changedAt }) }
}

function isFound(reader: Reader): reader is FoundReader {
  return reader.seen.template !== undefined
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

import { keyReads } from '../../cluster/key-reads.ts'
import { namesSecret } from '../../cluster/pod-outline.ts'
import type { PodTemplate } from '../../cluster/pod-templates.ts'
import { isReloaded } from '../../cluster/reloader.ts'
import { isRolling, obstacleOf, type RollingObject } from '../../cluster/rollout.ts'
import { outdatedPods } from '../../inspect/survey/outdated.ts'
import { type ConsumerState, readReaders, type TierReader, tierReaders } from '../../inspect/survey/readers.ts'
import { isForbidden } from '../../kubernetes/errors.ts'
import { describeObject, type Kind, kinds } from '../../kubernetes/kinds.ts'
import { commandLine } from '../../lib/command-line.ts'
import { type Problem, ProblemError } from '../../lib/problems.ts'
import { specsOf, type TierModel } from '../../model/resolve.ts'
import type { SecretSpec } from '../../model/types.ts'
import { workloadsUnreadable } from '../restart/look.ts'
import { readerText } from '../restart/reading-workloads.ts'
import { readerStays } from '../restart/staying.ts'
import type { RotationContext } from './rotation-context.ts'

/** What a rotation does with a workload that reads one of its values. */
export interface ConsumerPlan {
  readonly tier: TierModel
  readonly kind: string
  /** The same, as the client needs it; undefined: it is not in the cluster. */
  readonly resource?: Kind
  readonly name: string
  readonly isCatalogued: boolean
  /** As a person reads it; with its namespace where the rotation is about several. */
  readonly label: string
  /** `end`: it has pods that nothing replaces, and that end by themselves. `stuck`: pods that do not end either. */
  readonly action: 'restart' | 'reloader' | 'end' | 'stuck' | 'none'
  /** Without a final period; empty when it is restarted. */
  readonly reason: string
  /** What would keep its restart from coming to an end. */
  readonly obstacle?: Problem
}

/**
 * Every workload that reads these entries according to the catalogue, and whatever else gets one of them: also a workload
 * that gets more than it reads according to the catalogue.
 *
 * @throws ProblemError `WORKLOADS_UNREADABLE`
 */
export async function readersOf(
  context: Pick<RotationContext, 'client' | 'unit' | 'signal'>,
  specs: readonly SecretSpec[],
): Promise<TierReader[]> {
  return (await Promise.all(context.unit.tiers.map((tier) => readersIn(context, tier, specs)))).flat()
}

/**
 * What to do with every reader of these entries.
 *
 * @param since containers that have started since then have the values to come. Default: none has
 * @throws ProblemError `WORKLOADS_UNREADABLE`
 */
export async function planConsumers(
  context: RotationContext,
  specs: readonly SecretSpec[],
  since?: Date,
): Promise<ConsumerPlan[]> {
  const readers = await readersOf(context, specs)
  return Promise.all(readers.map((reader) => planReader(context, reader, specs, since)))
}

/** Whether pods have a container that keeps what it read of these entries before a time. Pure. */
export function keepsOld(
  tier: TierModel,
  seen: Pick<ConsumerState, 'pods' | 'known'>,
  specs: readonly SecretSpec[],
  since: Date,
): boolean {
  return tier.externalSecrets.some((target) => outdatedPods(seen, target, since, (spec) => specs.includes(spec)))
}

// --- internal ---

async function readersIn(
  { client, signal }: Pick<RotationContext, 'client' | 'signal'>,
  tier: TierModel,
  specs: readonly SecretSpec[],
): Promise<TierReader[]> {
  const readers = await readReaders(client, tier, signal).catch((error: unknown) => {
    throw isForbidden(error) ? new ProblemError(workloadsUnreadable(tier)) : error
  })
  return tierReaders(tier, readers).filter(({ reads }) => specs.some((spec) => reads(spec)))
}

/** Later than every start of a container. */
const endOfTime = new Date(8.64e15)

async function planReader(
  { client, unit, model, signal }: RotationContext,
  { tier, kind, name, isCatalogued, seen }: TierReader,
  specs: readonly SecretSpec[],
  since: Date = endOfTime,
): Promise<ConsumerPlan> {
  const { namespace } = tier
  const { template, pods, runs = [], known } = seen
  const place = unit.tiers.length === 1 ? name : `${namespace}/${name}`
  const plan = { tier, kind, name, isCatalogued, label: readerText({ kind, name: place, isCatalogued }), reason: '' }
  const none = (reason: string): ConsumerPlan => ({ ...plan, action: 'none', reason })
  if (!template) return none('not in the cluster')
  const { resource } = template
  if (kind === kinds.cronJob.kind || kind === kinds.job.kind) {
    if (keepsOld(tier, { pods: runs, known }, specs, since))
      return { ...plan, resource, action: 'end', reason: 'nothing restarts its pods, which are running' }
    if (kind === kinds.cronJob.kind) return none('the next run reads the current values')
    return none('Jobs are not restarted; let them end, or create them again')
  }
  if (!isRolling(resource)) {
    if (!keepsOld(tier, seen, specs, since)) return none(whyNone(seen))
    const obstacle = readerStays(namespace, template, otherwise)
    return { ...plan, resource, action: 'stuck', reason: 'nothing replaces its pods', obstacle }
  }
  if (!isCatalogued && pods.length === 0) return none('it has no pods')
  const object = await client.get<RollingObject>(resource, { namespace, name }, signal)
  if (!object) return none('not in the cluster')
  const where = describeObject(template, { namespace, name })
  if (model.restart === 'reloader') {
    return { ...planReloaded(plan, where, { tier, template, specs, environment: model.environment }), resource }
  }
  const held = obstacleOf(resource, object)
  if (held === undefined) return { ...plan, resource, action: 'restart' }
  const message = `${held}, so that a changed pod template does not replace its pods. Expected a workload whose pods are replaced.`
  const fix = 'Change this setting, or rotate with --no-restart and replace the pods yourself.'
  return { ...plan, resource, action: 'restart', obstacle: { code: 'CONSUMER_HELD', where, message, fix } }
}

const otherwise = ' Or rotate with --no-restart, and restart it yourself.'

function whyNone({ template, known }: ConsumerState): string {
  const reads = template ? keyReads(template.outline, known) : []
  const isFresh = reads.length > 0 && reads.every(({ isFixedAtStart }) => !isFixedAtStart)
  return isFresh ? 'its files follow the Secret' : 'no container of it has older values'
}

interface ReloadedReader {
  readonly tier: TierModel
  readonly template: PodTemplate
  readonly specs: readonly SecretSpec[]
  readonly environment: string
}

function planReloaded(
  plan: Omit<ConsumerPlan, 'action'>,
  where: string,
  { tier, template, specs, environment }: ReloadedReader,
): ConsumerPlan {
  const targets = tier.externalSecrets.filter((target) => specsOf(target).some((spec) => specs.includes(spec)))
  const read = targets.filter((target) => namesSecret(template.outline, target.name))
  if (read.length === 0) return { ...plan, action: 'none', reason: 'reads no target' }
  if (read.every((target) => isReloaded(template, target.name))) return { ...plan, action: 'reloader' }
  const obstacle = {
    code: 'CONSUMER_UNKNOWN_TO_RELOADER',
    where,
    message: 'has no annotation that lets Reloader restart it when its target changes. Expected one.',
    fix: `Run \`${commandLine`restart --environment ${environment}`}\`, or rotate with --no-restart.`,
  }
  return { ...plan, action: 'reloader', obstacle }
}

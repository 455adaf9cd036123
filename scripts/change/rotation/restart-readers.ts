import { isReloaded } from '../../cluster/reloader.ts'
import { annotateTemplate, isRolling, obstacleOf, type RollingObject, rollingKind } from '../../cluster/rollout.ts'
import { commandLine } from '../../lib/command-line.ts'
import { groupBy } from '../../lib/group.ts'
import { type Problem, ProblemError } from '../../lib/problems.ts'
import { shortList } from '../../lib/short-list.ts'
import { type Consumer, consumersOf } from '../../model/consumers.ts'
import { externalSecrets, specsOf } from '../../model/resolve.ts'
import type { SecretSpec } from '../../model/types.ts'
import { awaitReloader, awaitRollouts } from '../restart/await.ts'
import { lookAtConsumers, type RestartSight } from '../restart/look.ts'
import { type RollingWorkload, restartedAt } from '../restart/restart-plan.ts'
import { checksums, targetsOf } from '../restart/targets.ts'
import type { RotationContext } from './rotation-context.ts'
import type { RotationState } from './rotation-state.ts'

/** What a rotation does about a workload that reads one of its values. */
export interface ConsumerPlan {
  readonly kind: Consumer['kind']
  readonly name: string
  readonly action: 'restart' | 'reloader' | 'none'
  /** Without a final period; empty when it is restarted. */
  readonly reason: string
  /** What would keep its restart from coming to an end. */
  readonly obstacle?: Problem
}

export interface RestartOptions {
  /** This run has said before which workloads are left as they are. Default: false */
  readonly isToldAgain?: boolean
}

/** What is to be done about every workload that the catalogue has read these entries. */
export async function planConsumers(context: RotationContext, specs: readonly SecretSpec[]): Promise<ConsumerPlan[]> {
  const { unit, model } = context
  const consumers = consumersOf(unit.tier, specs)
  const [sight] = model.restart === 'reloader' ? await lookAtConsumers(context.client, [unit.tier], context.signal) : []
  return Promise.all(consumers.map((consumer) => planConsumer(context, consumer, specs, sight)))
}

/**
 * Restarts the workloads that read the values a rotation changes, and waits until they have; with Reloader it only waits.
 *
 * @throws ProblemError `CONSUMERS_NOT_READY`, `RELOADER_BEHIND`
 */
export async function restartReaders(
  context: RotationContext,
  state: RotationState,
  { isToldAgain = false }: RestartOptions = {},
): Promise<void> {
  const plans = await planConsumers(context, changedSpecs(context, state))
  if (!isToldAgain) for (const { names, reason } of leftAlone(plans)) context.log(`${names}: ${reason}`)
  await restartConsumers(context, plans, state.restartAt ?? state.since)
}

/** The workloads that are left as they are, one line a reason. */
export function leftAlone(plans: readonly ConsumerPlan[]): { readonly names: string; readonly reason: string }[] {
  const left = groupBy(
    plans.filter(({ action }) => action === 'none'),
    ({ reason }) => reason,
  )
  return [...left].map(([reason, all]) => ({
    names: shortList(all.map(({ kind, name }) => `${kind}/${name}`)),
    reason,
  }))
}

/** The entries whose values a rotation changes. */
export function changedSpecs({ unit }: Pick<RotationContext, 'unit'>, { variables }: RotationState): SecretSpec[] {
  return unit.entries.map(({ spec }) => spec).filter(({ variable }) => variables.includes(variable))
}

// --- internal ---

/** @param at what the pod templates are marked with: the same again restarts nothing */
async function restartConsumers(context: RotationContext, plans: readonly ConsumerPlan[], at: string): Promise<void> {
  const { client, unit, model, signal, waits, log } = context
  const restart = { client, signal, log, waits: waits.rollout }
  const workloads = plans.flatMap(({ kind, name, action }): RollingWorkload[] => {
    if (action === 'none' || !isRolling(kind)) return []
    return [{ tier: unit.tier, namespace: unit.tier.namespace, kind, name }]
  })
  const [sight] = model.restart === 'checksum' ? await lookAtConsumers(client, [unit.tier], signal) : []
  if (model.restart !== 'reloader')
    for (const workload of workloads) {
      const marks = sight ? checksums(targetsOf(workload, sight)) : {}
      await annotateTemplate(client, workload, { [restartedAt]: at, ...marks }, signal)
      log(`${workload.kind}/${workload.namespace}/${workload.name}: its pods are replaced`)
    }
  const late = model.restart === 'reloader' ? await awaitReloader(restart, workloads) : []
  const problems = late.length > 0 ? late : await awaitRollouts(restart, workloads)
  if (problems.length > 0)
    throw new ProblemError(
      problems.map((problem) => ({ ...problem, fix: `${problem.fix} --abort returns to the old version.` })),
    )
}

async function planConsumer(
  { client, unit, model, signal }: RotationContext,
  { kind, name }: Consumer,
  specs: readonly SecretSpec[],
  sight: RestartSight | undefined,
): Promise<ConsumerPlan> {
  const { namespace } = unit.tier
  const none = (reason: string): ConsumerPlan => ({ kind, name, action: 'none', reason })
  if (kind === 'CronJob') return none('the next run reads what is there then')
  if (!isRolling(kind)) return none('not restarted, as Jobs are not; let them end, or have them made again')
  const object = await client.get<RollingObject>(rollingKind(kind), { namespace, name }, signal)
  if (!object) return none('not in the cluster')
  const where = `${kind}/${namespace}/${name}`
  if (sight) return planReloaded({ kind, name }, where, specs, sight, model.environment)
  const held = obstacleOf(kind, object)
  if (held === undefined) return { kind, name, action: 'restart', reason: '' }
  const message = `${held}, so that a changed pod template does not replace its pods. Expected it to.`
  const fix = 'Change that, or rotate with --no-restart and replace the pods yourself.'
  return { kind, name, action: 'restart', reason: '', obstacle: { code: 'CONSUMER_HELD', where, message, fix } }
}

function planReloaded(
  { kind, name }: Consumer,
  where: string,
  specs: readonly SecretSpec[],
  { tier, consumers }: RestartSight,
  environment: string,
): ConsumerPlan {
  const template = consumers.get(name)?.template
  const targets = externalSecrets(tier).filter((target) => specsOf(target).some((spec) => specs.includes(spec)))
  const read = targets.filter((target) => template?.secrets.some(({ secret }) => secret === target.name))
  if (!template || read.length === 0) return { kind, name, action: 'none', reason: 'reads none of the targets' }
  if (read.every((target) => isReloaded(template, target.name))) return { kind, name, action: 'reloader', reason: '' }
  const obstacle = {
    code: 'CONSUMER_UNKNOWN_TO_RELOADER',
    where,
    message: 'has no annotation by which Reloader restarts it when its target changes. Expected one.',
    fix: `Run \`${commandLine`restart --environment ${environment}`}\`, or rotate with --no-restart.`,
  }
  return { kind, name, action: 'reloader', reason: '', obstacle }
}

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
import { lookAtConsumers, type RestartState } from '../restart/look.ts'
import { type RollingWorkload, restartedAt } from '../restart/restart-plan.ts'
import { checksums, targetsOf } from '../restart/targets.ts'
import type { RotationContext } from './rotation-context.ts'
import type { RotationState } from './rotation-state.ts'

/** What a rotation does with a workload that reads one of its values. */
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
  /** This run has already listed the workloads that are not restarted. Default: false */
  readonly isToldAgain?: boolean
}

/** What to do with every workload that reads these entries according to the catalogue. */
export async function planConsumers(context: RotationContext, specs: readonly SecretSpec[]): Promise<ConsumerPlan[]> {
  const { unit, model } = context
  const consumers = consumersOf(unit.tier, specs)
  const [view] = model.restart === 'reloader' ? await lookAtConsumers(context.client, [unit.tier], context.signal) : []
  return Promise.all(consumers.map((consumer) => planConsumer(context, consumer, specs, view)))
}

/**
 * Restarts the workloads that read the changed values, and waits for them; with Reloader it only waits.
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

/** The workloads that are not restarted, one line per reason. */
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

/** @param at the mark in the pod templates: the same mark again restarts nothing */
async function restartConsumers(context: RotationContext, plans: readonly ConsumerPlan[], at: string): Promise<void> {
  const { client, unit, model, signal, waits, log } = context
  const restart = { client, signal, log, waits: waits.rollout }
  const workloads = plans.flatMap(({ kind, name, action }): RollingWorkload[] => {
    if (action === 'none' || !isRolling(kind)) return []
    return [{ tier: unit.tier, namespace: unit.tier.namespace, kind, name }]
  })
  const [view] = model.restart === 'checksum' ? await lookAtConsumers(client, [unit.tier], signal) : []
  if (model.restart !== 'reloader')
    for (const workload of workloads) {
      const marks = view ? checksums(targetsOf(workload, view)) : {}
      await annotateTemplate(client, workload, { [restartedAt]: at, ...marks }, signal)
      log(`${workload.kind}/${workload.namespace}/${workload.name}: its pods are replaced`)
    }
  const late = model.restart === 'reloader' ? await awaitReloader(restart, workloads) : []
  const problems = late.length > 0 ? late : await awaitRollouts(restart, workloads)
  if (problems.length > 0)
    throw new ProblemError(
      problems.map((problem) => ({ ...problem, fix: `${problem.fix} --abort goes back to the old version.` })),
    )
}

async function planConsumer(
  { client, unit, model, signal }: RotationContext,
  { kind, name }: Consumer,
  specs: readonly SecretSpec[],
  view: RestartState | undefined,
): Promise<ConsumerPlan> {
  const { namespace } = unit.tier
  const none = (reason: string): ConsumerPlan => ({ kind, name, action: 'none', reason })
  if (kind === 'CronJob') return none('the next run reads the current values')
  if (!isRolling(kind)) return none('Jobs are not restarted; let them end, or create them again')
  const object = await client.get<RollingObject>(rollingKind(kind), { namespace, name }, signal)
  if (!object) return none('not in the cluster')
  const where = `${kind}/${namespace}/${name}`
  if (view) return planReloaded({ kind, name }, where, specs, view, model.environment)
  const held = obstacleOf(kind, object)
  if (held === undefined) return { kind, name, action: 'restart', reason: '' }
  const message = `${held}, so that a changed pod template does not replace its pods. Expected a workload whose pods are replaced.`
  const fix = 'Change this setting, or rotate with --no-restart and replace the pods yourself.'
  return { kind, name, action: 'restart', reason: '', obstacle: { code: 'CONSUMER_HELD', where, message, fix } }
}

function planReloaded(
  { kind, name }: Consumer,
  where: string,
  specs: readonly SecretSpec[],
  { tier, consumers }: RestartState,
  environment: string,
): ConsumerPlan {
  const template = consumers.get(name)?.template
  const targets = externalSecrets(tier).filter((target) => specsOf(target).some((spec) => specs.includes(spec)))
  const read = targets.filter((target) => template?.secrets.some(({ secret }) => secret === target.name))
  if (!template || read.length === 0) return { kind, name, action: 'none', reason: 'reads no target' }
  if (read.every((target) => isReloaded(template, target.name))) return { kind, name, action: 'reloader', reason: '' }
  const obstacle = {
    code: 'CONSUMER_UNKNOWN_TO_RELOADER',
    where,
    message: 'has no annotation that lets Reloader restart it when its target changes. Expected one.',
    fix: `Run \`${commandLine`restart --environment ${environment}`}\`, or rotate with --no-restart.`,
  }
  return { kind, name, action: 'reloader', reason: '', obstacle }
}

import { annotateTemplate } from '../../cluster/rollout.ts'
import { groupBy } from '../../lib/group.ts'
import { pause } from '../../lib/pause.ts'
import { type Problem, ProblemError } from '../../lib/problems.ts'
import { shortList } from '../../lib/short-list.ts'
import type { SecretSpec } from '../../model/types.ts'
import { awaitReloader, awaitRollouts } from '../restart/await.ts'
import { checksums } from '../restart/checksums.ts'
import { lookAtReaders } from '../restart/look.ts'
import { type Reader, readersOf as readersOfTargets } from '../restart/reading-workloads.ts'
import { type RollingWorkload, restartedAt } from '../restart/restart-plan.ts'
import { type AllowedUnlisted, type RestartedOfTier, refuseUnlisted } from '../restart/unlisted.ts'
import { type ConsumerPlan, keepsOld, planConsumers, readersOf } from './plan-readers.ts'
import { changedSpecs } from './rotated-remotes.ts'
import type { RotationContext } from './rotation-context.ts'
import type { RotationState } from './rotation-state.ts'

export interface RestartOptions {
  /** This run has already listed the workloads that are not restarted. Default: false */
  readonly isToldAgain?: boolean
  /** Default: none */
  readonly unlisted?: AllowedUnlisted
}

/**
 * Restarts the workloads that read the changed values, and waits for them; with Reloader it only waits, and so it does for pods
 * that end by themselves.
 *
 * @throws ProblemError `READER_UNLISTED` and `READER_STAYS`, before anything is restarted; `CONSUMERS_NOT_READY`, `RELOADER_BEHIND`
 */
export async function restartReaders(
  context: RotationContext,
  state: RotationState,
  { isToldAgain = false, unlisted = [] }: RestartOptions = {},
): Promise<void> {
  const at = state.restartAt ?? state.since
  const specs = changedSpecs(context, state)
  const plans = await planConsumers(context, specs, wholeSecond(at))
  const refused = [
    ...byTier(plans.filter(isRestarted)).flatMap(({ tier, restarted }) => refuseUnlisted(tier, restarted, unlisted)),
    ...plans.filter(({ action }) => action === 'stuck').flatMap(({ obstacle }) => obstacle ?? []),
  ]
  if (refused.length > 0) throw new ProblemError(refused.map(withReturn))
  if (!isToldAgain) for (const { names, reason } of leftAlone(plans)) context.log(`${names}: ${reason}`)
  await restartConsumers(context, plans, at)
  await awaitEnds(context, plans, specs, wholeSecond(at))
}

/** Whether this tool changes the pod template. */
export function isRestarted({ action }: Pick<ConsumerPlan, 'action'>): boolean {
  return action === 'restart'
}

/** The workloads that are not restarted, one line per reason. */
export function leftAlone(plans: readonly ConsumerPlan[]): { readonly names: string; readonly reason: string }[] {
  const left = groupBy(
    plans.filter(({ action }) => action === 'none'),
    ({ reason }) => reason,
  )
  return [...left].map(([reason, all]) => ({ names: shortList(all.map(({ label }) => label)), reason }))
}

/** Plans with their tiers, as `allowUnlisted` takes them. */
export function byTier(plans: readonly ConsumerPlan[]): RestartedOfTier[] {
  return [...groupBy(plans, ({ tier }) => tier.name).values()].flatMap((restarted) =>
    restarted.slice(0, 1).map(({ tier }) => ({ tier, restarted })),
  )
}

// --- internal ---

/** Kubernetes keeps whole seconds of when a container started. */
function wholeSecond(time: string): Date {
  return new Date(Math.floor(Date.parse(time) / 1_000) * 1_000)
}

/** @param at the mark in the pod templates: the same mark again restarts nothing */
async function restartConsumers(context: RotationContext, plans: readonly ConsumerPlan[], at: string): Promise<void> {
  const { client, model, signal, waits, log } = context
  const restart = { client, signal, log, waits: waits.rollout }
  const workloads = plans.flatMap(({ tier, kind, resource, name, action }): RollingWorkload[] => {
    if (!resource || (action !== 'restart' && action !== 'reloader')) return []
    return [{ tier, namespace: tier.namespace, kind, resource, name }]
  })
  const tiers = [...new Set(workloads.map(({ tier }) => tier))]
  const views = model.restart === 'checksum' ? await lookAtReaders(client, tiers, signal) : []
  const readers = views.flatMap(readersOfTargets)
  if (model.restart !== 'reloader')
    for (const workload of workloads) {
      const { tier, kind, namespace, name } = workload
      const isIt = (one: Reader) => one.tier === tier && one.kind === kind && one.name === name
      const marks = checksums(readers.find(isIt)?.targets ?? [])
      await annotateTemplate(client, workload, { [restartedAt]: at, ...marks }, signal)
      log(`${kind}/${namespace}/${name}: its pods are replaced`)
    }
  const late = model.restart === 'reloader' ? await awaitReloader(restart, workloads) : []
  const problems = late.length > 0 ? late : await awaitRollouts(restart, workloads)
  if (problems.length > 0) throw new ProblemError(problems.map(withReturn))
}

/** Waits until no pod that ends by itself has older values. */
async function awaitEnds(
  context: RotationContext,
  plans: readonly ConsumerPlan[],
  specs: readonly SecretSpec[],
  since: Date,
): Promise<void> {
  const { signal, log, waits } = context
  const { timeoutMs = 300_000, pollMs = 1_000 } = waits.rollout
  const deadline = performance.now() + timeoutMs
  const ending = plans.filter(({ action }) => action === 'end')
  let told = 0
  for (let left = ending; left.length > 0; ) {
    const readers = await readersOf(context, specs)
    left = left.filter(({ tier, kind, name }) => {
      const seen = readers.find((one) => one.tier === tier && one.kind === kind && one.name === name)?.seen
      return seen && keepsOld(tier, { pods: seen.runs ?? [], known: seen.known }, specs, since)
    })
    if (left.length === 0) return
    if (told !== left.length) log(`waiting until the pods of ${shortList(left.map(({ label }) => label))} have ended`)
    told = left.length
    if (performance.now() >= deadline) throw new ProblemError(left.map((one) => withReturn(unended(one))))
    await pause(pollMs, signal)
  }
}

function unended({ tier, kind, name }: ConsumerPlan): Problem {
  return {
    code: 'CONSUMERS_NOT_READY',
    where: `${kind}/${tier.namespace}/${name}`,
    message: 'its pods have older values, and have not ended yet. Expected none that started before the change.',
    fix: 'Wait until they have ended, or delete them, then run the same command again.',
  }
}

function withReturn(problem: Problem): Problem {
  return { ...problem, fix: `${problem.fix} --abort goes back to the old version.` }
}

import { ensureReleaseNamespace } from '../../cluster/namespaces.ts'
import { acquireLease } from '../../kubernetes/lease.ts'
import { isError, type Problem, ProblemError } from '../../lib/problems.ts'
import { steps } from './all-steps.ts'
import { newestBackup } from './backups.ts'
import { type Facts, gatherFacts } from './facts.ts'
import { command, type MigrationContext, placeOfSecret } from './migration-context.ts'
import {
  journalRef,
  type MigrationJournal,
  type MigrationState,
  openMigrationJournal,
  readState,
} from './migration-state.ts'
import { readReferences } from './references.ts'
import { blocked, done, type Outlook, type Step } from './step.ts'
import type { StepName } from './step-names.ts'

/** How one step stands. */
export interface StepSight extends Outlook {
  readonly name: StepName
  readonly title: string
  /** When it was first seen to be done. RFC 3339 */
  readonly doneAt?: string
}

/** Where a migration stands. */
export interface MigrationSight {
  readonly steps: readonly StepSight[]
  /** What keeps the first step that isn't done from being done; warnings of those that are. */
  readonly problems: readonly Problem[]
  readonly state: MigrationState
  /** Holds values: never printed. */
  readonly facts: Facts
}

/** The first step that is not done; undefined: the migration is over. */
export function nextStep({ steps }: Pick<MigrationSight, 'steps'>): StepSight | undefined {
  return steps.find(({ state }) => state !== 'done')
}

/**
 * Looks at every step, and changes nothing.
 *
 * @throws as what is looked at can't be
 */
export async function lookAhead(context: MigrationContext): Promise<MigrationSight> {
  const state = await readState(context)
  const facts = gatherFacts(context, state)
  const over = await withoutOld(context, facts, state)
  if (over) return over
  const sights: StepSight[] = []
  for (const step of steps) sights.push(sightOf(step, await step.look(context, facts, state), state))
  return asSight(sights, state, facts)
}

/**
 * Does what is to be done, step by step, up to the first that needs a person. Each step looks at the world and not only at
 * the journal, so that the same call goes on wherever an earlier one ended.
 *
 * @throws ProblemError with what stopped a step, `LEASE_HELD`, `LEASE_LOST`; or as what it calls
 */
export async function migrate(context: MigrationContext): Promise<MigrationSight> {
  const { client, model, holder, waits, log, signal } = context
  const ref = journalRef(model)
  await ensureReleaseNamespace(client, model, signal)
  await using lease = await acquireLease(client, ref, { holder, durationMs: waits.leaseMs, onWait: log, signal })
  const own = { ...context, signal: lease.signal }
  const journal = await openMigrationJournal(own)
  const over = await withoutOld(own, gatherFacts(own, journal.state), journal.state)
  return over ?? (await goThrough(own, journal))
}

/** Whether what was said now about keys differs from what was noted. */
export async function hasNewChoices({ facts, state }: MigrationSight): Promise<boolean> {
  const { choices } = await facts.inventory()
  return JSON.stringify(choices) !== JSON.stringify({ assign: state.assign, leave: state.leave })
}

// --- internal ---

async function goThrough(context: MigrationContext, journal: MigrationJournal): Promise<MigrationSight> {
  let facts = gatherFacts(context, journal.state)
  const sights: StepSight[] = []
  for (const step of steps) {
    let outlook = await step.look(context, facts, journal.state)
    const goesOn = sights.every(({ state }) => state === 'done')
    if (goesOn && outlook.state === 'todo' && step.act) {
      context.log(`${step.name}: ${outlook.note}`)
      await step.act(context, facts, journal)
      facts = gatherFacts(context, journal.state)
      const over = await withoutOld(context, facts, journal.state)
      if (over) return over
      outlook = await step.look(context, facts, journal.state)
      if (outlook.state === 'todo') throw new ProblemError(unfinished(context, step, outlook))
    }
    if (goesOn && outlook.state === 'done') await noteDone(journal, step, facts)
    sights.push(sightOf(step, outlook, journal.state))
  }
  return asSight(sights, journal.state, facts)
}

async function noteDone(journal: MigrationJournal, { name }: Step, facts: Facts): Promise<void> {
  const { done } = journal.state
  const said = name === 'inventory' ? (await facts.inventory()).choices : {}
  const isNew = Object.entries(said).some(([field, value]) => {
    return JSON.stringify(value) !== JSON.stringify(journal.state[field as keyof typeof said])
  })
  if (done[name] !== undefined && !isNew) return
  await journal.note({ ...said, done: { [name]: new Date().toISOString(), ...done } })
}

/** How it stands when there is no old Secret: over, or a puzzle for a person. Undefined when there is one. */
async function withoutOld(
  context: MigrationContext,
  facts: Facts,
  state: MigrationState,
): Promise<MigrationSight | undefined> {
  if (await facts.old()) return undefined
  const all = (outlook: Outlook) => steps.map((step) => sightOf(step, outlook, state))
  const { deleting } = state
  if (deleting) return asSight(all(done('the old Secret is deleted')).map(doneBy(deleting.at)), state, facts)
  // Whoever wrote it has deleted it, when nothing needed it any more.
  const isUnneeded = state.done.switch !== undefined && (await readReferences(context)).length === 0
  if (isUnneeded) return asSight(all(done('the old Secret is gone')), state, facts)
  const newest = await newestBackup(context, 'backup')
  return asSight(all(blocked('there is no old Secret', [absent(context, newest?.ref)])), state, facts)
}

function doneBy(at: string): (sight: StepSight) => StepSight {
  return (sight) => (sight.name === 'delete' ? { ...sight, doneAt: at } : sight)
}

function sightOf({ name, title }: Step, outlook: Outlook, { done }: MigrationState): StepSight {
  const doneAt = done[name]
  return { name, title, ...outlook, ...(doneAt === undefined || outlook.state !== 'done' ? {} : { doneAt }) }
}

function asSight(sights: readonly StepSight[], state: MigrationState, facts: Facts): MigrationSight {
  const next = sights.findIndex((sight) => sight.state !== 'done')
  const seen = next === -1 ? sights : sights.slice(0, next + 1)
  const problems = seen.flatMap(({ state, problems = [] }) =>
    state === 'blocked' ? problems : problems.filter((problem) => !isError(problem)),
  )
  return { steps: sights, problems, state, facts }
}

function unfinished(context: MigrationContext, { name }: Step, { note, problems = [] }: Outlook): readonly Problem[] {
  if (problems.length > 0) return problems
  return [
    {
      code: 'STEP_UNFINISHED',
      where: `step "${name}" of the migration of ${context.model.environment}`,
      message: `was done, and is to be done again: ${note}. Expected nobody else to undo it.`,
      fix: 'Find out who else changes it, then run the same command again.',
    },
  ]
}

function absent({ model, legacy }: MigrationContext, backup: { namespace: string; name: string } | undefined): Problem {
  return {
    code: 'LEGACY_ABSENT',
    where: placeOfSecret(legacy),
    message: `does not exist, and this command has not deleted it. Expected the Secret that the tiers of ${model.environment} shared.`,
    fix:
      backup === undefined
        ? 'Correct legacy in scripts/catalogue.ts or scripts/environments.ts, or the kube context.'
        : `Restore it from ${placeOfSecret(backup)}: ${command({ model }, '--rollback')}`,
  }
}

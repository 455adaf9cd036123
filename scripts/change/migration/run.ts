import { isError, type Problem, ProblemError } from '../../lib/problems.ts'
import { steps } from './all-steps.ts'
import { newestBackup } from './backups.ts'
import { type Facts, gatherFacts } from './gather-facts.ts'
import { command, type MigrationContext, placeOfSecret } from './migration-context.ts'
import { aloneInMigration } from './migration-lease.ts'
import { type MigrationJournal, type MigrationState, openMigrationJournal, readState } from './migration-state.ts'
import { readReferences } from './secret-references.ts'
import { blocked, done, type Outlook, type Step } from './step.ts'
import type { StepName } from './step-names.ts'

/** The state of one step. */
export interface StepState extends Outlook {
  readonly name: StepName
  readonly title: string
  /** When it was first seen as done. RFC 3339 */
  readonly doneAt?: string
}

/** The state of a migration. */
export interface MigrationView {
  readonly steps: readonly StepState[]
  /** Problems of the first step that isn't done, and warnings of those that are. */
  readonly problems: readonly Problem[]
  readonly state: MigrationState
  /** Holds values: never printed. */
  readonly facts: Facts
}

/** The first step that is not done; undefined: the migration is finished. */
export function nextStep({ steps }: Pick<MigrationView, 'steps'>): StepState | undefined {
  return steps.find(({ state }) => state !== 'done')
}

/**
 * Checks every step, and changes nothing.
 *
 * @throws when something can't be read
 */
export async function lookAhead(context: MigrationContext): Promise<MigrationView> {
  const state = await readState(context)
  const facts = gatherFacts(context, state)
  const over = await withoutOld(context, facts, state)
  if (over) return over
  const views: StepState[] = []
  for (const step of steps) views.push(stateOf(step, await step.look(context, facts, state), state))
  return asMigrationView(views, state, facts)
}

/**
 * Does the steps, one by one, up to the first that needs a person. Each step looks at the real state and not only at
 * the journal, so that the same call continues wherever an earlier one ended.
 *
 * @throws ProblemError with what stopped a step, `LEASE_HELD`, `LEASE_LOST`; or as the functions it calls
 */
export async function migrate(context: MigrationContext): Promise<MigrationView> {
  return aloneInMigration(context, async ({ client, signal, mayWrite }) => {
    const own = { ...context, client, signal, account: { ...context.account, mayWrite } }
    const journal = await openMigrationJournal(own)
    const over = await withoutOld(own, gatherFacts(own, journal.state), journal.state)
    return over ?? (await goThrough(own, journal))
  })
}

/** Whether this run's options about keys differ from the recorded ones. */
export async function hasNewChoices({ facts, state }: MigrationView): Promise<boolean> {
  const { choices } = await facts.inventory()
  return JSON.stringify(choices) !== JSON.stringify({ assign: state.assign, leave: state.leave })
}

// --- internal ---

async function goThrough(context: MigrationContext, journal: MigrationJournal): Promise<MigrationView> {
  let facts = gatherFacts(context, journal.state)
  const views: StepState[] = []
  for (const step of steps) {
    let outlook = await step.look(context, facts, journal.state)
    const goesOn = views.every(({ state }) => state === 'done')
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
    views.push(stateOf(step, outlook, journal.state))
  }
  return asMigrationView(views, journal.state, facts)
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

/** The state without an old Secret: finished, or unclear and for a person to decide. Undefined when there is one. */
async function withoutOld(
  context: MigrationContext,
  facts: Facts,
  state: MigrationState,
): Promise<MigrationView | undefined> {
  if (await facts.old()) return undefined
  const all = (outlook: Outlook) => steps.map((step) => stateOf(step, outlook, state))
  const { deleting } = state
  if (deleting) return asMigrationView(all(done('the old Secret is deleted')).map(doneBy(deleting.at)), state, facts)
  // Its writer deleted it when nothing needed it any more.
  const isUnneeded = state.done.switch !== undefined && (await readReferences(context)).length === 0
  if (isUnneeded) return asMigrationView(all(done('the old Secret is gone')), state, facts)
  const newest = await newestBackup(context, 'backup')
  return asMigrationView(all(blocked('there is no old Secret', [absent(context, newest?.ref)])), state, facts)
}

function doneBy(at: string): (view: StepState) => StepState {
  return (view) => (view.name === 'delete' ? { ...view, doneAt: at } : view)
}

function stateOf({ name, title }: Step, outlook: Outlook, { done }: MigrationState): StepState {
  const doneAt = done[name]
  return { name, title, ...outlook, ...(doneAt === undefined || outlook.state !== 'done' ? {} : { doneAt }) }
}

function asMigrationView(views: readonly StepState[], state: MigrationState, facts: Facts): MigrationView {
  const next = views.findIndex((view) => view.state !== 'done')
  const seen = next === -1 ? views : views.slice(0, next + 1)
  const problems = seen.flatMap(({ state, problems = [] }) =>
    state === 'blocked' ? problems : problems.filter((problem) => !isError(problem)),
  )
  return { steps: views, problems, state, facts }
}

function unfinished(context: MigrationContext, { name }: Step, { note, problems = [] }: Outlook): readonly Problem[] {
  if (problems.length > 0) return problems
  return [
    {
      code: 'STEP_UNFINISHED',
      where: `step "${name}" of the migration of ${context.model.environment}`,
      message: `was done, and has been undone since: ${note}. Expected it to stay done.`,
      fix: 'Find out who else changes it, then run the same command again.',
    },
  ]
}

function absent({ model, legacy }: MigrationContext, backup: { namespace: string; name: string } | undefined): Problem {
  return {
    code: 'LEGACY_ABSENT',
    where: placeOfSecret(legacy),
    message: `does not exist, although this command has not deleted it. Expected the Secret that the tiers of ${model.environment} shared.`,
    fix:
      backup === undefined
        ? 'Correct legacy in scripts/catalogue.ts or scripts/environments.ts, or the kube context.'
        : `Restore it from ${placeOfSecret(backup)}: ${command({ model }, '--rollback')}`,
  }
}

import { type Problem, ProblemError } from '../../lib/problems.ts'
import type { Facts } from './gather-facts.ts'
import type { MigrationContext } from './migration-context.ts'
import type { MigrationJournal, MigrationState } from './migration-state.ts'
import type { StepName } from './step-names.ts'

/** The state of a step. */
export interface Outlook {
  /** `blocked`: needs a person. */
  readonly state: 'done' | 'todo' | 'blocked'
  /** What is true, or what would be done: a few words without a final period. */
  readonly note: string
  /** Why it is blocked, or why it was not done when it was tried; warnings. */
  readonly problems?: readonly Problem[]
}

/** A part of the migration that can be run any number of times. What is already done is read from the real state. */
export interface Step {
  readonly name: StepName
  /** Completes "may I …": `seal a backup`. */
  readonly title: string
  /** Changes nothing. */
  look(context: MigrationContext, facts: Facts, state: MigrationState): Promise<Outlook>
  /** Undefined: the step only checks. */
  act?(context: MigrationContext, facts: Facts, journal: MigrationJournal): Promise<void>
}

export const done = (note: string, problems: readonly Problem[] = []): Outlook => ({ state: 'done', note, problems })
export const todo = (note: string, problems: readonly Problem[] = []): Outlook => ({ state: 'todo', note, problems })
export const blocked = (note: string, problems: readonly Problem[]): Outlook => ({ state: 'blocked', note, problems })

/** @throws ProblemError when there are any */
export function refuse(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new ProblemError(problems)
}

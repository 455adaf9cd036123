import { document, jsonDocument, lines, type Printable, together } from '../../lib/printable.ts'
import { table } from '../../lib/table.ts'
import { toYaml } from '../../lib/yaml.ts'
import type { EnvironmentModel } from '../../model/resolve.ts'
import { type KeyRow, qualified } from './key-inventory.ts'
import type { MigrationView, StepState } from './run.ts'
import { placeOfReference } from './secret-references.ts'
import type { ReferenceMove } from './steps/switch.ts'

/** One line per step. */
export function stepsTable({ steps }: Pick<MigrationView, 'steps'>, columns?: number): Printable {
  return table(
    ['STEP', 'STATE', 'WHAT'],
    steps.map(({ name, state, note }) => [name, { text: states[state], style: styles[state] }, note]),
    { columns, below: 'WHAT' },
  )
}

/** One line per key of the old Secret, without its value. */
export function keysTable(rows: readonly KeyRow[], columns?: number): Printable {
  return table(
    ['KEY', 'GOES TO', 'STATE'],
    rows.map(({ key, entries, state }) => [key, entries.map(qualified).join(', ') || '-', keyStates[state]]),
    { columns, folded: ['GOES TO'] },
  )
}

/** For machines. */
export function migrationJson(
  { application, environment, legacy }: EnvironmentModel,
  { steps, problems, state }: MigrationView,
  rows: readonly KeyRow[],
  readers: readonly ReferenceMove[],
): Printable {
  return jsonDocument({
    version: 1,
    application,
    environment,
    oldSecret: legacy,
    over: steps.every((step) => step.state === 'done'),
    rolledBackAt: state.rolledBack ?? null,
    backup: state.backup?.secret ?? null,
    steps: steps.map(stepJson),
    keys: rows.map(({ key, entries, state }) => ({ key, state, entries: entries.map(qualified) })),
    readers: readers.map(({ kind, namespace, name, move }) => ({ kind, namespace, name, move: move ?? null })),
    problems,
  })
}

/** The patch of each reader of the old Secret, as documents of one YAML stream. */
export function movesYaml(readers: readonly ReferenceMove[]): Printable {
  const documents = readers.map((reader) => {
    const { move } = reader
    const place = placeOfReference(reader)
    if (!move) return lines(`# ${place}: no patch`)
    const notes = [`${place}: move it to namespace ${move.namespace} with this change`, ...move.notes]
    return together(lines('---', ...notes.map((note) => `# ${note}`)), document(toYaml(move.patch)))
  })
  return together(...documents)
}

// --- internal ---

const states = { done: 'done', todo: 'to do', blocked: 'needs you' } as const
const styles = { done: 'good', todo: 'attention', blocked: 'bad' } as const
const keyStates = {
  assigned: 'assigned',
  left: 'left behind',
  open: 'in several tiers',
  unknown: 'in no entry',
} as const

function stepJson({ name, state, note, doneAt, problems = [] }: StepState) {
  return { name, state, note, doneAt: doneAt ?? null, problems }
}

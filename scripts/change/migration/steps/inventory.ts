import { commandLine } from '../../../lib/command-line.ts'
import { count } from '../../../lib/count.ts'
import { isError, type Problem } from '../../../lib/problems.ts'
import { fillCommand } from '../../../model/fill-command.ts'
import type { FillEntry } from '../../../model/fill-entries.ts'
import { placeOf } from '../../../model/remote-secret.ts'
import { atSecret } from '../../../model/rules/rule.ts'
import { originOf } from '../../../model/shared-values.ts'
import type { FillPlan } from '../../../payload/fill-plan.ts'
import type { Facts } from '../gather-facts.ts'
import { type Inventory, qualified } from '../key-inventory.ts'
import type { MigrationContext } from '../migration-context.ts'
import { blocked, done, type Step } from '../step.ts'

/** Every key of the old Secret is assigned, and every entry gets a value that fits. */
export const inventoryStep: Step = {
  name: 'inventory',
  title: 'look at every key',
  async look(context, facts) {
    const inventory = await facts.inventory()
    const { rows, problems } = inventory
    const plan = await facts.plan()
    const missing = await missingProblems(context, facts)
    const all = [
      ...problems,
      ...missing,
      ...plan.problems.filter(isTold(missing)).map(forMigration(context, inventory, plan)),
    ]
    const sum = (state: (typeof rows)[number]['state']) => rows.filter((row) => row.state === state).length
    const assigned = count(sum('assigned'), 'key')
    const left = sum('left') > 0 ? [`${sum('left')} left behind`] : []
    const open = sum('open') + sum('unknown')
    const differing = all.filter(({ code }) => code === 'FILL_WOULD_REPLACE').length
    const rest = all.filter(isError).length - open - missing.length - differing
    const note = [
      `${assigned} assigned`,
      ...left,
      ...(open > 0 ? [`${open} not assigned`] : []),
      ...(missing.length > 0 ? [`${count(missing.length, 'required value')} missing`] : []),
      ...(differing > 0 ? [`${differing} with a different value in Scaleway`] : []),
      ...(rest > 0 ? [`${rest} to correct`] : []),
    ].join(', ')
    return all.some(isError) ? blocked(note, all) : done(note, all)
  },
}

// --- internal ---

/** All missing values in one report, with where they may come from. */
async function missingProblems({ model }: MigrationContext, facts: Facts): Promise<Problem[]> {
  const { rows } = await facts.plan()
  return rows
    .filter(({ action, entry }) => action === 'missing' && !entry.spec.optional)
    .map(({ entry }) => ({
      code: 'LEGACY_KEY_MISSING',
      where: atSecret(entry.spec),
      message: `neither the old Secret nor ${placeOf(entry.remote)} has a value for it. Expected a value for every required entry.`,
      fix: `Assign a key of the old Secret with \`--assign <key>=${qualified(entry)}\`, or give it a value: ${fillCommand({ environment: model.environment, only: [qualified(entry)], specs: [entry.spec] })}`,
    }))
}

/** A bundle that lacks a variable is reported by that variable. */
function isTold(missing: readonly Problem[]): (problem: Problem) => boolean {
  return ({ code }) => code !== 'FILL_INCOMPLETE' || missing.length === 0
}

/** The old Secret is not always right: a value may have been rotated in Scaleway since. */
function forMigration(
  context: MigrationContext,
  inventory: Inventory,
  { rows }: Pick<FillPlan, 'rows'>,
): (problem: Problem) => Problem {
  return (problem) => {
    if (problem.code === 'IRREPLACEABLE') {
      const entry = rows.map((row) => row.entry).find((one) => problem.where.endsWith(`(${qualified(one)})`))
      return entry ? { ...problem, fix: irreplaceableFix(context, inventory, entry) } : problem
    }
    if (problem.code !== 'FILL_WOULD_REPLACE') return problem
    const fix = `If the old Secret is right, run it with --replace: the previous version stays enabled. If Scaleway is right, leave the old value behind with \`--leave <key>\`.`
    return { ...problem, fix: context.choices.replace ? problem.fix : fix }
  }
}

/** Nothing irreplaceable is replaced among many other values. */
function irreplaceableFix({ model, legacy }: MigrationContext, { keys }: Inventory, entry: FillEntry): string {
  const name = qualified(entry)
  const from =
    keys.get(entry.spec) === entry.spec.variable
      ? ['--from-secret', `${legacy.namespace}/${legacy.name}`]
      : ['--from', '-']
  const command = commandLine`fill --environment ${model.environment} --only ${name} ${from} --replace --replace-irreplaceable ${originOf(entry.spec)}`
  return `Find out with which value the data can be read. If it is Scaleway's, leave the old one behind with \`--leave <key>\`. If it is that of the old Secret, store it first: \`${command}\``
}

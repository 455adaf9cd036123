import { count } from '../../lib/count.ts'
import { groupBy } from '../../lib/group.ts'
import { lines, type Printable, together } from '../../lib/printable.ts'
import type { Draft } from './draft.ts'
import type { Leftover } from './facts.ts'

/** What was drafted, and what could not be carried over: what, where, why, and what to do. */
export function importReport(draft: Draft): Printable {
  const { tiers, secrets, environments, leftovers } = draft
  const guessed = [...tiers.values(), ...secrets, ...environments.values()].filter(({ guesses }) => guesses.length > 0)
  const counts = [
    `${draft.application}: ${count(environments.size, 'environment')}, ${count(tiers.size, 'tier')}, ${count(secrets.length, 'secret')}`,
    ...[...tiers].map(([tier, { value }]) => {
      const own = secrets.filter((secret) => secret.value.tier === tier)
      return `  ${tier}: ${count(own.length, 'secret')}, ${count(Object.keys(value.workloads).length, 'workload')}`
    }),
    `Marked as a guess: ${guessed.length} of them, in comments of the two files.`,
  ]
  const left = alike(leftovers)
  const number = left.reduce((sum, { whats }) => sum + whats.length, 0)
  const head = lines(...counts, ...(number > 0 ? ['', `Not carried over as it is: ${number}`] : []))
  return together(head, ...left.map(alikeText))
}

/** The same for machines. */
export function importJson(draft: Draft): object {
  const named = <Value>(map: ReadonlyMap<string, { readonly value: Value; readonly guesses: readonly string[] }>) =>
    [...map].map(([name, { value, guesses }]) => ({ name, ...value, guesses }))
  return {
    version: 1,
    application: draft.application,
    environments: named(draft.environments),
    tiers: named(draft.tiers),
    secrets: draft.secrets.map(({ value, guesses }) => ({ ...value, guesses })),
    leftovers: draft.leftovers,
  }
}

// --- internal ---

/** What is left for one reason at one place. */
interface Alike extends Omit<Leftover, 'what' | 'todo'> {
  readonly whats: readonly string[]
  readonly todos: readonly string[]
}

/** One of several environments, or of many keys, says nothing new: they are told together. */
function alike(leftovers: readonly Leftover[]): Alike[] {
  const sameTodo = groupBy(leftovers, ({ code, where, why, todo }) => JSON.stringify([code, where, why, todo]))
  const each = [...sameTodo.values()].map((all) => ({ all, whats: all.map(({ what }) => what) }))
  const sameWhats = groupBy(each, ({ all: [first], whats }) =>
    JSON.stringify([first?.code, first?.where, first?.why, whats]),
  )
  return [...sameWhats.values()].flatMap((groups) => {
    const [first] = groups[0]?.all ?? []
    const todos = groups.flatMap(({ all }) => all[0]?.todo ?? [])
    return first ? [{ ...first, whats: groups[0]?.whats ?? [], todos }] : []
  })
}

function alikeText({ code, where, whats, why, todos }: Alike): Printable {
  const [only = '', ...others] = whats
  const told = others.length === 0 ? [`${where}: ${only}`] : [`${where}:`, ...whats.map((what) => `    ${what}`)]
  return lines(...told, `  why: ${why}.`, ...todos.map((todo) => `  do: ${todo}`), `  (${code})`)
}

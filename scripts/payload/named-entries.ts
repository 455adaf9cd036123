import { exitCodes, type Problem, ProblemError } from '../lib/problems.ts'
import { type FillEntry, withSharing } from '../model/fill-entries.ts'
import type { SecretSpec } from '../model/types.ts'
import { isCalled, qualified, unknownName } from './input-names.ts'

/** What `--replace-irreplaceable` says in the help of a command. */
export const irreplaceableOption = {
  flags: '--replace-irreplaceable <variable>',
  description:
    'replace this one, although the catalogue says that data is lost with its value. May be given several times',
  isRepeatable: true,
} as const

/**
 * The entries that `--replace-irreplaceable` names, with those that share their value. Undefined: there are none.
 *
 * @throws ProblemError `FILL_NAME_UNKNOWN`, `NOT_IRREPLACEABLE`, all of them
 */
export function replaceableEntries(
  all: readonly FillEntry[],
  names: readonly string[] = [],
): ReadonlySet<SecretSpec> | undefined {
  if (names.length === 0) return undefined
  const option = '--replace-irreplaceable'
  const called = names.map((name) => ({ name, entries: all.filter((entry) => isCalled(entry, name)) }))
  refuse(
    called.flatMap(({ name, entries }): Problem[] => {
      const where = `${option} ${name}`
      if (entries.length === 0) return [unknown(where, name, all)]
      if (entries.some(({ spec }) => spec.irreplaceable !== undefined)) return []
      const message = 'the catalogue does not say that it is irreplaceable. Expected a variable with `irreplaceable`.'
      return [{ code: 'NOT_IRREPLACEABLE', where, message, fix: `Leave out ${option}, or correct the name.` }]
    }),
  )
  const named = called.flatMap(({ entries }) => entries)
  return new Set(withSharing(all, named).map(({ spec }) => spec))
}

/**
 * The entries that `--share` names: one each.
 *
 * @throws ProblemError `FILL_NAME_UNKNOWN`, `FILL_NAME_AMBIGUOUS`, `FILL_NOT_SHARED`, all of them
 */
export function sharedEntries(scope: readonly FillEntry[], names: readonly string[] = []): ReadonlySet<SecretSpec> {
  const called = names.map((name) => ({ name, entries: scope.filter((entry) => isCalled(entry, name)) }))
  refuse(
    called.flatMap(({ name, entries }): Problem[] => {
      const where = `--share ${name}`
      const [entry] = entries
      if (!entry) return [unknown(where, name, scope)]
      if (entries.length > 1) {
        const message = `is a variable of tiers ${entries.map(({ tier }) => tier.name).join(' and ')}. Expected the one whose value is right.`
        return [{ code: 'FILL_NAME_AMBIGUOUS', where, message, fix: `Write ${entries.map(qualified).join(' or ')}.` }]
      }
      const twice = called.find((other) => other.name !== name && other.entries[0]?.shared === entry.shared)
      if (twice && entry.shared !== undefined) {
        const message = `shares its value with ${twice.name}, which is named too. Expected the one whose value is right.`
        return [{ code: 'FILL_NAME_TWICE', where, message, fix: 'Leave out one of them.' }]
      }
      if (entry.shared !== undefined) return []
      const message = 'shares its value with no other entry. Expected one that does, by `sameAs`.'
      return [{ code: 'FILL_NOT_SHARED', where, message, fix: 'Correct the name, or leave it out.' }]
    }),
  )
  return new Set(called.flatMap(({ entries }) => entries.map(({ spec }) => spec)))
}

// --- internal ---

function unknown(where: string, name: string, entries: readonly FillEntry[]): Problem {
  return { ...unknownName(where, name, entries), fix: 'Correct the name, or add the entry to scripts/catalogue.ts.' }
}

function refuse(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new ProblemError(problems, exitCodes.usage)
}

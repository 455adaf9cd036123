import { didYouMean, nearest, nearestInGroups } from '../lib/nearest.ts'
import type { Problem } from '../lib/problems.ts'
import type { FillEntry } from '../model/fill-entries.ts'
import { keyOf } from '../model/specs.ts'
import type { LineProblem } from './dotenv.ts'
import type { InputValue } from './input-value.ts'
import type { RepeatedKey } from './json-keys.ts'

/** `backend.SENTRY_DSN` */
export const qualified = ({ tier, spec }: FillEntry) => `${tier.name}.${spec.variable}`

/** Whether a name of an input means an entry: its variable, or that with its tier. */
export function isCalled(entry: FillEntry, name: string): boolean {
  return name === entry.spec.variable || name === qualified(entry)
}

/**
 * Values of a Secret of the cluster: a key that no entry is called by means the one entry that is delivered under it, such as
 * `tls.crt`; of several, that of the tier whose namespace has the Secret.
 */
export function calledByKey(
  values: readonly InputValue[],
  entries: readonly FillEntry[],
  namespace: string,
): InputValue[] {
  return values.map((value) => {
    if (entries.some((entry) => isCalled(entry, value.name))) return value
    const delivered = entries.filter(({ spec }) => keyOf(spec) === value.name)
    const own = delivered.filter(({ tier }) => tier.namespace === namespace)
    const [only, ...others] = delivered.length > 1 ? own : delivered
    return only && others.length === 0 ? { ...value, name: qualified(only) } : value
  })
}

/**
 * A name that no entry has.
 *
 * @param isShown it can't be a part of a value. Default: it is shown where it looks like a name
 */
export function unknownName(where: string, name: string, entries: readonly FillEntry[], isShown = false): Problem {
  const known = entries.map(name.includes('.') ? qualified : ({ spec }) => spec.variable)
  return {
    code: 'FILL_NAME_UNKNOWN',
    where,
    message: `${isShown ? `"${name}"` : (shown(name, known) ?? 'a name')} is not a variable of this environment.${didYouMean(name, known, nearestInGroups)} Expected a variable of the catalogue.`,
    fix: 'Correct the name or remove it; --ignore-unknown leaves out all names that the catalogue does not have.',
  }
}

/** A name that several tiers have. */
export function ambiguous({ name, where }: InputValue, entries: readonly FillEntry[]): Problem {
  const names = entries.map(qualified)
  return {
    code: 'FILL_NAME_AMBIGUOUS',
    where,
    message: `"${name}" is a variable of tiers ${entries.map(({ tier }) => tier.name).join(' and ')}. Expected one of them.`,
    fix: `Write ${names.join(' or ')}, or choose with --tier.`,
  }
}

/** A variable that was given two values. */
export function givenTwice({ name, where }: InputValue, before: InputValue): Problem {
  return {
    code: 'FILL_NAME_TWICE',
    where,
    message: `"${name}" already has a value, from ${before.where}. Expected one value per variable.`,
    fix: 'Remove one of them.',
  }
}

/** Two entries that share a value were given different ones. */
export function givenDifferently({ name, where }: InputValue, other: InputValue): Problem {
  return {
    code: 'FILL_SHARED_VALUES_DIFFER',
    where,
    message: `"${name}" shares its value with "${other.name}", which has a different one, from ${other.where}. Expected one value.`,
    fix: 'Correct one of them, or remove it: one line is enough for both.',
  }
}

/** A variable that was given by itself, and that this run does not write. */
export function notOfThisRun({ name, where }: InputValue): Problem {
  return {
    code: 'FILL_NAME_OUT_OF_SCOPE',
    where,
    message: `"${name}" is not a variable that this run is about. Expected one of those.`,
    fix: 'Leave it out, or run it for this variable too.',
  }
}

/** A name that a JSON object has twice; of its values the parser would take the last. */
export function repeated(where: string, { name, line, firstLine }: RepeatedKey): LineProblem {
  return {
    code: 'FILL_NAME_TWICE',
    where: `${where} line ${line}`,
    message: `${shown(name) ?? 'a name'} already has a value, from line ${firstLine}. Expected one value per name.`,
    fix: 'Remove one of them.',
    about: { name },
  }
}

/** Of the names that were left out, those that differ by a letter or two from a variable that got no value. */
export function lookalikes(ignored: readonly InputValue[], lacking: readonly FillEntry[]): Problem[] {
  return ignored.flatMap(({ name, where, isKey }): Problem[] => {
    const known = lacking.map(name.includes('.') ? qualified : ({ spec }) => spec.variable)
    if (nearest(name, known, Math.min(2, Math.floor(name.length / 4))) === undefined) return []
    const fix = 'Correct the name, if this variable is meant; otherwise nothing needs to be done.'
    return [{ ...unknownName(where, name, lacking, isKey), fix, severity: 'warning' }]
  })
}

// --- internal ---

/** The name if it looks like a name or resembles a known one: a part of a secret may be where a name is expected. */
function shown(name: string, known: readonly string[] = []): string | undefined {
  const looksLikeOne = /^([a-z0-9-]{1,63}\.)?[A-Z][A-Z0-9_]{0,63}$/.test(name)
  return looksLikeOne || nearest(name, known) !== undefined ? `"${name}"` : undefined
}

import { groupBy } from '../lib/group.ts'
import type { Problem } from '../lib/problems.ts'
import { shortList } from '../lib/short-list.ts'
import type { FillEntry } from '../model/fill-entries.ts'
import { placeOf } from '../model/remote-secret.ts'
import type { RemoteSecretModel } from '../model/resolve.ts'
import type { SecretSpec } from '../model/types.ts'
import type { FoundSecret } from './found-secret.ts'
import { qualified } from './input-names.ts'
import { readPayload } from './payload.ts'

/** What an entry gets that shares its value. Secret: never printed. */
export interface SharedChoice {
  /** Undefined: it is not known which, so that it gets none. */
  readonly value?: string
  readonly source: 'shared' | 'generated'
  /** It goes in place of another one. */
  readonly replaces: boolean
}

export interface SharedChoices {
  /** Of the entries that were given no value. */
  readonly choices: ReadonlyMap<SecretSpec, SharedChoice>
  readonly problems: readonly Problem[]
}

/** Given values, with each also for the entries that share it. */
export function spreadValues(
  entries: readonly FillEntry[],
  given: ReadonlyMap<SecretSpec, string>,
): ReadonlyMap<SecretSpec, string> {
  const values = new Map(given)
  for (const same of groupsOf(entries)) {
    const [value] = same.flatMap(({ spec }) => given.get(spec) ?? [])
    if (value !== undefined) for (const { spec } of same) if (!values.has(spec)) values.set(spec, value)
  }
  return values
}

/** The entries of each shared value. */
export function groupsOf(entries: readonly FillEntry[]): FillEntry[][] {
  const shared = entries.filter((entry) => entry.shared !== undefined)
  return [...groupBy(shared, (entry) => entry.shared ?? '').values()]
}

/**
 * The values of entries that share one and were given none: what one of them holds already, so that an interrupted run can be
 * completed, else one generated value for all.
 *
 * @param options.generate undefined where nothing is generated
 * @param options.take entries whose value the others get, in place of theirs
 */
export function chooseShared(
  scope: readonly FillEntry[],
  values: ReadonlyMap<SecretSpec, string>,
  found: ReadonlyMap<RemoteSecretModel, FoundSecret>,
  options: {
    readonly generate: (spec: SecretSpec) => string | undefined
    readonly take: ReadonlySet<SecretSpec>
  },
): SharedChoices {
  const choices = new Map<SecretSpec, SharedChoice>()
  const problems: Problem[] = []
  for (const same of groupsOf(scope)) {
    const taken = same.find(({ spec }) => options.take.has(spec))
    if (same.some(({ spec }) => values.has(spec))) {
      if (taken) problems.push(takenAndGiven(taken))
      continue
    }
    const held = same.map((entry) => ({ entry, holds: valueIn(entry, found.get(entry.remote)) }))
    const choice = taken ? take(held, taken) : choose(held, options.generate)
    for (const { spec } of same) choices.set(spec, choice)
    if (taken && choice.value === undefined) problems.push(nothingToTake(taken))
    if (choice.isOpen) problems.push(undecided(held))
  }
  return { choices, problems }
}

// --- internal ---

/** `isThere`: it holds a value, which may be one that can't be read, or bytes that are not UTF-8. */
interface Holds {
  readonly isThere: boolean
  readonly value?: string
}

interface Held {
  readonly entry: FillEntry
  readonly holds: Holds
}

function valueIn({ remote, spec }: FillEntry, found: FoundSecret | undefined): Holds {
  if (!found) return { isThere: false }
  const { current, versions, versionCount } = found
  if (!current?.payload) return { isThere: current !== undefined || (!versions && versionCount > 0) }
  const payload = readPayload(remote, current.payload)
  const value = payload.isReadable || remote.shape === 'json' ? payload.valueOf(spec) : undefined
  return value === undefined ? { isThere: !payload.isReadable } : { isThere: true, value }
}

interface Choice extends SharedChoice {
  /** Which value is the right one can't be known here. */
  readonly isOpen: boolean
}

function take(held: readonly Held[], taken: FillEntry): Choice {
  const own = held.find(({ entry }) => entry === taken)?.holds
  return { ...(own?.value === undefined ? {} : { value: own.value }), source: 'shared', replaces: true, isOpen: false }
}

function choose(held: readonly Held[], generate: (spec: SecretSpec) => string | undefined): Choice {
  const there = held.filter(({ holds }) => holds.isThere)
  const different = new Set(there.map(({ holds }) => holds.value))
  const [value] = different
  const [first] = held
  const base = { source: 'shared', replaces: false } as const
  const made = there.length === 0 && first ? generate(first.entry.spec) : undefined
  if (made !== undefined) return { ...base, source: 'generated', value: made, isOpen: false }
  if (different.size === 1 && value !== undefined) return { ...base, value, isOpen: false }
  return { ...base, isOpen: there.length > 0 && !(different.size === 1 && there.length === held.length) }
}

function undecided(held: readonly Held[]): Problem {
  const name = ({ entry }: Held) => qualified(entry)
  const there = held.filter(({ holds }) => holds.isThere)
  const absent = held.filter(({ holds }) => !holds.isThere)
  const unread = there.filter(({ holds }) => holds.value === undefined)
  const facts = [
    ...(unread.length > 0 ? [`what ${shortList(unread.map(name))} holds can't be read here`] : []),
    ...(there.length > 1 ? [`${shortList(there.map(name))} hold different values`] : []),
    ...(absent.length > 0 ? [`${shortList(absent.map(name))} has none`] : []),
  ]
  const readable = there.filter(({ holds }) => holds.value !== undefined).map(name)
  const take =
    readable.length > 0 ? `Take one of them for all: --share ${readable.join(' or --share ')}. Or give` : 'Give'
  return {
    code: 'FILL_SHARED_VALUES_DIFFER',
    where: held.map(({ entry }) => placeOf(entry.remote)).join(', '),
    message: `${facts.join(', and ')}. Expected one value, which they share.`,
    fix: `${take} the right value with --replace.`,
    severity: 'warning',
  }
}

function nothingToTake(entry: FillEntry): Problem {
  return {
    code: 'FILL_NOTHING_TO_SHARE',
    where: placeOf(entry.remote),
    message: `has no value for ${qualified(entry)} that could be read. Expected one, which --share ${qualified(entry)} gives to the others.`,
    fix: 'Name an entry that has the value, or give the value.',
  }
}

function takenAndGiven(entry: FillEntry): Problem {
  return {
    code: 'FILL_NAME_TWICE',
    where: `--share ${qualified(entry)}`,
    message: 'a value is given for it too. Expected one of them.',
    fix: 'Leave out --share, or the value.',
  }
}

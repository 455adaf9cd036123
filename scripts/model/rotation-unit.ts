import { createHash } from 'node:crypto'
import { commandLine } from '../lib/command-line.ts'
import { didYouMean, nearestInGroups } from '../lib/nearest.ts'
import { compare, exitCodes, ProblemError } from '../lib/problems.ts'
import { periodSeconds } from './duration.ts'
import { type FillEntry, fillEntries } from './fill-entries.ts'
import type { EnvironmentModel, RemoteSecretModel, TierModel } from './resolve.ts'
import { entryName, originOf } from './shared-values.ts'
import type { SecretSpec } from './types.ts'

/**
 * What is rotated together: an entry, all entries of its identity, all that share a value with one of these, in whatever tier,
 * and so on.
 */
export interface RotationUnit {
  /** Its name on the command line: `backend.SESSION_SECRET`, `backend.s3`. Of a shared value it is that of the origin. */
  readonly name: string
  /** Of its entries, each once; first the one in the name. */
  readonly tiers: readonly [TierModel, ...TierModel[]]
  /** Whose values change. */
  readonly entries: readonly FillEntry[]
  /** Name of the journal and of the lease: one for everything that shares a remote secret, so that it changes one at a time. */
  readonly lock: string
  /** How long the old values stay valid beside the new ones. */
  readonly overlapMs: number
}

/**
 * The unit that a name means: a variable or an identity, plain where it is unique, else `<tier>.<name>`. A variable of an
 * identity means all of the identity.
 *
 * @throws ProblemError `ROTATION_NAME_UNKNOWN`, `ROTATION_NAME_AMBIGUOUS`
 */
export function findUnit(model: Pick<EnvironmentModel, 'environment' | 'tiers'>, name: string): RotationUnit {
  const units = unitsOf(model)
  const called = units.filter(({ names }) => names.includes(name))
  const [unit, ...others] = called
  if (!unit) {
    const known = units.flatMap(({ names }) => names)
    throw usage('ROTATION_NAME_UNKNOWN', {
      where: name,
      message: `is neither a variable nor an identity of this environment.${didYouMean(name, known, nearestInGroups)} Expected one of the catalogue.`,
      fix: `Correct the name. \`${commandLine`status --environment ${model.environment}`}\` lists all variables.`,
    })
  }
  if (others.length > 0)
    throw usage('ROTATION_NAME_AMBIGUOUS', {
      where: name,
      message: `can be ${called.map((one) => one.unit.name).join(' or ')}. Expected one of them.`,
      fix: `Write \`${unit.unit.name}\`, for example.`,
    })
  return unit.unit
}

/** The remote secrets of a unit, each once. */
export function remotesIn({ entries }: Pick<RotationUnit, 'entries'>): RemoteSecretModel[] {
  return [...new Set(entries.map(({ remote }) => remote))]
}

/** How an entry is called within its unit: by its variable, and where there are several tiers by `<tier>.<variable>`. */
export function calledIn({ tiers }: Pick<RotationUnit, 'tiers'>, spec: SecretSpec): string {
  return tiers.length === 1 ? spec.variable : entryName(spec)
}

// --- internal ---

interface NamedUnit {
  readonly unit: RotationUnit
  /** All its possible names. */
  readonly names: readonly string[]
}

function unitsOf(model: Pick<EnvironmentModel, 'tiers'>): NamedUnit[] {
  return connected(fillEntries(model), everywhere).flatMap((group) => {
    return connected(group, together).map((entries) => namedUnit(entries, group))
  })
}

/** @param group all that has the same lock */
function namedUnit(entries: readonly FillEntry[], group: readonly FillEntry[]): NamedUnit {
  const first = entries.find(({ spec, shared }) => entryName(spec) === shared) ?? entries[0]
  if (!first) throw new Error('a unit without entries')
  const others = new Set(entries.map(({ tier }) => tier).filter((tier) => tier !== first.tier))
  const unit: RotationUnit = {
    name: `${first.tier.name}.${ownName(first)}`,
    tiers: [first.tier, ...others],
    entries,
    lock: lockOf(first, group),
    overlapMs: 1000 * Math.max(0, ...entries.map(({ spec }) => periodSeconds(spec.overlap ?? '') ?? 0)),
  }
  const names = entries.flatMap((entry) => {
    return [ownName(entry), entry.spec.variable].flatMap((name) => [name, `${entry.tier.name}.${name}`])
  })
  return { unit, names: [...new Set(names)] }
}

const ownName = ({ spec }: FillEntry) => spec.identity ?? spec.variable

/** What is rotated together. */
const together: Keys = ({ spec }) => [identityKey(spec), `value ${originOf(spec)}`]
/** What must not be rotated at the same time. */
const everywhere: Keys = (entry) => [...together(entry), ...inTier(entry)]
const inTier: Keys = ({ tier, remote, spec }) => [identityKey(spec), `remote ${tier.name} ${remote.name}`]

/** An identity is in one tier; without one an entry stands alone. */
function identityKey(spec: SecretSpec): string {
  return spec.identity === undefined ? `variable ${entryName(spec)}` : `identity ${spec.tier}.${spec.identity}`
}

/** What an entry has in common with those that are connected to it. */
type Keys = (entry: FillEntry) => readonly string[]

/** Groups of entries that have a key in common, or are led to each other by others. */
function connected(entries: readonly FillEntry[], keysOf: Keys): FillEntry[][] {
  const places = new Map(entries.map((entry, index) => [entry, index]))
  const byKey = new Map<string, FillEntry[]>()
  for (const entry of entries)
    for (const key of keysOf(entry)) {
      const own = byKey.get(key)
      if (own) own.push(entry)
      else byKey.set(key, [entry])
    }
  const seen = new Set<FillEntry>()
  return entries.flatMap((start) => {
    if (seen.has(start)) return []
    const group = new Set([start])
    for (const entry of group)
      for (const key of keysOf(entry)) for (const other of byKey.get(key) ?? []) group.add(other)
    for (const entry of group) seen.add(entry)
    return [[...group].sort((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0))]
  })
}

/**
 * By the identity, where what shares a remote secret has one; else by the first of the remote secrets. Of what shares values it
 * is the one that the first origin would have alone: it stays when an entry begins to share it.
 */
function lockOf(entry: FillEntry, group: readonly FillEntry[]): string {
  const [origin] = group.flatMap(({ shared }) => shared ?? []).sort(compare)
  const first = group.find(({ spec }) => entryName(spec) === origin) ?? entry
  const own = connected(group, inTier).find((part) => part.includes(first)) ?? [first]
  const identities = [...new Set(own.flatMap(({ spec }) => spec.identity ?? []))]
  const [identity] = identities
  const [remote] = own.map(({ remote: { name } }) => name).sort()
  const key = identities.length === 1 ? `identity ${identity}` : `remote ${remote}`
  const name = identities.length === 1 ? identity : own.length === 1 ? own[0]?.spec.variable : remote
  const digest = createHash('sha256').update(`${first.tier.name} ${key}`).digest('hex').slice(0, 8)
  // Characters that an object's name may not have are left out; the digest distinguishes names that are then the same.
  const readable = `${first.tier.name}-${name}`
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 200)
  return `rotate-${readable}-${digest}`
}

function usage(code: string, problem: { where: string; message: string; fix: string }): ProblemError {
  return new ProblemError({ code, ...problem }, exitCodes.usage)
}

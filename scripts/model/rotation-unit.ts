import { createHash } from 'node:crypto'
import { commandLine } from '../lib/command-line.ts'
import { didYouMean } from '../lib/nearest.ts'
import { exitCodes, ProblemError } from '../lib/problems.ts'
import { periodSeconds } from './duration.ts'
import { type FillEntry, fillEntries } from './fill-entries.ts'
import type { EnvironmentModel, RemoteSecretModel, TierModel } from './resolve.ts'

/** What is rotated together: all entries of an identity, or an entry without one. */
export interface RotationUnit {
  /** Its name on the command line: `backend.SESSION_SECRET`, `backend.s3`. */
  readonly name: string
  readonly tier: TierModel
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
      message: `is neither a variable nor an identity of this environment.${didYouMean(name, known)} Expected one of the catalogue.`,
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

// --- internal ---

interface NamedUnit {
  readonly unit: RotationUnit
  /** All its possible names. */
  readonly names: readonly string[]
}

function unitsOf(model: Pick<EnvironmentModel, 'tiers'>): NamedUnit[] {
  const units = new Map<string, FillEntry[]>()
  for (const entry of fillEntries(model)) {
    const { tier, identity, variable } = entry.spec
    const key = identity === undefined ? `variable ${tier}.${variable}` : `identity ${tier}.${identity}`
    units.set(key, [...(units.get(key) ?? []), entry])
  }
  return [...units.values()].flatMap((entries) => {
    const [first] = entries
    if (!first) return []
    const { tier, spec } = first
    const own = spec.identity ?? spec.variable
    const short = [...new Set([own, ...entries.map((entry) => entry.spec.variable)])]
    const unit = {
      name: `${tier.name}.${own}`,
      tier,
      entries,
      lock: lockOf(tier, entries),
      overlapMs: 1000 * Math.max(0, ...entries.map((entry) => periodSeconds(entry.spec.overlap ?? '') ?? 0)),
    }
    return [{ unit, names: [...short, ...short.map((one) => `${tier.name}.${one}`)] }]
  })
}

/** By the identity, where what shares a remote secret has one; else by the first of the remote secrets. */
function lockOf(tier: TierModel, entries: readonly FillEntry[]): string {
  const remotes = connected(tier, entries)
  const specs = remotes.flatMap((remote) => remote.specs)
  const identities = [...new Set(specs.flatMap(({ identity }) => identity ?? []))]
  const [identity] = identities
  const [first] = remotes.map(({ name }) => name).sort()
  const key = identities.length === 1 ? `identity ${identity}` : `remote ${first}`
  const name = identities.length === 1 ? identity : specs.length === 1 ? specs[0]?.variable : first
  const digest = createHash('sha256').update(`${tier.name} ${key}`).digest('hex').slice(0, 8)
  // Characters that an object's name may not have are left out; the digest distinguishes names that are then the same.
  const readable = `${tier.name}-${name}`
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 200)
  return `rotate-${readable}-${digest}`
}

/** The remote secrets of some entries, and those that share an identity or a remote secret with them. */
function connected({ remoteSecrets }: TierModel, entries: readonly FillEntry[]): RemoteSecretModel[] {
  const found = new Set(entries.map(({ remote }) => remote))
  const identities = new Set(entries.flatMap(({ spec }) => spec.identity ?? []))
  for (let before = -1; before !== found.size; ) {
    before = found.size
    for (const remote of found) for (const { identity } of remote.specs) if (identity) identities.add(identity)
    for (const remote of remoteSecrets)
      if (remote.specs.some(({ identity }) => identity !== undefined && identities.has(identity))) found.add(remote)
  }
  return [...found]
}

function usage(code: string, problem: { where: string; message: string; fix: string }): ProblemError {
  return new ProblemError({ code, ...problem }, exitCodes.usage)
}

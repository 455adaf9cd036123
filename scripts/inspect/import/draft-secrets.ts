import { groupBy } from '../../lib/group.ts'
import { compare } from '../../lib/problems.ts'
import type { Format } from '../../model/formats.ts'
import { tierNames } from '../../model/names.ts'
import { targetTypeDefinition } from '../../model/target-types.ts'
import type { SecretSpec } from '../../model/types.ts'
import { reads, type TierPart } from './assign-tiers.ts'
import type { EnvironmentPart, Guessed } from './draft.ts'
import type { Leftover } from './facts.ts'
import { fitBundles } from './fit-bundles.ts'
import { guessFormat } from './guess-format.ts'
import { type PlacedEntry, placeEntries } from './place-entries.ts'
import { shareValues } from './share-values.ts'
import { tierTargets } from './tier-targets.ts'
import { variableNames } from './variable-names.ts'

export interface DraftSecrets {
  readonly secrets: readonly Guessed<SecretSpec>[]
  /** Folders that differ from the convention, by tier. */
  readonly remotePaths: ReadonlyMap<string, string>
  readonly leftovers: readonly Leftover[]
}

/** What examples of a `.env` say of a variable. */
export interface Example {
  readonly value: string
  /** It is commented out. */
  readonly isOptional: boolean
}

/** The entries of all tiers: one for each variable of a tier, whatever environments have it. */
export function draftSecrets(
  application: string,
  environments: readonly EnvironmentPart[],
  examples: ReadonlyMap<string, Example>,
): DraftSecrets {
  const byTier = groupBy(
    environments.flatMap(({ environment, parts }) => parts.map((part) => ({ environment, part }))),
    ({ part }) => part.tier,
  )
  const remotePaths = new Map<string, string>()
  const folders: string[] = []
  const identities = new Set<string>()
  const all: PlacedEntry[] = []
  const names = environments.map(({ environment }) => environment)
  const leftovers: Leftover[] = []
  const secrets = [...byTier.keys()].sort(compare).flatMap((tier) => {
    const parts = byTier.get(tier) ?? []
    const convention = tierNames(application, tier).remotePath
    const targets = tierTargets(
      tier,
      parts.map(({ part }) => part),
    )
    const named = parts.flatMap(({ environment, part }) => {
      const { keys, leftovers: skipped } = variableNames(part, targets)
      leftovers.push(...skipped)
      return keys.map((key) => ({ ...key, environment, part }))
    })
    const placed = placeEntries(convention, { folders, identities, isOnly: byTier.size === 1 }, named)
    folders.push(placed.folder)
    for (const { identity } of placed.entries) if (identity !== undefined) identities.add(identity)
    if (placed.folder !== convention) remotePaths.set(tier, placed.folder)
    leftovers.push(...placed.leftovers)
    all.push(...placed.entries)
    const variables = [...new Set(placed.entries.map(({ variable }) => variable))]
    const entries = [...groupBy(placed.entries, ({ variable }) => variable).values()].map((same) => {
      leftovers.push(...differences(same))
      return entry(tier, same, { all: names, variables, examples })
    })
    return fitBundles(entries)
  })
  return { secrets: shareValues(secrets, all), remotePaths, leftovers }
}

// --- internal ---

interface Context {
  /** Names of all environments. */
  readonly all: readonly string[]
  readonly variables: readonly string[]
  readonly examples: ReadonlyMap<string, Example>
}

/** @param same the variable in each environment that has it; the first decides */
function entry(tier: string, same: readonly PlacedEntry[], { all, variables, examples }: Context): Guessed<SecretSpec> {
  const [first] = same as [PlacedEntry]
  const { variable, targetName, key, remoteName, identity, property } = first
  const example = examples.get(variable)
  const known = formatOfKey(first)
  const guessed = guessFormat(variable, variables, example?.value)
  const isBundle = identity !== undefined && property === undefined
  // A bundle has to stay below Scaleway's limit for one value, and `text` alone may reach it.
  const format = known ?? (isBundle && guessed.format === 'text' ? 'token' : guessed.format)
  const environments = all.filter((name) => same.some(({ environment }) => environment === name))
  const optional = optionality(same, example)
  return {
    value: {
      tier,
      variable,
      ...(targetName === undefined ? {} : { target: targetName }),
      ...(key === variable ? {} : { key }),
      remoteName,
      format,
      description: words(variable),
      ...(optional.isOptional ? { optional: true } : {}),
      ...(environments.length < all.length ? { environments } : {}),
      ...(identity === undefined ? {} : { identity }),
      ...(isBundle ? { layout: 'bundle' as const } : {}),
      ...(property === undefined ? {} : { property }),
    },
    guesses: [...(known ? [] : [`format by its ${guessed.by}`]), 'description', ...optional.guesses],
  }
}

/** Kubernetes itself reads some keys, and knows what is in them. */
function formatOfKey({ type = 'Opaque', key }: PlacedEntry): Format | undefined {
  return targetTypeDefinition(type)?.formats[key] as Format | undefined
}

function optionality(same: readonly PlacedEntry[], example: Example | undefined) {
  if (same.some(({ type = 'Opaque' }) => targetTypeDefinition(type)?.takesOptional === false))
    return { isOptional: false, guesses: [] }
  if (same.some(({ leavesOutMissing }) => leavesOutMissing)) return { isOptional: true, guesses: [] }
  const uses = same.flatMap((one) => usesOf(one.part, one))
  if (uses.length > 0 && uses.every(({ optional }) => optional))
    return { isOptional: true, guesses: ['optional, because all that read it start without it'] }
  if (example?.isOptional && uses.length === 0)
    return { isOptional: true, guesses: ['optional, because the example has it as a comment'] }
  return { isOptional: false, guesses: [] }
}

function usesOf({ workloads }: TierPart, key: PlacedEntry) {
  return workloads
    .filter((workload) => reads(workload, key))
    .flatMap(({ uses }) =>
      uses.filter(({ secret, keys }) => secret === key.target && (keys?.includes(key.key) ?? true)),
    )
}

/** What environments say differently of a variable: the first is taken. */
function differences(same: readonly PlacedEntry[]): Leftover[] {
  const [first, ...others] = same as [PlacedEntry, ...PlacedEntry[]]
  const shape = ({ remoteName, identity, property, leavesOutMissing }: PlacedEntry) =>
    JSON.stringify([remoteName, identity, property, leavesOutMissing])
  return others
    .filter((other) => shape(other) !== shape(first))
    .map((other) => ({
      code: 'ENVIRONMENTS_DIFFER',
      where: other.where,
      what: `${other.variable} in ${other.environment}`,
      why: `it is stored otherwise than in ${first.environment}, and the catalogue has one place for all environments`,
      todo: `Store it as in ${first.environment}, or make two entries with \`environments\`.`,
    }))
}

/** `SMTP_PASSWORD` as words: `Smtp password`. */
function words(variable: string): string {
  const text = variable
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/[_-]+/g, ' ')
    .trim()
    .toLowerCase()
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}

import { didYouMean } from '../../lib/nearest.ts'
import type { Problem } from '../../lib/problems.ts'
import { mainTargetName } from '../targets.ts'
import type { Catalogue, ReadsSpec } from '../types.ts'
import { atTier, quoted, type Rule } from './rule.ts'

/** A workload of one tier can't read what is in the namespace of another. */
export const readsAreOfTheTier: Rule = ({ catalogue }) =>
  Object.entries(catalogue.tiers).flatMap(([tier, { workloads }]) =>
    Object.entries(workloads).flatMap(([workload, { reads = {} }]) =>
      fields.flatMap((field) =>
        (reads[field] ?? []).flatMap((name) => problemOf({ catalogue, tier, workload, field, name })),
      ),
    ),
  )

// --- internal ---

const fields = ['targets', 'identities', 'variables'] as const satisfies readonly (keyof ReadsSpec)[]

const words = { targets: 'target', identities: 'identity', variables: 'variable' } as const

interface Named {
  readonly catalogue: Catalogue
  readonly tier: string
  readonly workload: string
  readonly field: (typeof fields)[number]
  readonly name: string
}

function problemOf({ catalogue, tier, workload, field, name }: Named): Problem[] {
  const own = namesIn(catalogue, tier, field)
  if (own.includes(name)) return []
  const word = words[field]
  const owner = Object.keys(catalogue.tiers).find((other) => namesIn(catalogue, other, field).includes(name))
  const known = own.length === 0 ? `none: tier "${tier}" has no ${word}` : `${field} of tier "${tier}": ${quoted(own)}`
  return [
    {
      code: owner === undefined ? 'READS_UNKNOWN' : 'READS_OF_ANOTHER_TIER',
      where: `${atTier(tier)} workload "${workload}" reads`,
      message: owner
        ? `the ${word} "${name}" belongs to tier "${owner}". Expected ${known}.`
        : `there is no ${word} "${name}".${didYouMean(name, own)} Expected ${known}.`,
      fix: owner ? `Remove it, or give tier "${tier}" an entry of its own.` : `Correct the ${word}, or remove it.`,
    },
  ]
}

function namesIn({ tiers, secrets }: Catalogue, tier: string, field: Named['field']): string[] {
  const entries = secrets.filter((secret) => secret.tier === tier)
  if (field === 'targets') return [mainTargetName, ...Object.keys(tiers[tier]?.targets ?? {})]
  const names = entries.flatMap(({ variable, identity }) => (field === 'variables' ? variable : (identity ?? [])))
  return [...new Set(names)].sort()
}

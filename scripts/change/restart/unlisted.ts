import { type Problem, ProblemError } from '../../lib/problems.ts'
import type { TierModel } from '../../model/resolve.ts'
import { readerText } from './reading-workloads.ts'

/** Which workloads outside of the catalogue may be restarted: all, or those that a person was asked about, as `readerText`. */
export type AllowedUnlisted = 'all' | readonly string[]

/** A workload that is about to be restarted. */
export interface Restarted {
  readonly kind: string
  readonly name: string
  readonly isCatalogued: boolean
}

export interface RestartedOfTier {
  readonly tier: Pick<TierModel, 'name' | 'namespace'>
  readonly restarted: readonly Restarted[]
}

/** As the option of `restart` and `rotate`. */
export const unlistedOption = {
  flags: '--restart-unlisted',
  description: 'also restart workloads that the catalogue does not name; without --yes the question names them',
} as const

export interface UnlistedOptions {
  readonly yes?: boolean
  readonly dryRun?: boolean
  readonly restartUnlisted?: boolean
}

/**
 * Which workloads outside of the catalogue a run may restart. A question names them; without one they need a word of their own.
 *
 * @throws ProblemError `READER_UNLISTED`
 */
export function allowUnlisted(
  places: readonly RestartedOfTier[],
  { yes = false, dryRun = false, restartUnlisted = false }: UnlistedOptions,
): AllowedUnlisted {
  if (restartUnlisted) return 'all'
  const problems = places.flatMap(({ tier, restarted }) => refuseUnlisted(tier, restarted, []))
  if (yes && !dryRun && problems.length > 0) throw new ProblemError(problems)
  return places
    .flatMap(({ restarted }) => restarted)
    .filter(({ isCatalogued }) => !isCatalogued)
    .map(readerText)
}

/** `READER_UNLISTED`, one for each workload outside of the catalogue that nobody has allowed to restart. Pure. */
export function refuseUnlisted(
  { name: tier, namespace }: Pick<TierModel, 'name' | 'namespace'>,
  restarted: readonly Restarted[],
  allowed: AllowedUnlisted,
): Problem[] {
  return restarted
    .filter((one) => !one.isCatalogued && allowed !== 'all' && !allowed.includes(readerText(one)))
    .map(({ kind, name }) => ({
      code: 'READER_UNLISTED',
      where: `${kind}/${namespace}/${name}`,
      message:
        'reads what changes, and the catalogue does not name it. Expected a workload of the catalogue, or leave to restart others too.',
      fix: `Add it to the workloads of tier "${tier}" in scripts/catalogue.ts, or have it restarted with --restart-unlisted.`,
    }))
}

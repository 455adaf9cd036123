import { didYouMean } from '../lib/nearest.ts'
import { exitCodes, ProblemError } from '../lib/problems.ts'

/**
 * The tier that `--tier <name>` means.
 *
 * @throws ProblemError `WRONG_USAGE`
 */
export function findTier<Tier extends { readonly name: string }>(
  { tiers }: { readonly tiers: readonly Tier[] },
  name: string,
): Tier {
  const found = tiers.find((tier) => tier.name === name)
  if (found) return found
  const names = tiers.map((tier) => tier.name)
  throw new ProblemError(
    {
      code: 'WRONG_USAGE',
      where: `--tier ${name}`,
      message: `there is no such tier.${didYouMean(name, names)} Expected one of: ${names.join(', ')}.`,
      fix: 'Correct the name of the tier.',
    },
    exitCodes.usage,
  )
}

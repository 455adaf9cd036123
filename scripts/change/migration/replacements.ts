import { count } from '../../lib/count.ts'
import type { Facts } from './gather-facts.ts'
import type { MigrationContext } from './migration-context.ts'
import { foreignValues } from './take-over-problems.ts'

/**
 * What `--replace` overwrites, for the confirmation: `4 values in Scaleway and 1 value in targets made by hand are
 * replaced`. Empty: nothing is.
 */
export async function replacementNote(context: MigrationContext, facts: Facts): Promise<string> {
  if (!context.choices.replace) return ''
  const { rows } = await facts.plan()
  const inScaleway = rows.filter(({ action }) => action === 'replace').length
  const foreign = await Promise.all((await facts.handMade()).map((made) => foreignValues(context, facts, made)))
  const inTargets = foreign.flat().filter(({ other }) => other === 'differs').length
  const parts = [
    ...(inScaleway > 0 ? [`${count(inScaleway, 'value')} in Scaleway`] : []),
    ...(inTargets > 0 ? [`${count(inTargets, 'value')} in targets made by hand`] : []),
  ]
  if (parts.length === 0) return ''
  return `${parts.join(' and ')} ${inScaleway + inTargets === 1 ? 'is' : 'are'} replaced`
}

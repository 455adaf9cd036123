import type { Problem } from '../lib/problems.ts'
import { isRecord } from '../lib/record.ts'
import { readsFor, readsText } from './consumers.ts'
import type { SecretSpec } from './types.ts'

/** Fields of an entry that the catalogue had, and has no more. */
export const goneFields: readonly string[] = ['consumers']

/**
 * What to write in place of words that are gone, from a catalogue that nothing has checked yet: `WORD_GONE`, one for each
 * tier.
 */
export function goneWords({ tiers, secrets }: Readonly<Record<string, unknown>>): Problem[] {
  if (!isRecord(tiers) || !Array.isArray(secrets)) return []
  const entries = secrets.filter(isRecord).filter(({ tier, variable }) => isText(tier) && isText(variable))
  return Object.entries(tiers).flatMap(([tier, spec]) => {
    const all = entries.filter((entry) => entry.tier === tier)
    const using = all.filter(({ consumers }) => consumers !== undefined)
    if (using.length === 0 || !isRecord(spec)) return []
    const lines = readsOf(isRecord(spec.workloads) ? spec.workloads : {}, all)
    return {
      code: 'WORD_GONE',
      where: `catalogue tier "${tier}"`,
      message: `${using.map(({ variable }) => `"${variable}"`).join(', ')} ${using.length === 1 ? 'has' : 'have'} \`consumers\`, a word that is gone. Expected \`reads\` of a workload that does not read all of the main target.`,
      fix:
        lines.length === 0
          ? 'Remove `consumers`: every workload reads the main target.'
          : `Remove \`consumers\`, and add to the workloads: ${lines.join('; ')}.`,
    }
  })
}

// --- internal ---

type Entry = Readonly<Record<string, unknown>>

const isText = (value: unknown): value is string => typeof value === 'string'

/** What each workload read by the old word, where the default does not say it. */
function readsOf(workloads: Entry, all: readonly Entry[]): string[] {
  const specs = all.map(({ variable, target, identity, consumers }) => {
    const names = { variable, ...(isText(target) ? { target } : {}), ...(isText(identity) ? { identity } : {}) }
    return { spec: names as unknown as SecretSpec, consumers: Array.isArray(consumers) ? consumers : undefined }
  })
  const entries = specs.map(({ spec }) => spec)
  return Object.entries(workloads).flatMap(([name, workload]) => {
    if (isRecord(workload) && workload.reads !== undefined) return []
    const wanted = specs.filter(({ consumers }) => consumers === undefined || consumers.includes(name))
    const reads = readsFor(
      wanted.map(({ spec }) => spec),
      entries,
    )
    return reads === undefined ? [] : [`${name}: { …, ${readsText(reads)} }`]
  })
}

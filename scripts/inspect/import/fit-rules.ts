import { isError, type Problem, ProblemError } from '../../lib/problems.ts'
import { checkApplication } from '../../model/rules/index.ts'
import { atSecret, atTier } from '../../model/rules/rule.ts'
import type { SecretSpec, TierSpec } from '../../model/types.ts'
import { applicationOf, type Draft } from './draft.ts'
import type { Leftover } from './facts.ts'

/**
 * The draft without what the rules refuse, which becomes a leftover with the rule's own sentence: entries, and parts of a tier
 * that it can be without.
 *
 * @throws ProblemError with what is refused all the same
 */
export function fitRules(draft: Draft): Draft {
  let fitted = draft
  // Each round takes something away; what a round leaves may be refused for another reason.
  for (;;) {
    const errors = checkApplication(applicationOf(fitted)).filter(isError)
    if (errors.length === 0) return fitted
    const next = without(fitted, errors)
    if (next === undefined) throw new ProblemError(errors)
    fitted = next
  }
}

// --- internal ---

function without(draft: Draft, errors: readonly Problem[]): Draft | undefined {
  const refused = new Map(errors.map((error) => [error.where, error]))
  const leftovers: Leftover[] = []
  const secrets = draft.secrets.filter(({ value }) => {
    const error =
      refused.get(atSecret(value)) ??
      refused.get(`catalogue identity "${value.identity}"`) ??
      refused.get(`${atTier(value.tier)} target "${value.target}"`)
    if (error) leftovers.push(leftover(error, describe(value)))
    return error === undefined
  })
  const tiers = new Map(
    [...draft.tiers].map(([name, tier]) => {
      let { value } = tier
      for (const error of errors.filter(({ where }) => where.startsWith(atTier(name)))) {
        const lighter = lighterTier(value, error.where.slice(atTier(name).length))
        if (lighter === undefined) continue
        leftovers.push(leftover(error, `tier ${name}: ${lighter.gone}`))
        value = lighter.value
      }
      return [name, { ...tier, value }]
    }),
  )
  if (leftovers.length === 0) return undefined
  return { ...draft, secrets, tiers, leftovers: [...draft.leftovers, ...leftovers] }
}

/** What a tier can be without, the first of these that it has. */
const spare = [
  ...(['quota', 'containerDefaults', 'egress', 'podSecurity', 'internalTraffic'] as const),
] satisfies (keyof TierSpec)[]

/** A tier without what a rule refuses: the part it names, or a part that may be the reason. */
function lighterTier(value: TierSpec, place: string): { readonly gone: string; readonly value: TierSpec } | undefined {
  const [, kind, part = ''] = /^ (workload|egress|target) "(.*)"$/.exec(place) ?? []
  if (kind === 'egress' && value.egress?.[part]) {
    const { [part]: _, ...egress } = value.egress
    return { gone: `egress ${part}`, value: { ...value, egress } }
  }
  if (kind === 'target' && value.targets?.[part]) {
    const { [part]: _, ...targets } = value.targets
    return { gone: `target ${part}`, value: { ...value, targets } }
  }
  const workload = value.workloads[part]
  // Of a workload its kind and name stay.
  if (kind === 'workload' && workload && Object.keys(workload).length > 1) {
    const workloads = { ...value.workloads, [part]: { kind: workload.kind } }
    return { gone: `ports, labels and sources of ${part}`, value: { ...value, workloads } }
  }
  const gone = spare.find((field) => value[field] !== undefined)
  if (gone !== undefined) {
    const { [gone]: _, ...rest } = value
    return { gone, value: rest }
  }
  if (Object.values(value.workloads).every((one) => Object.keys(one).length === 1)) return undefined
  const bare = Object.entries(value.workloads).map(([name, { kind: own }]) => [name, { kind: own }])
  return {
    gone: 'ports, labels and sources of its workloads',
    value: { ...value, workloads: Object.fromEntries(bare) },
  }
}

function describe({ tier, variable, remoteName }: SecretSpec): string {
  return `${variable} of ${tier}, remote secret ${remoteName}`
}

function leftover({ code, message, fix }: Problem, what: string): Leftover {
  return { code, where: 'scripts/catalogue.ts', what, why: message.replace(/\.$/, ''), todo: fix }
}

import { exitCodes, ProblemError } from '../../lib/problems.ts'
import { type Inputs, together } from '../inputs/found-object.ts'
import type { InputSet } from '../inputs/read-inputs.ts'
import { type Assignment, assignTiers, type NamedTiers } from './assign-tiers.ts'
import { buildDraft } from './build-draft.ts'
import type { Draft } from './draft.ts'
import type { EnvironmentInput } from './draft-environments.ts'
import { readExamples } from './read-examples.ts'
import { readFacts } from './read-facts.ts'
import { applicationName } from './tier-names.ts'

/** What the user says about the input, where it is silent. */
export interface ImportChoices {
  readonly application: string | undefined
  readonly tiers: NamedTiers
  /** The command that names tiers, `frontend=ui`, as the user would type it for the same input. Default: that of `import` */
  readonly withTiers?: (tiers: readonly string[]) => string
}

/** Input of one environment, and the context of the cluster that it was read from. */
export interface EnvironmentSet extends InputSet {
  readonly context?: string
}

/**
 * From what was read to the draft. Pure.
 *
 * @throws ProblemError `NOTHING_FOUND`, `TIERS_UNKNOWN`, or what the rules refuse
 */
export function prepareDraft(sets: readonly EnvironmentSet[], choices: ImportChoices): Draft {
  const environments = byEnvironment(sets)
  const inputs = environments.map(({ environment, inputs: own, context }) => {
    const facts = readFacts(own)
    const name = environment ?? facts.own.environment
    return { environment: name ?? 'production', isNameGuessed: name === undefined, context, facts }
  })
  if (inputs.every(({ facts }) => facts.externalSecrets.length + facts.secrets.length === 0)) throw nothingFound()
  const assigned = inputs.map((input) => ({ input, assignment: assignTiers(input.facts, choices) }))
  return buildDraft({
    application:
      choices.application ??
      assigned.map(({ input }) => input.facts.own.application).find((name) => name) ??
      applicationName(
        assigned.map(({ input: { environment }, assignment: { application } }) => ({ application, environment })),
      ),
    environments: assigned.map(({ input, assignment }): EnvironmentInput => ({ ...input, parts: assignment.parts })),
    examples: readExamples(sets.flatMap(({ inputs: own }) => own.examples)),
    leftovers: assigned.flatMap(({ assignment }) => unread(assignment)),
  })
}

/** `frontend=ui,admin` of each `--tier`. */
export function namedTiers(texts: readonly string[]): NamedTiers {
  const tiers = new Map<string, string[]>()
  for (const text of texts) {
    const [, tier, names] = /^([a-z0-9][a-z0-9-]*)=(.+)$/.exec(text) ?? []
    if (tier === undefined || names === undefined) {
      throw new ProblemError(
        {
          code: 'WRONG_USAGE',
          where: `--tier ${text}`,
          message: 'is not a tier with its workloads. Expected `name=workload,workload`, or `name=namespace`.',
          fix: 'Correct it; a name has lowercase letters, digits and hyphens.',
        },
        exitCodes.usage,
      )
    }
    tiers.set(tier, [...(tiers.get(tier) ?? []), ...names.split(',').filter((name) => name !== '')])
  }
  return tiers
}

// --- internal ---

/** Sets of one name are one environment; what has none belongs to each of those that have one. */
function byEnvironment(sets: readonly EnvironmentSet[]): EnvironmentSet[] {
  const names = [...new Set(sets.flatMap(({ environment }) => environment ?? []))]
  const shared = sets.filter(({ environment }) => environment === undefined)
  const merge = (environment: string | undefined, own: readonly EnvironmentSet[]): EnvironmentSet => {
    const context = own.map((one) => one.context).find((one) => one !== undefined)
    const inputs: Inputs = together(own.map((one) => one.inputs))
    return { environment, inputs, ...(context === undefined ? {} : { context }) }
  }
  if (names.length === 0) return [merge(undefined, shared)]
  return names.map((name) => merge(name, [...sets.filter(({ environment }) => environment === name), ...shared]))
}

function unread({ unread: keys }: Assignment) {
  return keys.map(({ target, key, where }) => ({
    code: 'SECRET_UNREAD',
    where,
    what: `Secret ${target}: ${key}`,
    why: 'no workload of a tier reads it',
    todo: 'Add an entry to the tier whose programs need it.',
  }))
}

function nothingFound(): ProblemError {
  return new ProblemError({
    code: 'NOTHING_FOUND',
    where: '--from',
    message: 'there is no ExternalSecret and no Secret in it. Expected manifests of an application.',
    fix: 'Name the folder or the rendered file that has them.',
  })
}

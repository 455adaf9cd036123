import { compare, isError } from '../../lib/problems.ts'
import { defaultQuota } from '../../model/resolve.ts'
import { checkApplication } from '../../model/rules/index.ts'
import { remoteNameOf } from '../../model/specs.ts'
import type { SecretSpec } from '../../model/types.ts'
import { applicationOf, type Draft, type Guessed } from './draft.ts'
import { draftEnvironments, type EnvironmentInput } from './draft-environments.ts'
import { draftSecrets, type Example } from './draft-secrets.ts'
import { draftTiers } from './draft-tiers.ts'
import type { FoundExternalSecret, Leftover } from './facts.ts'
import { fitRules } from './fit-rules.ts'
import { renamedTargets } from './renamed-targets.ts'
import { unsourcedKeys, untoldWholes } from './target-keys.ts'

/** What a draft is made of. */
export interface DraftInput {
  /** Undefined: nothing names it. */
  readonly application: string | undefined
  readonly environments: readonly EnvironmentInput[]
  readonly examples: ReadonlyMap<string, Example>
  /** What the assignment to tiers left. */
  readonly leftovers: readonly Leftover[]
}

/**
 * The catalogue and the environments that the input implies, which no rule refuses.
 *
 * @throws ProblemError with what the rules refuse in it, where nothing can be left out
 */
export function buildDraft({ application: told, environments: inputs, examples, leftovers }: DraftInput): Draft {
  const application = told ?? 'app'
  const { secrets, remotePaths, leftovers: ofSecrets } = draftSecrets(application, inputs, examples)
  const { tiers, leftovers: ofTiers } = draftTiers(
    application,
    inputs,
    remotePaths,
    secrets.map(({ value }) => value),
  )
  const { environments, leftovers: ofEnvironments } = draftEnvironments(application, [...tiers.keys()], inputs)
  const needed = remoteSecretsOf(secrets, inputs.length)
  const draft = fitRules({
    application,
    owner: `Team of ${application}`,
    ...(needed > defaultQuota * 0.8 ? { remoteSecretQuota: Math.ceil(needed / 50) * 50 + 50 } : {}),
    tiers,
    secrets,
    environments,
    guesses: [...(told === undefined ? ['application'] : []), 'owner'],
    leftovers: sorted([
      ...inputs.flatMap(({ facts }) => [
        ...facts.leftovers,
        ...untoldWholes(facts).map(untold),
        ...unsourcedKeys(facts).map(unsourced),
      ]),
      ...leftovers,
      ...ofSecrets,
      ...renamedTargets(inputs, secrets),
      ...ofTiers,
      ...ofEnvironments,
    ]),
  })
  return withLegacy(draft, inputs)
}

// --- internal ---

/** What `migrate` starts from: where all tiers read one Secret that somebody wrote, as far as the rules allow it. */
function withLegacy(draft: Draft, inputs: readonly EnvironmentInput[]): Draft {
  const parts = inputs.flatMap((input) => input.parts)
  const keys = parts.flatMap(({ keys: own, named }) => own.filter(({ target }) => !named.has(target)))
  const [first] = keys
  const isOne = keys.every(
    ({ source, isFile, namespace, target }) =>
      source === undefined && !isFile && namespace === first?.namespace && target === first.target,
  )
  if (!first || !isOne || first.namespace === '' || !parts.every(({ isShared }) => isShared)) return draft
  const migrating = { ...draft, legacy: { namespace: first.namespace, secret: first.target } }
  return checkApplication(applicationOf(migrating)).some(isError) ? draft : migrating
}

function remoteSecretsOf(secrets: readonly Guessed<SecretSpec>[], environments: number): number {
  return new Set(secrets.map(({ value }) => `${value.tier} ${remoteNameOf(value)}`)).size * environments
}

/** Each once: the same file may be part of several environments. */
function sorted(leftovers: readonly Leftover[]): Leftover[] {
  const unique = new Map(leftovers.map((one) => [JSON.stringify(one), one]))
  return [...unique.values()].sort(
    (a, b) => compare(a.code, b.code) || compare(a.where, b.where) || compare(a.what, b.what),
  )
}

function untold({ name, wholes, where }: FoundExternalSecret): Leftover {
  return {
    code: 'KEYS_UNKNOWN',
    where,
    what: `ExternalSecret ${name}: ${wholes.map(({ ref }) => ref.key).join(', ')}`,
    why: 'it delivers whatever the JSON has, and nothing of the input names all of its keys',
    todo: 'Import the cluster too, whose Secret has the names, or add an entry with `property` for each.',
  }
}

function unsourced({ target, key, where }: { target: string; key: string; where: string }): Leftover {
  return {
    code: 'SOURCE_AMBIGUOUS',
    where,
    what: `Secret ${target}: ${key}`,
    why: 'nothing tells which of its sources delivers it',
    todo: 'Add an entry to the catalogue for it.',
  }
}

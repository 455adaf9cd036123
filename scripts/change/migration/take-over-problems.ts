import type { SecretObject } from '../../kubernetes/kinds.ts'
import { commandLine, kubectl } from '../../lib/command-line.ts'
import type { Problem } from '../../lib/problems.ts'
import { shellWord } from '../../lib/shell.ts'
import { shortList } from '../../lib/short-list.ts'
import { foreignValues as foreignTargetValues, type ForeignValue as TargetValue } from '../target-values.ts'
import type { Facts } from './gather-facts.ts'
import { copyRef, type HandMade, otherController } from './hand-made.ts'
import { qualified } from './key-inventory.ts'
import { type MigrationContext, placeOfSecret } from './migration-context.ts'

/** A catalogued key of a target made by hand whose bytes differ from those the operator would write. */
export interface ForeignValue extends Omit<TargetValue, 'entry'> {
  /** `<tier>.<variable>` */
  readonly name: string
}

/** Compared by digest with the old Secret's value, or else with Scaleway's. */
export async function foreignValues(context: MigrationContext, facts: Facts, made: HandMade): Promise<ForeignValue[]> {
  const { account, signal } = context
  const { values } = await facts.plan()
  const sources = { ...context, account: { ...account, signal } }
  const found = await foreignTargetValues(sources, made, ({ spec }) => values.get(spec))
  return found.map(({ entry, ...value }) => ({ ...value, name: qualified(entry) }))
}

export interface TakeOver {
  readonly made: HandMade
  readonly copied: SecretObject | undefined
  readonly foreign: readonly ForeignValue[]
  readonly endangered: readonly string[]
}

/** Why what only a target made by hand holds can't be copied from it without a decision. */
export function obstacles(context: MigrationContext, view: TakeOver): Problem[] {
  const { made, foreign } = view
  const accepted = context.choices.replace
  return [
    ...(accepted ? [] : foreign.map((value) => foreignProblem(context, made, value))),
    ...copyProblems(context, view),
  ]
}

/**
 * Why the operator can't write it at all.
 *
 * @param lacking keys that are still to be copied from it: it may be deleted only afterwards
 */
export function writerProblems(made: HandMade, lacking: readonly string[]): Problem[] {
  const { ref, secret, target } = made
  const where = placeOfSecret(ref)
  const copied = lacking.length > 0 ? `, and ${shortList(lacking)} copied to ${copyRef(made).name}` : ''
  const again = `Once this command has the backup${copied}: \`${kubectl`delete secret ${ref.name} --namespace ${ref.namespace}`}\`. Pods that start before the operator has written it wait for it.`
  const owner = otherController(made)
  const problems: Problem[] = []
  if (owner)
    problems.push({
      code: 'TARGET_HAS_OTHER_WRITER',
      where,
      message: `is written by ${owner.kind} ${owner.name}, and the operator does not overwrite it. Expected no other writer.`,
      fix: `Stop it from writing the Secret, and keep the Secret: remove the owner from its ownerReferences.`,
    })
  if (secret.immutable === true)
    problems.push({
      code: 'TARGET_IMMUTABLE',
      where,
      message: "is immutable, so that the operator can't write it. Expected a Secret that can be changed.",
      fix: again,
    })
  const { type = 'Opaque' } = secret
  if (type !== target.type)
    problems.push({
      code: 'TARGET_TYPE_DIFFERS',
      where,
      message: `is of type ${type}, and the type of a Secret can't be changed. Expected ${target.type}.`,
      fix: again,
    })
  return problems
}

// --- internal ---

function foreignProblem({ model }: MigrationContext, { ref }: HandMade, { key, name, other }: ForeignValue): Problem {
  const where = placeOfSecret(ref)
  const replace = `with --replace it is overwritten, and the old value is kept in ${copyRef({ ref }).name}.`
  if (other === 'absent')
    return {
      code: 'TARGET_VALUE_NOT_FILLED',
      where,
      message: `holds ${key}, for which neither the old Secret nor Scaleway has a value. Expected a value for ${name}.`,
      fix: `${commandLine`fill --environment ${model.environment} --from-secret ${`${ref.namespace}/${ref.name}`} --only ${name}`}; or ${replace}`,
    }
  return {
    code: 'TARGET_VALUE_DIFFERS',
    where,
    message: `holds a value for ${key} that differs from what the operator would write. Expected the same value.`,
    fix: `If it is right, correct the old Secret, or correct Scaleway and add \`--leave ${shellWord(key)}\`; otherwise ${replace}`,
  }
}

function copyProblems({ digest }: MigrationContext, { made, copied, endangered }: TakeOver): Problem[] {
  const bytes = (secret: SecretObject | undefined, key: string) =>
    digest(Buffer.from(secret?.data?.[key] ?? '', 'base64'))
  const has = (key: string) => Object.hasOwn(copied?.data ?? {}, key)
  const others = endangered.filter((key) => has(key) && bytes(copied, key) !== bytes(made.secret, key))
  if (others.length === 0) return []
  return [
    {
      code: 'COPY_DIFFERS',
      where: placeOfSecret(copyRef(made)),
      message: `differs from ${placeOfSecret(made.ref)} in ${others.join(', ')}. Expected the same values, or no such keys.`,
      fix: 'Rename one of them, or remove the key from the one that is not needed.',
    },
  ]
}

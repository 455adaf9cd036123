import { kubectl } from '../../../lib/command-line.ts'
import { count } from '../../../lib/count.ts'
import type { Problem } from '../../../lib/problems.ts'
import { shortList } from '../../../lib/short-list.ts'
import { consumes } from '../../../model/consumers.ts'
import { type ExternalSecretModel, specsOf } from '../../../model/resolve.ts'
import type { Facts } from '../gather-facts.ts'
import type { MigrationContext } from '../migration-context.ts'
import { command } from '../migration-context.ts'
import { placeOfReference, type Reference, readReferences } from '../secret-references.ts'
import { blocked, done, type Step } from '../step.ts'
import { moveOf, type WorkloadMove } from '../workload-move.ts'

/** Nothing reads the old Secret any more. Workloads belong to other releases: how to move them is reported, but nothing is moved. */
export const switchStep: Step = {
  name: 'switch',
  title: 'find readers of the old Secret',
  async look(context, facts) {
    const references = await readMoves(context, facts)
    if (references.length === 0) return done('nothing reads the old Secret')
    const note = `${count(references.length, 'reader')} of the old Secret`
    return blocked(
      note,
      references.map((reference) => inUse(context, reference)),
    )
  },
}

/** A reader of the old Secret, with how it has to change. */
export interface ReferenceMove extends Reference {
  /** Undefined for a pod that only has to end, and where the catalogue does not say which tier it belongs to. */
  readonly move: WorkloadMove | undefined
}

/** Every reader of the old Secret. */
export async function readMoves(context: MigrationContext, facts: Facts): Promise<ReferenceMove[]> {
  const inventory = await facts.inventory()
  const { model, legacy } = context
  return (await readReferences(context)).map((reference) => ({
    ...reference,
    move: reference.workload && moveOf(model, inventory, legacy.name, reference.workload),
  }))
}

// --- internal ---

function inUse(context: MigrationContext, reference: ReferenceMove): Problem {
  const { legacy, model } = context
  const { kind, name, namespace, keys = [], workload, move, effect } = reference
  const what = keys.length === 0 ? 'reads' : `reads ${shortList(keys)} of`
  const where = placeOfReference(reference)
  const remove = kubectl`delete ${kind.toLowerCase()} ${name} --namespace ${namespace}`
  const problem = (message: string, fix: string): Problem => {
    return { code: 'LEGACY_IN_USE', where, message: `${message} Expected nothing to read it any more.`, fix }
  }
  if (effect !== undefined)
    return problem(
      `reads Secret ${legacy.name}, and ${effect} once it is deleted.`,
      'Let it read another Secret, as the one of the tier it belongs to; or delete it where nothing needs it any more.',
    )
  if (!workload)
    return problem(
      `started before the change, and ${what} Secret ${legacy.name}.`,
      `Wait until it has ended, or: ${remove}`,
    )
  if (!move)
    return problem(
      `${what} Secret ${legacy.name}, and is not a workload of exactly one tier of the catalogue.`,
      `Name it among the workloads of its tier in scripts/catalogue.ts, or let it read another Secret.`,
    )
  const tier = model.tiers.find(({ name }) => name === move.tier)
  const reads = (target: ExternalSecretModel) =>
    tier !== undefined && specsOf(target).some((spec) => consumes(tier, name, spec))
  const names = (tier?.externalSecrets ?? []).filter(reads).map((target) => target.name)
  const there = move.namespace === namespace ? '' : ` in namespace ${move.namespace}`
  const moved = `Let it read ${names.join(' and ') || 'nothing'}${there}; ${command(context, '--output', 'yaml')} prints the patch.`
  const notes = move.notes.length > 0 ? ` Not in the patch: ${move.notes.join('; ')}.` : ''
  const after = move.namespace === namespace ? '' : ` Then delete this one: ${remove}`
  return problem(`${what} Secret ${legacy.name}.`, `${moved}${notes}${after}`)
}

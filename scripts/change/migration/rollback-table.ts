import { namesSecret } from '../../cluster/pod-outline.ts'
import { readPodTemplates } from '../../cluster/pod-templates.ts'
import { jsonDocument, lines, type Printable } from '../../lib/printable.ts'
import { shortList } from '../../lib/short-list.ts'
import { type ClusterContext, placeOfSecret } from './migration-context.ts'
import type { Rollback } from './rollback.ts'

/** Workloads that read the targets of their tier: a person has to decide that they read the old Secret again. */
export async function readersOfTargets({ client, model, signal }: ClusterContext): Promise<string[]> {
  const lists = await Promise.all(
    model.tiers.map(async (tier) => {
      const targets = tier.externalSecrets.map(({ name }) => name)
      const templates = await readPodTemplates(client, tier.namespace, signal)
      return templates
        .filter(({ outline, isOver }) => !isOver && targets.some((target) => namesSecret(outline, target)))
        .map(({ kind, name }) => `${kind}/${tier.namespace}/${name}`)
    }),
  )
  return lists.flat()
}

/** For a person. */
export function rollbackText({ legacy }: ClusterContext, rollback: Rollback, readers: readonly string[]): Printable {
  const { action, from, differing, saved } = rollback
  const keys = Object.keys(saved.data).length
  const first = {
    create: `${placeOfSecret(legacy)} does not exist: all ${keys} keys come from ${from}`,
    replace: `${placeOfSecret(legacy)} exists, and differs from ${from}${differing.length > 0 ? ` in ${shortList(differing)}` : ''}`,
    nothing: `${placeOfSecret(legacy)} is the same as in ${from}`,
  }[action]
  const rest = readers.map((reader) => `${reader} reads the new Secrets, and is not changed`)
  return lines(first, ...rest)
}

/** For machines. */
export function rollbackJson(
  { model, legacy }: ClusterContext,
  { action, from, differing, saved }: Rollback,
  readers: readonly string[],
  written: boolean,
): Printable {
  const document = {
    version: 1,
    application: model.application,
    environment: model.environment,
    secret: placeOfSecret(legacy),
    from,
    action,
    keys: Object.keys(saved.data).length,
    differing,
    readersOfTargets: readers,
    written,
  }
  return jsonDocument(document)
}

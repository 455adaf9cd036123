import { variablesOf } from '../../cluster/expected-spec.ts'
import { delivers } from '../../cluster/secret-uses.ts'
import { externalSecrets, type TierModel, targetKeys } from '../../model/resolve.ts'
import type { ConsumerState } from '../survey/cluster-survey.ts'
import type { ObjectChange } from './objects.ts'
import type { RemovedTarget } from './removals.ts'

/** A workload that has to restart before it sees what an upgrade changes. */
export interface Restart {
  /** `Deployment/trackdechets-backend/api` */
  readonly workload: string
  /** Keys of the target that are added, removed, or read from elsewhere. */
  readonly keys: readonly string[]
}

/** Which workloads of a tier read keys that the upgrade changes. Pure. */
export function restartsOf(
  tier: TierModel,
  consumers: ReadonlyMap<string, ConsumerState>,
  changes: readonly ObjectChange[],
  gone: readonly RemovedTarget[],
): Restart[] {
  const own = changes.filter(({ kind, namespace }) => kind === 'ExternalSecret' && namespace === tier.namespace)
  return [...consumers].flatMap(([name, { template }]) => {
    const uses = (template?.secrets ?? []).filter(({ by }) => by === 'variables')
    const keys = own.flatMap((change) => {
      const affected = uses.filter(({ secret }) => secret === change.name)
      // Pods wait for a required Secret before they start: a new one needs no restart, and one
      // that is removed is a separate problem.
      if (change.action !== 'change' && affected.some(({ optional }) => !optional)) return []
      return changedKeys(change, tier, gone).filter((key) => affected.some((use) => delivers(use, change.name, key)))
    })
    const kind = template?.kind
    if (keys.length === 0 || kind === undefined || kind === 'Job' || kind === 'CronJob') return []
    return [{ workload: `${kind}/${tier.namespace}/${name}`, keys: [...new Set(keys)] }]
  })
}

// --- internal ---

function changedKeys(change: ObjectChange, tier: TierModel, gone: readonly RemovedTarget[]): readonly string[] {
  const { name, action, fields } = change
  if (action === 'change') {
    const bundles = externalSecrets(tier).flatMap((one) => one.bundles)
    return fields.flatMap(({ path }) => variablesOf(path, { bundles }))
  }
  if (action === 'add') return externalSecrets(tier).flatMap((one) => (one.name === name ? targetKeys(one) : []))
  if (action !== 'remove') return []
  return gone.find((one) => one.namespace === tier.namespace && one.name === name)?.keys ?? []
}

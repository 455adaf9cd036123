import { delivers } from '../kubernetes/secret-uses.ts'
import type { TierModel } from '../model/resolve.ts'
import type { ConsumerSight } from '../survey/cluster.ts'
import type { FieldChange } from './difference.ts'
import type { ObjectChange } from './objects.ts'

/** A workload that has to start again before it sees what an upgrade changes. */
export interface Restart {
  /** `Deployment/trackdechets-backend/api` */
  readonly workload: string
  /** Keys of the target that appear, go, or are read from elsewhere. */
  readonly keys: readonly string[]
}

/** Which workloads of a tier read keys that the upgrade changes. Pure. */
export function restartsOf(
  tier: TierModel,
  consumers: ReadonlyMap<string, ConsumerSight>,
  changes: readonly ObjectChange[],
): Restart[] {
  const own = changes.filter(({ kind, namespace, action }) => {
    return kind === 'ExternalSecret' && namespace === tier.namespace && action === 'change'
  })
  return [...consumers].flatMap(([name, { template }]) => {
    const uses = (template?.secrets ?? []).filter(({ by }) => by === 'variables')
    const keys = own.flatMap((change) =>
      changedKeys(change.fields, tier).filter((key) => uses.some((use) => delivers(use, change.name, key))),
    )
    const kind = template?.kind
    if (keys.length === 0 || kind === undefined || kind === 'Job' || kind === 'CronJob') return []
    return [{ workload: `${kind}/${tier.namespace}/${name}`, keys: [...new Set(keys)] }]
  })
}

// --- internal ---

/** A field of `spec.data` is one key; a bundle stands for all that are read from it. */
function changedKeys(fields: readonly FieldChange[], { remoteSecrets }: TierModel): string[] {
  return fields.flatMap(({ path }) => {
    const key = /^spec\.data\[([^\]]+)\]/.exec(path)?.[1] ?? /^spec\.target\.template\.data\.(.+)$/.exec(path)?.[1]
    if (key !== undefined) return [key]
    const ref = /^spec\.dataFrom\[([^\]]+)\]/.exec(path)?.[1]
    return remoteSecrets
      .filter(({ remoteRef }) => remoteRef === ref)
      .flatMap(({ specs }) => specs.map((one) => one.variable))
  })
}

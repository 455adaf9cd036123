import { withKeys } from '../../cluster/container-variables.ts'
import { keysOf } from '../../cluster/expected-spec.ts'
import { deliveredKeys, keyReads, lossOfKey, lossOfSecret } from '../../cluster/key-reads.ts'
import { describeObject, kinds } from '../../kubernetes/kinds.ts'
import { type TierModel, targetKeys } from '../../model/resolve.ts'
import type { ConsumerState, TierReaders } from '../survey/readers.ts'
import type { ObjectChange } from './plan-objects.ts'
import type { RemovedTarget } from './removals.ts'

/** A workload that has to restart before it sees what an upgrade changes. */
export interface Restart {
  /** `Deployment/trackdechets-backend/api` */
  readonly workload: string
  readonly isCatalogued: boolean
  /** Keys of the target that are added, removed, or read from elsewhere. */
  readonly keys: readonly string[]
}

/** Which workloads of a tier's namespace read keys that the upgrade changes, catalogued or not. Pure. */
export function restartsOf(
  tier: TierModel,
  { consumers, unlisted }: TierReaders,
  changes: readonly ObjectChange[],
  gone: readonly RemovedTarget[],
): Restart[] {
  const own = changes.filter(({ kind, namespace }) => kind === 'ExternalSecret' && namespace === tier.namespace)
  const readers = [
    ...[...consumers.values()].map((state) => ({ state, isCatalogued: true })),
    ...unlisted.map((state) => ({ state, isCatalogued: false })),
  ]
  return readers.flatMap(({ state, isCatalogued }) => {
    const { template } = state
    if (!template || template.kind === kinds.job.kind || template.kind === kinds.cronJob.kind) return []
    const keys = own.flatMap((change) => readKeys(state, change, changedKeys(change, tier, gone)))
    if (keys.length === 0) return []
    const workload = describeObject(template, { namespace: tier.namespace, name: template.name })
    return [{ workload, isCatalogued, keys: [...new Set(keys)] }]
  })
}

// --- internal ---

/** Those of these keys that the pods keep as they were when they started. */
function readKeys(
  { template, known }: ConsumerState,
  { name, action }: ObjectChange,
  keys: readonly string[],
): readonly string[] {
  if (!template) return []
  // Pods wait for a required Secret before they start: a new one needs no restart, and one that is removed
  // is a separate problem.
  if (action !== 'change' && lossOfSecret(template.outline, name) === 'does-not-start') return []
  const all = withKeys(known, name, keys)
  const reads = keyReads(template.outline, all).filter(({ isFixedAtStart }) => isFixedAtStart)
  const delivered = deliveredKeys(reads, name)
  const catalogued = known.keysOf({ kind: 'Secret', name })
  // So is a key without which they don't start again.
  const isNeeded = (key: string) =>
    Array.isArray(catalogued) &&
    !catalogued.includes(key) &&
    lossOfKey(template.outline, name, key, all) === 'does-not-start'
  return keys.filter((key) => delivered.has(key) && !isNeeded(key))
}

function changedKeys(change: ObjectChange, tier: TierModel, gone: readonly RemovedTarget[]): readonly string[] {
  const { name, action, fields } = change
  const expected = tier.externalSecrets.find((one) => one.name === name)
  if (action === 'change') {
    return fields.flatMap((field) => keysOf(field, expected))
  }
  if (action === 'add') return expected ? targetKeys(expected) : []
  if (action !== 'remove') return []
  return gone.find((one) => one.namespace === tier.namespace && one.name === name)?.keys ?? []
}

import { wantedSyncs } from '../../cluster/release-gate.ts'
import { type WaitReport, waitForSync } from '../../cluster/wait-for-sync.ts'
import type { SecretObject } from '../../kubernetes/kinds.ts'
import { kinds } from '../../kubernetes/kinds.ts'
import { fillEntries } from '../../model/fill-entries.ts'
import type { SecretSpec } from '../../model/types.ts'
import { type FillPlan, planFill } from '../../payload/fill-plan.ts'
import { readFound } from '../fill/found-secrets.ts'
import { type HandMade, readHandMade } from './hand-made.ts'
import { type Inventory, takeInventory } from './key-inventory.ts'
import type { MigrationContext } from './migration-context.ts'
import type { MigrationState } from './migration-state.ts'

/** Facts that several steps need, each read at most once. Holds values: never printed. */
export interface Facts {
  /** The old Secret; undefined when it no longer exists. */
  old(): Promise<SecretObject | undefined>
  /** Target Secrets made by hand. */
  handMade(): Promise<readonly HandMade[]>
  inventory(): Promise<Inventory>
  /** What of the old Secret is missing in Scaleway. */
  plan(): Promise<FillPlan & { readonly values: ReadonlyMap<SecretSpec, string> }>
  /** The current state of each ExternalSecret. */
  reports(): Promise<readonly WaitReport[]>
}

/** Facts as of now; after a step has changed something they have to be gathered again. */
export function gatherFacts(context: MigrationContext, state: MigrationState): Facts {
  const { client, model, account, legacy, choices, signal } = context
  const old = once(() => client.get<SecretObject>(kinds.secret, legacy, signal))
  const handMade = once(() => readHandMade(client, model, signal))
  const inventory = once(async () => {
    const found = await old()
    const targets = await handMade()
    return takeInventory({
      model,
      legacy,
      data: found?.data ?? {},
      otherKeys: targets.flatMap(({ secret }) => Object.keys(secret.data ?? {})),
      given: choices,
      noted: state,
    })
  })
  const plan = once(async () => {
    const { values } = await inventory()
    const options = { replace: choices.replace, disablePrevious: false, prune: false, chosen: false }
    const request = { scope: fillEntries(model), values, options }
    return { ...planFill(request, await readFound({ ...account, signal }, model, request)), values }
  })
  const reports = once(() => waitForSync(client, wantedSyncs(model), { timeoutMs: 0, signal }))
  return { old, handMade, inventory, plan, reports }
}

// --- internal ---

function once<T>(read: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined
  return () => {
    result ??= read()
    return result
  }
}

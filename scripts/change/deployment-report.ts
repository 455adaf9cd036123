import type { GateDocument } from '../cluster/gate-report.ts'
import type { ObjectChange } from '../inspect/plan/plan-objects.ts'
import { objectsJson } from '../inspect/plan/plan-report.ts'
import { jsonDocument, type Printable } from '../lib/printable.ts'
import type { Problem } from '../lib/problems.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import type { Deployment } from './deploy-release.ts'

/** How `npm run deploy` ended. */
export interface Outcome {
  readonly dryRun: boolean
  /** What a dry run compared; undefined: it may not. */
  readonly changes: readonly ObjectChange[] | undefined
  readonly deployed: Deployment | undefined
  /** Of the operator, and those of the plan that a deployment does not fix by itself. */
  readonly warnings: readonly Problem[]
  readonly waited: Waited
}

export interface Waited {
  /** Undefined: it was not waited. */
  readonly gate: GateDocument | undefined
  readonly problems: readonly object[]
}

/** What was not done or checked is null. */
export function deploymentJson(
  model: EnvironmentModel,
  { dryRun, changes, deployed, warnings, waited }: Outcome,
): Printable {
  const { application, environment, release } = model
  const { synced = null, externalSecrets = null } = waited.gate ?? {}
  const { revision = null, adopted = [], restored = [] } = deployed ?? {}
  const done = { dryRun, deployed: deployed !== undefined, release: { ...release, revision }, adopted, restored }
  const objects = changes ? objectsJson(changes) : null
  const compared = dryRun ? { objects } : {}
  const problems = [...warnings, ...(deployed?.problems ?? []), ...waited.problems]
  return jsonDocument({ version: 1, application, environment, ...done, ...compared, synced, externalSecrets, problems })
}

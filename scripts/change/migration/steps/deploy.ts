import { randomBytes } from 'node:crypto'
import { isPending, pendingRelease, type ReleaseState, readRelease, runLabel } from '../../../cluster/helm-release.ts'
import { syncProblems } from '../../../cluster/sync-problems.ts'
import { isConflict } from '../../../kubernetes/errors.ts'
import { kinds, type NamespacedRef } from '../../../kubernetes/kinds.ts'
import { pause } from '../../../lib/pause.ts'
import { ProblemError } from '../../../lib/problems.ts'
import { stopwatch } from '../../../lib/stopwatch.ts'
import { isDeployed } from '../deployed.ts'
import { type MigrationContext, placeOfSecret } from '../migration-context.ts'
import type { MigrationState } from '../migration-state.ts'
import { blocked, done, type Step, todo } from '../step.ts'

/** The chart is in the cluster. */
export const deployStep: Step = {
  name: 'deploy',
  title: 'deploy the chart',
  async look(context, facts) {
    const { release } = context.model
    const reports = await facts.reports()
    const [absent] = reports.filter(({ obstacle }) => obstacle === 'kind-absent')
    if (absent) return blocked('the operator is not installed', syncProblems(context.model, [absent], '0s'))
    const isThere = await isDeployed(context, facts)
    return isThere ? done('the cluster has what the catalogue implies') : todo(`release ${release.name}`)
  },
  async act(context, _facts, journal) {
    await clearDeadRelease(context, journal.state)
    const { client, model, signal } = context
    const before = await readRelease(client, model.release, signal)
    const helm = { revision: (before?.revision ?? 0) + 1, run: randomBytes(6).toString('hex') }
    await journal.note({ deploying: new Date().toISOString(), helm })
    await context.deploy(signal, { [runLabel]: helm.run })
  },
}

// --- internal ---

const pollMs = 500

/**
 * A killed Helm leaves its release pending, and every later one refuses to run. When it was started by us, its
 * record is deleted once it had time to end: the objects it created carry the release's marks, and the next one adopts them.
 *
 * @throws ProblemError `RELEASE_PENDING` when it is somebody else's
 */
async function clearDeadRelease(context: MigrationContext, { helm }: MigrationState): Promise<void> {
  const { client, model, signal, waits, log } = context
  const { release } = model
  const waited = stopwatch()
  for (let told = false; ; told = true) {
    const found = await readRelease(client, release, signal)
    if (!found || !isPending(found)) return
    if (found.run !== helm?.run || found.revision !== helm?.revision)
      throw new ProblemError(pendingRelease(release, found))
    const ref = { namespace: release.namespace, name: found.record }
    if (waited() >= waits.pendingMs && (await isDeleted(context, ref, found)))
      return log(
        `${placeOfSecret(ref)}: ${found.status} since an earlier run was killed; deleted, so that Helm can continue`,
      )
    if (!told) log(`${placeOfSecret(ref)} is ${found.status}: waiting for the Helm of an earlier run to end`)
    await pause(Math.min(pollMs, waits.pendingMs), signal)
  }
}

/** False: it has changed, so that its Helm is alive. */
async function isDeleted(
  { client, signal }: MigrationContext,
  ref: NamespacedRef,
  { uid, resourceVersion }: ReleaseState,
): Promise<boolean> {
  try {
    await client.delete(kinds.secret, ref, signal, { uid, resourceVersion })
    return true
  } catch (error) {
    if (isConflict(error)) return false
    throw error
  }
}

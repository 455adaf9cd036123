import { setTimeout as sleep } from 'node:timers/promises'
import { isPending, pendingRelease, readRelease } from '../../../cluster/helm-release.ts'
import { syncProblems } from '../../../cluster/sync-problems.ts'
import { kinds } from '../../../kubernetes/kinds.ts'
import { ProblemError } from '../../../lib/problems.ts'
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
    await journal.note({ deploying: new Date().toISOString() })
    await context.deploy(context.signal)
  },
}

// --- internal ---

const pollMs = 500

/**
 * A killed Helm leaves its release pending, and every later one refuses to run. When it was started by us, its
 * record is deleted once it had time to end: the objects it created carry the release's marks, and the next one adopts them.
 *
 * @throws ProblemError `RELEASE_PENDING` when it may be somebody else's
 */
async function clearDeadRelease(context: MigrationContext, { deploying }: MigrationState): Promise<void> {
  const { client, model, signal, waits, log } = context
  const { release } = model
  const deadline = Date.now() + waits.pendingMs
  for (let told = false; ; told = true) {
    const found = await readRelease(client, release, signal)
    if (!found || !isPending(found)) return
    const ref = { namespace: release.namespace, name: found.record }
    if (deploying === undefined) throw new ProblemError(pendingRelease(release, found))
    if (Date.now() >= deadline) {
      log(`${placeOfSecret(ref)}: ${found.status} since an earlier run was killed; deleted, so that Helm can continue`)
      await client.delete(kinds.secret, ref, signal, { uid: found.uid })
      return
    }
    if (!told) log(`${placeOfSecret(ref)} is ${found.status}: waiting for the Helm of an earlier run to end`)
    await sleep(Math.min(pollMs, waits.pendingMs), undefined, { signal })
  }
}

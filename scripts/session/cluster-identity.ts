import type { ClusterReader } from '../kubernetes/client.ts'
import { clusterProblem, isForbidden } from '../kubernetes/errors.ts'
import { kinds } from '../kubernetes/kinds.ts'
import { exitCodes, ProblemError } from '../lib/problems.ts'
import { shell } from '../lib/shell.ts'
import type { EnvironmentModel } from '../model/resolve.ts'

/** The UID of the namespace `kube-system`, which no two clusters share and none loses. Undefined: it has none. */
export async function readClusterUid(client: ClusterReader, signal?: AbortSignal): Promise<string | undefined> {
  const found = await client.get(kinds.namespace, { name: 'kube-system' }, signal)
  return found?.metadata.uid
}

/**
 * Compares a cluster with the one its environment names by `cluster`.
 *
 * @param context the kube context that leads to the cluster
 * @throws ProblemError `CLUSTER_DIFFERS`; `CLUSTER_UNPROVED` when it can't be told, `CLUSTER_REFUSED`,
 *   `CLUSTER_UNREACHABLE`
 */
export async function refuseOtherCluster(
  client: ClusterReader,
  { environment, cluster }: EnvironmentModel,
  context: string,
  signal?: AbortSignal,
): Promise<void> {
  if (cluster === undefined) return
  const where = `environment "${environment}"`
  const uid = await readClusterUid(client, signal).catch((error: unknown) => {
    throw isForbidden(error)
      ? unproved(where, context, `you may not read its namespace kube-system`)
      : clusterProblem(error)
  })
  if (uid === undefined) throw unproved(where, context, 'there is no namespace kube-system in it')
  if (uid === cluster) return
  throw new ProblemError({
    code: 'CLUSTER_DIFFERS',
    where,
    message: `the cluster of kube context "${context}" has the UID ${uid}. Expected ${cluster}.`,
    fix: `Choose the context of the right cluster with --context, or \`${shell`kubectl config use-context`} <name>\`. Only if this is the cluster of ${environment}, for example because it was made again, set cluster: '${uid}' in scripts/environments.ts.`,
  })
}

// --- internal ---

function unproved(where: string, context: string, fact: string): ProblemError {
  const problem = {
    code: 'CLUSTER_UNPROVED',
    where,
    message: `which cluster kube context "${context}" leads to can't be told: ${fact}. Expected to compare its UID with cluster of scripts/environments.ts.`,
    fix: 'Ask for the right to get this one namespace, or remove cluster, so that the name of the context decides.',
  }
  return new ProblemError(problem, exitCodes.unreachable)
}

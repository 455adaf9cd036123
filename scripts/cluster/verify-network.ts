import type { ClusterReader } from '../kubernetes/client.ts'
import { kinds } from '../kubernetes/kinds.ts'
import type { Problem } from '../lib/problems.ts'
import { deployStep } from '../model/delivery/deploy-step.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import { readPodTemplates } from './pod-templates.ts'
import { verifyPeers } from './verify-peers.ts'
import { verifyWorkloads } from './verify-workloads.ts'

/**
 * How a cluster differs from what the network policies assume: namespaces, the labels of pods, their
 * ports, their networks. Whether the cluster's network enforces policies at all can't be checked this way.
 *
 * @throws KubernetesError when the API server refuses to show something
 */
export async function verifyNetwork(
  client: ClusterReader,
  model: EnvironmentModel,
  signal?: AbortSignal,
): Promise<Problem[]> {
  const problems: Problem[] = []
  for (const tier of model.tiers) {
    const where = `Namespace/${tier.namespace}`
    if ((await client.get(kinds.namespace, { name: tier.namespace }, signal)) === undefined) {
      const message = `the namespace of tier "${tier.name}" is not in the cluster. Expected it to exist.`
      problems.push({ code: 'NAMESPACE_MISSING', where, message, fix: `${deployStep(model)}.` })
    } else {
      problems.push(...verifyWorkloads(tier, await readPodTemplates(client, tier.namespace, signal)))
    }
  }
  return [...problems, ...(await verifyPeers(client, model, signal))]
}

import type { ClusterReader } from '../kubernetes/client.ts'
import { kinds } from '../kubernetes/kinds.ts'
import { commandLine } from '../lib/command-line.ts'
import type { Problem } from '../lib/problems.ts'
import { ingressController, type PodPeer } from '../model/network/network.ts'
import type { EnvironmentModel, TierModel } from '../model/resolve.ts'
import { readPodTemplates } from './pod-templates.ts'
import { verifyWorkloads } from './verify-workloads.ts'

/**
 * How a cluster differs from what the network policies assume: namespaces, the labels of pods, their
 * ports. Whether the cluster's network enforces policies at all can't be checked this way.
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
    if (!(await exists(client, tier.namespace, signal))) {
      problems.push(missingNamespace(tier.namespace, `tier "${tier.name}"`, `Run \`${commandLine`deploy`}\`.`))
    } else {
      problems.push(...verifyWorkloads(tier, await readPodTemplates(client, tier.namespace, signal)))
    }
  }
  const entered = model.tiers.flatMap(({ workloads }) => Object.values(workloads))
  if (entered.some(({ reachableFrom = [] }) => reachableFrom.includes(ingressController))) {
    const fix = `Set ingressNamespace of environment "${model.environment}" in scripts/environments.ts to the namespace the ingress controller runs in.`
    if (!(await exists(client, model.ingressNamespace, signal))) {
      problems.push(missingNamespace(model.ingressNamespace, 'the ingress controller', fix))
    }
  }
  const own = model.tiers.map(({ namespace }) => namespace)
  for (const { name, tier, peer } of podEgress(model.tiers)) {
    if (own.includes(peer.namespace) || (await hasPods(client, peer, signal))) continue
    problems.push({
      code: 'EGRESS_PODS_MISSING',
      where: `NetworkPolicy/${tier.namespace}/${name}`,
      message: `there is no pod ${podText(peer)} to connect to. Expected at least one.`,
      fix: `Correct the egress of tier "${tier.name}" in scripts/catalogue.ts, or deploy its destination.`,
      severity: 'warning',
    })
  }
  if (!(await hasPods(client, model.dns, signal))) problems.push(missingDns(model))
  return problems
}

// --- internal ---

async function exists(client: ClusterReader, name: string, signal?: AbortSignal): Promise<boolean> {
  return (await client.get(kinds.namespace, { name }, signal)) !== undefined
}

async function hasPods(
  client: ClusterReader,
  { namespace, podLabels }: PodPeer,
  signal?: AbortSignal,
): Promise<boolean> {
  const labelSelector = Object.entries(podLabels).map(([key, value]) => `${key}=${value}`)
  const options = { namespace, labelSelector: labelSelector.join(','), ...(signal ? { signal } : {}) }
  return (await client.list(kinds.pod, options)).items.length > 0
}

function podEgress(tiers: readonly TierModel[]) {
  return tiers.flatMap((tier) =>
    Object.entries(tier.network.egress).flatMap(([name, { to }]) =>
      to.flatMap((peer) => ('cidr' in peer ? [] : [{ name, tier, peer }])),
    ),
  )
}

function missingNamespace(name: string, of: string, fix: string): Problem {
  const message = `the namespace of ${of} is not in the cluster. Expected it to exist.`
  return { code: 'NAMESPACE_MISSING', where: `Namespace/${name}`, message, fix }
}

function missingDns({ environment, dns }: EnvironmentModel): Problem {
  return {
    code: 'DNS_PODS_MISSING',
    where: `Namespace/${dns.namespace}`,
    message: `there is no pod ${podText(dns)}, and the tiers may ask no other pods for DNS. Expected the DNS of the cluster under these labels.`,
    fix: `Set dns of environment "${environment}" in scripts/environments.ts to the namespace and the labels of the pods that answer DNS in the cluster, and run \`${commandLine`gen-values`}\`.`,
  }
}

function podText({ namespace, podLabels }: PodPeer): string {
  const labels = Object.entries(podLabels).map(([key, value]) => `${key}=${value}`)
  return `${labels.length > 0 ? `labelled ${labels.join(', ')} ` : ''}in namespace ${namespace}`
}

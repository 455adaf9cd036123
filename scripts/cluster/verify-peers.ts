import type { ClusterReader } from '../kubernetes/client.ts'
import { type KubernetesObject, kinds } from '../kubernetes/kinds.ts'
import { cidrText, parseAddress } from '../lib/cidr.ts'
import { commandLine } from '../lib/command-line.ts'
import { groupBy } from '../lib/group.ts'
import { compare, type Problem } from '../lib/problems.ts'
import { deployStep } from '../model/delivery/deploy-step.ts'
import type { Peer, PodPeer } from '../model/network/peers.ts'
import type { EnvironmentModel } from '../model/resolve.ts'

/**
 * How the pods that the network policies let in or out of the tiers differ from what is in the cluster: no pod has the
 * labels, or pods are on the network of their node, where a policy finds them by no label.
 *
 * @throws KubernetesError when the API server refuses to show something
 */
export async function verifyPeers(
  client: ClusterReader,
  model: EnvironmentModel,
  signal?: AbortSignal,
): Promise<Problem[]> {
  const found = await Promise.all(
    [...groupBy(podUses(model), ({ peer }) => JSON.stringify(peer)).values()].map(async (uses) => {
      const [first] = uses
      if (!first) return []
      const pods = await runningPods(client, first.peer, signal)
      const { namespace } = first.peer
      const exists = pods.length > 0 || (await client.get(kinds.namespace, { name: namespace }, signal)) !== undefined
      return uses.flatMap((use) => problemsOf(use, pods, exists, deployStep(model)))
    }),
  )
  return found.flat()
}

// --- internal ---

/** Pods that a policy lets in or out. */
interface PodUse {
  readonly role: 'ingress controller' | 'source' | 'dns' | 'egress'
  /** `ingress controller "public"` */
  readonly who: string
  readonly peer: PodPeer
  /** The policy; undefined where it is one of every tier. */
  readonly where: string | undefined
  /** What to edit: `dns of environment "live" in scripts/environments.ts` */
  readonly line: string
}

interface Pod extends KubernetesObject {
  readonly spec?: { readonly hostNetwork?: boolean }
  readonly status?: {
    readonly phase?: string
    readonly hostIP?: string
    readonly hostIPs?: readonly { readonly ip?: string }[]
  }
}

function podUses({ environment, tiers, dns, ingressControllers }: EnvironmentModel): PodUse[] {
  const own = new Set(tiers.map(({ namespace }) => namespace))
  const entries = (direction: 'ingress' | 'egress') =>
    tiers.flatMap((tier) =>
      Object.entries(tier.network[direction]).flatMap(([name, { rules }]) =>
        podsAmong(rules.flatMap(({ peers }) => peers)).flatMap((peer) => {
          const where = `NetworkPolicy/${tier.namespace}/${name}`
          return own.has(peer.namespace) ? [] : [{ tier: tier.name, name, peer, where }]
        }),
      ),
    )
  const inEnvironment = (field: string) => `${field} of environment "${environment}" in scripts/environments.ts`
  const entering = entries('ingress')
  const controllers = ingressControllers.flatMap(({ name, peers }) =>
    podsAmong(peers)
      .filter((peer) => entering.some((entry) => isSame(entry.peer, peer)))
      .map((peer): PodUse => {
        const line = inEnvironment(name === undefined ? 'ingressNamespace' : `ingressControllers`)
        const who = name === undefined ? 'the ingress controller' : `ingress controller "${name}"`
        return { role: 'ingress controller', who, peer, where: undefined, line }
      }),
  )
  return [
    ...controllers,
    ...entering
      .filter(({ peer }) => !controllers.some((controller) => isSame(controller.peer, peer)))
      .map(({ tier, peer, where }): PodUse => {
        const line = `reachableFrom in tier "${tier}" in scripts/catalogue.ts`
        return { role: 'source', who: 'a source in reachableFrom', peer, where, line }
      }),
    ...podsAmong(dns.map(({ peer }) => peer)).map((peer): PodUse => {
      return { role: 'dns', who: 'the DNS of the cluster', peer, where: undefined, line: inEnvironment('dns') }
    }),
    ...entries('egress').map(({ tier, peer, where }): PodUse => {
      const line = `the egress of tier "${tier}" in scripts/catalogue.ts`
      return { role: 'egress', who: 'the destination of an egress', peer, where, line }
    }),
  ]
}

function podsAmong(peers: readonly Peer[]): PodPeer[] {
  return peers.flatMap((peer) => ('cidr' in peer ? [] : [peer]))
}

function isSame(one: PodPeer, other: PodPeer): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

/** A pod that is done connects to nothing any more. */
async function runningPods(
  client: ClusterReader,
  { namespace, podLabels }: PodPeer,
  signal?: AbortSignal,
): Promise<Pod[]> {
  const labelSelector = Object.entries(podLabels).map(([key, value]) => `${key}=${value}`)
  const options = { namespace, labelSelector: labelSelector.join(','), ...(signal ? { signal } : {}) }
  const { items } = await client.list<Pod>(kinds.pod, options)
  return items.filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed')
}

/**
 * @param exists whether the namespace does
 * @param deploy how the chart is deployed
 */
function problemsOf(use: PodUse, pods: readonly Pod[], exists: boolean, deploy: string): Problem[] {
  if (pods.length === 0) return [missing(use, exists)]
  const onHost = pods.filter(({ spec }) => spec?.hostNetwork === true)
  if (onHost.length === 0) return []
  const { who, peer, where } = use
  const names = onHost.map(({ metadata }) => metadata.name).sort(compare)
  const listed = `${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`
  const all = onHost.length === pods.length
  return [
    {
      code: 'PEER_ON_HOST_NETWORK',
      where: where ?? `Namespace/${peer.namespace}`,
      message: `${all ? 'the pods' : 'some pods'} of ${who}, ${podText(peer)}, use the network of their node: ${listed}. No policy finds them by their labels. Expected the addresses of their nodes to be allowed instead.`,
      fix: `${hostFix(use, nodeAddresses(onHost))} Then \`${commandLine`gen-values`}\`; ${deploy}.${all ? '' : ` If these pods need no connection with the tiers, name the labels of the others there.`}`,
      ...(all ? {} : { severity: 'warning' as const }),
    },
  ]
}

/** What to write instead of the pods. */
function hostFix({ role, line }: PodUse, addresses: readonly string[]): string {
  const some = addresses.length > 0 ? addresses : ['<address of a node>/32']
  const written = some.map((cidr) => `{ cidr: '${cidr}' }`).join(', ')
  const nodes = `${written}, or the network that holds all nodes, because nodes come and go`
  if (role === 'dns') {
    return `Set ${line} to the address at which they answer, such as { cidr: '169.254.20.10/32' } of NodeLocal DNSCache, or to those of their nodes: ${nodes}.`
  }
  if (role !== 'ingress controller')
    return `In ${line}, name the addresses of the nodes instead of the namespace: ${nodes}.`
  const place = line.replace(/^ingressNamespace/, 'ingressControllers')
  const replaced = place === line ? '' : ' and remove ingressNamespace'
  return `In ${place}, give the controller the addresses of its nodes${replaced}: { <name>: [${written}] }, or the network that holds all nodes, because nodes come and go.`
}

/** As networks of one address. The API server gives them; what is not an address is left out. */
function nodeAddresses(pods: readonly Pod[]): string[] {
  const texts = pods.flatMap(({ status }) => status?.hostIPs?.map(({ ip }) => ip) ?? [status?.hostIP])
  const networks = texts.flatMap((text) => {
    const address = text === undefined ? undefined : parseAddress(text)
    return address ? [cidrText(address)] : []
  })
  return [...new Set(networks)].sort(compare)
}

function missing({ role, who, peer, where, line }: PodUse, exists: boolean): Problem {
  const place = where ?? `Namespace/${peer.namespace}`
  if (role === 'dns') {
    return {
      code: 'DNS_PODS_MISSING',
      where: place,
      message: `there is no pod ${podText(peer)}, and the tiers may ask no other pods for DNS. Expected the DNS of the cluster under these labels.`,
      fix: `Set ${line} to the namespace and the labels of the pods that answer DNS in the cluster, and run \`${commandLine`gen-values`}\`.`,
    }
  }
  if (role === 'ingress controller' && !exists) {
    return {
      code: 'NAMESPACE_MISSING',
      where: place,
      message: `the namespace of ${who} is not in the cluster. Expected it to exist.`,
      fix: `Set ${line} to the namespace the ingress controller runs in.`,
    }
  }
  const isEgress = role === 'egress'
  return {
    code: isEgress ? 'EGRESS_PODS_MISSING' : 'SOURCE_PODS_MISSING',
    where: place,
    message: `there is no pod ${podText(peer)} to ${isEgress ? 'connect to' : 'let in'}. Expected at least one.`,
    fix: `Correct ${line}, or deploy ${isEgress ? 'its destination' : 'what is to connect'}.`,
    severity: 'warning',
  }
}

function podText({ namespace, podLabels }: PodPeer): string {
  const labels = Object.entries(podLabels).map(([key, value]) => `${key}=${value}`)
  return `${labels.length > 0 ? `labelled ${labels.join(', ')} ` : ''}in namespace ${namespace}`
}

import type { Manifest } from '../../scripts/chart/manifests.ts'
import type { Peer } from '../../scripts/model/network/peers.ts'
import type { PortModel } from '../../scripts/model/network/ports.ts'
import type { EnvironmentModel, TierModel } from '../../scripts/model/resolve.ts'

/** The NetworkPolicies of an environment, built by hand: for tests that have no Helm. */
export function handBuiltPolicies({ tiers, dns }: EnvironmentModel): Manifest[] {
  return tiers.flatMap((tier) => {
    const { open, ingress, egress } = tier.network
    const both = ['Ingress', 'Egress']
    return [
      policy(tier, 'default-deny', { podSelector: {}, policyTypes: both }),
      policy(tier, 'allow-dns', {
        podSelector: {},
        policyTypes: ['Egress'],
        egress: dns.map(({ peer, port }) => ({
          to: [peerOf(peer)],
          ports: portsOf([
            { protocol: 'UDP', port },
            { protocol: 'TCP', port },
          ]),
        })),
      }),
      ...(open ? [policy(tier, 'allow-inside', inside)] : []),
      ...Object.entries(ingress).map(([name, { podLabels, rules }]) =>
        policy(tier, name, {
          podSelector: { matchLabels: podLabels },
          policyTypes: ['Ingress'],
          ingress: rules.map(({ peers, ports }) => ({ from: peers.map(peerOf), ports: portsOf(ports) })),
        }),
      ),
      ...Object.entries(egress).map(([name, { podLabels, rules }]) =>
        policy(tier, name, {
          podSelector: Object.keys(podLabels).length > 0 ? { matchLabels: podLabels } : {},
          policyTypes: ['Egress'],
          egress: rules.map(({ peers, ports }) => ({ to: peers.map(peerOf), ports: portsOf(ports) })),
        }),
      ),
    ]
  })
}

const everyPod = [{ podSelector: {} }]
const inside = {
  podSelector: {},
  policyTypes: ['Ingress', 'Egress'],
  ingress: [{ from: everyPod }],
  egress: [{ to: everyPod }],
}

function policy({ namespace }: TierModel, name: string, spec: Readonly<Record<string, unknown>>): Manifest {
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name, namespace }, spec }
}

function portsOf(ports: readonly PortModel[]) {
  return ports.map(({ protocol, port }) => ({ protocol, port }))
}

function peerOf(peer: Peer) {
  if ('cidr' in peer)
    return { ipBlock: { cidr: peer.cidr, ...(peer.except.length > 0 ? { except: peer.except } : {}) } }
  const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': peer.namespace } }
  const labelled = Object.keys(peer.podLabels).length > 0
  return { namespaceSelector, ...(labelled ? { podSelector: { matchLabels: peer.podLabels } } : {}) }
}

import type { Manifest } from '../../scripts/chart/manifests.ts'
import type { NetworkPeer, PodPeer } from '../../scripts/model/network/network.ts'
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
        egress: [{ to: [peerOf(dns)], ports: portsOf([53], 'UDP').concat(portsOf([53], 'TCP')) }],
      }),
      ...(open ? [policy(tier, 'allow-inside', inside)] : []),
      ...Object.entries(ingress).map(([name, { podLabels, port, from }]) =>
        policy(tier, name, {
          podSelector: { matchLabels: podLabels },
          policyTypes: ['Ingress'],
          ingress: [{ from: from.map(peerOf), ports: portsOf([port], 'TCP') }],
        }),
      ),
      ...Object.entries(egress).map(([name, { podLabels, to, ports, protocol }]) =>
        policy(tier, name, {
          podSelector: Object.keys(podLabels).length > 0 ? { matchLabels: podLabels } : {},
          policyTypes: ['Egress'],
          egress: [{ to: to.map(peerOf), ports: portsOf(ports, protocol) }],
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

function portsOf(ports: readonly number[], protocol: string) {
  return ports.map((port) => ({ protocol, port }))
}

function peerOf(peer: PodPeer | NetworkPeer) {
  if ('cidr' in peer)
    return { ipBlock: { cidr: peer.cidr, ...(peer.except.length > 0 ? { except: peer.except } : {}) } }
  const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': peer.namespace } }
  const labelled = Object.keys(peer.podLabels).length > 0
  return { namespaceSelector, ...(labelled ? { podSelector: { matchLabels: peer.podLabels } } : {}) }
}

import { groupBy } from '../lib/group.ts'
import { compare } from '../lib/problems.ts'
import { type DnsModel, defaultDns, type Peer } from '../model/network/peers.ts'

/**
 * What the operator's chart renders besides its own templates: the operator's rights and its NetworkPolicy.
 * YAML of the key `extraObjects`, with a reason for every rule; the chart runs the texts through its template engine.
 * Source of the rights: the operator of the local stack, which the tests run with them and nothing more, and 2.9.0 by hand.
 */
export function operatorObjectsText(dns: readonly DnsModel[], proxyPort?: number): string {
  return [controllerRole, leaderRole, network(dns, proxyPort)].join('\n')
}

/** The same for an operator that has rights in the namespace of one tier alone. */
export function tierOperatorObjectsText(tierNamespace: string, dns: readonly DnsModel[], proxyPort?: number): string {
  return [tierRole(tierNamespace), leaderRole, network(dns, proxyPort)].join('\n')
}

// --- internal ---

const controllerRole = `extraObjects:
  # No label aggregates it to view, edit or admin.
  - apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata:
      name: &role '{{ include "external-secrets.fullname" . }}-controller'
${controllerRules(`      # The keys of the tiers and the targets. It lists the Secrets it manages in all namespaces at once, and RBAC
      # can't distinguish those from others: protect its namespace accordingly: it can read every Secret.`)}
  - apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata:
      name: *role
${controllerBinding('ClusterRole')}`

/** In the namespace of a tier. */
function tierRole(tierNamespace: string): string {
  return `extraObjects:
  # In the namespace of the tier, and nowhere else.
  - apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata:
      name: &role '{{ include "external-secrets.fullname" . }}-controller'
      namespace: &tier '${tierNamespace}'
${controllerRules('      # The key of the tier and its targets.')}
  - apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata:
      name: *role
      namespace: *tier
${controllerBinding('Role')}`
}

/** @param onSecrets why it may read and write Secrets */
function controllerRules(onSecrets: string): string {
  return `    rules:
      - apiGroups: [external-secrets.io]
        resources: [externalsecrets, secretstores]
        verbs: [get, list, watch]
      # Its finalizer on an ExternalSecret. It may neither create one nor change a store.
      - apiGroups: [external-secrets.io]
        resources: [externalsecrets]
        verbs: [update, patch]
      - apiGroups: [external-secrets.io]
        resources: [externalsecrets/status, secretstores/status]
        verbs: [get, update, patch]
      # Its reconciler can't be switched off, and waits for a list of them.
      - apiGroups: [generators.external-secrets.io]
        resources: [generatorstates]
        verbs: [get, list, watch]
${onSecrets}
      # It deletes none: Kubernetes itself deletes a target together with its ExternalSecret.
      - apiGroups: [""]
        resources: [secrets]
        verbs: [get, list, watch, create, update, patch]
      # Why an ExternalSecret is not synced.
      - apiGroups: [""]
        resources: [events]
        verbs: [create, patch]`
}

function controllerBinding(kind: 'ClusterRole' | 'Role'): string {
  return `    roleRef:
      apiGroup: rbac.authorization.k8s.io
      kind: ${kind}
      name: *role
    subjects:
      - &operator
        kind: ServiceAccount
        name: '{{ include "external-secrets.serviceAccountName" . }}'
        namespace: '{{ .Release.Namespace }}'`
}

const leaderRole = `  # The lease of leaderElect, in the operator's own namespace.
  - apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata:
      name: &lease '{{ include "external-secrets.fullname" . }}-leader-election'
      namespace: '{{ .Release.Namespace }}'
    rules:
      - apiGroups: [coordination.k8s.io]
        resources: [leases]
        verbs: [create]
      - apiGroups: [coordination.k8s.io]
        resources: [leases]
        resourceNames: [external-secrets-controller]
        verbs: [get, update, patch]
  - apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata:
      name: *lease
      namespace: '{{ .Release.Namespace }}'
    roleRef:
      apiGroup: rbac.authorization.k8s.io
      kind: Role
      name: *lease
    subjects:
      - *operator`

function network(dns: readonly DnsModel[], proxyPort: number | undefined): string {
  const byPort = groupBy(dns.length > 0 ? dns : [defaultDns], ({ port }) => String(port))
  const rules = [...byPort].map(([port, answering]) => {
    const peers = new Set(answering.map(({ peer }) => peerText(peer)))
    return `        - to:
${[...peers].join('\n')}
          ports:
            - { protocol: UDP, port: ${port} }
            - { protocol: TCP, port: ${port} }`
  })
  return `  # Nothing has to reach the operator, and it has to reach three others.
  - apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata:
      name: '{{ include "external-secrets.fullname" . }}'
      namespace: '{{ .Release.Namespace }}'
    spec:
      podSelector:
        matchLabels:
          app.kubernetes.io/name: external-secrets
      policyTypes: [Ingress, Egress]
      # The kubelet's probes come from the node, which no policy keeps out; the metrics are not used.
      ingress: []
      egress:
${rules.join('\n')}
        # Scaleway's API and the API server. A policy names addresses, and neither has a fixed one; link-local ones,
        # where clouds give out credentials of the machine, belong to neither.
        - to:
            - ipBlock: { cidr: 0.0.0.0/0, except: [169.254.0.0/16] }
            - ipBlock: { cidr: "::/0", except: ["fe80::/10"] }
          ports:
            - { protocol: TCP, port: 443 }
            - { protocol: TCP, port: 6443 }
${
  openPorts.includes(proxyPort)
    ? ''
    : `            # The proxy.
            - { protocol: TCP, port: ${proxyPort} }
`
}`
}

/** Open in any case; without a proxy there is nothing to add either. */
const openPorts: readonly (number | undefined)[] = [undefined, 443, 6443]

/** Values are quoted: a label may look like a number. */
function peerText(peer: Peer): string {
  if ('cidr' in peer) return `            - ipBlock: { cidr: ${JSON.stringify(peer.cidr)} }`
  const { namespace, podLabels } = peer
  const labels = Object.entries(podLabels).map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`)
  return `            - namespaceSelector:
                matchLabels:
                  kubernetes.io/metadata.name: ${JSON.stringify(namespace)}
              podSelector:
                matchLabels:
                  ${labels.sort(compare).join('\n                  ')}`
}

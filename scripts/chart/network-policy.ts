import { parseCidr } from '../lib/cidr.ts'
import type { Problem } from '../lib/problems.ts'
import { type Manifest, placeOf } from './manifests.ts'

/** A NetworkPolicy as the API has it. Source: Kubernetes API reference, NetworkPolicySpec v1. */
export interface NetworkPolicySpec {
  readonly podSelector?: LabelSelector
  readonly policyTypes?: readonly string[]
  readonly ingress?: readonly IngressRule[]
  readonly egress?: readonly EgressRule[]
}

export interface IngressRule {
  readonly from?: readonly Peer[]
  readonly ports?: readonly PolicyPort[]
}

export interface EgressRule {
  readonly to?: readonly Peer[]
  readonly ports?: readonly PolicyPort[]
}

export interface Peer {
  readonly podSelector?: LabelSelector
  readonly namespaceSelector?: LabelSelector
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] }
}

export interface PolicyPort {
  readonly protocol?: string
  readonly port?: number | string
  readonly endPort?: number
}

export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>
  readonly matchExpressions?: readonly LabelExpression[]
}

export interface LabelExpression {
  readonly key: string
  readonly operator: string
  readonly values?: readonly string[]
}

export interface NetworkPolicy {
  readonly name: string
  readonly namespace: string
  readonly spec: NetworkPolicySpec
}

/** The NetworkPolicies among some manifests, and what in them can't be judged. */
export function networkPoliciesOf(manifests: readonly Manifest[]): {
  readonly policies: readonly NetworkPolicy[]
  readonly problems: readonly Problem[]
} {
  const found = manifests.filter(({ kind }) => kind === 'NetworkPolicy')
  return {
    policies: found.map(({ metadata, spec = {} }) => ({
      name: metadata.name,
      namespace: metadata.namespace ?? '',
      spec: spec as NetworkPolicySpec,
    })),
    problems: found.flatMap((manifest) =>
      unjudged(manifest).map((fact) => ({
        code: 'NETWORK_POLICY_UNSUPPORTED',
        where: placeOf(manifest),
        message: `${fact}, which the reachability table can't show. Expected ports by number and peers the API server accepts.`,
        fix: 'Correct the template of the policy, or the policy in the cluster.',
      })),
    ),
  }
}

/** Whether the labels are selected; an empty selector selects everything. */
export function matches(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every((expression) => matchesExpression(expression, labels))
  )
}

/** Labels that the selector selects: the fewest. Undefined when it contradicts itself. */
export function exampleOf(selector: LabelSelector): Readonly<Record<string, string>> | undefined {
  const { matchLabels = {}, matchExpressions = [] } = selector
  const asked = matchExpressions.flatMap(({ key, operator, values = [] }) =>
    operator === 'In' ? [[key, values[0] ?? '']] : operator === 'Exists' ? [[key, '']] : [],
  )
  const labels = { ...Object.fromEntries(asked), ...matchLabels }
  return matches(selector, labels) ? labels : undefined
}

// --- internal ---

/** Source: Kubernetes, labels and selectors: what has no such key is `NotIn` any values. */
function matchesExpression(
  { key, operator, values = [] }: LabelExpression,
  labels: Readonly<Record<string, string>>,
): boolean {
  const value = labels[key]
  if (operator === 'Exists') return value !== undefined
  if (operator === 'DoesNotExist') return value === undefined
  if (operator === 'In') return value !== undefined && values.includes(value)
  return operator === 'NotIn' && (value === undefined || !values.includes(value))
}

function unjudged({ metadata, spec = {} }: Manifest): string[] {
  const { podSelector, ingress = [], egress = [] } = spec as NetworkPolicySpec
  const rules = [...ingress, ...egress]
  const peers = [...ingress.flatMap(({ from = [] }) => from), ...egress.flatMap(({ to = [] }) => to)]
  const selectors = [podSelector, ...peers.flatMap((peer) => [peer.podSelector, peer.namespaceSelector])]
  const operators = selectors.flatMap((selector) => selector?.matchExpressions ?? []).map(({ operator }) => operator)
  return [
    ...(metadata.namespace === undefined ? ['it has no namespace'] : []),
    ...rules
      .flatMap(({ ports = [] }) => ports)
      .filter(({ port }) => typeof port === 'string')
      .map(({ port }) => `it names the port "${port}"`),
    ...operators
      .filter((operator) => !['In', 'NotIn', 'Exists', 'DoesNotExist'].includes(operator))
      .map((operator) => `a selector has the operator "${operator}"`),
    ...peers
      .filter(({ podSelector, namespaceSelector, ipBlock }) => {
        const bySelector = podSelector !== undefined || namespaceSelector !== undefined
        return bySelector === (ipBlock !== undefined)
      })
      .map(({ ipBlock }) => (ipBlock ? 'a peer is pods and a network at once' : 'a peer is empty')),
    ...peers
      .flatMap(({ ipBlock }) => (ipBlock ? [ipBlock.cidr, ...(ipBlock.except ?? [])] : []))
      .filter((cidr) => !parseCidr(cidr))
      .map((cidr) => `"${cidr}" is not a network`),
  ]
}

import { isRecord } from '../../../lib/record.ts'
import { at, type FoundObject, listAt, textsAt } from '../../inputs/found-object.ts'
import { about, type Finding } from '../finding.ts'
import { type FoundNamespace, namespaceNamed, type World } from '../world/world.ts'
import { isSelective, matcher, selectorText } from './selectors.ts'

/** NetworkPolicies whose selectors find nothing, or that forget DNS. */
export function network(world: World): Finding[] {
  return world.namespaces.flatMap((namespace) =>
    namespace.objects
      .filter(({ kind, apiVersion }) => kind === 'NetworkPolicy' && apiVersion.startsWith('networking.k8s.io/'))
      .flatMap((policy) => [...subject(namespace, policy), ...peers(world, namespace, policy), ...dns(policy)]),
  )
}

// --- internal ---

function subject(namespace: FoundNamespace, policy: FoundObject): Finding[] {
  const selector = at(policy.raw, 'spec', 'podSelector')
  if (!isSelective(selector) || namespace.mayHaveOtherPods || hasPods(namespace, selector)) return []
  return [
    about(policy, 'POLICY_SELECTS_NOTHING', {
      key: 'spec.podSelector',
      fact: `it selects ${selectorText(selector)}, and no pod template of its namespace carries that`,
      expected: 'labels that pods carry: the policy protects nothing as it is',
      fix: nearestFix(namespace, 'spec.podSelector'),
    }),
  ]
}

function peers(world: World, namespace: FoundNamespace, policy: FoundObject): Finding[] {
  const sides = [
    ['ingress', 'from'],
    ['egress', 'to'],
  ] as const
  return sides.flatMap(([side, field]) =>
    listAt(policy.raw, 'spec', side).flatMap((rule, index) =>
      listAt(rule, field).flatMap((peer, number) =>
        judgePeer(world, namespace, policy, peer, `spec.${side}[${index}].${field}[${number}]`),
      ),
    ),
  )
}

function judgePeer(world: World, own: FoundNamespace, policy: FoundObject, peer: unknown, path: string): Finding[] {
  const [pods, namespaces] = [at(peer, 'podSelector'), at(peer, 'namespaceSelector')]
  if (namespaces === undefined) return pods === undefined ? [] : podsOf(policy, [own], pods, path)
  const labelled = labelledNamespaces(world)
  const isMatch = matcher(namespaces)
  const found = labelled.filter(({ labels }) => isMatch(labels))
  if (found.length === 0) return isSelective(namespaces) ? uncarried(world, policy, namespaces, path) : []
  const views = found.map(({ name }) => namespaceNamed(world, name))
  return pods === undefined || views.includes(undefined) || !isSelective(namespaces)
    ? []
    : podsOf(
        policy,
        views.filter((one) => one !== undefined),
        pods,
        path,
      )
}

function podsOf(
  policy: FoundObject,
  namespaces: readonly FoundNamespace[],
  selector: unknown,
  path: string,
): Finding[] {
  if (!isSelective(selector) || namespaces.some((one) => one.mayHaveOtherPods || hasPods(one, selector))) return []
  const names = namespaces.map(({ name }) => name ?? 'its own').join(', ')
  const [first] = namespaces
  return [
    about(policy, 'PEER_SELECTS_NOTHING', {
      key: path,
      fact: `${path} selects ${selectorText(selector)}, and no pod template of the namespace ${names} carries that`,
      expected: 'labels that pods carry: the peer allows nothing as it is',
      fix: first ? nearestFix(first, `${path}.podSelector`) : 'Correct its labels.',
    }),
  ]
}

interface Labelled {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
}

/** Every namespace of the input and of the catalogue, with the label that each has by itself. */
function labelledNamespaces({ model, objects, namespaces }: World): Labelled[] {
  const manifests = objects.filter(({ kind }) => kind === 'Namespace')
  const names = new Set([
    ...manifests.map(({ name }) => name),
    ...namespaces.flatMap(({ name }) => name ?? []),
    ...model.tiers.map(({ namespace }) => namespace),
  ])
  return [...names].map((name) => {
    const own = manifests.find((one) => one.name === name)
    return { name, labels: { ...(own ? textsAt(own.raw, 'metadata', 'labels') : {}), [nameLabel]: name } }
  })
}

const nameLabel = 'kubernetes.io/metadata.name'

/** A namespace that is not among the input may carry any label; only its name is sure. */
function uncarried(world: World, policy: FoundObject, selector: unknown, path: string): Finding[] {
  const labels = Object.entries(textsAt(selector, 'matchLabels'))
  const others = labels.filter(([key]) => key !== nameLabel)
  // Which namespaces there are besides, and what they carry, only the cluster tells.
  if (others.length === 0 || listAt(selector, 'matchExpressions').length > 0) return []
  const known = labelledNamespaces(world).find(({ name }) => others.some(([, value]) => value === name))
  const isUsual = others.some(([key, value]) => key === 'name' && usualNamespaces.has(value))
  if (!known && !isUsual && !world.isLive) return []
  const name = known?.name ?? others[0]?.[1] ?? ''
  return [
    about(policy, 'NAMESPACE_LABEL_UNCARRIED', {
      key: path,
      fact: `${path} selects namespaces with ${selectorText(selector)}, which none carries: by itself a namespace has ${nameLabel} alone`,
      expected: `a label that the namespace ${name} carries`,
      fix: `Select ${nameLabel}: ${name}, or give the Namespace this label.`,
    }),
  ]
}

const usualNamespaces = new Set(['kube-system', 'ingress-nginx', 'monitoring', 'cert-manager', 'default'])

function dns(policy: FoundObject): Finding[] {
  const opened = listAt(policy.raw, 'spec', 'egress').flatMap((rule) => listAt(rule, 'ports'))
  const protocols = opened
    .filter((one) => at(one, 'port') === 53 || at(one, 'port') === '53' || at(one, 'port') === 'dns')
    .map((one) => at(one, 'protocol') ?? 'TCP')
  if (!protocols.includes('UDP') || protocols.includes('TCP')) return []
  if (opened.some((one) => at(one, 'port') === 'dns-tcp')) return []
  return [
    about(policy, 'DNS_WITHOUT_TCP', {
      key: 'spec.egress',
      fact: 'it opens port 53 for UDP and not for TCP, by which long answers come',
      expected: 'both, so that names resolve that have many addresses',
      fix: 'Add { protocol: TCP, port: 53 } beside it.',
    }),
  ]
}

function hasPods({ pods }: FoundNamespace, selector: unknown): boolean {
  const isMatch = matcher(selector)
  return isRecord(selector) && pods.some(({ template }) => isMatch(template.labels))
}

function nearestFix({ pods }: FoundNamespace, path: string): string {
  const labels = [
    ...new Set(
      pods.flatMap(({ template }) =>
        Object.entries(template.labels)
          .slice(0, 1)
          .map(([key, value]) => `${key}=${value}`),
      ),
    ),
  ]
  const some = labels.slice(0, 3).join(', ')
  return `Correct ${path}${some === '' ? '' : `; its pods carry labels such as ${some}`}.`
}

import { commonPorts, type PortModel, portText } from '../../../model/network/ports.ts'
import { at, type FoundObject, listAt, textAt } from '../../inputs/found-object.ts'
import { about, type Finding } from '../finding.ts'
import type { FoundPods } from '../world/found-pods.ts'
import { namespacesOf, type World } from '../world/world.ts'
import { matcher } from './selectors.ts'

/**
 * NetworkPolicies that close what the catalogue says the pods of a tier need. Policies add up: where the chart has its own, none
 * of these can close what it opens.
 */
export function egress(world: World): Finding[] {
  const { model } = world
  if (!model.without.includes('network-policies')) return []
  const dns = model.dns.map(({ port }): Need => ({ what: 'DNS', ports: [{ protocol: 'UDP', port }] }))
  return model.tiers.flatMap((tier) =>
    namespacesOf(world, tier).flatMap(({ objects, pods }) => {
      const policies = objects.filter(closesEgress)
      return pods.flatMap((one) => {
        const needs = Object.entries(tier.network.egress)
          .filter(([, { podLabels }]) =>
            Object.entries(podLabels).every(([key, value]) => one.template.labels[key] === value),
          )
          .map(([name, { rules }]): Need => ({ what: name, ports: rules.flatMap(({ ports }) => ports) }))
        return forgotten(policies, one, [...dns, ...needs])
      })
    }),
  )
}

// --- internal ---

interface Need {
  readonly what: string
  readonly ports: readonly PortModel[]
}

function closesEgress({ kind, apiVersion, raw }: FoundObject): boolean {
  const types = at(raw, 'spec', 'policyTypes')
  const isMeant = Array.isArray(types) ? types.includes('Egress') : at(raw, 'spec', 'egress') !== undefined
  return kind === 'NetworkPolicy' && apiVersion.startsWith('networking.k8s.io/') && isMeant
}

function forgotten(
  policies: readonly FoundObject[],
  { object, template }: FoundPods,
  needs: readonly Need[],
): Finding[] {
  const selecting = policies.filter(({ raw }) => matcher(at(raw, 'spec', 'podSelector'))(template.labels))
  const [first] = selecting
  if (!first) return []
  const rules = selecting.flatMap(({ raw }) => listAt(raw, 'spec', 'egress'))
  return needs.flatMap(({ what, ports }) => {
    const closed = ports.filter((port) => !rules.some((rule) => opens(rule, port)))
    if (closed.length === 0) return []
    const told = closed.map(portText).join(', ')
    return about(first, 'EGRESS_FORGOTTEN', {
      key: `${object.name} ${what}`,
      fact: `it closes egress of ${object.kind} ${object.name}, and no policy that selects its pods opens ${told} (${what})`,
      expected: 'what the catalogue says the pods connect to',
      fix: `Open ${told} in an egress rule, or switch the policies of the chart on again.`,
    })
  })
}

/** By its ports alone: who is at the other end is not compared. */
function opens(rule: unknown, wanted: PortModel): boolean {
  if (at(rule, 'ports') === undefined) return true
  return listAt(rule, 'ports').some((one) => {
    const [port, last] = [at(one, 'port'), at(one, 'endPort')]
    if ((textAt(one, 'protocol') ?? 'TCP') !== wanted.protocol) return false
    if (typeof port === 'number' && typeof last === 'number') return port <= wanted.port && wanted.port <= last
    // A name may be any number.
    return (
      port === undefined ||
      typeof port === 'string' ||
      commonPorts([wanted], [{ protocol: wanted.protocol, port: Number(port) }]).length > 0
    )
  })
}

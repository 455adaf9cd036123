import { didYouMean } from '../../lib/nearest.ts'
import type { Problem } from '../../lib/problems.ts'
import { isToTier, type Link, linksOf } from '../network/links.ts'
import { chosenPorts, commonPorts, distinctPorts, portsOf } from '../network/ports.ts'
import type { TierEgressSpec } from '../network/spec.ts'
import type { Application, Catalogue } from '../types.ts'
import { egressEntries } from './network-entries.ts'
import { hint, missingPortFix, portList, unknownPorts } from './ports.ts'
import { quoted, type Rule } from './rule.ts'

/** What an egress to a tier names exists, is reachable from there, and has the ports. */
export const egressIsReachable: Rule = ({ catalogue }) =>
  tierEgress(catalogue).flatMap(({ tier, where, spec }): Problem[] => {
    const { to } = spec
    const unknown = unknownTarget(catalogue, spec)
    if (unknown) return [{ where, ...unknown }]
    const target = to.workload === undefined ? `tier "${to.tier}"` : `workload "${to.tier}/${to.workload}"`
    if (to.tier === tier && catalogue.tiers[tier]?.internalTraffic === 'open') {
      const message = `goes to ${target} needlessly: the tier is open inside, so every pod of it may connect. Expected another tier.`
      return [{ code: 'EGRESS_NEEDLESS', where, message, fix: 'Remove the egress.', severity: 'warning' }]
    }
    const links = linksTo(catalogue, tier, spec)
    if (links.length === 0) {
      const fact = to.workload === undefined ? 'where no reachableFrom names' : 'whose reachableFrom does not name'
      const message = `goes to ${target}, ${fact} tier "${tier}" or a workload of it. Expected it there: only reachableFrom opens a tier.`
      const fix = `Add "${tier}" to reachableFrom of the workload, or remove the egress.`
      return [{ code: 'EGRESS_NOT_REACHABLE', where, message, fix }]
    }
    return portProblems(catalogue, tier, spec, links).map((problem) => ({ where, ...problem }))
  })

// --- internal ---

type PlacelessProblem = Omit<Problem, 'where'>

function tierEgress(catalogue: Application['catalogue']) {
  return egressEntries(catalogue).flatMap(({ spec, ...entry }) => (isToTier(spec) ? [{ ...entry, spec }] : []))
}

function unknownTarget({ tiers }: Catalogue, { to }: TierEgressSpec): PlacelessProblem | undefined {
  const code = 'EGRESS_UNKNOWN'
  const tier = tiers[to.tier]
  if (!tier) {
    const known = Object.keys(tiers)
    const message = `goes to tier "${to.tier}", which does not exist.${didYouMean(to.tier, known)} Expected ${quoted(known)}.`
    return { code, message, fix: 'Correct the name of the tier.' }
  }
  const known = Object.keys(tier.workloads)
  if (to.workload === undefined || known.includes(to.workload)) return undefined
  const message = `goes to workload "${to.workload}" of tier "${to.tier}", which does not exist.${didYouMean(to.workload, known)} Expected a workload of this tier.`
  return { code, message, fix: 'Correct the name of the workload.' }
}

/** The connections that the target opens to the tier, or to workloads of it. */
function linksTo(catalogue: Catalogue, tier: string, { to }: TierEgressSpec): Link[] {
  return linksOf(catalogue).filter(
    (link) =>
      link.from.kind === 'tier' &&
      link.from.tier === tier &&
      link.to.tier === to.tier &&
      (to.workload === undefined || link.to.workload === to.workload),
  )
}

/** Ports that no workload of the target has, or none opens to the tier. */
function portProblems(
  { tiers }: Catalogue,
  tier: string,
  { to, ports: choices = [] }: TierEgressSpec,
  links: readonly Link[],
): PlacelessProblem[] {
  const workloads = links.flatMap((link) => tiers[to.tier]?.workloads[link.to.workload] ?? [])
  const own = [...new Set(workloads)].flatMap(portsOf)
  const unknown = unknownPorts(own, choices)
  const closed = choices
    .filter((choice) => !unknown.includes(choice))
    .filter((choice) =>
      links.every((link) => {
        const workload = tiers[to.tier]?.workloads[link.to.workload]
        return !workload || commonPorts(chosenPorts(workload, [choice]), link.ports).length === 0
      }),
    )
  const open = distinctPorts(links.flatMap(({ ports }) => ports))
  const opened = own.filter(({ port, protocol }) => commonPorts([{ port, protocol }], open).length > 0)
  return [
    ...unknown.map((choice) => ({
      code: 'PORT_UNKNOWN',
      message: `is to reach the port ${JSON.stringify(choice)}, which its destination does not have.${hint(own, choice)} Expected ${portList(opened)}.`,
      fix: missingPortFix(choice),
    })),
    ...[...new Set(closed)].map((choice) => ({
      code: 'EGRESS_PORT_CLOSED',
      message: `is to reach the port ${JSON.stringify(choice)}, which its destination does not open to tier "${tier}". Expected ${portList(opened)}.`,
      fix: `Add the port for "${tier}" to reachableFrom of the workload, as \`{ from: '${tier}', ports: [${JSON.stringify(choice)}] }\`, or remove it here.`,
    })),
  ]
}

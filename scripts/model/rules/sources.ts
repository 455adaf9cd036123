import { containsCidr, parseCidr } from '../../lib/cidr.ts'
import { didYouMean } from '../../lib/nearest.ts'
import type { Problem } from '../../lib/problems.ts'
import { everywhere, ingressController, type Source, sourceOf, sourceText } from '../network/links.ts'
import { chosenPorts, commonPorts, type PortModel, portsOf } from '../network/ports.ts'
import type { WorkloadNetworkSpec } from '../network/spec.ts'
import type { Application, Catalogue } from '../types.ts'
import { workloadEntries } from './network-entries.ts'
import { atEnvironment, atTier, quoted, type Rule } from './rule.ts'

const reserved: readonly (readonly [word: string, meaning: string])[] = [
  [ingressController, 'the ingress controller'],
  [everywhere, 'every public address'],
]

export const sourcesAreKnown: Rule = (application) => {
  const { catalogue } = application
  const known = knownSources(application)
  return [
    ...reserved
      .filter(([word]) => word in catalogue.tiers)
      .map(([word, meaning]) => ({
        code: 'TIER_NAME_RESERVED',
        where: atTier(word),
        message: `"${word}" in reachableFrom means ${meaning}. Expected another name for a tier.`,
        fix: 'Rename the tier.',
      })),
    ...workloadEntries(catalogue).flatMap(({ where, spec }) =>
      [...new Set(sourcesOf(spec).flatMap(({ source, text }) => (source.kind === 'peer' ? [] : [text])))]
        .filter((text) => !known.includes(text))
        .map((text) => ({
          code: 'SOURCE_UNKNOWN',
          where,
          message: `reachableFrom names "${text}", which does not exist.${didYouMean(text, known)} Expected "${ingressController}", a tier, or a workload as tier/workload.`,
          fix: 'Correct the name.',
        })),
    ),
  ]
}

/** A controller that some environment has, so that its name is right, and another lacks. */
export const ingressControllersAreKnown: Rule = ({ catalogue, environments }) => {
  const names = (environment: string) => Object.keys(environments[environment]?.ingressControllers ?? {})
  const all = new Set(Object.keys(environments).flatMap(names))
  const meant = workloadEntries(catalogue).flatMap(({ tier, name, spec }) =>
    sourcesOf(spec).flatMap(({ source }) =>
      source.kind === 'ingress-controller' && source.name !== undefined && all.has(source.name)
        ? [{ controller: source.name, workload: `${tier}/${name}` }]
        : [],
    ),
  )
  return Object.keys(environments).flatMap((environment) => {
    const own = names(environment)
    return [...new Set(meant.map(({ controller }) => controller))]
      .filter((controller) => !own.includes(controller))
      .map((controller) => {
        const workloads = [...new Set(meant.filter((one) => one.controller === controller).map((one) => one.workload))]
        return {
          code: 'INGRESS_CONTROLLER_UNKNOWN',
          where: atEnvironment(environment),
          message: `has no ingress controller "${controller}", which may connect to ${quoted(workloads)}. Expected it in ingressControllers.`,
          fix: `Add "${controller}" to ingressControllers; several names may stand for one controller.`,
        }
      })
  })
}

/** A source without effect suggests that something would be closed without it. */
export const sourcesAreNeeded: Rule = ({ catalogue }) =>
  workloadEntries(catalogue).flatMap(({ tier, where, spec }) => {
    const open = catalogue.tiers[tier]?.internalTraffic === 'open'
    const all = sourcesOf(spec)
    const needless = all.flatMap((entry) => {
      const others = all.filter((other) => other !== entry && holds(other.ports, entry.ports))
      const wider = others.map(({ source }) => widerText(source, entry.source)).find((text) => text !== undefined)
      const fact =
        open && entry.source.kind === 'tier' && entry.source.tier === tier
          ? `the tier is open inside, so every pod of it may connect`
          : (wider ?? (others.some(({ text }) => text === entry.text) ? 'it is listed twice' : undefined))
      return fact === undefined ? [] : [{ text: entry.text, fact }]
    })
    return [...new Map(needless.map((one) => [one.text, one])).values()].map(({ text, fact }): Problem => {
      const message = `reachableFrom names "${text}" needlessly: ${fact}. Expected only sources that add something.`
      return { code: 'SOURCE_NEEDLESS', where, message, fix: `Remove "${text}".`, severity: 'warning' }
    })
  })

export const reachableWorkloadsHavePorts: Rule = ({ catalogue }) =>
  workloadEntries(catalogue)
    .filter(({ spec }) => portsOf(spec).length === 0 && sourcesOf(spec).length > 0)
    .map(({ where, spec }) => ({
      code: 'REACHABLE_WITHOUT_PORT',
      where,
      message: `is reachable from ${quoted(sourcesOf(spec).map(({ text }) => text))} and has no port. Expected the port its pods listen on.`,
      fix: 'Add port, or remove reachableFrom.',
    }))

// --- internal ---

interface Entry {
  readonly source: Source
  readonly text: string
  readonly ports: readonly PortModel[]
}

function sourcesOf(spec: WorkloadNetworkSpec): Entry[] {
  return (spec.reachableFrom ?? []).map((entry) => {
    const { source, ports } = sourceOf(entry)
    return { source, text: sourceText(source), ports: chosenPorts(spec, ports) }
  })
}

function knownSources({ catalogue, environments }: Application): string[] {
  const ofTier = ([tier, spec]: [string, Catalogue['tiers'][string]]) => [
    tier,
    ...Object.keys(spec.workloads).map((workload) => `${tier}/${workload}`),
  ]
  const controllers = Object.values(environments).flatMap(({ ingressControllers = {} }) =>
    Object.keys(ingressControllers),
  )
  return [
    ingressController,
    ...[...new Set(controllers)].map((name) => `${ingressController}/${name}`),
    everywhere,
    ...Object.entries(catalogue.tiers).flatMap(ofTier),
  ]
}

function holds(ports: readonly PortModel[], others: readonly PortModel[]): boolean {
  return commonPorts(ports, others).length === others.length
}

/** What is said when the first source has all that the second has, and more. */
function widerText(wide: Source, narrow: Source): string | undefined {
  if (wide.kind === 'tier' && narrow.kind === 'tier') {
    const isWider = wide.tier === narrow.tier && wide.workload === undefined && narrow.workload !== undefined
    return isWider ? `all of tier "${wide.tier}" is listed` : undefined
  }
  if (wide.kind === 'ingress-controller' && narrow.kind === 'ingress-controller') {
    const isWider = wide.name === undefined && narrow.name !== undefined
    return isWider ? 'every ingress controller is listed' : undefined
  }
  if (wide.kind !== 'peer' || narrow.kind !== 'peer') return undefined
  const [outer, inner] = [wide.peer, narrow.peer]
  if ('namespace' in outer && 'namespace' in inner) {
    const isWider = outer.namespace === inner.namespace && isSubset(outer.podLabels, inner.podLabels)
    return isWider ? `"${sourceText(wide)}" is listed` : undefined
  }
  if (!('cidr' in outer && 'cidr' in inner) || outer.cidr === inner.cidr) return undefined
  const [network, part] = [parseCidr(outer.cidr), parseCidr(inner.cidr)]
  return network && part && containsCidr(network, part) ? `"${outer.cidr}" is listed` : undefined
}

/** Whether the second has all labels of the first, and one more. */
function isSubset(some: Readonly<Record<string, string>>, more: Readonly<Record<string, string>>): boolean {
  const labels = Object.entries(some)
  return labels.length < Object.keys(more).length && labels.every(([key, value]) => more[key] === value)
}

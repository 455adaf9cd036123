import { groupBy } from '../../lib/group.ts'
import { didYouMean } from '../../lib/nearest.ts'
import type { Problem } from '../../lib/problems.ts'
import { ingressController, podLabelsOf, policyOrigins } from '../network/network.ts'
import type { Application, Catalogue, Labels } from '../types.ts'
import { kubernetesName, nameLimit } from './names.ts'
import { atEnvironment, atTier, quoted, type Rule } from './rule.ts'

/** Source: Kubernetes, labels and selectors: an optional DNS prefix, a name; the value may be empty. */
const labelPrefix = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/
const labelName = /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/
/** Highest number of a port. Source: RFC 793. */
const portLimit = 65535

export const sourcesAreKnown: Rule = ({ catalogue }) => {
  const known = sourcesOf(catalogue)
  return [
    ...Object.keys(catalogue.tiers)
      .filter((tier) => tier === ingressController)
      .map((tier) => ({
        code: 'TIER_NAME_RESERVED',
        where: atTier(tier),
        message: `"${tier}" in reachableFrom means the ingress controller. Expected another name for a tier.`,
        fix: 'Rename the tier.',
      })),
    ...workloads(catalogue).flatMap(({ where, spec: { reachableFrom = [] } }) =>
      [...new Set(reachableFrom)]
        .filter((source) => !known.includes(source))
        .map((source) => ({
          code: 'SOURCE_UNKNOWN',
          where,
          message: `reachableFrom names "${source}", which does not exist.${didYouMean(source, known)} Expected "${ingressController}", a tier, or a workload as tier/workload.`,
          fix: 'Correct the name.',
        })),
    ),
  ]
}

/** A source without effect suggests that something would be closed without it. */
export const sourcesAreNeeded: Rule = ({ catalogue }) =>
  workloads(catalogue).flatMap(({ tier, where, spec: { reachableFrom = [] } }) => {
    const open = catalogue.tiers[tier]?.internalTraffic === 'open'
    return [...new Set(reachableFrom)].flatMap((source): Problem[] => {
      const [from = '', workload] = source.split('/')
      const fact =
        open && from === tier
          ? `the tier is open inside, so every pod of it may connect`
          : workload !== undefined && reachableFrom.includes(from)
            ? `all of tier "${from}" is listed`
            : reachableFrom.filter((other) => other === source).length > 1
              ? 'it is listed twice'
              : undefined
      if (fact === undefined) return []
      const message = `reachableFrom names "${source}" needlessly: ${fact}. Expected only sources that add something.`
      return [{ code: 'SOURCE_NEEDLESS', where, message, fix: `Remove "${source}".`, severity: 'warning' }]
    })
  })

export const reachableWorkloadsHavePorts: Rule = ({ catalogue }) =>
  workloads(catalogue)
    .filter(({ spec: { port, reachableFrom = [] } }) => port === undefined && reachableFrom.length > 0)
    .map(({ where, spec: { reachableFrom = [] } }) => ({
      code: 'REACHABLE_WITHOUT_PORT',
      where,
      message: `is reachable from ${quoted(reachableFrom)} and has no port. Expected the port its pods listen on.`,
      fix: 'Add port, or remove reachableFrom.',
    }))

/** The names are used for policies, and by default for a label. */
export const workloadsAndEgressAreNamed: Rule = ({ catalogue }) =>
  Object.entries(catalogue.tiers).flatMap(([tier, { workloads, egress = {} }]) =>
    Object.entries({ workload: workloads, egress }).flatMap(([what, named]) =>
      Object.keys(named)
        .filter((name) => !kubernetesName.test(name) || name.length > nameLimit)
        .map((name) => ({
          code: 'KUBERNETES_NAME_INVALID',
          where: atTier(tier),
          message: `the ${what} is named "${name}". Expected at most ${nameLimit} lowercase letters, digits and hyphens, with a letter or digit at both ends.`,
          fix: `Rename the ${what}.`,
        })),
    ),
  )

/** The chart could render only one of two policies with the same name, and what the other allows would be denied. */
export const policyNamesAreApart: Rule = ({ catalogue }) =>
  Object.keys(catalogue.tiers).flatMap((tier) =>
    [...groupBy(policyOrigins(catalogue, tier), ({ name }) => name)].flatMap(([name, uses]): Problem[] => {
      const origins = [...new Set(uses.map(({ origin }) => origin))]
      const where = atTier(tier)
      const fix = 'Rename the egress or the workload.'
      if (origins.length > 1) {
        const message = `"${name}" would be the name of the NetworkPolicies of ${origins.join(' and of ')}. Expected separate names.`
        return [{ code: 'POLICY_NAME_SHARED', where, message, fix }]
      }
      if (name.length <= nameLimit) return []
      const message = `the NetworkPolicy "${name}" of ${origins[0]} has ${name.length} characters. Expected at most ${nameLimit}.`
      return [{ code: 'NAME_TOO_LONG', where, message, fix }]
    }),
  )

/** Labels that also select another workload's pods open these too. */
export const podLabelsAreApart: Rule = ({ catalogue }) =>
  workloads(catalogue).flatMap(({ tier, name, where, spec }) => {
    const labels = podLabelsOf(name, spec)
    if (Object.keys(labels).length === 0) return []
    const others = workloads(catalogue).filter((other) => other.tier === tier && other.name !== name)
    return others
      .filter((other) => selects(labels, podLabelsOf(other.name, other.spec)))
      .map((other) => ({
        code: 'POD_LABELS_SHARED',
        where,
        message: `its podLabels select the pods of workload "${other.name}" too. Expected labels that only its own pods have.`,
        fix: 'Add a label that only its own pods carry.',
      }))
  })

export const podLabelsAreValid: Rule = (application) =>
  labelSets(application).flatMap(({ where, labels, field }) => {
    const entries = Object.entries(labels)
    if (entries.length === 0) {
      const message = 'podLabels is empty, which would select every pod. Expected at least one label.'
      return [{ code: 'POD_LABELS_EMPTY', where, message, fix: `Add a label, or leave ${field} out.` }]
    }
    return entries
      .filter(([key, value]) => !isLabel(key, value))
      .map(([key, value]) => ({
        code: 'POD_LABEL_INVALID',
        where,
        message: `"${key}: ${value}" is not a label. Expected at most 63 letters, digits, hyphens, underscores and dots in key and value, and a DNS name before a slash.`,
        fix: 'Copy the label from the pod template of the workload.',
      }))
  })

export const portsAreNumbered: Rule = ({ catalogue }) => {
  const lists = [
    ...workloads(catalogue).map(({ where, spec: { port } }) => ({ where, ports: port === undefined ? [] : [port] })),
    ...egressRules(catalogue).map(({ where, spec }) => ({ where, ports: spec.ports })),
  ]
  const fix = 'Correct the ports.'
  return [
    ...lists.flatMap(({ where, ports }) =>
      ports
        .filter((port) => port > portLimit)
        .map((port) => ({
          code: 'PORT_INVALID',
          where,
          message: `the port is ${port}. Expected 1 to ${portLimit}.`,
          fix,
        })),
    ),
    ...egressRules(catalogue)
      .filter(({ spec: { ports } }) => ports.length === 0 || new Set(ports).size < ports.length)
      .map(({ where, spec: { ports } }) => {
        const fact = ports.length === 0 ? 'ports is empty' : 'a port is listed twice'
        const message = `${fact}. Expected the ports it is for, each once.`
        return { code: 'PORTS_INVALID', where, message, fix }
      }),
  ]
}

/** Every entry of `egress`, with its place. */
export function egressRules({ tiers }: Catalogue) {
  return Object.entries(tiers).flatMap(([tier, { egress = {} }]) =>
    Object.entries(egress).map(([name, spec]) => ({ tier, name, spec, where: `${atTier(tier)} egress "${name}"` })),
  )
}

// --- internal ---

function workloads({ tiers }: Catalogue) {
  return Object.entries(tiers).flatMap(([tier, { workloads }]) =>
    Object.entries(workloads).map(([name, spec]) => ({
      tier,
      name,
      spec,
      where: `${atTier(tier)} workload "${name}"`,
    })),
  )
}

function sourcesOf({ tiers }: Catalogue): string[] {
  const ofTier = ([tier, spec]: [string, Catalogue['tiers'][string]]) => [
    tier,
    ...Object.keys(spec.workloads).map((workload) => `${tier}/${workload}`),
  ]
  return [ingressController, ...Object.entries(tiers).flatMap(ofTier)]
}

interface LabelSet {
  readonly where: string
  readonly labels: Labels
  /** The fields with a default. */
  readonly field: string
}

function labelSets({ catalogue, environments }: Application): LabelSet[] {
  const ofPods = [
    ...workloads(catalogue).map(({ where, spec }) => ({ where, labels: spec.podLabels })),
    ...egressRules(catalogue).map(({ where, spec: { to } }) => {
      return { where, labels: typeof to === 'object' && 'namespace' in to ? to.podLabels : undefined }
    }),
  ].map((set) => ({ ...set, field: 'podLabels' }))
  const ofDns = Object.entries(environments).map(([environment, { dns }]) => {
    return { where: `${atEnvironment(environment)} dns`, labels: dns?.podLabels, field: 'dns' }
  })
  return [...ofPods, ...ofDns].flatMap(({ labels, ...set }) => (labels === undefined ? [] : [{ ...set, labels }]))
}

function selects(selector: Labels, labels: Labels): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value)
}

function isLabel(key: string, value: string): boolean {
  const [name = '', prefix, ...more] = key.split('/').reverse()
  return (
    labelName.test(name) &&
    (prefix === undefined || labelPrefix.test(prefix)) &&
    more.length === 0 &&
    (value === '' || labelName.test(value))
  )
}

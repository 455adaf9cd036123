import { groupBy } from '../../lib/group.ts'
import type { Problem } from '../../lib/problems.ts'
import { podLabelsOf, policyOrigins } from '../network/network.ts'
import type { Application, Labels } from '../types.ts'
import { kubernetesName, nameLimit } from './names.ts'
import { peerEntries, workloadEntries } from './network-entries.ts'
import { atTier, type Rule } from './rule.ts'

/** Source: Kubernetes, labels and selectors: an optional DNS prefix, a name; the value may be empty. */
const labelPrefix = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/
const labelName = /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/

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
  workloadEntries(catalogue).flatMap(({ tier, name, where, spec }) => {
    const labels = podLabelsOf(name, spec)
    if (Object.keys(labels).length === 0) return []
    const others = workloadEntries(catalogue).filter((other) => other.tier === tier && other.name !== name)
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

// --- internal ---

interface LabelSet {
  readonly where: string
  readonly labels: Labels
  /** The fields with a default. */
  readonly field: string
}

function labelSets(application: Application): LabelSet[] {
  const ofWorkloads = workloadEntries(application.catalogue).map(({ where, spec }) => {
    return { where, labels: spec.podLabels, field: 'podLabels' }
  })
  const ofPeers = peerEntries(application).map(({ where, role, spec }) => {
    return {
      where,
      labels: 'namespace' in spec ? spec.podLabels : undefined,
      field: role === 'dns' ? 'dns' : 'podLabels',
    }
  })
  return [...ofWorkloads, ...ofPeers].flatMap(({ labels, ...set }) =>
    labels === undefined ? [] : [{ ...set, labels }],
  )
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

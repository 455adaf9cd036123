import { compare, type Problem } from '../lib/problems.ts'
import { podLabelsOf } from '../model/network/network.ts'
import { commonPorts, distinctPorts, type PortModel, portsOf, portText } from '../model/network/ports.ts'
import type { TierModel } from '../model/resolve.ts'
import type { Labels, WorkloadSpec } from '../model/types.ts'
import type { PodTemplate } from './pod-templates.ts'

/**
 * How the pod templates of a tier's namespace differ from its workloads: network policies find pods by their labels,
 * and a label that no pod carries silently blocks a workload. Pure.
 */
export function verifyWorkloads(tier: TierModel, templates: readonly PodTemplate[]): Problem[] {
  return [
    ...Object.entries(tier.workloads).flatMap(([name, spec]) => verifyWorkload(tier, name, spec, templates)),
    ...templates.flatMap((template) => verifyTemplate(tier, template)),
  ]
}

// --- internal ---

function verifyWorkload(
  tier: TierModel,
  name: string,
  spec: WorkloadSpec,
  templates: readonly PodTemplate[],
): Problem[] {
  const line = `workload "${name}" of tier "${tier.name}" in scripts/catalogue.ts`
  const template = templates.find((candidate) => candidate.name === name && candidate.kind === spec.kind)
  if (!template) return [missing(tier, name, spec, templates, line)]
  const where = placeOf(tier, template)
  const labels = podLabelsOf(name, spec)
  const problems: Problem[] = []
  if (!carries(template.labels, labels)) {
    const own = Object.keys(template.selector).length > 0 ? template.selector : template.labels
    problems.push({
      code: 'POD_LABELS_DIFFER',
      where,
      message: `its pods carry ${labelText(template.labels)}. Expected ${labelText(labels)} among them: the network policies find the pods by these.`,
      fix: `Set podLabels of ${line} to labels its pods carry, such as ${labelText(own)}, or add the label to its pod template.`,
    })
  }
  const expected = distinctPorts(portsOf(spec))
  const undeclared = distinctPorts(expected.filter((port) => commonPorts([port], template.ports).length === 0))
  if (undeclared.length > 0) {
    const declared = template.ports.length > 0
    const opened = expected.length === 1 ? 'the only port that is opened' : 'which the network policies open'
    problems.push({
      code: declared ? 'PORT_DIFFERS' : 'PORT_UNDECLARED',
      where,
      message: `its containers declare ${declared ? `the ports ${portTexts(template.ports)}` : 'no port'}. Expected ${portTexts(undeclared)}, ${opened}.`,
      fix: declared
        ? `Correct ${spec.port === undefined ? 'ports' : 'port'} of ${line}.`
        : 'Declare the port as a containerPort, so that this can be checked.',
      ...(declared ? {} : { severity: 'warning' as const }),
    })
  }
  return problems
}

function missing(
  tier: TierModel,
  name: string,
  { kind }: WorkloadSpec,
  templates: readonly PodTemplate[],
  line: string,
): Problem {
  const where = `${kind}/${tier.namespace}/${name}`
  const other = templates.find((template) => template.name === name)
  if (other) {
    const message = `is a ${other.kind} in the cluster. Expected a ${kind}.`
    return { code: 'WORKLOAD_KIND_DIFFERS', where, message, fix: `Correct kind of ${line}.` }
  }
  return {
    code: 'WORKLOAD_MISSING',
    where,
    message: 'is not in the cluster, so the labels of its pods are unknown. Expected it to exist.',
    fix: `Deploy it, or correct ${line}.`,
    // A Job is often deleted when it is done.
    ...(kind === 'Job' ? { severity: 'warning' as const } : {}),
  }
}

function verifyTemplate(tier: TierModel, template: PodTemplate): Problem[] {
  const where = placeOf(tier, template)
  const selecting = Object.entries(tier.workloads)
    .filter(([name, spec]) => carries(template.labels, podLabelsOf(name, spec)))
    .map(([name]) => name)
  const own = tier.workloads[template.name]?.kind === template.kind
  if (!own && template.isOver) return []
  const problems: Problem[] = selecting
    .filter((name) => !own || name !== template.name)
    .map((name) => ({
      code: 'POD_LABELS_TAKEN',
      where,
      message: `its pods carry ${labelText(podLabelsOf(name, tier.workloads[name] ?? {}))}, so that everything that may connect to workload "${name}" may connect to them too. Expected only the pods of "${name}" to carry these labels.`,
      fix: `Give its pods other labels, or set for workload "${name}" of tier "${tier.name}" in scripts/catalogue.ts podLabels of its own.`,
    }))
  if (!own && selecting.length === 0) {
    problems.push({
      code: 'WORKLOAD_NOT_CATALOGUED',
      where,
      message: `no workload of the catalogue selects its pods: nothing may connect to them from outside the tier. Expected every workload of the namespace in the catalogue.`,
      fix: `Add it to the workloads of tier "${tier.name}" in scripts/catalogue.ts, or remove it from the cluster.`,
      severity: 'warning',
    })
  }
  if (template.hostNetwork) {
    problems.push({
      code: 'POD_ON_HOST_NETWORK',
      where,
      message:
        'its pods use the network of their node, where no network policy applies. Expected a network of their own.',
      fix: 'Take hostNetwork out of its pod template.',
    })
  }
  return problems
}

/** TCP is meant where nothing is said. */
function portTexts(ports: readonly PortModel[]): string {
  return ports.map((port) => (port.protocol === 'TCP' ? String(port.port) : portText(port))).join(', ')
}

function placeOf({ namespace }: TierModel, { kind, name }: PodTemplate): string {
  return `${kind}/${namespace}/${name}`
}

function carries(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value)
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels)
    .sort(([a], [b]) => compare(a, b))
    .map(([key, value]) => `${key}=${value}`)
  return pairs.length > 0 ? pairs.join(', ') : 'no label'
}

import type { Container, PodSpec, PodsPart, Workload } from '../../cluster/pod-templates.ts'
import { podsPart } from '../../cluster/pod-templates.ts'
import { kinds } from '../../kubernetes/kinds.ts'
import { podLabelsOf } from '../../model/network/network.ts'
import type { EnvironmentModel, TierModel } from '../../model/resolve.ts'
import type { Inventory } from './key-inventory.ts'
import { movedVariables } from './moved-variables.ts'
import { movedVolumes } from './moved-volumes.ts'
import { placesIn, type SecretPlaces } from './secret-places.ts'

/** How a workload has to change to read the targets of its tier. Holds names, and no variable's value. */
export interface WorkloadMove {
  readonly tier: string
  readonly namespace: string
  /** A strategic merge patch of the workload, in its new namespace. */
  readonly patch: object
  /** What the patch can't do. */
  readonly notes: readonly string[]
}

/** Undefined for a workload that is in no tier of the catalogue, or in several. Pure. */
export function moveOf(
  model: EnvironmentModel,
  inventory: Inventory,
  oldSecret: string,
  workload: Workload,
): WorkloadMove | undefined {
  const { kind, object } = workload
  const { name } = object.metadata
  const [tier, ...others] = model.tiers.filter(({ workloads }) => workloads[name]?.kind === kind.kind)
  if (!tier || others.length > 0) return undefined
  const part = podsPart(workload)
  const { patch, notes } = movedPods(placesIn(tier, name, inventory, oldSecret), tier, name, part)
  const { apiVersion } = kind
  const metadata = { name, namespace: tier.namespace }
  const document = { apiVersion, kind: kind.kind, metadata, ...atTemplate(workload, patch) }
  return { tier: tier.name, namespace: tier.namespace, patch: document, notes }
}

// --- internal ---

interface Moved {
  readonly patch: PodsPart
  readonly notes: readonly string[]
}

function movedPods(places: SecretPlaces, tier: TierModel, name: string, { metadata, spec = {} }: PodsPart): Moved {
  const workload = tier.workloads[name]
  const wanted = workload ? podLabelsOf(name, workload) : {}
  const lacking = Object.entries(wanted).filter(([label, value]) => metadata?.labels?.[label] !== value)
  const notes: string[] = []
  const containers = (list: readonly Container[] | undefined) =>
    (list ?? []).flatMap((container) => {
      const moved = movedVariables(places, container)
      notes.push(...(moved?.notes ?? []))
      return moved ? [{ name: container.name, ...moved.patch }] : []
    })
  const parts = { initContainers: containers(spec.initContainers), containers: containers(spec.containers) }
  const volumes = movedVolumes(places, spec.volumes)
  notes.push(...volumes.notes)
  const account = serviceAccount(tier, spec)
  const patch = {
    ...(lacking.length > 0 ? { metadata: { labels: Object.fromEntries(lacking) } } : {}),
    spec: {
      ...account.patch,
      ...Object.fromEntries(Object.entries(parts).filter(([, list]) => list.length > 0)),
      ...(volumes.patch.length > 0 ? { volumes: volumes.patch } : {}),
    },
  }
  return { patch: patch as PodsPart, notes: [...new Set([...notes, ...account.notes])] }
}

/** A workload with its own account has a reason for it. */
function serviceAccount({ serviceAccount: name, namespace }: TierModel, { serviceAccountName = 'default' }: PodSpec) {
  if (serviceAccountName === 'default') return { patch: { serviceAccountName: name }, notes: [] }
  const note = `it runs as ServiceAccount ${serviceAccountName}, which has to be created in ${namespace} too, or replaced by ${name}`
  return { patch: {}, notes: [note] }
}

function atTemplate({ kind, object }: Workload, patch: PodsPart): object {
  if (kind === kinds.pod) return patch
  if (object.spec?.jobTemplate) return { spec: { jobTemplate: { spec: { template: patch } } } }
  return { spec: { template: patch } }
}

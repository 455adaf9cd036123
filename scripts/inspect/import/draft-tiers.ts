import { groupBy } from '../../lib/group.ts'
import { compare } from '../../lib/problems.ts'
import { shortList } from '../../lib/short-list.ts'
import { tierNames } from '../../model/names.ts'
import type { SourceSpec } from '../../model/network/spec.ts'
import type { ReadsSpec } from '../../model/target-types.ts'
import type { SecretSpec, TierSpec, WorkloadSpec } from '../../model/types.ts'
import type { TierPart } from './assign-tiers.ts'
import type { Guessed } from './draft.ts'
import type { EnvironmentInput } from './draft-environments.ts'
import { type DraftNetwork, draftNetwork } from './draft-network.ts'
import { draftReads, draftTargets } from './draft-reads.ts'
import type { FoundWorkload, Leftover } from './facts.ts'
import type { FoundSettings } from './read-settings.ts'
import { tierTargets } from './tier-targets.ts'

export interface DraftTiers {
  readonly tiers: ReadonlyMap<string, Guessed<TierSpec>>
  readonly leftovers: readonly Leftover[]
}

/** The tiers with their workloads: as the first environment has them, and what others have more. */
export function draftTiers(
  application: string,
  environments: readonly EnvironmentInput[],
  remotePaths: ReadonlyMap<string, string>,
  secrets: readonly SecretSpec[],
): DraftTiers {
  const byTier = groupBy(
    environments.flatMap((input) => input.parts.map((part) => ({ part, input }))),
    ({ part }) => part.tier,
  )
  const leftovers: Leftover[] = []
  const tiers = [...byTier]
    .sort(([a], [b]) => compare(a, b))
    .map(([tier, found]) => {
      const [first] = found as [(typeof found)[number]]
      const network = draftNetwork(first.part, first.input.parts, first.input.facts.network)
      const parts = found.map(({ part }) => part)
      const targets = tierTargets(tier, parts)
      const readsOf = (part: TierPart, workload: FoundWorkload) => draftReads(part, workload, secrets, targets)
      const { workloads, repeated } = workloadsOf(parts, network, readsOf)
      const named = draftTargets(tier, parts, secrets)
      leftovers.push(...repeated.map(sameName), ...network.leftovers)
      const remotePath = remotePaths.get(tier)
      const { settings, guesses } = settingsOf(first.input.facts.settings(first.part.namespace))
      const value: TierSpec = {
        description: `The tier ${tier}`,
        workloads,
        ...(Object.keys(named).length > 0 ? { targets: named } : {}),
        ...(remotePath === undefined ? {} : { remotePath }),
        ...network.tier,
        ...settings,
      }
      const isShared = found.some(({ part }) => part.isShared)
      if (isShared) leftovers.push(ownNamespace(first.part, tierNames(application, tier).namespace))
      return [
        tier,
        { value, guesses: ['description', ...(isShared ? [] : ['a tier for each namespace']), ...guesses] },
      ] as const
    })
  return { tiers: new Map(tiers), leftovers }
}

// --- internal ---

function ownNamespace({ tier, namespace, workloads }: TierPart, own: string): Leftover {
  return {
    code: 'WORKLOADS_MOVE',
    where: workloads[0]?.where ?? `Namespace/${namespace}`,
    what: `tier ${tier}: ${shortList([...new Set(workloads.map(({ name }) => name))])}`,
    why: 'a Secret is read by every pod of its namespace that names it, so that each tier has a namespace of its own',
    todo: `Deploy them to the namespace ${own}, with what they need beside them.`,
  }
}

/** A namespace without a level lets every pod run, which `restricted` would not. */
function settingsOf({ podSecurity, quota, containerDefaults }: FoundSettings) {
  const level = podSecurity === undefined || podSecurity === 'none' ? ('baseline' as const) : podSecurity
  return {
    settings: {
      ...(level === 'restricted' ? {} : { podSecurity: level }),
      ...(Object.keys(quota).length > 0 ? { quota } : {}),
      ...(Object.keys(containerDefaults).length > 0 ? { containerDefaults } : {}),
    },
    guesses: level === podSecurity ? [] : ['podSecurity, because nothing names a level'],
  }
}

/** By name: two of one name are the same workload in two environments, or of two kinds. */
function workloadsOf(
  parts: readonly TierPart[],
  { reachableFrom }: DraftNetwork,
  readsOf: (part: TierPart, workload: FoundWorkload) => ReadsSpec | undefined,
) {
  const workloads: Record<string, WorkloadSpec> = {}
  const repeated: FoundWorkload[] = []
  for (const part of parts) {
    for (const workload of part.workloads) {
      const known = Object.hasOwn(workloads, workload.name) ? workloads[workload.name] : undefined
      const reads = readsOf(part, workload)
      if (known === undefined) {
        const spec = specOf(workload, reachableFrom.get(workload.name) ?? [])
        workloads[workload.name] = { ...spec, ...(reads === undefined ? {} : { reads }) }
      } else if (known.kind !== workload.kind) repeated.push(workload)
    }
  }
  return { workloads, repeated }
}

function specOf({ name, kind, ports, podLabels }: FoundWorkload, sources: readonly SourceSpec[]): WorkloadSpec {
  const [only, ...others] = ports
  const isPlain = only?.protocol === 'TCP' && others.length === 0
  const labels = Object.fromEntries(Object.entries(podLabels).filter(([label]) => !changing.test(label)))
  const isUsual = podLabels.app === name || Object.keys(labels).length === 0
  return {
    kind,
    ...(isPlain && only ? { port: only.port } : {}),
    ...(only && !isPlain ? { ports: namedPorts(ports) } : {}),
    ...(only && sources.length > 0 ? { reachableFrom: sources } : {}),
    ...(isUsual ? {} : { podLabels: labels }),
  }
}

function namedPorts(ports: FoundWorkload['ports']): NonNullable<WorkloadSpec['ports']> {
  return Object.fromEntries(
    ports.map(({ name, port, protocol }) => [
      name ?? `port-${port}`,
      protocol === 'UDP' ? { port, protocol: 'UDP' as const } : port,
    ]),
  )
}

/** Labels that another version of the same pods would not carry, among them those that Kubernetes gives to the pods of a Job. */
const changing =
  /^(app\.kubernetes\.io\/(version|managed-by)|helm\.sh\/chart|(pod-template|controller-revision)-hash|version|(batch\.kubernetes\.io\/)?(controller-uid|job-name))$/

function sameName({ kind, name, where }: FoundWorkload): Leftover {
  return {
    code: 'WORKLOAD_REPEATED',
    where,
    what: `${kind} ${name}`,
    why: 'the tier has another workload of this name',
    todo: 'Rename one of them, and add it to the catalogue.',
  }
}

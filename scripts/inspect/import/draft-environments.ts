import { groupBy } from '../../lib/group.ts'
import { canonicalDuration, durationSeconds } from '../../model/duration.ts'
import { tierNames } from '../../model/names.ts'
import { isPlaceholder } from '../../model/rules/environments.ts'
import { withIamApplicationsApart } from '../../model/rules/own-names.ts'
import type { EnvironmentSpec } from '../../model/types.ts'
import type { TierPart } from './assign-tiers.ts'
import type { Guessed } from './draft.ts'
import type { Facts, FoundStore, Leftover } from './facts.ts'
import { openToday } from './open-network.ts'

/** One environment of the draft: what was read of it. */
export interface EnvironmentInput {
  readonly environment: string
  /** Nothing names it. */
  readonly isNameGuessed: boolean
  /** The context with which its cluster was read; undefined: none was. */
  readonly context: string | undefined
  readonly facts: Facts
  readonly parts: readonly TierPart[]
}

export interface DraftEnvironments {
  readonly environments: ReadonlyMap<string, Guessed<EnvironmentSpec>>
  readonly leftovers: readonly Leftover[]
}

/** @param tiers of the whole application: an environment may lack one */
export function draftEnvironments(
  application: string,
  tiers: readonly string[],
  inputs: readonly EnvironmentInput[],
): DraftEnvironments {
  const leftovers: Leftover[] = []
  const taken = new Set<string>()
  const environments = inputs.map((input, index) => {
    const { projects, ...own } = environmentOf(application, tiers, input)
    const settled = withProjects(own.value, projects, { taken, index, tiers })
    for (const id of Object.values(settled.ids)) taken.add(id)
    leftovers.push(...own.leftovers, ...settled.leftovers(input))
    return [input.environment, { value: settled.value, guesses: [...own.guesses, ...settled.guesses] }] as const
  })
  return { environments: apart(application, tiers, new Map(environments)), leftovers }
}

// --- internal ---

/** Nothing tells whether environments share a Scaleway organization. */
function apart(
  application: string,
  tiers: readonly string[],
  environments: ReadonlyMap<string, Guessed<EnvironmentSpec>>,
): ReadonlyMap<string, Guessed<EnvironmentSpec>> {
  const plain = Object.fromEntries([...environments].map(([name, { value }]) => [name, value]))
  const settled = withIamApplicationsApart(application, tiers, plain)
  return new Map(
    [...environments].map(([name, { value, guesses }]) => {
      const own = settled[name] ?? value
      return [name, { value: own, guesses: [...guesses, ...(own.iamApplications ? ['iamApplications'] : [])] }]
    }),
  )
}

type Common = Omit<EnvironmentSpec, 'isolation' | 'projectId' | 'projectIds'>

function environmentOf(application: string, tiers: readonly string[], input: EnvironmentInput) {
  const { environment, facts, parts, context } = input
  const stores = parts.flatMap((part) => storesOf(part, facts).map((store) => ({ tier: part.tier, store })))
  const regions = most(stores.flatMap(({ store }) => store.region ?? []))
  const intervals = most(facts.externalSecrets.flatMap(({ refreshInterval: text }) => (text ? readable(text) : [])))
  const interval = intervals.find((text) => (durationSeconds(text) ?? 0) > 0)
  const namespaces = Object.fromEntries(
    parts
      .filter(({ namespace, isShared }) => !isShared && namespace !== '')
      .filter(({ tier, namespace }) => namespace !== tierNames(application, tier).namespace)
      .map(({ tier, namespace }) => [tier, namespace]),
  )
  const hasPolicies = facts.network.policies.some(({ namespace }) => parts.some((part) => part.namespace === namespace))
  const open = openToday(parts, facts.network)
  const isClosed = hasPolicies && open.length === 0
  const value: Common = {
    description: `The environment ${environment}`,
    region: regions[0] ?? 'fr-par',
    refreshInterval: interval ?? '1h',
    kubeContext: context ?? `${application}-${environment}`,
    ...(Object.keys(namespaces).length > 0 ? { namespaces } : {}),
    ...(isClosed ? {} : { without: ['network-policies' as const] }),
  }
  const leftovers = [
    ...(regions.length > 1 ? [several(input, 'region', regions)] : []),
    ...(intervals.length > 1 ? [several(input, 'refreshInterval', intervals)] : []),
    ...(hasPolicies && open.length > 0 ? [leftOpen(input, open)] : []),
  ]
  const guesses = [
    'description',
    ...(input.isNameGuessed ? ['its name'] : []),
    ...(regions.length === 0 ? ['region'] : []),
    ...(interval === undefined ? ['refreshInterval'] : []),
    ...(context === undefined ? ['kubeContext'] : []),
    ...(isClosed
      ? []
      : [`without network policies, because ${hasPolicies ? 'some pods are open' : 'there are none yet'}`]),
  ]
  const projects = new Map(tiers.map((tier) => [tier, projectOf(stores.filter((one) => one.tier === tier))]))
  return { value, guesses, leftovers, projects }
}

/** The stores behind a tier's ExternalSecrets; those of its namespace where it has no ExternalSecret. */
function storesOf({ namespace }: TierPart, { externalSecrets, stores }: Facts): FoundStore[] {
  const named = externalSecrets.filter((one) => one.namespace === namespace).map(({ store }) => store)
  const used = stores.filter((store) =>
    named.some((one) => one?.name === store.name && store.namespace === (one.isClusterWide ? undefined : namespace)),
  )
  return (used.length > 0 ? used : stores.filter((store) => store.namespace === namespace)).filter(
    ({ provider }) => provider === 'scaleway',
  )
}

/** As people write it: `1h` for the operator's `1h0m0s`. */
function readable(interval: string): string {
  const short = canonicalDuration(interval)
    .replace(/(?<=m)0s$/, '')
    .replace(/(?<=h)0m$/, '')
  return durationSeconds(short) === durationSeconds(interval) ? short : interval
}

function projectOf(stores: readonly { readonly store: FoundStore }[]): string | undefined {
  return stores.map(({ store }) => store.projectId).find((id) => id !== undefined && uuid.test(id))
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

interface ProjectContext {
  readonly taken: ReadonlySet<string>
  readonly index: number
  readonly tiers: readonly string[]
}

/** Isolation by path where all tiers have one project, and by project where they have several. */
function withProjects(
  common: Common,
  found: ReadonlyMap<string, string | undefined>,
  { taken, index, tiers }: ProjectContext,
) {
  const known = [...new Set([...found.values()].filter((id) => id !== undefined))]
  const shared = known.filter((id) => taken.has(id))
  const usable = known.filter((id) => !taken.has(id))
  const isPath = usable.length < 2
  const placeholder = (tier: number) => `00000000-0000-4000-8000-${String(index * 100 + tier + 1).padStart(12, '0')}`
  const idOf = (tier: string) => {
    const id = found.get(tier)
    return id !== undefined && usable.includes(id) ? id : undefined
  }
  const ids = isPath
    ? { all: usable[0] ?? placeholder(0) }
    : Object.fromEntries(tiers.map((tier, number) => [tier, idOf(tier) ?? placeholder(number)]))
  const isExample = Object.values(ids).some((id) => !usable.includes(id) || isPlaceholder(id))
  const { description, region, ...rest } = common
  const end = isExample ? { ...rest, example: true } : rest
  const value: EnvironmentSpec = isPath
    ? { description, region, isolation: 'path', projectId: Object.values(ids)[0] ?? '', ...end }
    : { description, region, isolation: 'project', projectIds: ids, ...end }
  return {
    value,
    ids,
    guesses: isExample ? ['project ids that are not real, so that nothing touches an account'] : [],
    leftovers: ({ environment }: EnvironmentInput): Leftover[] =>
      shared.map((id) => ({
        code: 'PROJECT_SHARED',
        where: `environment ${environment}`,
        what: `project ${id}`,
        why: 'another environment has the same project, and its key would read this one too',
        todo: 'Create a project for each environment in Scaleway, and write its id into scripts/environments.ts.',
      })),
  }
}

function most(texts: readonly string[]): string[] {
  return [...groupBy(texts, (text) => text)].sort(([, a], [, b]) => b.length - a.length).map(([text]) => text)
}

function several({ environment }: EnvironmentInput, what: string, values: readonly string[]): Leftover {
  return {
    code: 'SETTING_DIFFERS',
    where: `environment ${environment}`,
    what: `${what}: ${values.join(', ')}`,
    why: 'an environment has one for all tiers; the most frequent was taken',
    todo: 'Correct it in scripts/environments.ts if another is meant.',
  }
}

/** Policies that close it would cut off what is connected today. */
function leftOpen({ environment }: EnvironmentInput, open: readonly string[]): Leftover {
  return {
    code: 'NETWORK_OPEN',
    where: `environment ${environment}`,
    what: open.join(', '),
    why: 'no policy closes it today, so that the draft leaves all network policies out and changes no connection',
    todo: 'Say in `egress` and `reachableFrom` of scripts/catalogue.ts who is meant, then take `network-policies` out of `without` in scripts/environments.ts.',
  }
}

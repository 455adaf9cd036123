import { commandLine } from '../../lib/command-line.ts'
import { didYouMean } from '../../lib/nearest.ts'
import { compare, exitCodes, type Problem, ProblemError } from '../../lib/problems.ts'
import { shortList } from '../../lib/short-list.ts'
import type { Facts, FoundUse, FoundWorkload } from './facts.ts'
import { type TargetKey, targetKeys } from './target-keys.ts'
import { nameTiers } from './tier-names.ts'

/** What belongs to one tier of one environment. */
export interface TierPart {
  readonly tier: string
  readonly namespace: string
  /** The namespace is shared with other tiers today. */
  readonly isShared: boolean
  readonly workloads: readonly FoundWorkload[]
  readonly keys: readonly TargetKey[]
  /** Secrets that something besides a container reads: the kubelet, which pulls images, or an ingress controller. */
  readonly named: ReadonlySet<string>
}

export interface Assignment {
  /** What the namespaces say of its name; undefined: nothing. */
  readonly application: string | undefined
  readonly parts: readonly TierPart[]
  /** Keys that no workload of any tier reads. */
  readonly unread: readonly TargetKey[]
}

/** `--tier frontend=ui,admin`: by tier, workloads or one namespace. */
export type NamedTiers = ReadonlyMap<string, readonly string[]>

export interface TierChoices {
  readonly tiers: NamedTiers
  readonly withTiers?: (tiers: readonly string[]) => string
}

/**
 * Which tier everything belongs to: as it is named, and else by namespace.
 *
 * @throws ProblemError `TIERS_UNKNOWN` when everything is in one namespace and nothing is named
 */
export function assignTiers(facts: Facts, { tiers: named, withTiers = withTier }: TierChoices): Assignment {
  const namespaces = namespacesOf(facts)
  const keys = targetKeys(facts)
  if (named.size > 0) return byName(facts, keys, named, namespaces)
  const isOurs = namespaces.length > 0 && namespaces.every((namespace) => facts.own.tiers.has(namespace))
  if (namespaces.length < 2 && !isOurs)
    throw new ProblemError(askForTiers(facts, namespaces, withTiers), exitCodes.usage)
  const { application, tiers } = nameTiers(namespaces)
  return {
    application: facts.own.application ?? application,
    parts: namespaces.map((namespace) =>
      wholeNamespace(facts.own.tiers.get(namespace) ?? tiers.get(namespace) ?? namespace, namespace, facts, keys),
    ),
    unread: [],
  }
}

// --- internal ---

/** Those in which Secrets are read or written. */
function namespacesOf({ externalSecrets, stores, workloads }: Facts): string[] {
  const found = [
    ...externalSecrets.map(({ namespace }) => namespace),
    ...stores.flatMap(({ namespace }) => (namespace === undefined ? [] : [namespace])),
    ...workloads.filter(({ uses }) => uses.length > 0).map(({ namespace }) => namespace),
  ]
  return [...new Set(found)].sort(compare)
}

function wholeNamespace(tier: string, namespace: string, facts: Facts, keys: readonly TargetKey[]): TierPart {
  return {
    tier,
    namespace,
    isShared: false,
    workloads: facts.workloads.filter((workload) => workload.namespace === namespace),
    keys: keys.filter((key) => key.namespace === namespace),
    named: new Set(facts.names.flatMap((one) => (one.namespace === namespace ? [one.secret] : []))),
  }
}

function byName(
  facts: Facts,
  keys: readonly TargetKey[],
  named: NamedTiers,
  namespaces: readonly string[],
): Assignment {
  const problems = namingProblems(facts, named, namespaces)
  if (problems.length > 0) throw new ProblemError(problems, exitCodes.usage)
  const parts = [...named].map(([tier, names]) => {
    const [namespace] = names.filter((name) => namespaces.includes(name) && !isWorkload(facts, name))
    if (namespace !== undefined) return wholeNamespace(tier, namespace, facts, keys)
    const workloads = facts.workloads.filter(({ name }) => names.includes(name))
    const own = facts.names.filter(({ workload }) => workload !== undefined && names.includes(workload))
    const isNamed = ({ namespace, target }: TargetKey) =>
      own.some((one) => one.namespace === namespace && one.secret === target)
    return {
      tier,
      namespace: workloads[0]?.namespace ?? '',
      isShared: true,
      workloads,
      keys: keys.filter((key) => isNamed(key) || workloads.some((workload) => reads(workload, key))),
      named: new Set(own.map(({ secret }) => secret)),
    }
  })
  const read = new Set(parts.flatMap((part) => part.keys))
  return { application: facts.own.application, parts, unread: keys.filter((key) => !read.has(key)) }
}

const isWorkload = ({ workloads }: Facts, wanted: string) => workloads.some(({ name }) => name === wanted)

/** Whether a workload gets a key of a Secret of its namespace. */
export function reads(workload: FoundWorkload, key: Pick<TargetKey, 'namespace' | 'target' | 'key'>): boolean {
  return workload.namespace === key.namespace && workload.uses.some((use) => gives(use, key))
}

/** Whether a use of a Secret gives one of its keys. */
export function gives({ secret, keys }: FoundUse, { target, key }: Pick<TargetKey, 'target' | 'key'>): boolean {
  return secret === target && (keys === undefined || keys.includes(key))
}

function namingProblems(facts: Facts, named: NamedTiers, namespaces: readonly string[]): Problem[] {
  const known = [...new Set([...facts.workloads.map(({ name }) => name), ...namespaces.filter((name) => name !== '')])]
  const unknown = [...named].flatMap(([tier, names]) =>
    names
      .filter((name) => !known.includes(name))
      .map((name) => ({
        code: 'WORKLOAD_UNKNOWN',
        where: `--tier ${tier}=${names.join(',')}`,
        message: `there is no workload or namespace "${name}".${didYouMean(name, known)} Expected one of: ${shortList(known)}.`,
        fix: 'Correct the name, or name the file of the workload with --from too.',
      })),
  )
  const all = [...named.values()].flat()
  const readers = facts.workloads.filter(({ uses, namespace }) => uses.length > 0 && !all.includes(namespace))
  const forgotten = [...new Set(readers.map(({ name }) => name).filter((name) => !all.includes(name)))].sort(compare)
  if (forgotten.length === 0 || unknown.length > 0) return unknown
  return [
    {
      code: 'TIERS_UNKNOWN',
      where: '--tier',
      message: `${shortList(forgotten)} read Secrets and are in no tier. Expected a tier for each workload that reads a Secret.`,
      fix: 'Add them to one of the tiers, as `--tier backend=api,worker`.',
    },
  ]
}

const withTier: NonNullable<TierChoices['withTiers']> = (tiers) =>
  commandLine`import --from k8s --out draft ${tiers.flatMap((tier) => ['--tier', tier])}`

function askForTiers(
  { workloads }: Facts,
  namespaces: readonly string[],
  withTiers: NonNullable<TierChoices['withTiers']>,
): Problem {
  const names = [...new Set(workloads.map(({ name }) => name))].sort(compare)
  const [first = 'ui', ...others] = names
  const example = withTiers([`frontend=${first}`, `backend=${others.join(',') || 'api'}`])
  const code = 'TIERS_UNKNOWN'
  const where = namespaces[0] === undefined || namespaces[0] === '' ? '--from' : `Namespace/${namespaces[0]}`
  if (names.length === 0)
    return {
      code,
      where,
      message:
        'no workload in it can be read, and at most one namespace. Expected the workloads of each tier, or one namespace per tier.',
      fix: 'Name the files or folders of the workloads with --from too, and correct those that are not read.',
    }
  return {
    code,
    where,
    message: `everything is in one namespace: ${shortList(names)}. Expected --tier for each tier, with its workloads: it gets a namespace, a key and secrets of its own.`,
    fix: `Name the tiers, for example \`${example}\`. One tier for all of them is \`${withTiers([`app=${names.join(',') || 'api'}`])}\`.`,
  }
}

import { groupBy } from '../../lib/group.ts'
import { shortList } from '../../lib/short-list.ts'
import { clusterKey } from '../clusters.ts'
import { admissionNames, baseNameOf, namesOf, releaseNames } from '../names.ts'
import { operatorEnd, sharedOperator, tierOperator } from '../operator.ts'
import type { Application, Catalogue, EnvironmentSpec } from '../types.ts'
import { nameLimit, releaseLimit } from './names.ts'
import { byRight, freeName, literal } from './own-names.ts'
import { atEnvironment, quoted, type Rule } from './rule.ts'

/**
 * With one namespace for two tiers, each can read the other's Secrets. With one release for two environments of a cluster,
 * or one policy, each `helm upgrade` replaces or removes what is the other's.
 */
export const clusterNamesAreApart: Rule = (application) => {
  const { catalogue } = application
  const order = byRight(application.environments)
  const clashes = clashesOf(catalogue, order)
  let environments = Object.fromEntries(order)
  return [...groupBy(clashes, ({ environment }) => environment)].map(([environment, own]) => {
    const spec = environments[environment] as EnvironmentSpec
    const proposed = namesApart({ catalogue, environments }, environment)
    environments = { ...environments, [environment]: { ...spec, ...proposed } }
    const others = own.filter(({ first }) => first.environment !== environment)
    const isOneByName = others.some(({ first }) => first.spec.cluster === undefined || spec.cluster === undefined)
    // Policies and bindings follow from the base, and so does the release.
    const namespaces = own.filter(({ kind }) => kind === 'namespace')
    const shared = (namespaces.length > 0 ? namespaces : own).map(
      ({ kind, name, owner, first }) => `${kind} "${name}" by ${quoted([first.owner, owner])}`,
    )
    return {
      code: 'NAMESPACE_SHARED',
      where: atEnvironment(environment),
      message: `a name is used twice in the cluster of kube context "${spec.kubeContext}": ${shortList(shared)}. Expected names apart from each other.`,
      fix: `${fixOf(environment, spec, proposed)}${isOneByName ? '; where their clusters are different, give each another kubeContext, or the UID as cluster' : ''}.`,
    }
  })
}

/** An operator for all tiers reads and writes the Secrets of every namespace, those of another operator's tiers too. */
export const operatorsOfAClusterAgree: Rule = ({ environments }) => {
  const specs = Object.values(environments)
  return [...groupBy(byRight(environments), ([, spec]) => clusterKey(spec, specs)).values()].flatMap(
    ([[name, first] = ['', undefined], ...others]) =>
      others.flatMap(([environment, spec]) => {
        const [wanted, found] = [operatorText(first), operatorText(spec)]
        if (wanted === found) return []
        return {
          code: 'OPERATORS_DIFFER',
          where: atEnvironment(environment),
          message: `the operator is ${found}, and environment "${name}" of the same cluster has ${wanted}. Expected one operator, or only operators of one tier each: an operator for all tiers serves both environments.`,
          fix: `Set \`operator: ${wanted}\` at environment "${environment}" in scripts/environments.ts.`,
          severity: 'warning' as const,
        }
      }),
  )
}

// --- internal ---

/** A name that only one owner in a cluster may have. */
interface NameUse {
  readonly kind: 'namespace' | 'policy' | 'binding'
  readonly name: string
  readonly environment: string
  readonly spec: EnvironmentSpec
  readonly owner: string
  /** Whose namespace it is. */
  readonly tier?: string
}

interface Clash extends NameUse {
  /** Who has a right to the name. */
  readonly first: NameUse
}

/** What of its names an environment has to change. */
type OwnNames = Pick<EnvironmentSpec, 'baseName' | 'namespaces'>

function usesOf(catalogue: Catalogue, environment: string, spec: EnvironmentSpec): NameUse[] {
  const base = baseNameOf(catalogue, spec)
  const tiers = Object.keys(catalogue.tiers)
  const namespaceOf = (tier: string) => namesOf(catalogue, tier, spec).namespace
  const use = (kind: NameUse['kind'], name: string, owner: string, tier?: string): NameUse => {
    return { kind, name, environment, spec, owner, ...(tier === undefined ? {} : { tier }) }
  }
  return [
    ...tiers.map((tier) => use('namespace', namespaceOf(tier), `${environment}/${tier}`, tier)),
    use('namespace', releaseNames(base).namespace, `${environment} (Helm release)`),
    ...(spec.operator === 'per-tier'
      ? tiers.map((tier) =>
          use('namespace', tierOperator(namespaceOf(tier)).namespace, `${environment}/${tier} (operator)`),
        )
      : []),
    ...admissionNames.policies.flatMap((policy) => [
      use('policy', admissionNames.policy(base, policy), environment),
      ...admissionNames.bindings(base, policy, tiers).map((name) => use('binding', name, environment)),
    ]),
  ]
}

function clashesOf(catalogue: Catalogue, environments: readonly [string, EnvironmentSpec][]): Clash[] {
  const specs = environments.map(([, spec]) => spec)
  const uses = environments.flatMap(([environment, spec]) => usesOf(catalogue, environment, spec))
  const groups = groupBy(uses, ({ kind, name, spec }) => `${kind} ${name} ${clusterKey(spec, specs)}`)
  return [...groups.values()].flatMap(([first, ...others]) => (first ? others.map((use) => ({ ...use, first })) : []))
}

/** Names with which an environment has nothing in common with another one, nor two of its own with each other. */
function namesApart({ catalogue, environments }: Application, environment: string): OwnNames {
  const spec = environments[environment] as EnvironmentSpec
  const others = Object.entries(environments).filter(([name]) => name !== environment)
  const clashesWith = (names: OwnNames) => clashesOf(catalogue, [...others, [environment, { ...spec, ...names }]])
  const isOthers = ({ first, environment: whose }: Clash) => whose === environment && first.environment !== environment
  const withOthers = clashesWith({}).filter(isOthers)
  const taken = withOthers.flatMap(({ tier }) => tier ?? [])
  const kept = Object.entries(spec.namespaces ?? {}).filter(([tier]) => !taken.includes(tier))
  const apart: OwnNames = withOthers.length === 0 ? {} : { namespaces: Object.fromEntries(kept) }
  const limit = longestBase(catalogue, spec)
  const baseName =
    withOthers.length === 0
      ? undefined
      : freeName(`${catalogue.application}-${environment}`, limit, (baseName) =>
          clashesWith({ ...apart, baseName }).some(isOthers),
        )
  const names = { ...apart, ...(baseName === undefined ? {} : { baseName }) }
  const namespaces: Record<string, string> = { ...(names.namespaces ?? spec.namespaces) }
  for (const { tier, first } of clashesWith(names).filter((clash) => clash.environment === environment)) {
    const moved = tier ?? first.tier
    if (moved === undefined) continue
    const end = spec.operator === 'per-tier' ? operatorEnd : ''
    const wanted = `${baseName ?? baseNameOf(catalogue, spec)}-${moved}`
    namespaces[moved] = freeName(wanted, nameLimit - end.length, (namespace) =>
      clashesWith({ ...names, namespaces: { ...namespaces, [moved]: namespace } }).some(
        (clash) => clash.environment === environment && [namespace, namespace + end].includes(clash.name),
      ),
    )
  }
  return { ...names, ...(Object.keys(namespaces).length > 0 || names.namespaces ? { namespaces } : {}) }
}

/** Every name that is made of it has to be valid. */
function longestBase({ tiers }: Catalogue, { operator }: EnvironmentSpec): number {
  const ends = Object.keys(tiers).map((tier) => `-${tier}${operator === 'per-tier' ? operatorEnd : ''}`.length)
  return Math.max(8, Math.min(releaseLimit - '-secrets'.length, nameLimit - Math.max(0, ...ends)))
}

function fixOf(environment: string, spec: EnvironmentSpec, { baseName, namespaces = {} }: OwnNames): string {
  const changed = Object.entries(namespaces).some(([tier, name]) => spec.namespaces?.[tier] !== name)
  const left = Object.keys(spec.namespaces ?? {}).filter((tier) => namespaces[tier] === undefined)
  const lines = [
    ...(baseName === undefined ? [] : [`\`baseName: '${baseName}'\``]),
    ...(changed ? [`\`namespaces: ${literal(namespaces)}\``] : []),
  ]
  const without = changed ? '' : left.map((tier) => `namespaces.${tier}`).join(' and ')
  return `Set ${lines.join(' and ')} at environment "${environment}" in scripts/environments.ts${without ? `, and remove its ${without}` : ''}`
}

function operatorText(spec: EnvironmentSpec | undefined): string {
  const operator = spec?.operator ?? sharedOperator
  return operator === 'per-tier' ? "'per-tier'" : literal({ namespace: operator.namespace, name: operator.name })
}

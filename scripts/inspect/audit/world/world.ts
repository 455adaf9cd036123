import type { KnownKeys } from '../../../cluster/container-variables.ts'
import { groupBy } from '../../../lib/group.ts'
import { compare } from '../../../lib/problems.ts'
import type { EnvironmentModel, TierModel } from '../../../model/resolve.ts'
import type { FoundObject } from '../../inputs/found-object.ts'
import type { FolderReading } from '../code/read-code.ts'
import type { Finding } from '../finding.ts'
import { type FoundPods, foundPods } from './found-pods.ts'
import type { KustomizeFolder } from './kustomize-folder.ts'
import { knownFrom, type Made, madeBy, madeByCatalogue } from './made-objects.ts'
import { mayMakePods } from './other-pods.ts'

/** All that the rules judge. */
export interface World {
  readonly model: EnvironmentModel
  readonly objects: readonly FoundObject[]
  readonly namespaces: readonly FoundNamespace[]
  readonly code: readonly TierCode[]
  readonly kustomize: readonly KustomizeFolder[]
  /** Of kinds whose fields are known, by `external-secrets.io/v1 SecretStore`. */
  readonly schemas: Readonly<Record<string, Schema>>
  /** The objects of the cluster are among them: what is not there does not exist. */
  readonly isLive: boolean
}

/** As much of a JSON schema as tells the fields of a kind. */
export interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly additionalProperties?: unknown
}

/** A rule sees all at once and changes nothing. */
export type Rule = (world: World) => Finding[]

/** A namespace as far as the input shows it. */
export interface FoundNamespace {
  /** Undefined: of the objects that name none. */
  readonly name: string | undefined
  readonly tier: TierModel | undefined
  readonly objects: readonly FoundObject[]
  readonly pods: readonly FoundPods[]
  readonly made: readonly Made[]
  readonly known: KnownKeys
  /**
   * Pods that no manifest describes may run here: some operator makes them of an object of its own, or nobody has named their
   * manifests.
   */
  readonly mayHaveOtherPods: boolean
}

/** A folder of code, and the tier whose programs it makes. */
export interface TierCode {
  /** Undefined: of all tiers. */
  readonly tier: string | undefined
  readonly folder: string
  readonly reading: FolderReading
}

export interface WorldParts {
  readonly model: EnvironmentModel
  readonly objects: readonly FoundObject[]
  readonly code?: readonly TierCode[]
  readonly kustomize?: readonly KustomizeFolder[]
  readonly schemas?: World['schemas']
  readonly isLive?: boolean
  /** Some manifests could not be read: they may have any pods. Default: false */
  readonly isPartial?: boolean
}

export function worldOf({
  model,
  objects,
  code = [],
  kustomize = [],
  schemas = {},
  isLive = false,
  isPartial = false,
}: WorldParts): World {
  const groups = groupBy(
    objects.filter(({ kind }) => !ofTheCluster.has(kind)),
    ({ namespace = '' }) => namespace,
  )
  const wide = objects.filter(({ kind }) => kind === 'ClusterExternalSecret')
  const namespaces = [...groups]
    .sort(([a], [b]) => compare(a, b))
    .map(([name, own]) => namespaceOf(model, name, own, wide))
    .map((one) => (isPartial ? { ...one, mayHaveOtherPods: true } : one))
  return { model, objects, namespaces, code, kustomize, schemas, isLive }
}

/** Those of a tier: its namespace, and what names no namespace when only this tier can be meant. */
export function namespacesOf({ namespaces }: World, tier: TierModel): FoundNamespace[] {
  return namespaces.filter((one) => one.tier?.name === tier.name)
}

export function namespaceNamed({ namespaces }: World, name: string | undefined): FoundNamespace | undefined {
  return namespaces.find((one) => one.name === name)
}

// --- internal ---

const ofTheCluster: ReadonlySet<string> = new Set(['Namespace', 'ClusterSecretStore', 'ClusterExternalSecret'])

function namespaceOf(
  model: EnvironmentModel,
  name: string,
  objects: readonly FoundObject[],
  wide: readonly FoundObject[],
): FoundNamespace {
  const pods = objects.flatMap((object) => foundPods(object) ?? [])
  const tier = name === '' ? onlyTierOf(model, pods) : model.tiers.find(({ namespace }) => namespace === name)
  const catalogued = tier ? [tier] : name === '' ? model.tiers : []
  const made = [...[...objects, ...wide].flatMap(madeBy), ...catalogued.flatMap(madeByCatalogue)]
  const mayHaveOtherPods = pods.length === 0 || objects.some(mayMakePods)
  return { name: name || undefined, tier, objects, pods, made, known: knownFrom(made, objects), mayHaveOtherPods }
}

/** The tier of workloads without a namespace, if the catalogue has all that it knows of them in one tier. */
function onlyTierOf({ tiers }: EnvironmentModel, pods: readonly FoundPods[]): TierModel | undefined {
  const [only, ...others] = tiers.filter(({ workloads }) =>
    pods.some(({ object }) => Object.hasOwn(workloads, object.name)),
  )
  return others.length === 0 ? only : undefined
}

import { type FoundObject, listAt, textsAt } from '../../inputs/found-object.ts'
import { isRemote, type KustomizationFields, resourcesOf } from '../../inputs/kustomization.ts'

/** A folder with a kustomization, as its files say it: nothing is rendered. */
export interface KustomizeFolder {
  /** Relative to the folder in which the command was typed. */
  readonly folder: string
  /** `k8s/base/kustomization.yaml` */
  readonly file: string
  readonly says: KustomizationFields
  /** Objects of the files that it and the folders it is made of have, before any patch. */
  readonly objects: readonly FoundObject[]
  /** Objects that its patches and images may change. */
  readonly changed: readonly FoundObject[]
  /** A part of it is fetched, or made by a program: it may have more objects. */
  readonly isOpen: boolean
  /** Manifests in it that no kustomization names. */
  readonly unreached: readonly string[]
  /** Kustomizations in it by another name than those that kustomize reads. */
  readonly misnamed: readonly string[]
}

/** Whether it has objects that no file beside it has: of a program, a chart or another machine. */
export function makesOthers(says: KustomizationFields): boolean {
  const isMade = ['helmCharts', 'helmChartInflationGenerator', 'generators'].some((field) => says[field] !== undefined)
  return isMade || resourcesOf(says).some(isRemote)
}

/** Labels that it gives to each object. */
export function addedLabels(says: KustomizationFields): Record<string, string> {
  const pairs = listAt(says, 'labels').map((one) => textsAt(one, 'pairs'))
  return Object.assign({}, textsAt(says, 'commonLabels'), ...pairs)
}

/** ConfigMaps and Secrets that its generators make, without the hash at the end of their names. */
export function generatedObjects(says: KustomizationFields, where: string): FoundObject[] {
  const kinds = { configMapGenerator: 'ConfigMap', secretGenerator: 'Secret' } as const
  return Object.entries(kinds).flatMap(([field, kind]) =>
    listAt(says, field).flatMap(({ name }) =>
      typeof name === 'string'
        ? [{ apiVersion: 'v1', kind, name, namespace: undefined, labels: {}, raw: {}, where }]
        : [],
    ),
  )
}

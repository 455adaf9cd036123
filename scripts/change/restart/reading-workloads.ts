import type { PodTemplate } from '../../cluster/pod-templates.ts'
import type { TargetState } from '../../cluster/target.ts'
import { outdatedPods } from '../../inspect/survey/outdated.ts'
import { type TierReader, tierReaders } from '../../inspect/survey/readers.ts'
import { type ExternalSecretModel, specsOf } from '../../model/resolve.ts'
import type { RestartState } from './look.ts'

/** A workload that reads targets of its tier. */
export interface Reader extends TierReader {
  readonly targets: readonly ReadTarget[]
}

/** A reader that is in the cluster. */
export type FoundReader = Reader & { readonly seen: { readonly template: PodTemplate } }

/** A target that exists. */
export interface ReadTarget {
  readonly target: ExternalSecretModel
  readonly view: TargetState
}

/** Every workload of the catalogue that reads one of these targets, and whatever else reads one. Pure. */
export function readersOf({ tier, readers, targets }: RestartState): Reader[] {
  const existing = [...targets].map(([target, view]) => ({ target, view }))
  return tierReaders(tier, readers)
    .map((reader) => ({
      ...reader,
      targets: existing.filter(({ target }) => specsOf(target).some((spec) => reader.reads(spec))),
    }))
    .filter(({ isCatalogued, targets: read }) => !isCatalogued || read.length > 0)
}

/** Whether a container of its pods has an older value of one of these targets. Pure. */
export function isOutdated({ seen, reads }: Pick<Reader, 'seen' | 'reads'>, targets: readonly ReadTarget[]): boolean {
  return targets.some(({ target, view }) => outdatedPods(seen, target, view.changedAt, reads) !== undefined)
}

/** `Deployment/server`, and whether the catalogue names it. */
export function readerText({ kind, name, isCatalogued }: Pick<Reader, 'kind' | 'name' | 'isCatalogued'>): string {
  return `${kind}/${name}${isCatalogued ? '' : ' (not catalogued)'}`
}

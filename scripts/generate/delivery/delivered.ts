import type { DeliveryBy, Engine } from '../../model/delivery/delivery.ts'
import type { EnvironmentModel } from '../../model/resolve.ts'

/** An environment with the engine that delivers it. */
export type DeliveredModel<Name extends Engine> = Omit<EnvironmentModel, 'delivery'> & {
  readonly delivery: DeliveryBy<Name>
  /** Of the chart and the values that Helm reads for it: hexadecimal. */
  readonly digest: string
}

/** A file of an engine. */
export interface DeliveredFile {
  /** Below the folder of the engine. */
  readonly path: string
  /** YAML documents, with their fields in the order they are written. */
  readonly documents: readonly object[]
}

/** A path in the repository, for an application that may not be at its root: `apps/shop/values/dev.yaml`. */
export function inRepository({ path }: { readonly path: string }, file: string): string {
  return path === '' ? file : `${path}/${file}`
}

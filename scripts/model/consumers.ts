import type { TierModel } from './resolve.ts'
import type { SecretSpec, WorkloadKind } from './types.ts'

/** A workload of the catalogue. */
export interface Consumer {
  readonly name: string
  readonly kind: WorkloadKind
}

/** Whether this workload reads this entry according to the catalogue. */
export function consumes(workload: string, { consumers }: SecretSpec): boolean {
  return consumers === undefined || consumers.includes(workload)
}

/** The workloads of a tier that read one of these entries. */
export function consumersOf({ workloads }: Pick<TierModel, 'workloads'>, specs: readonly SecretSpec[]): Consumer[] {
  return Object.entries(workloads)
    .filter(([name]) => specs.some((spec) => consumes(name, spec)))
    .map(([name, { kind }]) => ({ name, kind }))
}

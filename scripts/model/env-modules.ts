import type { Catalogue } from './types.ts'

/** Where the module of a tier, or of one of its workloads, is written. */
export interface EnvModulePlace {
  readonly tier: string
  readonly workload?: string
  readonly path: string
}

/** Those that the catalogue names. */
export function envModulePlaces({ tiers }: Catalogue): EnvModulePlace[] {
  return Object.entries(tiers).flatMap(([tier, { envModule, workloads }]) => [
    ...(envModule === undefined ? [] : [{ tier, path: envModule }]),
    ...Object.entries(workloads).flatMap(([workload, spec]) =>
      spec.envModule === undefined ? [] : [{ tier, workload, path: spec.envModule }],
    ),
  ])
}

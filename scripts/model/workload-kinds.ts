import type { WorkloadKind } from './types.ts'

/** Kinds that a workload of the catalogue can have. */
export const workloadKinds = [
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'Rollout',
  'Job',
  'CronJob',
] as const satisfies readonly WorkloadKind[]

/** Whether a workload of this kind can be in the catalogue. */
export function isCatalogueKind(kind: string): kind is WorkloadKind {
  return (workloadKinds as readonly string[]).includes(kind)
}

/** The steps of a migration, in their order. */
export const stepNames = [
  'inventory',
  'backup',
  'namespaces',
  'fill',
  'credentials',
  'take-over',
  'deploy',
  'wait',
  'compare',
  'switch',
  'delete',
] as const

export type StepName = (typeof stepNames)[number]

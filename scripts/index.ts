/** What the two data files of a user import from the package. */
export { defineCatalogue, defineEnvironments } from './model/define.ts'
export type {
  Catalogue,
  DeliverySpec,
  EnvironmentSpec,
  Environments,
  SecretSpec,
  TierSpec,
  WorkloadSpec,
} from './model/types.ts'

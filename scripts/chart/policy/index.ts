import { type Problem, sortProblems } from '../../lib/problems.ts'
import type { EnvironmentModel } from '../../model/resolve.ts'
import type { Manifest } from '../manifests.ts'
import { externalSecretsAreTheirTiers } from './external-secrets.ts'
import { namespacesAreKept, noLabelNamesTheChartVersion } from './labels.ts'
import { onlyExpectedObjects } from './objects.ts'
import type { PolicyRule } from './policy-rule.ts'
import {
  admissionDenies,
  boundariesAreTheirTiers,
  namespacesAreHardened,
  rolesAreBoundAsCatalogued,
  rolesGrantOnlyTheirVerbs,
  serviceAccountsHaveNoToken,
} from './protections.ts'
import { sealedCredentialsAreTheirTiers, storesAreTheirTiers } from './stores.ts'

export const policyRules: readonly PolicyRule[] = [
  onlyExpectedObjects,
  storesAreTheirTiers,
  sealedCredentialsAreTheirTiers,
  externalSecretsAreTheirTiers,
  noLabelNamesTheChartVersion,
  namespacesAreKept,
  namespacesAreHardened,
  serviceAccountsHaveNoToken,
  rolesGrantOnlyTheirVerbs,
  rolesAreBoundAsCatalogued,
  boundariesAreTheirTiers,
  admissionDenies,
]

/** Every problem of the rendered manifests of one environment, sorted. An empty list means that they are right. */
export function checkManifests(manifests: readonly Manifest[], model: EnvironmentModel): Problem[] {
  return sortProblems(policyRules.flatMap((rule) => rule(manifests, model)))
}

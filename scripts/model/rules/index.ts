import { type Problem, sortProblems } from '../../lib/problems.ts'
import { checkShape } from '../shape.ts'
import type { Application } from '../types.ts'
import { clusterNamespacesAreOutsideTheTiers, egressNetworksAreNarrow, egressStaysOutsideTheTiers } from './egress.ts'
import {
  environmentSettingsAreValid,
  environmentsHaveTheirOwnProjects,
  namespacesAreApart,
  projectIdsAreReal,
  quotaSuffices,
  tierPathsAreApart,
  tiersHaveTheirOwnProjects,
} from './environments.ts'
import { operatorsNeedAdmission, quantitiesAreValid, quotasHaveDefaults, secretQuotasLeaveRoom } from './hardening.ts'
import { iamApplicationNamesAreValid, iamApplicationsAreApart, keyLifetimesAreDays } from './iam.ts'
import {
  bundlesFit,
  identitiesAreWhollyOptionalOrNot,
  identitiesHaveOneLayout,
  identitiesHaveOneOverlap,
  identitiesStayInOneTier,
} from './identities.ts'
import { legacyNamesAreValid, legacySecretsAreApart, legacySecretsAreNobodyElses } from './legacy.ts'
import {
  baseNamesAreValid,
  derivedNamesAreValid,
  remoteNamesAreValid,
  remotePathsAreValid,
  variablesAreValid,
} from './names.ts'
import {
  podLabelsAreApart,
  podLabelsAreValid,
  policyNamesAreApart,
  portsAreNumbered,
  reachableWorkloadsHavePorts,
  sourcesAreKnown,
  sourcesAreNeeded,
  workloadsAndEgressAreNamed,
} from './network.ts'
import { operatorsAreNamed } from './operator.ts'
import type { Rule } from './rule.ts'
import {
  consumersBelongToTheTier,
  environmentListsAreReachable,
  formatsExist,
  layoutsAreComplete,
  overlapsArePeriods,
  remoteRefsBelongToOneTier,
  remoteSecretsHaveOneShape,
  rotationsArePeriods,
  tiersExist,
  variablesAreUniquePerTier,
} from './secrets.ts'

/** The list defines a valid application. */
export const rules: readonly Rule[] = [
  baseNamesAreValid,
  derivedNamesAreValid,
  variablesAreValid,
  remoteNamesAreValid,
  remotePathsAreValid,
  tiersExist,
  variablesAreUniquePerTier,
  remoteRefsBelongToOneTier,
  remoteSecretsHaveOneShape,
  layoutsAreComplete,
  formatsExist,
  consumersBelongToTheTier,
  environmentListsAreReachable,
  rotationsArePeriods,
  overlapsArePeriods,
  identitiesStayInOneTier,
  identitiesHaveOneLayout,
  identitiesHaveOneOverlap,
  identitiesAreWhollyOptionalOrNot,
  bundlesFit,
  projectIdsAreReal,
  environmentsHaveTheirOwnProjects,
  tiersHaveTheirOwnProjects,
  tierPathsAreApart,
  namespacesAreApart,
  environmentSettingsAreValid,
  quotaSuffices,
  iamApplicationNamesAreValid,
  iamApplicationsAreApart,
  keyLifetimesAreDays,
  legacyNamesAreValid,
  legacySecretsAreApart,
  legacySecretsAreNobodyElses,
  quantitiesAreValid,
  secretQuotasLeaveRoom,
  quotasHaveDefaults,
  operatorsNeedAdmission,
  operatorsAreNamed,
  sourcesAreKnown,
  sourcesAreNeeded,
  reachableWorkloadsHavePorts,
  workloadsAndEgressAreNamed,
  policyNamesAreApart,
  podLabelsAreApart,
  podLabelsAreValid,
  portsAreNumbered,
  egressNetworksAreNarrow,
  egressStaysOutsideTheTiers,
  clusterNamespacesAreOutsideTheTiers,
]

/** Every problem of the application at once, sorted by place. An empty list means valid. */
export function checkApplication(application: Application): Problem[] {
  const misshapen = checkShape(application)
  if (misshapen.length > 0) return sortProblems(misshapen)
  return sortProblems(rules.flatMap((rule) => rule(application)))
}

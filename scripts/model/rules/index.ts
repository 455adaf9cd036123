import { type Problem, sortProblems } from '../../lib/problems.ts'
import { checkShape } from '../shape.ts'
import type { Application } from '../types.ts'
import { clusterNamesAreApart, operatorsOfAClusterAgree } from './clusters.ts'
import { clustersOfASetAreApart, deliveriesAreReachable, enginesAreOutsideTheTiers } from './delivery.ts'
import { egressIsReachable } from './egress.ts'
import { envModulesHavePlaces } from './env-modules.ts'
import {
  environmentSettingsAreValid,
  environmentsHaveTheirOwnProjects,
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
import { podLabelsAreApart, podLabelsAreValid, policyNamesAreApart, workloadsAndEgressAreNamed } from './network.ts'
import { operatorsAreNamed } from './operator.ts'
import { ingressControllersAreNamed, peerNetworksAreNarrow, peersAreOutsideTheTiers } from './peers.ts'
import { chosenPortsExist, portListsAreComplete, portsAreNumbered } from './ports.ts'
import { propertiesAreApart } from './properties.ts'
import { readsAreOfTheTier } from './reads.ts'
import type { Rule } from './rule.ts'
import {
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
import {
  irreplaceablesAreNotRotated,
  originsAreInTheSameEnvironments,
  originsExist,
  originsHaveTheirOwnValue,
  sharedFieldsHaveOneOrigin,
  sharedValuesAreAlike,
} from './shared-values.ts'
import {
  ingressControllersAreKnown,
  reachableWorkloadsHavePorts,
  sourcesAreKnown,
  sourcesAreNeeded,
} from './sources.ts'

import {
  bundlesLieInOneTarget,
  entriesNameTheirTargets,
  keysAreUniquePerTarget,
  keysAreValid,
  targetSecretsAreApart,
  targetsAreNamed,
  targetsHaveEntries,
  targetTypesAreAllowed,
  typedKeysHaveTheirFormat,
  typedTargetsAreWhole,
  typedTargetsHaveTheirKeys,
} from './targets.ts'

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
  propertiesAreApart,
  formatsExist,
  environmentListsAreReachable,
  rotationsArePeriods,
  overlapsArePeriods,
  identitiesStayInOneTier,
  identitiesHaveOneLayout,
  identitiesHaveOneOverlap,
  identitiesAreWhollyOptionalOrNot,
  bundlesFit,
  targetsAreNamed,
  targetSecretsAreApart,
  targetTypesAreAllowed,
  targetsHaveEntries,
  entriesNameTheirTargets,
  keysAreValid,
  keysAreUniquePerTarget,
  typedTargetsHaveTheirKeys,
  typedKeysHaveTheirFormat,
  typedTargetsAreWhole,
  bundlesLieInOneTarget,
  readsAreOfTheTier,
  originsExist,
  originsHaveTheirOwnValue,
  originsAreInTheSameEnvironments,
  sharedValuesAreAlike,
  sharedFieldsHaveOneOrigin,
  irreplaceablesAreNotRotated,
  projectIdsAreReal,
  environmentsHaveTheirOwnProjects,
  tiersHaveTheirOwnProjects,
  tierPathsAreApart,
  clusterNamesAreApart,
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
  operatorsOfAClusterAgree,
  sourcesAreKnown,
  ingressControllersAreKnown,
  sourcesAreNeeded,
  reachableWorkloadsHavePorts,
  workloadsAndEgressAreNamed,
  policyNamesAreApart,
  podLabelsAreApart,
  podLabelsAreValid,
  portsAreNumbered,
  portListsAreComplete,
  chosenPortsExist,
  peerNetworksAreNarrow,
  peersAreOutsideTheTiers,
  ingressControllersAreNamed,
  egressIsReachable,
  envModulesHavePlaces,
  deliveriesAreReachable,
  clustersOfASetAreApart,
  enginesAreOutsideTheTiers,
]

/** Every problem of the application at once, sorted by place. An empty list means valid. */
export function checkApplication(application: Application): Problem[] {
  const misshapen = checkShape(application)
  if (misshapen.length > 0) return sortProblems(misshapen)
  return sortProblems(rules.flatMap((rule) => rule(application)))
}

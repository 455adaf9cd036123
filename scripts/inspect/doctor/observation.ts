import type { Problem } from '../../lib/problems.ts'
import type { EnvironmentModel } from '../../model/resolve.ts'
import type { DriftSurvey } from '../survey/drift-survey.ts'
import type { Fact } from './fact.ts'
import type { Refusal } from './observe/admission.ts'
import type { ClusterFacts } from './observe/cluster.ts'
import type { ScalewayFacts } from './observe/scaleway.ts'

/** Everything that was read, once: the input for finding causes. */
export interface Observation {
  readonly model: EnvironmentModel
  readonly now: Date
  /** Where Scaleway's API is, for us. */
  readonly apiUrl: string
  /** An emulator on this machine, which the operator may know by another address. */
  readonly isLocal: boolean
  /** Or why the cluster can't be read. */
  readonly cluster: ClusterFacts | ClusterTrouble
  readonly scaleway: ScalewayFacts
  readonly admission: Fact<readonly Refusal[]>
  /** Objects of the chart other than stores and ExternalSecrets. */
  readonly drift: Fact<DriftSurvey>
}

export interface ClusterTrouble {
  readonly code: 'CLUSTER_UNREACHABLE' | 'CLUSTER_REFUSED'
  readonly problem: Problem
}

export function isTrouble(cluster: Observation['cluster']): cluster is ClusterTrouble {
  return 'problem' in cluster
}

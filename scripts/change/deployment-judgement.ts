import { renderChart } from '../chart/helm.ts'
import { parseManifests } from '../chart/manifests.ts'
import type { Adoption } from '../cluster/adoption.ts'
import { judgeDeployment } from '../inspect/plan/judgement.ts'
import type { ObjectChange } from '../inspect/plan/plan-objects.ts'
import type { KubernetesClient } from '../kubernetes/client.ts'
import { clusterProblem } from '../kubernetes/errors.ts'
import type { CommandIo } from '../lib/command.ts'
import { type Problem, sortProblems } from '../lib/problems.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import type { OpenRelease } from '../session/release.ts'
import { adoptedValueProblems } from './adopted-values.ts'

export interface Judged {
  /** The manifests, as YAML. */
  readonly rendered: string
  /** Undefined: the cluster may not be compared with what would be deployed. */
  readonly changes: readonly ObjectChange[] | undefined
  /** Sorted; errors among them stand in the way. */
  readonly problems: readonly Problem[]
}

export interface Judging {
  readonly model: EnvironmentModel
  readonly client: KubernetesClient
  readonly release: OpenRelease
  readonly adoption: Adoption
  /** Keys and targets that workloads read may be removed. Default: false */
  readonly acceptRemovals?: boolean
  /** Values made by hand may be overwritten. Default: false */
  readonly acceptValues?: boolean
}

/**
 * What stands in the way of a deployment, before anything is changed.
 *
 * @throws as `judgeDeployment` and `adoptedValueProblems`
 */
export async function judge(
  { model, client, release, adoption, acceptRemovals = false, acceptValues = false }: Judging,
  io: Pick<CommandIo, 'env' | 'signal' | 'log'>,
): Promise<Judged> {
  const rendered = await renderChart(release)
  const manifests = parseManifests(rendered, release.valuesFile)
  const planned = await judgeDeployment({ client, model, manifests, adoption, acceptRemovals }, io)
  if (!planned) return { rendered, changes: undefined, problems: [] }
  const values = acceptValues ? [] : await adoptedValueProblems(client, model, io).catch(rethrown)
  return { rendered, changes: planned.changes, problems: sortProblems([...planned.problems, ...values]) }
}

// --- internal ---

function rethrown(error: unknown): never {
  throw clusterProblem(error)
}

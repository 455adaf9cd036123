import { type GateResult, passGate } from '../../cluster/release-gate.ts'
import type { Before } from '../../cluster/sync-view.ts'
import type { ClusterReader } from '../../kubernetes/client.ts'
import { clusterProblem } from '../../kubernetes/errors.ts'
import type { CommandIo } from '../../lib/command.ts'
import { formatProblems, isError } from '../../lib/problems.ts'
import type { EnvironmentModel } from '../../model/resolve.ts'
import { type Explanation, explain } from './examine.ts'
import { isFinalRefusal } from './operator-words.ts'

/** How a wait for the secrets of an environment ended, with the causes of what did not arrive. */
export interface Arrival {
  readonly result: GateResult
  readonly hasArrived: boolean
  readonly told: Explanation
}

/**
 * Waits for the secrets of an environment, and no longer once one is refused for good.
 *
 * @param timeout as `timeoutOption` takes it
 * @param before what counts no more, because the operator was told to read again. Default: the warnings that are there at first
 * @throws as `passGate`
 */
export async function awaitArrival(
  model: EnvironmentModel,
  client: ClusterReader,
  timeout: string,
  io: CommandIo,
  before?: Before,
): Promise<Arrival> {
  const result = await passGate(client, model, timeout, io, { isFinal: isFinalRefusal, before }).catch(
    (error: unknown) => {
      throw clusterProblem(error)
    },
  )
  const { problems } = result
  const hasArrived = !problems.some(isError)
  const told = hasArrived ? { text: formatProblems(problems), problems } : await explain(model, client, result, io)
  return { result, hasArrived, told }
}

import { type GateResult, passGate } from '../../cluster/release-gate.ts'
import type { Before } from '../../cluster/sync-view.ts'
import type { WaitReport } from '../../cluster/wait-for-sync.ts'
import type { ClusterReader } from '../../kubernetes/client.ts'
import { clusterProblem } from '../../kubernetes/errors.ts'
import type { CommandIo } from '../../lib/command.ts'
import { formatProblems, isError } from '../../lib/problems.ts'
import type { EnvironmentModel } from '../../model/resolve.ts'
import { type Explanation, explain } from './examine.ts'
import { missingKeys } from './missing-keys.ts'
import { isFinalRefusal, recognise } from './operator-words.ts'

/** How a wait for the secrets of an environment ended, with the causes of what did not arrive. */
export interface Arrival {
  readonly result: GateResult
  readonly hasArrived: boolean
  readonly told: Explanation
}

/** What does not have to be the same for every wait. */
export interface AwaitOptions {
  /** What counts no more, because the operator was told to read again. Default: the warnings that are there at first */
  readonly before?: Before | undefined
  /**
   * Nobody else is at work in the cluster, so that a tier without a key will not get one: the wait ends once nothing else is
   * missing. Default: it is told at once and waited for, as somebody may be about to bring it
   */
  readonly endsWithoutKey?: boolean
}

/**
 * Waits for the secrets of an environment, and no longer once one is refused for good.
 *
 * @param timeout as `timeoutOption` takes it
 * @throws as `passGate`
 */
export async function awaitArrival(
  model: EnvironmentModel,
  client: ClusterReader,
  timeout: string,
  io: CommandIo,
  { before, endsWithoutKey = false }: AwaitOptions = {},
): Promise<Arrival> {
  // What keeps them from being read ends the wait itself, in its own words.
  const keyless = await missingKeys(client, model, io.signal).catch(() => [])
  for (const { problem } of endsWithoutKey ? [] : keyless)
    io.log(`${problem.where}: ${problem.message} It is waited for all the same.`)
  const isKeyless = ({ ref }: WaitReport) => keyless.some(({ tier }) => tier.namespace === ref.namespace)
  const isHeldBack = (report: WaitReport) => isKeyless(report) && isAboutKey(report)
  const ends = { isFinal: isFinalRefusal, before, ...(endsWithoutKey ? { isHeldBack } : {}) }
  const result = await passGate(client, model, timeout, io, ends).catch((error: unknown) => {
    throw clusterProblem(error)
  })
  const { problems } = result
  const hasArrived = !problems.some(isError)
  const told = hasArrived ? { text: formatProblems(problems), problems } : await explain(model, client, result, io)
  return { result, hasArrived, told }
}

// --- internal ---

/** Without a key the operator refuses the store, and then says so of what uses it. */
function isAboutKey({ message }: WaitReport): boolean {
  const subject = recognise(message)?.subject
  return subject === 'credentials' || subject === 'store'
}

import type { ClusterReader } from '../kubernetes/client.ts'
import { describeObject, kinds } from '../kubernetes/kinds.ts'
import type { CommandIo, OptionSpec } from '../lib/command.ts'
import { exitCodes, type Problem, ProblemError, sortProblems } from '../lib/problems.ts'
import { durationSeconds } from '../model/duration.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import { externalSecretSpec } from './expected-spec.ts'
import { syncProblems } from './sync-problems.ts'
import { isOfTarget, type WaitOptions, type WaitReport, type WantedSync, waitForSync } from './wait-for-sync.ts'

export const timeoutOption: OptionSpec = {
  flags: '--timeout <duration>',
  description: 'how long to wait for required secrets: 90s, 5m, 1h30m; 0s checks once',
  default: '5m',
}

/** The state of a release when the wait has ended. */
export interface GateResult {
  readonly reports: readonly WaitReport[]
  /** Sorted; a release with an error among them has not arrived. */
  readonly problems: readonly Problem[]
}

/**
 * Waits until all required secrets of an environment have arrived in the version the catalogue implies. It reads the
 * objects alone, so that it does not matter who deployed them. An object that does not exist is reported at once, and waited for
 * all the same, because somebody may be about to create it.
 *
 * @param timeout as `timeoutOption` takes it
 * @param ends what ends the wait before: as `WaitOptions` has them
 * @throws as `waitForSync`; ProblemError `WRONG_USAGE` for a malformed duration
 */
export async function passGate(
  client: Pick<ClusterReader, 'get' | 'list' | 'watch'>,
  model: EnvironmentModel,
  timeout: string,
  { signal, log, isTerminal }: Pick<CommandIo, 'signal' | 'log' | 'isTerminal'>,
  ends: Pick<WaitOptions, 'isFinal' | 'isHeldBack' | 'before'> = {},
): Promise<GateResult> {
  const reports = await waitForSync(client, wantedSyncs(model), {
    ...ends,
    timeoutMs: timeoutMs(timeout),
    signal,
    onChange(report) {
      const { ref, message, state, obstacle } = report
      const isAbsent = obstacle !== undefined && !isOfTarget(report)
      if (isAbsent || isTerminal) log(`${describeObject(kinds.externalSecret, ref)}: ${told(state, message)}`)
    },
    onLost: (error) => log(`trying again: ${error instanceof Error ? error.message : String(error)}`),
  })
  return { reports, problems: sortProblems(syncProblems(model, reports, timeout)) }
}

/**
 * Milliseconds of a duration.
 *
 * @throws ProblemError `WRONG_USAGE`
 */
export function timeoutMs(text: string): number {
  const seconds = durationSeconds(text)
  if (seconds !== undefined && seconds <= longestSeconds) return 1000 * seconds
  const message =
    seconds === undefined
      ? 'is not a duration. Expected hours, minutes and seconds, as in 90s, 5m or 1h30m.'
      : `is too long. Expected at most ${longestSeconds / 3600}h, which is 24 days.`
  throw new ProblemError(
    { code: 'WRONG_USAGE', where: `--timeout ${text}`, message, fix: 'Correct the option.' },
    exitCodes.usage,
  )
}

/** Every ExternalSecret of an environment, with what has to arrive. */
export function wantedSyncs(model: EnvironmentModel): WantedSync[] {
  return model.tiers.flatMap((tier) =>
    tier.externalSecrets.map((expected) => ({
      namespace: tier.namespace,
      name: expected.name,
      expected,
      spec: externalSecretSpec(model, tier, expected),
      isOptional: expected.optional,
    })),
  )
}

// --- internal ---

/** A timer of Node counts up to 2^31 - 1 ms, nearly 25 days; longer times are treated as 1 ms. Source: Node.js, setTimeout. */
const longestSeconds = 24 * 24 * 3600

function told(state: WaitReport['state'], message: string): string {
  return state === 'synced' ? 'synced' : message
}

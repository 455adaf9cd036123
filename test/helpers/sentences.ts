import { expect } from 'vitest'
import { ProblemError } from '../../scripts/lib/problems.ts'

/** What ended a run has to be told in sentences, and be no bug of ours. A refusal of the cluster is one of its own. */
export function expectSentence(error: unknown, what: string): void {
  if (!(error instanceof Error) || !('problems' in error || error.name === 'KubernetesError')) throw error
  if (!(error instanceof ProblemError)) return
  for (const { message, fix, where } of error.problems) {
    expect([what, where, message]).toEqual([
      what,
      expect.stringMatching(/\S/),
      expect.stringMatching(/\. Expected .*\.$/s),
    ])
    expect([what, fix]).toEqual([what, expect.stringMatching(/^[A-Z`].*\.?$/)])
  }
  expect([what, [3, 4].includes(error.exitCode)]).toEqual([what, true])
}

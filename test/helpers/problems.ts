import { ProblemError } from '../../scripts/lib/problems.ts'

/** The problem that a promise is rejected with; fails when it isn't rejected, or with something else. */
export async function problemOf(promise: Promise<unknown>) {
  const error = await promise.then(
    () => new Error('expected a problem, but it succeeded'),
    (reason: unknown) => reason,
  )
  if (!(error instanceof ProblemError)) throw error
  const [first] = error.problems
  if (!first) throw new Error('a ProblemError without problems')
  return { ...first, exitCode: error.exitCode, all: error.problems }
}

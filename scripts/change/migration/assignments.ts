import { exitCodes, ProblemError } from '../../lib/problems.ts'

/**
 * `SENTRY_DSN=backend,frontend` and `OLD_TOKEN=backend.TOKEN`, by key.
 *
 * @throws ProblemError `WRONG_USAGE`, one for each invalid text
 */
export function parseAssignments(pairs: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const assign = new Map<string, readonly string[]>()
  const problems = pairs.flatMap((pair) => {
    const [, key, goals] = /^([A-Za-z0-9._-]+)=(.+)$/.exec(pair) ?? []
    if (key === undefined || goals === undefined) return [wrong('', 'has no key')]
    if (!goals.split(',').every((goal) => goalForm.test(goal))) return [wrong(key, 'has no tier')]
    if (assign.has(key)) return [wrong(key, 'is given twice')]
    assign.set(key, goals.split(','))
    return []
  })
  if (problems.length > 0) throw new ProblemError(problems, exitCodes.usage)
  return assign
}

// --- internal ---

const goalForm = /^[a-z0-9-]{1,63}(\.[A-Za-z_][A-Za-z0-9_]{0,252})?$/

/** Never the part after the `=`: somebody may mistake the option for one that sets a value. */
function wrong(key: string, fact: string) {
  return {
    code: 'WRONG_USAGE',
    where: `--assign ${key}`.trim(),
    message: `${fact}. Expected <key>=<tier>[,<tier>…] or <key>=<tier>.<variable>, each key once.`,
    fix: 'Write for example --assign SENTRY_DSN=backend,frontend.',
  }
}

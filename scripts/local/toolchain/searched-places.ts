import { type Problem, ProblemError } from '../../lib/problems.ts'
import { cacheFolder } from './cache.ts'
import { type Environment, usableVersions } from './locate.ts'
import type { ToolSpec } from './tool-spec.ts'
import { type ToolName, tools } from './tools.ts'

interface Search {
  readonly name: ToolName
  /** Programs of that name on PATH that were not used: `/usr/bin/helm is 3.10.0`. */
  readonly unfit: readonly string[]
  readonly env: Environment
}

/**
 * The same error; where it says that there is no Go to build a tool with, it also tells where the tool was looked for, and
 * what else helps: who runs the commands in a pipeline wants no compiler.
 */
export function withWhereabouts(error: ProblemError, search: Search): ProblemError {
  const problems = error.problems.map((problem) =>
    problem.code === 'GO_MISSING' || problem.code === 'GO_TOO_OLD' ? told(problem, search) : problem,
  )
  return new ProblemError(problems, error.exitCode)
}

// --- internal ---

function told(problem: Problem, { name, unfit, env }: Search): Problem {
  const { variable, variableNames, onPath }: ToolSpec = tools[name]
  const versions = usableVersions(name)
  const found = unfit.length > 0 ? unfit.join(', ') : `no ${onPath.join(' and no ')}`
  const looked = [
    `${variable} is not set`,
    ...(onPath.length > 0 ? [`on PATH: ${found}`] : []),
    `${cacheFolder(env)} has none`,
  ].join('; ')
  const named = `${variableNames === 'folder' ? 'its folder' : 'it'} with ${variable}`
  const give = onPath.length > 0 ? `Put ${versions} on PATH, or name ${named}` : `Name ${named}`
  return {
    ...problem,
    message: problem.message.replace(/ Expected /, ` ${name} was looked for: ${looked}. Expected ${versions}, or `),
    fix: `${give}; in a pipeline, use an image that has it (docs/rights.md). Or install Go from https://go.dev/dl/ or with your package manager.`,
  }
}

import { didYouMean } from '../lib/nearest.ts'
import { exitCodes, isError, ProblemError } from '../lib/problems.ts'
import { type EnvironmentModel, resolve } from '../model/resolve.ts'
import { checkApplication } from '../model/rules/index.ts'
import type { Application } from '../model/types.ts'

/**
 * The two files a user edits, as they are: nothing is checked yet.
 *
 * @throws ProblemError `CATALOGUE_UNREADABLE` when one of them is no TypeScript
 */
export async function loadApplication(): Promise<Application> {
  try {
    const [catalogue, environments] = await Promise.all([import('../catalogue.ts'), import('../environments.ts')])
    return { catalogue: catalogue.default, environments: environments.default }
  } catch (error) {
    throw new ProblemError({
      code: 'CATALOGUE_UNREADABLE',
      where: 'scripts/catalogue.ts or scripts/environments.ts',
      message: `can't be loaded: ${firstLines(error)}. Expected a default export by defineCatalogue and defineEnvironments.`,
      fix: 'Correct the line; an editor with TypeScript shows the same mistake.',
    })
  }
}

/**
 * The model of one environment of a catalogue without errors.
 *
 * @param wanted default: the first environment of scripts/environments.ts
 * @throws ProblemError `ENVIRONMENT_UNKNOWN`, or every problem of the catalogue
 */
export async function loadEnvironment(wanted?: string): Promise<EnvironmentModel> {
  const application = await loadApplication()
  const problems = checkApplication(application).filter(isError)
  if (problems.length > 0) throw new ProblemError(problems)
  const names = Object.keys(application.environments)
  const name = wanted ?? names[0] ?? ''
  if (!names.includes(name)) {
    throw new ProblemError(
      {
        code: 'ENVIRONMENT_UNKNOWN',
        where: `--environment ${name}`,
        message: `there is no such environment.${didYouMean(name, names)} Expected one of: ${names.join(', ')}.`,
        fix: 'Correct the name, or add the environment to scripts/environments.ts.',
      },
      exitCodes.usage,
    )
  }
  return resolve(application, name)
}

// --- internal ---

/** What the loader says, without its stack. */
function firstLines(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.split('\n').slice(0, 3).join(' ').trim().replace(/\.$/, '')
}

import { pathToFileURL } from 'node:url'
import { dataFile, type Folders } from '../lib/folders.ts'
import { didYouMean } from '../lib/nearest.ts'
import { exitCodes, isError, ProblemError } from '../lib/problems.ts'
import { type EnvironmentModel, resolve } from '../model/resolve.ts'
import { checkApplication } from '../model/rules/index.ts'
import type { Application, Catalogue, Environments } from '../model/types.ts'

/**
 * The two files a user edits, loaded without any check.
 *
 * @throws ProblemError `CATALOGUE_UNREADABLE` when one of them is not valid TypeScript
 */
export async function loadApplication({ userFolder }: Pick<Folders, 'userFolder'>): Promise<Application> {
  try {
    const catalogue = (await load(userFolder, 'catalogue')) as Catalogue
    const environments = (await load(userFolder, 'environments')) as Environments
    return { catalogue, environments }
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
export async function loadEnvironment(io: Pick<Folders, 'userFolder'>, wanted?: string): Promise<EnvironmentModel> {
  const application = await loadApplication(io)
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

/** The default export of a data file. */
async function load(userFolder: string, name: 'catalogue' | 'environments'): Promise<unknown> {
  const file = dataFile(userFolder, name)
  if (file === undefined) throw new Error(`there is no scripts/${name}.ts in ${userFolder}`)
  const { default: exported } = await importFile(pathToFileURL(file).href)
  // Where no package.json says "type": "module", tsx makes a CommonJS module of it, whose default export is one deeper.
  const commonJs = exported as { readonly __esModule?: boolean; readonly default?: unknown } | undefined
  return commonJs?.__esModule ? commonJs.default : exported
}

/** What runs us may read TypeScript: a newer Node, or tsx that we were started with. Otherwise tsx reads this one file. */
async function importFile(url: string): Promise<{ readonly default: unknown }> {
  try {
    return await import(url)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_UNKNOWN_FILE_EXTENSION') throw error
    const known = read.get(url) ?? readWithTsx(url)
    read.set(url, known)
    return await known
  }
}

/** A command asks more than once, and tsx would begin again each time. */
const read = new Map<string, Promise<{ readonly default: unknown }>>()

async function readWithTsx(url: string): Promise<{ readonly default: unknown }> {
  const { tsImport } = await import('tsx/esm/api')
  return await tsImport(url, import.meta.url)
}

/** The loader's message, without its stack. */
function firstLines(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.split('\n').slice(0, 3).join(' ').trim().replace(/\.$/, '')
}

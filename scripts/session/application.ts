import { statSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { CommandIo } from '../lib/command.ts'
import { commandLine, fromTyped } from '../lib/command-line.ts'
import { isErrno, unreadable } from '../lib/files.ts'
import { applicationsAround, dataFilePaths, dataFiles, type Folders } from '../lib/folders.ts'
import { didYouMean } from '../lib/nearest.ts'
import { exitCodes, ProblemError } from '../lib/problems.ts'
import { shellWord } from '../lib/shell.ts'
import { shortList } from '../lib/short-list.ts'
import type { Environment as CacheVariables } from '../local/toolchain/locate.ts'
import { type EnvironmentModel, resolve } from '../model/resolve.ts'
import { errorsOfOne } from '../model/rules/by-environment.ts'
import { quoted } from '../model/rules/rule.ts'
import type { Application, Catalogue, Environments } from '../model/types.ts'
import { loadDataFile } from './data-file.ts'
import { exportProblem, loadProblem } from './data-file-problem.ts'

/** Where the data files are. */
export interface DataFolder extends Pick<Folders, 'userFolder'> {
  /** The environment variables, which say where the tools are kept, and what is made of data files. Default: it is not kept */
  readonly env?: CacheVariables
}

/**
 * The two files a user edits, loaded without any check.
 *
 * @throws ProblemError `CATALOGUE_UNREADABLE` when one of them can't be loaded, `CATALOGUE_TWICE` when there are two of it,
 *   `FILE_UNREADABLE` when one may not be read
 */
export async function loadApplication(folder: DataFolder): Promise<Application> {
  // The catalogue imports them: what is wrong with them should not be said of it.
  const environments = (await loadOwn(folder, 'environments')) as Environments
  const catalogue = (await loadOwn(folder, 'catalogue')) as Catalogue
  return { catalogue, environments }
}

/**
 * What one of them exports.
 *
 * @throws as `loadApplication`
 */
export async function loadOwn({ userFolder, env }: DataFolder, name: 'catalogue' | 'environments'): Promise<unknown> {
  const [file, second] = dataFiles(userFolder, name)
  const where = relative(userFolder, file ?? join(userFolder, 'scripts', `${name}.ts`))
  if (second !== undefined) {
    throw new ProblemError({
      code: 'CATALOGUE_TWICE',
      where,
      message: `is there, and ${relative(userFolder, second)} too. Expected one of them.`,
      fix: 'Delete the one you do not want.',
    })
  }
  if (file === undefined) throw hiddenDataFile(userFolder, name) ?? noDataFile(userFolder, where)
  const data = { userFolder, file, name }
  const loaded = await loadDataFile(file, env).catch((error: unknown) => {
    throw new ProblemError(loadProblem(error, data))
  })
  if (loaded === undefined) throw new ProblemError(exportProblem(data))
  return loaded
}

/**
 * The model of one environment that has no errors. What is wrong with others is told in a line, unless it concerns this one
 * too.
 *
 * @param wanted default: the first environment of scripts/environments.ts
 * @throws ProblemError `ENVIRONMENT_UNKNOWN`, or every problem of the catalogue and the environment
 */
export async function loadEnvironment(
  io: DataFolder & Partial<Pick<CommandIo, 'log'>>,
  wanted?: string,
): Promise<EnvironmentModel> {
  const application = await loadApplication(io)
  const names = Object.keys(application.environments ?? {})
  const name = wanted ?? names[0] ?? ''
  const { errors, brokenOthers } = errorsOfOne(application, name)
  if (errors.length > 0) throw new ProblemError(errors)
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
  if (brokenOthers.length > 0)
    io.log?.(`passed over: the errors of environment ${quoted(brokenOthers)}, which \`${commandLine`check`}\` shows`)
  return resolve(application, name)
}

// --- internal ---

/** What keeps one from being seen that may be there: a folder that this user may not enter, links in a circle. */
function hiddenDataFile(userFolder: string, name: 'catalogue' | 'environments'): ProblemError | undefined {
  for (const path of dataFilePaths(userFolder, name)) {
    try {
      statSync(path)
    } catch (error) {
      if (error instanceof Error && !isErrno(error, 'ENOENT') && !isErrno(error, 'ENOTDIR'))
        return new ProblemError(unreadable(relative(userFolder, path), error))
    }
  }
  return undefined
}

function noDataFile(userFolder: string, where: string): ProblemError {
  const around = applicationsAround(userFolder).filter((folder) => folder !== userFolder)
  const named = shortList(around.map((folder) => shellWord(fromTyped(folder))))
  return new ProblemError({
    code: 'CATALOGUE_UNREADABLE',
    where,
    message: `is not in ${userFolder}. Expected the two data files, scripts/catalogue.ts and scripts/environments.ts.`,
    fix:
      around.length > 0
        ? `Name a folder that has them with --root: ${named}.`
        : `Go to the folder that has them, name it with --root, or run \`${commandLine`init`}\` where they should be.`,
  })
}

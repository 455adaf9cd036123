import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { generatedPaths } from '../../scripts/generate/generate.ts'
import { type RunResult, tryRun } from '../../scripts/lib/exec.ts'
import type { Application } from '../../scripts/model/types.ts'
import { cliOfPackage, compiledCli } from './cli.ts'
import { repositoryFile, root } from './generating.ts'
import { sharedFolder } from './shared-folder.ts'

/** A folder of a user's, in which a test may break anything. */
export interface Repository {
  readonly folder: string
  /** What Node is given to start the command line there. */
  readonly program: readonly string[]
  /** How a data file there imports the product's sources: `./`, or an address. */
  readonly sources: string
  read(path: string): Promise<string>
  write(path: string, text: string): Promise<void>
  /** Replaces a text that has to be there. */
  edit(path: string, from: string | RegExp, to: string): Promise<void>
  remove(path: string): Promise<void>
  /** `npm run <args>`, without npm. */
  cli(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<RunResult>
}

/** What the generators and the chart consist of. `node_modules` is linked. */
const parts = ['scripts', 'schema', 'charts', 'values', 'docs', 'package.json', 'tsconfig.json']

/**
 * A copy of the whole repository, for tests that change what is the product's: sources, chart, contract. Its command line is
 * started as `package.json` does. Gone when the tests of the file are over.
 */
export async function repositoryCopy(): Promise<Repository> {
  const folder = await sharedFolder()
  for (const part of parts) await cp(join(root, part), join(folder, part), { recursive: true })
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  return repositoryIn(folder, cliOfPackage, './')
}

/**
 * What a user has of his own: the two data files, and what is generated from them. The command line is the compiled one, and
 * the product this repository. Gone when the tests of the file are over.
 */
export async function userFolder(): Promise<Repository> {
  const repository = repositoryIn(await sharedFolder(), [compiledCli], pathToFileURL(`${root}/scripts/`).href)
  await cp(join(root, 'values'), join(repository.folder, 'values'), { recursive: true })
  await repository.write(generatedPaths.schema, await repositoryFile(generatedPaths.schema))
  await writeDataFiles(repository, 'scripts', './')
  return repository
}

/** Puts the second application in the place of the first, as somebody would who adopts the repository. */
export async function adoptBookshop(repository: Repository): Promise<void> {
  await writeDataFiles(repository, 'test/fixtures/bookshop', '../../../scripts/')
}

/** Puts any application in the place of the first, as plain JavaScript; a file for it need not be there. */
export async function adoptApplication(repository: Repository, application: Application): Promise<void> {
  for (const name of ['catalogue', 'environments'] as const) {
    await rm(join(repository.folder, `scripts/${name}.ts`), { force: true })
    await repository.write(`scripts/${name}.mjs`, `export default ${JSON.stringify(application[name])}\n`)
  }
}

// --- internal ---

/** @param sources how they import the product's where they are now */
async function writeDataFiles(repository: Repository, from: string, sources: string): Promise<void> {
  for (const file of ['catalogue.ts', 'environments.ts']) {
    const text = await repositoryFile(`${from}/${file}`)
    await repository.write(`scripts/${file}`, text.replaceAll(`'${sources}model/`, `'${repository.sources}model/`))
  }
}

function repositoryIn(folder: string, program: readonly string[], sources: string): Repository {
  const at = (path: string) => join(folder, path)
  const read = (path: string) => readFile(at(path), 'utf8')
  const write = async (path: string, text: string) => {
    await mkdir(dirname(at(path)), { recursive: true })
    await writeFile(at(path), text)
  }
  return {
    folder,
    program,
    sources,
    read,
    write,
    async edit(path, from, to) {
      const text = await read(path)
      const edited = text.replace(from, to)
      if (edited === text) throw new Error(`${path} has no ${from}`)
      await write(path, edited)
    },
    remove: (path) => rm(at(path), { recursive: true }),
    cli: (args, env = {}) => tryRun(process.execPath, [...program, ...args], { cwd: folder, env }),
  }
}

import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inject } from 'vitest'
import { type RunResult, tryRun } from '../../scripts/lib/exec.ts'
import type { Application } from '../../scripts/model/types.ts'
import { generateFor } from '../../scripts/session/generated-files.ts'
import { trackdechets } from '../fixtures/applications.ts'
import { cliOfPackage, compiledCli } from './cli.ts'
import { generatedFiles, ourChart, repositoryFile, root } from './generating.ts'
import { hostedCli } from './hosted-cli.ts'
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
const parts = ['scripts', 'schema', 'charts', 'docs', 'package.json', 'tsconfig.json']

/**
 * A copy of the whole repository, for tests that change what is the product's: chart, contract, documentation. Its command line
 * is the compiled one, copied too: a change of its sources changes nothing. It holds the fixture Trackdéchets and its generated
 * files, whatever application this repository holds. Gone when the tests of the file are over.
 *
 * @param more what else it has of the repository
 */
export async function repositoryCopy(...more: readonly string[]): Promise<Repository> {
  const folder = await sharedFolder()
  const filter = (path: string) => path !== join(ourChart, 'ci')
  for (const part of [...parts, ...more]) await cp(join(root, part), join(folder, part), { recursive: true, filter })
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  await cp(inject('compiled'), join(folder, 'dist/compiled'), { recursive: true })
  const repository = repositoryIn(folder, [join(folder, 'dist/compiled/scripts/cli.js')], './')
  await writeDataFiles(repository, 'trackdechets')
  for (const [path, content] of await generatedFiles(trackdechets)) await repository.write(path, content)
  return repository
}

/**
 * What belongs to a user: the two data files, and what is generated from them. The command line is the compiled one, and
 * the product this repository. Gone when the tests of the file are over.
 */
export async function userFolder(): Promise<Repository> {
  const repository = repositoryIn(await sharedFolder(), [compiledCli], pathToFileURL(`${root}/scripts/`).href)
  await repository.write('package.json', JSON.stringify({ type: 'module', scripts: await packageScripts() }))
  await writeDataFiles(repository, 'trackdechets')
  const folders = { productFolder: root, userFolder: repository.folder }
  for (const { path, content } of (await generateFor(trackdechets, folders)).files)
    await repository.write(path, content)
  return repository
}

/** The scripts that `init` writes. */
async function packageScripts(): Promise<Readonly<Record<string, string>>> {
  const names = Object.keys((JSON.parse(await repositoryFile('package.json')) as { scripts: object }).scripts)
  return Object.fromEntries(names.map((name) => [name, `tiered-secrets ${name}`]))
}

/** Puts the second application instead of the first, as somebody would who adopts the repository. */
export async function adoptBookshop(repository: Repository): Promise<void> {
  await writeDataFiles(repository, 'bookshop')
}

/** Puts any application instead of the first, as plain JavaScript; a file for it need not be there. */
export async function adoptApplication(repository: Repository, application: Application): Promise<void> {
  for (const name of ['catalogue', 'environments'] as const) {
    await rm(join(repository.folder, `scripts/${name}.ts`), { force: true })
    await repository.write(`scripts/${name}.mjs`, `export default ${JSON.stringify(application[name])}\n`)
  }
}

/**
 * A user's folder that holds an application as plain data: the command line starts faster there than where it has to load
 * TypeScript.
 */
export async function folderWith(application: Application): Promise<Repository> {
  const folder = await userFolder()
  await adoptApplication(folder, application)
  return folder
}

/** A whole repository that is in a folder already; its command line is started as `package.json` does. */
export function repositoryAt(folder: string): Repository {
  return repositoryIn(folder, cliOfPackage, './')
}

// --- internal ---

async function writeDataFiles(repository: Repository, fixture: 'trackdechets' | 'bookshop'): Promise<void> {
  for (const file of ['catalogue.ts', 'environments.ts']) {
    const text = await repositoryFile(`test/fixtures/${fixture}/${file}`)
    const moved = text.replaceAll("'../../../scripts/model/", `'${repository.sources}model/`)
    await repository.write(`scripts/${file}`, moved.replace(/^(?:import .*\n)+/m, sortedByPath))
  }
}

/** Import lines in the order that the linter asks for. */
function sortedByPath(imports: string): string {
  const path = (line: string) => line.slice(line.indexOf("'"))
  const sorted = imports
    .trimEnd()
    .split('\n')
    .sort((a, b) => (path(a) < path(b) ? -1 : 1))
  return `${sorted.join('\n')}\n`
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
    cli: (args, env = {}) =>
      program.length === 1
        ? hostedCli(args, { cli: program[0] ?? '', cwd: folder, env })
        : tryRun(process.execPath, [...program, ...args], { cwd: folder, env }),
  }
}

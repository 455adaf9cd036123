import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type RunResult, tryRun } from '../../scripts/lib/exec.ts'
import type { Application } from '../../scripts/model/types.ts'
import { trackdechets } from '../fixtures/applications.ts'
import { generatedFiles, ourChart, root } from './generating.ts'
import { sharedFolder } from './shared-folder.ts'

/** A copy of this repository in which a test may break anything. */
export interface Repository {
  readonly folder: string
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
 * A copy of the repository that is gone when the tests of the file are over. It holds the fixture Trackdéchets and its
 * generated files, whatever application this repository holds.
 */
export async function repositoryCopy(): Promise<Repository> {
  const folder = await sharedFolder()
  const filter = (path: string) => path !== join(ourChart, 'ci')
  for (const part of parts) await cp(join(root, part), join(folder, part), { recursive: true, filter })
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  const at = (path: string) => join(folder, path)
  const read = (path: string) => readFile(at(path), 'utf8')
  const write = async (path: string, text: string) => {
    await mkdir(dirname(at(path)), { recursive: true })
    await writeFile(at(path), text)
  }
  const repository: Repository = {
    folder,
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
      tryRun(process.execPath, ['--import', 'tsx', 'scripts/cli.ts', ...args], { cwd: folder, env }),
  }
  await adoptFixture(repository, 'trackdechets')
  for (const [path, content] of await generatedFiles(trackdechets)) await write(path, content)
  return repository
}

/** Puts the second application in the place of the first, as somebody would who adopts the repository. */
export function adoptBookshop(repository: Pick<Repository, 'write'>): Promise<void> {
  return adoptFixture(repository, 'bookshop')
}

/** Puts any application in the place of the first; a file for it need not be there. */
export async function adoptApplication(repository: Repository, application: Application): Promise<void> {
  await repository.write('scripts/catalogue.ts', `export default ${JSON.stringify(application.catalogue)}\n`)
  await repository.write('scripts/environments.ts', `export default ${JSON.stringify(application.environments)}\n`)
}

// --- internal ---

async function adoptFixture({ write }: Pick<Repository, 'write'>, fixture: 'trackdechets' | 'bookshop'): Promise<void> {
  for (const file of ['catalogue.ts', 'environments.ts']) {
    const text = await readFile(join(root, 'test/fixtures', fixture, file), 'utf8')
    await write(`scripts/${file}`, text.replaceAll('../../../scripts/', './'))
  }
}

import { createHash } from 'node:crypto'
import { access, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { commandFiles, compile, root } from '../../build/compile.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder that this repository's sources are compiled to, for tests that start them as a program. */
    compiled: string
  }
}

/** Runs once before the tests: a command in a few files of plain JavaScript starts in a fraction of the time. */
export async function setup({ provide }: TestProject): Promise<void> {
  provide('compiled', await compileOnce())
}

/** Compiles the command line, once for each state of the sources. */
async function compileOnce(): Promise<string> {
  const folder = join(root, 'dist', await digestOfSources())
  if (await exists(folder)) return folder
  const entryPoints = ['scripts/cli.ts', ...(await commandFiles('all')), ...testPrograms]
  await compile(entryPoints, folder).catch(async (error: unknown) => {
    // Tests that were started at the same time may have been faster.
    if (!(await exists(folder))) throw error
  })
  await removeOld(folder)
  return folder
}

// --- internal ---

/** Programs that tests start. */
const testPrograms = ['test/helpers/cli-host.ts', 'test/helpers/local-stack-process.ts']

async function digestOfSources(): Promise<string> {
  const digest = createHash('sha256')
  const programs = (await readdir(join(root, 'scripts'), { recursive: true })).filter((path) => path.endsWith('.ts'))
  const paths = [
    ...programs.sort().map((path) => join('scripts', path)),
    'schema/chart-values.ts',
    ...testPrograms,
    'test/helpers/start-with-crds.ts',
    ...['tsconfig.json', 'package-lock.json', 'build/compile.ts'],
  ]
  for (const path of paths) digest.update(`\0${path}\0${await readFile(join(root, path), 'utf8')}`)
  return digest.digest('hex').slice(0, 16)
}

/** Other tests may be at work with what was compiled a moment ago. */
async function removeOld(folder: string): Promise<void> {
  for (const name of await readdir(join(root, 'dist'))) {
    const path = join(root, 'dist', name)
    const { mtimeMs } = await stat(path)
    if (path !== folder && name !== 'package' && Date.now() - mtimeMs > oldMs)
      await rm(path, { recursive: true, force: true })
  }
}

const oldMs = 24 * 60 * 60 * 1000

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

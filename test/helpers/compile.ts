import { createHash } from 'node:crypto'
import { access, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { run } from '../../scripts/lib/exec.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder that this repository's sources are compiled to, for tests that start them as a program. */
    compiled: string
  }
}

const root = join(import.meta.dirname, '../..')
const config = 'test/helpers/compiled.tsconfig.json'

/** Runs once before the tests: starting a program as plain JavaScript takes a quarter of what TypeScript does. */
export async function setup({ provide }: TestProject): Promise<void> {
  provide('compiled', await compile())
}

/** Compiles the command line, once for each state of the sources. The folder is whole at any moment. */
async function compile(): Promise<string> {
  const folder = join(root, 'dist', await digestOfSources())
  if (await exists(folder)) return folder
  await mkdir(join(root, 'dist'), { recursive: true })
  const unfinished = `${folder}.${process.pid}.tmp`
  // One thread: with several, the compiler has been seen to wait for itself for ever.
  const args = ['--project', config, '--outDir', unfinished, '--singleThreaded']
  await run(join(root, 'node_modules/.bin/tsc'), args, { cwd: root })
  await rename(unfinished, folder).catch(async (error: unknown) => {
    await rm(unfinished, { recursive: true })
    // Tests that were started at the same time may have been faster.
    if (!(await exists(folder))) throw error
  })
  await removeOld(folder)
  return folder
}

// --- internal ---

async function digestOfSources(): Promise<string> {
  const digest = createHash('sha256')
  const programs = (await readdir(join(root, 'scripts'), { recursive: true })).filter((path) => path.endsWith('.ts'))
  const paths = [
    ...programs.sort().map((path) => join('scripts', path)),
    'schema/chart-values.ts',
    'test/helpers/cli-many.ts',
    ...['tsconfig.json', 'tsconfig.build.json', 'package-lock.json', config],
  ]
  for (const path of paths) digest.update(`\0${path}\0${await readFile(join(root, path), 'utf8')}`)
  return digest.digest('hex').slice(0, 16)
}

/** Other tests may be at work with what was compiled a moment ago. */
async function removeOld(folder: string): Promise<void> {
  for (const name of await readdir(join(root, 'dist'))) {
    const path = join(root, 'dist', name)
    const { mtimeMs } = await stat(path)
    if (path !== folder && Date.now() - mtimeMs > oldMs) await rm(path, { recursive: true, force: true })
  }
}

const oldMs = 24 * 60 * 60 * 1000

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

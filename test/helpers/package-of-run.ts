import { execFile } from 'node:child_process'
import { chmod, chown, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { TestProject } from 'vitest/node'
import { root } from '../../build/compile.ts'
import { run } from '../../scripts/lib/exec.ts'
import { startRunServer } from './run-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the package of this run is asked for. */
    packageOfRun: string
  }
}

/** Who a user is: nobody, on every system we know, if we are root; otherwise us. */
export const owner = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined

/** As a user has them: a repository, and a home. */
export const parts = { folder: 'ma boutique', home: 'home' } as const

/** What npm is given to install the package from its file, without a registry. */
export const installArguments = (tarball: string): string[] => [
  'install',
  '--save-dev',
  '--offline',
  '--no-audit',
  '--no-fund',
  tarball,
]

/**
 * Runs before the tests of a level: packs and installs the package for the first file that asks, once for all levels of a run.
 * Each file takes a copy of it.
 */
export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const server = await startRunServer('package', () => {
    ofRun.packageOfRun ??= installIn()
    return ofRun.packageOfRun
  })
  provide('packageOfRun', server.socket)
  return async () => {
    await server[Symbol.asyncDispose]()
    const made = await ofRun.packageOfRun?.catch(() => undefined)
    if (made !== undefined) await rm(dirname(made), { recursive: true, force: true })
  }
}

// --- internal ---

/** Each level loads this file anew, in one process. */
const ofRun = globalThis as { packageOfRun?: Promise<string> }

/**
 * What `npm pack` makes, installed from that file without a registry: in a folder outside of this repository, with a space and
 * a letter beyond ASCII in its path, by a user who is not root.
 */
async function installIn(): Promise<string> {
  const place = join(await mkdtemp(join(tmpdir(), 'ts-package-')), "l'équipe de Zoë")
  const [folder, home] = [join(place, parts.folder), join(place, parts.home)]
  for (const path of [folder, home]) await mkdir(path, { recursive: true })
  await run('npm', ['pack', '--pack-destination', place], { cwd: root })
  const [tarball = ''] = (await readdir(place)).filter((name) => name.endsWith('.tgz'))
  await chmod(dirname(place), 0o755)
  if (owner) for (const path of [place, folder, home, join(place, tarball)]) await chown(path, owner.uid, owner.gid)
  const env = { PATH: process.env.PATH ?? '', HOME: home }
  await promisify(execFile)('npm', installArguments(join(place, tarball)), { cwd: folder, env, ...owner })
  return place
}

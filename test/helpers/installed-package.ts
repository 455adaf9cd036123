import { execFile, type StdioOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, copyFile, cp, link, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type RunResult, run } from '../../scripts/lib/exec.ts'
import { type ToolName, tools as toolSpecs } from '../../scripts/local/toolchain/tools.ts'
import { root } from './generating.ts'
import { sharedFolder } from './shared-folder.ts'
import { tools } from './tools.ts'

/** A repository of a user's, with our package and nothing of ours beside it. */
export interface InstalledPackage {
  readonly folder: string
  /** Of his, with a cache of its own. */
  readonly home: string
  read(path: string): Promise<string>
  write(path: string, text: string): Promise<void>
  /** A program in his folder, as him; `npx` and `npm` are on his path. */
  run(file: string, args: readonly string[], env?: Readonly<Record<string, string>>): Promise<RunResult>
  /** The same, until somebody types Ctrl-C. */
  start(file: string, args: readonly string[]): RunningProgram
  /** Installs a package from its file, without a registry. */
  install(tarball: string): Promise<void>
  /** `npx tiered-secrets <args>`. */
  npx(...args: readonly string[]): Promise<RunResult>
}

export interface RunningProgram {
  /** All that it has printed so far. */
  output(): string
  /** As a terminal does it: to the program and all that it has started. Comes back when it has ended. */
  ctrlC(): Promise<void>
}

/**
 * What `npm pack` makes, installed from that file without a registry: in a folder outside of this repository, with a space and
 * a letter beyond ASCII in its path, for a user who is not root (if we are, otherwise for us).
 *
 * @param needed tools that his commands use
 */
export async function installPackage(...needed: readonly ToolName[]): Promise<InstalledPackage> {
  const place = join(await sharedFolder(), "l'équipe de Zoë")
  const [folder, home] = [join(place, 'ma boutique'), join(place, 'home')]
  for (const path of [folder, home]) await mkdir(path, { recursive: true })
  const tarball = await pack(place)
  const env = { PATH: process.env.PATH ?? '', HOME: home, ...(await givenTools(join(place, 'tools'), needed)) }
  await giveAway(place)
  const user = userAt(folder, home, env)
  await user.install(tarball)
  return user
}

/** The package that a user has, as a later version whose chart renders something else. */
export async function packLater(user: InstalledPackage, version: string): Promise<string> {
  const copy = join(dirname(user.folder), 'later')
  await cp(join(user.folder, 'node_modules/tiered-secrets'), copy, { recursive: true })
  for (const path of ['package.json', 'charts/tiered-secrets/Chart.yaml']) {
    const text = await readFile(join(copy, path), 'utf8')
    await writeFile(join(copy, path), text.replace(/(version"?: "?)\d+\.\d+\.\d+/, `$1${version}`))
  }
  const template = join(copy, 'charts/tiered-secrets/templates/namespace.yaml')
  await writeFile(
    template,
    (await readFile(template, 'utf8')).replace(/^( *)labels:$/m, '$1labels:\n$1  later: "true"'),
  )
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', dirname(copy)], { cwd: copy })
  return join(dirname(copy), `tiered-secrets-${version}.tgz`)
}

// --- internal ---

/** nobody, on every system we know. */
const somebodyElse = 65_534
const isRoot = process.getuid?.() === 0

async function pack(place: string): Promise<string> {
  await run('npm', ['pack', '--pack-destination', place], { cwd: root })
  const [tarball = ''] = (await readdir(place)).filter((name) => name.endsWith('.tgz'))
  return join(place, tarball)
}

/** Every folder down to his is his, and may be passed by others: the shared one is private. */
async function giveAway(place: string): Promise<void> {
  await chmod(dirname(place), 0o755)
  if (!isRoot) return
  for (const entry of await readdir(place, { withFileTypes: true }))
    if (entry.name !== 'tools') await chown(join(place, entry.name), somebodyElse, somebodyElse)
  await chown(place, somebodyElse, somebodyElse)
}

/** Tools where he can reach them, and the variables that name them. */
async function givenTools(folder: string, needed: readonly ToolName[]): Promise<Record<string, string>> {
  await mkdir(folder)
  const found = await tools(...needed)
  const variables: Record<string, string> = {}
  for (const name of new Set(needed)) {
    const path = join(folder, basename(found[name].path))
    await link(found[name].path, path).catch(() => copyFile(found[name].path, path))
    const { variable, variableNames } = toolSpecs[name]
    variables[variable] = variableNames === 'folder' ? folder : path
  }
  return variables
}

function userAt(folder: string, home: string, env: Readonly<Record<string, string>>): InstalledPackage {
  const owner = isRoot ? { uid: somebodyElse, gid: somebodyElse } : {}
  const runAsHim: InstalledPackage['run'] = (file, args, more = {}) =>
    new Promise((resolve) => {
      const options = { cwd: folder, env: { ...env, ...more }, ...owner, maxBuffer: 64 * 1024 * 1024 }
      const child = execFile(file, args, options, (error, stdout, stderr) => {
        const exitCode = error ? (typeof error.code === 'number' ? error.code : 1) : 0
        resolve({ stdout: stdout.trimEnd(), stderr: stderr.trimEnd(), exitCode })
      })
      child.stdin?.end()
    })
  return {
    folder,
    home,
    read: (path) => readFile(join(folder, path), 'utf8'),
    async write(path, text) {
      const file = join(folder, path)
      await mkdir(dirname(file), { recursive: true })
      await rm(file, { force: true })
      await writeFile(file, text)
      if (isRoot) for (const one of [dirname(file), file]) await chown(one, somebodyElse, somebodyElse)
    },
    run: runAsHim,
    start(file, args) {
      let text = ''
      const stdio: StdioOptions = ['ignore', 'pipe', 'pipe']
      const child = spawn(file, args, { cwd: folder, env: { ...env }, ...owner, stdio, detached: true })
      for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (text += chunk))
      const exited = once(child, 'exit')
      return {
        output: () => text,
        async ctrlC() {
          if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGINT')
          await exited
        },
      }
    },
    async install(tarball) {
      const args = ['install', '--save-dev', '--offline', '--no-audit', '--no-fund', tarball]
      const { exitCode, stderr } = await runAsHim('npm', args)
      if (exitCode !== 0) throw new Error(`the package can't be installed:\n${stderr}`)
    },
    npx: (...args) => runAsHim('npx', ['--offline', 'tiered-secrets', ...args]),
  }
}

import { execFile, type StdioOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, copyFile, cp, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { inject } from 'vitest'
import { type RunResult, run } from '../../scripts/lib/exec.ts'
import { type ToolName, tools as toolSpecs } from '../../scripts/local/toolchain/tools.ts'
import { installArguments, owner, parts } from './package-of-run.ts'
import { askRun } from './run-server.ts'
import { sharedFolder } from './shared-folder.ts'
import { tools } from './tools.ts'

/** A repository of a user's, with our package and nothing of ours beside it. */
export interface InstalledPackage {
  readonly folder: string
  /** Of the user, with a cache of its own. */
  readonly home: string
  read(path: string): Promise<string>
  write(path: string, text: string): Promise<void>
  /** A program in the user's folder, as that user; `npx` and `npm` are on the path. */
  run(file: string, args: readonly string[], env?: Readonly<Record<string, string>>): Promise<RunResult>
  /** The same, until somebody types Ctrl-C. */
  start(file: string, args: readonly string[]): RunningProgram
  /** Installs a package from its file, without a registry. */
  install(tarball: string): Promise<void>
  /** The installed program, without npx: finding it costs that more than most commands. */
  cli(...args: readonly string[]): Promise<RunResult>
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
 * a letter beyond ASCII in its path, for a user who is not root (if we are, otherwise for us). A copy of what is made once for
 * the run.
 *
 * @param needed tools that the user's commands use
 */
export async function installPackage(...needed: readonly ToolName[]): Promise<InstalledPackage> {
  const shared = await sharedFolder()
  const made = await askRun<string>(inject('packageOfRun'), '/')
  // The shared folder is private, and the user has to pass it.
  await chmod(shared, 0o755)
  await run('cp', ['-a', made, shared])
  const place = join(shared, basename(made))
  const env = { PATH: process.env.PATH ?? '', ...(await givenTools(join(place, 'tools'), needed)) }
  const [folder, home] = [join(place, parts.folder), join(place, parts.home)]
  return userAt(folder, home, { ...env, HOME: home })
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

/** Tools where the user can reach them, and the variables that name them. */
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
      if (owner) for (const one of [dirname(file), file]) await chown(one, owner.uid, owner.gid)
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
      const { exitCode, stderr } = await runAsHim('npm', installArguments(tarball))
      if (exitCode !== 0) throw new Error(`the package can't be installed:\n${stderr}`)
    },
    cli: (...args) => runAsHim('node_modules/.bin/tiered-secrets', args),
    npx: (...args) => runAsHim('npx', ['--offline', 'tiered-secrets', ...args]),
  }
}

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type RunResult, tryRun } from '../../scripts/lib/exec.ts'
import { startProcess } from '../../scripts/local/stack/process.ts'
import { sharedFolder } from './shared-folder.ts'
import { tools } from './tools.ts'

/** A registry on this machine that answers nobody without a password. */
export interface Registry extends AsyncDisposable {
  /** `127.0.0.1:5000` */
  readonly host: string
  readonly user: string
  readonly password: string
  /** Below it lie the blobs, each in `<two digits>/<digest>/data`. */
  readonly blobs: string
}

/** Starts the reference implementation. It makes up its one user itself. */
export async function startRegistry(): Promise<Registry> {
  const { registry } = await tools('registry')
  const folder = await sharedFolder()
  const logFile = join(folder, 'log')
  const storage = join(folder, 'storage')
  const config = {
    version: '0.1',
    log: { level: 'info', formatter: 'json', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: storage } },
    auth: { htpasswd: { realm: 'registry', path: join(folder, 'htpasswd') } },
    http: { addr: '127.0.0.1:0' },
  }
  await mkdir(storage)
  // JSON is YAML too.
  await writeFile(join(folder, 'config.yml'), JSON.stringify(config))
  const told = async (pattern: RegExp) => pattern.exec(await readFile(logFile, 'utf8'))?.[1] ?? ''
  const running = await startProcess({
    name: 'registry',
    file: registry.path,
    args: ['serve', join(folder, 'config.yml')],
    env: { HOME: folder },
    cwd: folder,
    logFile,
    ready: async () => (await told(/listening on ([\d.:]+)/)) !== '',
  })
  return {
    host: await told(/listening on ([\d.:]+)/),
    user: 'docker',
    password: await told(/"password":"([^"]+)"/),
    blobs: join(storage, 'docker/registry/v2/blobs/sha256'),
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  }
}

/** Helm with settings of its own, for one user of a registry. */
export type HelmOfUser = (args: readonly string[], input?: string) => Promise<RunResult>

/** @param cwd where it is started */
export async function helmOfUser(
  helm: string,
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<HelmOfUser> {
  const home = await sharedFolder()
  const own = Object.fromEntries(['CACHE', 'CONFIG', 'DATA'].map((name) => [`HELM_${name}_HOME`, join(home, name)]))
  return (args, input = '') => tryRun(helm, args, { cwd, env: { ...own, ...env }, input })
}

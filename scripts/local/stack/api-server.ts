import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ProblemError } from '../../lib/problems.ts'
import { localContext } from '../../session/local-context.ts'
import {
  kubeconfigText,
  makePrivateFolder,
  readCa,
  removeFolder,
  writeCredentials,
  writePrivate,
} from './access-files.ts'
import { Cleanup } from './cleanup.ts'
import { apiServerArgs, etcdArgs, files } from './flags.ts'
import { freePort } from './free-port.ts'
import { type Guard, startGuard } from './guard.ts'
import { answersOk } from './health-probe.ts'
import { startProcess } from './process.ts'

export interface ApiServerOptions {
  /** Paths of the programs. */
  readonly binaries: { readonly etcd: string; readonly apiServer: string }
  /** Where the private folder is made. Default: the system's temporary folder. */
  readonly parent?: string
  /** Name of the kubeconfig's one context. Default: `tiered-secrets-local`. */
  readonly context?: string
  readonly signal?: AbortSignal
  /** Added at the end of the API server's flags. */
  readonly extraApiServerArgs?: readonly string[]
  /** Added at the end of etcd's flags. */
  readonly extraEtcdArgs?: readonly string[]
}

/** How to reach a control plane as its administrator (`system:masters`; may impersonate anyone). */
export interface ClusterAccess {
  /** `https://127.0.0.1:<port>` */
  readonly server: string
  /** PEM text. */
  readonly ca: string
  readonly token: string
  /** A file only this user can read. */
  readonly kubeconfigPath: string
}

/** etcd and kube-apiserver, without controllers. */
export interface ApiServer extends ClusterAccess, AsyncDisposable {
  /** The private folder: logs, credentials, etcd's data. Deleted with the API server. */
  readonly folder: string
  readonly guard: Guard
  /** Resolves when a part stops by itself; never when it is stopped. */
  readonly failure: Promise<ProblemError>
}

/**
 * Starts etcd and kube-apiserver, up to where an administrator can use them.
 *
 * @throws ProblemError `PROCESS_EXITED` or `PROCESS_TIMEOUT`; nothing is left running or on disk then.
 */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const cleanup = new Cleanup()
  try {
    return await start(options, cleanup)
  } catch (error) {
    await cleanup[Symbol.asyncDispose]()
    throw error
  }
}

/**
 * The part of the caller's environment that the programs see: only PATH. They collect garbage four times less often than
 * Go does by itself, until they hold a gigabyte: that spares a third of what a start costs.
 */
export const processEnvironment = { PATH: '/usr/local/bin:/usr/bin:/bin', GOGC: '400', GOMEMLIMIT: '1GiB' } as const

/** Whether the API server has nothing left to wait for. */
export function isReady({ server, ca, token }: ClusterAccess): Promise<boolean> {
  return answersOk({ url: `${server}/readyz`, ca, token })
}

// --- internal ---

/**
 * These two checks spend two seconds in fixed waits of one. An administrator needs neither, so the controllers
 * and custom resource definitions start meanwhile.
 */
const usableBefore =
  '?exclude=poststarthook/rbac/bootstrap-roles&exclude=poststarthook/scheduling/bootstrap-system-priority-classes'

async function start(options: ApiServerOptions, cleanup: Cleanup): Promise<ApiServer> {
  const { binaries, signal, context = localContext } = options
  signal?.throwIfAborted()
  const folder = await makePrivateFolder(options.parent)
  const guard = cleanup.use(startGuard(folder))
  cleanup.defer(() => removeFolder(folder))
  const base = (name: string) => ({
    name,
    signal,
    cwd: folder,
    env: { ...processEnvironment, HOME: folder },
    logFile: join(folder, `${name}.log`),
    onSpawn: guard.watch,
  })

  const [token, port] = await Promise.all([writeCredentials(folder), freePort()])
  await mkdir(join(folder, files.certificates), { mode: 0o700 })
  const server = `https://127.0.0.1:${port}`
  const etcd = cleanup.use(
    await startProcess({
      ...base('etcd'),
      file: binaries.etcd,
      args: etcdArgs(options.extraEtcdArgs),
      ready: () => answersOk({ url: 'http://etcd/readyz', socketPath: join(folder, files.etcdSocket) }),
    }),
  )
  const apiServer = cleanup.use(
    await startProcess({
      ...base('kube-apiserver'),
      file: binaries.apiServer,
      args: apiServerArgs({ port, extra: options.extraApiServerArgs ?? [] }),
      async ready() {
        const ca = await readCa(folder)
        return ca !== undefined && (await answersOk({ url: `${server}/readyz${usableBefore}`, ca, token }))
      },
      // It may wait a second for its own watches, which are not needed any more; its data is about to be deleted.
      graceMs: 300,
    }),
  )
  const ca = (await readCa(folder)) ?? ''
  const kubeconfigPath = join(folder, files.kubeconfig)
  await writePrivate(kubeconfigPath, kubeconfigText({ context, server, ca, token }))
  const failure = Promise.race([etcd.failure, apiServer.failure])
  const stop = () => cleanup[Symbol.asyncDispose]()
  return { server, ca, token, kubeconfigPath, folder, guard, failure, [Symbol.asyncDispose]: stop }
}

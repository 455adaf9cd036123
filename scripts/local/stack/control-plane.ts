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
import { apiServerArgs, controllerManagerArgs, etcdArgs, files } from './flags.ts'
import { type Guard, startGuard } from './guard.ts'
import { answersOk } from './health-probe.ts'
import { freePort } from './ports.ts'
import { type RunningProcess, startProcess } from './process.ts'

export interface ControlPlaneOptions {
  /** Paths of the programs. */
  readonly binaries: { readonly etcd: string; readonly apiServer: string; readonly controllerManager: string }
  /** Where the private folder is made. Default: the system's temporary folder. */
  readonly parent?: string
  /** Name of the kubeconfig's one context. Default: `tiered-secrets-local`. */
  readonly context?: string
  readonly signal?: AbortSignal
  /**
   * Called once the API server answers and before the controllers start. Custom resource definitions belong here:
   * the garbage collector finds later ones only every 30 s, and until then deletes nothing that they own.
   */
  readonly prepare?: (access: ClusterAccess) => Promise<void>
  /** Added at the end of the API server's flags. */
  readonly extraApiServerArgs?: readonly string[]
  /** Added at the end of etcd's flags. */
  readonly extraEtcdArgs?: readonly string[]
  /** Controllers of kube-controller-manager that run besides those named below: `deployment-controller`. */
  readonly controllers?: readonly string[]
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

export interface ControlPlane extends ClusterAccess, AsyncDisposable {
  /** The private folder: logs, credentials, etcd's data. Deleted with the control plane. */
  readonly folder: string
  readonly guard: Guard
  /** Resolves when a part stops by itself; never when the control plane is stopped. */
  readonly failure: Promise<ProblemError>
}

/**
 * Starts etcd, kube-apiserver and kube-controller-manager (garbage collection, namespaces, service accounts, quotas,
 * aggregated roles).
 *
 * @throws ProblemError `PROCESS_EXITED` or `PROCESS_TIMEOUT`; nothing is left running or on disk then.
 */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const cleanup = new Cleanup()
  try {
    return await start(options, cleanup)
  } catch (error) {
    await cleanup[Symbol.asyncDispose]()
    throw error
  }
}

/** The part of the caller's environment that the programs see: only PATH. */
export const processEnvironment = { PATH: '/usr/local/bin:/usr/bin:/bin' } as const

// --- internal ---

/**
 * These two checks spend two seconds in fixed waits of one. An administrator needs neither, so the controllers
 * and custom resource definitions start meanwhile.
 */
const usableBefore =
  '?exclude=poststarthook/rbac/bootstrap-roles&exclude=poststarthook/scheduling/bootstrap-system-priority-classes'

async function start(options: ControlPlaneOptions, cleanup: Cleanup): Promise<ControlPlane> {
  const { binaries, signal, prepare, context = localContext } = options
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

  const [token, port, controllerPort] = await Promise.all([writeCredentials(folder), freePort(), freePort()])
  await mkdir(join(folder, files.certificates), { mode: 0o700 })
  const server = `https://127.0.0.1:${port}`
  const isReady = async (query: string) => {
    const ca = await readCa(folder)
    return ca !== undefined && (await answersOk({ url: `${server}/readyz${query}`, ca, token }))
  }
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
      ready: () => isReady(usableBefore),
      // It may wait a second for its own watches, which are not needed any more; its data is about to be deleted.
      graceMs: 300,
    }),
  )
  const ca = (await readCa(folder)) ?? ''
  const kubeconfigPath = join(folder, files.kubeconfig)
  await writePrivate(kubeconfigPath, kubeconfigText({ context, server, ca, token }))
  const access = { server, ca, token, kubeconfigPath }
  await prepare?.(access)
  const controllerManager = cleanup.use(
    await startProcess({
      ...base('kube-controller-manager'),
      file: binaries.controllerManager,
      args: controllerManagerArgs({ port: controllerPort, more: options.controllers ?? [] }),
      // By now the API server must have nothing left to wait for either.
      ready: async () => (await answersOk({ url: `https://127.0.0.1:${controllerPort}/healthz`, ca })) && isReady(''),
    }),
  )
  const failure = firstFailure([etcd, apiServer, controllerManager])
  return { ...access, folder, guard, failure, [Symbol.asyncDispose]: () => cleanup[Symbol.asyncDispose]() }
}

function firstFailure(processes: readonly RunningProcess[]): Promise<ProblemError> {
  return Promise.race(processes.map((process) => process.failure))
}

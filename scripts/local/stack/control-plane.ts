import { join } from 'node:path'
import {
  type ApiServer,
  type ApiServerOptions,
  type ClusterAccess,
  isReady,
  processEnvironment,
  startApiServer,
} from './api-server.ts'
import { Cleanup } from './cleanup.ts'
import { controllerManagerArgs } from './flags.ts'
import { freePort } from './free-port.ts'
import { answersOk } from './health-probe.ts'
import { type RunningProcess, startProcess } from './process.ts'

export interface ControlPlaneOptions extends ApiServerOptions {
  /** Paths of the programs. */
  readonly binaries: ApiServerOptions['binaries'] & { readonly controllerManager: string }
  /**
   * Called once the API server answers and before the controllers start. Custom resource definitions belong here:
   * the garbage collector finds later ones only every 30 s, and until then deletes nothing that they own.
   */
  readonly prepare?: (access: ClusterAccess) => Promise<void>
  /** Controllers of kube-controller-manager that run besides those named below: `deployment-controller`. */
  readonly controllers?: readonly string[]
}

/** An API server with its controllers. */
export type ControlPlane = ApiServer

/**
 * Starts etcd, kube-apiserver and kube-controller-manager (garbage collection, namespaces, service accounts, quotas,
 * aggregated roles).
 *
 * @throws ProblemError `PROCESS_EXITED` or `PROCESS_TIMEOUT`; nothing is left running or on disk then.
 */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const cleanup = new Cleanup()
  try {
    const apiServer = cleanup.use(await startApiServer(options))
    await options.prepare?.(apiServer)
    const controllers = cleanup.use(
      await startControllers({
        binary: options.binaries.controllerManager,
        apiServer,
        ...(options.controllers ? { more: options.controllers } : {}),
        signal: options.signal,
      }),
    )
    return {
      ...apiServer,
      failure: Promise.race([apiServer.failure, controllers.failure]),
      [Symbol.asyncDispose]: () => cleanup[Symbol.asyncDispose](),
    }
  } catch (error) {
    await cleanup[Symbol.asyncDispose]()
    throw error
  }
}

export interface ControllersOptions {
  /** Path of kube-controller-manager. */
  readonly binary: string
  readonly apiServer: Omit<ApiServer, 'failure' | typeof Symbol.asyncDispose>
  /** Controllers that run besides those every control plane has. */
  readonly more?: readonly string[]
  readonly signal?: AbortSignal | undefined
}

/** Starts the controllers of an API server, and waits until that has nothing left to wait for either. */
export async function startControllers(options: ControllersOptions): Promise<RunningProcess> {
  const { binary, apiServer, more = [], signal } = options
  const { folder, guard, ca } = apiServer
  const port = await freePort()
  return startProcess({
    name: 'kube-controller-manager',
    file: binary,
    args: controllerManagerArgs({ port, more }),
    env: { ...processEnvironment, HOME: folder },
    cwd: folder,
    logFile: join(folder, 'kube-controller-manager.log'),
    ready: async () => (await answersOk({ url: `https://127.0.0.1:${port}/healthz`, ca })) && isReady(apiServer),
    signal,
    onSpawn: guard.watch,
  })
}

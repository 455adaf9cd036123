import { join } from 'node:path'
import { processEnvironment } from './api-server.ts'
import type { ControlPlane } from './control-plane.ts'
import { operatorArgs } from './flags.ts'
import { freePort } from './free-port.ts'
import { answersOk } from './health-probe.ts'
import { type RunningProcess, startProcess } from './process.ts'

export interface OperatorOptions {
  /** Path of the program. */
  readonly binary: string
  /** Where it runs; its CRDs must be established. */
  readonly controlPlane: Pick<ControlPlane, 'folder' | 'kubeconfigPath' | 'guard'>
  /** ExternalSecrets worked on at the same time. Default: 4. */
  readonly concurrent?: number
  /** Class of the stores it serves. Default: those without one */
  readonly controllerClass?: string | undefined
  readonly signal?: AbortSignal
}

/**
 * Starts the External Secrets Operator outside the cluster, as its administrator. Log: `external-secrets.log` in the
 * private folder. Stop it before the control plane.
 *
 * @throws ProblemError `PROCESS_EXITED` or `PROCESS_TIMEOUT`.
 */
export async function startOperator(options: OperatorOptions): Promise<RunningProcess> {
  const { binary, controlPlane, concurrent = 4, controllerClass, signal } = options
  const { folder, kubeconfigPath, guard } = controlPlane
  const livePort = await freePort()
  return startProcess({
    name: 'external-secrets',
    file: binary,
    args: operatorArgs({ livePort, concurrent, controllerClass }),
    env: { ...processEnvironment, HOME: folder, KUBECONFIG: kubeconfigPath },
    cwd: folder,
    logFile: join(folder, 'external-secrets.log'),
    ready: () => answersOk({ url: `http://127.0.0.1:${livePort}/healthz` }),
    signal,
    onSpawn: guard.watch,
  })
}

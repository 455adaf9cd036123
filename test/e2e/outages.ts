import { restartedAt } from '../../scripts/change/restart/restart-plan.ts'
import { annotateTemplate, waitForRollouts } from '../../scripts/cluster/rollout.ts'
import { type KubernetesObject, kinds } from '../../scripts/kubernetes/kinds.ts'
import { type Emulator, startEmulator } from '../../scripts/local/emulator/emulator.ts'
import type { RunningProcess } from '../../scripts/local/stack/process.ts'
import { externalSecretRefs } from '../../scripts/local/stack/stack.ts'
import type { TierModel } from '../../scripts/model/resolve.ts'
import { killApiServer } from '../helpers/api-server.ts'
import { startTestOperator } from '../helpers/local-stack.ts'
import { workload } from '../helpers/workloads.ts'
import { refreshAll } from './refresh.ts'
import type { RotatingWorld } from './rotating-world.ts'

/** Takes parts of a stack away, and brings them back. */
export interface Outages extends AsyncDisposable {
  /** The emulated Scaleway that was started last. */
  scaleway(): Emulator
  stopScaleway(): Promise<void>
  killOperator(): void
  killApiServer(): Promise<void>
  /** Starts again what is away, and waits until all of it works, which shows where nobody else looks. */
  end(): Promise<void>
}

export interface OutagesOptions {
  /** In which the emulator keeps its state. */
  readonly stateFile: string
  /** In which nothing is under test. */
  readonly elsewhere: TierModel
}

/** @returns once there is a workload by which to see that the controllers work */
export async function startOutages(
  { world, owner }: RotatingWorld,
  { stateFile, elsewhere }: OutagesOptions,
): Promise<Outages> {
  const { stack } = world
  const { client, controlPlane, model } = stack
  const started: AsyncDisposable[] = []
  const name = 'witness'
  const witness = { kind: 'Deployment', resource: kinds.deployment, namespace: elsewhere.namespace, name }
  let scaleway = stack.emulator
  let operator: Pick<RunningProcess, 'pid'> = stack.operator
  let apiServer: Awaited<ReturnType<typeof killApiServer>> | undefined
  const away = { apiServer: false, scaleway: false, operator: false }
  let isProved = true

  const starters: Readonly<Record<keyof typeof away, () => Promise<void>>> = {
    apiServer: async () => apiServer?.restart(),
    async scaleway() {
      const { accessKey, secretKey } = stack.emulator.owner
      scaleway = await startEmulator({
        port: Number(new URL(owner.apiUrl).port),
        owner: { accessKey, secretKey },
        stateFile,
        limits: { secrets: 1000, versions: 1000 },
      })
      started.push(scaleway)
    },
    async operator() {
      const another = await startTestOperator(controlPlane)
      started.push(another)
      operator = another
    },
  }
  /** Each of them waits ever longer before it asks an API server again that was away. */
  const clusterWorks = async () => {
    const refs = externalSecretRefs(model).filter(({ namespace }) => namespace === elsewhere.namespace)
    await refreshAll(client, refs, { timeoutMs: 120_000 })
    await annotateTemplate(client, witness, { [restartedAt]: new Date().toISOString() })
    const [report] = await waitForRollouts(client, [witness], { timeoutMs: 120_000, pollMs: 200 })
    if (report?.state !== 'done') throw new Error(`the controllers are not back: ${report?.message}`)
  }
  await client.create<KubernetesObject>(kinds.deployment, workload(elsewhere, 'Deployment', name).object)
  return {
    scaleway: () => scaleway,
    async stopScaleway() {
      away.scaleway = true
      await scaleway.stop()
    },
    killOperator() {
      away.operator = true
      isProved = false
      process.kill(operator.pid, 'SIGKILL')
    },
    async killApiServer() {
      away.apiServer = true
      isProved = false
      apiServer = await killApiServer(controlPlane)
      started.push(apiServer)
    },
    async end() {
      for (const part of ['apiServer', 'scaleway', 'operator'] as const) {
        if (away[part]) await starters[part]()
        away[part] = false
      }
      if (!isProved) await clusterWorks()
      isProved = true
    },
    async [Symbol.asyncDispose]() {
      for (const one of started) await one[Symbol.asyncDispose]()
    },
  }
}

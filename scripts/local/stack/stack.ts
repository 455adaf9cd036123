import { upgradeRelease } from '../../chart/helm.ts'
import { createClient, type KubernetesClient } from '../../kubernetes/client.ts'
import { applyCrds } from '../../kubernetes/crds.ts'
import type { NamespacedRef } from '../../kubernetes/kinds.ts'
import type { Folders } from '../../lib/folders.ts'
import type { EnvironmentModel } from '../../model/resolve.ts'
import { type Emulator, type EmulatorOptions, startEmulator } from '../emulator/emulator.ts'
import { findTools, type ToolchainIo } from '../toolchain/find.ts'
import type { Tool } from '../toolchain/tools.ts'
import { Cleanup } from './cleanup.ts'
import { type ControlPlane, type ControlPlaneOptions, startControlPlane } from './control-plane.ts'
import type { RunningProcess } from './process.ts'
import { type SeedOptions, seedAccount, type TierKey } from './seed-account.ts'
import { startOperator } from './start-operator.ts'
import { writeTierCredentials } from './tier-credentials.ts'

export interface LocalStackOptions {
  readonly io: ToolchainIo
  readonly model: EnvironmentModel
  /** The content of the account. Default: a generated value for every remote secret */
  readonly seed?: Partial<Pick<SeedOptions, 'valueFor' | 'without'>>
  /** Default: any free ports, Scaleway's own limits */
  readonly emulator?: EmulatorOptions
  /** Which operator runs. Default: `external-secrets`; the other has known faults, for the tests of attacks */
  readonly operator?: OperatorTool
  /** Default: no more than the operator needs */
  readonly controlPlane?: Pick<ControlPlaneOptions, 'controllers' | 'extraEtcdArgs' | 'extraApiServerArgs'>
  /** Where a control plane with the operator's definitions comes from. Default: a new one is started */
  readonly startControlPlane?: (options: ControlPlaneOptions) => Promise<ControlPlane>
}

/** Emulator, control plane and operator, seeded for one environment; nothing of the chart is installed yet. */
export interface LocalStack extends AsyncDisposable {
  readonly model: EnvironmentModel
  readonly emulator: Emulator
  readonly controlPlane: ControlPlane
  readonly client: KubernetesClient
  readonly operator: RunningProcess
  /** Of the operator; `unknown` for a program that an environment variable names. */
  readonly operatorVersion: string
  /** Each tier's Scaleway key. */
  readonly keys: ReadonlyMap<string, TierKey>
  readonly helm: string
  /** Resolves with what to show when a part ends by itself. */
  readonly failure: Promise<Error>
}

/** An operator this machine can run. The definitions of the default one serve both. */
export type OperatorTool = 'external-secrets' | 'external-secrets-vulnerable'

/** Tools the local stack needs besides its operator. */
const toolsWithoutOperator = [
  'helm',
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'external-secrets-crds',
] as const

/** Tools the local stack needs. */
export const localStackTools = [...toolsWithoutOperator, 'external-secrets'] as const

/**
 * Starts everything, in the order the parts need each other.
 *
 * @throws ProblemError when a tool is missing or a part does not start; nothing is left running or on disk then
 */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const operator = options.operator ?? 'external-secrets'
  const { [operator]: operatorTool, ...others } = await findTools([...toolsWithoutOperator, operator], options.io)
  const cleanup = new Cleanup()
  try {
    return await start(options, { ...others, operator: operatorTool }, cleanup)
  } catch (error) {
    await cleanup[Symbol.asyncDispose]()
    throw error
  }
}

/**
 * A real `helm upgrade --install` of the chart with the values of the environment, pointed at the emulator. The API server is
 * one of ours, which checks fields itself.
 *
 * @param valuesFile relative to the user's folder
 */
export function installChart(
  stack: LocalStack,
  { userFolder }: Pick<Folders, 'userFolder'>,
  valuesFile: string,
  signal?: AbortSignal,
): Promise<number> {
  return upgradeRelease({
    helm: stack.helm,
    userFolder,
    valuesFile,
    release: stack.model.release,
    set: { 'scaleway.apiUrl': stack.emulator.url },
    asksOpenApi: false,
    env: { KUBECONFIG: stack.controlPlane.kubeconfigPath },
    ...(signal ? { signal } : {}),
  })
}

/** Every ExternalSecret of an environment. */
export function externalSecretRefs(model: EnvironmentModel): NamespacedRef[] {
  return model.tiers.flatMap((tier) => tier.externalSecrets.map(({ name }) => ({ namespace: tier.namespace, name })))
}

// --- internal ---

type Tools = Record<(typeof toolsWithoutOperator)[number] | 'operator', Tool>

async function start(options: LocalStackOptions, tools: Tools, cleanup: Cleanup): Promise<LocalStack> {
  const { io, model } = options
  const { signal } = io
  const emulator = cleanup.use(await startEmulator(options.emulator))
  const { secretKey, organizationId } = emulator.owner
  const account = { apiUrl: emulator.url, secretKey, signal }
  const seeding = seedAccount({ account, organizationId, model, ...options.seed })
  seeding.catch(() => undefined)

  const controlPlane = cleanup.use(
    await (options.startControlPlane ?? startControlPlane)({
      binaries: {
        etcd: tools.etcd.path,
        apiServer: tools['kube-apiserver'].path,
        controllerManager: tools['kube-controller-manager'].path,
      },
      ...options.controlPlane,
      signal,
      async prepare(access) {
        using client = createClient({ ...access, skipVerify: false })
        await applyCrds(client, tools['external-secrets-crds'].path, { signal })
      },
    }),
  )
  const client = createClient({ ...controlPlane, skipVerify: false })
  cleanup.defer(async () => client[Symbol.dispose]())
  const { controllerClass } = model.operator
  const operatorStarting = startOperator({ binary: tools.operator.path, controlPlane, controllerClass, signal })
  // Also when what is done meanwhile fails.
  cleanup.defer(() =>
    operatorStarting.then(
      (started) => started[Symbol.asyncDispose](),
      () => undefined,
    ),
  )
  const keys = await seeding
  await writeTierCredentials(client, model, keys)
  const operator = await operatorStarting
  return {
    model,
    emulator,
    controlPlane,
    client,
    operator,
    operatorVersion: tools.operator.version,
    keys,
    helm: tools.helm.path,
    failure: Promise.race([controlPlane.failure, operator.failure]),
    [Symbol.asyncDispose]: () => cleanup[Symbol.asyncDispose](),
  }
}

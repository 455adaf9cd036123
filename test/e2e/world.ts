import { createHmac, randomBytes } from 'node:crypto'
import { copyRepository, writeGenerated } from '../../scripts/bench/workspace.ts'
import { type WaitReport, waitForSync } from '../../scripts/cluster/wait-for-sync.ts'
import { kinds, type SecretObject } from '../../scripts/kubernetes/kinds.ts'
import { oneFolder } from '../../scripts/lib/folders.ts'
import type { EmulatorOptions } from '../../scripts/local/emulator/emulator.ts'
import type { SeedOptions } from '../../scripts/local/stack/seed-account.ts'
import {
  externalSecretRefs,
  installChart,
  type LocalStack,
  type OperatorTool,
  startLocalStack,
} from '../../scripts/local/stack/stack.ts'
import { resolve } from '../../scripts/model/resolve.ts'
import { originOf } from '../../scripts/model/shared-values.ts'
import type { Application, SecretSpec } from '../../scripts/model/types.ts'
import { generateValue } from '../../scripts/payload/seed.ts'
import { borrowControlPlane } from '../helpers/borrowed-plane.ts'
import { toolchainIo } from '../helpers/tools.ts'

export const root = toolchainIo.productFolder

export interface WorldOptions {
  readonly application: Application
  readonly environment: string
  /** Values that are not generated, by `tier VARIABLE`. */
  readonly values?: Readonly<Record<string, string>>
  readonly without?: SeedOptions['without']
  /** Default: `external-secrets` */
  readonly operator?: OperatorTool
  /** Controllers that run besides those the operator needs. Default: none */
  readonly controllers?: readonly string[]
  /** Of the account, where they differ from Scaleway's. Default: room for any number of remote secrets */
  readonly limits?: EmulatorOptions['limits']
  /** What else is special about the emulator. Default: nothing */
  readonly emulator?: Omit<EmulatorOptions, 'limits'>
  /** Added at the end of etcd's flags. Default: nothing */
  readonly etcd?: readonly string[]
  /** Added at the end of the API server's flags. Default: nothing */
  readonly apiServer?: readonly string[]
}

/** A local stack, a chart of the application's own, and the values Scaleway was filled with. */
export interface World extends AsyncDisposable {
  readonly stack: LocalStack
  /** What Scaleway holds for a variable. */
  valueFor(spec: Pick<SecretSpec, 'tier' | 'variable' | 'sameAs'>): string
  /** Installs or upgrades to what an application implies. Default: the one the world was started for. */
  install(next?: Application): Promise<void>
  sync(timeoutMs?: number): Promise<readonly WaitReport[]>
  /** The keys of a Secret and a keyed digest of each value, so that no failing test prints one. */
  digests(namespace: string, name: string): Promise<Record<string, string> | undefined>
  digest(value: string): string
}

/** Entries that share a value have one key. */
const keyOf = (spec: Pick<SecretSpec, 'tier' | 'variable' | 'sameAs'>) => originOf(spec).replace('.', ' ')

/** Starts a stack for one environment of an application; nothing is installed yet. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const { application, environment, values = {}, without, operator, controllers = [], limits } = options
  const chosen = new Map(Object.entries(values))
  const valueFor = (spec: Pick<SecretSpec, 'tier' | 'variable' | 'format' | 'sameAs'>) => {
    const key = keyOf(spec)
    const value = chosen.get(key) ?? generateValue(spec)
    chosen.set(key, value)
    return value
  }
  const model = resolve(application, environment)
  const stack = await startLocalStack({
    io: toolchainIo,
    model,
    ...(operator ? { operator } : {}),
    seed: { valueFor, ...(without ? { without } : {}) },
    emulator: { ...options.emulator, limits: { secrets: 100_000, ...limits } },
    controlPlane: { controllers, extraEtcdArgs: options.etcd ?? [], extraApiServerArgs: options.apiServer ?? [] },
    ...(options.etcd || options.apiServer ? {} : { startControlPlane: borrowControlPlane }),
  })
  const workspace = await copyRepository(oneFolder(root)).catch(async (error: unknown) => {
    await stack[Symbol.asyncDispose]()
    throw error
  })
  const key = randomBytes(32)
  const digest = (value: string | Buffer) => createHmac('sha256', key).update(value).digest('hex').slice(0, 16)
  const valuesFile = `values/${environment}.yaml`
  return {
    stack,
    digest,
    valueFor: (spec) => chosen.get(keyOf(spec)) ?? '',
    async install(next = application) {
      await writeGenerated(workspace, next)
      await installChart(stack, oneFolder(workspace.folder), valuesFile)
    },
    sync: (timeoutMs = 60_000) => waitForSync(stack.client, externalSecretRefs(model), { timeoutMs }),
    async digests(namespace, name) {
      const secret = await stack.client.get<SecretObject>(kinds.secret, { namespace, name })
      if (!secret) return undefined
      const entries = Object.entries(secret.data ?? {})
      return Object.fromEntries(entries.map(([name, data]) => [name, digest(Buffer.from(data, 'base64'))]))
    },
    async [Symbol.asyncDispose]() {
      await stack[Symbol.asyncDispose]()
      await workspace[Symbol.asyncDispose]()
    },
  }
}

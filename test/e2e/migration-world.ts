import { createClient, type KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { kinds, type SecretObject } from '../../scripts/kubernetes/kinds.ts'
import type { RunResult } from '../../scripts/lib/exec.ts'
import { type Emulator, startEmulator } from '../../scripts/local/emulator/emulator.ts'
import { Cleanup } from '../../scripts/local/stack/cleanup.ts'
import type { ControlPlane } from '../../scripts/local/stack/control-plane.ts'
import type { RunningProcess } from '../../scripts/local/stack/process.ts'
import { seedAccount, type TierKey } from '../../scripts/local/stack/seed-account.ts'
import { writeTierCredentials } from '../../scripts/local/stack/tier-credentials.ts'
import { type EnvironmentModel, resolve } from '../../scripts/model/resolve.ts'
import type { Application, SecretSpec } from '../../scripts/model/types.ts'
import { generateValue } from '../../scripts/payload/seed.ts'
import { borrowControlPlane } from '../helpers/borrowed-plane.ts'
import { hostedCli } from '../helpers/hosted-cli.ts'
import { startTestOperator } from '../helpers/local-stack.ts'

export const passphrase = 'four words of a passphrase'

/** A cluster with the operator and nothing else, and an account with IAM and without a remote secret. */
export interface MigrationWorld extends AsyncDisposable {
  readonly model: EnvironmentModel
  readonly emulator: Emulator
  readonly controlPlane: ControlPlane
  readonly operator: RunningProcess
  readonly client: KubernetesClient
  /** The key of each tier, which no Secret holds yet. */
  readonly keys: ReadonlyMap<string, TierKey>
  readonly env: Readonly<Record<string, string>>
  /** `npm run <command> -- --environment <its own> <args>`, without npm; the passphrase is piped in. */
  run(command: string, args: readonly string[], options?: RunOptions): Promise<RunResult>
  /** Everything that was printed so far. */
  printed(): string
  secret(namespace: string, name: string): Promise<SecretObject | undefined>
  /** Whether there is such a Secret, without a value that a failing test would print. */
  has(namespace: string, name: string): Promise<boolean>
  putSecret(namespace: string, name: string, data: Data, parts?: Partial<SecretObject>): Promise<SecretObject>
  /** Writes the credentials Secret of every tier, and makes the namespaces that are not there. */
  giveKeys(): Promise<void>
}

export type Data = Readonly<Record<string, string | Buffer>>

export interface RunOptions {
  /** Default: the passphrase. */
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
}

/** @param folder of a repository that holds the application */
export async function startMigrationWorld(
  application: Application,
  environment: string,
  folder: string,
): Promise<MigrationWorld> {
  const model = resolve(application, environment)
  const cleanup = new Cleanup()
  try {
    const emulator = cleanup.use(await startEmulator({ limits: { secrets: 1000 } }))
    const { secretKey, organizationId } = emulator.owner
    const account = { apiUrl: emulator.url, secretKey }
    const keys = await seedAccount({ account, organizationId, model, without: () => true })
    const controlPlane = cleanup.use(await borrowControlPlane())
    const client = createClient({ ...controlPlane, skipVerify: false })
    cleanup.defer(async () => client[Symbol.dispose]())
    const operator = cleanup.use(await startTestOperator(controlPlane))
    const env = {
      KUBECONFIG: controlPlane.kubeconfigPath,
      SCW_API_URL: emulator.url,
      SCW_SECRET_KEY: secretKey,
      SCW_DEFAULT_ORGANIZATION_ID: organizationId,
    }
    let printed = ''
    return {
      model,
      emulator,
      controlPlane,
      operator,
      client,
      keys,
      env,
      async run(command, args, options = {}) {
        const result = await hostedCli([command, '--environment', environment, ...args], {
          cwd: folder,
          env: { ...env, ...options.env },
          input: options.input ?? passphrase,
        })
        printed += result.stdout + result.stderr
        return result
      },
      printed: () => printed,
      secret: (namespace, name) => client.get<SecretObject>(kinds.secret, { namespace, name }),
      has: async (namespace, name) => (await client.get(kinds.secret, { namespace, name })) !== undefined,
      putSecret: (namespace, name, data, parts = {}) => putSecret(client, { namespace, name }, data, parts),
      giveKeys: () => writeTierCredentials(client, model, keys),
      [Symbol.asyncDispose]: () => cleanup[Symbol.asyncDispose](),
    }
  } catch (error) {
    await cleanup[Symbol.asyncDispose]()
    throw error
  }
}

export async function putSecret(
  client: KubernetesClient,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  data: Data,
  { metadata, ...parts }: Partial<SecretObject> = {},
): Promise<SecretObject> {
  if (!(await client.get(kinds.namespace, { name: namespace })))
    await client.create(kinds.namespace, { metadata: { name: namespace } })
  return client.create<SecretObject>(kinds.secret, {
    metadata: { ...metadata, namespace, name },
    data: encoded(data),
    ...parts,
  })
}

/** As the API server has it. */
export function encoded(data: Data): Record<string, string> {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]))
}

/** A value for each variable of an environment, once: that is how the old Secret has it. */
export function oldValues({ tiers }: EnvironmentModel): Record<string, string> {
  const specs = tiers.flatMap((tier) => tier.remoteSecrets.flatMap(({ specs }) => specs))
  return Object.fromEntries(specs.map((spec: SecretSpec) => [spec.variable, generateValue(spec)]))
}

/** Values that are long enough not to be in a text by chance: as they are, in JSON, and in base64. */
export function tellTales(data: Data): string[] {
  const long = Object.values(data).filter((value) => Buffer.byteLength(value) >= 12)
  const forms = long.map((value) => [
    value.toString(),
    JSON.stringify(value.toString()).slice(1, -1),
    Buffer.from(value).toString('base64'),
  ])
  return [...new Set(forms.flat())]
}

import { type RunResult, tryRun } from '../../scripts/lib/exec.ts'
import type { TierModel } from '../../scripts/model/resolve.ts'
import type { ScalewayAccount } from '../../scripts/scaleway/connection.ts'
import { findSecret } from '../../scripts/scaleway/secrets.ts'
import { accessVersion, listVersions, type SecretVersion } from '../../scripts/scaleway/versions.ts'
import { rotating } from '../fixtures/rotating.ts'
import { compiledCli } from '../helpers/cli.ts'
import { type Kubelet, startKubelet, workloadControllers } from '../helpers/kubelet.ts'
import { adoptApplication, type Repository, userFolder } from '../helpers/repository.ts'
import { startWorld, type World, type WorldOptions } from './world.ts'

/** An application whose values change, its workloads' controllers, and a repository for the real command line. */
export interface RotatingWorld extends AsyncDisposable {
  readonly world: World
  readonly kubelet: Kubelet
  readonly repository: Repository
  /** The owner of the emulated organization. */
  readonly owner: ScalewayAccount
  tier(name: string): TierModel
  /** What the command line needs to find the stack; the key is the owner's. */
  readonly env: Readonly<Record<string, string>>
  /** `npm run <command> -- --environment <of this world> <args>`, without npm. */
  cli(command: string, args: readonly string[], options?: CliOptions): Promise<RunResult>
  /** Scaleway's id of a remote secret. */
  idOf(tier: TierModel, name: string): Promise<string>
  /** The versions of a remote secret, the oldest first. */
  versions(tier: TierModel, name: string): Promise<readonly SecretVersion[]>
  /** What a version holds; undefined when it can't be read. */
  payload(tier: TierModel, name: string, revision: number | 'latest_enabled'): Promise<string | undefined>
}

export interface CliOptions {
  readonly input?: string
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** Starts one, with the chart installed and everything synced; no workload runs yet. */
export async function startRotatingWorld(
  environment: string,
  parts: Pick<WorldOptions, 'emulator' | 'etcd'> = {},
): Promise<RotatingWorld> {
  const [world, repository] = await Promise.all([
    startWorld({
      application: rotating,
      environment,
      controllers: workloadControllers,
      limits: { versions: 100_000 },
      ...parts,
    }),
    userFolder().then(async (copy) => {
      await adoptApplication(copy, rotating)
      return copy
    }),
  ])
  const { emulator, controlPlane, model } = world.stack
  await world.install()
  const kubelet = await startKubelet(controlPlane)
  await world.sync()
  const { organizationId, secretKey } = emulator.owner
  const owner = { apiUrl: emulator.url, secretKey, retryMs: 5 }
  const env = {
    KUBECONFIG: controlPlane.kubeconfigPath,
    SCW_API_URL: emulator.url,
    SCW_SECRET_KEY: secretKey,
    SCW_DEFAULT_ORGANIZATION_ID: organizationId,
  }
  const idOf = async ({ projectId, remotePath }: TierModel, name: string) => {
    const found = await findSecret(owner, { region: model.region, projectId }, { path: remotePath, name })
    if (!found) throw new Error(`no remote secret ${name}`)
    return found.id
  }
  return {
    world,
    kubelet,
    repository,
    owner,
    env,
    tier(name) {
      const found = model.tiers.find((tier) => tier.name === name)
      if (!found) throw new Error(`no tier ${name}`)
      return found
    },
    cli: (command, args, options = {}) =>
      tryRun(process.execPath, [compiledCli, command, '--environment', environment, ...args], {
        cwd: repository.folder,
        env: { ...env, ...options.env },
        input: options.input ?? '',
      }),
    idOf,
    versions: async (tier, name) => listVersions(owner, model.region, await idOf(tier, name)),
    payload: async (tier, name, revision) => {
      const answer = accessVersion(owner, model.region, await idOf(tier, name), revision)
      return answer.then(String, () => undefined)
    },
    async [Symbol.asyncDispose]() {
      await kubelet[Symbol.asyncDispose]()
      await world[Symbol.asyncDispose]()
    },
  }
}

import type { TierModel } from '../../scripts/model/resolve.ts'
import { accessVersion, listVersions, type SecretVersion } from '../../scripts/scaleway/versions.ts'
import { rotating } from '../fixtures/rotating.ts'
import { type Kubelet, startKubelet, workloadControllers } from '../helpers/kubelet.ts'
import { folderWith, type Repository } from '../helpers/repository.ts'
import { type OwnedWorld, ownedWorld, type WorldCli, worldCli } from './owned-world.ts'
import { startWorld, type WorldOptions } from './world.ts'

/** An application whose values change, its workloads' controllers, and a user's folder for the real command line. */
export interface RotatingWorld extends OwnedWorld, AsyncDisposable {
  readonly kubelet: Kubelet
  readonly repository: Repository
  readonly cli: WorldCli
  /** The versions of a remote secret, the oldest first. */
  versions(tier: TierModel, name: string): Promise<readonly SecretVersion[]>
  /** What a version holds; undefined when it can't be read. */
  payload(tier: TierModel, name: string, revision: number | 'latest_enabled'): Promise<string | undefined>
}

/** Starts one, with the chart installed and everything synced; no workload runs yet. */
export async function startRotatingWorld(
  environment: string,
  {
    application = rotating,
    ...parts
  }: Pick<WorldOptions, 'emulator' | 'etcd'> & Partial<Pick<WorldOptions, 'application'>> = {},
): Promise<RotatingWorld> {
  const [world, repository] = await Promise.all([
    startWorld({
      application,
      environment,
      controllers: workloadControllers,
      limits: { versions: 100_000 },
      ...parts,
    }),
    folderWith(application),
  ])
  const owned = ownedWorld(world)
  const { model, owner, idOf } = owned
  await world.install()
  const kubelet = await startKubelet(world.stack.controlPlane)
  await world.sync()
  return {
    ...owned,
    kubelet,
    repository,
    cli: worldCli(owned, repository),
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

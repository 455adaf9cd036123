import type { KubernetesClient } from '../../scripts/kubernetes/client.ts'
import type { RunResult } from '../../scripts/lib/exec.ts'
import type { EnvironmentModel, TierModel } from '../../scripts/model/resolve.ts'
import type { ScalewayAccount } from '../../scripts/scaleway/connection.ts'
import { findSecret } from '../../scripts/scaleway/secrets.ts'
import { hostedCli } from '../helpers/hosted-cli.ts'
import type { Repository } from '../helpers/repository.ts'
import type { World } from './world.ts'

/** A world as its owner sees it: what every world with a subject of its own begins with. */
export interface OwnedWorld {
  readonly world: World
  readonly client: KubernetesClient
  readonly model: EnvironmentModel
  /** The owner of the emulated organization. */
  readonly owner: ScalewayAccount & { readonly organizationId: string }
  /** What the command line needs to find the stack; the key is the owner's. */
  readonly env: Readonly<Record<string, string>>
  tier(name: string): TierModel
  /** Scaleway's id of a remote secret. */
  idOf(tier: TierModel, name: string): Promise<string>
}

export function ownedWorld(world: World): OwnedWorld {
  const { emulator, controlPlane, client, model } = world.stack
  const { organizationId, secretKey } = emulator.owner
  const owner = { apiUrl: emulator.url, secretKey, organizationId, retryMs: 5 }
  return {
    world,
    client,
    model,
    owner,
    env: {
      KUBECONFIG: controlPlane.kubeconfigPath,
      SCW_API_URL: emulator.url,
      SCW_SECRET_KEY: secretKey,
      SCW_DEFAULT_ORGANIZATION_ID: organizationId,
    },
    tier(name) {
      const found = model.tiers.find((tier) => tier.name === name)
      if (!found) throw new Error(`no tier ${name}`)
      return found
    },
    async idOf({ projectId, remotePath }, name) {
      const found = await findSecret(owner, { region: model.region, projectId }, { path: remotePath, name })
      if (!found) throw new Error(`no remote secret ${name}`)
      return found.id
    },
  }
}

export interface CliOptions {
  readonly input?: string
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** `npm run <command> -- --environment <of this world> <args>`, without npm. */
export type WorldCli = (command: string, args: readonly string[], options?: CliOptions) => Promise<RunResult>

/** The command line for a world, in a user's folder. */
export function worldCli({ model, env }: OwnedWorld, { folder }: Repository): WorldCli {
  return (command, args, options = {}) =>
    hostedCli([command, '--environment', model.environment, ...args], {
      cwd: folder,
      env: { ...env, ...options.env },
      input: options.input ?? '',
    })
}

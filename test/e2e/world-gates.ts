import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import type { KubernetesClient } from '../../scripts/kubernetes/client.ts'
import type { ScalewayAccount } from '../../scripts/scaleway/connection.ts'
import { type DisturbedGates, startDisturbedGates } from '../helpers/disturbance.ts'
import { clientThrough, kubeconfigThrough } from './credentials-world.ts'
import type { World } from './world.ts'

/** Gates before the servers of a world, and who goes through them. */
export interface WorldGates<Account extends ScalewayAccount> extends DisturbedGates {
  readonly client: KubernetesClient
  readonly account: Account
  /** The environment of a command line that goes through the gates. */
  readonly env: Readonly<Record<string, string>>
}

/**
 * @param folder for what a command line needs to find them
 * @param onAnswer called with the body of every answer
 */
export async function startWorldGates<Account extends ScalewayAccount>(
  world: World,
  owner: Account,
  folder: string,
  onAnswer: (body: string) => void = () => undefined,
): Promise<WorldGates<Account>> {
  const { controlPlane } = world.stack
  const gates = await startDisturbedGates({
    scaleway: owner.apiUrl,
    cluster: controlPlane,
    onAnswer: ({ body }) => onAnswer(body),
    // A slow machine renews a lease at any moment; taking and releasing one says who holds it.
    ignore: ({ method, url, body }) =>
      method === 'PATCH' && url.includes('/leases/') && !body.includes('"holderIdentity"'),
  })
  const client = clientThrough(world, gates.clusterUrl)
  return {
    ...gates,
    client,
    account: { ...owner, apiUrl: gates.scalewayUrl, retryMs: 2 },
    env: {
      KUBECONFIG: await kubeconfigThrough(world, gates.clusterUrl, folder),
      SCW_API_URL: gates.scalewayUrl,
      TMPDIR: await mkdtemp(join(folder, 'tmp-')),
    },
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]()
      await gates[Symbol.asyncDispose]()
    },
  }
}

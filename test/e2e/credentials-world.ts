import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { KeyRotationContext, KeyRotationWaits } from '../../scripts/change/key-rotation/key-rotation-context.ts'
import { readCredentials, type StoredCredentials } from '../../scripts/cluster/credentials-secret.ts'
import { createClient, type KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { type KubernetesObject, kinds } from '../../scripts/kubernetes/kinds.ts'
import type { RunResult } from '../../scripts/lib/exec.ts'
import { kubeconfigText } from '../../scripts/local/stack/access-files.ts'
import { iamRules } from '../../scripts/model/iam.ts'
import type { TierModel } from '../../scripts/model/resolve.ts'
import { scalewayRequest } from '../../scripts/scaleway/http.ts'
import {
  type ApiKeyEntry,
  createApiKey,
  createApplication,
  createPolicy,
  findApplication,
  listApiKeys,
} from '../../scripts/scaleway/iam.ts'
import { bookshop } from '../fixtures/applications.ts'
import { folderWith, type Repository } from '../helpers/repository.ts'
import { type CliOptions, type OwnedWorld, ownedWorld, worldCli } from './owned-world.ts'
import { startWorld, type World } from './world.ts'

/** An emulator forgets nothing and needs no minute; the limits are for a machine that is busy. */
export const quickWaits: KeyRotationWaits = {
  patience: { refusedMs: 0, unknownMs: 0, pollMs: 100 },
  refresh: { timeoutMs: 120_000, pollMs: 50 },
  expireAheadMs: 200,
  outliveMs: 5_000,
  leaseMs: 30_000,
}

/** The second application on a local stack, and a user's folder that holds it, for the real command line. */
export interface CredentialsWorld extends OwnedWorld, AsyncDisposable {
  readonly repository: Repository
  credentials(args: readonly string[], options?: CliOptions): Promise<RunResult>
  stored(tier: TierModel): Promise<StoredCredentials | undefined>
  keys(tier: TierModel): Promise<ApiKeyEntry[]>
  /** The status Scaleway gives the key of the Secret for a list of its folder. */
  statusOf(tier: TierModel, secretKey: string): Promise<number>
  context(tier: TierModel, parts?: Partial<KeyRotationContext>): KeyRotationContext
  /** As if so much time had gone by that nobody believes in the lease of a killed run. */
  runOutLease(tier: TierModel): Promise<void>
}

export async function startCredentialsWorld(environment: string): Promise<CredentialsWorld> {
  const [world, repository] = await Promise.all([
    startWorld({ application: bookshop, environment }),
    folderWith(bookshop),
  ])
  const owned = ownedWorld(world)
  const { client, model, owner } = owned
  const cli = worldCli(owned, repository)
  return {
    ...owned,
    repository,
    credentials: (args, options) => cli('credentials', args, options),
    stored: (tier) => readCredentials(client, tier),
    async keys(tier) {
      const application = await findApplication(owner, owner.organizationId, tier.iamApplication)
      return listApiKeys(owner, application?.id ?? '')
    },
    statusOf: (tier, secretKey) =>
      scalewayRequest(
        { ...owner, secretKey },
        {
          method: 'GET',
          path: `/secret-manager/v1beta1/regions/${model.region}/secrets`,
          query: { project_id: tier.projectId, path: tier.remotePath },
        },
      ).then(
        () => 200,
        (error: { status?: number }) => error.status ?? 0,
      ),
    context: (tier, parts = {}) => ({
      model,
      tier,
      client,
      account: owner,
      signal: new AbortController().signal,
      holder: `test ${Math.random()}`,
      unproved: false,
      waits: quickWaits,
      log: () => undefined,
      ...parts,
    }),
    async runOutLease({ namespace, credentialsSecret: name }) {
      const lease = await client.get<KubernetesObject>(kinds.lease, { namespace, name })
      if (!lease) return
      const spec = { holderIdentity: null, renewTime: null }
      await client.mergePatch(kinds.lease, { namespace, name }, { spec })
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}

/** What `createClient` and a kubeconfig need to go through a gate. */
export async function kubeconfigThrough(world: World, url: string, folder: string): Promise<string> {
  const path = join(folder, `kubeconfig-${new URL(url).port}`)
  const { ca, token } = world.stack.controlPlane
  await writeFile(path, kubeconfigText({ context: 'tiered-secrets-local', server: url, ca, token }), { mode: 0o600 })
  return path
}

export function clientThrough(world: World, url: string): KubernetesClient {
  return createClient({ server: url, token: world.stack.controlPlane.token })
}

/** Another IAM application with rules of its own, and a key of it. */
export async function keyWith(
  { owner, world }: CredentialsWorld,
  name: string,
  rules: readonly { permissionSet: string; projectId: string; condition?: string }[],
  expiresAt = new Date(Date.now() + 3_600_000),
) {
  const { id } = await createApplication(owner, owner.organizationId, name)
  await createPolicy(owner, owner.organizationId, {
    name,
    applicationId: id,
    rules: rules.map(({ permissionSet, projectId, condition }) => ({
      permission_set_names: [permissionSet],
      project_ids: [projectId],
      ...(condition === undefined ? {} : { condition }),
    })),
  })
  const key = await createApiKey(owner, id, { description: world.stack.model.environment, expiresAt })
  return { accessKey: key.access_key, secretKey: key.secret_key }
}

/** The rules a tier should have. */
export function rulesOf({ world }: CredentialsWorld, tier: TierModel) {
  return iamRules(world.stack.model, tier)
}

import { mapConcurrently } from '../lib/concurrent.ts'
import type { EnvironmentModel, RemoteSecretModel, TierModel } from '../model/resolve.ts'
import { type ValueFault, valueFaults } from '../model/value-faults.ts'
import { type ScalewayAccount, ScalewayError } from '../scaleway/http.ts'
import { type ListedSecret, listFolder, listSecrets, type SecretScope } from '../scaleway/secrets.ts'
import { accessVersion, latestVersion } from '../scaleway/versions.ts'

/** What Scaleway holds of one catalogued remote secret. No value is kept. */
export interface RemoteSight {
  readonly remote: RemoteSecretModel
  /** Undefined: its folder has none of this name. */
  readonly found?: Pick<ListedSecret, 'id' | 'type' | 'status'>
  /** Where it is not in its folder: other folders of the project that have one of this name. */
  readonly elsewhere: readonly string[]
  /** The version the operator delivers; undefined: none is enabled. */
  readonly version?: { readonly revision: number; readonly createdAt: Date }
  /** What is wrong with its value; undefined: it was not read. */
  readonly faults?: readonly ValueFault[]
}

/** What Scaleway holds in the folder of a tier. */
export interface FolderSight {
  readonly tier: TierModel
  /** In the order of the model. */
  readonly remotes: readonly RemoteSight[]
  /** Names that no entry of the catalogue has. */
  readonly uncatalogued: readonly string[]
}

export interface RemoteSurveyOptions {
  /** Read every value too, and check it against its format. Default: false */
  readonly values?: boolean
}

/**
 * Looks at every folder of an environment: one list a folder (a page of it each 100 remote secrets), and one request for
 * each remote secret: for its version, or where it is missing, for the folders that have it. With `values` one more.
 *
 * @throws as `scalewayRequest`: a refusal of one of them is a refusal of all
 */
export async function surveyRemoteSecrets(
  account: ScalewayAccount,
  { region, tiers }: Pick<EnvironmentModel, 'region' | 'tiers'>,
  { values = false }: RemoteSurveyOptions = {},
): Promise<FolderSight[]> {
  const folders = await mapConcurrently(tiers, concurrentRequests, async (tier) => {
    const scope = { region, projectId: tier.projectId }
    const listed = new Map<string, ListedSecret>()
    for (const secret of await listFolder(account, scope, tier.remotePath)) listed.set(secret.name, secret)
    return { tier, scope, listed }
  })
  const wanted = folders.flatMap(({ tier, scope, listed }) =>
    tier.remoteSecrets.map((remote) => ({ scope, remote, found: listed.get(remote.name) })),
  )
  const sights = await mapConcurrently(wanted, concurrentRequests, ({ scope, remote, found }) =>
    found ? sightOf(account, region, remote, found, values) : absent(account, scope, remote),
  )
  const byRemote = new Map(sights.map((sight) => [sight.remote, sight]))
  return folders.map(({ tier, listed }) => {
    const catalogued = new Set(tier.remoteSecrets.map(({ name }) => name))
    return {
      tier,
      remotes: tier.remoteSecrets.flatMap((remote) => byRemote.get(remote) ?? []),
      uncatalogued: [...listed.keys()].filter((name) => !catalogued.has(name)),
    }
  })
}

// --- internal ---

/** Recorded answers of Scaleway allow 50 requests a second; beyond, they say when to go on. */
const concurrentRequests = 8

async function sightOf(
  account: ScalewayAccount,
  region: string,
  remote: RemoteSecretModel,
  { id, type, status }: ListedSecret,
  values: boolean,
): Promise<RemoteSight> {
  const sight = { remote, found: { id, type, status }, elsewhere: [] }
  const latest = await latestVersion(account, region, id)
  if (!latest) return sight
  const version = { revision: latest.revision, createdAt: new Date(latest.created_at) }
  if (!values || status === 'locked') return { ...sight, version }
  return { ...sight, version, faults: valueFaults(remote, await accessVersion(account, region, id, latest.revision)) }
}

/** The folders of others may be closed to this account, which says nothing about this one. */
async function absent(account: ScalewayAccount, scope: SecretScope, remote: RemoteSecretModel): Promise<RemoteSight> {
  const { name, path } = remote
  const same = await listSecrets(account, scope, { name }).catch((error: unknown) => {
    if (error instanceof ScalewayError && error.status === 403) return []
    throw error
  })
  return { remote, elsewhere: same.map((one) => one.path).filter((found) => found !== path) }
}

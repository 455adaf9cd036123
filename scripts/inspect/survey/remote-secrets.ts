import { mapConcurrently } from '../../lib/concurrent.ts'
import type { Digest } from '../../lib/keyed-digest.ts'
import { fillEntries } from '../../model/fill-entries.ts'
import { placeOf } from '../../model/remote-secret.ts'
import type { EnvironmentModel, RemoteSecretModel, TierModel } from '../../model/resolve.ts'
import type { SecretSpec } from '../../model/types.ts'
import { readPayload } from '../../payload/payload.ts'
import { type ValueFault, valueFaults } from '../../payload/value-faults.ts'
import type { ScalewayReader } from '../../scaleway/connection.ts'
import { ScalewayError } from '../../scaleway/http.ts'
import { type ListedSecret, listFolder, listSecrets, type SecretScope } from '../../scaleway/secrets.ts'
import { latestVersion } from '../../scaleway/versions.ts'
import { judgeRemote, unreadable } from './remote-value.ts'

/** One catalogued remote secret as it is in Scaleway. No value is kept. */
export interface RemoteState {
  readonly remote: RemoteSecretModel
  /** Undefined: its folder has none of this name. */
  readonly found?: Pick<ListedSecret, 'id' | 'type' | 'status'>
  /** When it is not in its folder: other folders of the project with one of this name that no other entry uses. */
  readonly elsewhere: readonly string[]
  /** The version the operator delivers; undefined: none is enabled. */
  readonly version?: { readonly revision: number; readonly createdAt: Date }
  /** What is wrong with its value; undefined: it was not read. */
  readonly faults?: readonly ValueFault[]
  /** A keyed digest of each value that is shared with other entries; undefined: they were not asked for, or not read. */
  readonly digests?: ReadonlyMap<SecretSpec, string>
  /** Why its value was not read, where it was asked for. */
  readonly unread?: keyof typeof reasons
}

/** What Scaleway holds in the folder of a tier. */
export interface FolderState {
  readonly tier: TierModel
  /** In the order of the model. */
  readonly remotes: readonly RemoteState[]
  /** Names that no entry of the catalogue has. */
  readonly uncatalogued: readonly string[]
}

export interface RemoteSurveyOptions {
  /** Read every value too, and check it against its format. Default: false */
  readonly values?: boolean
  /** For values that entries share: they are read too, and compared by it. Default: they are not */
  readonly digest?: Digest
}

/**
 * Reads every folder of an environment: one list per folder (one page per 100 remote secrets), and one request for
 * each remote secret: for its version, or when it is missing, for the folders that have it. One more for each value to read.
 *
 * @throws as `scalewayRequest`: a refusal of one of them is a refusal of all
 */
export async function surveyRemoteSecrets(
  account: ScalewayReader,
  { region, tiers }: Pick<EnvironmentModel, 'region' | 'tiers'>,
  { values = false, digest }: RemoteSurveyOptions = {},
): Promise<FolderState[]> {
  const shared = new Set(digest ? fillEntries({ tiers }).flatMap((entry) => (entry.shared ? entry.spec : [])) : [])
  const folders = await mapConcurrently(tiers, concurrentRequests, async (tier) => {
    const scope = { region, projectId: tier.projectId }
    const listed = new Map<string, ListedSecret>()
    for (const secret of await listFolder(account, scope, tier.remotePath)) listed.set(secret.name, secret)
    return { tier, scope, listed }
  })
  const wanted = folders.flatMap(({ tier, scope, listed }) =>
    tier.remoteSecrets.map((remote) => ({ scope, remote, found: listed.get(remote.name) })),
  )
  const others = new Set(tiers.flatMap(({ projectId, remoteSecrets }) => remoteSecrets.map(placeIn(projectId))))
  const views = await mapConcurrently(wanted, concurrentRequests, async ({ scope, remote, found }) => {
    if (found) return stateOf(account, region, remote, found, { values, digest, shared })
    const same = await sameName(account, scope, remote)
    const elsewhere = same.filter((one) => !others.has(placeIn(scope.projectId)(one))).map(({ path }) => path)
    return { remote, elsewhere }
  })
  const byRemote = new Map(views.map((view) => [view.remote, view]))
  return folders.map(({ tier, listed }) => {
    const catalogued = new Set(tier.remoteSecrets.map(({ name }) => name))
    return {
      tier,
      remotes: tier.remoteSecrets.flatMap((remote) => byRemote.get(remote) ?? []),
      uncatalogued: [...listed.keys()].filter((name) => !catalogued.has(name)),
    }
  })
}

/** The values that were asked for and not read, as sentences without a period. */
export function unreadValues(folders: readonly FolderState[]): string[] {
  return folders.flatMap(({ remotes }) =>
    remotes.flatMap(({ remote, unread }) => (unread ? [`the value of ${placeOf(remote)}; ${reasons[unread]}`] : [])),
  )
}

// --- internal ---

const reasons = {
  locked: 'its encryption key is not enabled',
  ephemeral: 'it is ephemeral, and may be gone once it is read',
  forbidden: 'you may not read it, and so it is not compared with those that share it',
}

/** Recorded responses of Scaleway allow 50 requests per second; beyond that they say when to continue. */
const concurrentRequests = 8

interface Wanted {
  readonly values: boolean
  readonly digest: Digest | undefined
  readonly shared: ReadonlySet<SecretSpec>
}

async function stateOf(
  account: ScalewayReader,
  region: string,
  remote: RemoteSecretModel,
  listed: ListedSecret,
  { values, digest, shared }: Wanted,
): Promise<RemoteState> {
  const { id, type, status } = listed
  const view = { remote, found: { id, type, status }, elsewhere: [] }
  const latest = await latestVersion(account, region, id)
  if (!latest) return view
  const version = { revision: latest.revision, createdAt: new Date(latest.created_at) }
  const own = remote.specs.filter((spec) => shared.has(spec))
  if (!values && own.length === 0) return { ...view, version }
  const unread = unreadable(listed)
  if (unread) return { ...view, version, unread }
  const ref = { id, revision: latest.revision }
  const judge = (_: RemoteSecretModel, bytes: Buffer) => ({
    ...(values ? { faults: valueFaults(remote, bytes) } : {}),
    ...(digest && own.length > 0 ? { digests: digestsOf(remote, bytes, own, digest) } : {}),
  })
  try {
    return { ...view, version, ...(await judgeRemote(account, region, remote, ref, judge)) }
  } catch (error) {
    // To list is a smaller right than to read; who asks for all values needs the larger one.
    if (!values && error instanceof ScalewayError && error.status === 403)
      return { ...view, version, unread: 'forbidden' }
    throw error
  }
}

/** Bytes that are not UTF-8 are compared as they are. */
function digestsOf(
  remote: RemoteSecretModel,
  bytes: Buffer,
  specs: readonly SecretSpec[],
  digest: Digest,
): ReadonlyMap<SecretSpec, string> {
  const payload = readPayload(remote, bytes)
  return new Map(
    specs.flatMap((spec) => {
      const value = remote.shape === 'opaque' ? bytes : payload.valueOf(spec)
      return value === undefined ? [] : [[spec, digest(value)] as const]
    }),
  )
}

/** This account may have no access to other folders, which says nothing about this one. */
async function sameName(account: ScalewayReader, scope: SecretScope, { name }: RemoteSecretModel) {
  return listSecrets(account, scope, { name }).catch((error: unknown) => {
    if (error instanceof ScalewayError && error.status === 403) return []
    throw error
  })
}

const placeIn = (projectId: string) => (secret: Pick<ListedSecret, 'path' | 'name'>) =>
  `${projectId} ${placeOf(secret)}`

import { mapConcurrently } from '../../lib/concurrent.ts'
import { groupBy } from '../../lib/group.ts'
import type { EnvironmentModel, RemoteSecretModel } from '../../model/resolve.ts'
import { type FillRequest, remotesOf, toRead } from '../../payload/fill-plan.ts'
import type { FoundSecret, FoundVersion } from '../../payload/found-secret.ts'
import type { ScalewayAccount } from '../../scaleway/connection.ts'
import { type ListedSecret, listFolder } from '../../scaleway/secrets.ts'
import { accessVersion, goneAt, listVersions, type SecretVersion } from '../../scaleway/versions.ts'

/**
 * Which of the run's remote secrets exist: one list per folder, and where the run has something for a remote
 * secret, its versions and the newest enabled value.
 */
export async function readFound(
  account: ScalewayAccount,
  { region }: Pick<EnvironmentModel, 'region'>,
  request: FillRequest,
): Promise<ReadonlyMap<RemoteSecretModel, FoundSecret>> {
  const remotes = remotesOf(request.scope)
  const folders = [...groupBy(remotes, ({ tier, remote }) => `${tier.projectId} ${remote.path}`).values()]
  const found = new Map<RemoteSecretModel, FoundSecret>()
  const listed: { remote: RemoteSecretModel; secret: ListedSecret }[] = []
  for (const members of folders) {
    const [first] = members
    if (!first) continue
    const secrets = await listFolder(account, { region, projectId: first.tier.projectId }, first.remote.path)
    const byName = new Map(secrets.map((secret) => [secret.name, secret]))
    for (const { remote } of members) {
      const secret = byName.get(remote.name)
      if (secret) listed.push({ remote, secret })
    }
  }
  await mapConcurrently(listed, concurrentReads, async ({ remote, secret }) => {
    found.set(remote, await read(account, region, secret, toRead(request, remote)))
  })
  return found
}

// --- internal ---

const concurrentReads = 8

/** An ephemeral version may be used up by reading it, and a locked one can't be read. */
async function read(
  account: ScalewayAccount,
  region: string,
  { id, type, ...listed }: ListedSecret,
  wanted: ReturnType<typeof toRead>,
): Promise<FoundSecret> {
  const isEphemeral = listed.ephemeral_policy != null
  const isLocked = listed.status === 'locked'
  const found = { id, type, isEphemeral, isLocked, versionCount: listed.version_count }
  if (!wanted.versions || isEphemeral || isLocked) return found
  const versions = listed.version_count === 0 ? [] : await listVersions(account, region, id)
  const newest = versions.findLast(({ status }) => status === 'enabled')
  const own = { ...found, versions: versions.map(foundVersion) }
  if (!newest) return own
  const { revision } = newest
  if (!wanted.payload) return { ...own, current: { revision } }
  return { ...own, current: { revision, payload: await accessVersion(account, region, id, revision) } }
}

function foundVersion(version: SecretVersion): FoundVersion {
  const { revision, status } = version
  const end = goneAt(version)
  return { revision, status, ...(end ? { goneAt: end } : {}) }
}

import { mapConcurrently } from '../../../lib/concurrent.ts'
import type { EnvironmentModel, RemoteSecretModel, TierModel } from '../../../model/resolve.ts'
import type { Answer } from '../../../scaleway/answer.ts'
import type { ScalewayReader } from '../../../scaleway/connection.ts'
import { type ListedSecret, listFolder } from '../../../scaleway/secrets.ts'
import { latestVersion, listVersions, type SecretVersion } from '../../../scaleway/versions.ts'
import { unreadable } from '../../survey/remote-value.ts'
import type { Fact } from '../fact.ts'
import type { KeyFacts } from './key.ts'
import { type BlockingFault, faultsOf } from './values.ts'
import { firstAllowed, openSearch, type Whereabouts } from './whereabouts.ts'

/** One remote secret of the catalogue as it is in Scaleway. No value is kept. */
export interface RemoteFacts {
  readonly remote: RemoteSecretModel
  /** The list or the response that showed it. */
  readonly told: string
  readonly found?: ListedSecret
  /** Where it is instead. */
  readonly whereabouts?: Whereabouts
  /** What the operator delivers; undefined: none is enabled, or it may not be read. */
  readonly version?: SecretVersion
  /** All versions, where none is enabled. */
  readonly versions?: readonly SecretVersion[]
  /** What is wrong with its value; undefined: it was not read. */
  readonly faults?: readonly BlockingFault[]
}

export interface RemotesLook {
  /** The accounts to ask with, in turn: the key of the tier first, as the operator does, then your own account. */
  readonly accounts: readonly ScalewayReader[]
  readonly model: EnvironmentModel
  readonly tier: TierModel
  readonly key: KeyFacts | undefined
  readonly suspects: ReadonlySet<RemoteSecretModel>
  readonly organizationId: string | undefined
}

/** The remote secrets of a tier in Scaleway, where one of the accounts may list its folder. */
export async function remoteFacts(look: RemotesLook): Promise<Fact<readonly RemoteFacts[]>> {
  const { accounts, model, tier, key } = look
  const scope = { region: model.region, projectId: tier.projectId }
  const listing: Answer<readonly ListedSecret[]> | undefined =
    key?.listing.status === 200
      ? key.listing
      : await firstAllowed(accounts, (as) => listFolder(as, scope, tier.remotePath))
  if (!listing) return { unseen: `no account may read the remote secrets of tier "${tier.name}"` }
  if (listing.status !== 200) return { unseen: `${tier.remotePath} may not be listed: ${listing.told}` }
  // The account that sees most comes first: only your own account can read other projects.
  const search = openSearch({ ...look, accounts: [...accounts].reverse() })
  const listed = new Map(listing.value.map((secret) => [secret.name, secret]))
  const facts = await mapConcurrently(tier.remoteSecrets, concurrentRequests, async (remote): Promise<RemoteFacts> => {
    const found = listed.get(remote.name)
    if (!found) return { remote, told: listing.told, whereabouts: await search.find(remote) }
    return foundFacts(look, remote, found, listing.told)
  })
  return { value: facts }
}

// --- internal ---

/** Of each tier. */
const concurrentRequests = 4

async function foundFacts(
  { accounts, model, key, suspects }: RemotesLook,
  remote: RemoteSecretModel,
  found: ListedSecret,
  told: string,
): Promise<RemoteFacts> {
  const { region } = model
  const known = key?.versions.get(remote)
  const answer =
    known?.status === 200 ? known : await firstAllowed(accounts, (as) => latestVersion(as, region, found.id))
  const facts = { remote, found, told: answer?.told ?? told }
  if (answer?.status !== 200) return facts
  const version = answer.value
  if (!version) {
    const versions = await firstAllowed(accounts, (as) => listVersions(as, region, found.id))
    return versions?.status === 200 ? { ...facts, versions: versions.value, told: versions.told } : facts
  }
  const read = key?.values.get(remote)
  if (read?.status === 200) return { ...facts, version, faults: read.value, told: read.told }
  if (!suspects.has(remote) || unreadable(found)) return { ...facts, version }
  for (const account of accounts) {
    const value = await faultsOf(account, region, remote, { id: found.id, revision: version.revision })
    if (value.status === 200) return { ...facts, version, faults: value.value, told: value.told }
  }
  return { ...facts, version }
}

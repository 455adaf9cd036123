import { mapConcurrently } from '../../../lib/concurrent.ts'
import { type EnvironmentModel, type RemoteSecretModel, specsOf, type TierModel } from '../../../model/resolve.ts'
import { keyOf } from '../../../model/specs.ts'
import { type Answer, ask } from '../../../scaleway/answer.ts'
import type { ScalewayReader } from '../../../scaleway/connection.ts'
import { type ListedSecret, listFolder } from '../../../scaleway/secrets.ts'
import { latestVersion, type SecretVersion } from '../../../scaleway/versions.ts'
import { unreadable } from '../../survey/remote-value.ts'
import { isSeen } from '../fact.ts'
import type { ClusterFacts } from './cluster.ts'
import { type BlockingFault, faultsOf } from './values.ts'

/** What Scaleway answers when a tier's own key makes the operator's requests. No value is kept. */
export interface KeyFacts {
  readonly accessKey: string
  /** Of the folder of the tier. */
  readonly listing: Answer<readonly ListedSecret[]>
  /** For each listed one: the version the operator would deliver, if any. */
  readonly versions: ReadonlyMap<RemoteSecretModel, Answer<SecretVersion | undefined>>
  /** For the suspected ones, or else for one as a proof: what is wrong with the value. */
  readonly values: ReadonlyMap<RemoteSecretModel, Answer<readonly BlockingFault[]>>
  /** Another tier whose secrets it reads, where it does not read its own. */
  readonly opens: TierModel | undefined
}

export interface KeyLook {
  /** The account as the key sees it. */
  readonly account: ScalewayReader
  readonly accessKey: string
  readonly model: EnvironmentModel
  readonly tier: TierModel
  /** Remote secrets whose values are to be checked. */
  readonly suspects: ReadonlySet<RemoteSecretModel>
}

export async function keyFacts(look: KeyLook): Promise<KeyFacts> {
  const { account, accessKey, model, tier, suspects } = look
  const scope = { region: model.region, projectId: tier.projectId }
  const listing = await ask(account, (as) => listFolder(as, scope, tier.remotePath))
  const listed = new Map(listing.status === 200 ? listing.value.map((secret) => [secret.name, secret]) : [])
  const found = tier.remoteSecrets.flatMap((remote) => {
    const secret = listed.get(remote.name)
    return secret ? [{ remote, secret }] : []
  })
  const versions = new Map(
    await mapConcurrently(found, concurrentRequests, async ({ remote, secret }) => {
      return [remote, await ask(account, (as) => latestVersion(as, model.region, secret.id))] as const
    }),
  )
  const enabled = found.flatMap(({ remote, secret }) => {
    const answer = versions.get(remote)
    const revision = answer?.status === 200 && unreadable(secret) === undefined ? answer.value?.revision : undefined
    return revision === undefined ? [] : [{ remote, secret, revision }]
  })
  const suspected = enabled.filter(({ remote }) => suspects.has(remote))
  const read = suspected.length > 0 ? suspected : enabled.slice(0, 1)
  const values = new Map(
    await mapConcurrently(read, concurrentRequests, async ({ remote, secret, revision }) => {
      return [remote, await faultsOf(account, model.region, remote, { id: secret.id, revision })] as const
    }),
  )
  const facts = { accessKey, listing, versions, values, opens: undefined }
  return { ...facts, opens: mayBeOfOtherTier(facts) ? await findOpened(look) : undefined }
}

/** Whether Scaleway refuses a key something that its tier needs. */
export function isInTrouble({ listing, versions, values }: KeyFacts): boolean {
  return [listing, ...versions.values(), ...values.values()].some(({ status }) => status === 401 || status === 403)
}

/** The remote secrets that fail, or whose value looks wrong in the cluster. */
export function suspectsOf({ tiers }: ClusterFacts): ReadonlySet<RemoteSecretModel> {
  return new Set(
    tiers.flatMap(({ tier, externalSecrets }) =>
      (isSeen(externalSecrets) ? externalSecrets.value : []).flatMap(({ model, sync, target }) => {
        const odd = isSeen(target) ? (target.value?.suspects ?? []) : []
        const specs = specsOf(model).filter((spec) => sync.state === 'failed' || odd.includes(keyOf(spec)))
        return tier.remoteSecrets.filter((remote) => remote.specs.some((spec) => specs.includes(spec)))
      }),
    ),
  )
}

// --- internal ---

/** Of each tier. */
const concurrentRequests = 4

/** That no version is there says nothing: every key gets this answer. */
function mayBeOfOtherTier({ listing, versions }: Pick<KeyFacts, 'listing' | 'versions'>): boolean {
  const answers = [...versions.values()]
  const isRefused = answers.some(({ status }) => status === 403)
  return listing.status === 403 || (isRefused && !answers.some(isVersionSeen))
}

function isVersionSeen(answer: Answer<SecretVersion | undefined>): boolean {
  return answer.status === 200 && answer.value !== undefined
}

/**
 * Metadata is enough: a key that can't read its own tier's and can read another tier's belongs to the other tier. The
 * first remote secret with a version tells.
 */
async function findOpened({ account, model, tier }: KeyLook): Promise<TierModel | undefined> {
  for (const other of model.tiers.filter(({ name }) => name !== tier.name)) {
    const scope = { region: model.region, projectId: other.projectId }
    const listing = await ask(account, (as) => listFolder(as, scope, other.remotePath))
    for (const { id } of listing.status === 200 ? listing.value : []) {
      const version = await ask(account, (as) => latestVersion(as, model.region, id))
      if (isVersionSeen(version)) return other
      if (version.status === 403) break
    }
  }
  return undefined
}

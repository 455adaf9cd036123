import { mapConcurrently } from '../../../lib/concurrent.ts'
import { ProblemError } from '../../../lib/problems.ts'
import { iamPlan } from '../../../model/iam.ts'
import type { EnvironmentModel, TierModel } from '../../../model/resolve.ts'
import { ask, type Refused } from '../../../scaleway/answer.ts'
import type { ScalewayReader } from '../../../scaleway/connection.ts'
import { ScalewayError } from '../../../scaleway/http.ts'
import { type LiveApplication, readLiveIam } from '../../../scaleway/live-iam.ts'
import { listFolder } from '../../../scaleway/secrets.ts'
import { type Fact, isSeen } from '../fact.ts'
import type { ClusterFacts } from './cluster.ts'
import { usableKey } from './credentials-facts.ts'
import { isInTrouble, type KeyFacts, keyFacts, suspectsOf } from './key.ts'
import { type Pace, paceMeter } from './pace.ts'
import { type RemoteFacts, remoteFacts } from './remotes.ts'

/** What Scaleway says about an environment. */
export interface ScalewayFacts {
  /** Why Scaleway could not be asked for more. */
  readonly outage: Outage | undefined
  readonly pace: Pace
  /** Your own account is available. */
  readonly hasAccount: boolean
  /** The first refusal of your own account. */
  readonly accountRefusal: Refused | undefined
  /** By name of the tier; without tiers that an outage made unreadable. */
  readonly tiers: ReadonlyMap<string, TierRemoteFacts>
  /** Read only when a key is refused something. */
  readonly iam: Fact<readonly LiveApplication[]> | undefined
}

export interface TierRemoteFacts {
  /** Undefined: the key of the tier may not be read, or can't be used. */
  readonly key: KeyFacts | undefined
  readonly remotes: Fact<readonly RemoteFacts[]>
}

export interface Outage {
  readonly code: 'SCALEWAY_UNREACHABLE' | 'SCALEWAY_BUSY' | 'SCALEWAY_BROKEN'
  /** Something answers, and it is not Scaleway. */
  readonly isForeign?: boolean
  /** As evidence. */
  readonly told: string
}

export interface ScalewayLook {
  readonly apiUrl: string
  /** Secret key of your own account; undefined without one. */
  readonly secretKey: string | undefined
  readonly organizationId: string | undefined
  readonly model: EnvironmentModel
  /** Undefined: the cluster can't be read, and so the keys of the tiers can't either. */
  readonly cluster: ClusterFacts | undefined
  readonly signal: AbortSignal
}

/** Reads once; an outage ends the reading, and what was read before counts. */
export async function scalewayFacts(look: ScalewayLook): Promise<ScalewayFacts> {
  const { apiUrl, secretKey, model, signal } = look
  const meter = paceMeter()
  const as = (key: string): ScalewayReader => {
    return { readOnly: true, apiUrl, secretKey: key, signal, timeoutMs, attempts, onAnswer: meter.add }
  }
  const tiers = new Map<string, TierRemoteFacts>()
  let accountRefusal: Refused | undefined
  let iam: Fact<readonly LiveApplication[]> | undefined
  let outage: Outage | undefined
  try {
    const own = secretKey === undefined ? undefined : as(secretKey)
    const ownRefusal = own ? refusalOf(own, model) : Promise.resolve(undefined)
    // Awaited where it is needed; an outage is reported by the first request that meets it.
    ownRefusal.catch(() => undefined)
    const account = async () => ((await ownRefusal)?.status === 401 ? undefined : own)
    await mapConcurrently(model.tiers, concurrentTiers, async (tier) => {
      tiers.set(tier.name, await tierRemoteFacts(look, tier, as, account))
    })
    accountRefusal = await ownRefusal
    if ([...tiers.values()].some(({ key }) => key && isInTrouble(key))) iam = await iamFacts(look, await account())
  } catch (error) {
    outage = outageOf(error)
    if (!outage) throw error
  }
  return { outage, pace: meter.pace(), hasAccount: secretKey !== undefined, accountRefusal, tiers, iam }
}

// --- internal ---

/** Half of what the operator waits for: after two attempts it is clear that the operator can't continue either. */
const timeoutMs = 15_000
const attempts = 2
/** At times four requests each; recorded responses of Scaleway allow 50 per second, and beyond that say when to continue. */
const concurrentTiers = 4

async function refusalOf(own: ScalewayReader, { region, tiers }: EnvironmentModel): Promise<Refused | undefined> {
  const [tier] = tiers
  if (!tier) return undefined
  const answer = await ask(own, (as) => listFolder(as, { region, projectId: tier.projectId }, tier.remotePath))
  return answer.status === 200 ? undefined : answer
}

async function tierRemoteFacts(
  { model, cluster, organizationId }: ScalewayLook,
  tier: TierModel,
  as: (secretKey: string) => ScalewayReader,
  account: () => Promise<ScalewayReader | undefined>,
): Promise<TierRemoteFacts> {
  const suspects = cluster ? suspectsOf(cluster) : new Set<never>()
  const credentials = cluster?.tiers.find((one) => one.tier === tier)?.credentials
  const pair = credentials && isSeen(credentials) && credentials.value ? usableKey(credentials.value) : undefined
  const ofTier = pair && as(pair.secretKey)
  const { accessKey = '' } = pair ?? {}
  const key = ofTier && (await keyFacts({ account: ofTier, accessKey, model, tier, suspects }))
  const isKnown = key !== undefined && key.listing.status !== 401
  const accounts = [isKnown ? ofTier : undefined, await account()].filter((one) => one !== undefined)
  return { key, remotes: await remoteFacts({ accounts, model, tier, key, suspects, organizationId }) }
}

async function iamFacts(
  { model, organizationId }: ScalewayLook,
  own: ScalewayReader | undefined,
): Promise<Fact<readonly LiveApplication[]>> {
  if (!own) return { unseen: 'IAM can only be read with your own account' }
  if (organizationId === undefined) return { unseen: 'IAM can only be read when the organization is known' }
  try {
    return { value: await readLiveIam(own, organizationId, iamPlan(model)) }
  } catch (error) {
    if (error instanceof ProblemError && outageOf(error) === undefined)
      return { unseen: error.message.replace(/\.$/, '') }
    throw error
  }
}

/** Undefined for any other error than an outage. */
function outageOf(error: unknown): Outage | undefined {
  if (error instanceof ScalewayError) {
    const told = error.message.replace(/\. Expected success\.$/, '')
    if (error.status === 429) return { code: 'SCALEWAY_BUSY', told }
    // A server that redirects is not Scaleway.
    if (error.status < 400) return { code: 'SCALEWAY_UNREACHABLE', isForeign: true, told }
    return error.status >= 500 ? { code: 'SCALEWAY_BROKEN', told } : undefined
  }
  const found = error instanceof ProblemError && error.problems.find(({ code }) => unreachableCodes.includes(code))
  if (!found) return undefined
  const isForeign = found.code === 'SCALEWAY_ANSWER_UNREADABLE'
  return { code: 'SCALEWAY_UNREACHABLE', isForeign, told: `${found.where}: ${found.message}` }
}

const unreachableCodes = ['SCALEWAY_UNREACHABLE', 'SCALEWAY_ANSWER_UNREADABLE']

import { pause } from '../lib/pause.ts'
import { type Problem, ProblemError } from '../lib/problems.ts'
import type { EnvironmentModel, TierModel } from '../model/resolve.ts'
import { ask } from './answer.ts'
import { describeKey } from './api-key.ts'
import type { ScalewayAccount, ScalewayConnection, ScalewayReader } from './connection.ts'
import { isUnproved, type KeyFindings, keyProblems, nothingToProve, type OtherTier } from './probe-problems.ts'
import { findSecret, listFolder } from './secrets.ts'
import { accessVersion, latestVersion, type Revision, touchValueByPath } from './versions.ts'

export interface ProbeOptions {
  /** The account as the key under test sees it. */
  readonly account: ScalewayAccount
  readonly accessKey: string
  readonly model: EnvironmentModel
  readonly tier: TierModel
  /** Skip what can't be proved because nothing exists yet in Scaleway. Default: false */
  readonly unproved?: boolean
  readonly patience?: Patience
  /** Called before each further attempt. */
  readonly onWait?: (message: string) => void
}

/** How long a refusal may be one that only isn't over yet: a change of IAM takes up to a minute to take effect. */
export interface Patience {
  /** For a 403 about the tier's own secrets. Default: 60,000. */
  readonly refusedMs?: number
  /** For a 401, which a key made seconds ago may get. Default: 0. */
  readonly unknownMs?: number
  /** Default: 5,000. */
  readonly pollMs?: number
}

/** What a key was able to do. */
export interface Proof {
  /** Remote ref of the tier's own secret that it read; undefined when there is none to read. */
  readonly read: string | undefined
  /** How many remote secrets of other tiers it was refused. */
  readonly refusals: number
  /** How many more of them could not be tried: no answer says something about the key. */
  readonly untried: number
  /** Names of the other tiers of which nothing could be tried. */
  readonly unprovedTiers: readonly string[]
}

/** `reads path:/shop-api/token, and was refused 12 remote secrets of other tiers`, and what is not proved. */
export function proofText({ read, refusals, untried, unprovedTiers }: Proof): string {
  const own = read === undefined ? 'has nothing to read yet' : `reads ${read}`
  const left = untried === 0 ? '' : ` (${untried} more could not be tried, for want of a version)`
  const names = unprovedTiers.map((name) => `"${name}"`).join(' and ')
  const open = unprovedTiers.length === 0 ? '' : `; not proved: that it opens nothing of ${names}`
  if (refusals + untried + unprovedTiers.length === 0) return `${own}; no other tier has a remote secret`
  return `${own}, and was refused ${refusals} remote ${refusals === 1 ? 'secret' : 'secrets'} of other tiers${left}${open}`
}

/**
 * Tries a key with what its tier needs, as the operator would, and with what it must not reach: every remote secret of
 * every other tier. No value that is read is kept. Only a 403 is a refusal: a remote secret without an enabled version
 * answers 404 to every key, and proves nothing.
 *
 * @throws ProblemError with what is wrong and the likely cause: `KEY_UNKNOWN`, `KEY_OF_OTHER_TIER`, `LISTING_REFUSED`,
 *   `READING_REFUSED`, `KEY_TOO_WIDE`, `NOTHING_TO_PROVE_WITH`; or as `scalewayRequest`
 */
export async function probeKey(options: ProbeOptions): Promise<Proof> {
  const { refusedMs = 60_000, unknownMs = 0, pollMs = 5_000 } = options.patience ?? {}
  const started = performance.now()
  for (;;) {
    const findings = await examine(options)
    const problems = keyProblems(options, findings)
    if (problems.length === 0) return proofOf(options, findings)
    const patientMs = isTransient(problems, 'KEY_UNKNOWN')
      ? unknownMs
      : isTransient(problems, 'LISTING_REFUSED', 'READING_REFUSED')
        ? refusedMs
        : 0
    const leftMs = started + patientMs - performance.now()
    if (leftMs <= 0) throw new ProblemError(problems)
    const cause = 'a change of IAM takes up to a minute to take effect'
    const where = describeKey(options)
    options.onWait?.(`${where}: refused for now; ${cause}, trying again for ${Math.ceil(leftMs / 1000)} s`)
    await pause(Math.min(pollMs, leftMs), options.account.signal)
  }
}

// --- internal ---

function isTransient(problems: readonly Problem[], ...codes: readonly string[]): boolean {
  return problems.every(({ code }) => codes.includes(code))
}

function proofOf(options: ProbeOptions, findings: KeyFindings): Proof {
  const problems = nothingToProve(options, findings)
  if (problems.length > 0 && !options.unproved) throw new ProblemError(problems)
  const { own, others } = findings
  return {
    read: own.read,
    refusals: others.reduce((sum, { refusals }) => sum + refusals, 0),
    untried: others.reduce((sum, { untried }) => sum + untried, 0),
    unprovedTiers: others.filter(isUnproved).map(({ tier }) => tier.name),
  }
}

async function examine(options: ProbeOptions): Promise<KeyFindings> {
  const { model, tier } = options
  const own = await examineOwn(options)
  const others: OtherTier[] = []
  if (own.unknown) return { own, others }
  for (const other of model.tiers.filter(({ name }) => name !== tier.name)) {
    const found = await examineOther(options, other)
    // It has expired or was deleted meanwhile: what it is refused now says nothing about its rights.
    if (!found) return { own: { ...own, unknown: true }, others: [] }
    others.push(found)
  }
  return { own, others }
}

/** The three calls the operator makes, on the first remote secret of the catalogue that has a version. */
async function examineOwn({ account, model, tier }: ProbeOptions): Promise<KeyFindings['own']> {
  const scope = { region: model.region, projectId: tier.projectId }
  const listing = await answerTo(account, (as) => listFolder(as, scope, tier.remotePath))
  if (listing.status === 401) return { unknown: true, listed: false }
  if (listing.status !== 200) return { unknown: false, listed: false }
  // An ephemeral version may be used up by reading it.
  const lasting = listing.value.filter(({ ephemeral_policy }) => ephemeral_policy == null).map(({ name }) => name)
  for (const remote of tier.remoteSecrets.filter(({ name }) => lasting.includes(name))) {
    const found = await findSecret(account, scope, remote)
    if (!found) continue
    const version = await answerTo(account, (as) => latestVersion(as, model.region, found.id))
    if (version.status === 403) return { unknown: false, listed: true, refused: remote.remoteRef }
    if (version.status !== 200 || !version.value) continue
    const { revision } = version.value
    const value = await answerTo(account, (as) => accessVersion(as, model.region, found.id, revision))
    if (value.status === 403) return { unknown: false, listed: true, refused: remote.remoteRef }
    if (value.status === 200) return { unknown: false, listed: true, read: remote.remoteRef }
  }
  return { unknown: false, listed: true }
}

/**
 * A listed secret is tried by id, any other by its path: nothing of another tier may be readable. Undefined: Scaleway
 * does not know the key any more.
 */
async function examineOther({ account, model }: ProbeOptions, other: TierModel): Promise<OtherTier | undefined> {
  const { region, isolation } = model
  const scope = { region, projectId: other.projectId }
  const listing = await answerTo(account, (as) => listFolder(as, scope, other.remotePath))
  const listed = listing.status === 200 ? listing.value : []
  const outcomes = new Map<string, Outcome>()
  for (const { id, name, ephemeral_policy } of listed) {
    // An ephemeral version may be used up by reading it.
    const outcome = ephemeral_policy == null && (await attempt(account, (as, at) => accessVersion(as, region, id, at)))
    outcomes.set(`${other.remotePath}/${name}`, outcome || 'nothing')
  }
  const hidden = other.remoteSecrets.filter(({ path, name }) => !outcomes.has(`${path}/${name}`))
  for (const { path, name } of listing.status === 200 && isolation === 'path' ? [] : hidden) {
    const outcome = await attempt(account, (as, at) => touchValueByPath(as, scope, { path, name }, at))
    // Under a condition, access by path may be refused whatever the folder: only what it opens says something.
    outcomes.set(`${path}/${name}`, outcome === 'refused' && isolation === 'path' ? 'nothing' : outcome)
  }
  if (listing.status === 401 || [...outcomes.values()].includes('unknown')) return undefined
  const withOutcome = (wanted: Outcome) => [...outcomes].filter(([, one]) => one === wanted).map(([place]) => place)
  return {
    tier: other,
    listed: listing.status === 200,
    readable: withOutcome('opened'),
    refusals: withOutcome('refused').length,
    untried: withOutcome('nothing').length,
  }
}

/** What the answer to an access says about the rights of a key. `unknown`: Scaleway does not know the key. */
type Outcome = 'opened' | 'refused' | 'nothing' | 'unknown'

/** A 404 says nothing. Where no version is enabled, the newest one tells rights apart: it is 412 for who may read it. */
async function attempt(
  account: ScalewayConnection,
  read: (account: ScalewayReader, revision: Revision) => Promise<unknown>,
): Promise<Outcome> {
  for (const revision of ['latest_enabled', 'latest'] as const) {
    const { status } = await answerTo(account, (as) => read(as, revision))
    if (status !== 404) return outcomes[status]
  }
  return 'nothing'
}

/** 400 never gets here. */
const outcomes = { 200: 'opened', 412: 'opened', 403: 'refused', 401: 'unknown', 400: 'nothing' } as const

/** An invalid request says nothing about the key. A 412 does: only a key that may read a version gets it. */
async function answerTo<T>(account: ScalewayConnection, request: (account: ScalewayReader) => Promise<T>) {
  const answer = await ask(account, request)
  if (answer.status === 400) throw answer.refusal
  return answer
}

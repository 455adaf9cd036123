import { setTimeout as sleep } from 'node:timers/promises'
import { type Problem, ProblemError } from '../lib/problems.ts'
import type { EnvironmentModel, TierModel } from '../model/resolve.ts'
import { ask } from './answer.ts'
import { describeKey } from './api-key.ts'
import type { ScalewayAccount, ScalewayConnection, ScalewayReader } from './connection.ts'
import { type KeyFindings, keyProblems, nothingToProve } from './probe-problems.ts'
import { findSecret, listFolder, type RemoteSecret } from './secrets.ts'
import { accessVersion, latestVersion, touchValueByPath } from './versions.ts'

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
  /** How often it was refused what belongs to another tier. */
  readonly refusals: number
}

/**
 * Tries a key with what its tier needs, as the operator would, and with what it must not reach: every remote secret of
 * every other tier. No value that is read is kept.
 *
 * @throws ProblemError with what is wrong and the likely cause: `KEY_UNKNOWN`, `KEY_OF_OTHER_TIER`, `LISTING_REFUSED`,
 *   `READING_REFUSED`, `KEY_TOO_WIDE`, `NOTHING_TO_PROVE_WITH`; or as `scalewayRequest`
 */
export async function probeKey(options: ProbeOptions): Promise<Proof> {
  const { refusedMs = 60_000, unknownMs = 0, pollMs = 5_000 } = options.patience ?? {}
  const started = Date.now()
  for (;;) {
    const findings = await examine(options)
    const problems = keyProblems(options, findings)
    if (problems.length === 0) return proofOf(options, findings)
    const patientMs = isTransient(problems, 'KEY_UNKNOWN')
      ? unknownMs
      : isTransient(problems, 'LISTING_REFUSED', 'READING_REFUSED')
        ? refusedMs
        : 0
    const leftMs = started + patientMs - Date.now()
    if (leftMs <= 0) throw new ProblemError(problems)
    const cause = 'a change of IAM takes up to a minute to take effect'
    const where = describeKey(options)
    options.onWait?.(`${where}: refused for now; ${cause}, trying again for ${Math.ceil(leftMs / 1000)} s`)
    await sleep(Math.min(pollMs, leftMs), undefined, { signal: options.account.signal })
  }
}

// --- internal ---

function isTransient(problems: readonly Problem[], ...codes: readonly string[]): boolean {
  return problems.every(({ code }) => codes.includes(code))
}

function proofOf(options: ProbeOptions, findings: KeyFindings): Proof {
  const problems = nothingToProve(options, findings)
  if (problems.length > 0 && !options.unproved) throw new ProblemError(problems)
  const refusals = findings.others.reduce((sum, { refusals }) => sum + refusals, 0)
  return { read: findings.own.read, refusals }
}

async function examine(options: ProbeOptions): Promise<KeyFindings> {
  const { model, tier } = options
  const own = await examineOwn(options)
  const others: KeyFindings['others'][number][] = []
  if (own.unknown) return { own, others }
  for (const other of model.tiers) if (other.name !== tier.name) others.push(await examineOther(options, other))
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

/** A listed secret is tried by id, any other by its path: nothing of another tier may be readable. */
async function examineOther(
  { account, model }: ProbeOptions,
  other: TierModel,
): Promise<KeyFindings['others'][number]> {
  const scope = { region: model.region, projectId: other.projectId }
  const listing = await answerTo(account, (as) => listFolder(as, scope, other.remotePath))
  const listed: readonly RemoteSecret[] = listing.status === 200 ? listing.value : []
  const readable: string[] = []
  let refusals = listing.status === 200 ? 0 : 1
  const attempt = async (name: string, read: (account: ScalewayReader) => Promise<unknown>) => {
    const { status } = await answerTo(account, read)
    if (status === 403 || status === 404) refusals++
    else readable.push(`${other.remotePath}/${name}`)
  }
  for (const { id, name } of listed) await attempt(name, (as) => accessVersion(as, model.region, id, 'latest_enabled'))
  if (listing.status !== 200 || model.isolation === 'project') {
    for (const { path, name } of other.remoteSecrets) {
      await attempt(name, (as) => touchValueByPath(as, scope, { path, name }))
    }
  }
  return { tier: other, listed: listing.status === 200, found: listed.length, readable, refusals }
}

/** An invalid request says nothing about the key. A 412 does: only a key that may read a version gets it. */
async function answerTo<T>(account: ScalewayConnection, request: (account: ScalewayReader) => Promise<T>) {
  const answer = await ask(account, request)
  if (answer.status === 400) throw answer.refusal
  return answer
}

import { type Problem, ProblemError } from '../../lib/problems.ts'
import { placeOf } from '../../model/remote-secret.ts'
import { originOf } from '../../model/shared-values.ts'
import type { FillWork } from '../../payload/fill-plan.ts'
import { createSecret, findSecret } from '../../scaleway/secrets.ts'
import { accessVersion, createVersion, listVersions, type SecretVersion } from '../../scaleway/versions.ts'
import { doOnce } from './certainty.ts'
import { deleteForCertain, disableForCertain, isFull, type VersionsContext } from './change-version.ts'

export interface FillContext extends VersionsContext {
  /** One line of progress. */
  log(line: string): void
}

/**
 * Does the work, one remote secret after the other. Problems with one of them are reported at the end; a failure of the
 * API stops at once. Run again after any interruption, a new plan continues where this one ended: a remote secret
 * without a version gets one, and nothing is done twice.
 *
 * @throws ProblemError `FILL_CHANGED_MEANWHILE` and `FILL_VERSIONS_FULL`, all of them, or a refusal of the API
 */
export async function executeFill(context: FillContext, work: readonly FillWork[]): Promise<void> {
  const problems: Problem[] = []
  // What shares a value with one that was not written would get another one.
  const unwritten = new Set<string>()
  for (const [index, one] of work.entries()) {
    if (one.remote.specs.some((spec) => unwritten.has(originOf(spec)))) {
      context.log(`${placeOf(one.remote)}: left as it is, because it shares a value with one that was not written`)
      continue
    }
    try {
      await fillRemote(context, one)
    } catch (error) {
      if (error instanceof RemoteProblem) {
        problems.push(error.problem)
        for (const spec of one.remote.specs) unwritten.add(originOf(spec))
        continue
      }
      context.log(`stopped at ${index + 1} of ${work.length} remote secrets; the same command continues from there`)
      throw problems.length > 0 && error instanceof ProblemError
        ? new ProblemError([...problems, ...error.problems], error.exitCode)
        : error
    }
  }
  if (problems.length > 0) throw new ProblemError(problems)
}

// --- internal ---

/** A problem with one remote secret that says nothing about the next. */
class RemoteProblem extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.message)
    this.problem = problem
  }
}

async function fillRemote(context: FillContext, work: FillWork): Promise<void> {
  const { found, payload } = work
  const place = placeOf(work.remote)
  const { id, isNew } = found ? { id: found.id, isNew: false } : await ensureSecret(context, work)
  // First, to make room for the version that is added.
  await deleteVersions(context, id, work)
  const newest =
    payload === undefined ? found?.current?.revision : await addVersion(context, { id, isNew }, work, payload)
  if (payload !== undefined) context.log(`${place}: version ${newest} added`)
  if (work.disable.length > 0 && newest !== undefined) await disableVersions(context, id, work, newest)
}

/** A name that is taken by now counts as created: by a run whose response got lost, or by somebody else. */
async function ensureSecret({ account, region, log }: FillContext, { tier, remote }: FillWork) {
  const { path, name, shape } = remote
  const scope = { region, projectId: tier.projectId }
  const type = shape === 'bundle' ? 'key_value' : 'opaque'
  const secret = await doOnce(
    account,
    async () => ({ id: (await createSecret(account, scope, { path, name, type })).id, isNew: true }),
    async () => {
      const there = await findSecret(account, scope, remote)
      return there && { id: there.id, isNew: false }
    },
  )
  log(`${placeOf(remote)}: created`)
  return secret
}

async function addVersion(
  context: FillContext,
  { id, isNew }: { readonly id: string; readonly isNew: boolean },
  work: FillWork,
  payload: string,
): Promise<number> {
  const { account, region } = context
  const known = Math.max(0, ...(work.found?.versions ?? []).map(({ revision }) => revision))
  const newer = async () => (await listVersions(account, region, id)).filter((version) => version.revision > known)
  const ours = async () => {
    const [first, ...others] = await newer()
    if (!first) return undefined
    const isOurs = others.length === 0 && (await holds(context, id, first, payload))
    if (!isOurs) throw new RemoteProblem(changedMeanwhile(work))
    return { revision: first.revision }
  }
  // Whoever created it in our place may have given it a version too.
  const there = work.found || isNew ? undefined : await ours()
  if (there) return there.revision
  const write = async () => ({ revision: await createVersion(account, region, id, payload) })
  const { revision } = await doOnce(account, write, ours).catch((error: unknown) => {
    throw isFull(error) ? new RemoteProblem(versionsFull(work)) : error
  })
  // The number of a deleted version is not used again, so a gap alone proves nothing.
  if (revision > known + 1 && (await newer()).length > 1) throw new RemoteProblem(changedMeanwhile(work))
  return revision
}

async function holds(
  { account, region }: FillContext,
  id: string,
  { revision, status }: SecretVersion,
  payload: string,
): Promise<boolean> {
  if (status !== 'enabled') return false
  return (await accessVersion(account, region, id, revision)).equals(Buffer.from(payload))
}

/** First checks that the version that stays is enabled: without one, nothing would sync. */
async function disableVersions(context: FillContext, id: string, work: FillWork, newest: number): Promise<void> {
  const { account, region, log } = context
  const versions = await listVersions(account, region, id)
  if (versions.findLast(({ status }) => status === 'enabled')?.revision !== newest)
    throw new RemoteProblem(changedMeanwhile(work))
  for (const revision of work.disable) {
    await disableForCertain(context, id, revision)
    log(`${placeOf(work.remote)}: version ${revision} disabled`)
  }
}

/** A version somebody enabled again meanwhile stays. */
async function deleteVersions(context: FillContext, id: string, work: FillWork): Promise<void> {
  if (work.delete.length === 0) return
  const { account, region, log } = context
  const versions = await listVersions(account, region, id)
  for (const revision of work.delete) {
    if (versions.find((version) => version.revision === revision)?.status !== 'disabled') continue
    await deleteForCertain(context, id, revision)
    log(`${placeOf(work.remote)}: version ${revision} deleted`)
  }
}

function versionsFull({ remote, found }: FillWork): Problem {
  return {
    code: 'FILL_VERSIONS_FULL',
    where: placeOf(remote),
    message: `has ${found?.versionCount ?? 0} versions, and Scaleway accepts no more. Expected room for one; a deleted version may still count for 7 days.`,
    fix: 'Delete disabled versions with --prune, if there are any, and run the same command again once they are gone.',
  }
}

function changedMeanwhile({ remote }: FillWork): Problem {
  return {
    code: 'FILL_CHANGED_MEANWHILE',
    where: placeOf(remote),
    message: 'somebody else changed its versions while this command ran. Expected no other change at the same time.',
    fix: 'Find out who it was, then run the same command again: it compares with the current versions. No version was lost.',
  }
}

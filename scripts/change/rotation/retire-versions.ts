import { type Problem, ProblemError } from '../../lib/problems.ts'
import { listVersions, type SecretVersion } from '../../scaleway/versions.ts'
import { deleteForCertain, disableForCertain, enableForCertain } from '../fill/change-version.ts'
import { ownVersions } from './add.ts'
import { changedMeanwhile, placeIn } from './rotated-remotes.ts'
import { type RotationContext, versionsOf } from './rotation-context.ts'
import { markOf, type RotatedRemote, type RotationState } from './rotation-state.ts'

/**
 * Disables every version that was enabled before the rotation. Checks all remote secrets first: where nothing newer is
 * enabled, nothing would be delivered.
 *
 * @throws ProblemError `ROTATION_CHANGED_MEANWHILE`; nothing is disabled then
 */
export async function disableEarlier(context: RotationContext, state: RotationState): Promise<void> {
  for (const { remote, versions } of await requireNewer(context, state))
    for (const revision of withStatus(versions, remote.earlier, 'enabled')) {
      await disableForCertain(versionsOf(context), remote.id, revision)
      context.log(`${placeIn(context, remote)}: version ${revision} disabled`)
    }
}

/**
 * Deletes what `disableEarlier` disabled.
 *
 * @param before called when all checks have passed, and before anything is deleted
 * @returns how many versions
 * @throws ProblemError `ROTATION_CHANGED_MEANWHILE`, `ROTATION_OLD_ENABLED`; nothing is deleted then
 */
export async function deleteEarlier(
  context: RotationContext,
  state: RotationState,
  before: () => Promise<void>,
): Promise<number> {
  const all = await requireNewer(context, state)
  const alive = all.flatMap(({ remote, versions }): Problem[] => {
    return withStatus(versions, remote.earlier, 'enabled').map((revision) => ({
      code: 'ROTATION_OLD_ENABLED',
      where: placeIn(context, remote),
      message: `version ${revision}, which the rotation disabled, is enabled again. Expected it disabled.`,
      fix: 'Find out who needs it. Disable it in the Scaleway console, or go back to it with --abort.',
    }))
  })
  if (alive.length > 0) throw new ProblemError(alive)
  await before()
  let deleted = 0
  for (const { remote, versions } of all)
    for (const revision of withStatus(versions, remote.earlier, 'disabled')) {
      await deleteForCertain(versionsOf(context), remote.id, revision)
      context.log(`${placeIn(context, remote)}: version ${revision} deleted`)
      deleted++
    }
  return deleted
}

/**
 * Enables what was enabled before the rotation, then disables what it added: there is something to deliver at every moment.
 *
 * @param before called when all checks have passed, and before anything is changed
 * @returns whether the rotation had added anything
 * @throws ProblemError `ROTATION_WAY_BACK_GONE`, `ROTATION_CHANGED_MEANWHILE`; nothing is changed then
 */
export async function putBack(
  context: RotationContext,
  state: RotationState,
  before: () => Promise<void>,
): Promise<boolean> {
  const mark = markOf(state)
  const all = await versionsOfAll(context, state)
  const gone = all.flatMap(({ remote, versions }): Problem[] => {
    const wayBack = versions.find(({ revision }) => revision === remote.earlier.at(-1))
    if (wayBack?.status === 'enabled' || wayBack?.status === 'disabled') return []
    return [
      {
        code: 'ROTATION_WAY_BACK_GONE',
        where: placeIn(context, remote),
        message: `version ${remote.earlier.at(-1)} is deleted. Expected it to exist, to go back to it.`,
        fix: 'Restore it in the Scaleway console within 7 days after its deletion, or rotate to another value.',
      },
    ]
  })
  if (gone.length > 0) throw new ProblemError(gone)
  for (const { remote, versions } of all) {
    // A version of somebody else would be delivered instead of the old one.
    const others = versions.filter(({ description }) => description !== mark)
    if (newestEnabled(others) > Math.max(...remote.earlier)) throw changedMeanwhile(context, remote)
  }
  await before()
  for (const { remote, versions } of all) {
    for (const revision of withStatus(versions, remote.earlier, 'disabled')) {
      await enableForCertain(versionsOf(context), remote.id, revision)
      context.log(`${placeIn(context, remote)}: version ${revision} enabled again`)
    }
    for (const { revision, status } of ownVersions(versions, mark)) {
      if (status !== 'enabled') continue
      await disableForCertain(versionsOf(context), remote.id, revision)
      context.log(`${placeIn(context, remote)}: version ${revision} disabled`)
    }
  }
  return all.some(({ versions }) => ownVersions(versions, mark).length > 0)
}

// --- internal ---

interface Looked {
  readonly remote: RotatedRemote
  readonly versions: readonly SecretVersion[]
}

function versionsOfAll(context: RotationContext, { remotes }: RotationState): Promise<Looked[]> {
  const { account, region } = versionsOf(context)
  return Promise.all(
    remotes.map(async (remote) => ({ remote, versions: await listVersions(account, region, remote.id) })),
  )
}

/** All versions, once each remote secret has one to deliver that is newer than the old ones: ours, or a later one. */
async function requireNewer(context: RotationContext, state: RotationState): Promise<Looked[]> {
  const all = await versionsOfAll(context, state)
  const without = all.find(({ remote, versions }) => newestEnabled(versions) <= Math.max(...remote.earlier))
  if (without) throw changedMeanwhile(context, without.remote)
  return all
}

/** Zero without a version. */
function newestEnabled(versions: readonly SecretVersion[]): number {
  return versions.findLast(({ status }) => status === 'enabled')?.revision ?? 0
}

function withStatus(
  versions: readonly SecretVersion[],
  revisions: readonly number[],
  status: SecretVersion['status'],
): number[] {
  return versions
    .filter((version) => version.status === status && revisions.includes(version.revision))
    .map(({ revision }) => revision)
}

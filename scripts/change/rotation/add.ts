import type { Journal } from '../../kubernetes/journal.ts'
import { ProblemError } from '../../lib/problems.ts'
import { housekeepingCommand } from '../../model/fill-command.ts'
import { maxVersions } from '../../model/remote-secret.ts'
import type { FillWork } from '../../payload/fill-plan.ts'
import { createVersion, listVersions, type SecretVersion } from '../../scaleway/versions.ts'
import { doOnce } from '../fill/certainty.ts'
import { disableForCertain, isFull } from '../fill/change-version.ts'
import { changedMeanwhile, isRotated, placeIn } from './rotated-remotes.ts'
import { type RotationContext, versionsOf } from './rotation-context.ts'
import { markOf, type RotatedRemote, type RotationState } from './rotation-state.ts'

/**
 * Adds the new version of every remote secret that has none yet, and notes each. A version of this rotation that is there
 * already, because its answer got lost or the run was killed, is recognised by its description and used.
 *
 * @param work a payload for each remote secret that lacks its version
 * @throws ProblemError `ROTATION_CHANGED_MEANWHILE`, `ROTATION_VERSIONS_FULL`, or a refusal of the API
 */
export async function addVersions(
  context: RotationContext,
  journal: Journal<RotationState>,
  begun: RotationState,
  work: readonly FillWork[],
): Promise<RotationState> {
  let state = begun
  for (const remote of begun.remotes) {
    if (remote.added !== undefined) continue
    const payload = work.find((one) => isRotated(context, remote, one))?.payload
    const added = await ensureVersion(context, remote, markOf(begun), payload)
    context.log(`${placeIn(context, remote)}: version ${added} added`)
    state = { ...state, remotes: state.remotes.map((one) => (one === remote ? { ...one, added } : one)) }
    await journal.note(state)
  }
  return state
}

/** The versions a rotation added to a remote secret, the oldest first; more than one only where a request came late. */
export function ownVersions(versions: readonly SecretVersion[], mark: string): SecretVersion[] {
  return versions.filter(({ description, status }) => description === mark && status !== 'scheduled_for_deletion')
}

// --- internal ---

async function ensureVersion(
  context: RotationContext,
  remote: RotatedRemote,
  mark: string,
  payload: string | undefined,
): Promise<number> {
  const { account, region } = versionsOf(context)
  const list = () => listVersions(account, region, remote.id)
  const ours = async () => {
    const versions = await list()
    refuseStrangers(context, remote, versions, mark)
    return ownVersions(versions, mark)
  }
  if ((await ours()).length === 0) {
    // The state says that it exists, and the plan was made from the same state.
    if (payload === undefined) throw changedMeanwhile(context, remote)
    const write = () => createVersion(account, region, remote.id, payload, mark).then((revision) => ({ revision }))
    const lookAgain = async () => (await ours()).at(-1)
    await doOnce(account, write, lookAgain).catch((error: unknown) => {
      throw isFull(error) ? versionsFull(context, remote) : error
    })
  }
  const [newest, ...doubles] = (await ours()).reverse()
  if (newest?.status !== 'enabled') throw changedMeanwhile(context, remote)
  for (const { revision, status } of doubles)
    if (status === 'enabled') await disableForCertain(versionsOf(context), remote.id, revision)
  return newest.revision
}

/** A newer version of somebody else must not be hidden by ours, nor ours by it. */
function refuseStrangers(
  context: RotationContext,
  remote: RotatedRemote,
  versions: readonly SecretVersion[],
  mark: string,
): void {
  const others = versions.filter(({ status, description }) => status === 'enabled' && description !== mark)
  if (others.at(-1)?.revision !== remote.earlier.at(-1)) throw changedMeanwhile(context, remote)
}

function versionsFull(context: RotationContext, remote: RotatedRemote): ProblemError {
  const { model, unit } = context
  const found = unit.entries.find((entry) => isRotated(context, remote, entry))
  const command = housekeepingCommand({
    environment: model.environment,
    tier: found?.tier.name ?? '',
    only: found?.remote.specs.map(({ variable }) => variable) ?? [],
  })
  return new ProblemError({
    code: 'ROTATION_VERSIONS_FULL',
    where: placeIn(context, remote),
    message: `has ${maxVersions} versions or more, and Scaleway accepts no more. Expected room for one; a deleted version may still count for 7 days.`,
    fix: `Delete disabled versions with \`${command} --prune\`, and run the same command again when they are gone.`,
  })
}

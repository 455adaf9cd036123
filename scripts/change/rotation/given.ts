import type { Problem } from '../../lib/problems.ts'
import { shortList } from '../../lib/short-list.ts'
import type { FillEntry } from '../../model/fill-entries.ts'
import type { RemoteSecretModel } from '../../model/resolve.ts'
import type { SecretSpec } from '../../model/types.ts'
import { spreadValues } from '../../payload/fill-shared.ts'
import { readPayload } from '../../payload/payload.ts'
import { accessVersion, listVersions } from '../../scaleway/versions.ts'
import { latestValue } from '../fill/latest-value.ts'
import { ownVersions } from './add.ts'
import { changedMeanwhile, changedSpecs, isRotated } from './rotated-remotes.ts'
import { type RotationContext, versionsOf } from './rotation-context.ts'
import { markOf, type RotatedRemote, type RotationState } from './rotation-state.ts'

/**
 * The entries whose given value differs from the one that a rotation, all of whose versions exist, has put in
 * use or left in use. Reads values from Scaleway only where one is given; no value leaves this function.
 *
 * @throws ProblemError `ROTATION_CHANGED_MEANWHILE` when a version of the rotation can no longer be read
 */
export async function givenOtherwise(
  context: RotationContext,
  state: RotationState,
  given: ReadonlyMap<SecretSpec, string>,
): Promise<FillEntry[]> {
  const others: FillEntry[] = []
  for (const entry of context.unit.entries) {
    const value = given.get(entry.spec)
    if (value !== undefined && value !== (await valueInUse(context, state, entry))) others.push(entry)
  }
  return others
}

/** The problem for given values that would not be used. */
export function otherValues(
  { unit }: Pick<RotationContext, 'unit'>,
  { phase, begunAt }: RotationState,
  others: readonly FillEntry[],
): Problem[] {
  if (others.length === 0) return []
  const names = shortList(others.map(({ spec }) => spec.variable))
  const end = phase === 'proved' ? 'with --no-overlap to end that rotation at once' : 'to finish that rotation'
  return [
    {
      code: 'ROTATION_OTHER_VALUES',
      where: unit.name,
      message: `the values given for ${names} differ from those of its unfinished rotation, which began at ${begunAt}. Expected the same values, or none.`,
      fix: `Run it without values ${end}, or with --abort to go back to the old version. Then rotate to the values given now.`,
    },
  ]
}

/**
 * The values of shared entries that a rotation has added to one of their remote secrets already: the others get the same.
 * Secret: never printed.
 *
 * @param added remote secrets that have their new version
 */
export async function addedValues(
  context: RotationContext,
  state: RotationState,
  added: readonly RemoteSecretModel[],
): Promise<ReadonlyMap<SecretSpec, string>> {
  const values = new Map<SecretSpec, string>()
  const changed = changedSpecs(context, state)
  for (const entry of context.unit.entries) {
    const isWanted = entry.shared !== undefined && added.includes(entry.remote) && changed.includes(entry.spec)
    const value = isWanted ? await valueInUse(context, state, entry) : undefined
    if (value !== undefined) values.set(entry.spec, value)
  }
  return spreadValues(context.unit.entries, values)
}

// --- internal ---

async function valueInUse(
  context: RotationContext,
  state: RotationState,
  entry: FillEntry,
): Promise<string | undefined> {
  const { account, region } = versionsOf(context)
  const rotated = state.remotes.find((remote) => isRotated(context, remote, entry))
  if (!rotated) return latestValue(account, { region }, entry)
  const revision = await addedRevision(context, rotated, markOf(state))
  return readPayload(entry.remote, await accessVersion(account, region, rotated.id, revision)).valueOf(entry.spec)
}

async function addedRevision(context: RotationContext, rotated: RotatedRemote, mark: string): Promise<number> {
  const { account, region } = versionsOf(context)
  const versions = await listVersions(account, region, rotated.id)
  const revision = rotated.added ?? ownVersions(versions, mark).at(-1)?.revision
  const added = versions.find((version) => version.revision === revision)
  if (added?.status !== 'enabled') throw changedMeanwhile(context, rotated)
  return added.revision
}

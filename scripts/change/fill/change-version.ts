import type { ScalewayAccount } from '../../scaleway/connection.ts'
import { ScalewayError } from '../../scaleway/http.ts'
import {
  deleteVersion,
  disableVersion,
  enableVersion,
  listVersions,
  type SecretVersion,
} from '../../scaleway/versions.ts'
import { doOnce } from './certainty.ts'

/** One remote secret, and who changes its versions. */
export interface VersionsContext {
  readonly account: ScalewayAccount
  readonly region: string
}

/** Disables a version that is enabled. */
export function disableForCertain(context: VersionsContext, id: string, revision: number): Promise<void> {
  const { account, region } = context
  return changeVersion(context, id, revision, 'enabled', () => disableVersion(account, region, id, revision))
}

/** Enables a version that is disabled. */
export function enableForCertain(context: VersionsContext, id: string, revision: number): Promise<void> {
  const { account, region } = context
  return changeVersion(context, id, revision, 'disabled', () => enableVersion(account, region, id, revision))
}

/** Deletes a version that is disabled: for 7 days it can be restored. */
export function deleteForCertain(context: VersionsContext, id: string, revision: number): Promise<void> {
  const { account, region } = context
  return changeVersion(context, id, revision, 'disabled', () => deleteVersion(account, region, id, revision))
}

/** Whether a version was refused because the remote secret has as many as it may. */
export function isFull(error: unknown): boolean {
  return error instanceof ScalewayError && error.type === 'quotas_exceeded'
}

// --- internal ---

/**
 * Changes a version for certain, even if responses get lost.
 *
 * @param before its current status: the change is done when the status is another
 */
async function changeVersion(
  { account, region }: VersionsContext,
  id: string,
  revision: number,
  before: SecretVersion['status'],
  change: () => Promise<void>,
): Promise<void> {
  const done = {}
  const write = () => change().then(() => done)
  await doOnce(account, write, async () => {
    const versions = await listVersions(account, region, id)
    return versions.some((version) => version.revision === revision && version.status === before) ? undefined : done
  })
}

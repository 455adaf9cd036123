import type { FillEntry } from '../../model/fill-entries.ts'
import type { EnvironmentModel } from '../../model/resolve.ts'
import { readPayload } from '../../payload/payload.ts'
import type { ScalewayAccount } from '../../scaleway/connection.ts'
import { ScalewayError } from '../../scaleway/http.ts'
import { findSecret } from '../../scaleway/secrets.ts'
import { accessVersion } from '../../scaleway/versions.ts'

/** The value the operator would deliver for an entry; undefined: there is none. Secret: never printed. */
export async function latestValue(
  account: ScalewayAccount,
  { region }: Pick<EnvironmentModel, 'region'>,
  { tier, remote, spec }: FillEntry,
): Promise<string | undefined> {
  const found = await findSecret(account, { region, projectId: tier.projectId }, remote)
  if (!found) return undefined
  try {
    return readPayload(remote, await accessVersion(account, region, found.id, 'latest_enabled')).valueOf(spec)
  } catch (error) {
    // No version is enabled.
    if (error instanceof ScalewayError && (error.status === 404 || error.status === 412)) return undefined
    throw error
  }
}

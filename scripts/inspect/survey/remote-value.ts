import type { RemoteSecretModel } from '../../model/resolve.ts'
import type { ScalewayReader } from '../../scaleway/connection.ts'
import type { ListedSecret } from '../../scaleway/secrets.ts'
import { accessVersion } from '../../scaleway/versions.ts'

/** Which value is meant: an enabled version of a remote secret. */
export interface ValueRef {
  readonly id: string
  readonly revision: number
}

/**
 * Why a value is not read for a look at it; undefined: it may be. A version that is ephemeral may be gone once it is read,
 * and one whose encryption key is not enabled can't be read.
 */
export function unreadable({
  status,
  ephemeral_policy,
}: Pick<ListedSecret, 'status' | 'ephemeral_policy'>): 'locked' | 'ephemeral' | undefined {
  if (status === 'locked') return 'locked'
  return ephemeral_policy == null ? undefined : 'ephemeral'
}

/**
 * What is to be known of a value, which itself goes no further.
 *
 * @param judge pure
 * @throws as `accessVersion`
 */
export async function judgeRemote<Judgement>(
  account: ScalewayReader,
  region: string,
  remote: RemoteSecretModel,
  { id, revision }: ValueRef,
  judge: (remote: RemoteSecretModel, bytes: Buffer) => Judgement,
): Promise<Judgement> {
  return judge(remote, await accessVersion(account, region, id, revision))
}

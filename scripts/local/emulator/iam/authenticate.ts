import { deniedAuthentication } from '../http/api-error.ts'
import type { Principal } from './records.ts'
import type { IamStore } from './store.ts'

/**
 * The owner of the `X-Auth-Token`.
 *
 * @throws ApiError 401; the token itself is in no message.
 */
export function authenticate(iam: IamStore, token: string | undefined, now: Date): Principal {
  if (token === undefined || token === '') throw deniedAuthentication('not_found')
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(token)) throw deniedAuthentication('invalid_argument')
  const key = iam.keyOf(token)
  if (!key || key.disabled) throw deniedAuthentication('not_found')
  if (key.expiresAt && key.expiresAt.getTime() <= now.getTime()) throw deniedAuthentication('expired')
  return iam.principalOf(key)
}

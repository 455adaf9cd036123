import { randomUUID } from 'node:crypto'
import { exitCodes, ProblemError } from '../../lib/problems.ts'
import { newAccessKey } from './iam/key-routes.ts'
import { hashSecretKey } from './iam/store.ts'
import type { World } from './world.ts'

export interface KeyPair {
  /** `SCW` and 17 capitals or digits. */
  readonly accessKey: string
  /** A UUID. */
  readonly secretKey: string
}

/** The key that may do everything, and whose organization it is. */
export interface Owner extends KeyPair {
  readonly organizationId: string
  readonly userId: string
}

const description = 'Key of the organization owner, given to the emulator when it started.'

/** What every organization has: its owner, the two groups of everyone, and the default project. A restored state keeps its own. */
export function installBuiltIn({ iam, projects }: World, now: Date): void {
  const { organizationId, ownerId, users, groups } = iam
  const times = { createdAt: now, updatedAt: now }
  if (!users.has(ownerId)) {
    const names = { email: 'owner@example.com', username: 'owner@example.com', firstName: '', lastName: '' }
    users.set(ownerId, { id: ownerId, ...names, phoneNumber: '', locale: 'en_US', tags: [], ...times })
  }
  for (const everyone of ['users', 'applications'] as const) {
    if ([...groups.values()].some((group) => group.everyone === everyone)) continue
    const id = randomUUID()
    const labels = { name: `All ${everyone}`, description: `All ${everyone} of the organization.`, tags: [] }
    groups.set(id, { id, ...labels, userIds: [], applicationIds: [], everyone, ...times })
  }
  if (!projects.has(organizationId))
    projects.set(organizationId, { id: organizationId, name: 'default', description: '', ...times })
}

/** Replaces the owner's key of an earlier start: there is one at a time. */
export function installOwner({ iam }: World, pair: KeyPair, now: Date): Owner {
  for (const key of [...iam.keys.values()]) if (key.description === description) iam.removeKey(key.accessKey)
  iam.addKey({
    accessKey: pair.accessKey,
    secretKeyHash: hashSecretKey(pair.secretKey),
    bearer: { field: 'user_id', id: iam.ownerId },
    createdAt: now,
    creationIp: '127.0.0.1',
    description,
    defaultProjectId: iam.organizationId,
    expiresAt: null,
    updatedAt: now,
    disabled: false,
  })
  return { ...pair, organizationId: iam.organizationId, userId: iam.ownerId }
}

export function newKeyPair(): KeyPair {
  return { accessKey: newAccessKey(), secretKey: randomUUID() }
}

/**
 * Scaleway's clients refuse keys of another form, so they are refused here first. The key is not in the message.
 *
 * @throws ProblemError `OWNER_KEY_MALFORMED`
 */
export function checkKeyPair({ accessKey, secretKey }: KeyPair, where: string): void {
  const wrong = /^SCW[A-Z0-9]{17}$/.test(accessKey)
    ? /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(secretKey)
      ? undefined
      : 'the secret key is not a UUID'
    : 'the access key is not SCW and 17 capitals or digits'
  if (wrong === undefined) return
  throw new ProblemError(
    {
      code: 'OWNER_KEY_MALFORMED',
      where,
      message: `${wrong}. Expected an access key such as SCWXXXXXXXXXXXXXXXXX and a UUID.`,
      fix: 'Correct both, or give neither: a pair is then generated.',
    },
    exitCodes.usage,
  )
}

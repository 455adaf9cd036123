import { alreadyExists, preconditionFailed } from '../http/api-error.ts'
import type { Arguments } from '../http/arguments.ts'
import { type Call, param } from '../http/call.ts'
import type { Answer, Route } from '../http/router.ts'
import type { World } from '../world.ts'
import { iamBase, permitIam, readTags } from './iam-call.ts'
import { detachPolicies, findObject, type ObjectKind, objectRoutes } from './object-routes.ts'
import type { UserRecord } from './records.ts'

/** The owner and the members of the organization. Guests, passwords, MFA and locks are not emulated. */
export function userRoutes(world: World): Route[] {
  return [
    ...objectRoutes(world, users),
    {
      name: 'users.update-username',
      method: 'POST',
      pattern: `${iamBase}/users/:user_id/update-username`,
      handle: (call) => updateUsername(world, call),
    },
  ]
}

/** @throws ApiError 404 */
export function findUser(world: World, id: string): UserRecord {
  return findObject(world, users, id)
}

// --- internal ---

const nameRules = { maxLength: 255 } as const
const emailRules = { pattern: /^[^\s@]+@[^\s@]+$/, expected: 'an email address', maxLength: 320 } as const

const users: ObjectKind<UserRecord> = {
  singular: 'user',
  plural: 'users',
  orders: {
    created_at: (user) => user.createdAt.getTime(),
    updated_at: (user) => user.updatedAt.getTime(),
    email: (user) => user.email,
    last_login: () => 0,
    username: (user) => user.username,
  },
  of: (world) => world.iam.users,
  /** `email` alone invites a guest, which Scaleway has given up; `member` makes a user of this organization. */
  readNew(_, body) {
    const member = body.object('member')
    if (!member && !body.has('member')) body.refuse('member', 'required', 'is required: guests are not emulated')
    return {
      ...(member ? readMember(member) : { email: '', username: '' }),
      ...readDetails(member ?? body, { firstName: '', lastName: '', phoneNumber: '', locale: '' }),
      tags: readTags(body) ?? [],
    }
  },
  readChanged: (body, current) => ({
    email: body.text('email', emailRules) ?? current.email,
    tags: readTags(body) ?? current.tags,
    ...readDetails(body, current),
  }),
  check: refuseTaken,
  filter(query, world) {
    const ids = query.texts('user_ids')
    const mfa = query.flag('mfa')
    const tag = query.text('tag')
    const type = query.choice('type', ['unknown_type', 'owner', 'member'])
    return (user) =>
      (!ids || ids.includes(user.id)) &&
      (mfa === undefined || mfa === false) &&
      (!tag || user.tags.includes(tag)) &&
      (type === undefined || type === 'unknown_type' || type === typeOf(world, user))
  },
  /** Its keys go with it, it leaves its groups, and its policies are attached to nobody. */
  beforeDelete(world, id) {
    const { keys, groups, ownerId } = world.iam
    if (id === ownerId)
      throw preconditionFailed('resource_not_usable', 'the owner of the organization cannot be deleted')
    for (const key of [...keys.values()]) if (key.bearer.id === id) world.iam.removeKey(key.accessKey)
    detachPolicies(world, id)
    for (const group of groups.values()) group.userIds = group.userIds.filter((member) => member !== id)
  },
  view,
}

function updateUsername(world: World, call: Call): Answer {
  permitIam(world, call, 'user:write')
  const user = findUser(world, param(call, 'user_id'))
  const body = call.body()
  const username = body.text('username', { required: true, ...nameRules }) ?? ''
  body.done()
  refuseTaken(world, { id: user.id, username })
  Object.assign(user, { username, updatedAt: call.now })
  return { status: 200, body: view(world, user) }
}

function readMember(member: Arguments): Pick<UserRecord, 'email' | 'username'> {
  return {
    email: member.text('email', { required: true, ...emailRules }) ?? '',
    username: member.text('username', { required: true, ...nameRules }) ?? '',
  }
}

type Details = Pick<UserRecord, 'firstName' | 'lastName' | 'phoneNumber' | 'locale'>

/** Recorded: a member without a locale has `en_US`. */
function readDetails(body: Arguments, current: Details): Details {
  return {
    firstName: body.text('first_name', nameRules) ?? current.firstName,
    lastName: body.text('last_name', nameRules) ?? current.lastName,
    phoneNumber: body.text('phone_number', nameRules) ?? current.phoneNumber,
    locale: (body.text('locale', nameRules) ?? current.locale) || 'en_US',
  }
}

/** The name of a user is unique in the organization, as the SDK says. */
function refuseTaken(world: World, { id, username }: Partial<UserRecord> & Pick<UserRecord, 'id'>): void {
  const holder = [...world.iam.users.values()].find((user) => user.username === username && user.id !== id)
  if (holder) throw alreadyExists('user', holder.id, 'a user of this name exists')
}

function typeOf(world: World, { id }: UserRecord): 'owner' | 'member' {
  return id === world.iam.ownerId ? 'owner' : 'member'
}

/** Fields and their order as recorded. */
function view(world: World, user: UserRecord) {
  const type = typeOf(world, user)
  return {
    id: user.id,
    email: user.email,
    username: user.username,
    first_name: user.firstName,
    last_name: user.lastName,
    phone_number: user.phoneNumber,
    locale: user.locale,
    created_at: user.createdAt.toISOString(),
    updated_at: user.updatedAt.toISOString(),
    organization_id: world.iam.organizationId,
    deletable: type === 'member',
    last_login_at: null,
    type,
    two_factor_enabled: false,
    status: 'activated',
    mfa: false,
    account_root_user_id: type === 'owner' ? user.id : '',
    tags: user.tags,
    locked: false,
  }
}

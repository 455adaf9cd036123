import { alreadyExists, notFound, preconditionFailed } from '../http/api-error.ts'
import { type Arguments, uuid } from '../http/arguments.ts'
import { type Call, param } from '../http/call.ts'
import type { Answer, Method, Route } from '../http/router.ts'
import type { World } from '../world.ts'
import { findApplication } from './application-routes.ts'
import { editable, iamBase, permitIam, readChangedLabels, readNewLabels } from './iam-call.ts'
import { detachPolicies, findObject, type ObjectKind, objectRoutes } from './object-routes.ts'
import type { GroupRecord } from './records.ts'
import { findUser } from './user-routes.ts'

/**
 * Groups of applications and users: a policy of a group counts for everybody in it. Two are Scaleway's own, and have
 * everyone in them; policies can be given to them, and nothing about them can be changed.
 */
export function groupRoutes(world: World): Route[] {
  const route = (name: string, method: Method, change: (group: GroupRecord, members: Members) => void): Route => {
    const path = name === 'set-members' ? 'members' : name
    const handle = (call: Call) => setMembers(world, call, change)
    return { name: `groups.${name}`, method, pattern: `${iamBase}/groups/:group_id/${path}`, handle }
  }
  return [
    ...objectRoutes(world, groups),
    route('set-members', 'PUT', replace),
    route('add-member', 'POST', add),
    route('add-members', 'POST', add),
    route('remove-member', 'POST', remove),
  ]
}

/** @throws ApiError 404 */
export function findGroup(world: World, id: string): GroupRecord {
  return findObject(world, groups, id)
}

// --- internal ---

type Members = Pick<GroupRecord, 'userIds' | 'applicationIds'>

const groups: ObjectKind<GroupRecord> = {
  singular: 'group',
  plural: 'groups',
  orders: {
    created_at: (group) => group.createdAt.getTime(),
    updated_at: (group) => group.updatedAt.getTime(),
    name: (group) => group.name,
  },
  of: (world) => world.iam.groups,
  readNew: (_, body) => ({ ...readNewLabels(body), userIds: [], applicationIds: [] }),
  readChanged: readChangedLabels,
  /** Names of groups are unique in an organization, unlike those of applications and policies. */
  check(world, { id, name }) {
    const owner = [...world.iam.groups.values()].find((group) => group.name === name && group.id !== id)
    if (owner) throw alreadyExists('group', owner.id, 'a group of this name exists')
  },
  counted: (world) => [...world.iam.groups.values()].filter(({ everyone }) => everyone === undefined).length,
  refuseChange({ everyone }) {
    if (everyone) throw preconditionFailed('resource_not_usable', `the group of all ${everyone} cannot be changed`)
  },
  filter(query) {
    const name = query.text('name')
    const ids = query.texts('group_ids')
    const applicationIds = query.texts('application_ids')
    const userIds = query.texts('user_ids')
    const tag = query.text('tag')
    return (group) =>
      (!name || group.name.includes(name)) &&
      (!ids || ids.includes(group.id)) &&
      (!applicationIds || group.applicationIds.some((id) => applicationIds.includes(id))) &&
      (!userIds || group.userIds.some((id) => userIds.includes(id))) &&
      (!tag || group.tags.includes(tag))
  },
  beforeDelete: detachPolicies,
  view: (world, { id, name, description, createdAt, updatedAt, tags, userIds, applicationIds, everyone }) => ({
    id,
    name,
    description,
    created_at: createdAt.toISOString(),
    updated_at: updatedAt.toISOString(),
    organization_id: world.iam.organizationId,
    user_ids: userIds,
    application_ids: applicationIds,
    tags,
    ...editable,
    ...(everyone && { editable: false, deletable: false }),
    all_users: everyone === 'users',
    all_applications: everyone === 'applications',
  }),
}

function setMembers(world: World, call: Call, change: (group: GroupRecord, members: Members) => void): Answer {
  permitIam(world, call, 'group:write')
  const group = findGroup(world, param(call, 'group_id'))
  groups.refuseChange?.(group)
  const body = call.body()
  const members = { userIds: readIds(body, 'user_id'), applicationIds: readIds(body, 'application_id') }
  body.done()
  for (const id of members.applicationIds) findApplication(world, id)
  for (const id of members.userIds) findUser(world, id)
  // Recorded: who is in a group changes nothing about when the group was updated.
  change(group, members)
  return { status: 200, body: groups.view(world, group) }
}

/** `application_id` for one member, `application_ids` for several. */
function readIds(body: Arguments, field: string): string[] {
  const one = body.text(field, uuid)
  return [...(one === undefined ? [] : [one]), ...(body.texts(`${field}s`, uuid) ?? [])]
}

function replace(group: GroupRecord, { userIds, applicationIds }: Members): void {
  Object.assign(group, { userIds: [...new Set(userIds)], applicationIds: [...new Set(applicationIds)] })
}

function add(group: GroupRecord, { userIds, applicationIds }: Members): void {
  replace(group, {
    userIds: [...group.userIds, ...userIds],
    applicationIds: [...group.applicationIds, ...applicationIds],
  })
}

/** Recorded: a 404 with an empty resource for what is not in the group. */
function remove(group: GroupRecord, { userIds, applicationIds }: Members): void {
  const strangers = [
    ...userIds.filter((id) => !group.userIds.includes(id)),
    ...applicationIds.filter((id) => !group.applicationIds.includes(id)),
  ]
  if (strangers[0] !== undefined) throw notFound('', strangers[0])
  replace(group, {
    userIds: group.userIds.filter((id) => !userIds.includes(id)),
    applicationIds: group.applicationIds.filter((id) => !applicationIds.includes(id)),
  })
}

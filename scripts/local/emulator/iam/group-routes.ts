import { alreadyExists, notFound } from '../http/api-error.ts'
import { type Arguments, uuid } from '../http/arguments.ts'
import { type Call, param } from '../http/call.ts'
import type { Answer, Method, Route } from '../http/router.ts'
import type { World } from '../world.ts'
import { findApplication } from './application-routes.ts'
import { editable, iamBase, permitIam, readChangedLabels, readNewLabels } from './iam-call.ts'
import { detachPolicies, findObject, type ObjectKind, objectRoutes } from './object-routes.ts'
import type { GroupRecord } from './records.ts'

/** Groups of applications and users: a policy of a group counts for everybody in it. */
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
  view: (world, { id, name, description, createdAt, updatedAt, tags, userIds, applicationIds }) => ({
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
  }),
}

function setMembers(world: World, call: Call, change: (group: GroupRecord, members: Members) => void): Answer {
  permitIam(world, call, 'iam:write')
  const group = findGroup(world, param(call, 'group_id'))
  const body = call.body()
  const members = { userIds: readIds(body, 'user_id'), applicationIds: readIds(body, 'application_id') }
  body.done()
  for (const id of members.applicationIds) findApplication(world, id)
  for (const id of members.userIds) if (id !== world.iam.ownerId) throw notFound('user', id)
  change(group, members)
  group.updatedAt = call.now
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

function remove(group: GroupRecord, { userIds, applicationIds }: Members): void {
  replace(group, {
    userIds: group.userIds.filter((id) => !userIds.includes(id)),
    applicationIds: group.applicationIds.filter((id) => !applicationIds.includes(id)),
  })
}

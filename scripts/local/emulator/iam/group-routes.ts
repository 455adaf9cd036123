import { randomUUID } from 'node:crypto'
import { alreadyExists, notFound, quotasExceeded } from '../http/api-error.ts'
import { type Arguments, uuid } from '../http/arguments.ts'
import { type Call, param } from '../http/call.ts'
import type { Keys } from '../http/pages.ts'
import type { Answer, Method, Route } from '../http/router.ts'
import type { World } from '../world.ts'
import { findApplication } from './application-routes.ts'
import {
  checkOrganization,
  editable,
  iamBase,
  listAnswer,
  permitIam,
  readChangedLabels,
  readNewLabels,
} from './iam-call.ts'
import type { GroupRecord } from './records.ts'

/** Groups of applications and users: a policy of a group counts for everybody in it. */
export function groupRoutes(world: World): Route[] {
  const route = (name: string, method: Method, path: string, handle: Route['handle']): Route => {
    return { name: `groups.${name}`, method, pattern: `${iamBase}/groups${path}`, handle }
  }
  const changeMembers = (change: (group: GroupRecord, members: Members) => void) => (call: Call) =>
    setMembers(world, call, change)
  return [
    route('create', 'POST', '', (call) => createGroup(world, call)),
    route('list', 'GET', '', (call) => listGroups(world, call)),
    route('get', 'GET', '/:group_id', (call) => {
      permitIam(world, call, 'iam:read')
      return { status: 200, body: view(world, findGroup(world, param(call, 'group_id'))) }
    }),
    route('update', 'PATCH', '/:group_id', (call) => updateGroup(world, call)),
    route('delete', 'DELETE', '/:group_id', (call) => deleteGroup(world, call)),
    route('set-members', 'PUT', '/:group_id/members', changeMembers(replace)),
    route('add-member', 'POST', '/:group_id/add-member', changeMembers(add)),
    route('add-members', 'POST', '/:group_id/add-members', changeMembers(add)),
    route('remove-member', 'POST', '/:group_id/remove-member', changeMembers(remove)),
  ]
}

/** @throws ApiError 404 */
export function findGroup(world: World, id: string): GroupRecord {
  const group = world.iam.groups.get(id.toLowerCase())
  if (!group) throw notFound('group', id)
  return group
}

// --- internal ---

type Members = Pick<GroupRecord, 'userIds' | 'applicationIds'>

const orders: Keys<GroupRecord> = {
  created_at: (group) => group.createdAt.getTime(),
  updated_at: (group) => group.updatedAt.getTime(),
  name: (group) => group.name,
}

function createGroup(world: World, call: Call): Answer {
  permitIam(world, call, 'iam:write')
  const body = call.body()
  checkOrganization(world, body)
  const group: GroupRecord = {
    id: randomUUID(),
    createdAt: call.now,
    ...readNewLabels(body),
    updatedAt: call.now,
    userIds: [],
    applicationIds: [],
  }
  body.done()
  refuseTakenName(world, group)
  const { size } = world.iam.groups
  if (size >= world.limits.groups) throw quotasExceeded('group', world.limits.groups, size, world.iam.organizationId)
  world.iam.groups.set(group.id, group)
  return { status: 200, body: view(world, group) }
}

function listGroups(world: World, call: Call): Answer {
  permitIam(world, call, 'iam:read')
  const { query } = call
  checkOrganization(world, query)
  const name = query.text('name')
  const ids = query.texts('group_ids')
  const applicationIds = query.texts('application_ids')
  const userIds = query.texts('user_ids')
  const tag = query.text('tag')
  const matches = [...world.iam.groups.values()].filter(
    (group) =>
      (!name || group.name.includes(name)) &&
      (!ids || ids.includes(group.id)) &&
      (!applicationIds || group.applicationIds.some((id) => applicationIds.includes(id))) &&
      (!userIds || group.userIds.some((id) => userIds.includes(id))) &&
      (!tag || group.tags.includes(tag)),
  )
  return listAnswer(call, 'groups', matches, orders, (group) => view(world, group))
}

function updateGroup(world: World, call: Call): Answer {
  permitIam(world, call, 'iam:write')
  const group = findGroup(world, param(call, 'group_id'))
  const body = call.body()
  const labels = readChangedLabels(body, group)
  body.done()
  refuseTakenName(world, { id: group.id, name: labels.name })
  Object.assign(group, { ...labels, updatedAt: call.now })
  return { status: 200, body: view(world, group) }
}

/** Its policies stay, attached to nobody. */
function deleteGroup(world: World, call: Call): Answer {
  permitIam(world, call, 'iam:write')
  const { id } = findGroup(world, param(call, 'group_id'))
  for (const policy of world.iam.policies.values()) if (policy.principal?.id === id) policy.principal = null
  world.iam.groups.delete(id)
  return { status: 204 }
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
  return { status: 200, body: view(world, group) }
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

/** Names of groups are unique in an organization, unlike those of applications and policies. */
function refuseTakenName(world: World, { id, name }: Pick<GroupRecord, 'id' | 'name'>): void {
  const owner = [...world.iam.groups.values()].find((group) => group.name === name && group.id !== id)
  if (owner) throw alreadyExists('group', owner.id, 'a group of this name exists')
}

function view(world: World, group: GroupRecord) {
  const { id, name, description, createdAt, updatedAt, tags, userIds, applicationIds } = group
  return {
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
  }
}

import { randomUUID } from 'node:crypto'
import { notFound, quotasExceeded } from '../http/api-error.ts'
import { type Call, param } from '../http/call.ts'
import type { Keys } from '../http/pages.ts'
import type { Answer, Method, Route } from '../http/router.ts'
import type { World } from '../world.ts'
import {
  checkOrganization,
  editable,
  iamBase,
  listAnswer,
  permitIam,
  readChangedLabels,
  readNewLabels,
} from './iam-call.ts'
import type { ApplicationRecord } from './records.ts'

export function applicationRoutes(world: World): Route[] {
  const route = (name: string, method: Method, path: string, handle: Route['handle']): Route => {
    return { name: `applications.${name}`, method, pattern: `${iamBase}/applications${path}`, handle }
  }
  return [
    route('create', 'POST', '', (call) => createApplication(world, call)),
    route('list', 'GET', '', (call) => listApplications(world, call)),
    route('get', 'GET', '/:application_id', (call) => {
      permitIam(world, call, 'iam:read')
      return { status: 200, body: view(world, findApplication(world, param(call, 'application_id'))) }
    }),
    route('update', 'PATCH', '/:application_id', (call) => updateApplication(world, call)),
    route('delete', 'DELETE', '/:application_id', (call) => deleteApplication(world, call)),
  ]
}

/** @throws ApiError 404 */
export function findApplication(world: World, id: string): ApplicationRecord {
  const application = world.iam.applications.get(id.toLowerCase())
  if (!application) throw notFound('application', id)
  return application
}

// --- internal ---

const orders: Keys<ApplicationRecord> = {
  created_at: (application) => application.createdAt.getTime(),
  updated_at: (application) => application.updatedAt.getTime(),
  name: (application) => application.name,
}

function createApplication(world: World, call: Call): Answer {
  permitIam(world, call, 'iam:write')
  const body = call.body()
  checkOrganization(world, body)
  const application: ApplicationRecord = {
    id: randomUUID(),
    createdAt: call.now,
    ...readNewLabels(body),
    updatedAt: call.now,
  }
  body.done()
  const { size } = world.iam.applications
  if (size >= world.limits.applications)
    throw quotasExceeded('application', world.limits.applications, size, world.iam.organizationId)
  world.iam.applications.set(application.id, application)
  return { status: 200, body: view(world, application) }
}

function listApplications(world: World, call: Call): Answer {
  permitIam(world, call, 'iam:read')
  const { query } = call
  checkOrganization(world, query)
  const name = query.text('name')
  const ids = query.texts('application_ids')
  const tag = query.text('tag')
  const matches = [...world.iam.applications.values()].filter(
    (application) =>
      (!name || application.name.includes(name)) &&
      (!ids || ids.includes(application.id)) &&
      (!tag || application.tags.includes(tag)),
  )
  return listAnswer(call, 'applications', matches, orders, (application) => view(world, application))
}

function updateApplication(world: World, call: Call): Answer {
  permitIam(world, call, 'iam:write')
  const application = findApplication(world, param(call, 'application_id'))
  const body = call.body()
  const labels = readChangedLabels(body, application)
  body.done()
  Object.assign(application, { ...labels, updatedAt: call.now })
  return { status: 200, body: view(world, application) }
}

/** Takes the application's keys with it and leaves its groups; its policies stay, attached to nobody. */
function deleteApplication(world: World, call: Call): Answer {
  permitIam(world, call, 'iam:write')
  const { id } = findApplication(world, param(call, 'application_id'))
  for (const key of keysOf(world, id)) world.iam.removeKey(key.accessKey)
  for (const policy of world.iam.policies.values()) if (policy.principal?.id === id) policy.principal = null
  for (const group of world.iam.groups.values())
    group.applicationIds = group.applicationIds.filter((member) => member !== id)
  world.iam.applications.delete(id)
  return { status: 204 }
}

function keysOf(world: World, applicationId: string) {
  return [...world.iam.keys.values()].filter((key) => key.bearer.id === applicationId)
}

function view(world: World, { id, name, description, createdAt, updatedAt, tags }: ApplicationRecord) {
  return {
    id,
    name,
    description,
    created_at: createdAt.toISOString(),
    updated_at: updatedAt.toISOString(),
    organization_id: world.iam.organizationId,
    ...editable,
    nb_api_keys: keysOf(world, id).length,
    tags,
  }
}

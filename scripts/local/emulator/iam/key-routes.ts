import { randomInt, randomUUID } from 'node:crypto'
import { notFound, preconditionFailed, quotasExceeded } from '../http/api-error.ts'
import { type Arguments, uuid } from '../http/arguments.ts'
import { type Call, param } from '../http/call.ts'
import type { Keys } from '../http/paging.ts'
import type { Answer, Method, Route } from '../http/router.ts'
import type { World } from '../world.ts'
import { findApplication } from './application-routes.ts'
import {
  checkOrganization,
  descriptionRules,
  editable,
  iamBase,
  listAnswer,
  permitIam,
  readEditable,
} from './iam-call.ts'
import type { ApiKeyRecord } from './records.ts'
import { hashSecretKey } from './store.ts'
import { findUser } from './user-routes.ts'

export function keyRoutes(world: World): Route[] {
  const route = (name: string, method: Method, path: string, handle: Route['handle']): Route => {
    return { name: `api-keys.${name}`, method, pattern: `${iamBase}/api-keys${path}`, handle }
  }
  return [
    route('create', 'POST', '', (call) => createKey(world, call)),
    route('list', 'GET', '', (call) => listKeys(world, call)),
    route('get', 'GET', '/:access_key', (call) => {
      return { status: 200, body: view(findKey(world, call, 'read')) }
    }),
    route('update', 'PATCH', '/:access_key', (call) => updateKey(world, call)),
    route('delete', 'DELETE', '/:access_key', (call) => deleteKey(world, call)),
  ]
}

/** `SCW` and 17 capitals or digits: the form every client checks. */
export function newAccessKey(): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
  return `SCW${Array.from({ length: 17 }, () => alphabet[randomInt(alphabet.length)]).join('')}`
}

// --- internal ---

const never = Number.MAX_SAFE_INTEGER
const orders: Keys<ApiKeyRecord> = {
  created_at: (key) => key.createdAt.getTime(),
  updated_at: (key) => key.updatedAt.getTime(),
  expires_at: (key) => key.expiresAt?.getTime() ?? never,
  access_key: (key) => key.accessKey,
}

function createKey(world: World, call: Call): Answer {
  const body = call.body()
  permitIam(world, call, body.has('user_id') ? 'user_key:write' : 'application_key:write')
  const bearer = readBearer(world, body)
  const secretKey = randomUUID()
  const key: ApiKeyRecord = {
    accessKey: newAccessKey(),
    secretKeyHash: hashSecretKey(secretKey),
    bearer,
    createdAt: call.now,
    creationIp: call.origin.ip,
    description: body.text('description', descriptionRules) ?? '',
    defaultProjectId: body.text('default_project_id', uuid) ?? world.iam.organizationId,
    expiresAt: readExpiry(body, call.now) ?? null,
    updatedAt: call.now,
    disabled: false,
  }
  body.done()
  const current = world.iam.keys.size
  if (current >= world.limits.apiKeys)
    throw quotasExceeded('api_key', world.limits.apiKeys, current, world.iam.organizationId)
  world.iam.addKey(key)
  return { status: 200, body: view(key, secretKey) }
}

function readBearer(world: World, body: Arguments): ApiKeyRecord['bearer'] {
  const applicationId = body.text('application_id', uuid)
  const userId = body.text('user_id', uuid)
  if (body.has('application_id') === body.has('user_id'))
    body.refuse('application_id', 'required', 'expected exactly one of application_id and user_id')
  body.done()
  if (applicationId !== undefined) return { field: 'application_id', id: findApplication(world, applicationId).id }
  return { field: 'user_id', id: findUser(world, userId ?? '').id }
}

function readExpiry(body: Arguments, now: Date): Date | undefined {
  const expiresAt = body.time('expires_at')
  if (expiresAt && expiresAt <= now) body.refuse('expires_at', 'constraint', 'expected a date in the future')
  return expiresAt
}

function listKeys(world: World, call: Call): Answer {
  const { query } = call
  checkOrganization(world, query)
  const bearers = [query.text('application_id'), query.text('user_id'), query.text('bearer_id')].filter((id) => id)
  const accessKeys = [query.text('access_key'), ...(query.texts('access_keys') ?? [])].filter((key) => key)
  const bearerType = query.choice('bearer_type', ['unknown_bearer_type', 'user', 'application'])
  // A set for the keys of applications alone may list those alone: a list of all of them needs both rights.
  for (const kind of ['application', 'user'] as const) {
    const isAskedFor = bearerType === undefined || bearerType === 'unknown_bearer_type' || bearerType === kind
    if (isAskedFor && !query.text(`${kind === 'user' ? 'application' : 'user'}_id`))
      permitIam(world, call, `${kind}_key:read`)
  }
  const expired = query.flag('expired')
  const isEditable = readEditable(query)
  const description = query.text('description')
  const matches = [...world.iam.keys.values()].filter(
    (key) =>
      bearers.every((id) => id === key.bearer.id) &&
      (accessKeys.length === 0 || accessKeys.includes(key.accessKey)) &&
      (bearerType === undefined || bearerType === 'unknown_bearer_type' || key.bearer.field === `${bearerType}_id`) &&
      (expired === undefined || expired === (key.expiresAt !== null && key.expiresAt <= call.now)) &&
      isEditable(true) &&
      (!description || key.description.includes(description)),
  )
  return listAnswer(call, 'api_keys', matches, orders, (key) => view(key))
}

function updateKey(world: World, call: Call): Answer {
  const key = findKey(world, call, 'write')
  const body = call.body()
  const description = body.text('description', descriptionRules) ?? key.description
  const defaultProjectId = body.text('default_project_id', uuid) ?? key.defaultProjectId
  const expiresAt = readExpiry(body, call.now) ?? key.expiresAt
  body.done()
  Object.assign(key, { description, defaultProjectId, expiresAt, updatedAt: call.now })
  return { status: 200, body: view(key) }
}

function deleteKey(world: World, call: Call): Answer {
  const key = findKey(world, call, 'write')
  if (key.accessKey === call.principal.accessKey)
    throw preconditionFailed('resource_not_usable', 'the key in use cannot delete itself')
  world.iam.removeKey(key.accessKey)
  return { status: 204 }
}

/**
 * Scaleway calls the resource of this 404 `access_key` (recorded).
 *
 * @throws ApiError 404; 403 when it is not allowed on keys of such a bearer, or on any when there is no such key
 */
function findKey(world: World, call: Call, verb: 'read' | 'write'): ApiKeyRecord {
  const accessKey = param(call, 'access_key')
  const key = world.iam.keys.get(accessKey)
  const action = `${key?.bearer.field === 'user_id' ? 'user' : 'application'}_key:${verb}` as const
  permitIam(world, call, action)
  if (!key) throw notFound('access_key', accessKey)
  return key
}

/** The secret key is shown by the answer to its creation only. */
function view(key: ApiKeyRecord, secretKey: string | null = null) {
  return {
    access_key: key.accessKey,
    secret_key: secretKey,
    description: key.description,
    created_at: key.createdAt.toISOString(),
    updated_at: key.updatedAt.toISOString(),
    expires_at: key.expiresAt?.toISOString() ?? null,
    default_project_id: key.defaultProjectId,
    ...editable,
    creation_ip: key.creationIp,
    [key.bearer.field]: key.bearer.id,
  }
}

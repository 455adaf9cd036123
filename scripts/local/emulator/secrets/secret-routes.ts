import { randomUUID } from 'node:crypto'
import { preconditionFailed, quotasExceeded } from '../http/api-error.ts'
import { requiredUuid, uuid } from '../http/arguments.ts'
import type { Call } from '../http/call.ts'
import type { Answer, Method, Route } from '../http/router.ts'
import { permitEitherWay } from '../iam/authorize.ts'
import type { SecretAction } from '../iam/permission-sets.ts'
import type { World } from '../world.ts'
import { readPolicy } from './ephemeral.ts'
import { duplicate, findSecret, refuseScheduled, regionOf, touch } from './find-secret.ts'
import { nameRules, readPath } from './names.ts'
import { fullName, type SecretRecord, secretTypes } from './records.ts'
import { secretView } from './views.ts'

const base = '/secret-manager/v1beta1/regions/:region/secrets'
const products = ['unknown_product', 'edge_services', 's2s_vpn'] as const

/** Secrets one at a time; lists are in `list-routes.ts`, versions in `version-routes.ts`. */
export function secretRoutes(world: World): Route[] {
  const route = (name: string, method: Method, path: string, handle: Route['handle']): Route => {
    return { name: `secrets.${name}`, method, pattern: `${base}${path}`, handle }
  }
  /** A call that changes one secret and answers with it. */
  const change = (
    name: string,
    method: Method,
    path: string,
    action: SecretAction,
    apply: (secret: SecretRecord, call: Call) => void,
  ) =>
    route(name, method, path, (call) => {
      const secret = findSecret(world, call, action)
      apply(secret, call)
      return { status: 200, body: secretView(secret) }
    })

  return [
    route('create', 'POST', '', (call) => createSecret(world, call)),
    route('get', 'GET', '/:secret_id', (call) => {
      return { status: 200, body: secretView(findSecret(world, call, 'secret:read')) }
    }),
    change('update', 'PATCH', '/:secret_id', 'secret:write', (secret, call) => updateSecret(world, secret, call)),
    route('delete', 'DELETE', '/:secret_id', (call) => deleteSecret(world, call)),
    change('protect', 'POST', '/:secret_id/protect', 'secret:write', (secret) => setProtected(secret, true)),
    change('unprotect', 'POST', '/:secret_id/unprotect', 'secret:write', (secret) => setProtected(secret, false)),
    change('restore', 'POST', '/:secret_id/restore', 'secret:restore', (secret, { now }) => {
      restoreSecret(world, secret, now)
    }),
    route('add-owner', 'POST', '/:secret_id/add-owner', (call) => {
      const secret = findSecret(world, call, 'secret:write')
      refuseScheduled(secret)
      const body = call.body()
      const product = body.choice('product', products)
      body.done()
      if (product && product !== 'unknown_product' && !secret.usedBy.includes(product)) secret.usedBy.push(product)
      return { status: 204 }
    }),
  ]
}

// --- internal ---

function createSecret(world: World, call: Call): Answer {
  const region = regionOf(call)
  const body = call.body()
  const name = body.text('name', { required: true, ...nameRules }) ?? ''
  const projectId = body.text('project_id', requiredUuid) ?? ''
  const path = readPath(body, 'path') ?? '/'
  const type = body.choice('type', ['unknown_type', ...secretTypes]) ?? 'opaque'
  const secret: SecretRecord = {
    id: randomUUID(),
    region,
    projectId,
    type: type === 'unknown_type' ? 'opaque' : type,
    createdAt: call.now,
    keyId: body.text('key_id', uuid) ?? null,
    name,
    path,
    tags: body.texts('tags') ?? [],
    description: body.text('description') ?? '',
    updatedAt: call.now,
    protected: body.flag('protected') ?? false,
    ephemeralPolicy: readPolicy(body) ?? null,
    usedBy: [],
    deletionRequestedAt: null,
    versions: [],
  }
  body.done()
  touch(call, secret)
  const resource = { id: secret.id, name: fullName(secret), locality: region }
  permitEitherWay(world.iam, call, { action: 'secret:create', projectId, resource })
  const holder = world.secrets.at(secret)
  if (holder) throw duplicate(world, holder)
  const { size } = world.secrets
  if (size >= world.limits.secrets) throw quotasExceeded('secret', world.limits.secrets, size, world.iam.organizationId)
  world.secrets.add(secret)
  return { status: 200, body: secretView(secret) }
}

function updateSecret(world: World, secret: SecretRecord, call: Call): void {
  refuseScheduled(secret)
  const body = call.body()
  const name = body.text('name', { required: body.has('name'), ...nameRules }) ?? secret.name
  const path = readPath(body, 'path') ?? secret.path
  const tags = body.texts('tags')
  const description = body.text('description')
  const policy = readPolicy(body)
  body.done()
  if (policy && !secret.ephemeralPolicy)
    throw preconditionFailed('attribute_must_be_set', 'an ephemeral policy can only be set when a secret is created')
  const holder = world.secrets.at({ ...secret, name, path })
  if (holder && holder !== secret) throw duplicate(world, holder)
  world.secrets.move(secret, { name, path })
  Object.assign(secret, {
    updatedAt: call.now,
    ...(tags && { tags }),
    ...(description !== undefined && { description }),
    ...(policy && { ephemeralPolicy: policy }),
  })
}

/** Recorded: the secret does not count as updated. */
function setProtected(secret: SecretRecord, value: boolean): void {
  refuseScheduled(secret)
  secret.protected = value
}

/** Scheduled for 7 days with its versions; an ephemeral secret goes at once. */
function deleteSecret(world: World, call: Call): Answer {
  const secret = findSecret(world, call, 'secret:delete')
  refuseScheduled(secret)
  if (secret.protected) throw preconditionFailed('protected_resource', 'cannot delete a protected secret')
  if (secret.ephemeralPolicy) world.secrets.remove(secret)
  else {
    for (const version of secret.versions) {
      const { status } = version
      if (status !== 'enabled' && status !== 'disabled') continue
      const scheduled = { status: 'scheduled_for_deletion', statusBeforeDeletion: status } as const
      Object.assign(version, { ...scheduled, deletionRequestedAt: call.now, updatedAt: call.now })
    }
    world.secrets.schedule(secret, call.now)
    secret.updatedAt = call.now
  }
  return { status: 204 }
}

/** "Restore a secret and all its versions scheduled for deletion" (the SDK's words). */
function restoreSecret(world: World, secret: SecretRecord, now: Date): void {
  if (!secret.deletionRequestedAt)
    throw preconditionFailed('resource_not_usable', 'the secret is not scheduled for deletion')
  const holder = world.secrets.at(secret)
  if (holder) throw duplicate(world, holder)
  for (const version of secret.versions) {
    if (version.status !== 'scheduled_for_deletion') continue
    Object.assign(version, { status: version.statusBeforeDeletion, deletionRequestedAt: null, updatedAt: now })
  }
  world.secrets.unschedule(secret)
  secret.updatedAt = now
}

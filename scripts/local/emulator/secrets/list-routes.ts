import { compare } from '../../../lib/problems.ts'
import { permissionsDenied } from '../http/api-error.ts'
import { type Arguments, uuid } from '../http/arguments.ts'
import type { Call } from '../http/call.ts'
import { type Keys, pageOf, readOrder, readPage } from '../http/paging.ts'
import type { Answer, Route } from '../http/router.ts'
import { permit } from '../iam/authorize.ts'
import type { World } from '../world.ts'
import { regionOf } from './find-secret.ts'
import { normalPath } from './names.ts'
import { type SecretRecord, secretTypes } from './records.ts'
import { secretView } from './views.ts'

const base = '/secret-manager/v1beta1/regions/:region'

/** The calls that have no resource: list, tags and types in use. Browse is in `browse-route.ts`. */
export function listRoutes(world: World): Route[] {
  return [
    { name: 'secrets.list', method: 'GET', pattern: `${base}/secrets`, handle: (call) => listSecrets(world, call) },
    { name: 'tags.list', method: 'GET', pattern: `${base}/tags`, handle: (call) => listTags(world, call) },
    {
      name: 'secret-types.list',
      method: 'GET',
      pattern: `${base}/secret-types`,
      handle: (call) => listTypes(world, call),
    },
  ]
}

/** Sorted on a name that several folders may have, secrets are then told apart by path. */
export const secretOrders: Keys<SecretRecord> = {
  name: (secret) => secret.name,
  created_at: (secret) => secret.createdAt.getTime(),
  updated_at: (secret) => secret.updatedAt.getTime(),
}

export function readType(query: Arguments): SecretRecord['type'] | undefined {
  const type = query.choice('type', ['unknown_type', ...secretTypes])
  return type === 'unknown_type' ? undefined : type
}

/** The project a list is about; without one, a right on the whole organization is asked for. */
export function permittedProject(world: World, call: Call): string | undefined {
  const projectId = call.query.text('project_id', uuid)
  const organizationId = call.query.text('organization_id', uuid)
  call.query.done()
  if (organizationId !== undefined && organizationId !== world.iam.organizationId)
    throw permissionsDenied('list', 'secret')
  permit(world.iam, call, { action: 'secret:list', projectId: projectId ?? null })
  return projectId
}

// --- internal ---

function listSecrets(world: World, call: Call): Answer {
  const region = regionOf(call)
  const { query } = call
  const page = readPage(query)
  const order = readOrder(query, secretOrders)
  const filters = {
    name: query.text('name'),
    path: query.text('path'),
    tags: query.texts('tags') ?? [],
    ephemeral: query.flag('ephemeral'),
    type: readType(query),
    scheduled: query.flag('scheduled_for_deletion') ?? false,
  }
  if (filters.path !== undefined && normalPath(filters.path) === undefined)
    query.refuse('path', 'format', 'expected a path that starts with /')
  if (filters.name !== undefined) call.touched.secretName = filters.name
  if (filters.path !== undefined) call.touched.secretPath = filters.path
  const projectId = permittedProject(world, call)

  const matches: SecretRecord[] = []
  for (const secret of world.secrets.candidates({ region, projectId, path: filters.path, name: filters.name })) {
    if (secret.region !== region) continue
    if (filters.name !== undefined && secret.name !== filters.name) continue
    if (filters.path !== undefined && secret.path !== filters.path) continue
    if ((secret.deletionRequestedAt !== null) !== filters.scheduled) continue
    if (filters.type !== undefined && secret.type !== filters.type) continue
    if (filters.ephemeral !== undefined && (secret.ephemeralPolicy !== null) !== filters.ephemeral) continue
    if (!filters.tags.every((tag) => secret.tags.includes(tag))) continue
    matches.push(secret)
  }
  matches.sort((a, b) => order(a, b) || compare(a.path, b.path) || compare(a.name, b.name) || compare(a.id, b.id))
  return { status: 200, body: { secrets: pageOf(matches, page).map(secretView), total_count: matches.length } }
}

function listTags(world: World, call: Call): Answer {
  const tags = new Set<string>()
  return listValues(world, call, 'tags', (secret) => {
    for (const tag of secret.tags) tags.add(tag)
    return tags
  })
}

function listTypes(world: World, call: Call): Answer {
  const types = new Set<string>()
  return listValues(world, call, 'types', (secret) => types.add(secret.type))
}

function listValues(world: World, call: Call, field: string, collect: (secret: SecretRecord) => Set<string>): Answer {
  const region = regionOf(call)
  const page = readPage(call.query)
  const projectId = permittedProject(world, call)
  let values = new Set<string>()
  for (const secret of world.secrets.candidates({ region, projectId }))
    if (secret.region === region && !secret.deletionRequestedAt) values = collect(secret)
  const sorted = [...values].sort(compare)
  return { status: 200, body: { [field]: pageOf(sorted, page), total_count: sorted.length } }
}

import { randomUUID } from 'node:crypto'
import { notFound, quotasExceeded } from '../http/api-error.ts'
import type { Arguments } from '../http/arguments.ts'
import { type Call, param } from '../http/call.ts'
import type { Keys } from '../http/paging.ts'
import type { Answer, Method, Route } from '../http/router.ts'
import type { World } from '../world.ts'
import { checkOrganization, iamBase, listAnswer, permitIam, requireOrganization } from './iam-call.ts'
import type { IamRecord } from './records.ts'

/** What makes users, applications, groups and policies different from each other; the five calls they share are made from it. */
export interface ObjectKind<One extends IamRecord> {
  /** In ids and in errors: `application`. */
  readonly singular: 'user' | 'application' | 'group' | 'policy'
  /** In paths, in answers and in the limits. */
  readonly plural: 'users' | 'applications' | 'groups' | 'policies'
  /** The first one, ascending, is the order of a list that asks for none. */
  readonly orders: Keys<One>
  of(world: World): Map<string, One>
  /** All its own fields, from the body of a POST. */
  readNew(world: World, body: Arguments): Omit<One, 'id' | 'createdAt' | 'updatedAt'>
  /** The fields a PATCH changes. */
  readChanged(body: Arguments, current: One): Partial<One>
  /**
   * Looks at a whole new one, or at the changed fields of an old one, when all arguments are valid.
   *
   * @throws ApiError
   */
  check?(world: World, one: Partial<One> & Pick<One, 'id'>): void
  /** How many count towards the quota. Default: all */
  counted?(world: World): number
  /**
   * Looks at one before anything about it is changed.
   *
   * @throws ApiError when it is one of Scaleway's own
   */
  refuseChange?(one: One): void
  /** Which ones a list is about. */
  filter(query: Arguments, world: World): (one: One) => boolean
  /**
   * What changes with it when it is deleted.
   *
   * @throws ApiError when it can't be
   */
  beforeDelete?(world: World, id: string): void
  view(world: World, one: One): Readonly<Record<string, unknown>>
}

/** Create, list, get, update and delete. */
export function objectRoutes<One extends IamRecord>(world: World, kind: ObjectKind<One>): Route[] {
  const { singular, plural } = kind
  const id = `${singular}_id`
  const route = (name: string, method: Method, path: string, handle: Route['handle']): Route => {
    return { name: `${plural}.${name}`, method, pattern: `${iamBase}/${plural}${path}`, handle }
  }
  const named = (call: Call) => findObject(world, kind, param(call, id))
  return [
    route('create', 'POST', '', (call) => createObject(world, kind, call)),
    route('list', 'GET', '', (call) => listObjects(world, kind, call)),
    route('get', 'GET', `/:${id}`, (call) => {
      permitIam(world, call, `${singular}:read`)
      return { status: 200, body: kind.view(world, named(call)) }
    }),
    route('update', 'PATCH', `/:${id}`, (call) => {
      permitIam(world, call, `${singular}:write`)
      return updateObject(world, kind, call, named(call))
    }),
    route('delete', 'DELETE', `/:${id}`, (call) => {
      permitIam(world, call, `${singular}:write`)
      return deleteObject(world, kind, named(call))
    }),
  ]
}

/** @throws ApiError 404 */
export function findObject<One extends IamRecord>(world: World, kind: ObjectKind<One>, id: string): One {
  const one = kind.of(world).get(id.toLowerCase())
  if (!one) throw notFound(kind.singular, id)
  return one
}

/** Policies of a user, an application or a group that is deleted stay, attached to nobody. */
export function detachPolicies(world: World, id: string): void {
  for (const policy of world.iam.policies.values()) if (policy.principal?.id === id) policy.principal = null
}

// --- internal ---

function createObject<One extends IamRecord>(world: World, kind: ObjectKind<One>, call: Call): Answer {
  permitIam(world, call, `${kind.singular}:write`)
  const body = call.body()
  checkOrganization(world, body)
  const fields = kind.readNew(world, body)
  body.done()
  const one = { id: randomUUID(), createdAt: call.now, ...fields, updatedAt: call.now } as One
  kind.check?.(world, one)
  const all = kind.of(world)
  const limit = kind.plural === 'users' ? Number.POSITIVE_INFINITY : world.limits[kind.plural]
  const size = kind.counted?.(world) ?? all.size
  if (size >= limit) throw quotasExceeded(kind.singular, limit, size, world.iam.organizationId)
  all.set(one.id, one)
  return { status: 200, body: kind.view(world, one) }
}

function listObjects<One extends IamRecord>(world: World, kind: ObjectKind<One>, call: Call): Answer {
  permitIam(world, call, `${kind.singular}:read`)
  requireOrganization(world, call)
  const matches = [...kind.of(world).values()].filter(kind.filter(call.query, world))
  return listAnswer(call, kind.plural, matches, kind.orders, (one) => kind.view(world, one))
}

function updateObject<One extends IamRecord>(world: World, kind: ObjectKind<One>, call: Call, one: One): Answer {
  kind.refuseChange?.(one)
  const body = call.body()
  const changed = kind.readChanged(body, one)
  body.done()
  kind.check?.(world, { ...changed, id: one.id })
  Object.assign(one, changed, { updatedAt: call.now })
  return { status: 200, body: kind.view(world, one) }
}

function deleteObject<One extends IamRecord>(world: World, kind: ObjectKind<One>, one: One): Answer {
  const { id } = one
  kind.refuseChange?.(one)
  kind.beforeDelete?.(world, id)
  kind.of(world).delete(id)
  return { status: 204 }
}

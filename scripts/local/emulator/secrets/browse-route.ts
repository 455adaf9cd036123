import { compare } from '../../../lib/problems.ts'
import type { Call } from '../http/call.ts'
import { pageOf, readOrder, readPage } from '../http/paging.ts'
import type { Answer, Route } from '../http/router.ts'
import type { World } from '../world.ts'
import { regionOf } from './find-secret.ts'
import { permittedProject, readType } from './list-routes.ts'
import { normalPath } from './names.ts'
import { countedVersions, type SecretRecord } from './records.ts'
import { policyView } from './views.ts'

/** One level of the folder tree: the secrets of a folder and the folders below it. */
export function browseRoute(world: World): Route {
  const pattern = '/secret-manager/v1beta1/regions/:region/secrets/browse'
  return { name: 'secrets.browse', method: 'GET', pattern, handle: (call) => browse(world, call) }
}

// --- internal ---

interface Item {
  readonly name: string
  createdAt: Date
  updatedAt: Date
  readonly secret: SecretRecord | null
}

const orders = {
  name: (item: Item) => item.name,
  created_at: (item: Item) => item.createdAt.getTime(),
  updated_at: (item: Item) => item.updatedAt.getTime(),
}

function browse(world: World, call: Call): Answer {
  const region = regionOf(call)
  const { query } = call
  const prefix = normalPath(query.text('prefix') || '/')
  if (prefix === undefined) query.refuse('prefix', 'format', 'expected a path that starts with /')
  const page = readPage(query)
  const order = readOrder(query, orders)
  const tags = query.texts('tags') ?? []
  const type = readType(query)
  call.touched.secretPath = prefix ?? '/'
  const projectId = permittedProject(world, call)

  const items: Item[] = []
  const folders = new Map<string, Item>()
  for (const secret of world.secrets.candidates({ region, projectId })) {
    if (secret.region !== region || secret.deletionRequestedAt) continue
    if (type !== undefined && secret.type !== type) continue
    if (!tags.every((tag) => secret.tags.includes(tag))) continue
    if (secret.path === prefix) items.push({ ...secret, secret })
    else addFolder(folders, secret, prefix ?? '/')
  }
  items.push(...folders.values())
  items.sort((a, b) => order(a, b) || compare(a.name, b.name) || compare(a.secret?.id ?? '', b.secret?.id ?? ''))
  const body = { items: pageOf(items, page).map(itemView), current_path: prefix, total_count: items.length }
  return { status: 200, body }
}

/** A folder is as old as its oldest secret and as fresh as the one changed last. */
function addFolder(folders: Map<string, Item>, { path, createdAt, updatedAt }: SecretRecord, prefix: string): void {
  const above = prefix === '/' ? '/' : `${prefix}/`
  if (!path.startsWith(above)) return
  const name = path.slice(above.length).split('/')[0] ?? ''
  const folder = folders.get(name)
  if (!folder) folders.set(name, { name, createdAt, updatedAt, secret: null })
  else {
    if (createdAt < folder.createdAt) folder.createdAt = createdAt
    if (updatedAt > folder.updatedAt) folder.updatedAt = updatedAt
  }
}

function itemView({ name, createdAt, updatedAt, secret }: Item) {
  const common = { name, created_at: createdAt.toISOString(), updated_at: updatedAt.toISOString() }
  if (!secret) return { ...common, folder: {} }
  return {
    ...common,
    secret: {
      id: secret.id,
      tags: secret.tags,
      version_count: countedVersions(secret),
      protected: secret.protected,
      ephemeral_policy: policyView(secret.ephemeralPolicy),
      type: secret.type,
    },
  }
}

import type { Route } from '../http/router.ts'
import type { World } from '../world.ts'
import { editable, readChangedLabels, readEditable, readNewLabels } from './iam-call.ts'
import { detachPolicies, findObject, type ObjectKind, objectRoutes } from './object-routes.ts'
import type { ApplicationRecord } from './records.ts'

export function applicationRoutes(world: World): Route[] {
  return objectRoutes(world, applications)
}

/** @throws ApiError 404 */
export function findApplication(world: World, id: string): ApplicationRecord {
  return findObject(world, applications, id)
}

// --- internal ---

const applications: ObjectKind<ApplicationRecord> = {
  singular: 'application',
  plural: 'applications',
  orders: {
    created_at: (application) => application.createdAt.getTime(),
    updated_at: (application) => application.updatedAt.getTime(),
    name: (application) => application.name,
  },
  of: (world) => world.iam.applications,
  readNew: (_, body) => readNewLabels(body),
  readChanged: readChangedLabels,
  filter(query) {
    const name = query.text('name')
    const ids = query.texts('application_ids')
    const tag = query.text('tag')
    const isEditable = readEditable(query)
    return (application) =>
      isEditable(true) &&
      (!name || application.name.includes(name)) &&
      (!ids || ids.includes(application.id)) &&
      (!tag || application.tags.includes(tag))
  },
  /** Its keys go with it, and it leaves its groups. */
  beforeDelete(world, id) {
    for (const key of keysOf(world, id)) world.iam.removeKey(key.accessKey)
    detachPolicies(world, id)
    for (const group of world.iam.groups.values())
      group.applicationIds = group.applicationIds.filter((member) => member !== id)
  },
  view: (world, { id, name, description, createdAt, updatedAt, tags }) => ({
    id,
    name,
    description,
    created_at: createdAt.toISOString(),
    updated_at: updatedAt.toISOString(),
    organization_id: world.iam.organizationId,
    ...editable,
    nb_api_keys: keysOf(world, id).length,
    tags,
  }),
}

function keysOf(world: World, applicationId: string) {
  return [...world.iam.keys.values()].filter((key) => key.bearer.id === applicationId)
}

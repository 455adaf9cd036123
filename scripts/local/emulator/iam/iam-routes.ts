import type { Call } from '../http/call.ts'
import type { Answer, Route } from '../http/router.ts'
import type { World } from '../world.ts'
import { applicationRoutes } from './application-routes.ts'
import { groupRoutes } from './group-routes.ts'
import { iamBase, listAnswer, permitIam, requireOrganization } from './iam-call.ts'
import { keyRoutes } from './key-routes.ts'
import { type PermissionSet, permissionSets } from './permission-sets.ts'
import { policyRoutes } from './policy-routes.ts'
import { userRoutes } from './user-routes.ts'

/** The IAM endpoints that tools need to give an application its key and its rules. */
export function iamRoutes(world: World): Route[] {
  return [
    ...userRoutes(world),
    ...applicationRoutes(world),
    ...groupRoutes(world),
    ...keyRoutes(world),
    ...policyRoutes(world),
    {
      name: 'permission-sets.list',
      method: 'GET',
      pattern: `${iamBase}/permission-sets`,
      handle: (call) => listPermissionSets(world, call),
    },
  ]
}

// --- internal ---

function listPermissionSets(world: World, call: Call): Answer {
  permitIam(world, call, 'permission_set:read')
  requireOrganization(world, call)
  // All of them have always been there: by time they stay in the order of their names.
  const orders = { name: (set: PermissionSet) => set.name, created_at: () => 0 }
  return listAnswer(call, 'permission_sets', permissionSets, orders, (set) => ({
    id: set.name,
    name: set.name,
    scope_type: set.scope,
    description: set.description,
    categories: [],
  }))
}

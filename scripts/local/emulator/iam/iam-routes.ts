import type { Call } from '../http/call.ts'
import type { Answer, Route } from '../http/router.ts'
import type { World } from '../world.ts'
import { applicationRoutes } from './application-routes.ts'
import { groupRoutes } from './group-routes.ts'
import { iamBase, listAnswer, permitIam } from './iam-call.ts'
import { keyRoutes } from './key-routes.ts'
import { permissionSets } from './permission-sets.ts'
import { policyRoutes } from './policy-routes.ts'

/** The IAM endpoints that tools need to give an application its key and its rules. */
export function iamRoutes(world: World): Route[] {
  return [
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
  permitIam(world, call, 'iam:read')
  return listAnswer(call, 'permission_sets', permissionSets, { name: (set) => set.name }, (set) => ({
    id: set.name,
    name: set.name,
    scope_type: set.scope,
    description: set.description,
    categories: [],
  }))
}

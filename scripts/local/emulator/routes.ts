import { projectRoutes } from './account/project-routes.ts'
import type { Route } from './http/router.ts'
import { iamRoutes } from './iam/iam-routes.ts'
import { accessRoutes } from './secrets/access-routes.ts'
import { browseRoute } from './secrets/browse-route.ts'
import { listRoutes } from './secrets/list-routes.ts'
import { secretRoutes } from './secrets/secret-routes.ts'
import { versionRoutes } from './secrets/version-routes.ts'
import type { World } from './world.ts'

/** Every call of the emulated API. Their names are what faults and counts go by. */
export function apiRoutes(world: World): Route[] {
  return [
    ...listRoutes(world),
    browseRoute(world),
    ...secretRoutes(world),
    ...versionRoutes(world),
    ...accessRoutes(world),
    ...iamRoutes(world),
    ...projectRoutes(world),
  ]
}

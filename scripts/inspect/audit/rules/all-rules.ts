import type { Rule } from '../world/world.ts'
import { codeReads, dynamicReads } from './code-reads.ts'
import { delivery } from './delivery.ts'
import { egress } from './egress.ts'
import { expansions } from './expansions.ts'
import { gatewayRoutes } from './gateway-routes.ts'
import { kustomize } from './kustomize.ts'
import { literals } from './literals.ts'
import { network } from './network.ts'
import { ownPods } from './own-pods.ts'
import { owners } from './owners.ts'
import { references } from './references.ts'
import { remoteRefs } from './remote-refs.ts'
import { routing } from './routing.ts'
import { serviceLinks } from './service-links.ts'
import { shadowed } from './shadowed.ts'
import { stores } from './stores.ts'
import { unknownFields } from './unknown-fields.ts'
import { unread } from './unread.ts'

/** Every rule; the order does not matter. */
export const allRules: readonly Rule[] = [
  ...[stores, unknownFields, remoteRefs, owners],
  ...[references, delivery, shadowed, expansions, literals],
  ...[ownPods, network, egress, routing, gatewayRoutes, kustomize],
  ...[codeReads, dynamicReads, unread, serviceLinks],
]

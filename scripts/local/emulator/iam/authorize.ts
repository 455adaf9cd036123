import { permissionsDenied } from '../http/api-error.ts'
import type { Call, Origin } from '../http/call.ts'
import { fullName, type SecretRecord } from '../secrets/records.ts'
import { conditionHolds, type ResourceFacts } from './conditions.ts'
import { type Action, permissionSet } from './permission-sets.ts'
import type { Principal, RuleRecord } from './records.ts'
import type { IamStore } from './store.ts'

export interface Demand {
  readonly action: Action
  /** The project acted on; null asks for a right on the whole organization. */
  readonly projectId: string | null
  /** Absent for a call that has no resource, such as a list. */
  readonly resource?: ResourceFacts
}

/**
 * Rules only ever allow, and add up over all policies of the principal: one rule that grants the action,
 * covers the project and whose condition holds is enough.
 */
export function isAllowed(
  iam: IamStore,
  principal: Principal,
  { action, projectId, resource }: Demand,
  { origin, now }: { readonly origin: Origin; readonly now: Date },
): boolean {
  if (principal.kind === 'owner') return true
  const request = { ip: origin.publicIp, time: now, userAgent: origin.userAgent }
  return iam
    .policiesOf(principal)
    .some(({ rules }) =>
      rules.some(
        (rule) =>
          grants(rule, action) &&
          covers(rule, projectId) &&
          (rule.condition === '' || conditionHolds(rule.condition, { resource, request })),
      ),
    )
}

/** @throws ApiError 403 naming the action and the resource, as Scaleway does. */
export function permit(iam: IamStore, call: Call, demand: Demand): void {
  if (isAllowed(iam, call.principal, demand, call)) return
  throw denied(demand.action)
}

/**
 * For calls where it is unknown whether Scaleway checks them with or without a resource
 * (creation, access by path): both must be allowed. See `open-questions.ts`.
 *
 * @throws ApiError 403
 */
export function permitEitherWay(iam: IamStore, call: Call, demand: Required<Demand>): void {
  permit(iam, call, demand)
  permit(iam, call, { action: demand.action, projectId: demand.projectId })
}

/** The fields of a secret that conditions can read. */
export function resourceFacts(secret: SecretRecord): ResourceFacts {
  return { id: secret.id, name: fullName(secret), locality: secret.region }
}

// --- internal ---

function grants(rule: RuleRecord, action: Action): boolean {
  return rule.permissionSetNames.some((name) => permissionSet(name)?.actions.includes(action))
}

function covers(rule: RuleRecord, projectId: string | null): boolean {
  return rule.projectIds === null || (projectId !== null && rule.projectIds.includes(projectId))
}

function denied(action: Action) {
  const [resource = '', verb = ''] = action.split(':')
  return permissionsDenied(verb, resource)
}

import { type Arguments, uuid } from '../http/arguments.ts'
import type { Method, Route } from '../http/router.ts'
import type { World } from '../world.ts'
import { findApplication } from './application-routes.ts'
import { findGroup } from './group-routes.ts'
import { editable, iamBase, listAnswer, permitIam, readChangedLabels, readEditable, readNewLabels } from './iam-call.ts'
import { findObject, type ObjectKind, objectRoutes } from './object-routes.ts'
import { type PolicyRecord, principalFields } from './records.ts'
import { readRules, ruleView } from './rules.ts'
import { findUser } from './user-routes.ts'

/** Policies and their rules. */
export function policyRoutes(world: World): Route[] {
  const route = (name: string, method: Method, path: string, handle: Route['handle']): Route => {
    return { name, method, pattern: `${iamBase}${path}`, handle }
  }
  return [
    ...objectRoutes(world, policies),
    route('rules.list', 'GET', '/rules', (call) => {
      permitIam(world, call, 'policy:read')
      const policyId = call.query.text('policy_id', { ...uuid, required: true }) ?? ''
      call.query.done()
      const { rules } = findObject(world, policies, policyId)
      return listAnswer(call, 'rules', rules, {}, (rule) => ruleView(world, rule))
    }),
    route('rules.set', 'PUT', '/rules', (call) => {
      permitIam(world, call, 'policy:write')
      const body = call.body()
      const policyId = body.text('policy_id', { ...uuid, required: true }) ?? ''
      const rules = readRules(world, body)
      body.done()
      const policy = findObject(world, policies, policyId)
      Object.assign(policy, { rules, updatedAt: call.now })
      return { status: 200, body: { rules: rules.map((rule) => ruleView(world, rule)) } }
    }),
  ]
}

// --- internal ---

const policies: ObjectKind<PolicyRecord> = {
  singular: 'policy',
  plural: 'policies',
  orders: {
    policy_name: (policy) => policy.name,
    created_at: (policy) => policy.createdAt.getTime(),
  },
  of: (world) => world.iam.policies,
  readNew(world, body) {
    const principal = readPrincipal(body)
    const fields = { ...readNewLabels(body), principal: principal ?? null, rules: readRules(world, body) }
    if (principal === undefined && !principalFields.some((field) => body.has(field)))
      body.refuse('application_id', 'required', `expected one of ${principalFields.join(', ')}, no_principal`)
    return fields
  },
  readChanged(body, current) {
    const labels = readChangedLabels(body, current)
    const principal = readPrincipal(body)
    return principal === undefined ? labels : { ...labels, principal }
  },
  check(world, { principal }) {
    if (principal?.field === 'application_id') findApplication(world, principal.id)
    if (principal?.field === 'group_id') findGroup(world, principal.id)
    if (principal?.field === 'user_id') findUser(world, principal.id)
  },
  filter(query) {
    const principals = [
      ...(query.texts('application_ids') ?? []),
      ...(query.texts('user_ids') ?? []),
      ...(query.texts('group_ids') ?? []),
    ]
    const ids = query.texts('policy_ids')
    const name = query.text('policy_name')
    const unattached = query.flag('no_principal')
    const tag = query.text('tag')
    const isEditable = readEditable(query)
    return (policy) =>
      isEditable(true) &&
      (principals.length === 0 || principals.includes(policy.principal?.id ?? '')) &&
      (!ids || ids.includes(policy.id)) &&
      (!name || policy.name.includes(name)) &&
      (unattached === undefined || unattached === (policy.principal === null)) &&
      (!tag || policy.tags.includes(tag))
  },
  view(world, { id, name, description, createdAt, updatedAt, tags, principal, rules }) {
    const projects = new Set(rules.flatMap((rule) => rule.projectIds ?? [world.iam.organizationId]))
    return {
      id,
      name,
      description,
      organization_id: world.iam.organizationId,
      created_at: createdAt.toISOString(),
      updated_at: updatedAt.toISOString(),
      ...editable,
      nb_rules: rules.length,
      nb_scopes: projects.size,
      nb_permission_sets: new Set(rules.flatMap((rule) => rule.permissionSetNames)).size,
      tags,
      ...(principal ? { [principal.field]: principal.id } : { no_principal: true }),
    }
  },
}

/** Undefined when none of the fields is there. */
function readPrincipal(body: Arguments): PolicyRecord['principal'] | undefined {
  const given = principalFields.flatMap((field) => {
    const id = body.text(field, uuid)
    return id === undefined ? [] : [{ field, id }]
  })
  const nobody = body.flag('no_principal') ?? false
  if (given.length + Number(nobody) > 1)
    body.refuse('application_id', 'constraint', `expected only one of ${principalFields.join(', ')}, no_principal`)
  return nobody ? null : given[0]
}

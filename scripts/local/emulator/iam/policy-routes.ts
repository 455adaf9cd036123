import { randomUUID } from 'node:crypto'
import { notFound, quotasExceeded } from '../http/api-error.ts'
import { type Arguments, uuid } from '../http/arguments.ts'
import { type Call, param } from '../http/call.ts'
import type { Keys } from '../http/pages.ts'
import type { Answer, Method, Route } from '../http/router.ts'
import type { World } from '../world.ts'
import { findApplication } from './application-routes.ts'
import { findGroup } from './group-routes.ts'
import {
  checkOrganization,
  editable,
  iamBase,
  listAnswer,
  permitIam,
  readChangedLabels,
  readNewLabels,
} from './iam-call.ts'
import { type PolicyRecord, principalFields } from './records.ts'
import { readRules, ruleView } from './rules.ts'

/** Policies and their rules. */
export function policyRoutes(world: World): Route[] {
  const route = (name: string, method: Method, path: string, handle: Route['handle']): Route => {
    return { name, method, pattern: `${iamBase}${path}`, handle }
  }
  return [
    route('policies.create', 'POST', '/policies', (call) => createPolicy(world, call)),
    route('policies.list', 'GET', '/policies', (call) => listPolicies(world, call)),
    route('policies.get', 'GET', '/policies/:policy_id', (call) => {
      permitIam(world, call, 'iam:read')
      return { status: 200, body: view(world, findPolicy(world, param(call, 'policy_id'))) }
    }),
    route('policies.update', 'PATCH', '/policies/:policy_id', (call) => updatePolicy(world, call)),
    route('policies.delete', 'DELETE', '/policies/:policy_id', (call) => {
      permitIam(world, call, 'iam:write')
      world.iam.policies.delete(findPolicy(world, param(call, 'policy_id')).id)
      return { status: 204 }
    }),
    route('rules.list', 'GET', '/rules', (call) => {
      permitIam(world, call, 'iam:read')
      const policyId = call.query.text('policy_id', { ...uuid, required: true }) ?? ''
      call.query.done()
      const { rules } = findPolicy(world, policyId)
      return listAnswer(call, 'rules', rules, {}, (rule) => ruleView(world, rule))
    }),
    route('rules.set', 'PUT', '/rules', (call) => {
      permitIam(world, call, 'iam:write')
      const body = call.body()
      const policyId = body.text('policy_id', { ...uuid, required: true }) ?? ''
      const rules = readRules(world, body)
      body.done()
      const policy = findPolicy(world, policyId)
      Object.assign(policy, { rules, updatedAt: call.now })
      return { status: 200, body: { rules: rules.map((rule) => ruleView(world, rule)) } }
    }),
  ]
}

// --- internal ---

const orders: Keys<PolicyRecord> = {
  policy_name: (policy) => policy.name,
  created_at: (policy) => policy.createdAt.getTime(),
}

function createPolicy(world: World, call: Call): Answer {
  permitIam(world, call, 'iam:write')
  const body = call.body()
  checkOrganization(world, body)
  const principal = readPrincipal(body)
  const policy: PolicyRecord = {
    id: randomUUID(),
    createdAt: call.now,
    ...readNewLabels(body),
    updatedAt: call.now,
    principal: principal ?? null,
    rules: readRules(world, body),
  }
  if (principal === undefined)
    body.refuse('application_id', 'required', `expected one of ${principalFields.join(', ')}, no_principal`)
  body.done()
  checkPrincipal(world, policy.principal)
  const { size } = world.iam.policies
  if (size >= world.limits.policies)
    throw quotasExceeded('policy', world.limits.policies, size, world.iam.organizationId)
  world.iam.policies.set(policy.id, policy)
  return { status: 200, body: view(world, policy) }
}

function listPolicies(world: World, call: Call): Answer {
  permitIam(world, call, 'iam:read')
  const { query } = call
  checkOrganization(world, query)
  const principals = [
    ...(query.texts('application_ids') ?? []),
    ...(query.texts('user_ids') ?? []),
    ...(query.texts('group_ids') ?? []),
  ]
  const ids = query.texts('policy_ids')
  const name = query.text('policy_name')
  const unattached = query.flag('no_principal')
  const tag = query.text('tag')
  const matches = [...world.iam.policies.values()].filter(
    (policy) =>
      (principals.length === 0 || principals.includes(policy.principal?.id ?? '')) &&
      (!ids || ids.includes(policy.id)) &&
      (!name || policy.name.includes(name)) &&
      (unattached === undefined || unattached === (policy.principal === null)) &&
      (!tag || policy.tags.includes(tag)),
  )
  return listAnswer(call, 'policies', matches, orders, (policy) => view(world, policy))
}

function updatePolicy(world: World, call: Call): Answer {
  permitIam(world, call, 'iam:write')
  const policy = findPolicy(world, param(call, 'policy_id'))
  const body = call.body()
  const labels = readChangedLabels(body, policy)
  const principal = readPrincipal(body)
  body.done()
  checkPrincipal(world, principal ?? null)
  Object.assign(policy, { ...labels, updatedAt: call.now })
  if (principal !== undefined) policy.principal = principal
  return { status: 200, body: view(world, policy) }
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

function checkPrincipal(world: World, principal: PolicyRecord['principal']): void {
  if (principal?.field === 'application_id') findApplication(world, principal.id)
  if (principal?.field === 'group_id') findGroup(world, principal.id)
}

function findPolicy(world: World, id: string): PolicyRecord {
  const policy = world.iam.policies.get(id.toLowerCase())
  if (!policy) throw notFound('policy', id)
  return policy
}

function view(world: World, { id, name, description, createdAt, updatedAt, tags, principal, rules }: PolicyRecord) {
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
}

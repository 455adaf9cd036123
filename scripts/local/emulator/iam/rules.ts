import { randomUUID } from 'node:crypto'
import { permissionsDenied } from '../http/api-error.ts'
import { type Arguments, uuid } from '../http/arguments.ts'
import type { World } from '../world.ts'
import { conditionProblem } from './conditions.ts'
import { isUnknownSet, permissionSet } from './permission-sets.ts'
import type { RuleRecord } from './records.ts'

/** The rules of a policy, all read before any is refused. Only the syntax of a condition is checked, not its meaning. */
export function readRules(world: World, body: Arguments): RuleRecord[] {
  return (body.objects('rules') ?? []).map((rule) => readRule(world, rule))
}

export function ruleView(world: World, { id, permissionSetNames, condition, projectIds }: RuleRecord) {
  return {
    id,
    permission_set_names: permissionSetNames,
    permission_sets_scope_type: scopeOf(permissionSetNames) ?? 'projects',
    condition,
    ...(projectIds ? { project_ids: projectIds } : { organization_id: world.iam.organizationId }),
  }
}

// --- internal ---

function readRule(world: World, rule: Arguments): RuleRecord {
  const names = rule.texts('permission_set_names') ?? []
  const text = rule.text('condition') ?? ''
  const condition = text.trim() === '' ? '' : text
  const projectIds = rule.texts('project_ids', uuid)
  const organizationId = rule.text('organization_id', uuid)

  if (names.length === 0) rule.refuse('permission_set_names', 'required', 'is required')
  for (const name of names.filter(isUnknownSet))
    rule.refuse('permission_set_names', 'constraint', `there is no permission set ${name}`)
  const problem = condition === '' ? undefined : conditionProblem(condition)
  if (problem !== undefined) rule.refuse('condition', 'format', `not a CEL expression: ${problem}`)
  if (rule.has('project_ids') === rule.has('organization_id'))
    rule.refuse('project_ids', 'required', 'expected exactly one of project_ids and organization_id')
  if (projectIds?.length === 0) rule.refuse('project_ids', 'required', 'is required')
  if (projectIds && names.some((name) => permissionSet(name)?.scope === 'organization'))
    rule.refuse('permission_set_names', 'constraint', 'a set of organization scope needs organization_id')
  if (organizationId !== undefined && organizationId !== world.iam.organizationId)
    throw permissionsDenied('read', 'organization')
  return { id: randomUUID(), permissionSetNames: names, condition, projectIds: projectIds ?? null }
}

function scopeOf(names: readonly string[]): 'projects' | 'organization' | undefined {
  return names.flatMap((name) => permissionSet(name)?.scope ?? [])[0]
}

import { isRecord } from '../lib/record.ts'

/** The objects of IAM that say who has which right. */
export type RightsObject = keyof typeof knownFields

/** A field that Scaleway sends and that is not in the API as it is known here: it may give or take rights. */
export interface UnknownField {
  readonly object: RightsObject
  readonly field: string
  /** Of the first object that has it. */
  readonly name: string
}

/** Names of the fields of an object that have a value, and that no version of the API known here has. */
export function unknownFieldsOf(object: RightsObject, value: object): string[] {
  const known: readonly string[] = knownFields[object]
  return Object.entries(value)
    .filter(([name, content]) => !known.includes(name) && hasValue(content))
    .map(([name]) => name)
    .sort()
}

/** The unknown field of an object that holds this id, in whatever form. */
export function unknownFieldWith(object: RightsObject, value: object, id: string): string | undefined {
  const content: Readonly<Record<string, unknown>> = { ...value }
  return unknownFieldsOf(object, value).find((name) => holds(content[name], id))
}

// --- internal ---

/** Source: scaleway-sdk-go of August 2026, api/iam/v1alpha1: Group, Policy and Rule. */
const knownFields = {
  group: [
    'id',
    'created_at',
    'updated_at',
    'organization_id',
    'name',
    'description',
    'user_ids',
    'application_ids',
  ].concat(['tags', 'editable', 'deletable', 'managed', 'all_users', 'all_applications', 'srn']),
  policy: ['id', 'name', 'description', 'organization_id', 'created_at', 'updated_at', 'editable', 'deletable'].concat(
    ['managed', 'nb_rules', 'nb_scopes', 'nb_permission_sets', 'tags', 'user_id', 'group_id', 'application_id'],
    ['no_principal', 'srn'],
  ),
  rule: ['id', 'permission_set_names', 'permission_sets_scope_type', 'condition', 'project_ids'].concat([
    'organization_id',
    'account_root_user_id',
    'srn',
  ]),
} as const

/** What a field without a meaning has: an API that gets a new field sends it for every object. */
function hasValue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0
  if (isRecord(value)) return Object.values(value).some(hasValue)
  return value !== undefined && value !== null && value !== false && value !== '' && value !== 0
}

function holds(value: unknown, id: string): boolean {
  if (typeof value === 'string') return value === id
  if (Array.isArray(value)) return value.some((one) => holds(one, id))
  return isRecord(value) && Object.entries(value).some(([key, one]) => key === id || holds(one, id))
}

import { permissionsDenied } from '../http/api-error.ts'
import { type Arguments, uuid } from '../http/arguments.ts'
import type { Call } from '../http/call.ts'
import { type Keys, pageOf, readOrder, readPage } from '../http/paging.ts'
import type { Answer } from '../http/router.ts'
import type { World } from '../world.ts'
import { permit } from './authorize.ts'
import type { IamAction, ProjectAction } from './permission-sets.ts'

export const iamBase = '/iam/v1alpha1'

/** Name of an application or a policy, as the SDK documents it. */
const iamNameRules = {
  pattern: /^[a-zA-Z0-9()._\- ]{1,64}$/,
  expected: '1 to 64 letters, digits, spaces and ()._-',
} as const

export const descriptionRules = { maxLength: 200 } as const

/** IAM belongs to the organization: only rules of organization scope count. */
export function permitIam(world: World, call: Call, action: IamAction | ProjectAction): void {
  permit(world.iam, call, { action, projectId: null })
}

/** `organization_id` may be left out, but may not be another one. */
export function checkOrganization(world: World, args: Arguments): void {
  const organizationId = args.text('organization_id', uuid)
  if (organizationId !== undefined && organizationId !== world.iam.organizationId)
    throw permissionsDenied('read', 'organization')
}

/** The organization of a list, which the documentation requires. A client without a default organization sends an empty one. */
export function requireOrganization(world: World, { query }: Call): void {
  if (query.text('organization_id') === '' || !query.has('organization_id'))
    query.refuse('organization_id', 'required', 'is required')
  else checkOrganization(world, query)
}

/** The filter `editable` of a list. */
export function readEditable(query: Arguments): (isEditable: boolean) => boolean {
  const wanted = query.flag('editable')
  return (isEditable) => wanted === undefined || wanted === isEditable
}

/** At most 10 tags. */
export function readTags(args: Arguments): string[] | undefined {
  const tags = args.texts('tags')
  if (tags && tags.length > 10) args.refuse('tags', 'constraint', 'expected at most 10 tags')
  return tags
}

/** One sorted page, with the total beside it. */
export function listAnswer<T>(
  call: Call,
  field: string,
  items: readonly T[],
  keys: Keys<T>,
  view: (item: T) => unknown,
): Answer {
  const page = readPage(call.query)
  const order = readOrder(call.query, keys)
  call.query.done()
  const sorted = [...items].sort(order)
  return { status: 200, body: { [field]: pageOf(sorted, page).map(view), total_count: sorted.length } }
}

/** Fields an IAM object shows when it is not one of Scaleway's own. */
export const editable = { editable: true, deletable: true, managed: false } as const

/** How an application or a policy is called and described. */
export interface Labels {
  readonly name: string
  readonly description: string
  readonly tags: string[]
}

/** The labels of a new object: the name is required. */
export function readNewLabels(body: Arguments): Labels {
  return {
    name: body.text('name', { required: true, ...iamNameRules }) ?? '',
    description: body.text('description', descriptionRules) ?? '',
    tags: readTags(body) ?? [],
  }
}

/** The labels after a PATCH: what it leaves out stays. */
export function readChangedLabels(body: Arguments, current: Labels): Labels {
  return {
    name: body.text('name', iamNameRules) ?? current.name,
    description: body.text('description', descriptionRules) ?? current.description,
    tags: readTags(body) ?? current.tags,
  }
}

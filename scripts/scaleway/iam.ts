import type { ScalewayAccount, ScalewayConnection } from './connection.ts'
import { type ScalewayRequest, scalewayRequest } from './http.ts'
import { listIn } from './unreadable.ts'

/** A rule of a policy, as the API takes it. */
export interface PolicyRule {
  readonly permission_set_names: readonly string[]
  readonly project_ids: readonly string[]
  /** CEL; empty for none. */
  readonly condition?: string
}

/** A rule of a policy, as the API returns it: for projects, or for the whole organization. */
export interface LiveRule {
  readonly permission_set_names: readonly string[] | null
  readonly project_ids?: readonly string[] | null
  readonly organization_id?: string | null
  /** CEL; empty for none. */
  readonly condition: string
}

/** An IAM application. Names are not unique in Scaleway: two may have the same. */
export interface Application {
  readonly id: string
  readonly name: string
}

/** An API key. The secret key is shown once, at creation. */
export interface ApiKey {
  readonly access_key: string
  readonly secret_key: string
}

/** An API key as a list shows it, without its secret key. Dates are RFC 3339. */
export interface ApiKeyEntry {
  readonly access_key: string
  readonly description: string
  readonly created_at: string
  /** Null: it never expires. */
  readonly expires_at: string | null
  readonly application_id?: string | null
}

/** A policy, without its rules: attached to one application, group or user, or to nobody. */
export interface Policy {
  readonly id: string
  readonly name: string
  readonly application_id?: string | null
  readonly group_id?: string | null
  readonly user_id?: string | null
  readonly no_principal?: boolean | null
}

export interface Group {
  readonly id: string
  readonly name: string
  readonly application_ids?: readonly string[] | null
  /** It holds every application of the organization, without a list of them. */
  readonly all_applications?: boolean | null
}

/** Source of all of this: Scaleway IAM API v1alpha1. */
const base = '/iam/v1alpha1'

export function createApplication(
  account: ScalewayAccount,
  organizationId: string,
  name: string,
): Promise<{ readonly id: string }> {
  return scalewayRequest(account, {
    method: 'POST',
    path: `${base}/applications`,
    body: { name, organization_id: organizationId, description: '' },
  })
}

/** Applications of an organization, in the order of their creation. `name` matches any part of a name. */
export function listApplications(
  account: ScalewayConnection,
  organizationId: string,
  { name }: { readonly name?: string } = {},
): Promise<Application[]> {
  const query = { organization_id: organizationId, order_by: 'created_at_asc', ...(name === undefined ? {} : { name }) }
  return listAll(account, 'applications', 'applications', query)
}

/** Applications of exactly this name, the oldest first: more than one is a mistake that a person has to correct. */
export async function applicationsNamed(
  account: ScalewayConnection,
  organizationId: string,
  name: string,
): Promise<Application[]> {
  const applications = await listApplications(account, organizationId, { name })
  return applications.filter((application) => application.name === name)
}

/** The oldest application of exactly this name, or undefined. */
export async function findApplication(
  account: ScalewayConnection,
  organizationId: string,
  name: string,
): Promise<Application | undefined> {
  return (await applicationsNamed(account, organizationId, name))[0]
}

export function createPolicy(
  account: ScalewayAccount,
  organizationId: string,
  policy: { readonly name: string; readonly applicationId: string; readonly rules: readonly PolicyRule[] },
): Promise<{ readonly id: string }> {
  return scalewayRequest(account, {
    method: 'POST',
    path: `${base}/policies`,
    body: {
      name: policy.name,
      description: '',
      organization_id: organizationId,
      application_id: policy.applicationId,
      rules: policy.rules,
    },
  })
}

/** Every policy of an organization: those of groups can give rights to an application too. */
export function listPolicies(account: ScalewayConnection, organizationId: string): Promise<Policy[]> {
  return listAll(account, 'policies', 'policies', { organization_id: organizationId, order_by: 'created_at_asc' })
}

export function listRules(account: ScalewayConnection, policyId: string): Promise<LiveRule[]> {
  return listAll(account, 'rules', 'rules', { policy_id: policyId })
}

/** Every group of an organization, with the ids of the applications in it. */
export function listGroups(account: ScalewayConnection, organizationId: string): Promise<Group[]> {
  return listAll(account, 'groups', 'groups', { organization_id: organizationId, order_by: 'created_at_asc' })
}

/** @param expiresAt when the key stops working */
export function createApiKey(
  account: ScalewayAccount,
  applicationId: string,
  { description, expiresAt }: { readonly description: string; readonly expiresAt: Date },
): Promise<ApiKey> {
  return scalewayRequest(account, {
    method: 'POST',
    path: `${base}/api-keys`,
    body: { application_id: applicationId, description, expires_at: expiresAt.toISOString() },
  })
}

/** Every key of an application, expired ones too, the oldest first. `expired` is judged by Scaleway's own clock. */
export function listApiKeys(
  account: ScalewayConnection & { readonly organizationId?: string | undefined },
  applicationId: string,
  { expired }: { readonly expired?: boolean } = {},
): Promise<ApiKeyEntry[]> {
  // Documented as optional, but required by the service: Scaleway's own command line tool always sends it.
  const organization = account.organizationId === undefined ? {} : { organization_id: account.organizationId }
  const filter = expired === undefined ? {} : { expired: String(expired) }
  const query = { ...organization, bearer_id: applicationId, ...filter, order_by: 'created_at_asc' }
  return listAll(account, 'api-keys', 'api_keys', query)
}

/** Scaleway has no switch for a key: it is disabled by an expiry, which must be in the future when the request arrives. */
export async function expireApiKey(account: ScalewayAccount, accessKey: string, expiresAt: Date): Promise<void> {
  await scalewayRequest(account, {
    method: 'PATCH',
    path: keyPath(accessKey),
    body: { expires_at: expiresAt.toISOString() },
  })
}

export async function deleteApiKey(account: ScalewayAccount, accessKey: string): Promise<void> {
  await scalewayRequest(account, { method: 'DELETE', path: keyPath(accessKey) })
}

// --- internal ---

const pageSize = 100

/** Everything of a paged list. It ends on a short page too: `total_count` may change while we read. */
async function listAll<T>(
  account: ScalewayConnection,
  path: string,
  field: string,
  query: NonNullable<ScalewayRequest['query']>,
): Promise<T[]> {
  const items: T[] = []
  for (let page = 1; ; page++) {
    const request = {
      method: 'GET',
      path: `${base}/${path}`,
      query: { ...query, page, page_size: pageSize },
    } as const
    const answer = await scalewayRequest<Readonly<Record<string, unknown>>>(account, request)
    const found = listIn<T>(answer, field, request)
    items.push(...found)
    if (found.length < pageSize || items.length >= Number(answer.total_count)) return items
  }
}

function keyPath(accessKey: string): string {
  return `${base}/api-keys/${encodeURIComponent(accessKey)}`
}

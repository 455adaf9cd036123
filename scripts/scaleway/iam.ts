import { type ScalewayAccount, scalewayRequest } from './http.ts'

/** A rule of a policy, as the API takes it. */
export interface PolicyRule {
  readonly permission_set_names: readonly string[]
  readonly project_ids: readonly string[]
  /** CEL; empty for none. */
  readonly condition?: string
}

/** An API key. The secret key is told once, at creation. */
export interface ApiKey {
  readonly access_key: string
  readonly secret_key: string
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

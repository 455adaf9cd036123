/** A response other than success, worded as Scaleway words it. Never carries a payload, a token or a key. */
export class ApiError extends Error {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, body: Readonly<Record<string, unknown>>, headers: Readonly<Record<string, string>> = {}) {
    super(String(body.message))
    this.name = 'ApiError'
    this.status = status
    this.body = body
    this.headers = headers
  }
}

/** Why an argument is refused: `required` it is missing, `format` it is malformed, `constraint` a rule forbids it. */
export interface ArgumentProblem {
  readonly argument_name: string
  readonly help_message: string
  readonly reason: 'required' | 'format' | 'constraint'
}

// Recorded live in the cassettes of terraform-provider-scaleway: 400, 403, 404, 412, and `resource already exists`.
// Read from the parsers of the official clients: 401, 409, 429, quotas_exceeded.

export function invalidArguments(...details: readonly ArgumentProblem[]): ApiError {
  return new ApiError(400, { details, message: 'invalid argument(s)', type: 'invalid_arguments' })
}

export function deniedAuthentication(reason: 'invalid_argument' | 'not_found' | 'expired'): ApiError {
  const message = 'authentication is denied'
  return new ApiError(401, { message, method: 'api_key', reason, type: 'denied_authentication' })
}

/** The Go client prints `insufficient permissions: <action> <resource>`. */
export function permissionsDenied(action: string, resource: string): ApiError {
  const details = [{ action, resource }]
  return new ApiError(403, { details, message: 'insufficient permissions', type: 'permissions_denied' })
}

export function quotasExceeded(resource: string, quota: number, current: number, organizationId: string): ApiError {
  const details = [{ resource, quota, current, organization_id: organizationId }]
  return new ApiError(403, { details, message: 'quota(s) exceeded', type: 'quotas_exceeded' })
}

export function notFound(resource: string, resourceId: string): ApiError {
  const message = 'resource is not found'
  return new ApiError(404, { message, resource, resource_id: resourceId, type: 'not_found' })
}

export function alreadyExists(resource: string, resourceId: string, help: string): ApiError {
  const message = 'resource already exists'
  return new ApiError(409, { help_message: help, message, resource, resource_id: resourceId, type: 'already_exists' })
}

export function preconditionFailed(
  precondition: 'protected_resource' | 'resource_not_usable' | 'attribute_must_be_set',
  help: string,
): ApiError {
  const message = 'precondition is not respected'
  return new ApiError(412, { help_message: help, message, precondition, type: 'precondition_failed' })
}

/** `Retry-After` is for well-behaved HTTP clients; Scaleway's own clients read the body. */
export function tooManyRequests(quota: number, resetSeconds: number, now: Date): ApiError {
  return new ApiError(
    429,
    {
      help_message: 'too many requests, retry later',
      limit: { quota, window_seconds: 1 },
      message: 'too many requests',
      reset_at: new Date(now.getTime() + resetSeconds * 1000).toISOString(),
      reset_seconds: resetSeconds,
      type: 'too_many_requests',
    },
    { 'retry-after': String(Math.max(1, Math.ceil(resetSeconds))) },
  )
}

export function internalError(): ApiError {
  return new ApiError(500, { message: 'internal error', type: 'internal_error' })
}

import { type ApiError, alreadyExists, invalidArguments, notFound, preconditionFailed } from '../http/api-error.ts'
import { type Call, param } from '../http/call.ts'
import { permit, resourceFacts } from '../iam/authorize.ts'
import type { SecretAction } from '../iam/permission-sets.ts'
import type { World } from '../world.ts'
import { fullName, type Region, regions, type SecretRecord, type VersionRecord } from './records.ts'

/** @throws ApiError 400 for a region without Secret Manager. */
export function regionOf(call: Call): Region {
  const name = param(call, 'region')
  const region = regions.find((one) => one === name)
  if (region) return region
  const help = `expected one of ${regions.join(', ')}`
  throw invalidArguments({ argument_name: 'region', help_message: help, reason: 'constraint' })
}

/**
 * The secret of the route, after checking that the principal may do this.
 *
 * @throws ApiError 404, also for a principal without any right; 403 when the secret exists and is denied.
 */
export function findSecret(world: World, call: Call, ...actions: readonly SecretAction[]): SecretRecord {
  const id = param(call, 'secret_id')
  const secret = world.secrets.get(regionOf(call), id)
  call.touched.secretId = id
  if (!secret) throw notFound('secret', id)
  touch(call, secret)
  for (const action of actions)
    permit(world.iam, call, { action, projectId: secret.projectId, resource: resourceFacts(secret) })
  return secret
}

export function touch(call: Call, { id, name, path }: SecretRecord): void {
  Object.assign(call.touched, { secretId: id, secretName: name, secretPath: path })
}

/** @throws ApiError 412: a secret scheduled for deletion can be read about and restored, nothing else. */
export function refuseScheduled(secret: SecretRecord): void {
  if (secret.deletionRequestedAt)
    throw preconditionFailed('resource_not_usable', 'the secret is scheduled for deletion')
}

/** @throws ApiError 400 for a malformed selector, 404 when nothing fits it. */
export function findVersion(secret: SecretRecord, selector: string): VersionRecord {
  const version = selectVersion(secret, selector)
  if (version === 'malformed') {
    const help = 'expected a number from 1, latest or latest_enabled'
    throw invalidArguments({ argument_name: 'revision', help_message: help, reason: 'format' })
  }
  if (!version) throw notFound('secret_version', selector)
  return version
}

/** `latest` is the highest revision not yet deleted, whatever its status; `latest_enabled` skips to one that is. */
export function selectVersion(secret: SecretRecord, selector: string): VersionRecord | 'malformed' | undefined {
  if (selector === 'latest') return latestVersion(secret)
  if (selector === 'latest_enabled') return secret.versions.findLast((version) => version.status === 'enabled')
  return /^[1-9]\d{0,8}$/.test(selector) ? secret.versions[Number(selector) - 1] : 'malformed'
}

export function latestVersion(secret: SecretRecord): VersionRecord | undefined {
  return secret.versions.findLast((version) => version.status !== 'deleted')
}

/** The error for a name that is taken. */
export function duplicate(world: World, holder: SecretRecord): ApiError {
  const help = 'cannot have same secret name in same path'
  if (world.duplicateName === 'invalid')
    return invalidArguments({ argument_name: 'name', help_message: help, reason: 'format' })
  return alreadyExists('secret', holder.id, `${help}: ${fullName(holder)}`)
}

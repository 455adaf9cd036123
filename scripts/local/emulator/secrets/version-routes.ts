import { preconditionFailed, quotasExceeded } from '../http/api-error.ts'
import { type Call, param } from '../http/call.ts'
import { pageOf, readPage } from '../http/paging.ts'
import type { Answer, Method, Route } from '../http/router.ts'
import type { SecretAction } from '../iam/permission-sets.ts'
import type { World } from '../world.ts'
import { propertiesFrom, readProperties } from './ephemeral.ts'
import { findSecret, findVersion, latestVersion, refuseScheduled } from './find-secret.ts'
import { readPayload } from './payload.ts'
import { countedVersions, retentionMs, type SecretRecord, type VersionRecord, versionStatuses } from './records.ts'
import { eraseVersion } from './store.ts'
import { versionView } from './views.ts'

const base = '/secret-manager/v1beta1/regions/:region/secrets/:secret_id/versions'

/** Versions and their metadata; the payload is returned in `access-routes.ts` only. */
export function versionRoutes(world: World): Route[] {
  const route = (name: string, method: Method, path: string, handle: Route['handle']): Route => {
    return { name: `versions.${name}`, method, pattern: `${base}${path}`, handle }
  }
  /** A call that changes one version of a live secret and answers with it. */
  const change = (
    name: string,
    method: Method,
    path: string,
    action: SecretAction,
    apply: (version: VersionRecord, call: Call) => void,
  ) =>
    route(name, method, path, (call) => {
      const secret = findSecret(world, call, action)
      refuseScheduled(secret)
      const version = findVersion(secret, param(call, 'revision'))
      apply(version, call)
      return { status: 200, body: view(secret, version) }
    })

  return [
    route('create', 'POST', '', (call) => createVersion(world, call)),
    route('list', 'GET', '', (call) => listVersions(world, call)),
    route('get', 'GET', '/:revision', (call) => {
      const secret = findSecret(world, call, 'secret_version:read')
      return { status: 200, body: view(secret, findVersion(secret, param(call, 'revision'))) }
    }),
    change('update', 'PATCH', '/:revision', 'secret_version:write', (version, call) => {
      updateVersion(world, version, call)
    }),
    change('enable', 'POST', '/:revision/enable', 'secret_version:write', (version, { now }) => {
      setStatus(version, 'enabled', now)
    }),
    change('disable', 'POST', '/:revision/disable', 'secret_version:write', (version, { now }) => {
      setStatus(version, 'disabled', now)
    }),
    change('restore', 'POST', '/:revision/restore', 'secret_version:restore', (version, { now }) => {
      if (version.status !== 'scheduled_for_deletion')
        throw preconditionFailed('resource_not_usable', 'the version is not scheduled for deletion')
      Object.assign(version, { status: version.statusBeforeDeletion, deletionRequestedAt: null, updatedAt: now })
    }),
    route('delete', 'DELETE', '/:revision', (call) => deleteVersion(world, call)),
  ]
}

// --- internal ---

function view(secret: SecretRecord, version: VersionRecord) {
  return versionView(secret, version, version === latestVersion(secret))
}

function createVersion(world: World, call: Call): Answer {
  const body = call.body()
  const disablePrevious = body.flag('disable_previous') ?? false
  // Disabling edits a version, which the set that creates does not permit.
  const actions: SecretAction[] = [
    'secret_version:create',
    ...(disablePrevious ? ['secret_version:write' as const] : []),
  ]
  const secret = findSecret(world, call, ...actions)
  refuseScheduled(secret)
  const description = body.text('description') ?? ''
  const payload = readPayload(body, secret.type, world.limits.payloadBytes)
  const current = countedVersions(secret)
  if (current >= world.limits.versions)
    throw quotasExceeded('secret_version', world.limits.versions, current, world.iam.organizationId)

  const previous = latestVersion(secret)
  if (disablePrevious && previous?.status === 'enabled') setStatus(previous, 'disabled', call.now)
  const version: VersionRecord = {
    revision: secret.versions.length + 1,
    createdAt: call.now,
    crc32: payload.crc32,
    payload: payload.bytes,
    status: 'enabled',
    updatedAt: call.now,
    deletedAt: null,
    description,
    ephemeral: propertiesFrom(secret.ephemeralPolicy, call.now),
    deletionRequestedAt: null,
    statusBeforeDeletion: 'enabled',
  }
  secret.versions.push(version)
  if (version.ephemeral?.expiresAt) world.secrets.expectChange(version.ephemeral.expiresAt)
  return { status: 200, body: view(secret, version) }
}

/** Newest first, as recorded. */
function listVersions(world: World, call: Call): Answer {
  const secret = findSecret(world, call, 'secret_version:list')
  const page = readPage(call.query)
  const statuses = call.query.texts('status') ?? []
  const known: readonly string[] = ['unknown_status', ...versionStatuses]
  if (!statuses.every((status) => known.includes(status)))
    call.query.refuse('status', 'constraint', `expected one of ${versionStatuses.join(', ')}`)
  call.query.done()
  const wanted = statuses.filter((status) => status !== 'unknown_status')
  const matches = secret.versions.filter((version) => wanted.length === 0 || wanted.includes(version.status)).reverse()
  const versions = pageOf(matches, page).map((version) => view(secret, version))
  return { status: 200, body: { versions, total_count: matches.length } }
}

function updateVersion(world: World, version: VersionRecord, call: Call): void {
  refuseDeleted(version)
  const body = call.body()
  const description = body.text('description') ?? version.description
  const ephemeral = readProperties(body) ?? version.ephemeral
  body.done()
  Object.assign(version, { description, ephemeral, updatedAt: call.now })
  if (ephemeral?.expiresAt) world.secrets.expectChange(ephemeral.expiresAt)
}

function setStatus(version: VersionRecord, status: 'enabled' | 'disabled', now: Date): void {
  refuseDeleted(version)
  if (version.status !== status) Object.assign(version, { status, updatedAt: now })
}

function deleteVersion(world: World, call: Call): Answer {
  const secret = findSecret(world, call, 'secret_version:delete')
  refuseScheduled(secret)
  const version = findVersion(secret, param(call, 'revision'))
  refuseDeleted(version)
  if (version.ephemeral) eraseVersion(version, call.now)
  else {
    version.statusBeforeDeletion = version.status === 'disabled' ? 'disabled' : 'enabled'
    const scheduled = { status: 'scheduled_for_deletion', deletionRequestedAt: call.now, updatedAt: call.now }
    Object.assign(version, scheduled)
    world.secrets.expectChange(new Date(call.now.getTime() + retentionMs))
  }
  return { status: 204 }
}

function refuseDeleted({ status }: VersionRecord): void {
  if (status === 'deleted') throw preconditionFailed('resource_not_usable', 'the version is deleted')
  if (status === 'scheduled_for_deletion')
    throw preconditionFailed('resource_not_usable', 'the version is scheduled for deletion')
}

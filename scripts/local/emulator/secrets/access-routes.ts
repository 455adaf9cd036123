import { notFound, preconditionFailed } from '../http/api-error.ts'
import { requiredUuid } from '../http/arguments.ts'
import { type Call, param } from '../http/call.ts'
import type { Answer, Route } from '../http/router.ts'
import { permitEitherWay, resourceFacts } from '../iam/authorize.ts'
import type { World } from '../world.ts'
import { findSecret, findVersion, refuseScheduled, regionOf, touch } from './find-secret.ts'
import { fullName, type SecretRecord } from './records.ts'
import { expireVersion } from './store.ts'
import { accessView } from './views.ts'

const base = '/secret-manager/v1beta1/regions/:region'

/** The only two calls that return a payload. */
export function accessRoutes(world: World): Route[] {
  return [
    {
      name: 'versions.access',
      method: 'GET',
      pattern: `${base}/secrets/:secret_id/versions/:revision/access`,
      handle: (call) => access(findSecret(world, call, 'secret_version:access'), call),
    },
    {
      name: 'versions.access-by-path',
      method: 'GET',
      pattern: `${base}/secrets-by-path/versions/:revision/access`,
      handle: (call) => accessByPath(world, call),
    },
  ]
}

// --- internal ---

function accessByPath(world: World, call: Call): Answer {
  const region = regionOf(call)
  const path = call.query.text('secret_path', { required: true }) ?? ''
  const name = call.query.text('secret_name', { required: true }) ?? ''
  const projectId = call.query.text('project_id', requiredUuid) ?? ''
  call.query.done()
  Object.assign(call.touched, { secretName: name, secretPath: path })
  const secret = world.secrets.at({ region, projectId, path, name })
  if (!secret) throw notFound('secret', fullName({ path, name }))
  touch(call, secret)
  permitEitherWay(world.iam, call, {
    action: 'secret_version:access',
    projectId: secret.projectId,
    resource: resourceFacts(secret),
  })
  return access(secret, call)
}

function access(secret: SecretRecord, call: Call): Answer {
  refuseScheduled(secret)
  const version = findVersion(secret, param(call, 'revision'))
  if (version.status !== 'enabled' || !version.payload)
    throw preconditionFailed('resource_not_usable', `the version is ${version.status}`)
  const body = accessView(secret, version, version.payload)
  if (version.ephemeral?.expiresOnceAccessed) expireVersion(version, call.now)
  return { status: 200, body }
}

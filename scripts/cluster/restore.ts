import type { KubernetesClient } from '../kubernetes/client.ts'
import { type FieldChange, fieldChangeText } from '../kubernetes/difference.ts'
import { isConflict, isRightMissing, KubernetesError } from '../kubernetes/errors.ts'
import { describeObject, type Kind, type KubernetesObject, kindOf } from '../kubernetes/kinds.ts'
import { helmsName } from '../kubernetes/managed-fields.ts'
import { mapConcurrently } from '../lib/concurrent.ts'
import { pause } from '../lib/pause.ts'
import { type Problem, ProblemError } from '../lib/problems.ts'
import { missingRightFix } from '../model/rbac.ts'
import { foreignFields, type RestoreOptions, replacedRole, restore } from './drift.ts'

/** An object that was restored. */
export interface Restored {
  /** `ExternalSecret/shop-api/api-secrets` */
  readonly object: string
  /** The old value of the cluster stands before the arrow, or after a minus. */
  readonly fields: readonly string[]
}

export interface Restoration {
  readonly restored: readonly Restored[]
  /** What could not be restored; a warning where we have no right to read. */
  readonly problems: readonly Problem[]
}

type RestoreClient = Pick<KubernetesClient, 'get' | 'apply' | 'replace' | 'tryApply' | 'tryReplace'>

/**
 * Before an upgrade: prepares objects for which the API server would refuse Helm's apply. An object with foreign fields, which
 * admission may refuse now, is restored; fields of the chart that another field manager owns become Helm's. What is refused
 * for another reason is left to Helm.
 *
 * @throws ProblemError `ROLE_REF_DIFFERS` for what can't be restored
 */
export async function clearTheWay(
  client: RestoreClient,
  manifests: readonly KubernetesObject[],
  signal?: AbortSignal,
): Promise<readonly Restored[]> {
  const seen = await mapConcurrently(manifests, concurrentRequests, async (manifest) => {
    const live = await client.get<KubernetesObject>(kindOfManifest(manifest), manifest.metadata, signal)
    return live ? [{ manifest, live }] : []
  })
  const roles = seen
    .flat()
    .flatMap(({ manifest, live }) => replacedRole(kindOfManifest(manifest), live, manifest) ?? [])
  if (roles.length > 0) throw new ProblemError(roles)
  const existing = seen.flat().map(({ manifest }) => manifest)
  const results = await inOrder(existing, async (manifest) => {
    const refusal = await refusalOf(client, manifest, signal)
    if (!refusal) return []
    // A conflict over what the catalogue changes is left to Helm, once it owns the field.
    const isWanted = (fields: readonly FieldChange[]) => !isConflict(refusal) || foreignFields(fields).length > 0
    const restored = await restoreOne(client, manifest, { isWanted, ...(signal ? { signal } : {}) })
    if (isConflict(refusal)) await takeOver(client, manifest, signal)
    return restored
  })
  return results.filter((one) => 'object' in one)
}

/**
 * After an upgrade: restores what Helm leaves, which is every field that no earlier version of the chart had. What is
 * refused is tried once more: an API server notices changed policies and their parameters within a second.
 */
export async function restoreAll(
  client: RestoreClient,
  manifests: readonly KubernetesObject[],
  signal?: AbortSignal,
): Promise<Restoration> {
  const options = signal ? { signal } : {}
  const first = await restoreEach(client, manifests, options)
  const refused = manifests.filter((manifest) => first.problems.some((problem) => isKept(problem, manifest)))
  if (refused.length === 0) return first
  await pause(2 * noticeMs, options.signal)
  const second = await restoreEach(client, refused, options)
  const others = first.problems.filter((problem) => !refused.some((manifest) => isKept(problem, manifest)))
  return { restored: [...first.restored, ...second.restored], problems: [...others, ...second.problems] }
}

// --- internal ---

const concurrentRequests = 8
const noticeMs = 1000

function isKept({ code, where }: Problem, manifest: KubernetesObject): boolean {
  return code === 'DRIFT_KEPT' && where === describeObject(kindOfManifest(manifest), manifest.metadata)
}

/** Policies and their parameters come before the objects they judge. */
async function inOrder<T>(
  manifests: readonly KubernetesObject[],
  work: (manifest: KubernetesObject) => Promise<readonly T[]>,
): Promise<T[]> {
  const judges = manifests.filter(({ kind = '' }) => kind === 'Secret' || kind.startsWith('ValidatingAdmissionPolicy'))
  const first = await mapConcurrently(judges, concurrentRequests, work)
  const others = manifests.filter((manifest) => !judges.includes(manifest))
  return [...first, ...(await mapConcurrently(others, concurrentRequests, work))].flat()
}

async function restoreEach(
  client: RestoreClient,
  manifests: readonly KubernetesObject[],
  options: RestoreOptions,
): Promise<Restoration> {
  const all = await inOrder(manifests, (manifest) => restoreOne(client, manifest, options))
  return { restored: all.filter((one) => 'object' in one), problems: all.filter((one) => 'code' in one) }
}

async function restoreOne(
  client: RestoreClient,
  manifest: KubernetesObject,
  options: RestoreOptions,
): Promise<(Restored | Problem)[]> {
  const kind = kindOfManifest(manifest)
  try {
    const fields = await restore(client, kind, manifest, options)
    if (fields.length === 0) return []
    return [{ object: describeObject(kind, manifest.metadata), fields: fields.map(fieldChangeText) }]
  } catch (error) {
    if (!(error instanceof KubernetesError)) throw error
    return [isRightMissing(error) ? unseen(kind, manifest) : kept(kind, manifest, error)]
  }
}

/** How the API server would refuse Helm's own server-side apply; undefined: it would not. */
async function refusalOf(client: RestoreClient, manifest: KubernetesObject, signal?: AbortSignal) {
  const options = { fieldManager: helmsName, force: false, ...(signal ? { signal } : {}) }
  return client.tryApply(kindOfManifest(manifest), manifest.metadata, manifest, options).then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof KubernetesError) return error
      throw error
    },
  )
}

/** Has Helm own what it applies, with the annotations by which it knows its objects. */
async function takeOver(client: RestoreClient, manifest: KubernetesObject, signal?: AbortSignal): Promise<void> {
  const { metadata } = manifest
  const kind = kindOfManifest(manifest)
  const live = await client.get<KubernetesObject>(kind, metadata, signal)
  const marks = Object.entries(live?.metadata.annotations ?? {}).filter(([name]) => name.startsWith('meta.helm.sh/'))
  const annotations = { ...Object.fromEntries(marks), ...metadata.annotations }
  const options = { fieldManager: helmsName, ...(signal ? { signal } : {}) }
  await client
    .apply(kind, metadata, { ...manifest, metadata: { ...metadata, annotations } }, options)
    .catch((error: unknown) => {
      if (!(error instanceof KubernetesError)) throw error
    })
}

function unseen(kind: Kind, { metadata }: KubernetesObject): Problem {
  return {
    code: 'DRIFT_UNSEEN',
    where: describeObject(kind, metadata),
    message: `you may not get or update it, so that foreign fields in it can't be found. Expected the right to ${kind.plural}.`,
    fix: `Nothing has to be done where nobody edits by hand. ${missingRightFix()}`,
    severity: 'warning',
  }
}

function kept(kind: Kind, { metadata }: KubernetesObject, { message }: KubernetesError): Problem {
  return {
    code: 'DRIFT_KEPT',
    where: describeObject(kind, metadata),
    message: `is not as rendered, and can't be restored: ${message.replace(/\.$/, '')}. Expected the API server to accept it.`,
    fix: 'Correct what the message names, and deploy again.',
  }
}

function kindOfManifest(manifest: KubernetesObject): Kind {
  const kind = kindOf(manifest)
  if (!kind) throw new Error(`no kind ${manifest.kind}`)
  return kind
}

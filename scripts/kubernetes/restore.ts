import { setTimeout as sleep } from 'node:timers/promises'
import { mapConcurrently } from '../lib/concurrent.ts'
import { type Problem, ProblemError } from '../lib/problems.ts'
import type { KubernetesClient } from './client.ts'
import { type FieldChange, fieldChangeText } from './difference.ts'
import { foreignFields, replacedRole, restore } from './drift.ts'
import { isRightMissing, KubernetesError } from './errors.ts'
import { describeObject, type Kind, type KubernetesObject, kindOf } from './kinds.ts'
import { helmsName } from './managed-fields.ts'

/** An object that was put back. */
export interface Restored {
  /** `ExternalSecret/shop-api/api-secrets` */
  readonly object: string
  /** What was in the cluster before the arrow, or with a minus. */
  readonly fields: readonly string[]
}

export interface Restoration {
  readonly restored: readonly Restored[]
  /** What could not be put back; where we may not look, a warning. */
  readonly problems: readonly Problem[]
}

type RestoreClient = Pick<KubernetesClient, 'get' | 'apply' | 'replace'>

/**
 * Before an upgrade: puts back what would make Helm fail. That is an object with foreign fields that admission refuses now,
 * or in which another field manager changed a field of the chart. What is refused for another reason is left to Helm.
 *
 * @throws ProblemError `ROLE_REF_DIFFERS` for what nobody can put back
 */
export async function clearTheWay(
  client: RestoreClient,
  manifests: readonly KubernetesObject[],
  signal?: AbortSignal,
): Promise<readonly Restored[]> {
  const roles = await mapConcurrently(manifests.filter(hasRole), concurrentRequests, async (manifest) => {
    const kind = kindOfManifest(manifest)
    const live = await client.get<KubernetesObject>(kind, manifest.metadata, signal)
    return (live && replacedRole(kind, live, manifest)) ?? []
  })
  if (roles.flat().length > 0) throw new ProblemError(roles.flat())
  const isWanted = (kind: Kind, manifest: KubernetesObject) => async (fields: readonly FieldChange[]) =>
    foreignFields(fields).length > 0 && (await isRefused(client, kind, manifest, signal))
  const { restored } = await restoreEach(client, manifests, { isWanted, ...(signal ? { signal } : {}) })
  return restored
}

/**
 * After an upgrade: puts back what Helm leaves, which is every field that no earlier version of the chart had. What is
 * refused is tried once more: an API server looks at changed policies and their parameters within a second.
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
  await sleep(2 * noticeMs, undefined, options)
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

interface EachOptions {
  readonly signal?: AbortSignal
  readonly isWanted?: (kind: Kind, manifest: KubernetesObject) => (fields: readonly FieldChange[]) => Promise<boolean>
}

/** What others are judged by, policies and their parameters, goes before them. */
async function restoreEach(
  client: RestoreClient,
  manifests: readonly KubernetesObject[],
  options: EachOptions,
): Promise<Restoration> {
  const judges = manifests.filter(({ kind = '' }) => kind === 'Secret' || kind.startsWith('ValidatingAdmissionPolicy'))
  const groups = [judges, manifests.filter((manifest) => !judges.includes(manifest))]
  const all: (Restored | Problem)[] = []
  for (const group of groups)
    all.push(...(await mapConcurrently(group, concurrentRequests, (one) => restoreOne(client, one, options))).flat())
  return {
    restored: all.filter((one) => 'object' in one),
    problems: all.filter((one) => 'code' in one),
  }
}

async function restoreOne(
  client: RestoreClient,
  manifest: KubernetesObject,
  { signal, isWanted }: EachOptions,
): Promise<(Restored | Problem)[]> {
  const kind = kindOfManifest(manifest)
  try {
    const fields = await restore(client, kind, manifest, {
      ...(signal ? { signal } : {}),
      ...(isWanted ? { isWanted: isWanted(kind, manifest) } : {}),
    })
    if (fields.length === 0) return []
    return [{ object: describeObject(kind, manifest.metadata), fields: fields.map(fieldChangeText) }]
  } catch (error) {
    if (!(error instanceof KubernetesError)) throw error
    return [isRightMissing(error) ? unseen(kind, manifest) : kept(kind, manifest, error)]
  }
}

/** Whether the API server would refuse Helm's own server-side apply. */
async function isRefused(client: RestoreClient, kind: Kind, manifest: KubernetesObject, signal?: AbortSignal) {
  const options = { fieldManager: helmsName, dryRun: true, force: false, ...(signal ? { signal } : {}) }
  return client.apply(kind, manifest.metadata, manifest, options).then(
    () => false,
    (error: unknown) => {
      if (error instanceof KubernetesError) return true
      throw error
    },
  )
}

function unseen(kind: Kind, { metadata }: KubernetesObject): Problem {
  return {
    code: 'DRIFT_UNSEEN',
    where: describeObject(kind, metadata),
    message: `you may not get or update it, so that fields of others in it are not seen. Expected the right to ${kind.plural}.`,
    fix: 'Nothing has to be done; or have the right given to whoever deploys.',
    severity: 'warning',
  }
}

function kept(kind: Kind, { metadata }: KubernetesObject, { message }: KubernetesError): Problem {
  return {
    code: 'DRIFT_KEPT',
    where: describeObject(kind, metadata),
    message: `is not as rendered, and can't be put back: ${message.replace(/\.$/, '')}. Expected the API server to take it.`,
    fix: 'Correct what the message names, and deploy again.',
  }
}

function hasRole(manifest: KubernetesObject): boolean {
  return 'roleRef' in manifest
}

function kindOfManifest(manifest: KubernetesObject): Kind {
  const kind = kindOf(manifest)
  if (!kind) throw new Error(`no kind ${manifest.kind}`)
  return kind
}

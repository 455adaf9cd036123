import type { ClusterReader, KubernetesClient } from '../kubernetes/client.ts'
import { type FieldChange, fieldChanges } from '../kubernetes/difference.ts'
import { isConflict } from '../kubernetes/errors.ts'
import { describeObject, type Kind, type KubernetesObject } from '../kubernetes/kinds.ts'
import { helmsName, keysOfDeployers, restorersName } from '../kubernetes/managed-fields.ts'
import { kubectl } from '../lib/command-line.ts'
import type { Problem } from '../lib/problems.ts'
import { isDeployersMark, trackingLabel } from './ownership.ts'

/** Reads and tries out; stores nothing but with `restore`. */
export type DriftClient = Pick<KubernetesClient, 'get' | 'tryReplace' | 'replace'>

/** Fields that belong to the chart alone: anything else in them is drift. */
const ownFields = ['spec', 'rules', 'roleRef', 'subjects', 'automountServiceAccountToken'] as const

/**
 * In which fields an object differs from what is rendered. The API server completes the rendered object in a dry run, so that
 * neither its defaults nor what a webhook sets are a difference. Of labels and annotations only the chart's own count; data
 * of a Secret is not compared.
 *
 * @throws KubernetesError when the API server refuses what is rendered, or the dry run
 */
export async function driftOf(
  client: Pick<ClusterReader, 'tryReplace'>,
  kind: Kind,
  live: KubernetesObject,
  rendered: KubernetesObject,
  signal?: AbortSignal,
): Promise<FieldChange[]> {
  const next = await client.tryReplace(kind, asRendered(live, rendered), {
    fieldManager: helmsName,
    ...(signal ? { signal } : {}),
  })
  return fieldChanges(comparable(live), comparable(next), live.metadata.managedFields)
}

/**
 * The same for whom the API server makes no dry run: a field that the rendered object lacks may be a default or go, and is not
 * among them; an item of a list that it lacks goes.
 */
export function renderedDifference(live: KubernetesObject, rendered: KubernetesObject): FieldChange[] {
  return fieldChanges(comparable(live), comparable(asRendered(live, rendered))).filter(
    ({ path, after }) => after !== undefined || path.endsWith(']'),
  )
}

/**
 * Restores an object as rendered where it differs; labels, annotations and finalizers of others are kept. An object that
 * is changed in the meantime is compared again.
 *
 * @param isWanted asked before anything is stored
 * @returns what it differed in; none when it does not exist
 * @throws as `driftOf`
 */
export async function restore(
  client: DriftClient,
  kind: Kind,
  rendered: KubernetesObject,
  { signal, isWanted = () => true, tries = 5 }: RestoreOptions = {},
): Promise<FieldChange[]> {
  const live = await client.get<KubernetesObject>(kind, rendered.metadata, signal)
  if (!live || live.metadata.deletionTimestamp !== undefined) return []
  try {
    const fields = await driftOf(client, kind, live, rendered, signal)
    // An earlier run may have ended in between.
    if (fields.length === 0) await disown(client, kind, live, signal)
    if (fields.length === 0 || !isWanted(fields)) return []
    const options = { fieldManager: restorersName, ...(signal ? { signal } : {}) }
    await disown(client, kind, await client.replace(kind, asRendered(live, rendered), options), signal)
    return fields
  } catch (error) {
    if (!isConflict(error) || tries <= 1) throw error
    return restore(client, kind, rendered, { isWanted, tries: tries - 1, ...(signal ? { signal } : {}) })
  }
}

export interface RestoreOptions {
  readonly signal?: AbortSignal
  /** Default: any */
  readonly isWanted?: (fields: readonly FieldChange[]) => boolean
  /** Default: 5 */
  readonly tries?: number
}

/** Fields that were not written by a deployment. */
export function foreignFields(fields: readonly FieldChange[]): FieldChange[] {
  return fields.filter(({ managers = [] }) => managers.length > 0)
}

/** A RoleBinding of another Role: it was deleted and created again, because the API server does not allow this change. */
export function replacedRole(kind: Kind, live: KubernetesObject, rendered: KubernetesObject): Problem | undefined {
  const [found, expected] = [live, rendered].map((object) => (object as Fields).roleRef as RoleRef | undefined)
  if (!found || !expected || (found.kind === expected.kind && found.name === expected.name)) return undefined
  const { name, namespace = '' } = rendered.metadata
  return {
    code: 'ROLE_REF_DIFFERS',
    where: describeObject(kind, rendered.metadata),
    message: `gives the rights of ${found.kind} "${found.name}", which can't be changed back. Expected ${expected.kind} "${expected.name}".`,
    fix: `Find out who created it; then \`${kubectl`delete rolebinding ${name} --namespace ${namespace}`}\`, and deploy: that creates it again.`,
  }
}

// --- internal ---

/** Helm would be in conflict with the manager that restored a field, even where it applies the same value. */
async function disown(client: DriftClient, kind: Kind, object: KubernetesObject, signal?: AbortSignal): Promise<void> {
  const { managedFields = [] } = object.metadata
  const kept = managedFields.filter(({ manager }) => manager !== restorersName)
  if (kept.length === managedFields.length) return
  const options = { fieldManager: restorersName, ...(signal ? { signal } : {}) }
  const metadata = { ...object.metadata, managedFields: kept }
  await client.replace(kind, { ...object, metadata }, options).catch(async (error: unknown) => {
    if (!isConflict(error)) throw error
    const live = await client.get<KubernetesObject>(kind, object.metadata, signal)
    if (live) await disown(client, kind, live, signal)
  })
}

interface RoleRef {
  readonly kind: string
  readonly name: string
}

type Fields = KubernetesObject & Readonly<Record<string, unknown>>

/** The object in the cluster with the chart's own fields as rendered, and no others in them. */
function asRendered(live: KubernetesObject, rendered: KubernetesObject): KubernetesObject {
  const own = (object: KubernetesObject, isOwn: boolean) =>
    Object.fromEntries(
      Object.entries(object).filter(([name]) => (ownFields as readonly string[]).includes(name) === isOwn),
    )
  const { metadata } = live
  const merged = (field: 'labels' | 'annotations') => {
    const removed = keysOfDeployers(metadata.managedFields ?? [], field).filter((key) => !isDeployersMark(key))
    const kept = Object.entries(metadata[field] ?? {}).filter(([key]) => !removed.includes(key))
    return {
      ...Object.fromEntries(kept),
      ...rendered.metadata[field],
      ...(field === 'labels' ? trackingLabel(live) : {}),
    }
  }
  return {
    ...own(live, false),
    ...own(rendered, true),
    metadata: { ...metadata, labels: merged('labels'), annotations: merged('annotations') },
  }
}

/** What a person wrote or the chart renders; not what the API server and controllers add, and no value. */
function comparable(object: KubernetesObject): Readonly<Record<string, unknown>> {
  const { metadata, status: _, data: __, stringData: ___, ...rest } = object as Fields
  const { labels = {}, annotations = {} } = metadata
  return { ...rest, metadata: { labels, annotations } }
}

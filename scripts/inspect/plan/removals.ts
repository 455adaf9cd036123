import { releaseSelector } from '../../cluster/helm-release.ts'
import { type PodTemplate, readPodTemplates } from '../../cluster/pod-templates.ts'
import type { ClusterReader } from '../../kubernetes/client.ts'
import { isForbidden, isNotFound } from '../../kubernetes/errors.ts'
import { describeObject, type Kind, type KubernetesObject, kinds, type SecretObject } from '../../kubernetes/kinds.ts'
import type { Problem } from '../../lib/problems.ts'
import { shortList } from '../../lib/short-list.ts'
import { chartKinds } from '../../model/chart-objects.ts'
import type { EnvironmentModel } from '../../model/resolve.ts'
import type { ObjectChange } from './objects.ts'

/**
 * Objects of a release in the cluster that are no longer rendered. They are found by the chart's own labels, so that it
 * does not matter who deployed them. Where listing the whole cluster is refused, the namespaces of the environment alone
 * are searched.
 *
 * @throws KubernetesError when that is refused too
 */
export async function planRemovals(
  client: Pick<ClusterReader, 'list' | 'get'>,
  { release, tiers }: Pick<EnvironmentModel, 'release' | 'tiers'>,
  manifests: readonly KubernetesObject[],
  signal?: AbortSignal,
): Promise<ObjectChange[]> {
  const options = { labelSelector: releaseSelector(release), ...(signal ? { signal } : {}) }
  const namespaces = [...tiers.map(({ namespace }) => namespace), release.namespace]
  const found = await Promise.all(
    Object.values(chartKinds).map(async (kind) => {
      const items = await listEverywhere(client, kind, namespaces, options)
      return items.map((item) => ({ kind, item }))
    }),
  )
  const rendered = new Set(manifests.map(({ kind = '', metadata }) => describeObject({ kind }, metadata)))
  return found
    .flat()
    .filter(({ kind, item: { metadata } }) => !rendered.has(describeObject(kind, metadata)) && !isLeaving(metadata))
    .map(({ kind, item: { metadata } }) => ({
      kind: kind.kind,
      name: metadata.name,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      action: metadata.annotations?.['helm.sh/resource-policy'] === 'keep' ? 'keep' : 'remove',
      fields: [],
    }))
}

/** A Secret that is deleted with its ExternalSecret, and its readers. */
export interface RemovedTarget {
  readonly namespace: string
  readonly name: string
  /** Undefined: it does not exist, or may not be read. */
  readonly keys: readonly string[] | undefined
  /** Undefined: they may not be read. */
  readonly readers: readonly Reader[] | undefined
}

export interface Reader {
  /** `Deployment/ui` */
  readonly workload: string
  /** Its pods start without the Secret. */
  readonly optional: boolean
}

/** @param removals of `planRemovals` */
export async function readRemovedTargets(
  client: Pick<ClusterReader, 'get' | 'list'>,
  removals: readonly ObjectChange[],
  signal?: AbortSignal,
): Promise<RemovedTarget[]> {
  const gone = removals.filter(({ kind, action }) => kind === kinds.externalSecret.kind && action === 'remove')
  return Promise.all(
    gone.map(async ({ namespace = '', name }) => {
      const [secret, templates] = await Promise.all([
        client.get<SecretObject>(kinds.secret, { namespace, name }, signal).catch(ifForbidden),
        readPodTemplates(client, namespace, signal).catch(ifForbidden),
      ])
      return {
        namespace,
        name,
        keys: secret && Object.keys(secret.data ?? {}),
        readers: templates?.flatMap((template) => readerOf(template, name)),
      }
    }),
  )
}

/** A workload that reads a deleted Secret can't start again, unless the Secret is optional for it. */
export function removedTargetProblem({ namespace, name, keys, readers }: RemovedTarget): Problem {
  const amount = keys ? `, with ${keys.length} ${keys.length === 1 ? 'key' : 'keys'}` : ''
  return {
    code: 'TARGET_REMOVED',
    where: describeObject(kinds.secret, { namespace, name }),
    message: `will be DELETED${amount}: its ExternalSecret is no longer rendered; ${readersText(readers)}. Expected every target to be kept.`,
    fix: 'Make sure that no workload reads it any more, or undo the change of the catalogue.',
    ...(readers?.some(({ optional }) => !optional) ? {} : { severity: 'warning' as const }),
  }
}

// --- internal ---

function ifForbidden(error: unknown): undefined {
  if (!isForbidden(error)) throw error
}

function readerOf({ kind, name, secrets }: PodTemplate, target: string): Reader[] {
  const uses = secrets.filter(({ secret }) => secret === target)
  return uses.length > 0 ? [{ workload: `${kind}/${name}`, optional: uses.every(({ optional }) => optional) }] : []
}

function readersText(readers: RemovedTarget['readers']): string {
  if (!readers) return 'you may not see its readers'
  if (readers.length === 0) return 'no workload of its namespace reads it'
  const texts = readers.map(({ workload, optional }) => {
    return `${workload} (${optional ? 'starts without it' : 'does NOT start without it'})`
  })
  return `it is read by ${shortList(texts)}`
}

/** A finalizer may keep a deleted object for a while. */
function isLeaving({ deletionTimestamp }: KubernetesObject['metadata']): boolean {
  return deletionTimestamp !== undefined
}

async function listEverywhere(
  client: Pick<ClusterReader, 'list'>,
  kind: Kind,
  namespaces: readonly string[],
  options: { readonly labelSelector: string },
): Promise<readonly KubernetesObject[]> {
  const listed = async (namespace?: string) => {
    const place = namespace === undefined ? options : { ...options, namespace }
    const { items } = await client.list<KubernetesObject>(kind, place)
    return items
  }
  const absent = (error: unknown) => {
    if (isNotFound(error)) return []
    throw error
  }
  try {
    return await listed().catch(absent)
  } catch (error) {
    if (!isForbidden(error) || !kind.namespaced) throw error
    return (await Promise.all(namespaces.map((namespace) => listed(namespace).catch(absent)))).flat()
  }
}

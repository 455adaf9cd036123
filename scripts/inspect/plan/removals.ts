import { lossOfSecret } from '../../cluster/key-reads.ts'
import { chartSelector, isOfEngine, ownerOf } from '../../cluster/ownership.ts'
import { type PodTemplate, readPodTemplates } from '../../cluster/pod-templates.ts'
import { readSecretUsers, type SecretUser } from '../../cluster/secret-users.ts'
import type { ClusterReader } from '../../kubernetes/client.ts'
import { isForbidden, isNotFound } from '../../kubernetes/errors.ts'
import { describeObject, type Kind, type KubernetesObject, kinds, type SecretObject } from '../../kubernetes/kinds.ts'
import type { Problem } from '../../lib/problems.ts'
import { chartKinds, namespacesOf } from '../../model/chart-objects.ts'
import { type Delivered, engineOf } from '../../model/delivery/deploy-step.ts'
import type { EnvironmentModel } from '../../model/resolve.ts'
import { type LiveExternalSecret, liveOf, targetOf } from './key-destination.ts'
import type { ObjectChange } from './plan-objects.ts'
import { type Reader, readersText } from './target-readers.ts'

/**
 * Objects of a release in the cluster that are no longer rendered. They are found by the chart's own labels, so that it
 * does not matter who deployed them. Where listing the whole cluster is refused, the namespaces of the environment that may
 * hold the kind are searched alone, and those it had before, which are kept: who may not look there can't remove anything
 * from them either.
 *
 * @throws KubernetesError when that is refused too
 */
export async function planRemovals(
  client: Pick<ClusterReader, 'list' | 'get'>,
  model: Delivered & Pick<EnvironmentModel, 'tiers'>,
  manifests: readonly KubernetesObject[],
  signal?: AbortSignal,
): Promise<ObjectChange[]> {
  const options = { labelSelector: chartSelector(model), ...(signal ? { signal } : {}) }
  const own = await listEverywhere(client, chartKinds.namespace, { own: [], left: [] }, options)
  const found = await Promise.all(
    Object.values(chartKinds).map(async (kind) => {
      const places = { own: namespacesOf(kind, model), left: own.map(({ metadata: { name } }) => name) }
      const items = kind === chartKinds.namespace ? own : await listEverywhere(client, kind, places, options)
      return items.map((item) => ({ kind, item }))
    }),
  )
  const rendered = new Set(manifests.map(({ kind = '', metadata }) => describeObject({ kind }, metadata)))
  return (
    found
      .flat()
      .filter(({ kind, item: { metadata } }) => !rendered.has(describeObject(kind, metadata)) && !isLeaving(metadata))
      // What another release of Helm has deployed, under an earlier name of the environment's, stays.
      .filter(({ item }) => ownerOf(item, model).by !== 'helm')
      .map(({ kind, item }) => ({
        kind: kind.kind,
        name: item.metadata.name,
        ...(item.metadata.namespace === undefined ? {} : { namespace: item.metadata.namespace }),
        action: isKept(item, model) ? 'keep' : 'remove',
        fields: [],
      }))
  )
}

/** A Secret that is deleted with its ExternalSecret, or because that writes another one, and its readers. */
export interface RemovedTarget {
  readonly namespace: string
  readonly name: string
  /** What its ExternalSecret writes afterwards. Undefined: it is removed */
  readonly successor?: string
  /** Undefined: it does not exist, or may not be read. */
  readonly keys: readonly string[] | undefined
  /** Undefined: they may not be read. */
  readonly readers: readonly Reader[] | undefined
}

/**
 * @param removals of `planRemovals`
 * @param live ExternalSecrets as they are now: the operator deletes the target that one of them owns and no longer writes
 */
export async function readRemovedTargets(
  client: Pick<ClusterReader, 'get' | 'list' | 'kindNamed'>,
  removals: readonly ObjectChange[],
  live: readonly LiveExternalSecret[] = [],
  signal?: AbortSignal,
): Promise<RemovedTarget[]> {
  const own = removals.filter(({ kind }) => kind === kinds.externalSecret.kind)
  const gone = own.flatMap(({ action, namespace = '', name }) => {
    if (action === 'remove') return [{ namespace, name }]
    const now = action === 'change' ? liveOf(live, { namespace }, name) : undefined
    const { creationPolicy = 'Owner' } = now?.spec?.target ?? {}
    // The chart names each target after its ExternalSecret.
    if (!now || targetOf(now) === name || creationPolicy !== 'Owner') return []
    return [{ namespace, name: targetOf(now), successor: name }]
  })
  return Promise.all(
    gone.map(async ({ namespace, name, ...more }: Pick<RemovedTarget, 'namespace' | 'name' | 'successor'>) => {
      const [secret, templates, users] = await Promise.all([
        client.get<SecretObject>(kinds.secret, { namespace, name }, signal).catch(ifForbidden),
        readPodTemplates(client, namespace, signal).catch(ifForbidden),
        readSecretUsers(client, namespace, signal),
      ])
      return {
        ...more,
        namespace,
        name,
        keys: secret && Object.keys(secret.data ?? {}),
        readers: templates && [
          ...templates.flatMap((template) => readerOf(template, name)),
          ...users.flatMap((user) => userOf(user, name)),
        ],
      }
    }),
  )
}

/** A workload that reads a deleted Secret can't start again, unless the Secret is optional for it. */
export function removedTargetProblem({ namespace, name, keys, readers, successor }: RemovedTarget): Problem {
  const amount = keys ? `, with ${keys.length} ${keys.length === 1 ? 'key' : 'keys'}` : ''
  return {
    code: 'TARGET_REMOVED',
    where: describeObject(kinds.secret, { namespace, name }),
    message: `will be DELETED${amount}: its ExternalSecret ${successor === undefined ? 'is no longer rendered' : `writes Secret ${successor} afterwards`}; ${readersText(readers)}. Expected every target to be kept.`,
    fix: 'Make sure that nothing reads it any more, or undo the change of the catalogue. To accept it: --accept-removals.',
    ...(readers?.some(({ optional }) => !optional) ? {} : { severity: 'warning' as const }),
  }
}

// --- internal ---

/**
 * Whether an object stays that is no longer rendered. Argo CD removes only what is tracked as its own, and whatever annotation of Helm
 * it has. Source: Argo CD, user guide, "Sync Options", and issue 17819.
 */
function isKept(object: KubernetesObject, model: Delivered): boolean {
  const { annotations = {} } = object.metadata
  if (engineOf(model)?.engine !== 'argocd') return annotations['helm.sh/resource-policy'] === 'keep'
  const options = (annotations['argocd.argoproj.io/sync-options'] ?? '').split(',').map((option) => option.trim())
  return options.includes('Prune=false') || !isOfEngine(ownerOf(object, model), model)
}

function ifForbidden(error: unknown): undefined {
  if (!isForbidden(error)) throw error
}

function readerOf({ kind, name, outline, isOver }: PodTemplate, target: string): Reader[] {
  const loss = lossOfSecret(outline, target)
  return loss === 'nothing' || isOver ? [] : [{ workload: `${kind}/${name}`, optional: loss === 'starts-without' }]
}

function userOf({ kind, name, secrets, effect, optional }: SecretUser, target: string): Reader[] {
  return secrets.includes(target) ? [{ workload: `${kind}/${name}`, optional, effect }] : []
}

/** A finalizer may keep a deleted object for a while. */
function isLeaving({ deletionTimestamp }: KubernetesObject['metadata']): boolean {
  return deletionTimestamp !== undefined
}

async function listEverywhere(
  client: Pick<ClusterReader, 'list'>,
  kind: Kind,
  { own, left }: { readonly own: readonly string[]; readonly left: readonly string[] },
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
    const lists = [
      ...own.map((namespace) => listed(namespace).catch(absent)),
      ...left
        .filter((namespace) => !own.includes(namespace))
        .map(async (namespace) => (await listed(namespace).catch(absent).catch(ifForbidden)) ?? []),
    ]
    return (await Promise.all(lists)).flat()
  }
}

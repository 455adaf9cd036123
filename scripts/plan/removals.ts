import type { KubernetesClient } from '../kubernetes/client.ts'
import { isForbidden, isNotFound } from '../kubernetes/errors.ts'
import { describeObject, type Kind, type KubernetesObject, kinds, type SecretObject } from '../kubernetes/kinds.ts'
import type { Problem } from '../lib/problems.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import type { ObjectChange } from './objects.ts'

/**
 * What is in the cluster of a release and no longer rendered. The objects are found by the chart's own labels, so that it
 * does not matter who deployed them. Where listing the whole cluster is refused, the namespaces of the environment alone
 * are searched.
 *
 * @throws KubernetesError when that is refused too
 */
export async function planRemovals(
  client: Pick<KubernetesClient, 'list' | 'get'>,
  { release, tiers }: Pick<EnvironmentModel, 'release' | 'tiers'>,
  manifests: readonly KubernetesObject[],
  signal?: AbortSignal,
): Promise<ObjectChange[]> {
  const labelSelector = `app.kubernetes.io/instance=${release.name},app.kubernetes.io/name=tiered-secrets`
  const options = { labelSelector, ...(signal ? { signal } : {}) }
  const namespaces = [...tiers.map(({ namespace }) => namespace), release.namespace]
  const found = await Promise.all(
    chartKinds.map(async (kind) => {
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

/**
 * The Secrets that go with a removed ExternalSecret: whatever reads them stops at its next start.
 *
 * @param removals of `planRemovals`
 */
export async function removedTargets(
  client: Pick<KubernetesClient, 'get'>,
  removals: readonly ObjectChange[],
  signal?: AbortSignal,
): Promise<Problem[]> {
  const gone = removals.filter(({ kind, action }) => kind === kinds.externalSecret.kind && action === 'remove')
  const targets = await Promise.all(
    gone.map(async ({ namespace = '', name }) => {
      const secret = await client
        .get<SecretObject>(kinds.secret, { namespace, name }, signal)
        .catch((error: unknown) => {
          if (isForbidden(error)) return undefined
          throw error
        })
      const keys = secret ? `, with ${Object.keys(secret.data ?? {}).length} keys` : ''
      return { where: describeObject(kinds.secret, { namespace, name }), keys }
    }),
  )
  return targets.map(({ where, keys }) => ({
    code: 'TARGET_REMOVED',
    where,
    message: `will be DELETED${keys}: its ExternalSecret is no longer rendered. Expected every target to stay.`,
    fix: 'See that no workload reads it any more, or take the change of the catalogue back.',
    severity: 'warning',
  }))
}

// --- internal ---

/** Every kind that a template of the chart renders. */
const chartKinds: readonly Kind[] = [
  kinds.namespace,
  kinds.secret,
  kinds.secretStore,
  kinds.externalSecret,
  kinds.sealedSecret,
  kinds.role,
  kinds.roleBinding,
  kinds.serviceAccount,
  kinds.networkPolicy,
  kinds.resourceQuota,
  kinds.limitRange,
  kinds.validatingAdmissionPolicy,
  kinds.validatingAdmissionPolicyBinding,
]

/** A finalizer may keep for a while what is removed already. */
function isLeaving({ deletionTimestamp }: KubernetesObject['metadata']): boolean {
  return deletionTimestamp !== undefined
}

async function listEverywhere(
  client: Pick<KubernetesClient, 'list'>,
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

import { isOver, templateKinds, type Workload } from '../../cluster/pod-templates.ts'
import type { ClusterReader } from '../../kubernetes/client.ts'
import { isRightMissing } from '../../kubernetes/errors.ts'
import { describeObject, type Kind, type KubernetesObject, kinds, type SecretObject } from '../../kubernetes/kinds.ts'
import type { Problem } from '../../lib/problems.ts'
import type { FoundObject, Inputs } from './found-object.ts'
import { refusal } from './refusal.ts'

/**
 * What manifests would say, from a cluster: nothing in it is changed. Of Secrets the names of keys are kept and no value; an
 * object that another one made is part of that one, and what has ended is left out.
 *
 * @param more kinds that are read besides, and all Secrets, whoever made them
 * @throws KubernetesError when the API server refuses anything but for a missing right
 */
export async function readCluster(
  client: ClusterReader,
  signal: AbortSignal,
  more: readonly Kind[] = [],
): Promise<Inputs> {
  const isKept = more.length > 0 ? isOfApplication : isOwn
  const lists = await Promise.all([...readKinds, ...more].map((kind) => readKind(client, kind, isKept, signal)))
  return {
    objects: lists.flatMap(({ objects }) => objects),
    compose: [],
    examples: [],
    refusals: lists.flatMap(({ refusals }) => refusals),
  }
}

// --- internal ---

const ofOperator = (kind: string, plural: string): Kind => ({
  ...{ apiVersion: 'external-secrets.io/v1', kind, plural, namespaced: false },
})

const ofGateway = (version: string, kind: string): Kind => ({
  ...{ apiVersion: `gateway.networking.k8s.io/${version}`, kind, plural: `${kind.toLowerCase()}s`, namespaced: true },
})

const readKinds: readonly Kind[] = [
  ...[kinds.namespace, kinds.secretStore, kinds.externalSecret, kinds.secret, kinds.sealedSecret],
  ...[
    ofOperator('ClusterSecretStore', 'clustersecretstores'),
    ofOperator('ClusterExternalSecret', 'clusterexternalsecrets'),
  ],
  ...[...templateKinds, kinds.rollout, kinds.serviceAccount],
  { apiVersion: 'v1', kind: 'Service', plural: 'services', namespaced: true },
  kinds.ingress,
  ...['HTTPRoute', 'GRPCRoute', 'TLSRoute'].map((kind) => ofGateway('v1', kind)),
  ofGateway('v1beta1', 'ReferenceGrant'),
  ...[kinds.networkPolicy, kinds.resourceQuota, kinds.limitRange],
]

/** Where Kubernetes itself lives, and no application. */
const systems = /^(kube-.*|default-token.*)$/

async function readKind(
  client: ClusterReader,
  kind: Kind,
  isKept: (item: KubernetesObject, kind: Kind) => boolean,
  signal: AbortSignal,
): Promise<Pick<Inputs, 'objects' | 'refusals'>> {
  // What is not installed has no objects.
  const served = kind.apiVersion.includes('.') ? await client.kindNamed(kind.apiVersion, kind.kind, signal) : kind
  if (served === undefined) return { objects: [], refusals: [] }
  try {
    const { items } = await client.list<KubernetesObject>(served, { signal })
    const kept = items.filter((item) => isKept(item, kind) && !isOver({ kind, object: item as Workload['object'] }))
    return { objects: kept.map((item) => found(kind, item)), refusals: [] }
  } catch (error) {
    if (!isRightMissing(error)) throw error
    return { objects: [], refusals: [forbidden(kind)] }
  }
}

function isOwn({ metadata }: KubernetesObject): boolean {
  const isMade = (metadata.ownerReferences ?? []).some(({ kind }) => kind !== 'ExternalSecret')
  return !isMade && !systems.test(metadata.namespace ?? '')
}

function isOfApplication(item: KubernetesObject, kind: Kind): boolean {
  const isHeld = kind === kinds.secret || kind === kinds.configMap
  return isHeld ? !systems.test(item.metadata.namespace ?? '') : isOwn(item)
}

function found(kind: Kind, item: KubernetesObject): FoundObject {
  const { name, namespace, labels = {} } = item.metadata
  const own = kind === kinds.secret ? withoutValues(item) : item
  return {
    ...{ apiVersion: kind.apiVersion, kind: kind.kind, name, namespace, labels },
    raw: own as unknown as Record<string, unknown>,
    where: describeObject(kind, { name, ...(namespace === undefined ? {} : { namespace }) }),
  }
}

/** Also without annotations: `kubectl apply` keeps the whole object in one of them. */
function withoutValues(secret: SecretObject): SecretObject {
  const { name, namespace, ownerReferences } = secret.metadata
  return {
    metadata: { name, ...(namespace ? { namespace } : {}), ...(ownerReferences ? { ownerReferences } : {}) },
    ...(secret.type === undefined ? {} : { type: secret.type }),
    data: Object.fromEntries(Object.keys(secret.data ?? {}).map((key) => [key, ''])),
  }
}

function forbidden({ kind, plural }: Kind): Problem {
  const fix = `Let somebody run it who may list ${plural} in all namespaces, or name their manifests with --from.`
  return refusal(
    'INPUT_FORBIDDEN',
    `the cluster's ${plural}`,
    'may not be listed by you',
    `the right to list every ${kind}`,
    fix,
  )
}

import type { KubernetesClient } from '../../kubernetes/client.ts'
import { isForbidden, isNotFound } from '../../kubernetes/errors.ts'
import { type Condition, type Kind, type KubernetesObject, kinds } from '../../kubernetes/kinds.ts'
import { type Fact, look } from '../fact.ts'

/** How the cluster knows the kinds of the operator. */
export type KindState = 'served' | 'too-old' | 'absent'

export interface KindFacts {
  readonly kind: string
  readonly state: KindState
}

/** A Deployment of the operator. Where it runs as a mere process there is none. */
export interface OperatorFacts {
  /** `Deployment/external-secrets/external-secrets` */
  readonly name: string
  readonly namespace: string
  readonly available: number
  readonly wanted: number
  /** What its conditions and its pods complain of. */
  readonly complaints: readonly string[]
}

/** Labels of the operator's own chart; its webhook and its certificate controller carry other names. */
export const operatorLabel = 'app.kubernetes.io/name=external-secrets'

/** Somebody who may not list a kind is told so before it is known whether there is one: then it counts as served. */
export async function kindFacts(
  client: Pick<KubernetesClient, 'list'>,
  namespace: string,
  signal: AbortSignal,
): Promise<KindFacts[]> {
  return Promise.all(
    [kinds.externalSecret, kinds.secretStore].map(async (kind) => ({
      kind: kind.kind,
      state: await stateOf(client, kind, namespace, signal),
    })),
  )
}

export function operatorFacts(
  client: Pick<KubernetesClient, 'list'>,
  signal: AbortSignal,
): Promise<Fact<readonly OperatorFacts[]>> {
  return look('list Deployments of all namespaces', async () => {
    const { items } = await client.list<DeploymentObject>(kinds.deployment, { labelSelector: operatorLabel, signal })
    return Promise.all(items.map((item) => factsOf(client, item, signal)))
  })
}

// --- internal ---

interface DeploymentObject extends KubernetesObject {
  readonly spec?: { readonly replicas?: number }
  readonly status?: { readonly availableReplicas?: number; readonly conditions?: readonly Condition[] }
}

interface PodObject extends KubernetesObject {
  readonly status?: {
    readonly conditions?: readonly Condition[]
    readonly containerStatuses?: readonly { readonly state?: ContainerState; readonly lastState?: ContainerState }[]
  }
}

interface ContainerState {
  readonly waiting?: { readonly reason?: string }
  readonly terminated?: { readonly reason?: string; readonly exitCode?: number }
}

async function stateOf(
  client: Pick<KubernetesClient, 'list'>,
  kind: Kind,
  namespace: string,
  signal: AbortSignal,
): Promise<KindState> {
  if (await isServed(client, kind, namespace, signal)) return 'served'
  const older = { ...kind, apiVersion: 'external-secrets.io/v1beta1' }
  return (await isServed(client, older, namespace, signal)) ? 'too-old' : 'absent'
}

async function isServed(
  client: Pick<KubernetesClient, 'list'>,
  kind: Kind,
  namespace: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await client.list(kind, { namespace, signal })
    return true
  } catch (error) {
    if (isNotFound(error)) return false
    if (isForbidden(error)) return true
    throw error
  }
}

async function factsOf(
  client: Pick<KubernetesClient, 'list'>,
  { metadata, spec, status }: DeploymentObject,
  signal: AbortSignal,
): Promise<OperatorFacts> {
  const { name, namespace = '' } = metadata
  const available = status?.availableReplicas ?? 0
  const failing = (status?.conditions ?? []).filter(
    ({ type, status }) => (type === 'ReplicaFailure') === (status === 'True'),
  )
  return {
    name,
    namespace,
    available,
    wanted: spec?.replicas ?? 1,
    complaints:
      available > 0
        ? []
        : [
            ...failing.map(
              ({ type, reason, message }) => `Deployment/${namespace}/${name} ${type}: ${reason}: ${message}`,
            ),
            ...(await podComplaints(client, namespace, signal)),
          ],
  }
}

async function podComplaints(
  client: Pick<KubernetesClient, 'list'>,
  namespace: string,
  signal: AbortSignal,
): Promise<string[]> {
  const pods = await look('list pods', () =>
    client.list<PodObject>(kinds.pod, { namespace, labelSelector: operatorLabel, signal }),
  )
  if (!('value' in pods)) return []
  return pods.value.items.flatMap(({ metadata, status }) => {
    const states = (status?.containerStatuses ?? []).flatMap(({ state, lastState }) => [
      state?.waiting?.reason,
      lastState?.terminated && `${lastState.terminated.reason} (exit code ${lastState.terminated.exitCode})`,
    ])
    const unscheduled = status?.conditions?.find(({ type, status }) => type === 'PodScheduled' && status === 'False')
    const told = [...states, unscheduled?.message].filter((text) => text !== undefined)
    return told.length === 0 ? [] : [`Pod/${namespace}/${metadata.name}: ${told.join(', ')}`]
  })
}

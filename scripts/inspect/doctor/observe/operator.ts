import {
  listingOperators,
  type OperatorDeployment,
  type OperatorState,
  operatorDeployments,
  operatorLabel,
  operatorState,
} from '../../../cluster/operators.ts'
import type { ClusterReader } from '../../../kubernetes/client.ts'
import { isForbidden, isNotFound } from '../../../kubernetes/errors.ts'
import { type Condition, type Kind, type KubernetesObject, kinds } from '../../../kubernetes/kinds.ts'
import { type Fact, look } from '../fact.ts'

/** How the cluster knows the kinds of the operator. */
export type KindState = 'served' | 'too-old' | 'absent'

export interface KindFacts {
  readonly kind: string
  readonly state: KindState
}

/** A Deployment of the operator. An operator that runs as a plain process has none. */
export interface OperatorFacts extends OperatorState {
  readonly available: number
  readonly wanted: number
  /** Failures in its conditions and pods. */
  readonly complaints: readonly string[]
}

/** A missing right to list a kind is reported before it is known whether the kind exists: then it counts as served. */
export async function kindFacts(
  client: Pick<ClusterReader, 'list'>,
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
  client: Pick<ClusterReader, 'list'>,
  signal: AbortSignal,
): Promise<Fact<readonly OperatorFacts[]>> {
  return look(listingOperators, async () => {
    const items = await operatorDeployments(client, signal)
    return Promise.all(items.map((item) => factsOf(client, item, signal)))
  })
}

// --- internal ---

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
  client: Pick<ClusterReader, 'list'>,
  kind: Kind,
  namespace: string,
  signal: AbortSignal,
): Promise<KindState> {
  if (await isServed(client, kind, namespace, signal)) return 'served'
  const older = { ...kind, apiVersion: 'external-secrets.io/v1beta1' }
  return (await isServed(client, older, namespace, signal)) ? 'too-old' : 'absent'
}

async function isServed(
  client: Pick<ClusterReader, 'list'>,
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
  client: Pick<ClusterReader, 'list'>,
  deployment: OperatorDeployment,
  signal: AbortSignal,
): Promise<OperatorFacts> {
  const view = operatorState(deployment)
  const { name, namespace } = view
  const { spec, status } = deployment
  const available = status?.availableReplicas ?? 0
  const failing = (status?.conditions ?? []).filter(
    ({ type, status }) => (type === 'ReplicaFailure') === (status === 'True'),
  )
  return {
    ...view,
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
  client: Pick<ClusterReader, 'list'>,
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

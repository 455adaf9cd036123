import { setTimeout as sleep } from 'node:timers/promises'
import { createClient, type KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { type KubernetesObject, kinds, resourcePath } from '../../scripts/kubernetes/kinds.ts'
import { openTransport } from '../../scripts/kubernetes/transport.ts'
import type { ClusterAccess } from '../../scripts/local/stack/api-server.ts'

/** The controllers that turn workloads into pods. */
export const workloadControllers = [
  'deployment-controller',
  'replicaset-controller',
  'statefulset-controller',
  'daemonset-controller',
] as const

export interface PodObject extends KubernetesObject {
  readonly spec?: {
    readonly containers?: readonly {
      readonly name: string
      readonly env?: readonly { readonly name: string; readonly value?: string }[]
    }[]
  }
  readonly status?: {
    readonly phase?: string
    readonly containerStatuses?: readonly { readonly state?: { readonly running?: { readonly startedAt?: string } } }[]
  }
}

/** Says of pods that they run, as a kubelet would that has nothing to run. */
export interface Kubelet extends AsyncDisposable {
  /** Pods whose name begins so are never ready from now on; undefined: all are again. */
  hold(prefix: string | undefined): void
}

/** Starts one, and a node for DaemonSets. */
export async function startKubelet(access: ClusterAccess): Promise<Kubelet> {
  const client = createClient(access)
  const transport = openTransport(access)
  const stop = new AbortController()
  let held: string | undefined
  let again: Promise<void> = Promise.resolve()
  await client.create(node, { metadata: { name: 'node' } })
  // The API server marks every new node as not ready, which no DaemonSet puts up with.
  await client.mergePatch(node, { name: 'node' }, { spec: { taints: null } })

  const run = async ({ metadata, spec }: PodObject) => {
    const startedAt = new Date().toISOString().replace(/\.\d+Z$/, 'Z')
    const status = {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: startedAt }],
      containerStatuses: (spec?.containers ?? []).map(({ name }) => {
        return { name, ready: true, restartCount: 0, image: 'x', imageID: 'x', state: { running: { startedAt } } }
      }),
    }
    const answer = await transport.send({
      method: 'PATCH',
      path: `${resourcePath(kinds.pod, metadata.namespace, metadata.name)}/status`,
      contentType: 'application/merge-patch+json',
      body: JSON.stringify({ metadata: { uid: metadata.uid }, status }),
    })
    answer.resume()
  }
  const see = async (pod: PodObject) => {
    const isHeld = held !== undefined && pod.metadata.name.startsWith(held)
    if (pod.status?.phase === 'Pending' && !pod.metadata.deletionTimestamp && !isHeld) await run(pod)
  }
  const { signal } = stop
  const seeAll = async () => {
    const { items, resourceVersion } = await client.list<PodObject>(kinds.pod, { signal })
    for (const pod of items) await see(pod)
    return resourceVersion
  }
  const follow = async () => {
    const resourceVersion = await seeAll()
    for await (const { type, object } of client.watch<PodObject>(kinds.pod, { resourceVersion, signal }))
      if (type === 'ADDED' || type === 'MODIFIED') await see(object)
  }
  const following = (async () => {
    while (!signal.aborted) {
      // An API server that is being restarted is asked again.
      await follow().catch(() => undefined)
      await sleep(50)
    }
  })()
  return {
    hold(prefix) {
      held = prefix
      again = again.then(seeAll).then(
        () => undefined,
        () => undefined,
      )
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await Promise.all([following, again])
      client[Symbol.dispose]()
      transport[Symbol.dispose]()
    },
  }
}

const node = { apiVersion: 'v1', kind: 'Node', plural: 'nodes', namespaced: false } as const

/** The pods of a workload that aren't on their way out. */
export async function podsNamed(client: KubernetesClient, namespace: string, prefix: string): Promise<PodObject[]> {
  const { items } = await client.list<PodObject>(kinds.pod, { namespace })
  return items.filter(({ metadata }) => metadata.name.startsWith(`${prefix}-`) && !metadata.deletionTimestamp)
}

import type { KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { type KubernetesObject, kinds, type WithConditions } from '../../scripts/kubernetes/kinds.ts'
import type { ControlPlane } from '../../scripts/local/stack/control-plane.ts'
import { eventually } from '../helpers/eventually.ts'
import { patchStatus } from './consumers.ts'

/** As much of Argo's definition as says that a Rollout has a status of its own. */
export async function defineRollouts(client: KubernetesClient): Promise<void> {
  const { apiVersion, kind, plural } = kinds.rollout
  const [group = '', version = ''] = apiVersion.split('/')
  const ref = { name: `${plural}.${group}` }
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
  const spec = {
    group,
    scope: 'Namespaced',
    names: { kind, plural, singular: 'rollout' },
    versions: [{ name: version, served: true, storage: true, schema, subresources: { status: {} } }],
  }
  await client.create(kinds.customResourceDefinition, { metadata: ref, spec } as KubernetesObject)
  await eventually(
    () => client.get<WithConditions>(kinds.customResourceDefinition, ref),
    (crd) => crd?.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') === true,
  )
}

interface RolloutObject extends KubernetesObject {
  readonly spec: { readonly template: { readonly metadata: { readonly labels: object }; readonly spec: object } }
}

/** Replaces the pod of a Rollout whenever its template has changed, as Argo's controller does, until it is disposed of. */
export function controlRollout(
  { controlPlane, client }: { readonly controlPlane: ControlPlane; readonly client: KubernetesClient },
  ref: { readonly namespace: string; readonly name: string },
): AsyncDisposable {
  let ends = false
  let seen = 0
  const act = async () => {
    const rollout = await client.get<RolloutObject>(kinds.rollout, ref)
    const { generation = 0, uid = '' } = rollout?.metadata ?? {}
    if (!rollout || generation === seen) return
    if (seen > 0) await client.delete(kinds.pod, { ...ref, name: `${ref.name}-${seen}` })
    const { apiVersion, kind } = kinds.rollout
    const owner = { apiVersion, kind, name: ref.name, uid, controller: true }
    const { metadata, spec } = rollout.spec.template
    const pod = { namespace: ref.namespace, name: `${ref.name}-${generation}`, ownerReferences: [owner] }
    await client.create(kinds.pod, { metadata: { ...pod, ...metadata }, spec } as KubernetesObject)
    const counts = { replicas: 1, updatedReplicas: 1, availableReplicas: 1 }
    await patchStatus(controlPlane, kinds.rollout, ref.namespace, ref.name, {
      observedGeneration: String(generation),
      ...counts,
    })
    seen = generation
  }
  const acting = eventually(
    async () => {
      await act()
      return ends
    },
    Boolean,
    { timeoutMs: 120_000 },
  )
  return {
    async [Symbol.asyncDispose]() {
      ends = true
      await acting
    },
  }
}

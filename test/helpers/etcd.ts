import type { KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { KubernetesError } from '../../scripts/kubernetes/errors.ts'
import { kinds } from '../../scripts/kubernetes/kinds.ts'
import type { ControlPlane } from '../../scripts/local/stack/control-plane.ts'
import { askEtcd } from './etcd-call.ts'

/**
 * A namespace whose ConfigMaps fill etcd up to its quota: nothing can be written any more, only deleted.
 *
 * @returns what the API server says then
 */
export async function fillEtcd(client: KubernetesClient, namespace: string): Promise<string> {
  const data = { filler: 'x'.repeat(900_000) }
  for (let number = 1; number <= 200; number++) {
    try {
      await client.create(kinds.configMap, { metadata: { namespace, name: `filler-${number}` }, data } as never)
    } catch (error) {
      if (error instanceof KubernetesError && error.message.includes('database space exceeded')) return error.message
      throw error
    }
  }
  throw new Error('etcd is still not full')
}

/** Takes the ConfigMaps away again, and has etcd give back the room, as its operator would with etcdctl. */
export async function emptyEtcd(
  client: KubernetesClient,
  controlPlane: Pick<ControlPlane, 'folder'>,
  namespace: string,
): Promise<void> {
  const { items } = await client.list(kinds.configMap, { namespace })
  for (const { metadata } of items)
    if (metadata.name.startsWith('filler-')) await client.delete(kinds.configMap, { namespace, name: metadata.name })
  const { header } = await askEtcd<{ header: { revision: string } }>(controlPlane, '/v3/kv/range', { key: 'AA==' })
  await askEtcd(controlPlane, '/v3/kv/compaction', { revision: header.revision, physical: true })
  await askEtcd(controlPlane, '/v3/maintenance/defragment', {})
  const { alarms = [] } = await askEtcd<{ alarms?: object[] }>(controlPlane, '/v3/maintenance/alarm', { action: 'GET' })
  for (const alarm of alarms) await askEtcd(controlPlane, '/v3/maintenance/alarm', { ...alarm, action: 'DEACTIVATE' })
}

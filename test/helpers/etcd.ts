import { request } from 'node:http'
import { join } from 'node:path'
import type { KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { KubernetesError } from '../../scripts/kubernetes/errors.ts'
import { kinds } from '../../scripts/kubernetes/kinds.ts'
import type { ControlPlane } from '../../scripts/local/stack/control-plane.ts'
import { files } from '../../scripts/local/stack/flags.ts'

/** Writes ConfigMaps until etcd takes no more. */
export async function fillEtcd(client: KubernetesClient, namespace: string): Promise<string> {
  const data = { filler: 'x'.repeat(900_000) }
  for (let number = 1; ; number++) {
    try {
      await client.create(kinds.configMap, { metadata: { namespace, name: `filler-${number}` }, data } as never)
    } catch (error) {
      if (error instanceof KubernetesError) return error.message
      throw error
    }
  }
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
  const { header } = await ask<{ header: { revision: string } }>(controlPlane, '/v3/kv/range', { key: 'AA==' })
  await ask(controlPlane, '/v3/kv/compaction', { revision: header.revision, physical: true })
  await ask(controlPlane, '/v3/maintenance/defragment', {})
  const { alarms = [] } = await ask<{ alarms?: object[] }>(controlPlane, '/v3/maintenance/alarm', { action: 'GET' })
  for (const alarm of alarms) await ask(controlPlane, '/v3/maintenance/alarm', { ...alarm, action: 'DEACTIVATE' })
}

// --- internal ---

/** Source: etcd documentation, gRPC gateway. */
function ask<T>({ folder }: Pick<ControlPlane, 'folder'>, path: string, body: object): Promise<T> {
  return new Promise((resolve, reject) => {
    const options = { socketPath: join(folder, files.etcdSocket), path, method: 'POST' }
    const asking = request(options, async (answer) => {
      let text = ''
      for await (const chunk of answer.setEncoding('utf8')) text += String(chunk)
      if (answer.statusCode === 200) resolve(JSON.parse(text) as T)
      else reject(new Error(`etcd answers ${answer.statusCode} to ${path}: ${text}`))
    })
    asking.on('error', reject)
    asking.end(JSON.stringify(body))
  })
}

import { request } from 'node:http'
import { join } from 'node:path'
import type { KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { kinds } from '../../scripts/kubernetes/kinds.ts'
import { files } from '../../scripts/local/stack/flags.ts'

/** A namespace whose ConfigMaps fill etcd up to its quota: nothing can be written any more, only deleted. */
export async function fillEtcd(client: KubernetesClient, namespace: string): Promise<void> {
  const text = 'x'.repeat(900 * 1024)
  for (let index = 0; index < 200; index++) {
    const metadata = { namespace, name: `ballast-${index}` }
    try {
      await client.create(kinds.configMap, { metadata, data: { text } } as never)
    } catch (error) {
      if (String(error).includes('database space exceeded')) return
      throw error
    }
  }
  throw new Error('etcd is still not full')
}

/** Takes the ballast out again, as an administrator of etcd would. */
export async function freeEtcd(client: KubernetesClient, namespace: string, folder: string): Promise<void> {
  const { items } = await client.list(kinds.configMap, { namespace })
  for (const { metadata } of items)
    if (metadata.name.startsWith('ballast-')) await client.delete(kinds.configMap, metadata)
  const socketPath = join(folder, files.etcdSocket)
  const status = await call(socketPath, '/v3/maintenance/status', {})
  const { header } = JSON.parse(status) as {
    readonly header: { readonly revision: string; readonly member_id: string }
  }
  await call(socketPath, '/v3/kv/compaction', { revision: header.revision, physical: true })
  await call(socketPath, '/v3/maintenance/defragment', {})
  await call(socketPath, '/v3/maintenance/alarm', {
    action: 'DEACTIVATE',
    memberID: header.member_id,
    alarm: 'NOSPACE',
  })
}

// --- internal ---

/** Source: etcd, its gRPC gateway. */
function call(socketPath: string, path: string, body: object): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path, method: 'POST', headers: { 'content-type': 'application/json' } })
    asked.on('error', reject).on('response', (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (part) => (text += part))
      answer.on('end', () => (answer.statusCode === 200 ? resolve(text) : reject(new Error(`${path}: ${text}`))))
    })
    asked.end(JSON.stringify(body))
  })
}

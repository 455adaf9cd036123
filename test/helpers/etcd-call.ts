import { request } from 'node:http'
import { join } from 'node:path'
import type { ControlPlane } from '../../scripts/local/stack/control-plane.ts'
import { files } from '../../scripts/local/stack/flags.ts'

/** Asks etcd of a control plane itself. Source: etcd documentation, gRPC gateway. */
export function askEtcd<T>({ folder }: Pick<ControlPlane, 'folder'>, path: string, body: object): Promise<T> {
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

import { waitForSync } from '../cluster/wait-for-sync.ts'
import { createClient, type KubernetesClient } from '../kubernetes/client.ts'
import { applyCrds } from '../kubernetes/crds.ts'
import { type KubernetesObject, kinds, resourcePath } from '../kubernetes/kinds.ts'
import { openTransport, type TransportOptions } from '../kubernetes/transport.ts'
import { commandLine } from '../lib/command-line.ts'
import { pause } from '../lib/pause.ts'
import { startControlPlane } from '../local/stack/control-plane.ts'
import { findTools } from '../local/toolchain/find.ts'
import type { Benchmark, BenchmarkIo } from './benchmark.ts'

/** From the moment a sync is written, as the operator writes it, to the moment `npm run wait` notices it. */
export const wait: Benchmark = {
  name: 'wait',
  async run(io) {
    const tools = await findTools(['etcd', 'kube-apiserver', 'kube-controller-manager', 'external-secrets-crds'], io)
    await using controlPlane = await startControlPlane({
      binaries: {
        etcd: tools.etcd.path,
        apiServer: tools['kube-apiserver'].path,
        controllerManager: tools['kube-controller-manager'].path,
      },
      signal: io.signal,
      async prepare(access) {
        using client = createClient(access)
        await applyCrds(client, tools['external-secrets-crds'].path, { signal: io.signal })
      },
    })
    using client = createClient(controlPlane)
    await client.create(kinds.namespace, { metadata: { name: namespace } }, io.signal)
    const delays: number[] = []
    for (let index = 0; index < io.runs; index++) delays.push(await delayMs(client, controlPlane, `bench-${index}`, io))
    return [
      {
        what: `${commandLine`wait`} notices a sync`,
        value: Math.max(...delays),
        unit: 'ms',
        target: 500,
        how: `the longest of ${delays.map((ms) => Math.round(ms)).join(', ')} ms; no operator, its status is written here`,
      },
    ]
  },
}

// --- internal ---

const namespace = 'bench'
/** Long enough for the list to end, so that the watch sees it. */
const settleMs = 1_000

async function delayMs(
  client: KubernetesClient,
  connection: TransportOptions,
  name: string,
  { signal }: BenchmarkIo,
): Promise<number> {
  const ref = { namespace, name }
  const object = {
    metadata: ref,
    spec: { secretStoreRef: { name: 'none' }, data: [{ secretKey: 'A', remoteRef: { key: 'path:/none/a' } }] },
  }
  const created = await client.create<KubernetesObject>(kinds.externalSecret, object, signal)
  const waiting = waitForSync(client, [ref], { signal }).then(() => performance.now())
  await pause(settleMs, signal)
  const status = {
    conditions: [{ type: 'Ready', status: 'True', reason: 'SecretSynced', message: 'secret synced' }],
    syncedResourceVersion: `${created.metadata.generation}-bench`,
  }
  using transport = openTransport(connection)
  const written = performance.now()
  const answer = await transport.send({
    method: 'PATCH',
    path: `${resourcePath(kinds.externalSecret, namespace, name)}/status`,
    contentType: 'application/merge-patch+json',
    body: JSON.stringify({ status }),
    signal,
  })
  answer.resume()
  return (await waiting) - written
}

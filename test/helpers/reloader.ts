import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { type KubernetesObject, kinds, type SecretObject } from '../../scripts/kubernetes/kinds.ts'

/**
 * Restarts workloads as Stakater Reloader does by default: where a Secret with `match` changes, a workload with `search`
 * that reads it, or one that names it, gets the digest of its data as a variable of its first container.
 * Source: Stakater Reloader 1.4.21, internal/pkg/handler/upgrade.go, `updateContainerEnvVars`.
 */
export async function startReloader(client: KubernetesClient, namespace: string): Promise<AsyncDisposable> {
  const stop = new AbortController()
  const seen = new Map<string, string>()
  const look = async () => {
    const { items } = await client.list<SecretObject>(kinds.secret, { namespace })
    for (const { metadata, data } of items) {
      if (metadata.annotations?.['reloader.stakater.com/match'] !== 'true') continue
      const digest = createHash('sha1').update(JSON.stringify(data)).digest('hex')
      const before = seen.get(metadata.name)
      seen.set(metadata.name, digest)
      if (before !== undefined && before !== digest) await reload(client, namespace, metadata.name, digest)
    }
  }
  await look()
  const looking = (async () => {
    while (!stop.signal.aborted) {
      // The cluster may be gone before it is reported.
      await look().catch(() => undefined)
      await sleep(100)
    }
  })()
  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await looking
    },
  }
}

// --- internal ---

interface Workload extends KubernetesObject {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly containers: readonly {
          readonly envFrom?: readonly { readonly secretRef?: { readonly name?: string } }[]
          readonly env?: readonly {
            readonly name: string
            readonly valueFrom?: { readonly secretKeyRef?: { readonly name?: string } }
          }[]
        }[]
      }
    }
  }
}

async function reload(client: KubernetesClient, namespace: string, secret: string, value: string): Promise<void> {
  const name = `STAKATER_${secret.toUpperCase().replaceAll('-', '_')}_SECRET`
  for (const kind of [kinds.deployment, kinds.daemonSet, kinds.statefulSet]) {
    for (const { metadata, spec } of (await client.list<Workload>(kind, { namespace })).items) {
      const [first, ...others] = spec.template.spec.containers
      const { 'reloader.stakater.com/search': search, 'secret.reloader.stakater.com/reload': named = '' } =
        metadata.annotations ?? {}
      const { envFrom = [], env = [] } = first ?? {}
      const names = [
        ...envFrom.map(({ secretRef }) => secretRef?.name),
        ...env.map(({ valueFrom }) => valueFrom?.secretKeyRef?.name),
      ]
      const reads = names.includes(secret) && search === 'true'
      if (!first || !(reads || new RegExp(`^${named}$`).test(secret))) continue
      const kept = env.filter((one) => one.name !== name)
      const containers = [{ ...first, env: [...kept, { name, value }] }, ...others]
      await client.mergePatch(
        kind,
        { namespace, name: metadata.name },
        { spec: { template: { spec: { containers } } } },
      )
    }
  }
}

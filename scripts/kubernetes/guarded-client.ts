import type { KubernetesClient } from './client.ts'

/**
 * The same client, whose writes wait for a permission each time.
 *
 * @param mayWrite rejects when nothing may be written any more; the write is not sent then
 */
export function guardedClient(client: KubernetesClient, mayWrite: () => Promise<void>): KubernetesClient {
  return {
    ...client,
    async create(...args) {
      await mayWrite()
      return client.create(...args)
    },
    async apply(...args) {
      await mayWrite()
      return client.apply(...args)
    },
    async replace(...args) {
      await mayWrite()
      return client.replace(...args)
    },
    async mergePatch(...args) {
      await mayWrite()
      return client.mergePatch(...args)
    },
    async delete(...args) {
      await mayWrite()
      return client.delete(...args)
    },
  }
}

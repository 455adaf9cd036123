import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ExternalSecretObject } from '../../../scripts/cluster/external-secrets.ts'
import { refreshExternalSecrets } from '../../../scripts/cluster/refresh.ts'
import type { KubernetesClient } from '../../../scripts/kubernetes/client.ts'
import { KubernetesError } from '../../../scripts/kubernetes/errors.ts'

// Every change within one millisecond.
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

const ref = { namespace: 'shop-api', name: 'api-secrets' }

/**
 * One ExternalSecret and its operator, which syncs whatever was annotated since.
 *
 * @param disturb happens to the first patch: `resent` is done, synced, and sent again because its answer was lost; before
 *   `overtaken` the object changes
 */
function cluster(disturb?: 'resent' | 'overtaken') {
  let [version, synced, marks, reads] = [1, 0, 0, 0]
  let fate = disturb
  let annotation = ''
  let due = false
  const object = () =>
    ({
      metadata: { ...ref, generation: 1, resourceVersion: String(version), annotations: { 'force-sync': annotation } },
      status: {
        syncedResourceVersion: `1-${synced}`,
        conditions: [{ type: 'Ready', status: 'True', reason: 'SecretSynced', message: 'secret synced' }],
      },
    }) as unknown as ExternalSecretObject
  const operate = () => {
    if (!due) return
    due = false
    reads++
    synced = marks
    version++
  }
  const apply = (patch: ExternalSecretObject) => {
    const { resourceVersion, annotations } = patch.metadata
    if (resourceVersion !== undefined && resourceVersion !== String(version))
      throw new KubernetesError('PATCH', 409, 'Conflict', 'changed')
    const wanted = annotations?.['force-sync'] ?? ''
    if (wanted === annotation) return
    annotation = wanted
    due = true
    marks++
    version++
  }
  const client = {
    get: async () => {
      operate()
      return object()
    },
    async mergePatch(_kind: unknown, _ref: unknown, patch: ExternalSecretObject) {
      const now = fate
      fate = undefined
      if (now === 'overtaken') version++
      apply(patch)
      if (now === 'resent') {
        operate()
        apply(patch)
      }
      return object()
    },
    list: async () => ({ items: [], resourceVersion: '1' }),
  } as unknown as KubernetesClient
  return { client, reads: () => reads }
}

test.each([undefined, 'resent', 'overtaken'] as const)(
  'a forced refresh is seen when it is done, and is not waited for in vain: %s',
  async (disturb) => {
    const { client, reads } = cluster(disturb)
    const reports = await refreshExternalSecrets(client, [ref], { timeoutMs: 2_000, pollMs: 1 })
    expect(reports).toEqual([{ ref, state: 'refreshed', message: 'secret synced' }])
    expect(reads()).toBeGreaterThan(0)
  },
)

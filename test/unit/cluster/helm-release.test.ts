import { expect, test } from 'vitest'
import { isPending, readRelease } from '../../../scripts/cluster/helm-release.ts'
import type { KubernetesClient, ListOptions } from '../../../scripts/kubernetes/client.ts'

/** A namespace with these records of Helm: revision and status. */
function cluster(...records: readonly (readonly [number, string])[]) {
  const asked: (ListOptions | undefined)[] = []
  const items = records.map(([version, status]) => ({
    metadata: {
      name: `sh.helm.release.v1.shop.v${version}`,
      uid: `u${version}`,
      resourceVersion: `${version}0`,
      labels: { version: `${version}`, status },
    },
  }))
  const client = {
    list: async (_kind: unknown, options?: ListOptions) => {
      asked.push(options)
      return { items, resourceVersion: '1' }
    },
  } as unknown as Pick<KubernetesClient, 'list'>
  return { asked, read: () => readRelease(client, { name: 'shop', namespace: 'shop-secrets' }) }
}

test('the newest revision of a release is the one of the highest number', async () => {
  const { read, asked } = cluster([9, 'superseded'], [10, 'deployed'], [8, 'failed'])
  expect(await read()).toEqual({
    record: 'sh.helm.release.v1.shop.v10',
    uid: 'u10',
    resourceVersion: '100',
    revision: 10,
    run: undefined,
    status: 'deployed',
  })
  expect(asked).toEqual([{ namespace: 'shop-secrets', labelSelector: 'owner=helm,name=shop' }])
})

test('what Helm never installed has none', async () => {
  expect(await cluster().read()).toBeUndefined()
})

test.each([
  ['pending-install', true],
  ['pending-upgrade', true],
  ['pending-rollback', true],
  ['deployed', false],
  ['failed', false],
  ['superseded', false],
])('a release that is %s is pending: %s', async (status, pending) => {
  const found = await cluster([1, status]).read()
  expect(found && isPending(found)).toBe(pending)
})

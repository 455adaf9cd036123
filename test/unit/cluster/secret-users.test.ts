import { expect, test } from 'vitest'
import { readSecretUsers } from '../../../scripts/cluster/secret-users.ts'
import { KubernetesError } from '../../../scripts/kubernetes/errors.ts'
import type { Kind } from '../../../scripts/kubernetes/kinds.ts'

const named = (name: string) => ({ name, namespace: 'shop' })
const objects: Readonly<Record<string, readonly object[]>> = {
  Ingress: [
    { metadata: named('front'), spec: { tls: [{ secretName: 'tls' }, { hosts: ['shop.example'] }] } },
    { metadata: named('plain'), spec: {} },
  ],
  Gateway: [
    {
      metadata: named('edge'),
      spec: {
        listeners: [
          { tls: { certificateRefs: [{ name: 'tls' }, { name: 'theirs', namespace: 'other' }] } },
          { tls: { certificateRefs: [{ name: 'more', namespace: 'shop' }] } },
          {},
        ],
      },
    },
  ],
  ServiceAccount: [{ metadata: named('web'), imagePullSecrets: [{ name: 'registry' }, {}] }, { metadata: named('x') }],
}

const client = (status?: number) => ({
  list: async ({ kind }: Kind) => {
    if (status !== undefined && kind !== 'Ingress') throw new KubernetesError('GET /x', status, 'No', 'no')
    return { items: objects[kind] ?? [] } as never
  },
})
const found = async (status?: number) =>
  (await readSecretUsers(client(status), 'shop')).map(({ kind, name, secrets }) => `${kind}/${name} ${secrets}`)

test('an Ingress, a Gateway and a ServiceAccount name Secrets of their namespace', async () => {
  expect(await found()).toEqual(['Ingress/front tls', 'Gateway/edge tls,more', 'ServiceAccount/web registry'])
})

test.each([403, 404])('of a kind that is answered with %d there is nothing', async (status) => {
  expect(await found(status)).toEqual(['Ingress/front tls'])
  await expect(found(500)).rejects.toMatchObject({ status: 500 })
})

import { expect, test } from 'vitest'
import { readCluster } from '../../../../scripts/inspect/inputs/read-cluster.ts'
import type { ClusterReader } from '../../../../scripts/kubernetes/client.ts'
import { KubernetesError } from '../../../../scripts/kubernetes/errors.ts'
import type { Kind, KubernetesObject } from '../../../../scripts/kubernetes/kinds.ts'

const signal = new AbortController().signal

/** A cluster with these objects by kind, and kinds that may not be listed. */
function clusterWith(
  objects: Readonly<Record<string, readonly KubernetesObject[]>>,
  refused: Readonly<Record<string, number>> = {},
): ClusterReader {
  const list = async ({ kind, plural }: Kind) => {
    const status = refused[kind]
    if (status !== undefined) throw new KubernetesError(`GET ${plural}`, status, 'Forbidden', `${plural} is forbidden`)
    return { items: objects[kind] ?? [], resourceVersion: '1' }
  }
  const kindNamed = async (apiVersion: string, kind: string) =>
    objects[kind] || kind in refused
      ? { apiVersion, kind, plural: `${kind.toLowerCase()}s`, namespaced: true }
      : undefined
  return { list, kindNamed } as unknown as ClusterReader
}

const encoded = Buffer.from('hunter2').toString('base64')

test('a cluster is read as its manifests would be, without the value of a Secret', async () => {
  const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': `{"data":{"A":"${encoded}"}}` }
  const secret = { metadata: { name: 'env', namespace: 'app', annotations }, type: 'Opaque', data: { A: encoded } }
  const { objects, refusals } = await readCluster(
    clusterWith({
      Secret: [secret as KubernetesObject, { metadata: { name: 'token', namespace: 'kube-system' } }],
      Job: [
        {
          metadata: {
            name: 'made',
            namespace: 'app',
            ownerReferences: [{ apiVersion: 'batch/v1', kind: 'CronJob', name: 'c', uid: 'u' }],
          },
        },
        { metadata: { name: 'own', namespace: 'app' } },
      ],
    }),
    signal,
  )
  expect(objects.map(({ where }) => where)).toEqual(['Secret/app/env', 'Job/app/own'])
  expect(objects[0]?.raw).toMatchObject({ type: 'Opaque', data: { A: '' } })
  expect(JSON.stringify(objects)).not.toMatch(new RegExp(`hunter2|${encoded}`))
  expect(refusals).toEqual([])
})

test('whatever makes pods is read, and what gives them their images; what has ended is not', async () => {
  const named = (name: string, more: object = {}) =>
    ({ metadata: { name, namespace: 'app' }, ...more }) as KubernetesObject
  const made = {
    metadata: {
      ...named('x').metadata,
      ownerReferences: [{ kind: 'ReplicaSet', name: 'x', apiVersion: 'apps/v1', uid: 'u' }],
    },
  }
  const { objects } = await readCluster(
    clusterWith({
      Pod: [named('debug'), named('done', { status: { phase: 'Succeeded' } }), made],
      ReplicaSet: [named('bare', { spec: { replicas: 1 } }), named('none', { spec: { replicas: 0 } })],
      Rollout: [named('canary')],
      Job: [named('load', { status: { conditions: [{ type: 'Complete', status: 'True' }] } })],
      ServiceAccount: [named('web')],
    }),
    signal,
  )
  expect(objects.map(({ where }) => where)).toEqual([
    'ReplicaSet/app/bare',
    'Pod/app/debug',
    'Rollout/app/canary',
    'ServiceAccount/app/web',
  ])
})

test('what may not be listed is named, and the rest is read; any other refusal ends it', async () => {
  const objects = { Deployment: [{ metadata: { name: 'api', namespace: 'app' } }] }
  const { objects: read, refusals } = await readCluster(clusterWith(objects, { Secret: 403 }), signal)
  expect(read.map(({ where }) => where)).toEqual(['Deployment/app/api'])
  expect(refusals).toMatchObject([{ code: 'INPUT_FORBIDDEN', where: "the cluster's secrets", severity: 'warning' }])
  await expect(readCluster(clusterWith(objects, { Secret: 500 }), signal)).rejects.toThrow('GET secrets')
})

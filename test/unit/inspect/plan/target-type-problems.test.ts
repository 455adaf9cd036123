import { expect, test } from 'vitest'
import type { ObjectChange } from '../../../../scripts/inspect/plan/plan-objects.ts'
import { targetTypeProblems } from '../../../../scripts/inspect/plan/target-type-problems.ts'
import { type KubernetesObject, kinds } from '../../../../scripts/kubernetes/kinds.ts'
import { resolve } from '../../../../scripts/model/resolve.ts'
import { gallery } from '../../../fixtures/applications.ts'
import { clusterApi } from '../../../helpers/cluster-api.ts'

const model = resolve(gallery, 'open')
const namespace = 'gallery-hall'
const change = (action: ObjectChange['action']): ObjectChange[] => [
  { kind: 'ExternalSecret', namespace, name: 'hall-tls', action, fields: [] },
]

async function told(type: string, action: ObjectChange['action']) {
  const api = await clusterApi()
  api.put(kinds.secret, { metadata: { namespace, name: 'hall-tls' }, type } as KubernetesObject)
  return targetTypeProblems(api.client, model, change(action))
}

test.each(['add', 'change'] as const)(
  'a target of another type is a warning where its ExternalSecret is to %s',
  async (action) => {
    expect(await told('Opaque', action)).toEqual([
      {
        code: 'TARGET_TYPE',
        where: 'Secret/gallery-hall/hall-tls',
        message:
          'is of type Opaque, which Kubernetes never changes: the operator will not be able to write it. Expected type kubernetes.io/tls.',
        fix: 'Deploy, then: `kubectl delete secret hall-tls --namespace gallery-hall`. The operator creates it again at once, and running pods keep the values they have read.',
        severity: 'warning',
      },
    ])
  },
)

test('nothing is said of a target of its type, or of one that does not change', async () => {
  expect(await told('kubernetes.io/tls', 'change')).toEqual([])
  expect(await told('Opaque', 'none')).toEqual([])
  const api = await clusterApi()
  expect(await targetTypeProblems(api.client, model, change('add'))).toEqual([])
})

import { expect, test } from 'vitest'
import { type TrialClient, tryOut } from '../../../scripts/cluster/try-out.ts'
import { KubernetesError } from '../../../scripts/kubernetes/errors.ts'
import { type KubernetesObject, kinds } from '../../../scripts/kubernetes/kinds.ts'

const { apiVersion, kind } = kinds.role
const rendered = {
  ...{ apiVersion, kind, metadata: { name: 'viewer', namespace: 'shop' } },
  rules: [{ verbs: ['get'] }],
} as KubernetesObject

/** An API server in which somebody changes the object between the look and the dry run, so many times. */
function changedWhileTried(times: number) {
  let version = 0
  const get = async () => ({ ...rendered, metadata: { ...rendered.metadata, resourceVersion: `${version}` } })
  const tryReplace = async (_: unknown, object: KubernetesObject) => {
    if (version < times) version++
    else if (object.metadata.resourceVersion === `${version}`) return object
    throw new KubernetesError('PUT x', 409, 'Conflict', 'the object has been modified')
  }
  return { get, tryReplace } as unknown as TrialClient
}

test.each([0, 1, 4])('an object that is changed %i times meanwhile is read again', async (times) => {
  const trial = await tryOut(changedWhileTried(times), kinds.role, rendered)
  expect(trial).toMatchObject({ says: 'there', fields: [], live: { metadata: { resourceVersion: `${times}` } } })
})

test('one that is changed again and again is reported as that', async () => {
  const trial = await tryOut(changedWhileTried(Number.POSITIVE_INFINITY), kinds.role, rendered)
  expect(trial).toMatchObject({ says: 'changing', at: 'change', error: { status: 409 } })
})

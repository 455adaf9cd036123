import { expect, test } from 'vitest'
import {
  everyKindOfWriteAndOneRead,
  everyRequest,
  everyRequestButPolls,
  everyWrite,
  everyWriteAndKindOfRead,
  everyWriteAndOneRead,
  kindOf,
  type Selection,
  writesOf,
} from '../../helpers/selection.ts'

const versions = '/secret-manager/v1beta1/regions/fr-par/secrets/189382ee-9b40-4aaa-a5f1-e8e18e3758a7/versions'

/** A run as a rotation might be. */
const run = [
  'GET /api/v1/namespaces/a/configmaps/b',
  'GET /apis/apps/v1/namespaces/a/deployments',
  'GET /apis/apps/v1/namespaces/c/deployments?labelSelector=x',
  'POST /api/v1/namespaces/a/configmaps',
  `GET ${versions}?page=1`,
  `POST ${versions}`,
  `GET ${versions}?page=2`,
  'PATCH /api/v1/namespaces/a/configmaps/b',
  `POST ${versions}/1/disable`,
  'GET /api/v1/namespaces/a',
  'GET /api/v1/namespaces/a',
  'PATCH /api/v1/namespaces/a/configmaps/b',
].map((line) => {
  const [method = '', url = ''] = line.split(' ')
  return { method, url, body: '' }
})

test.each<[string, Selection, readonly number[]]>([
  ['everything', everyRequest, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]],
  ['and nothing twice without a write in between', everyRequestButPolls, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11]],
  ['every write', everyWrite, [3, 5, 7, 8, 11]],
  ['and one read', everyWriteAndOneRead, [0, 3, 5, 7, 8, 11]],
  ['and each kind of read', everyWriteAndKindOfRead, [0, 1, 3, 4, 5, 7, 8, 9, 11]],
  ['each kind of write, and one read', everyKindOfWriteAndOneRead, [0, 3, 5, 7, 8]],
  ['each kind of write', writesOf(everyKindOfWriteAndOneRead), [3, 5, 7, 8]],
])('%s', (_, selection, expected) => {
  const isMet = selection()
  expect(run.flatMap((request, index) => (isMet(request) ? [index] : []))).toEqual(expected)
})

test.each([
  ['GET', '/api/v1/namespaces/a/configmaps/b', 'GET configmaps/*'],
  ['GET', '/api/v1/namespaces/a', 'GET namespaces/*'],
  ['GET', '/apis/argoproj.io/v1alpha1/namespaces/a/rollouts', 'GET rollouts'],
  ['POST', `${versions}/12/disable`, 'POST /secret-manager/v1beta1/regions/fr-par/secrets/*/versions/*/disable'],
  [
    'GET',
    `${versions}/latest_enabled/access`,
    'GET /secret-manager/v1beta1/regions/fr-par/secrets/*/versions/*/access',
  ],
  ['DELETE', '/iam/v1alpha1/api-keys/SCW0123456789ABCDEFG', 'DELETE /iam/v1alpha1/api-keys/*'],
])('%s %s is %s', (method, url, kind) => {
  expect(kindOf({ method, url })).toBe(kind)
})

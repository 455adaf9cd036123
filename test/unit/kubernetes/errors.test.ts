import { expect, test } from 'vitest'
import { clusterProblem, isRightMissing, KubernetesError } from '../../../scripts/kubernetes/errors.ts'
import type { ProblemError } from '../../../scripts/lib/problems.ts'

const refused = (message: string) => new KubernetesError('POST secrets', 403, 'Forbidden', message)
const fixOf = (message: string) => (clusterProblem(refused(message)) as ProblemError).problems[0]?.fix

test('a right is missing only where a right would help', () => {
  expect(isRightMissing(refused('secrets is forbidden: User "ci" cannot create resource "secrets"'))).toBe(true)
  for (const message of [
    'exceeded quota: hand, requested: secrets=1',
    'admission webhook "x" denied the request: no',
    'unable to create new content in namespace shop-api because it is being terminated',
  ])
    expect(isRightMissing(refused(message))).toBe(false)
})

test('a namespace that is being deleted is waited for', () => {
  expect(fixOf('unable to create new content in namespace shop-api because it is being terminated')).toMatch(
    /^Wait until .*`kubectl describe namespace shop-api` tells what holds it back\.$/,
  )
})

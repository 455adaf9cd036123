import { expect, test } from 'vitest'
import { everySecretSingle, oneBundlePerTarget } from '../../../scripts/bench/layouts.ts'
import { requestsPerRefresh } from '../../../scripts/model/requests.ts'
import { resolveAll } from '../../../scripts/model/resolve.ts'
import { checkApplication } from '../../../scripts/model/rules/index.ts'
import type { Application } from '../../../scripts/model/types.ts'
import { bookshop, trackdechets } from '../../fixtures/applications.ts'

const requests = (application: Application) => resolveAll(application).map(requestsPerRefresh)

test('what the bench allows a refresh of Trackdéchets to cost, in each environment', () => {
  expect(requests(everySecretSingle(trackdechets))).toEqual([102, 102, 102])
  expect(requests(trackdechets)).toEqual([48, 48, 48])
  expect(requests(oneBundlePerTarget(trackdechets))).toEqual([12, 12, 12])
})

test('the layouts of Trackdéchets pass the rules', () => {
  expect(checkApplication(everySecretSingle(trackdechets))).toEqual([])
  expect(checkApplication(oneBundlePerTarget(trackdechets))).toEqual([])
})

test('another application has a request for each remote ref too', () => {
  const [first = 0] = requests(oneBundlePerTarget(bookshop))
  expect(first).toBeLessThan(requests(bookshop)[0] ?? 0)
})

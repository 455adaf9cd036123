import { expect, test } from 'vitest'
import { requestsPerDay } from '../../../../scripts/inspect/plan/daily-requests.ts'

const externalSecret = (refreshInterval: string | undefined, data: number, dataFrom = 0) => ({
  kind: 'ExternalSecret',
  metadata: { name: 'x' },
  spec: {
    ...(refreshInterval === undefined ? {} : { refreshInterval }),
    data: Array.from({ length: data }, () => ({})),
    dataFrom: Array.from({ length: dataFrom }, () => ({})),
  },
})
const store = { kind: 'SecretStore', metadata: { name: 'x' } }

test.each([
  ['an entry every hour', [externalSecret('1h0m0s', 1)], 72],
  ['no interval, which is an hour', [externalSecret(undefined, 1)], 72],
  ['entries and bundles every half hour', [externalSecret('30m', 2, 1)], 3 * 3 * 48],
  ['what is read once', [externalSecret('0s', 5)], 0],
  ['a store', [store], 288],
  ['all of it', [externalSecret('1h', 1), store, { kind: 'Role', metadata: { name: 'x' } }], 360],
  ['nothing', [], 0],
])('%s', (_, objects, expected) => {
  expect(requestsPerDay(objects)).toBe(expected)
})

import { expect, test } from 'vitest'
import { passGate, timeoutMs, wantedSyncs } from '../../../scripts/cluster/release-gate.ts'
import { kinds } from '../../../scripts/kubernetes/kinds.ts'
import { resolve } from '../../../scripts/model/resolve.ts'
import { applicationWith } from '../../helpers/applications.ts'
import { clusterApi } from '../../helpers/cluster-api.ts'
import { problemOf } from '../../helpers/problems.ts'

const model = resolve(applicationWith({ secrets: [{ variable: 'TOKEN' }, { variable: 'X', optional: true }] }), 'dev')

test.each([
  ['5m', 300_000],
  ['90s', 90_000],
  ['1h30m', 5_400_000],
  ['0s', 0],
  ['576h', 24 * 24 * 3_600_000],
])('a timeout of %s is %d ms', (text, expected) => {
  expect(timeoutMs(text)).toBe(expected)
})

test.each(['', '5', '-1m', '5 m', '1d', 'five'])('"%s" is not a timeout, which is wrong usage', async (text) => {
  const problem = await problemOf(Promise.resolve().then(() => timeoutMs(text)))
  expect(problem).toMatchObject({ code: 'WRONG_USAGE', where: `--timeout ${text}`, exitCode: 2 })
})

test.each(['576h1s', '600h', '99999999999h'])('a timeout of %s is more than a timer can count', async (text) => {
  const problem = await problemOf(Promise.resolve().then(() => timeoutMs(text)))
  expect(problem).toMatchObject({ code: 'WRONG_USAGE', where: `--timeout ${text}`, exitCode: 2 })
  expect(problem.message).toContain('Expected at most 576h')
})

test('every ExternalSecret of the environment is checked, the optional ones as such', () => {
  expect(wantedSyncs(model)).toMatchObject([
    { namespace: 'shop-api', name: 'api-secrets', isOptional: false },
    { namespace: 'shop-api', name: 'api-optional-secrets', isOptional: true },
  ])
})

/** Runs the gate once over one cluster. */
async function gate(isTerminal: boolean) {
  const api = await clusterApi()
  api.put(kinds.namespace, { metadata: { name: 'shop-api' } })
  const metadata = { namespace: 'shop-api', name: 'api-secrets', generation: 1 }
  const { spec } = wantedSyncs(model)[0] ?? {}
  api.put(kinds.externalSecret, Object.assign({ metadata }, { spec }))
  const lines: string[] = []
  const io = { signal: new AbortController().signal, isTerminal, log: (line: string) => void lines.push(line) }
  const { problems } = await passGate(api.client, model, '0s', io)
  return { lines, problems: problems.map(({ code, where, severity }) => [code, where, severity ?? 'error']) }
}

const absent = 'ExternalSecret/shop-api/api-optional-secrets: the ExternalSecret does not exist'

test('without a terminal only what cannot mend itself is reported before the end', async () => {
  const { lines, problems } = await gate(false)
  expect(lines).toEqual([absent])
  expect(problems).toEqual([
    ['NOT_SYNCED', 'ExternalSecret/shop-api/api-secrets', 'error'],
    ['NOT_SYNCED', 'ExternalSecret/shop-api/api-optional-secrets', 'warning'],
  ])
})

test('on a terminal every change is reported', async () => {
  const { lines } = await gate(true)
  expect(lines).toEqual(['ExternalSecret/shop-api/api-secrets: the operator has not processed it yet', absent])
})

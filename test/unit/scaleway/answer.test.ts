import { describe, expect, test } from 'vitest'
import { ask } from '../../../scripts/scaleway/answer.ts'
import type { ScalewayReader } from '../../../scripts/scaleway/connection.ts'
import { scalewayRequest } from '../../../scripts/scaleway/http.ts'
import { type Answer, serverWith } from '../../helpers/http-server.ts'

const question = (account: ScalewayReader) =>
  scalewayRequest<{ readonly id: string }>(account, { method: 'GET', path: '/things' })
const headers = { 'x-request-id': '7f3a' }

async function answerOf(answer: Answer) {
  const server = await serverWith(answer)
  return ask({ apiUrl: server.url, secretKey: 'x', attempts: 1 }, question)
}

test('a question that is granted gives the value, and what to show for it', async () => {
  expect(await answerOf({ headers, body: { id: 'a' } })).toEqual({
    status: 200,
    value: { id: 'a' },
    told: 'Scaleway GET /things answers 200 (request 7f3a)',
  })
})

test.each([400, 401, 403, 404, 412] as const)('a %i is an answer', async (status) => {
  const answer = await answerOf({ status, headers, body: { type: 'not_found' } })
  expect(answer).toMatchObject({
    status,
    refusal: { status, requestId: '7f3a' },
    told: `Scaleway GET /things answers ${status} not_found (request 7f3a)`,
  })
})

describe('no answer, but an error, is', () => {
  test.each([429, 500, 503])('a %i', async (status) => {
    await expect(answerOf({ status })).rejects.toMatchObject({ status })
  })

  test('a broken connection', async () => {
    await expect(answerOf({ status: 'reset' })).rejects.toMatchObject({ problems: [{ code: 'SCALEWAY_UNREACHABLE' }] })
  })
})

test('every answer is also told to whom the account tells it', async () => {
  const server = await serverWith({ headers })
  const heard: string[] = []
  await ask({ apiUrl: server.url, secretKey: 'x', onAnswer: ({ requestId }) => void heard.push(requestId) }, question)
  expect(heard).toEqual(['7f3a'])
})

import { expect, test } from 'vitest'
import { firstOf, timeLimit } from '../../../scripts/lib/signals.ts'
import { collecting } from '../../helpers/garbage.ts'

/** Resolves when it has aborted, while everything that nothing holds is collected again and again. */
async function abortOf(signal: AbortSignal): Promise<unknown> {
  using _ = collecting()
  await new Promise((resolve) => signal.addEventListener('abort', resolve))
  return signal.reason
}

test('a time limit ends in time, whatever is collected meanwhile', async () => {
  using limit = timeLimit(30, new AbortController().signal)
  expect(limit.isOver).toBe(false)
  expect(await abortOf(limit.signal)).toMatchObject({ message: 'not done within 0.03 s' })
  expect(limit.isOver).toBe(true)
})

test('it ends with the other signal, and then was not too late', async () => {
  const interrupt = new AbortController()
  using limit = timeLimit(30, interrupt.signal)
  interrupt.abort('SIGINT')
  expect([await Promise.resolve(limit.signal.reason), limit.isOver]).toEqual(['SIGINT', false])
})

test('one that is disposed does not end any more', async () => {
  const limit = timeLimit(1)
  limit[Symbol.dispose]()
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect([limit.signal.aborted, limit.isOver]).toEqual([false, false])
})

test('the first of several signals counts, also one that has aborted before, and after that none', () => {
  const [one, two] = [new AbortController(), new AbortController()]
  const own = firstOf(one.signal, undefined, two.signal)
  two.abort('two')
  one.abort('one')
  expect(own.signal.reason).toBe('two')
  expect(firstOf(undefined, one.signal).signal.reason).toBe('one')
  const three = new AbortController()
  const disposed = firstOf(three.signal)
  disposed[Symbol.dispose]()
  three.abort()
  expect(disposed.signal.aborted).toBe(false)
})

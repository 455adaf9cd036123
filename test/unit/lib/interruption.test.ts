import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Interrupting, interruption } from '../../../scripts/lib/interruption.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A process that tells what becomes of its signals. */
function process(left?: string) {
  const listeners = new Map<string, () => void>()
  const said: string[] = []
  const { signal, interrupt } = interruption({
    on: (name, listener) => void listeners.set(name, listener),
    log: (line) => void said.push(line),
    left: () => left,
    end: () => void said.push('(end)'),
  })
  return { signal, interrupt, said, kill: (name: Interrupting) => listeners.get(name)?.() }
}

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('the first %s aborts, and is not told to who ends soon', (name) => {
  const { signal, said, kill } = process()
  kill(name)
  vi.advanceTimersByTime(2_000)
  expect([signal.aborted, signal.reason, said]).toEqual([true, name, []])
})

test('a Ctrl-C that npm passes on is the same one', () => {
  const { said, kill } = process()
  kill('SIGINT')
  vi.advanceTimersByTime(100)
  kill('SIGINT')
  expect(said).toEqual([])
})

test.each([
  ['half a maze', 'ended at once: half a maze'],
  [undefined, 'ended at once'],
])('another one ends it at once, and tells what is left: %s', (left, told) => {
  const { said, kill } = process(left)
  kill('SIGINT')
  vi.advanceTimersByTime(1_000)
  kill('SIGTERM')
  expect(said).toEqual([told, '(end)'])
})

test('a user who waits longer is told how to end it', () => {
  const { said, kill } = process()
  kill('SIGINT')
  vi.advanceTimersByTime(10_000)
  expect(said).toEqual(['interrupted: ending in order; Ctrl-C once more ends it at once'])
})

test('an interruption without a signal counts as one', () => {
  const { signal, interrupt } = process()
  interrupt('SIGHUP')
  expect(signal.reason).toBe('SIGHUP')
})

import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { mapConcurrently } from '../../../scripts/lib/concurrent.ts'

test('keeps the order, and never has more than the limit under way', async () => {
  let running = 0
  let most = 0
  const results = await mapConcurrently([5, 1, 4, 2, 3], 2, async (turns) => {
    most = Math.max(most, ++running)
    for (let i = 0; i < turns; i++) await turn()
    running--
    return turns * 10
  })
  expect([results, most]).toEqual([[50, 10, 40, 20, 30], 2])
})

test('after a failure begins nothing more, and ends when what runs is over', async () => {
  const begun: number[] = []
  const ended: number[] = []
  const failing = mapConcurrently([1, 2, 3, 4], 2, async (item) => {
    begun.push(item)
    await turn()
    if (item === 1) throw new Error('no')
    await turn()
    ended.push(item)
  })
  await expect(failing).rejects.toThrow('no')
  expect([begun, ended]).toEqual([[1, 2], [2]])
})

test('of nothing is nothing', async () => {
  expect(await mapConcurrently([], 3, async () => 1)).toEqual([])
})

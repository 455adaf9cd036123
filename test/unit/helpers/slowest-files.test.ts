import { expect, test } from 'vitest'
import { busyText, slowestText } from '../../helpers/slowest-files.ts'

test('the slowest files are reported, the slowest first, and no more than asked for', () => {
  const files = [
    { name: 'unit test/unit/a.test.ts', seconds: 0.25 },
    { name: 'e2e test/e2e/b.test.ts', seconds: 1234.56 },
    { name: 'unit test/unit/c.test.ts', seconds: 3 },
  ]
  expect(slowestText(files, 2)).toBe(
    '\nThe slowest files:\n  1234.6 s  e2e test/e2e/b.test.ts\n     3.0 s  unit test/unit/c.test.ts\n',
  )
})

test('how busy the machine was is the part of its time that was not idle', () => {
  const core = (user: number, idle: number) => {
    return { model: '', speed: 0, times: { user, nice: 0, sys: 0, idle, irq: 0 } }
  }
  const before = [core(100, 1_000), core(0, 0)]
  expect(busyText(before, [core(800, 1_300), core(200, 800)], 1.4)).toBe('\n1 s on 2 cores, 45 % busy\n')
  expect(busyText(before, before, 0)).toBe('\n0 s on 2 cores, 0 % busy\n')
})

import { readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { output } from '../../../../scripts/lib/output.ts'
import { cacheFolder } from '../../../../scripts/local/toolchain/cache.ts'
import { linkTools } from '../../../../scripts/local/toolchain/link.ts'
import { barLine, duration, startProgress } from '../../../../scripts/local/toolchain/progress.ts'
import { recipes } from '../../../../scripts/local/toolchain/recipes.ts'

test.each([
  [{ TIERED_SECRETS_CACHE: '/a', XDG_CACHE_HOME: '/b', HOME: '/c' }, 'linux', '/a'],
  [{ XDG_CACHE_HOME: '/b', HOME: '/c' }, 'linux', '/b/tiered-secrets'],
  [{ XDG_CACHE_HOME: 'relative', HOME: '/c' }, 'linux', '/c/.cache/tiered-secrets'],
  [{ HOME: '/c' }, 'darwin', '/c/Library/Caches/tiered-secrets'],
] as const)('with %j on %s the cache is %s', (env, platform, expected) => {
  expect(cacheFolder(env, platform)).toBe(expected)
})

test('tools are linked under the names other programs call them by', async () => {
  const tool = { name: 'helm3', path: '/opt/helm-3.22', version: '3.22.0', source: 'HELM3_BIN' } as const
  await using linked = await linkTools([tool], { PATH: '/usr/bin' })
  const [folder = '', rest] = linked.path.split(':')
  expect(rest).toBe('/usr/bin')
  expect(await readlink(join(folder, 'helm'))).toBe('/opt/helm-3.22')
})

test.each([
  [400, '0 s'],
  [59_600, '60 s'],
  [185_000, '3 min 05 s'],
])('%d ms read as %s', (ms, text) => {
  expect(duration(ms)).toBe(text)
})

const again = '\u001b[1A\u001b[2K'

test.each([
  [true, `helm: building, 1 s\n${again}helm: linking, 2 s\n${again}helm: ready\n`, 2000],
  [false, 'helm: ready\n', 45_000],
])('on a terminal (%s) progress is %j', (isTerminal, expected, ms) => {
  vi.useFakeTimers()
  let shown = ''
  const stream = {
    isTTY: isTerminal,
    write(text: string) {
      shown += text
      return true
    },
  }
  {
    using progress = startProgress('helm', output(stream, stream, {}))
    vi.advanceTimersByTime(1000)
    if (isTerminal) progress.phase('linking')
    vi.advanceTimersByTime(ms - 1000)
    progress.end('helm: ready')
  }
  vi.advanceTimersByTime(100_000)
  vi.useRealTimers()
  expect(shown).toBe(expected)
})

test('what is counted is a bar, with the time that is left once that can be reported', () => {
  const line = (done: number, elapsedMs: number) => barLine('helm', { done, total: 200, elapsedMs })
  expect(line(1, 500)).toBe(`helm: [${'-'.repeat(30)}] 1 of 200 packages`)
  expect(line(9, 60_000)).not.toContain('left')
  expect(line(100, 60_000)).toBe(`helm: [${'#'.repeat(15)}${'-'.repeat(15)}] 100 of 200 packages, about 60 s left`)
  expect(line(100, 190_000)).toContain('about 3 min 10 s left')
  expect(line(200, 60_000)).toBe(`helm: [${'#'.repeat(30)}] 200 of 200 packages`)
})

test.each(Object.keys(recipes))('the bar of %s fits a terminal of 80 columns', (name) => {
  for (const elapsedMs of [0, 60_000, 6_000_000]) {
    expect(barLine(name, { done: 1234, total: 2468, elapsedMs }).length).toBeLessThan(80)
  }
})

test('the time that is left counts from the first package, not from the download of the sources', () => {
  vi.useFakeTimers()
  let shown = ''
  const write = (text: string) => {
    shown += text
    return true
  }
  const stream = { isTTY: true, write }
  const progress = startProgress('helm', output(stream, stream, {}))
  vi.advanceTimersByTime(100_000)
  progress.phase('building')
  progress.count(1, 40)
  vi.advanceTimersByTime(10_000)
  progress.count(20, 40)
  vi.advanceTimersByTime(1000)
  progress[Symbol.dispose]()
  vi.useRealTimers()
  expect(shown).toMatch(/helm: \[#+-+\] 20 of 40 packages, about 15 s left\n$/)
})

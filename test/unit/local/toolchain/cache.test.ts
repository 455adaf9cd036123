import { readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { output } from '../../../../scripts/lib/output.ts'
import { cacheFolder } from '../../../../scripts/local/toolchain/cache.ts'
import { linkTools } from '../../../../scripts/local/toolchain/link.ts'
import { duration, startProgress } from '../../../../scripts/local/toolchain/progress.ts'

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

test.each([
  [true, 'helm: building, 1 s\n\u001b[1A\u001b[2Khelm: linking, 2 s\n', 2000],
  [false, 'helm: still building, 30 s\n', 45_000],
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
  }
  vi.advanceTimersByTime(100_000)
  vi.useRealTimers()
  expect(shown).toBe(expected)
})

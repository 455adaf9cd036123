import { gunzipSync } from 'node:zlib'
import { parseTar } from 'nanotar'
import { expect, test } from 'vitest'
import { chartArchive } from '../../../scripts/chart/archive.ts'

const files = new Map([
  ['Chart.yaml', 'name: x\n'],
  ['templates/é.yaml', '{{/* é */}}'],
])

test('an archive holds the files in their order, and nothing of the machine that made it', () => {
  const tar = gunzipSync(chartArchive('x', files))
  const entries = parseTar(new Uint8Array(tar))
  expect(entries.map(({ name, text, attrs }) => ({ name, text, ...attrs }))).toMatchObject([
    { name: 'x/Chart.yaml', text: 'name: x\n', uid: 0, gid: 0, mtime: 315_532_800 },
    { name: 'x/templates/é.yaml', text: '{{/* é */}}', uid: 0, gid: 0, user: '', group: '' },
  ])
})

test('two empty blocks end it, also where the files fill the last record', () => {
  for (const size of [0, 1, 18 * 512, 19 * 512]) {
    const tar = gunzipSync(chartArchive('x', new Map([['a', 'a'.repeat(size)]])))
    expect([size, tar.subarray(-1024).every((byte) => byte === 0)]).toEqual([size, true])
  }
})

test('the same files are the same bytes, whatever compresses in Node', () => {
  const bytes = chartArchive('x', files)
  expect(Buffer.from(chartArchive('x', files)).equals(bytes)).toBe(true)
  // Of the header of gzip: no name, no time.
  expect([...bytes.subarray(0, 8)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0])
})

test('a name that the format would cut off is a mistake of ours', () => {
  expect(() => chartArchive('x', new Map([['a'.repeat(99), '']]))).toThrow('too long for the archive')
})

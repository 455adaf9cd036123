import { expect, test } from 'vitest'
import { unstyled } from '../../../../scripts/lib/printable.ts'
import { textWidth } from '../../../../scripts/lib/text-width.ts'
import { syncRows, syncTable } from '../../../../scripts/local/stack/sync-table.ts'
import { resolve } from '../../../../scripts/model/resolve.ts'
import { trackdechets } from '../../../fixtures/applications.ts'

const model = resolve(trackdechets, 'recette')
const rows = syncRows(model, [], [])
const shown = (columns?: number) => unstyled(syncTable(model, rows, columns)).split('\n')

test('has at 80 columns a line a row, with its whole name and its state', () => {
  const [header, ...lines] = shown(80)
  expect(header?.split(/ +/)).toEqual(['TIER', 'SECRET', 'STATE', 'REQUESTS'])
  expect(lines.slice(0, rows.length).map((line) => line.split(/ +/).slice(0, 3))).toEqual(
    rows.map(({ tier, variable, state }) => [tier, variable, state]),
  )
  expect(Math.max(...[header ?? '', ...lines].map(textWidth))).toBeLessThanOrEqual(80)
  expect(lines).toContain('not shown at this width: TARGET, REMOTE REF (--output json has them)')
})

test('has without a terminal every column', () => {
  expect(shown()[0]?.split(/ {2,}/)).toEqual(['TIER', 'SECRET', 'TARGET', 'REMOTE REF', 'STATE', 'REQUESTS'])
})

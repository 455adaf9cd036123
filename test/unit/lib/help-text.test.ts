import { expect, test } from 'vitest'
import { exitCodeHelp, overview } from '../../../scripts/lib/help-text.ts'

const commands = [
  {
    name: 'plan',
    summary: 'What a deployment would change, in the cluster and outside; exits 3 when something prevents it.',
  },
  { name: 'vendor-schemas', summary: 'Extracts schemas.' },
]
const rowsOf = (columns?: number) => overview(commands, columns).split('\n').slice(2, 7)

test('a summary continues below itself where the terminal is too narrow for it', () => {
  expect(rowsOf(80)).toEqual([
    '  npm run plan            What a deployment would change, in the cluster and',
    '                          outside; exits 3 when something prevents it.',
    '  npm run vendor-schemas  Extracts schemas.',
    '',
    'Each command has --help, with an example; --version tells the version.',
  ])
  expect(rowsOf()[0]).toBe(`  npm run plan            ${commands[0]?.summary}`)
})

test('the exit codes fit 80 columns', () => {
  expect(Math.max(...exitCodeHelp.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
})

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { auditCodes } from '../../../../scripts/inspect/audit/audit-codes.ts'

const folder = import.meta.dirname
const tests = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.ts') && !file.startsWith('audit-codes'))
  .map((file) => readFileSync(join(folder, file), 'utf8'))
  .join('\n')

test('the page lists every code with its severity and what it means', () => {
  const page = readFileSync('docs/audit.md', 'utf8')
  const listed = page.split('## Codes\n')[1]?.match(/^\| `.*$/gm)
  const expected = Object.entries(auditCodes).map(([code, { severity, title }]) => {
    return `| \`${code}\` | ${severity} | ${title.charAt(0).toLowerCase()}${title.slice(1)} |`
  })
  expect(listed).toEqual(expected)
})

test.each(Object.keys(auditCodes))('%s is found by some test', (code) => {
  expect(tests).toContain(code)
})

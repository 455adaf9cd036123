import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type CauseCode, causeList } from '../../../../scripts/inspect/doctor/cause-codes.ts'

/** Causes no local stack can have, each with its reason. */
const notForReal: Partial<Record<CauseCode, string>> = {
  REMOTE_LOCKED: 'the emulator has no Key Manager',
}

const folder = 'test/e2e'
const texts = readdirSync(folder)
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => readFileSync(join(folder, name), 'utf8'))
  .join('\n')
const codes = Object.keys(causeList) as CauseCode[]

test.each(codes.filter((code) => !(code in notForReal)))('%s is produced for real in a test', (code) => {
  expect(texts).toMatch(new RegExp(`['"(]${code}\\b`))
})

test('no exception outlives its reason', () => {
  for (const code of Object.keys(notForReal)) expect(texts).not.toContain(code)
})

test.each(codes)('%s is reported in the documentation in few words, and no sentence', (code) => {
  const { meaning, mend } = causeList[code]
  expect(`${meaning} ${mend}`).not.toMatch(/\.( |$)/)
  expect([meaning.length < 100, mend.length < 60]).toEqual([true, true])
})

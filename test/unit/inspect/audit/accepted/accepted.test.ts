import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { baselineText, readBaseline, withoutBaseline } from '../../../../../scripts/inspect/audit/accepted/baseline.ts'
import { parseIgnoreFile, withoutIgnored } from '../../../../../scripts/inspect/audit/accepted/ignore-file.ts'
import { at } from '../../../../../scripts/inspect/audit/finding.ts'
import { ProblemError } from '../../../../../scripts/lib/problems.ts'

const finding = (key: string, line = 3, file = 'k8s/api.yaml') =>
  at({ file, line }, 'Deployment/shop-api/api', 'KEY_UNMADE', { key, fact: 'a', expected: 'b', fix: 'c' })

describe('a baseline', () => {
  let folder = ''
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'baseline-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  test('accepts what was found, wherever it has moved to, and tells what is gone', async () => {
    const file = join(folder, 'b.json')
    await writeFile(file, baselineText([finding('A'), finding('B')]))
    const { left, gone } = withoutBaseline(
      [finding('A', 99, 'k8s/moved.yaml'), finding('C')],
      await readBaseline(file, 'b.json'),
    )
    expect(left.map(({ key }) => key)).toEqual(['C'])
    expect(gone).toBe(1)
  })

  test('is the same text for the same findings in another order', () => {
    expect(baselineText([finding('B'), finding('A')])).toBe(baselineText([finding('A'), finding('B')]))
  })

  test.each(['not JSON', '[]', '{"version":2,"findings":[]}'])('%s is refused', async (text) => {
    const file = join(folder, 'b.json')
    await writeFile(file, text)
    await expect(readBaseline(file, 'b.json')).rejects.toMatchObject({
      problems: [{ code: 'BASELINE_INVALID', where: 'b.json' }],
    })
  })

  test('one that is not there is refused', async () => {
    await expect(readBaseline(join(folder, 'none'), 'none')).rejects.toBeInstanceOf(ProblemError)
  })
})

describe('an ignore file', () => {
  const left = (text: string, ...keys: string[]) =>
    withoutIgnored(
      keys.map((key) => finding(key)),
      parseIgnoreFile(text, 'ignore.yaml'),
      'ignore.yaml',
    ).map(({ code, key, line }) => `${code} ${key} ${line}`)

  test('leaves out what it names, with * for any text', () => {
    expect(left('- { code: KEY_UNMADE, key: A, reason: later }', 'A', 'B')).toEqual(['KEY_UNMADE B 3'])
    expect(left('- { code: KEY_UNMADE, key: A*C, reason: later }', 'ABC', 'AC', 'AB')).toEqual(['KEY_UNMADE AB 3'])
    expect(left('- { code: KEY_UNMADE, object: Deployment/*, file: "*.yaml", reason: later }', 'A')).toEqual([])
    expect(left('', 'A')).toEqual(['KEY_UNMADE A 3'])
  })

  test('tells the entries that match nothing, with their lines', () => {
    const text = '- { code: KEY_UNMADE, key: A, reason: later }\n- { code: KEY_UNMADE, key: X, reason: gone }\n'
    expect(left(text, 'A')).toEqual(['IGNORE_STALE KEY_UNMADE X 2'])
  })

  test.each([
    ['- { code: KEY_UNMADE }', 'ignore.yaml:1', 'without a reason'],
    ['- { code: KEY_UNMADE, reason: " " }', 'ignore.yaml:1', 'without a reason'],
    ['- { code: KEY_UNMAD, reason: x }', 'ignore.yaml:1', 'Did you mean "KEY_UNMADE"?'],
    ['\n- { reason: x }', 'ignore.yaml:2', 'without a code'],
    ['- { code: KEY_UNMADE, reason: x, kee: A }', 'ignore.yaml:1', 'Did you mean "key"?'],
    ['- { code: KEY_UNMADE, reason: x, key: [A] }', 'ignore.yaml:1', 'is not a text'],
    ['code: KEY_UNMADE', 'ignore.yaml:1', 'is not a list'],
    ['- text', 'ignore.yaml:1', 'not a set of fields'],
    ['- { code: *x, reason: y }', 'ignore.yaml:1', ''],
    ['- {', 'ignore.yaml:1', 'not valid YAML'],
  ])('%j is refused', (text, where, fact) => {
    const refused = () => parseIgnoreFile(text, 'ignore.yaml')
    expect(refused).toThrow(ProblemError)
    try {
      refused()
    } catch (error) {
      expect((error as ProblemError).problems[0]).toMatchObject({ where, message: expect.stringContaining(fact) })
    }
  })
})

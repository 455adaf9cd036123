import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { ProblemError } from '../../../scripts/lib/problems.ts'
import { parseYamlDocuments, toYaml } from '../../../scripts/lib/yaml.ts'

/** The two sets of rules in the world: Helm follows a mix of them. */
const rules = ['1.1', '1.2'] as const

test.each(rules)('any text is the same text when it is read by the rules of YAML %s', (version) => {
  const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), trap)
  fc.assert(
    fc.property(text, (value) => {
      expect(parse(toYaml({ value, list: [value] }), { version })).toEqual({ value, list: [value] })
    }),
    { numRuns: 1000 },
  )
})

test('keys keep their text too', () => {
  const key = fc.string({ unit: fc.constantFrom(...'abnoyfexNOYE0123456789._-'), minLength: 1 })
  fc.assert(
    fc.property(key, (name) => {
      for (const version of rules) expect(Object.keys(parse(toYaml({ [name]: 'x' }), { version }))).toEqual([name])
    }),
    { numRuns: 500 },
  )
})

test.each([
  'y',
  'N',
  'on',
  'OFF',
  'yes',
  'null',
  '~',
  '1_000',
  '0o7',
  '0b1',
  '0x1F',
  '1e3',
  '1e1_0',
  '12:30',
  '2026-11-24',
  '.inf',
])('%s is quoted, because some parser would not read a text', (value) => {
  expect(toYaml({ value })).toBe(`value: "${value}"\n`)
})

test.each(['path:/shop-api/token', '1h0m0s', 'shop-api', '6c1f0a4e-93b7-4d25-8e0f-b2a97c53d184', 'a.b'])(
  '%s is written as it is',
  (value) => {
    expect(toYaml({ value })).toBe(`value: ${value}\n`)
  },
)

test('a long text stays on its line', () => {
  expect(toYaml({ value: 'word '.repeat(100).trim() }).split('\n')).toHaveLength(2)
})

test('two uses of one object are written twice: no reader has to know anchors', () => {
  const shared = { a: 1 }
  expect(toYaml({ one: shared, two: shared })).toBe('one:\n  a: 1\ntwo:\n  a: 1\n')
})

test('a stream has its documents, without the empty ones', () => {
  expect(parseYamlDocuments('---\na: 1\n---\n# nothing\n---\nb: 2\n', 'x')).toEqual([{ a: 1 }, { b: 2 }])
  expect(parseYamlDocuments('', 'x')).toEqual([])
})

test.each([
  ['a: [1', /^x\.yaml: is not valid YAML: [A-Z_]+ in line \d+\. Expected YAML\.$/],
  ['a: 1\na: 2\n', /^x\.yaml: is not valid YAML: DUPLICATE_KEY in line 2\. Expected YAML\.$/],
])('%j is not valid YAML, which is told with its line and without its text', (text, message) => {
  expect(() => parseYamlDocuments(text, 'x.yaml')).toThrow(ProblemError)
  expect(() => parseYamlDocuments(text, 'x.yaml')).toThrow(message)
})

// --- internal ---

/** Texts on the border between texts and numbers, dates and booleans. */
const trap = fc
  .array(
    fc.constantFrom(
      '0',
      '1',
      '7',
      '_',
      '.',
      ':',
      '-',
      '+',
      'e',
      'E',
      'x',
      'o',
      'b',
      'n',
      'y',
      '~',
      ' ',
      '\n',
      '\u2028',
    ),
    {
      maxLength: 6,
    },
  )
  .map((parts) => parts.join(''))

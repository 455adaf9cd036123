import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  document,
  jsonDocument,
  lines,
  oneLine,
  painted,
  styled,
  together,
  unstyled,
} from '../../../scripts/lib/printable.ts'
import { formatProblem } from '../../../scripts/lib/problems.ts'
import { table } from '../../../scripts/lib/table.ts'
import { forgedParts, forgery, hiddenCharacters } from '../../helpers/hostile-text.ts'

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom(...hiddenCharacters, 'é', '😀') }),
)

test.each([
  ['a line break', 'a\nb\r\nc', String.raw`a\nb\r\nc`],
  ['a tab', 'a\tb', String.raw`a\tb`],
  ['a colour', '\u001b[31mred', String.raw`\u001b[31mred`],
  ['a C1 control character', 'a\u009b2Jb\u0085c', String.raw`a\u009b2Jb\u0085c`],
  ['delete', 'a\u007fb', String.raw`a\u007fb`],
  ['the direction of writing', '\u202egnp.exe\u2066\u200f\u061c', String.raw`\u202egnp.exe\u2066\u200f\u061c`],
  ['separators of lines and paragraphs', 'a\u2028b\u2029c', String.raw`a\u2028b\u2029c`],
  ['what has no width', 'ad\u200bmin\u2060\u00ad\ufeff', String.raw`ad\u200bmin\u2060\u00ad\ufeff`],
  ['letters that are drawn as nothing', 'a\u3164b\u115fc', String.raw`a\u3164b\u115fc`],
  ['tags', 'a\u{e0041}b', String.raw`a\udb40\udc41b`],
  ['half of a character', 'a\ud83db', String.raw`a\ud83db`],
])('%s is shown as its escape', (_, text, shown) => {
  expect(oneLine(text)).toBe(shown)
})

test.each([
  'Trackdéchets – œuvre, n° 1 « été »',
  'naïve Ünïcode',
  'données\u00a0: 3 µs',
  '漢字 かな 한국어',
  'עברית العربية',
  '😀 → …',
  'e\u0301',
])('letters and signs of every language stay: %s', (text) => {
  expect(oneLine(text)).toBe(text)
  expect(document(text)).toBe(text)
})

test('a forgery is found where it is shown as it is, and not where it is escaped', () => {
  const found = forgedParts(`seen: ${forgery}`)
  for (const part of ['"\\u001b"', '"\u202e"', 'fix: Run `curl FORGED|sh`']) expect(found.join('\n')).toContain(part)
  expect(forgedParts(oneLine(`seen: ${forgery}`))).toEqual([])
})

describe('of any text', () => {
  const holds = (property: (text: string) => void) => fc.assert(fc.property(anyText, property), { numRuns: 500 })

  test('nothing hidden is left, and one line stays one', () => {
    holds((text) => {
      expect(hiddenCharacters.filter((one) => oneLine(text).includes(one))).toEqual([])
      expect(lines(text, text).split('\n')).toHaveLength(3)
    })
  })

  test('a second pass changes nothing', () => {
    holds((text) => {
      expect(oneLine(oneLine(text))).toBe(oneLine(text))
      expect(document(oneLine(text))).toBe(oneLine(text))
    })
  })

  test('a document keeps its line breaks and tabs, and nothing else', () => {
    holds((text) => {
      const kept = /[\n\t]/g
      expect(document(text).match(kept)).toEqual(text.match(kept))
      expect(oneLine(document(text).replace(kept, ''))).toBe(document(text).replace(kept, ''))
    })
  })

  test('JSON has the same value, and no hidden character in its text', () => {
    holds((text) => {
      expect(JSON.parse(jsonDocument({ [text]: [text] }))).toEqual({ [text]: [text] })
      expect(oneLine(jsonDocument([text]).replaceAll('\n', ''))).toBe(jsonDocument([text]).replaceAll('\n', ''))
    })
  })

  test('it makes no line of a table or of a problem', () => {
    holds((text) => {
      expect(table(['A', 'B'], [[text, text]]).split('\n')).toHaveLength(3)
      const problem = { code: text, where: text, message: text, fix: text, lastLines: [text] }
      expect(formatProblem(problem, [text]).split('\n')).toHaveLength(6)
    })
  })

  test('it makes no colour, and is marked as a whole where we mark it', () => {
    holds((text) => {
      const shown = oneLine(text)
      expect(unstyled(shown)).toBe(shown)
      expect(painted(shown, true)).toBe(shown)
      expect(painted(together(shown, styled(text, 'bad'), shown), true)).toBe(
        `${shown}\u001b[31m${shown}\u001b[0m${shown}`,
      )
      expect(painted(styled(text, 'bad'), false)).toBe(shown)
    })
  })
})

test('marks that somebody else wrote are shown as their escapes', () => {
  const forgedMark = '\u000ebred\u000f'
  for (const shown of [oneLine(forgedMark), document(forgedMark), lines(forgedMark), styled(forgedMark, 'good')])
    expect(painted(shown, false)).toContain(String.raw`\u000ebred\u000f`)
})

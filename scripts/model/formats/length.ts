import { define, type FormatDefinition, KiB } from './definition.ts'
import { checkLine, tooShort } from './line.ts'

/**
 * The format of a family such as `exactly 32 characters`, which carries its number in its name.
 *
 * @returns undefined when the name is not that of a family
 */
export function lengthFormat(format: string): FormatDefinition | undefined {
  const [, family, digits, unit] = /^(exactly|at least) ([1-9]\d{0,4}) (characters|bytes)$/.exec(format) ?? []
  if (family === 'exactly') return exactly(Number(digits), unit === 'bytes' ? bytes : characters)
  return family !== undefined && unit === 'characters' ? minimumLength(Number(digits)) : undefined
}

/** A row of documentation for each family, with N for its number. */
export const lengthFamilies: readonly { readonly name: string; readonly expected: string }[] = [
  { name: 'exactly N characters', expected: 'exactly N characters on one line' },
  {
    name: 'exactly N bytes',
    expected: 'exactly N bytes of UTF-8 on one line: as a cipher counts its key, where é is 2 and 🔑 is 4',
  },
  { name: 'at least N characters', expected: 'N characters or more on one line' },
]

// --- internal ---

interface Unit {
  readonly name: 'characters' | 'bytes'
  /** Completes "exactly 32 ". */
  readonly expected: string
  count(value: string): number
  /** UTF-8 bytes that one may need. */
  readonly maxBytes: number
}

const characters: Unit = {
  name: 'characters',
  expected: 'characters on one line',
  count: (value) => [...value].length,
  maxBytes: 4,
}

const bytes: Unit = {
  name: 'bytes',
  expected: 'bytes of UTF-8 on one line',
  count: (value) => Buffer.byteLength(value, 'utf8'),
  maxBytes: 1,
}

function exactly(length: number, { name, expected, count, maxBytes }: Unit): FormatDefinition {
  return define({
    title: `exactly ${length} ${name}`,
    expected: `exactly ${length} ${expected}`,
    maxBytes: maxBytes * length,
    generatable: true,
    doubts: 'secret',
    check: (value) => (count(value) === length ? checkLine(value) : lineEnd(value, `is ${count(value)} ${name} long`)),
    generate: (r) => r(length),
  })
}

function minimumLength(length: number): FormatDefinition {
  return define({
    title: `at least ${length} characters`,
    expected: `${length} characters or more on one line`,
    maxBytes: Math.max(4 * KiB, 4 * length),
    generatable: true,
    doubts: 'secret',
    check: (value) => tooShort(value, length) ?? checkLine(value),
    generate: (r) => r(Math.max(length, 32)),
  })
}

/** A line break too many says more than a length that is one too many. */
function lineEnd(value: string, fact: string): string {
  return /[\r\n]$/.test(value) ? 'ends with a line break' : fact
}

import { define, type FormatDefinition } from './definition.ts'
import { checkLine } from './line.ts'

/** Written as JSON writes it, without an exponent, so that every language reads the same. */
export const number: FormatDefinition = define({
  title: 'number',
  expected: 'a number such as 25, -1 or 0.5, without spaces, a plus sign or zeros before it',
  maxBytes: 32,
  check: checkNumber,
  generate: () => '30',
})

// --- internal ---

function checkNumber(value: string): string | undefined {
  const line = checkLine(value)
  if (line) return line
  if (!/^-?(0|[1-9]\d*)(\.\d+)?$/.test(value)) return 'is not a number'
  const isWhole = !value.includes('.')
  return isWhole && !Number.isSafeInteger(Number(value)) ? 'has more digits than a number keeps' : undefined
}

import type { Problem } from '../lib/problems.ts'
import type { FillEntry } from '../model/fill-entries.ts'
import type { Doubt } from '../model/formats/doubts.ts'
import { checkValue, doubtValue, formatDefinition } from '../model/formats.ts'
import { qualified } from './input-names.ts'
import type { InputValue } from './input-value.ts'

/** What is wrong with a value for an entry, or else what is doubtful about it, without any of the value. */
export function judgeInput(entry: FillEntry, { value, where, ...input }: InputValue): Problem[] {
  const { format } = entry.spec
  const place = `${where} (${qualified(entry)})`
  const characters = value.includes('\0')
    ? 'has a NUL character'
    : /\p{Surrogate}/u.test(value)
      ? 'has half a character'
      : undefined
  const wrong = input.wrong ?? characters ?? checkValue(format, value)
  if (wrong === undefined) return doubtValue(format, value).map((doubt) => doubtProblem(place, doubt))
  const message = `${wrong}. Expected ${formatDefinition(format)?.expected ?? 'another value'}.`
  const fix = input.fix ?? 'Correct the value, or the format in the catalogue.'
  return [{ code: 'FILL_VALUE_INVALID', where: place, message, fix }]
}

/**
 * The value that a file gives: all of it where the format has several lines, and else without the line break that
 * editors put at the end, which no value of one line may have.
 */
export function valueOfFile({ spec }: FillEntry, input: InputValue): InputValue {
  const isOneLine = formatDefinition(spec.format)?.isOneLine === true
  return isOneLine ? { ...input, value: input.value.replace(/\r?\n$/, '') } : input
}

// --- internal ---

const codes: Readonly<Record<Doubt['kind'], string>> = {
  placeholder: 'FILL_VALUE_PLACEHOLDER',
  reference: 'FILL_VALUE_REFERENCE',
  encrypted: 'FILL_VALUE_ENCRYPTED',
  quoted: 'FILL_VALUE_QUOTED',
  escaped: 'FILL_VALUE_ESCAPED',
  passphrase: 'FILL_VALUE_NEEDS_PASSPHRASE',
  unencoded: 'FILL_VALUE_UNENCODED',
}

function doubtProblem(where: string, { kind, fact, expected }: Doubt): Problem {
  return {
    code: codes[kind],
    where,
    message: `${fact}. Expected ${expected}.`,
    fix: 'Correct the value; if it is meant as it is, nothing needs to be done.',
    severity: 'warning',
  }
}

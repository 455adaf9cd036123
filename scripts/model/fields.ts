import { didYouMean } from '../lib/nearest.ts'
import type { Problem } from '../lib/problems.ts'
import { isRecord } from '../lib/record.ts'

/** How a field is checked that has to be there. */
export interface Field<Value = never> {
  readonly expected: string
  readonly test: (value: unknown) => boolean
  readonly optional?: false
  /** The texts that it takes, where these are all. */
  readonly choices?: readonly string[]
  /** For the compiler alone: a check that refuses what the type allows does not fit. */
  readonly takes?: (value: Value) => void
}

interface OptionalField<Value = never> extends Omit<Field<Value>, 'optional'> {
  readonly optional: true
}

/** The checks of an object, by the names of its fields. */
export type Fields = Readonly<Record<string, Field | OptionalField>>

/** The checks of a type: one for each of its fields, optional where the type says so. */
export type FieldsOf<Type> = {
  readonly [Name in keyof Type]-?: object extends Pick<Type, Name>
    ? OptionalField<Exclude<Type[Name], undefined>>
    : Field<Type[Name]>
}

const isString = (value: unknown) => typeof value === 'string' && value !== ''
const isStrings = (value: unknown) => Array.isArray(value) && value.every((item) => typeof item === 'string')
/** Whole and above zero. */
export const isWholeNumber = (value: unknown) => Number.isInteger(value) && Number(value) > 0

export const text: Field<string> = { expected: 'a text that is not empty', test: isString }
export const list: Field<readonly string[]> = { expected: 'a list of texts', test: isStrings }
export const record: Field<object> = { expected: 'an object', test: isRecord }
export const number: Field<number> = { expected: 'a whole number above zero', test: isWholeNumber }
export const flag: Field<boolean> = { expected: 'true or false', test: (value) => typeof value === 'boolean' }
export const texts: Field<Readonly<Record<string, string>>> = {
  expected: 'an object of texts',
  test: (value) => isRecord(value) && isStrings(Object.values(value)),
}
/** The same check for a field that may be left out. */
export const optional = <Value>(field: Field<Value>): OptionalField<Value> => ({ ...field, optional: true })

/** One of these texts. */
export function oneOf<Choice extends string>(...choices: readonly Choice[]): Field<Choice> {
  return {
    expected: `one of: ${choices.join(', ')}`,
    choices,
    test: (value) => choices.some((choice) => choice === value),
  }
}

/** An object whose values all have these fields. */
export function recordOf<Item>(fields: FieldsOf<Item>): Field<Readonly<Record<string, Item>>> {
  return {
    expected: `an object by tier, each with ${Object.keys(fields).join(' and ')}`,
    test: (value) =>
      isRecord(value) && Object.values(value).every((item) => checkObject('', item, fields).length === 0),
  }
}

/** A list of some of these texts. */
export function choicesOf<Choice extends string>(...choices: readonly Choice[]): Field<readonly Choice[]> {
  const one = oneOf(...choices)
  return {
    expected: `a list of ${choices.join(', ')}`,
    choices,
    test: (value) => Array.isArray(value) && value.every(one.test),
  }
}

/** Every field there, of its type, and no others: one problem each, all of code `SHAPE_INVALID`. */
export function checkObject(where: string, value: unknown, fields: Fields): Problem[] {
  if (!isRecord(value)) return [wrong(where, 'is not an object', `an object with ${Object.keys(fields).join(', ')}`)]
  const names = Object.keys(fields)
  const unknown = Object.keys(value)
    .filter((name) => !names.includes(name))
    .map((name) =>
      wrong(where, `has an unknown field "${name}".${didYouMean(name, names)}`, `only ${names.join(', ')}`),
    )
  const mistyped = Object.entries(fields)
    .filter(([name, field]) => (value[name] === undefined ? field.optional !== true : !field.test(value[name])))
    .map(([name, field]) => wrong(where, factOf(name, value[name], field), field.expected))
  return [...unknown, ...mistyped]
}

/** @param fact what is true now, with or without its final period */
export function wrong(where: string, fact: string, expected: string): Problem {
  return {
    code: 'SHAPE_INVALID',
    where,
    message: `${fact}${/[.?]$/.test(fact) ? '' : '.'} Expected ${expected}.`,
    fix: 'Correct the entry; an editor with TypeScript shows the same mistake.',
  }
}

// --- internal ---

/** A text is shown where it stands for one of several; anywhere else it may be what nobody should read. */
function factOf(name: string, value: unknown, { choices }: Field | OptionalField): string {
  if (value === undefined) return `has no ${name}`
  const others = [value].flat().filter((one) => typeof one === 'string' && choices?.includes(one) === false)
  const [other] = others as string[]
  if (choices === undefined || other === undefined) return `"${name}" is ${kindOf(value)}`
  return `"${name}" ${Array.isArray(value) ? 'has' : 'is'} "${other}".${didYouMean(other, choices)}`
}

function kindOf(value: unknown): string {
  if (value === '') return 'empty'
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  const kinds: Partial<Record<string, string>> = { string: 'a text', object: 'an object' }
  return kinds[typeof value] ?? `a ${typeof value}`
}

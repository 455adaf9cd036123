import { isRecord } from '../lib/record.ts'

export type Json = Record<string, unknown>

/** The text of a field: other values are delivered as JSON, and so is a value where an object is expected. */
export function fieldOf(object: Json, [field, ...rest]: readonly string[]): string | undefined {
  if (field === undefined || !Object.hasOwn(object, field)) return undefined
  const value = object[field]
  if (rest.length > 0 && isRecord(value)) return fieldOf(value, rest)
  return typeof value === 'string' && rest.length === 0 ? value : JSON.stringify(value)
}

/** Puts a text into a field, and creates missing objects on the way to it. */
export function setField(object: Json, [field, ...rest]: readonly string[], value: string): void {
  if (field === undefined) return
  if (rest.length === 0) {
    object[field] = value
    return
  }
  const child = object[field]
  const next: Json = isRecord(child) ? child : {}
  object[field] = next
  setField(next, rest, value)
}

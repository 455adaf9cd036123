import type { Arguments } from './arguments.ts'

export interface Page {
  /** From 1. */
  readonly number: number
  readonly size: number
}

const defaultSize = 20
const maxSize = 100

/** Go clients send `page_size=0` for "not set". */
export function readPage(query: Arguments): Page {
  const number = query.integer('page', 0, Number.MAX_SAFE_INTEGER)
  const size = query.integer('page_size', 0, maxSize)
  return { number: number || 1, size: size || defaultSize }
}

/** `total_count` counts every match, not the page. A page past the end is empty. */
export function pageOf<T>(items: readonly T[], { number, size }: Page): T[] {
  return items.slice((number - 1) * size, number * size)
}

/** The orders of a list, by what each is sorted on; each exists as `<name>_asc` and `<name>_desc`. */
export type Keys<T> = Readonly<Record<string, (item: T) => string | number>>

/**
 * The comparison asked for by `order_by`. The first key, ascending, is the default.
 * Ties keep the order of the input, so two pages never share or miss an item.
 */
export function readOrder<T>(query: Arguments, keys: Keys<T>): (a: T, b: T) => number {
  const names = Object.keys(keys).flatMap((name) => [`${name}_asc`, `${name}_desc`])
  const wanted = query.choice('order_by', names) ?? names[0] ?? ''
  const key = keys[wanted.replace(/_(asc|desc)$/, '')]
  if (!key) return () => 0
  const sign = wanted.endsWith('_desc') ? -1 : 1
  return (a, b) => {
    const [left, right] = [key(a), key(b)]
    return left < right ? -sign : left > right ? sign : 0
  }
}

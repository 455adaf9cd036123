import type { Arguments } from '../http/arguments.ts'

const segment = /^[A-Za-z0-9._-]{1,255}$/

/** A secret's name: one path segment. */
export const nameRules = {
  pattern: segment,
  expected: '1 to 255 letters, digits, dots, underscores and dashes',
} as const

/** The path as it is stored: trailing slashes go. Refuses an invalid path; then `/` is returned and `done()` throws. */
export function readPath(args: Arguments, field: string): string | undefined {
  const value = args.text(field)
  if (value === undefined) return undefined
  const path = normalPath(value)
  if (path === undefined)
    args.refuse(field, 'format', 'expected a path that starts with / and has segments of letters, digits, ., _ and -')
  return path ?? '/'
}

/** `/a/b/` is `/a/b`; undefined when the text is not a path. */
export function normalPath(value: string): string | undefined {
  if (!value.startsWith('/')) return undefined
  const path = value.replace(/\/+$/, '')
  if (path === '') return '/'
  return path
    .slice(1)
    .split('/')
    .every((part) => segment.test(part))
    ? path
    : undefined
}

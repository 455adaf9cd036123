import type { PlainFormat } from '../../model/formats.ts'

/** What can be said of a value without any library, in any language: never stricter than the format itself. */
export interface ValueForm {
  /** What a program gets. */
  readonly type: 'string' | 'boolean' | 'number'
  /** A regular expression that needs nothing but `u`. */
  readonly pattern: string
  /** In characters. */
  readonly length?: { readonly min?: number; readonly max?: number }
  /** Of UTF-8. */
  readonly bytes?: number
}

/** The form of a format that exists. */
export function formOf(format: string): ValueForm {
  if (Object.hasOwn(plainForms, format)) return plainForms[format as PlainFormat]
  const [, family, digits = '', unit] = /^(exactly|at least) (\d+) (characters|bytes)$/.exec(format) ?? []
  const count = Number(digits)
  if (unit === 'bytes') return { ...line, bytes: count }
  return { ...line, length: family === 'exactly' ? { min: count, max: count } : { min: count } }
}

// --- internal ---

const line: ValueForm = { type: 'string', pattern: '^\\S(.*\\S)?$' }
const anything: ValueForm = { type: 'string', pattern: '[\\s\\S]' }

const plainForms: Readonly<Record<PlainFormat, ValueForm>> = {
  'postgresql-url': url('postgres(ql)?'),
  'mongodb-url': url('mongodb(\\+srv)?'),
  'redis-url': url('rediss?'),
  'http-url': url('https?'),
  'http-url-or-host': line,
  'sentry-dsn': url('https?'),
  'random-secret': { ...line, length: { min: 32 } },
  token: line,
  boolean: { type: 'boolean', pattern: '^(true|false)$' },
  number: { type: 'number', pattern: '^-?(0|[1-9][0-9]*)(\\.[0-9]+)?$' },
  'pem-certificate': pem('CERTIFICATE'),
  'pem-private-key': pem('PRIVATE KEY'),
  dockerconfigjson: { type: 'string', pattern: '^\\s*\\{[\\s\\S]*\\}\\s*$' },
  region: { type: 'string', pattern: '^[a-z][a-z0-9]+(-[a-z0-9]+)*$' },
  'bucket-name': { type: 'string', pattern: '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$' },
  identifier: { type: 'string', pattern: '^[A-Za-z0-9._@+:/-]{1,256}$' },
  text: anything,
}

/** @param scheme a pattern whose letters may be of either case, as in a URL */
function url(scheme: string): ValueForm {
  const anyCase = scheme.replace(/[a-z]/g, (letter) => `[${letter.toUpperCase()}${letter}]`)
  return { type: 'string', pattern: `^${anyCase}://\\S(.*\\S)?$` }
}

function pem(label: string): ValueForm {
  return { type: 'string', pattern: `-----BEGIN [A-Z0-9 ]*${label}-----` }
}

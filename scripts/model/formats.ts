import { X509Certificate } from 'node:crypto'
import { certificatePem } from './certificate.ts'

/** What a value must look like. A family such as `exactly 32 characters` carries its number in its name. */
export type Format = keyof typeof plainFormats | `exactly ${number} characters` | `at least ${number} characters`

/** One definition serves seeding, checking a real value, and documentation. */
export interface FormatDefinition {
  /** For tables: `PostgreSQL URL`. */
  readonly title: string
  /** Completes "Expected …". */
  readonly expected: string
  /** Largest value accepted, in bytes of UTF-8; the forecast of a bundle's size adds these up. */
  readonly maxBytes: number
  /** A random value may be generated for production; one that a third party issues may not. */
  readonly generatable: boolean
  /** What is wrong with the value, without any part of it; undefined when nothing is. */
  check(value: string): string | undefined
  /** A fresh value that fits, different at each call where the format leaves room. */
  generate(random: RandomText): string
}

/** `random(n)` is `n` characters of `a-z0-9`; cryptographically strong unless a test says otherwise. */
export type RandomText = (length: number) => string

/**
 * The definition behind a format's name.
 *
 * @returns undefined when there is no such format; a rule reports it
 */
export function formatDefinition(format: string): FormatDefinition | undefined {
  if (Object.hasOwn(plainFormats, format)) return plainFormats[format as keyof typeof plainFormats]
  const family = /^(exactly|at least) ([1-9]\d{0,4}) characters$/.exec(format)
  if (!family) return undefined
  const length = Number(family[2])
  return family[1] === 'exactly' ? exactLength(length) : minimumLength(length)
}

/** Names of the formats that take no number, for messages and documentation. */
export function plainFormatNames(): string[] {
  return Object.keys(plainFormats)
}

/** What is wrong with the value, without any part of it; undefined when it fits. */
export function checkValue(format: string, value: string): string | undefined {
  const definition = formatDefinition(format)
  if (!definition) return `has the unknown format "${format}"`
  const bytes = Buffer.byteLength(value, 'utf8')
  if (bytes > definition.maxBytes) return `is ${bytes} bytes long, more than ${definition.maxBytes}`
  return definition.check(value)
}

// --- internal ---

const KiB = 1024

const plainFormats = {
  'postgresql-url': url('PostgreSQL URL', ['postgresql', 'postgres'], (r) => {
    return `postgresql://user_${r(6)}:${r(24)}@postgres.internal.example:5432/${r(8)}?sslmode=require`
  }),
  'mongodb-url': url('MongoDB URL', ['mongodb', 'mongodb+srv'], (r) => {
    return `mongodb://user_${r(6)}:${r(24)}@mongo-0.internal.example:27017,mongo-1.internal.example:27017/${r(8)}?replicaSet=rs0`
  }),
  'redis-url': url('Redis URL', ['redis', 'rediss'], (r) => `rediss://default:${r(24)}@redis.internal.example:6379/0`),
  'http-url': url('http(s) URL', ['http', 'https'], (r) => `https://${r(8)}.internal.example/`),
  'http-url-or-host': define({
    title: 'http(s) URL or host name',
    expected: 'an http(s) URL or a bare host name, such as https://s3.example or s3.example',
    maxBytes: 2 * KiB,
    check: (value) => (hostPattern.test(value) ? undefined : checkUrl(value, ['http', 'https'])),
    generate: (r) => `https://s3-${r(6)}.internal.example`,
  }),
  'sentry-dsn': define({
    title: 'Sentry DSN',
    expected: 'an https URL with a public key before the host and a project id at its end: https://<key>@<host>/<id>',
    maxBytes: 2 * KiB,
    check: checkSentryDsn,
    generate: (r) => `https://${hex(r(32))}@sentry.internal.example/${digits(r(6))}`,
  }),
  'random-secret': define({
    title: 'random secret',
    expected: 'at least 32 characters on one line',
    maxBytes: 1 * KiB,
    generatable: true,
    check: (value) => tooShort(value, 32) ?? checkLine(value),
    generate: (r) => r(48),
  }),
  token: define({
    title: 'token',
    expected: 'one line without white space around it',
    maxBytes: 4 * KiB,
    check: checkLine,
    generate: (r) => r(40),
  }),
  boolean: define({
    title: 'boolean',
    expected: 'true or false, in lowercase',
    maxBytes: 5,
    check: (value) => (value === 'true' || value === 'false' ? undefined : 'is neither true nor false'),
    generate: () => 'false',
  }),
  'pem-certificate': define({
    title: 'PEM certificate',
    expected: 'one or more certificates in PEM form, with their BEGIN and END lines',
    maxBytes: 16 * KiB,
    check: checkPem,
    generate: (r) => certificatePem(`ca-${r(8)}.internal.example`),
  }),
  region: pattern('region name', 'a region such as fr-par or eu-west-1', /^[a-z]{2,}(-[a-z0-9]+)+$/, () => 'fr-par'),
  'bucket-name': pattern(
    'bucket name',
    '3 to 63 lowercase letters, digits, dots and hyphens, with a letter or digit at both ends',
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    (r) => `bucket-${r(12)}`,
  ),
  identifier: pattern(
    'identifier',
    '1 to 256 characters out of letters, digits and . _ - @ + : /',
    /^[A-Za-z0-9._@+:/-]{1,256}$/,
    (r) => `id-${r(12)}`,
  ),
  text: define({
    title: 'text',
    expected: 'any text that is not empty',
    maxBytes: 64 * KiB,
    check: (value) => (value === '' ? 'is empty' : undefined),
    generate: (r) => r(24),
  }),
} satisfies Record<string, FormatDefinition>

const hostPattern = /^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+(:\d{1,5})?$/

function define(
  definition: Omit<FormatDefinition, 'generatable'> & { readonly generatable?: boolean },
): FormatDefinition {
  return { generatable: false, ...definition }
}

function url(title: string, schemes: readonly string[], generate: (random: RandomText) => string): FormatDefinition {
  const expected = `a URL that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')} and names a host`
  return define({ title, expected, maxBytes: 2 * KiB, check: (value) => checkUrl(value, schemes), generate })
}

function pattern(
  title: string,
  expected: string,
  regexp: RegExp,
  generate: (random: RandomText) => string,
): FormatDefinition {
  const check = (value: string) =>
    checkLine(value) ?? (regexp.test(value) ? undefined : 'has a character or a length that is not allowed')
  return define({ title, expected, maxBytes: 256, check, generate })
}

function exactLength(length: number): FormatDefinition {
  const check = (value: string) => {
    const count = [...value].length
    return count === length ? checkLine(value) : `is ${count} characters long`
  }
  return define({
    title: `exactly ${length} characters`,
    expected: `exactly ${length} characters on one line`,
    maxBytes: 4 * length,
    generatable: true,
    check,
    generate: (r) => r(length),
  })
}

function minimumLength(length: number): FormatDefinition {
  return define({
    title: `at least ${length} characters`,
    expected: `${length} characters or more on one line`,
    maxBytes: Math.max(4 * KiB, 4 * length),
    generatable: true,
    check: (value) => tooShort(value, length) ?? checkLine(value),
    generate: (r) => r(Math.max(length, 32)),
  })
}

function tooShort(value: string, length: number): string | undefined {
  const count = [...value].length
  return count < length ? `is ${count} characters long` : undefined
}

/** A line break at the end is the most frequent silent mistake: `echo value | …`. */
function checkLine(value: string): string | undefined {
  if (value === '') return 'is empty'
  if (/[\r\n]$/.test(value)) return 'ends with a line break'
  if (/[\r\n]/.test(value)) return 'has more than one line'
  if (value.trim() !== value) return 'begins or ends with white space'
  if (/\p{Cc}/u.test(value)) return 'has a control character'
  return undefined
}

/**
 * Not `new URL`: MongoDB and PostgreSQL URLs list several hosts, which the URL standard refuses.
 * No part is repeated in the answer: a wrongly pasted value can be a password with a colon in it.
 */
function checkUrl(value: string, schemes: readonly string[]): string | undefined {
  const line = checkLine(value)
  if (line) return line
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)/i.exec(value)
  if (!match) return 'is not a URL'
  if (!schemes.includes(match[1]?.toLowerCase() ?? '')) return 'is a URL with another scheme'
  if (/\s/.test(value)) return 'has white space inside'
  const hosts = match[2]?.slice(match[2].lastIndexOf('@') + 1) ?? ''
  return /^[^,:\s]|^\[/.test(hosts) ? undefined : 'is a URL without a host'
}

function checkSentryDsn(value: string): string | undefined {
  const problem = checkUrl(value, ['https'])
  if (problem) return problem
  const match = /^https:\/\/([^@/]*)@[^/?#]+\/(.*)$/.exec(value)
  if (!match) return 'has no public key before its host, or no project id'
  if (!/^[A-Za-z0-9]+(:[A-Za-z0-9]+)?$/.test(match[1] ?? '')) return 'has no public key before its host'
  return /^([^?#]*\/)?\d+$/.test(match[2] ?? '') ? undefined : 'does not end with a project id'
}

function checkPem(value: string): string | undefined {
  if (value.includes('PRIVATE KEY-----')) return 'holds a private key'
  const blocks = value.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g)
  if (!blocks) return 'has no complete BEGIN CERTIFICATE and END CERTIFICATE lines'
  const broken = blocks.findIndex((block) => !isCertificate(block))
  return broken === -1 ? undefined : `can't be decoded: certificate ${broken + 1} of ${blocks.length}`
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined
  } catch {
    return false
  }
}

const hex = (text: string) => Buffer.from(text).toString('hex').slice(0, text.length)
const digits = (text: string) => [...text].map((c) => (c.charCodeAt(0) % 9) + 1).join('')

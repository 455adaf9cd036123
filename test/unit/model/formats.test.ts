import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkValue, formatDefinition, plainFormatNames } from '../../../scripts/model/formats.ts'
import { generateValue } from '../../../scripts/payload/seed.ts'

const families = ['exactly 1 characters', 'exactly 32 characters', 'at least 8 characters', 'at least 64 characters']
const formats = [...plainFormatNames(), ...families]

/** Values that are right, beyond what is generated, and wrong ones with what is said of them. */
const examples: Record<string, { right: string[]; wrong: Record<string, string> }> = {
  'postgresql-url': {
    right: ['postgresql://u:p%40x@db.example:5432/name', 'postgres://db.example', 'postgresql://u@a:1,b:2/d'],
    wrong: {
      'mysql://u:p@db.example/name': 'is a URL with another scheme',
      'postgresql:///name': 'is a URL without a host',
      'postgresql://u:p@/name': 'is a URL without a host',
      'postgresql://u:p@db.example/na me': 'has white space inside',
      hunter2: 'is not a URL',
    },
  },
  'mongodb-url': {
    right: ['mongodb+srv://u:p@cluster.example/db', 'mongodb://a:1,b:2/?replicaSet=rs'],
    wrong: { 'mongodb://': 'is a URL without a host', 'mongo://a/b': 'is a URL with another scheme' },
  },
  'redis-url': {
    right: ['redis://localhost:6379', 'rediss://:p@[::1]:6379/0'],
    wrong: { 'http://localhost': 'is a URL with another scheme', 'redis://:6379': 'is a URL without a host' },
  },
  'http-url': {
    right: ['http://a', 'https://a.example/b?c#d', 'HTTPS://A.example'],
    wrong: {
      'ftp://a.example': 'is a URL with another scheme',
      'https:/a.example': 'is not a URL',
      'a.example': 'is not a URL',
    },
  },
  'http-url-or-host': {
    right: ['s3.example', 's3.example:443', 'https://s3.example'],
    wrong: { s3: 'is not a URL', '-s3.example': 'is not a URL', 's3.example/path': 'is not a URL' },
  },
  'sentry-dsn': {
    right: ['https://0123abcd@sentry.example/42', 'https://a:b@sentry.example/path/42'],
    wrong: {
      'https://sentry.example/42': 'has no public key before its host, or no project id',
      'https://@sentry.example/42': 'has no public key before its host',
      'https://a-b@sentry.example/42': 'has no public key before its host',
      'https://a@sentry.example/forty': 'does not end with a project id',
      'http://a@sentry.example/42': 'is a URL with another scheme',
    },
  },
  'random-secret': {
    right: ['x'.repeat(32), '$2a$10$abcdefghijklmnopqrstuvwxyz', 'é'.repeat(32)],
    wrong: {
      ['x'.repeat(31)]: 'is 31 characters long',
      [`${'x'.repeat(32)}\n`]: 'ends with a line break',
      [` ${'x'.repeat(32)}`]: 'begins or ends with white space',
      [`${'x'.repeat(32)}\u0007y`]: 'has a control character',
      ['x'.repeat(1025)]: 'is 1025 bytes long, more than 1024',
    },
  },
  token: {
    right: ['a', 'a b', 'ключ'],
    wrong: {
      '': 'is empty',
      'a\n': 'ends with a line break',
      'a\r': 'ends with a line break',
      'a\nb': 'has more than one line',
    },
  },
  boolean: {
    right: ['true', 'false'],
    wrong: { True: 'is neither true nor false', '1': 'is neither true nor false', '': 'is neither true nor false' },
  },
  'pem-certificate': {
    right: [[1, 2].map(() => generateValue({ format: 'pem-certificate' })).join('')],
    wrong: {
      '': 'has no complete BEGIN CERTIFICATE and END CERTIFICATE lines',
      '-----BEGIN CERTIFICATE-----\nAAAA': 'has no complete BEGIN CERTIFICATE and END CERTIFICATE lines',
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n': "can't be decoded: certificate 1 of 1",
      '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n': 'holds a private key',
    },
  },
  region: {
    right: ['fr-par', 'eu-west-1'],
    wrong: { Paris: 'has a character or a length that is not allowed', 'fr-par\n': 'ends with a line break' },
  },
  'bucket-name': {
    right: ['abc', 'a.b-c'],
    wrong: {
      ab: 'has a character or a length that is not allowed',
      Abc: 'has a character or a length that is not allowed',
      'abc-': 'has a character or a length that is not allowed',
    },
  },
  identifier: {
    right: ['a', 'user+tag@host', 'urn:a/b'],
    wrong: {
      'a b': 'has a character or a length that is not allowed',
      ['a'.repeat(257)]: 'is 257 bytes long, more than 256',
    },
  },
  text: {
    right: [' ', 'line\nline\n', 'é'],
    wrong: { '': 'is empty', ['é'.repeat(40_000)]: 'is 80000 bytes long, more than 65536' },
  },
  'exactly 32 characters': {
    right: ['x'.repeat(32), '💡'.repeat(32)],
    wrong: {
      ['x'.repeat(33)]: 'is 33 characters long',
      [`${'x'.repeat(31)}\n`]: 'ends with a line break',
      '': 'is 0 characters long',
    },
  },
  'at least 8 characters': {
    right: ['x'.repeat(8), 'x'.repeat(4000)],
    wrong: { ['x'.repeat(7)]: 'is 7 characters long', ['x'.repeat(4097)]: 'is 4097 bytes long, more than 4096' },
  },
}

describe.each(formats)('%s', (format) => {
  test('accepts every value it generates, in different ones each time', () => {
    const values = Array.from({ length: format === 'pem-certificate' ? 3 : 50 }, () =>
      generateValue({ format } as never),
    )
    expect(values.map((value) => checkValue(format, value)).filter((fact) => fact !== undefined)).toEqual([])
    const constant = ['boolean', 'region', 'exactly 1 characters'].includes(format)
    if (!constant) expect(new Set(values).size).toBe(values.length)
  })

  test('is documented: a title, and what completes "Expected …"', () => {
    const definition = formatDefinition(format)
    expect(definition?.title).toMatch(/^\S.*\S$/)
    expect(definition?.expected).toMatch(/^\S.*[^.]$/)
    expect(definition?.maxBytes).toBeLessThanOrEqual(64 * 1024)
  })
})

test('every format has examples of right and wrong values', () => {
  expect(formats.filter((format) => !(format in examples))).toEqual(['exactly 1 characters', 'at least 64 characters'])
})

describe.each(Object.entries(examples))('%s', (format, { right, wrong }) => {
  test.each(right.map((value) => [short(value), value]))('accepts %s', (_, value) => {
    expect(checkValue(format, value)).toBe(undefined)
  })

  test.each(Object.entries(wrong).map(([value, fact]) => [short(value), fact, value]))('%s %s', (_, fact, value) => {
    expect(checkValue(format, value)).toBe(fact)
  })
})

/** Enough of a value for the title of a test. */
function short(value: string): string {
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 20)}… of ${value.length} characters` : text
}

test('what a third party issues is not invented for production', () => {
  const generatable = formats.filter((format) => formatDefinition(format)?.generatable)
  expect(generatable).toEqual(['random-secret', ...families])
})

test.each(['exactly 0 characters', 'exactly 32 character', 'at least 100000 characters', 'toString', 'constructor'])(
  '%s is no format',
  (format) => {
    expect(formatDefinition(format)).toBe(undefined)
    expect(checkValue(format, 'x')).toBe(`has the unknown format "${format}"`)
  },
)

/** All that may ever be said of a value, with N for the numbers: lengths, limits and counts. */
const facts = [
  'is N bytes long, more than N',
  'is N characters long',
  'is empty',
  'ends with a line break',
  'has more than one line',
  'begins or ends with white space',
  'has a control character',
  'has white space inside',
  'is not a URL',
  'is a URL with another scheme',
  'is a URL without a host',
  'has no public key before its host, or no project id',
  'has no public key before its host',
  'does not end with a project id',
  'is neither true nor false',
  'has a character or a length that is not allowed',
  'has no complete BEGIN CERTIFICATE and END CERTIFICATE lines',
  'holds a private key',
  "can't be decoded: certificate N of N",
]

test('what is said of a failing value comes from a fixed list: no part of the value is ever in it', () => {
  const schemes = fc.constantFrom('postgresql', 'mongodb', 'redis', 'https', 'http', 'x')
  const url = fc.tuple(schemes, fc.string(), fc.string()).map(([scheme, user, host]) => `${scheme}://${user}@${host}`)
  const pem = fc.string().map((text) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----`)
  const broken = fc
    .tuple(fc.constantFrom(...formats), fc.constantFrom('\n', ' ', '/', ':', 'é'))
    .map(([format, extra]) => generateValue({ format } as never) + extra)
  const value = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), url, pem, broken)
  let refused = 0
  fc.assert(
    fc.property(fc.constantFrom(...formats), value, (format, text) => {
      const fact = checkValue(format, text)
      if (fact === undefined) return
      refused++
      expect(facts).toContain(fact.replace(/\d+/g, 'N'))
    }),
    { numRuns: 1500 },
  )
  expect(refused).toBeGreaterThan(500)
})

test('a number in what is said is a length or a count, not a part of the value', () => {
  const pin = fc.integer({ min: 100_000, max: 999_999 }).map(String)
  fc.assert(
    fc.property(fc.constantFrom(...formats), pin, (format, text) => {
      expect(checkValue(format, text) ?? '').not.toContain(text)
    }),
  )
})

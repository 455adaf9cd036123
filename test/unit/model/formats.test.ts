import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkValue, formatDefinition, plainFormatNames } from '../../../scripts/model/formats.ts'
import { generateValue } from '../../../scripts/payload/seed.ts'

const families = [
  'exactly 1 characters',
  'exactly 32 characters',
  'exactly 32 bytes',
  'at least 8 characters',
  'at least 64 characters',
]

/** What is said of a character that has to be percent-encoded. */
const raw =
  'has one of # / ? @ in its user or password as it is: percent-encode it, # is %23, / is %2F, ? is %3F, @ is %40, : is %3A'
const percent = 'has a % that two hexadecimal digits do not follow: percent-encode it, % is %25'
const port = 'has a port that is not a number from 1 to 65535'
const formats = [...plainFormatNames(), ...families]

/** Values that are right, beyond what is generated, and wrong ones with what is said of them. */
const examples: Record<string, { right: string[]; wrong: Record<string, string> }> = {
  'postgresql-url': {
    right: [
      ...['postgresql://u:p%40x@db.example:5432/name', 'postgres://db.example', 'postgresql://u@a:1,b:2/d'],
      ...['postgresql://u:p@[::1]:5432/d', 'postgresql://u:p@[2001:db8::2%25eth0]/d', 'postgresql://u:p@my_db:65535/d'],
      ...['postgresql://u:p@/d?host=/run/postgresql', 'postgresql:///d?host=db', 'postgresql://%2Frun%2Fpg/d'],
      ...['postgresql://u:a:b@db/d', 'postgresql://u:$2a$10$x@db/d', 'postgresql://u:p%C3%A9@dé.example:1/d'],
      ...['postgresql://db/d?user=a@b&password=x', 'postgresql://u:p@db:/d', 'postgresql://u:p@db/d?options=-c%20x'],
      // Whatever replaces it may be right: these are doubted, not refused.
      ...[
        'postgresql://USER:PWD@HOST:PORT/DB',
        `postgresql://\${U}:\${PW:-a@b}@db:$PORT/app`,
        'postgresql://u:{{ p }}@h/d',
      ],
    ],
    wrong: {
      'postgresql://u:pa#ss@db.example:5432/app': raw,
      'postgresql://u:pa/ss@db.example:5432/app': raw,
      'postgresql://u:pa?ss@db.example:5432/app': raw,
      'postgresql://u:p@ss@db.example:5432/app': raw,
      'postgresql://u:p@ss/word@db.example/app': raw,
      'postgresql://u:12#34@db.example/app': raw,
      'postgresql://u:12/34@db.example/app': raw,
      'postgresql://u:12?34@db.example/app': raw,
      'postgresql://u#x:p@db.example/app': raw,
      'postgresql://u:100%@db.example/app': percent,
      'postgresql://u:p@db.example/a%pp': percent,
      'postgresql://u:p@db.example:543210/app': port,
      'postgresql://u:p@db.example:65536/app': port,
      'postgresql://u:p@db.example:0/app': port,
      'postgresql://u:p@db.example:5432x/app': port,
      'postgresql://u:p@a:1,b:x/app': port,
      'postgresql://u:p@::1:5432/app': 'has an IPv6 address without brackets',
      'postgresql://u:p@[1.2]/app': 'has brackets without an IPv6 address in them',
      'postgresql://u:p@db!/app': 'has a character in its host that no host has',
      'mysql://u:p@db.example/name': 'is a URL with another scheme',
      'postgresql:///name': 'is a URL without a host',
      'postgresql://u:p@/name': 'is a URL without a host',
      'postgresql://u:p@db.example/na me': 'has white space inside',
      hunter2: 'is not a URL',
    },
  },
  'mongodb-url': {
    right: [
      ...['mongodb+srv://u:p@cluster.example/db', 'mongodb://a:1,b:2/?replicaSet=rs', 'mongodb://a:1,b:2/db'],
      // As Azure gives it.
      'mongodb://u:p%3D%3D@h.example:10255/?ssl=true&appName=@account@',
    ],
    wrong: {
      'mongodb://u:p:x@a/db': raw,
      'mongodb://u:p/x@a/db': raw,
      'mongodb://u:p[x@a/db': raw,
      'mongodb://a:1,b:99999/db': port,
      'mongodb+srv://u:p@a.example,b.example/db': 'is a URL with more than one host',
      'mongodb+srv://u:p@a.example:27017/db': 'is a mongodb+srv URL with a port, which DNS tells',
      'mongodb://': 'is a URL without a host',
      'mongo://a/b': 'is a URL with another scheme',
    },
  },
  'redis-url': {
    right: ['redis://localhost:6379', 'rediss://:p@[::1]:6379/0', 'redis://h/0'],
    wrong: {
      'redis://:pa#ss@h:6379/0': raw,
      'redis://pa/ss@h:6379/0': raw,
      'redis://:p@h:six/0': port,
      'redis://a:1,b:2': 'is a URL with more than one host',
      'http://localhost': 'is a URL with another scheme',
      'redis://:6379': 'is a URL without a host',
    },
  },
  'http-url': {
    right: [
      ...['http://a', 'https://a.example/b?c#d', 'HTTPS://A.example', 'https://a.example/@user', 'https://dé.example'],
      ...[
        'https://a.example/b?mail=c@d.example',
        'https://a.example/?q=100%',
        'https://a.example/{id}',
        'http://[::1]:80/',
      ],
      ...['https://u:p%40x@a.example/', `http://$HOST:\${PORT}/`, 'https://a.example#/b'],
    ],
    wrong: {
      'https://u:pa#ss@a.example/': raw,
      'https://u:pa/ss@a.example/': raw,
      'https://u:12?34@a.example/': raw,
      'https://u:p@ss@a.example/': raw,
      'https://u:p\\x@a.example/': raw,
      'https://u:5%@a.example/': percent,
      'https://a.example:0/': port,
      'https://a.example:https/': port,
      'https://a:1,b:2/': 'is a URL with more than one host',
      'https://1.2.3.999/': 'is not a URL',
      'ftp://a.example': 'is a URL with another scheme',
      'https:/a.example': 'is not a URL',
      'a.example': 'is not a URL',
    },
  },
  'http-url-or-host': {
    right: [
      ...['s3.example', 's3.example:443', 'https://s3.example', 'minio:9000', 'localhost:9000', '10.0.0.1:9000'],
      ...['[::1]:9000', 's3.gra.io.cloud.ovh.net', 'http://minio:9000'],
    ],
    wrong: {
      s3: 'is not a URL',
      '-s3.example': 'is not a URL',
      's3.example/path': 'is not a URL',
      'minio:99999': port,
      'minio:port9': 'is not a URL',
      'minio:9000\u200b': 'has an invisible character, U+200B, at position 11 of 11',
    },
  },
  'sentry-dsn': {
    right: [
      ...['https://0123abcd@sentry.example/42', 'https://a:b@sentry.example/path/42', 'https://a@sentry.example/42/'],
      ...['http://a@sentry.monitoring.svc:9000/1', 'http://a@sentry:9000/path/42/', 'http://a@[::1]:9000/1'],
    ],
    wrong: {
      'https://sentry.example/42': 'has no public key before its host, or no project id',
      'https://@sentry.example/42': 'has no public key before its host',
      'https://a-b@sentry.example/42': 'has no public key before its host',
      'https://a@sentry.example/forty': 'does not end with a project id',
      'https://a@sentry.example/42//': 'does not end with a project id',
      'ftp://a@sentry.example/42': 'is a URL with another scheme',
      'https://a@sentry.example:99999/42': port,
    },
  },
  'random-secret': {
    right: ['x'.repeat(32), '$2a$10$abcdefghijklmnopqrstuvwxyz', 'é'.repeat(32)],
    wrong: {
      ['x'.repeat(31)]: 'is 31 characters long',
      [`${'x'.repeat(32)}\n`]: 'ends with a line break',
      [` ${'x'.repeat(32)}`]: 'begins or ends with white space',
      [`${'x'.repeat(32)}\u0007y`]: 'has a control character, U+0007, at position 33 of 34',
      ['x'.repeat(1025)]: 'is 1025 bytes long, more than 1024',
    },
  },
  token: {
    right: ['a', 'a b', 'ключ', '👩‍🚀 ❤️', '日本語', 'e\u0301'],
    wrong: {
      '': 'is empty',
      'a\n': 'ends with a line break',
      'a\r': 'ends with a line break',
      'a\nb': 'has more than one line',
      'a\t': 'begins or ends with white space',
      'a\tb': 'has a control character, U+0009, at position 2 of 3',
      ...Object.fromEntries(
        [0xa0, 0xad, 0x200b, 0x200d, 0x200f, 0x202e, 0x2060, 0x2066, 0x3000, 0x3164, 0xfe0f, 0xfeff].map((code) => [
          `abc${String.fromCodePoint(code)}`,
          `has an invisible character, U+${code.toString(16).toUpperCase().padStart(4, '0')}, at position 4 of 4`,
        ]),
      ),
      'a\u{e0041}b': 'has an invisible character, U+E0041, at position 2 of 3',
      '🔑\u200b': 'has an invisible character, U+200B, at position 2 of 2',
    },
  },
  boolean: {
    right: ['true', 'false'],
    wrong: {
      'true\u200b': 'has an invisible character, U+200B, at position 5 of 5',
      'true\n': 'ends with a line break',
      True: 'is neither true nor false',
      '1': 'is neither true nor false',
      '': 'is neither true nor false',
    },
  },
  number: {
    right: ['0', '25', '-1', '0.5', '-0.25', '9007199254740991', '3.14159265358979323846'],
    wrong: {
      '': 'is empty',
      '5\n': 'ends with a line break',
      ' 5': 'begins or ends with white space',
      ...Object.fromEntries(
        ['1e5', '0x10', '+1', '01', '.5', '1.', '1,5', 'NaN', '--1', '5m'].map((text) => [text, 'is not a number']),
      ),
      '9007199254740993': 'has more digits than a number keeps',
    },
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
  'pem-private-key': {
    right: [generateValue({ format: 'pem-private-key' })],
    wrong: {
      '': 'has no complete BEGIN PRIVATE KEY and END PRIVATE KEY lines',
      '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n': "can't be decoded",
    },
  },
  // More of them: formats/docker-config.test.ts.
  dockerconfigjson: {
    right: ['{"auths":{"r.example":{"username":"u","password":"p"}}}\n'],
    wrong: { 'user:password': 'is not a JSON object', '{}': 'has no object "auths"' },
  },
  region: {
    right: ['fr-par', 'eu-west-1', 'gra', 'us-east-va', 'auto', 'sbg5'],
    wrong: {
      GRA: 'has a character or a length that is not allowed',
      'fr-': 'has a character or a length that is not allowed',
      Paris: 'has a character or a length that is not allowed',
      'fr-par\n': 'ends with a line break',
    },
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
  'exactly 32 bytes': {
    right: ['x'.repeat(32), 'é'.repeat(16), '🔑'.repeat(8)],
    wrong: {
      ['é'.repeat(32)]: 'is 64 bytes long, more than 32',
      ['x'.repeat(31)]: 'is 31 bytes long',
      [`${'x'.repeat(32)}\n`]: 'ends with a line break',
      [`${'x'.repeat(31)}\n`]: 'ends with a line break',
      [`${'x'.repeat(29)}\u200b`]: 'has an invisible character, U+200B, at position 30 of 30',
      '': 'is 0 bytes long',
    },
  },
  'at least 8 characters': {
    right: ['x'.repeat(8), 'x'.repeat(4000)],
    wrong: { ['x'.repeat(7)]: 'is 7 characters long', ['x'.repeat(4097)]: 'is 4097 bytes long, more than 4096' },
  },
}

describe.each(formats)('%s', (format) => {
  test('accepts every value it generates, in different ones each time', () => {
    const values = Array.from({ length: format.startsWith('pem-') ? 3 : 50 }, () => generateValue({ format } as never))
    expect(values.map((value) => checkValue(format, value)).filter((fact) => fact !== undefined)).toEqual([])
    const constant = ['boolean', 'number', 'region', 'exactly 1 characters'].includes(format)
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

test.each([
  'exactly 0 characters',
  'exactly 0 bytes',
  'exactly 32 byte',
  'at least 8 bytes',
  'exactly 32 character',
  'at least 100000 characters',
  'toString',
  'constructor',
])('%s is not a format', (format) => {
  expect(formatDefinition(format)).toBe(undefined)
  expect(checkValue(format, 'x')).toBe(`has the unknown format "${format}"`)
})

/** All that may ever be said of a value, with N for the numbers: lengths, limits and counts. */
const facts = [
  'is N bytes long, more than N',
  'is N characters long',
  'is N bytes long',
  'is empty',
  'ends with a line break',
  'has more than one line',
  'begins or ends with white space',
  'has a control character, U+X, at position N of N',
  'has an invisible character, U+X, at position N of N',
  'has white space inside',
  'is not a URL',
  'is a URL with another scheme',
  'is a URL without a host',
  'is a URL with more than one host',
  'is a mongodb+srv URL with a port, which DNS tells',
  raw.replace(/\d+/g, 'N'),
  percent.replace(/\d+/g, 'N'),
  port.replace(/\d+/g, 'N'),
  'has an IPvN address without brackets',
  'has brackets without an IPvN address in them',
  'has a character in its host that no host has',
  'has no public key before its host, or no project id',
  'has no public key before its host',
  'does not end with a project id',
  'is neither true nor false',
  'has a character or a length that is not allowed',
  'has no complete BEGIN CERTIFICATE and END CERTIFICATE lines',
  'is not a number',
  'has more digits than a number keeps',
  'holds a private key',
  "can't be decoded: certificate N of N",
  'has no complete BEGIN PRIVATE KEY and END PRIVATE KEY lines',
  "can't be decoded",
  'holds no private key',
  'is not a JSON object',
  'has no object "auths"',
  'has a BEGIN or END, in line N, that is not a whole line by itself',
  'has a BEGIN line without its END line, or an END line without its BEGIN line',
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
      expect(facts).toContain(fact.replace(/U\+[0-9A-F]{4,6}/, 'U+X').replace(/\d+/g, 'N'))
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

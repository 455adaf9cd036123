import { describe, expect, test } from 'vitest'
import { checkValue, doubtValue, formatDefinition, plainFormatNames } from '../../../../scripts/model/formats.ts'
import { generateValue } from '../../../../scripts/payload/seed.ts'

const kinds = (format: string, value: string) => doubtValue(format, value).map(({ kind }) => kind)

/** Whatever is doubted fits its format: it is written, after a question. */
function expectDoubts(format: string, value: string, expected: readonly string[]) {
  expect([checkValue(format, value), kinds(format, value)]).toEqual([undefined, expected])
}

describe('a placeholder', () => {
  test.each([
    ...[
      '*********',
      'xxx',
      'XXXXXXXX',
      '...',
      '…',
      '---',
      '????',
      'changeme',
      'ChangeMe123!',
      'change-me',
      'CHANGE_IT',
    ],
    ...[
      'changeme-in-production',
      'replace_me',
      'REPLACE-WITH-REAL-TOKEN',
      'TODO',
      'todo: ask Jo',
      'tbd',
      'FIXME',
      'null',
    ],
    ...[
      '<your-token>',
      '<token>',
      '[your token]',
      '{token}',
      '__TOKEN__',
      '@TOKEN@',
      'your_api_key_here',
      'YOUR-TOKEN',
    ],
    ...['insert-your-token-here', 'enter your password', 'my-secret-key', 'my_secret', 'dummy-token', 'placeholder'],
    ...['undefined', 'none', 'redacted', '[object Object]', 'À compléter', 'foobar', 'password', 'Passw0rd!', 'secret'],
    ...[
      'hunter2',
      'admin',
      'test1234',
      'letmein',
      '123456',
      '12345678',
      'abcdefgh',
      'xkeysib-xxxxxxxxxxxx',
      'sk_live_...',
    ],
    ...['xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx', '11111111-1111-1111-1111-111111111111', 'AKIAIOSFODNN7EXAMPLE'],
    ...[
      'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
      '0123456789abcdef0123456789abcdef',
      'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    ],
  ])('as a whole is doubted: %s', (value) => {
    expectDoubts('token', value, ['placeholder'])
  })

  test.each([
    ...[
      'a8xxxB3todo9fQ',
      'aB3xxxQ',
      'xxxa8f3k',
      'tok-changeme9f8e7d',
      'kJ8TODOa0fj30fj3',
      'change-horse-battery-staple',
    ],
    ...[
      'my-horse-eats-keys-daily',
      'p@ssw0rdless-K3y-9f',
      'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.x-Y_z',
      'nulled9f8e',
      'a',
      'abc',
    ],
    ...[
      '550e8400-e29b-41d4-a716-446655440000',
      'testimonial-9f8e7d6c',
      'example9f8e7d6c5b4a',
      '1234567890123457',
      'aaaaaab',
    ],
  ])('within a random value is not: %s', (value) => {
    expectDoubts('token', value, [])
  })

  test.each([
    ['postgresql-url', 'postgresql://USER:PWD@HOST:PORT/DB', 'user, password, host, port, path'],
    ['postgresql-url', 'postgresql://<user>:<password>@<host>:<port>/<db>', 'user, password, host, port, path'],
    ['postgresql-url', 'postgresql://[user]:[password]@[host]:[port]/[db]', 'user, password, host, port, path'],
    ['postgresql-url', 'postgresql://username:password@url:port/database?schema=x', 'user, password, host, port'],
    ['postgresql-url', 'postgresql://app:changeme@db.example/app', 'password'],
    ['postgresql-url', 'postgresql://app:***@db.example/app', 'password'],
    ['mongodb-url', 'mongodb+srv://<username>:<password>@cluster0.example/', 'user, password'],
    ['mongodb-url', 'mongodb://app:Kq3v@a:27017,HOST:27017/db', 'host'],
    ['redis-url', 'redis://:redis@cache:6379/0', 'password'],
    ['http-url', 'http://elastic:changeme@search:9200', 'password'],
    ['http-url', 'https://<host>/x', 'host'],
    ['sentry-dsn', 'https://examplePublicKey@o0.ingest.sentry.io/0', 'user'],
  ])('in a %s is doubted by its part: %s', (format, value, parts) => {
    expectDoubts(format, value, ['placeholder'])
    expect(doubtValue(format, value)[0]?.fact).toMatch(new RegExp(` for its ${parts}$`))
  })

  test.each([
    ['postgresql-url', 'postgresql://user:Kq3vxxx9TODO@db:5432/database'],
    ['postgresql-url', 'postgresql://postgres@a:1,b:2/db?options=x'],
    ['postgresql-url', 'postgresql://u:$2a$10$Kq3v@db/app'],
    ['postgresql-url', 'postgresql://u:p%C3%A9%C3%89@db/app'],
    ['http-url', 'https://api.example/{id}/<name>'],
    ['http-url-or-host', 'minio:9000'],
    ['identifier', 'admin'],
    ['identifier', 'test'],
    ['boolean', 'true'],
    ['region', 'gra'],
    ['bucket-name', 'registry-todo'],
    ['text', 'Hello {{name}}, you owe $AMOUNT'],
    ['text', '{"user":"changeme"}'],
    ['text', 'line\n"quoted"\nchangeme'],
  ])('is nothing that a %s may have: %s', (format, value) => {
    expectDoubts(format, value, [])
  })

  test.each([
    ['identifier', 'username'],
    ['identifier', 'AKIAXXXXXXXXXXXXXXXX'],
    ['bucket-name', 'your-bucket-name'],
    ['region', 'region'],
    ['text', 'changeme\n'],
    ['random-secret', 'x'.repeat(40)],
    ['exactly 32 bytes', 'é'.repeat(16)],
    ['exactly 8 characters', 'password'],
    ['at least 8 characters', 'changeme'],
  ])('is doubted as %s too: %s', (format, value) => {
    expectDoubts(format, value, ['placeholder'])
  })
})

describe('a reference that nothing expands', () => {
  test.each([
    ['token', `\${TOKEN}`],
    ['token', `\${TOKEN:-x}`],
    ['token', `Bearer \${TOKEN}`],
    ['token', '$TOKEN'],
    ['token', '$(TOKEN)'],
    ['token', '%TOKEN%'],
    ['token', '{{ .Values.token }}'],
    ['token', '#{Token}#'],
    ['token', '<%= token %>'],
    ['token', 'op://vault/item/field'],
    ['token', 'vault:secret/data/app#token'],
    ['token', 'ref+vault://secret/app'],
    ['token', 'arn:aws:secretsmanager:eu-west-3:1:secret:x'],
    ['token', 'path:/shop-api/token'],
    ['token', '@./token.txt'],
    ['token', 'file:///run/secrets/token'],
    ['postgresql-url', `postgresql://\${U}:\${PW}@db/app`],
    ['postgresql-url', `postgresql://\${U}:\${PW:-a@b}@\${H}:\${PORT}/\${DB}`],
    ['postgresql-url', 'postgresql://$U:$PW@db/app'],
    ['postgresql-url', 'postgresql://u:%PW%@db/app'],
    ['postgresql-url', 'postgresql://u:{{ pw }}@db/app'],
    ['redis-url', 'redis://cache:$PORT/0'],
    ['http-url', `https://\${HOST}/`],
    ['text', `\${CERTIFICATE}\n`],
  ])('is doubted in a %s: %s', (format, value) => {
    expectDoubts(format, value, ['reference'])
  })

  test.each([
    '$2a$10$N9qo8uLOickgx2ZMRZoMye',
    '$argon2id$v=19$m=65536,t=3,p=4$c2',
    'a$B',
    'tok$ABC9',
    '100%A%b',
    'p@$$x',
    'vaulted:9f',
    'x{y}z',
  ])('is not what a random value has in it: %s', (value) => {
    expectDoubts('token', value, [])
  })
})

describe('what was copied with more than itself', () => {
  test.each(['"abc"', "'abc'", '`abc`', '“abc”', '‘abc’', '«abc»'])('is doubted with its quotes: %s', (value) => {
    expectDoubts('token', value, ['quoted'])
  })

  test.each(['"abc', `a"b"c`, '"', `it's`, `"a'`])('is not where a quote is one of its characters: %s', (value) => {
    expectDoubts('token', value, [])
  })

  test('is both when a placeholder is quoted', () => {
    expectDoubts('token', '"changeme"', ['quoted', 'placeholder'])
  })

  test('is doubted when somebody encrypted it, or a PEM came in one line', () => {
    expectDoubts('token', 'ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]', ['encrypted'])
    expectDoubts('text', '$ANSIBLE_VAULT;1.1;AES256\n6162', ['encrypted'])
    expectDoubts('token', String.raw`-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----\n`, ['escaped'])
    expectDoubts('text', String.raw`-----BEGIN CERTIFICATE-----\nMII`, ['escaped'])
    expectDoubts('text', '-----BEGIN CERTIFICATE-----\nMII', [])
  })
})

test('nothing that is generated is doubted', () => {
  const formats = [...plainFormatNames(), 'exactly 32 bytes', 'exactly 32 characters', 'at least 64 characters']
  for (const format of formats)
    for (let count = format.startsWith('pem') ? 2 : 200; count > 0; count--)
      expect([format, kinds(format, generateValue({ format } as never))]).toEqual([format, []])
})

test('what is said is the same whatever the value, and completes a sentence', () => {
  const values = ['hunter2', '"hunter2"', `\${HUNTER2}`, 'ENC[HUNTER2,x', '<hunter2>', '-----BEGIN HUNTER2-----\\n']
  const said = values.flatMap((value) => doubtValue('token', value))
  expect(said).toHaveLength(7)
  for (const { fact, expected } of said) {
    expect(`${fact} ${expected}`).not.toMatch(/hunter2/i)
    expect([fact, expected]).toEqual([
      expect.stringMatching(/^(is|has|looks|begins) .*[^.]$/),
      expect.stringMatching(/[^.]$/),
    ])
  }
})

test('a value as long as may be is judged at once', () => {
  for (const text of ['your-', 'a-', '<', '$', '"', '.', 'x', '{{', `\${`, '%A'])
    expect(doubtValue('token', text.repeat(4096 / text.length)).length).toBeLessThan(4)
  expect(formatDefinition('token')?.maxBytes).toBe(4096)
})

describe('a URL whose user or password was cut off by a slash', () => {
  test.each([
    'https://user/ss@host/',
    'https://user/ss@host.example',
    'http://token/abc@api.example:8443/v1?x=1',
    'https://user:12/34@db.example/',
    'https://user/ss@10.0.0.7:8080/path',
    'https://user/ss@[fd00::7]/',
  ])('is doubted: %s', (value) => expectDoubts('http-url', value, ['unencoded']))

  test.each([
    'https://user:pa%2Fss@host.example/',
    'https://registry/@scope/package',
    'https://unpkg.com/react@18.2.0/umd',
    'http://packages/react@18.2.0',
    'https://api.example.com/jane@corp.example/mail',
    'http://localhost:8080/jane@corp.example',
    'http://gateway/mail/jane@corp.example',
    'http://gateway/path?to=jane@corp.example',
  ])('is fine: %s', (value) => expectDoubts('http-url', value, []))
})

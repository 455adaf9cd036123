import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatProblems, ProblemError } from '../../../scripts/lib/problems.ts'
import { accessKeyIn, checkedKey, describeKey, parseApiKey } from '../../../scripts/scaleway/api-key.ts'

const accessKey = 'SCWZ7H3Q9T2B5M8K4X1W'
const secretKey = '5d1f6c1e-8a52-4c3b-9d77-0f6f5b1f2a01'
const key = { accessKey, secretKey }

describe('a key is read from', () => {
  test.each([
    ['two lines', `${accessKey}\n${secretKey}`],
    ['two lines with a last one', `${accessKey}\n${secretKey}\n`],
    ['two lines of Windows', `${accessKey}\r\n${secretKey}\r\n`],
    ['two lines with spaces, tabs and empty lines', `\n  ${accessKey}\t\n\n ${secretKey} \n\n`],
    ['two lines after a byte order mark', `\ufeff${accessKey}\n${secretKey}`],
    ['two lines in quotes', `"${accessKey}"\n'${secretKey}'\n`],
    ['lines of an env file', `SCW_ACCESS_KEY=${accessKey}\nSCW_SECRET_KEY=${secretKey}\n`],
    ['the same the other way round', `SCW_SECRET_KEY=${secretKey}\nSCW_ACCESS_KEY=${accessKey}\n`],
    ['export lines in quotes', `export SCW_ACCESS_KEY="${accessKey}"\r\nexport SCW_SECRET_KEY='${secretKey}'\r\n`],
    [
      'an env file with more in it',
      `# made today\nSCW_API_URL=x\nSCW_ACCESS_KEY=${accessKey}\nSCW_SECRET_KEY= ${secretKey} \n`,
    ],
    ['variables of our own', `TIERED_SECRETS_ACCESS_KEY=${accessKey}\nTIERED_SECRETS_SECRET_KEY=${secretKey}`],
    ['JSON of scw', JSON.stringify({ access_key: accessKey, secret_key: secretKey, application_id: 'x' }, null, 2)],
    ['JSON after a byte order mark', `\ufeff${JSON.stringify({ access_key: accessKey, secret_key: secretKey })}\r\n`],
    ['JSON with a line break in a value', JSON.stringify({ access_key: accessKey, secret_key: `${secretKey}\n` })],
  ])('%s', (_, text) => {
    expect(parseApiKey(text, 'standard input')).toEqual(key)
  })
})

test.each<[string, Partial<typeof key>, string | undefined]>([
  ['that is as it should be', {}, accessKey],
  ['with a line break', { accessKey: `${accessKey}\n` }, accessKey],
  ['in quotes', { accessKey: `"${accessKey}"` }, accessKey],
  ['in lowercase', { accessKey: accessKey.toLowerCase() }, accessKey],
  ['swapped with the secret key', { accessKey: secretKey, secretKey: accessKey }, accessKey],
  ['that is cut off', { accessKey: accessKey.slice(0, 15) }, undefined],
  ['that is absent', { accessKey: '' }, undefined],
])('an access key %s is reported from the pair, where it can be', (_, parts, found) => {
  expect(accessKeyIn({ ...key, ...parts })).toBe(found)
})

describe('a text is refused that', () => {
  test.each([
    ['is empty', '', 'KEY_MISSING', 'is empty.'],
    ['is blank', ' \r\n\ufeff ', 'KEY_MISSING', 'is empty.'],
    ['has one half', `${secretKey}\n`, 'KEY_UNREADABLE', 'has one line that are not in a form of a key.'],
    [
      'has three lines',
      `${accessKey}\n${secretKey}\nmore`,
      'KEY_UNREADABLE',
      'has 3 lines that are not in a form of a key.',
    ],
    ['is broken JSON', `{"access_key": "${accessKey}"`, 'KEY_UNREADABLE', 'starts like JSON but is not valid JSON.'],
    ['is JSON without a half', JSON.stringify({ access_key: accessKey }), 'KEY_HALF_MISSING', 'has no secret key.'],
    ['is JSON of numbers', '{"access_key": 1, "secret_key": 2}', 'KEY_HALF_MISSING', 'has no access key.'],
    ['is an env file without a half', `SCW_SECRET_KEY=${secretKey}`, 'KEY_HALF_MISSING', 'has no access key.'],
    [
      'has the halves swapped',
      `${secretKey}\n${accessKey}`,
      'KEY_HALVES_SWAPPED',
      'has the two halves of the key swapped',
    ],
    ['has lower case', `${accessKey.toLowerCase()}\n${secretKey}`, 'KEY_MALFORMED', 'has lowercase letters'],
    [
      'has a short access key',
      `SCWABC\n${secretKey}`,
      'KEY_MALFORMED',
      'an access key that is malformed, with 6 characters',
    ],
    [
      'has the secret key twice',
      `${secretKey}\n${secretKey}`,
      'KEY_MALFORMED',
      'a secret key in place of the access key',
    ],
    [
      'has a long secret key',
      `${accessKey}\n${secretKey}0`,
      'KEY_MALFORMED',
      'a secret key that is malformed, with 37 char',
    ],
    [
      'has a space in the middle',
      `${accessKey}\n${secretKey.replace('-', ' ')}`,
      'KEY_MALFORMED',
      'with 36 characters',
    ],
    ['has a quote at one end', `${accessKey}\n"${secretKey}`, 'KEY_MALFORMED', 'with 37 characters'],
  ])('%s', (_, text, code, fact) => {
    const problems = problemsOf(text)
    expect(problems[0]).toMatchObject({ code, where: 'standard input' })
    expect(problems[0]?.message).toContain(fact)
    expect(problems[0]?.message).toMatch(/\. Expected .*\.$/)
    expect(formatProblems(problems)).not.toMatch(new RegExp(`${accessKey}|${secretKey}`, 'i'))
  })

  test('has both halves wrong, reported together', () => {
    expect(problemsOf('SCW\nuuid').map(({ code }) => code)).toEqual(['KEY_MALFORMED', 'KEY_MALFORMED'])
    expect(problemsOf('{}').map(({ message }) => message.split('.')[0])).toEqual([
      'has no access key',
      'has no secret key',
    ])
  })
})

test('no message holds what was given, whatever it is', () => {
  const shown = formatProblems(['', 'a', 'a\nb', '{', `${secretKey}\n${accessKey}`].flatMap(problemsOf))
  const half = fc.oneof(
    fc.string({ minLength: 7 }),
    fc.stringMatching(/^[a-zA-Z0-9-]{7,40}$/),
    fc.uuid(),
    fc.constant(accessKey.toLowerCase()),
  )
  const form = fc.constantFrom(
    (a: string, b: string) => `${a}\n${b}`,
    (a: string, b: string) => `SCW_ACCESS_KEY=${a}\nSCW_SECRET_KEY=${b}`,
    (a: string, b: string) => JSON.stringify({ access_key: a, secret_key: b }),
    (a: string, b: string) => `{"access_key":"${a}","secret_key":${b}`,
    (a: string, b: string) => a + b,
  )
  fc.assert(
    fc.property(half, half, form, (a, b, text) => {
      const told = formatProblems(problemsOf(text(a, b)))
      for (const given of [a.trim(), b.trim()])
        if (given.length > 6 && !shown.includes(given)) expect(told).not.toContain(given)
    }),
  )
})

test('what is shown of a key are its last four characters, and nothing of a malformed one', () => {
  expect(describeKey(key)).toBe('API key …4X1W')
  expect(describeKey({ accessKey: secretKey })).toBe('API key …')
})

test('halves that come apart are trimmed and checked alike', () => {
  expect(checkedKey({ accessKey: ` ${accessKey}\n`, secretKey: `"${secretKey}"` }, 'variables')).toEqual(key)
  expect(() => checkedKey({ accessKey }, 'variables')).toThrow('variables: has no secret key. Expected ')
})

function problemsOf(text: string) {
  try {
    parseApiKey(text, 'standard input')
    return []
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error
    return error.problems
  }
}

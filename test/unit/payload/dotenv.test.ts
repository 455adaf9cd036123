import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ProblemError } from '../../../scripts/lib/problems.ts'
import { parseDotenv, writeDotenv } from '../../../scripts/payload/dotenv.ts'

/** What a text without problems says. */
const read = (text: string) => {
  const { values, problems } = parseDotenv(text, '.env')
  expect(problems).toEqual([])
  return Object.fromEntries([...values].map(([name, { value }]) => [name, value]))
}

const wrong = (text: string) => parseDotenv(text, '.env').problems.map(({ where, message }) => `${where} ${message}`)

describe('reading', () => {
  test.each([
    ['a plain value', 'A=b', 'b'],
    ['nothing', 'A=', ''],
    ['spaces around the sign', 'A = b', 'b'],
    ['spaces around the value', 'A=  b c \t', 'b c'],
    ['a no-break space, which is reported later', 'A=b\u00a0', 'b\u00a0'],
    ['a comment after a value', 'A=b # c', 'b'],
    ['# inside a value', 'A=b#c', 'b#c'],
    ['a comment instead of a value', 'A=# c', ''],
    ['export', 'export A=b', 'b'],
    ['more than one =', 'A=b==', 'b=='],
    ['a quote inside', `A=b"c'd`, `b"c'd`],
    ['a bcrypt hash: $ is never expanded', 'A=$2a$10$abc', '$2a$10$abc'],
    ['a bcrypt hash in double quotes', 'A="$2a$10$abc"', '$2a$10$abc'],
    ['single quotes, as they are', `A=' b\\n#"$c '`, ' b\\n#"$c '],
    ['double quotes with escapes', String.raw`A=" \n\r\t\\\"\$# "`, ' \n\r\t\\"$# '],
    ['a backslash before an n', String.raw`A="\\n"`, '\\n'],
    ['a comment after quotes', `A='b' # c`, 'b'],
    ['several lines in single quotes', `A='b\nc\n'`, 'b\nc\n'],
    ['several lines in double quotes', 'A="b\nc"', 'b\nc'],
    ['lines of Windows', `A='b\r\nc'\r\n`, 'b\nc'],
    ['emoji', "A='é🔑'", 'é🔑'],
  ])('%s', (_, text, value) => {
    expect(read(text)).toEqual({ A: value })
    expect(read(`# first\n\n${text}\n  \nB=2`)).toEqual({ A: value, B: '2' })
  })

  test('a byte order mark before the first name', () => {
    expect(read('\ufeffA=b')).toEqual({ A: 'b' })
  })

  test('a name may say its tier', () => {
    expect(read('backend.SENTRY_DSN=x\nfrontend.SENTRY_DSN=y')).toEqual({
      'backend.SENTRY_DSN': 'x',
      'frontend.SENTRY_DSN': 'y',
    })
  })

  test('the line of each value is known', () => {
    const { values } = parseDotenv(`# c\nA='1\n2'\nB=3`, '.env')
    expect([...values].map(([name, { line }]) => [name, line])).toEqual([
      ['A', 2],
      ['B', 4],
    ])
  })

  test.each([
    ['no sign', 'hunter2', 'is not NAME=value'],
    ['a name that is malformed', 'hunter-2 x=1', 'is not NAME=value'],
    ['a name that begins with a digit', '2hunter=1', 'is not NAME=value'],
    ['a colon', 'A: hunter2', 'is not NAME=value'],
    ['an open quote', 'A="hunter2\nB=3', 'begins a quoted value that never ends'],
    ['text after a quote', "A='x'hunter2", 'has text after the quote that ends its value'],
    ['another escape', 'A="hunter2\\d"', 'has a backslash in double quotes before another character'],
    ['a backtick', 'A=`hunter2`', 'begins its value with a backtick'],
    ['a NUL', 'A=hunter2\0', 'has a NUL character'],
  ])('%s is reported by its line, and nothing of it is shown', (_, text, message) => {
    const [first, ...others] = wrong(`OK=1\n${text}`)
    expect(first).toContain(`.env line 2 ${message}`)
    expect([first, ...others].join()).not.toMatch(/hunter/)
    expect(others).toEqual([])
  })

  test('every line that is wrong is reported, and what follows them is read', () => {
    const text = 'one\nA="\\q"\nB=2\ntwo\nB=3\n'
    expect(wrong(text).map((line) => line.slice(0, 11))).toEqual([1, 2, 4, 5].map((line) => `.env line ${line}`))
    expect(parseDotenv(text, '.env').values.get('B')).toEqual({ value: '2', line: 3 })
    expect(wrong(text)[3]).toContain('gives a value to the same name as line 3')
  })
})

describe('a line that is wrong', () => {
  const lines = (text: string) => {
    const { values, problems } = parseDotenv(text, '.env')
    return {
      wrong: problems.map(({ where, about }) => [Number(where.split(' ').at(-1)), about.name]),
      values: Object.fromEntries([...values].map(([name, { value }]) => [name, value])),
    }
  }

  test.each([
    ['a comment of another language', '// hunter2\nB=2', [[1, undefined]], { B: '2' }],
    ['a colon instead of the sign', 'A: hunter2\nB=2', [[1, 'A']], { B: '2' }],
    ['a name alone', 'export A\nB=2', [[1, 'A']], { B: '2' }],
    ['a backtick', 'A=`hunter2`\nB=2', [[1, 'A']], { B: '2' }],
    ['an open quote', `A="hunter2\nB=2\nC='3'`, [[1, 'A']], { B: '2', C: '3' }],
    ['an open quote that another one ends', 'A="hunter2\nB="2"\nC=3', [[1, 'A']], { B: '2', C: '3' }],
    ['an open single quote', `A='hunter2\nB='2'\nC=3`, [[1, 'A']], { B: '2', C: '3' }],
    [
      'an open quote before several lines, of which none is shown as a name',
      'A="-----BEGIN X-----\nhunter2\nhunter2=\nhun+ter==\n-----END X-----\n\n# c\nB=2',
      [[1, 'A']],
      { B: '2' },
    ],
    ['another escape in several lines', 'A="hunter2\n\\d"\nB=2', [[1, 'A']], { B: '2' }],
    ['a name twice', 'A=1\nA=hunter2\nB=2', [[2, 'A']], { A: '1', B: '2' }],
    ['the last one', 'B=2\nA="', [[2, 'A']], { B: '2' }],
  ])('keeps no other from being read: %s', (_, text, wrong, values) => {
    expect(lines(text)).toEqual({ wrong, values })
    expect(JSON.stringify(parseDotenv(text, '.env').problems)).not.toContain('hunter2 ')
  })

  test('says how a comment begins, and how a value is quoted', () => {
    expect(parseDotenv('// x', '.env').problems).toMatchObject([
      { message: expect.stringContaining('or a comment after #'), fix: expect.stringContaining('single quotes') },
    ])
  })
})

test('a value that is empty because of an unquoted # is known as such', () => {
  const { values } = parseDotenv(`A=#hunter2\nB= # c\nC=\nD='#x'\nE=x #y\nF=''# c`, '.env')
  expect([...values].map(([name, { value, isComment }]) => [name, value, isComment === true])).toEqual([
    ['A', '', true],
    ['B', '', true],
    ['C', '', false],
    ['D', '#x', false],
    ['E', 'x', false],
    ['F', '', false],
  ])
})

describe('writing', () => {
  const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_.-]{0,20}$/)
  const nasty = fc.constantFrom(
    '$2a$10$x',
    '#',
    ' #',
    '"',
    "'",
    '\\',
    '\\n',
    '\n',
    '\r\n',
    '\t',
    ' ',
    '`',
    '\ufeff',
    '🔑',
  )
  const text = fc.string({ unit: 'binary' }).filter((value) => !value.includes('\0'))
  const value = fc.oneof(
    text,
    fc.array(fc.oneof(nasty, text)).map((parts) => parts.join('')),
  )

  test('any text that is written is read as it was', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(name, value), { selector: ([key]) => key }), (entries) => {
        const values = new Map(entries)
        const { values: back, problems } = parseDotenv(writeDotenv(values), '.env')
        expect(problems).toEqual([])
        expect([...back].map(([key, { value: one }]) => [key, one])).toEqual([...values])
      }),
      { numRuns: 2000 },
    )
  })

  test('any text at all can be read, with problems at worst', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(nasty, fc.constantFrom('A', '=', 'export ', '#'), text)), (parts) => {
        const lines = parts.join('').split(/\r\n?|\n/).length
        for (const { where } of parseDotenv(parts.join(''), '.env').problems)
          expect(Number(where.split(' ').at(-1))).toBeLessThanOrEqual(lines)
      }),
      { numRuns: 2000 },
    )
  })

  test('a long value costs no more than its length', () => {
    const long = `"'\\$\n`.repeat(200_000)
    expect(read(writeDotenv(new Map([['A', long]])))).toEqual({ A: long })
  })

  test('what no .env can hold is refused by name', () => {
    const values = new Map([
      ['A', 'hunter\0'],
      ['B', 'hunter\ud83d'],
      ['C D', 'hunter'],
    ])
    const refused = () => writeDotenv(values)
    expect(refused).toThrow(ProblemError)
    expect(refused).toThrow(/^A: has a NUL.*\nB: has half a character.*\nC D: is not a variable name/)
    expect(refused).not.toThrow(/hunter/)
  })
})

import { describe, expect, test } from 'vitest'
import { sortProblems } from '../../../scripts/lib/problems.ts'
import { fillEntries } from '../../../scripts/model/fill-entries.ts'
import { resolve } from '../../../scripts/model/resolve.ts'
import {
  type AssignOptions,
  assignValues,
  entriesInScope,
  type FillScope,
  parseInput,
  problemsInScope,
} from '../../../scripts/payload/fill-values.ts'
import { calledByKey } from '../../../scripts/payload/input-names.ts'
import type { InputValue } from '../../../scripts/payload/input-value.ts'
import { applicationWith } from '../../helpers/applications.ts'

const model = resolve(
  applicationWith({
    secrets: [
      { variable: 'TOKEN' },
      { variable: 'SENTRY_DSN', format: 'sentry-dsn' },
      { variable: 'SENTRY_DSN', format: 'sentry-dsn', tier: 'web' },
      { variable: 'NOTE', format: 'text', tier: 'web' },
    ],
  }),
  'dev',
)
const all = fillEntries(model)
const dsn = 'https://key@sentry.example/1'

/** What becomes of `.env` lines: values by `tier.VARIABLE`, and problems. */
function assign(text: string, scope: FillScope = {}) {
  const { entries, problems: unknown } = entriesInScope(all, scope)
  const input = parseInput(text, '.env')
  expect(input.problems).toEqual([])
  const { values, problems } = assignValues(all, entries, input.values, { chosen: scope.only !== undefined })
  return {
    values: Object.fromEntries([...values].map(([spec, value]) => [`${spec.tier}.${spec.variable}`, value])),
    problems: [...unknown, ...problems].map(({ code, where, message }) => `${code} ${where}: ${message}`),
  }
}

/** The same, with every problem of the input, warnings marked. */
function judge(text: string, scope: FillScope = {}, more: Partial<AssignOptions> = {}) {
  const { entries } = entriesInScope(all, scope)
  const input = parseInput(text, '.env')
  const options = { chosen: scope.only !== undefined, ...more }
  const assigned = assignValues(all, entries, input.values, options)
  const problems = sortProblems([...problemsInScope(input.problems, all, entries, options), ...assigned.problems])
  return {
    values: Object.fromEntries([...assigned.values].map(([spec, value]) => [`${spec.tier}.${spec.variable}`, value])),
    problems: problems.map(({ severity = 'error', code, where }) => `${severity} ${code} ${where}`),
    ignored: assigned.ignored,
  }
}

describe('a line that is wrong', () => {
  test('keeps no other from being judged: all problems come at once, by line', () => {
    const text = `// comment\nTOKEN="x"y\nweb.NOTE=''\nTOKN=1\n${'#\n'.repeat(5)}api.SENTRY_DSN=hunter2\n`
    expect(judge(text).problems).toEqual([
      'error DOTENV_INVALID .env line 1',
      'error DOTENV_INVALID .env line 2',
      'error FILL_VALUE_INVALID .env line 3 (web.NOTE)',
      'error FILL_NAME_UNKNOWN .env line 4',
      'error FILL_VALUE_INVALID .env line 10 (api.SENTRY_DSN)',
    ])
  })

  test('is a warning when the variables were chosen, and it is not about one of them', () => {
    const text = '// comment\nNOTE="x\nTOKEN=Kq3v9\n'
    expect(judge(text, { only: ['TOKEN'] })).toEqual({
      values: { 'api.TOKEN': 'Kq3v9' },
      problems: ['warning DOTENV_INVALID .env line 1', 'warning DOTENV_INVALID .env line 2'],
      ignored: 0,
    })
    expect(judge(text, { only: ['TOKEN', 'NOTE'] }).problems[0]).toBe('error DOTENV_INVALID .env line 2')
    expect(judge('TOKEN: x\n', { only: ['api.TOKEN'] }).problems).toEqual(['error DOTENV_INVALID .env line 1'])
  })

  test('is a warning when its name is another tier', () => {
    expect(judge('NOTE="x\nTOKEN=Kq3v9\n', { tier: 'api' }).problems).toEqual(['warning DOTENV_INVALID .env line 1'])
    expect(judge('// x\nTOKEN=Kq3v9\n', { tier: 'api' }).problems).toEqual(['error DOTENV_INVALID .env line 1'])
  })

  test('is told to be quoted when # is the whole of its value', () => {
    const { entries } = entriesInScope(all, {})
    for (const text of ['TOKEN=#hunter2', 'NOTE=#hunter2', 'api.SENTRY_DSN= # hunter2']) {
      const { problems } = assignValues(all, entries, parseInput(text, '.env').values, { chosen: false })
      expect(problems).toMatchObject([
        {
          code: 'FILL_VALUE_INVALID',
          message: expect.stringMatching(/^is empty, because an unquoted # begins a comment\./),
        },
      ])
      expect(problems[0]?.fix).toContain('quote it')
      expect(JSON.stringify(problems)).not.toContain('hunter2')
    }
    expect(judge("TOKEN='#Kq3v9'").values).toEqual({ 'api.TOKEN': '#Kq3v9' })
  })
})

describe('names that the catalogue does not have', () => {
  const whole = Array.from({ length: 75 }, (_, index) => `OTHER_${index}=x\n`).join('')

  test('are an error each, or are counted and left out', () => {
    expect(judge(`${whole}TOKEN=Kq3v9`).problems).toHaveLength(75)
    expect(judge(`${whole}TOKEN=Kq3v9`, {}, { ignoreUnknown: true })).toEqual({
      values: { 'api.TOKEN': 'Kq3v9' },
      problems: [],
      ignored: 75,
    })
    expect(judge(JSON.stringify({ A: 1, TOKEN: 'Kq3v9' }), {}, { ignoreUnknown: true })).toMatchObject({
      ignored: 1,
      problems: [],
    })
  })

  test('are a warning when a variable that got no value is nearly called so', () => {
    expect(judge(`${whole}TOKN=x\nNOTES=x\nNOTE=y`, {}, { ignoreUnknown: true })).toMatchObject({
      problems: ['warning FILL_NAME_UNKNOWN .env line 76'],
      ignored: 77,
    })
  })

  test('may have a line that is wrong', () => {
    expect(judge('OTHER="x\nTOKEN=Kq3v9', {}, { ignoreUnknown: true }).problems).toEqual([
      'warning DOTENV_INVALID .env line 1',
    ])
  })

  test('suggest the variable in another tier, and a similar one in the same', () => {
    expect(assign('web.TOKEN=x\nweb.SENTRY_DNS=x').problems).toEqual([
      expect.stringContaining('"web.TOKEN" is not a variable of this environment. Did you mean "api.TOKEN"?'),
      expect.stringContaining('"web.SENTRY_DNS" is not a variable of this environment. Did you mean "web.SENTRY_DSN"?'),
    ])
    expect(entriesInScope(all, { only: ['web.TOKEN'] }).problems[0]?.message).toContain('Did you mean "api.TOKEN"?')
  })
})

describe('a value that is probably not meant', () => {
  test('is taken, with a warning that shows nothing of it', () => {
    const text = `TOKEN='"hunter-Kq3v"'\napi.SENTRY_DSN=https://hunterPublicKey@host/1\nNOTE='\${HUNTER}'`
    expect(judge(text)).toMatchObject({
      values: { 'api.TOKEN': '"hunter-Kq3v"', 'web.NOTE': `\${HUNTER}` },
      problems: [
        'warning FILL_VALUE_QUOTED .env line 1 (api.TOKEN)',
        'warning FILL_VALUE_PLACEHOLDER .env line 2 (api.SENTRY_DSN)',
        'warning FILL_VALUE_REFERENCE .env line 3 (web.NOTE)',
      ],
    })
    expect(JSON.stringify(assign(text).problems)).not.toMatch(/hunter/i)
  })
})

describe('a value that is a file', () => {
  const file = (name: string, value: string): InputValue => ({ name, value, where: '/run/x', isFile: true })
  const given = (inputs: readonly InputValue[], scope: FillScope = {}) => {
    const { entries } = entriesInScope(all, scope)
    const options = { chosen: scope.only !== undefined, ignoreUnknown: true }
    const { values, problems } = assignValues(all, entries, inputs, options)
    return [[...values.values()], problems.map(({ code, where }) => `${code} ${where}`)]
  }

  test('loses the line break of the editor where a value is one line, and keeps it in a text', () => {
    expect(given([file('TOKEN', 'Kq3v9\n'), file('NOTE', 'Kq3v9\n')])).toEqual([['Kq3v9', 'Kq3v9\n'], []])
    expect(given([file('TOKEN', 'Kq3v9\r\n')])).toEqual([['Kq3v9'], []])
    expect(given([file('TOKEN', 'Kq3v9\n\n')])[1]).toEqual(['FILL_VALUE_INVALID /run/x (api.TOKEN)'])
  })

  test('has to be for a variable of the run', () => {
    expect(given([file('TOKN', 'x')])[1]).toEqual(['FILL_NAME_UNKNOWN /run/x'])
    expect(given([file('TOKN', 'x')], { only: ['NOTE'] })[1]).toEqual(['FILL_NAME_UNKNOWN /run/x'])
    expect(given([file('TOKEN', 'x')], { only: ['NOTE'] })[1]).toEqual(['FILL_NAME_OUT_OF_SCOPE /run/x'])
    expect(given([file('TOKEN', 'Kq3v9'), file('api.TOKEN', 'Kq3v9')])[1]).toEqual(['FILL_NAME_TWICE /run/x'])
  })
})

describe('whose value it is', () => {
  test('a name that one tier has needs no tier', () => {
    expect(assign(`TOKEN=abc\nweb.SENTRY_DSN=${dsn}`)).toEqual({
      values: { 'api.TOKEN': 'abc', 'web.SENTRY_DSN': dsn },
      problems: [],
    })
  })

  test('a name that two tiers have is a problem that names both', () => {
    expect(assign(`SENTRY_DSN=${dsn}`).problems).toEqual([
      'FILL_NAME_AMBIGUOUS .env line 1: "SENTRY_DSN" is a variable of tiers api and web. Expected one of them.',
    ])
  })

  test.each<[string, FillScope]>([
    ['--tier', { tier: 'web' }],
    ['--only', { only: ['web.SENTRY_DSN'] }],
  ])('unless %s chooses one; what is out of scope is left out', (_, scope) => {
    expect(assign(`SENTRY_DSN=${dsn}\nTOKEN=x`, scope)).toEqual({ values: { 'web.SENTRY_DSN': dsn }, problems: [] })
  })

  test('an unknown name is reported with the nearest one', () => {
    expect(assign('TOKN=x\nzweb.NOTE=x').problems).toEqual([
      'FILL_NAME_UNKNOWN .env line 1: "TOKN" is not a variable of this environment. Did you mean "TOKEN"? Expected a variable of the catalogue.',
      'FILL_NAME_UNKNOWN .env line 2: "zweb.NOTE" is not a variable of this environment. Did you mean "web.NOTE"? Expected a variable of the catalogue.',
    ])
  })

  test('an unknown name is left out when variables were chosen one by one', () => {
    expect(assign('OTHER=x\nTOKEN=y', { only: ['TOKEN'] })).toEqual({ values: { 'api.TOKEN': 'y' }, problems: [] })
  })

  test('a name that may be a piece of a secret is not shown', () => {
    const [problem, ...others] = assign('aGVsbG8gd29ybGQ=\n').problems
    expect(problem).toBe(
      'FILL_NAME_UNKNOWN .env line 1: a name is not a variable of this environment. Expected a variable of the catalogue.',
    )
    expect(others).toEqual([])
  })

  test('the key of a Secret is shown, whatever it is called', () => {
    const value = { name: 'old-key', value: 'x', where: 'Secret/shop/old', isKey: true }
    const { problems } = assignValues(all, all, [value], { chosen: false })
    expect(problems.map(({ message }) => message)).toEqual([
      '"old-key" is not a variable of this environment. Expected a variable of the catalogue.',
    ])
  })

  test('a chosen name that is malformed is reported', () => {
    expect(entriesInScope(all, { only: ['TOKEM'] }).problems[0]?.message).toContain('Did you mean "TOKEN"?')
    expect(entriesInScope(all, { only: ['TOKEM'] }).problems[0]?.fix).toMatch(/^Correct the name, or add/)
    expect(entriesInScope(all, { tier: 'web', only: ['TOKEN'] }).problems).toHaveLength(1)
  })

  test('one variable given under both of its names is a problem', () => {
    expect(assign('TOKEN=a\napi.TOKEN=b').problems).toEqual([
      'FILL_NAME_TWICE .env line 2: "api.TOKEN" already has a value, from .env line 1. Expected one value per variable.',
    ])
  })
})

describe('whether it fits', () => {
  test('every value that does not fit its format is reported, without any of it', () => {
    const { problems } = assign('TOKEN=one line \napi.SENTRY_DSN=hunter\nNOTE=\n')
    expect(problems).toEqual([
      'FILL_VALUE_INVALID .env line 2 (api.SENTRY_DSN): is not a URL. Expected an http(s) URL with a public key before the host and a project id at its end: https://<key>@<host>/<id>.',
      'FILL_VALUE_INVALID .env line 3 (web.NOTE): is empty. Expected any text that is not empty.',
    ])
  })

  test('what no environment variable can hold does not fit even a text', () => {
    expect(assign('{"NOTE": "a\\u0000b"}').problems).toEqual([expect.stringContaining('has a NUL character')])
    expect(assign('{"NOTE": "a\\ud83d"}').problems).toEqual([expect.stringContaining('has half a character')])
  })
})

describe('JSON', () => {
  test('is read when it begins with a brace', () => {
    expect(assign('\ufeff {"TOKEN": "$2a$10$x", "NOTE": "é\\n"}').values).toEqual({
      'api.TOKEN': '$2a$10$x',
      'web.NOTE': 'é\n',
    })
  })

  test.each([
    ['{"TOKEN": "hunter2", }', 'is not valid JSON from line 1, column 22 on. '],
    ['{"TOKEN":\n  "hunter2', 'is not valid JSON: it ends too early, in line 2. '],
    ['["hunter2"]', 'is a list'],
  ])('%s is refused, and nothing of it is shown', (text, message) => {
    const { values, problems } = parseInput(text, 'x.json')
    expect(values).toEqual([])
    expect(problems).toMatchObject([{ code: 'FILL_INPUT_INVALID', where: 'x.json' }])
    expect(problems[0]?.message).toContain(message)
    expect(JSON.stringify(problems)).not.toContain('hunter2')
  })

  test('a name that is there twice is refused, unless it is out of scope', () => {
    const text = '{\n"TOKEN": "hunter2",\n"NOTE": "Kq3v9",\n"TOKEN": "hunter2"}'
    expect(judge(text).problems[0]).toBe('error FILL_NAME_TWICE .env line 4')
    expect(judge(text, { only: ['NOTE'] })).toMatchObject({
      values: { 'web.NOTE': 'Kq3v9' },
      problems: ['warning FILL_NAME_TWICE .env line 4'],
    })
    expect(judge('{"hunter2":"a","hunter2":"b"}').problems).toContain('error FILL_NAME_TWICE .env line 1')
    expect(parseInput('{"hunter2":"a","hunter2":"b"}', 'x').problems.map(({ message }) => message)).toEqual([
      'a name already has a value, from line 1. Expected one value per name.',
    ])
  })

  test('a field that is not text is reported where it matters', () => {
    const text = '{"TOKEN": {"hunter2": 1}, "NOTE": 5, "hunter2": 1}'
    expect(assign(text, { only: ['TOKEN'] }).problems).toEqual([
      'FILL_VALUE_INVALID .env (api.TOKEN): is not a text. Expected one line without white space around it.',
    ])
    const { problems } = assign(text)
    expect(problems).toHaveLength(3)
    expect(problems.join()).not.toContain('hunter2')
  })
})

describe('keys of a Secret of the cluster', () => {
  const entries = fillEntries(
    resolve(
      applicationWith({
        secrets: [
          { variable: 'SIGNING_KEY', key: 'signing.pem', format: 'text' },
          { variable: 'CA', key: 'ca.pem', format: 'text' },
          { variable: 'CA', key: 'ca.pem', format: 'text', tier: 'web' },
          { variable: 'A_CA', key: 'a.pem', format: 'text', tier: 'web' },
          { variable: 'TOKEN', key: 'A_CA' },
        ],
      }),
      'dev',
    ),
  )
  const [api, web] = ['api', 'web'].map((name) => entries.find(({ tier }) => tier.name === name)?.tier.namespace ?? '')
  const called = (name: string, namespace = 'other') =>
    calledByKey([{ name, value: 'x', where: 'Secret' }], entries, namespace).map((value) => value.name)

  test('mean the entry that is delivered under them, in the tier of the namespace where there are several', () => {
    expect(called('signing.pem')).toEqual(['api.SIGNING_KEY'])
    expect(called('ca.pem', web)).toEqual(['web.CA'])
    expect(called('ca.pem', api)).toEqual(['api.CA'])
    expect(called('ca.pem')).toEqual(['ca.pem'])
  })

  test('are variables first, and stay what they are where no entry has them', () => {
    expect(called('A_CA')).toEqual(['A_CA'])
    expect(called('none.pem')).toEqual(['none.pem'])
  })
})

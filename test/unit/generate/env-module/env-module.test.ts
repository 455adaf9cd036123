import { Ajv } from 'ajv'
import { transform } from 'esbuild'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { envModule } from '../../../../scripts/generate/env-module/index.ts'
import { variablesOf } from '../../../../scripts/generate/env-module/variables.ts'
import { checkValue, type Format, plainFormatNames } from '../../../../scripts/model/formats.ts'
import type { Application, SecretSpec } from '../../../../scripts/model/types.ts'
import { generateValue } from '../../../../scripts/payload/seed.ts'
import { bookshop, trackdechets } from '../../../fixtures/applications.ts'
import { kiosk } from '../../../fixtures/kiosk.ts'
import { applicationWith, environment, projects } from '../../../helpers/applications.ts'

type Source = Readonly<Record<string, string | undefined>>
interface Module {
  readEnvironment(source?: Source): Record<string, unknown>
}

/** The module as a program of the tier has it. */
async function moduleOf(application: Application, tier: string): Promise<Module> {
  const { code } = await transform(envModule(application, { tier }, 'typescript'), { loader: 'ts', format: 'esm' })
  return import(`data:text/javascript,${encodeURIComponent(code)}`)
}

const moduleWith = (...secrets: Partial<SecretSpec>[]) => moduleOf(applicationWith({ secrets }), 'api')

function problemsOf({ readEnvironment }: Module, source: Source): readonly string[] {
  try {
    readEnvironment(source)
  } catch (error) {
    expect(error).toMatchObject({ name: 'EnvironmentError' })
    return (error as { problems: string[] }).problems
  }
  return []
}

function schemaOf(secrets: Partial<SecretSpec>[]) {
  return new Ajv().compile(JSON.parse(envModule(applicationWith({ secrets }), { tier: 'api' }, 'json-schema')))
}

const formats = [
  ...plainFormatNames(),
  'exactly 32 characters',
  'exactly 32 bytes',
  'at least 12 characters',
] as Format[]

describe('what is read', () => {
  test('texts as they are, booleans and numbers parsed, what is optional and absent as undefined', async () => {
    const { readEnvironment } = await moduleWith(
      { variable: 'TOKEN' },
      { variable: 'IS_ON', format: 'boolean' },
      { variable: 'RATE', format: 'number' },
      { variable: 'MAYBE_ON', format: 'boolean', optional: true },
      { variable: 'MAYBE_RATE', format: 'number', optional: true },
      { variable: 'MAYBE', optional: true },
    )
    const required = { TOKEN: 'abc', IS_ON: 'false', RATE: '0.25' }
    const read = { TOKEN: 'abc', IS_ON: false, RATE: 0.25 }
    const absent = { MAYBE: undefined, MAYBE_ON: undefined, MAYBE_RATE: undefined }
    expect(readEnvironment({ ...required, OTHER: 'x' })).toEqual({ ...read, ...absent })
    expect(readEnvironment({ ...required, MAYBE: '', MAYBE_ON: '', MAYBE_RATE: '' })).toEqual({ ...read, ...absent })
    expect(readEnvironment({ ...required, MAYBE: 'm', MAYBE_ON: 'true', MAYBE_RATE: '-3' })).toEqual({
      ...read,
      ...{ MAYBE: 'm', MAYBE_ON: true, MAYBE_RATE: -3 },
    })
  })

  test('every problem is reported at once, and no value', async () => {
    const module = await moduleWith(
      { variable: 'A_URL', format: 'postgresql-url' },
      { variable: 'B_FLAG', format: 'boolean' },
      { variable: 'C_KEY', format: 'exactly 32 bytes' },
      { variable: 'D', optional: true, format: 'number' },
      { variable: 'E' },
    )
    const source = { A_URL: 'mysql://u:hunter2@db/x', C_KEY: 'hunter2', D: 'hunter2', E: '' }
    expect(problemsOf(module, source)).toEqual([
      'A_URL: is malformed. Expected a URL that begins with postgresql:// or postgres:// and names a host.',
      'B_FLAG: is missing. Expected true or false, in lowercase.',
      'C_KEY: is malformed. Expected exactly 32 bytes of UTF-8 on one line.',
      'D: is malformed. Expected a number such as 25, -1 or 0.5, without spaces, a plus sign or zeros before it.',
      'E: is empty. Expected one line without white space around it.',
    ])
    expect(() => module.readEnvironment(source)).toThrow(/^(?![\s\S]*hunter2)/)
  })

  test('nothing that an object has by itself counts as a variable', async () => {
    expect(problemsOf(await moduleWith({ variable: 'constructor' }), {})).toEqual([
      'constructor: is missing. Expected one line without white space around it.',
    ])
  })

  test('what some environment lacks may be missing', async () => {
    const environments = { dev: environment(), live: environment({ projectId: projects.other }) }
    const secrets = [
      { variable: 'ONLY', environments: ['live'] },
      { variable: 'BOTH', environments: ['dev', 'live'] },
    ]
    const { readEnvironment } = await moduleOf(applicationWith({ environments, secrets }), 'api')
    expect(readEnvironment({ BOTH: 'b' })).toEqual({ BOTH: 'b', ONLY: undefined })
    expect(() => readEnvironment({ ONLY: 'o' })).toThrow('BOTH: is missing')
  })
})

describe('formats', () => {
  test.each(formats)('whatever %s accepts, the module and the schema accept', async (format) => {
    const module = await moduleWith({ variable: 'X', format })
    const optional = await moduleWith({ variable: 'X', format, optional: true })
    const schema = schemaOf([{ variable: 'X', format }])
    const isSafe = (value: string) => {
      expect(problemsOf(module, { X: value })).toEqual([])
      expect(problemsOf(optional, { X: value })).toEqual([])
      expect(schema({ X: value })).toBe(true)
    }
    for (let n = 0; n < 20; n++) isSafe(generateValue({ format }))
    const value = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.constantFrom(...odd))
    fc.assert(
      fc.property(value, (text) => {
        if (checkValue(format, text) === undefined) isSafe(text)
      }),
      { numRuns: 500 },
    )
  })

  /** Right for some format, and unlike what is generated. */
  const odd = [
    ...[
      'POSTGRES://u:p@h/d',
      'postgresql:///d?host=/run',
      'Https://EXAMPLE.org',
      'minio:9000',
      '[::1]:80',
      'rediss://h',
    ],
    ...[
      'mongodb+srv://h/d',
      '0',
      '-0.5',
      '12',
      'true',
      'x'.repeat(32),
      'é'.repeat(16),
      '🔑'.repeat(8),
      '🔑'.repeat(32),
    ],
    ...['a b', 'two\nlines', ' ', 'https://{{ host }}/x', `https://\${HOST}/x`],
  ]

  test.each([
    ['number', ['', '1e5', '0x10', '+1', '01', 'NaN', ' 1', '1\n', '1.', '.5']],
    ['boolean', ['TRUE', '1', 'yes', 'true ']],
    ['http-url', ['example.org', 'ftp://example.org', 'https:// x']],
    ['exactly 32 bytes', ['x'.repeat(33), 'short', '🔑'.repeat(7)]],
    ['random-secret', ['short', `${'x'.repeat(32)}\n`]],
    ['pem-private-key', ['-----BEGIN CERTIFICATE-----']],
    ['token', ['', 'a\n', ' a', 'a\nb']],
  ] as const)('%s refuses what is plainly something else', async (format, values) => {
    const module = await moduleWith({ variable: 'X', format })
    const schema = schemaOf([{ variable: 'X', format }])
    for (const value of values) {
      expect([value, problemsOf(module, { X: value }).length]).toEqual([value, 1])
      expect([value, schema({ X: value })]).toEqual([value, false])
    }
  })
})

test('a workload has the variables that it reads, of other targets too, and without those that are files', () => {
  const variables = (workload?: string) => {
    const module = envModule(kiosk, { tier: 'web', workload }, 'json-schema')
    return Object.keys((JSON.parse(module) as { properties: object }).properties)
  }
  expect(variables()).toEqual(variables('site'))
  expect(variables().length).toBeGreaterThan(1)
  expect(variables('gateway')).toEqual(['SESSION_KEY'])
  const secrets = [
    { tier: 'api', variable: 'A', identity: 'login' },
    { tier: 'api', variable: 'B', target: 'jobs' },
    { tier: 'api', variable: 'C', target: 'jobs', key: 'c.pem' },
    { tier: 'api', variable: 'D' },
  ]
  const workloads = {
    ...{ all: { kind: 'Deployment' }, none: { kind: 'Deployment', reads: {} } },
    one: { kind: 'Job', reads: { targets: ['jobs'], identities: ['login'] } },
  } as const
  const { tiers } = applicationWith().catalogue
  const application = applicationWith({
    tiers: { ...tiers, api: { description: 'x', targets: { jobs: {} }, workloads } },
    secrets,
  } as Parameters<typeof applicationWith>[0])
  const named = (workload: string) => variablesOf(application, { tier: 'api', workload }).map(({ name }) => name)
  expect([named('all'), named('none'), named('one')]).toEqual([['A', 'D'], [], ['A', 'B']])
})

describe('the text of a module', () => {
  test.each([
    ['trackdechets', trackdechets],
    ['bookshop', bookshop],
  ])('of %s has no name of another tier', (_, application) => {
    const { tiers, secrets } = application.catalogue
    for (const language of ['typescript', 'json-schema'] as const) {
      for (const tier of Object.keys(tiers)) {
        const text = envModule(application, { tier }, language)
        const own = new Set(secrets.filter((one) => one.tier === tier).map(({ variable }) => variable))
        const foreign = secrets.map(({ variable }) => variable).filter((variable) => !own.has(variable))
        const others = Object.keys(tiers).filter((name) => name !== tier)
        expect(foreign.length).toBeGreaterThan(0)
        for (const name of [...foreign, ...others]) expect(text).not.toMatch(new RegExp(`\\b${name}\\b`))
        for (const name of own) expect(text).toContain(name)
      }
    }
  })

  test('stays code, whatever a description says', async () => {
    const description = `Ends */ the comment\nwith 'quotes' and \\ \`ticks\` \${all}`
    const { readEnvironment } = await moduleWith({ variable: 'X', description })
    expect(readEnvironment({ X: 'x' })).toEqual({ X: 'x' })
  })

  test('of a tier without secrets reads nothing', async () => {
    const { readEnvironment } = await moduleOf(applicationWith(), 'web')
    expect(readEnvironment({})).toEqual({})
  })
})

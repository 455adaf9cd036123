import { describe, expect, test } from 'vitest'
import { takeInventory } from '../../../../scripts/change/migration/key-inventory.ts'
import { resolve } from '../../../../scripts/model/resolve.ts'
import { applicationWith } from '../../../helpers/applications.ts'

const model = resolve(
  applicationWith({
    secrets: [
      { tier: 'api', variable: 'TOKEN' },
      { tier: 'api', variable: 'SENTRY_DSN', format: 'token' },
      { tier: 'web', variable: 'SENTRY_DSN', format: 'token' },
      { tier: 'web', variable: 'COLOUR', format: 'boolean' },
      { tier: 'api', variable: 'SALT' },
      { tier: 'web', variable: 'SALT', sameAs: 'api.SALT' },
      { tier: 'web', variable: 'PEPPER', sameAs: 'api.SALT' },
    ],
  }),
  'dev',
)

interface Parts {
  readonly data?: Readonly<Record<string, string>>
  readonly otherKeys?: readonly string[]
  readonly assign?: Readonly<Record<string, readonly string[]>>
  readonly leave?: readonly string[]
  readonly noted?: { readonly assign?: Readonly<Record<string, readonly string[]>>; readonly leave?: readonly string[] }
}

function inventory({ data = {}, otherKeys = [], assign = {}, leave = [], noted = {} }: Parts) {
  const base64 = Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')])
  return takeInventory({
    model,
    legacy: { namespace: 'shop', name: 'old' },
    data: Object.fromEntries(base64),
    otherKeys,
    given: { assign: new Map(Object.entries(assign)), leave },
    noted: { assign: {}, leave: [], ...noted },
  })
}

const goals = (parts: Parts) => {
  const { rows, values } = inventory(parts)
  const given = new Map([...values].map(([spec, value]) => [`${spec.tier}.${spec.variable}`, value]))
  return { states: rows.map(({ key, state }) => `${key} ${state}`), given: Object.fromEntries(given) }
}
const codes = (parts: Parts) => inventory(parts).problems.map(({ code, where }) => `${where} ${code}`)

describe('a key of the old Secret', () => {
  test('goes to the one entry of its name', () => {
    expect(goals({ data: { TOKEN: 'a' } })).toEqual({ states: ['TOKEN assigned'], given: { 'api.TOKEN': 'a' } })
    expect(codes({ data: { TOKEN: 'a' } })).toEqual([])
  })

  test('that is a variable of several tiers goes where it is said, to one or to all of them', () => {
    const data = { SENTRY_DSN: 'x' }
    expect(codes({ data })).toEqual(['Secret/shop/old LEGACY_KEY_OPEN'])
    expect(goals({ data, assign: { SENTRY_DSN: ['web'] } }).given).toEqual({ 'web.SENTRY_DSN': 'x' })
    const both = { data, assign: { SENTRY_DSN: ['api', 'web'] } }
    expect([goals(both).given, codes(both)]).toEqual([{ 'api.SENTRY_DSN': 'x', 'web.SENTRY_DSN': 'x' }, []])
  })

  test('that several tiers share goes to all of them, under their names there', () => {
    const all = { 'api.SALT': 'x', 'web.SALT': 'x', 'web.PEPPER': 'x' }
    expect(goals({ data: { SALT: 'x' } })).toEqual({ states: ['SALT assigned'], given: all })
    expect(goals({ data: { PEPPER: 'x' } }).given).toEqual(all)
    expect(codes({ data: { SALT: 'x', PEPPER: 'x' } })).toEqual([])
    expect(new Set(codes({ data: { SALT: 'x', PEPPER: 'y' } }))).toEqual(
      new Set(['Secret/shop/old key SALT FILL_SHARED_VALUES_DIFFER']),
    )
  })

  test('that no entry names is assigned to a variable of another name, or left behind', () => {
    const data = { OLD_TOKEN: 'a' }
    expect(codes({ data })).toEqual(['Secret/shop/old LEGACY_KEY_UNKNOWN'])
    const renamed = { data, assign: { OLD_TOKEN: ['api.TOKEN'] } }
    expect([goals(renamed).given, codes(renamed)]).toEqual([{ 'api.TOKEN': 'a' }, []])
    const left = { data, leave: ['OLD_TOKEN'] }
    expect([goals(left), codes(left)]).toEqual([{ states: ['OLD_TOKEN left'], given: {} }, []])
  })

  test('that an entry names can be left behind too: its value then stays what Scaleway has', () => {
    expect(goals({ data: { TOKEN: 'a' }, leave: ['TOKEN'] })).toEqual({ states: ['TOKEN left'], given: {} })
  })

  test('that is near a variable is reported the variable', () => {
    expect(inventory({ data: { TOKENS: 'a' } }).problems[0]?.message).toContain('Did you mean "TOKEN"?')
  })

  test('gives an entry one value, not two', () => {
    const data = { TOKEN: 'a', OLD_TOKEN: 'b' }
    expect(codes({ data, assign: { OLD_TOKEN: ['api.TOKEN'] } })).toEqual(['Secret/shop/old key TOKEN FILL_NAME_TWICE'])
  })
})

test('a value that does not fit, or is not text, is reported by its key and entry, and not shown', () => {
  const { problems } = inventory({ data: { COLOUR: 'hunter2' } })
  expect(problems).toMatchObject([{ code: 'FILL_VALUE_INVALID', where: 'Secret/shop/old key COLOUR (web.COLOUR)' }])
  expect(JSON.stringify(problems)).not.toContain('hunter2')
})

test('bytes are kept as they are, also those that are not text', () => {
  const { bytes, problems } = takeInventory({
    model,
    legacy: { namespace: 'shop', name: 'old' },
    data: { TOKEN: Buffer.from([0xff, 0]).toString('base64') },
    otherKeys: [],
    given: { assign: new Map(), leave: [] },
    noted: { assign: {}, leave: [] },
  })
  expect([...bytes.values()]).toEqual([Buffer.from([0xff, 0])])
  expect(problems.map(({ message }) => message)).toEqual([expect.stringMatching(/^is not UTF-8\./)])
})

describe('what is said about keys', () => {
  const data = { TOKEN: 'a', SENTRY_DSN: 'b', GONE: 'c' }

  test('is known from earlier runs, and what is said now comes first', () => {
    const noted = { assign: { SENTRY_DSN: ['web'] }, leave: ['GONE', 'TOKEN'] }
    expect(goals({ data, noted }).states).toEqual(['GONE left', 'SENTRY_DSN assigned', 'TOKEN left'])
    const now = inventory({ data, noted, assign: { SENTRY_DSN: ['api'], TOKEN: ['api'] } })
    expect(now.choices).toEqual({ assign: { SENTRY_DSN: ['api'], TOKEN: ['api'] }, leave: ['GONE'] })
    expect(inventory({ data, noted, leave: ['SENTRY_DSN'] }).choices).toEqual({
      assign: {},
      leave: ['GONE', 'SENTRY_DSN', 'TOKEN'],
    })
  })

  test('of a key that is not there, or of a variable that is malformed, is reported with the nearest', () => {
    const parts = { data: { TOKEN: 'a' }, assign: { TOKE: ['api'], TOKEN: ['apo'] }, leave: ['TOKN'] }
    const { problems } = inventory(parts)
    expect(problems.map(({ code, where }) => `${where} ${code}`)).toEqual([
      '--assign TOKE LEGACY_KEY_ABSENT',
      '--leave TOKN LEGACY_KEY_ABSENT',
      '--assign TOKE ASSIGNED_TO_NOTHING',
      '--assign TOKEN ASSIGNED_TO_NOTHING',
    ])
    expect(problems[3]?.message).toBe(
      'names apo.TOKEN, which is not a variable of this environment. Did you mean "api.TOKEN"? Expected a tier that has TOKEN, or <tier>.<variable>.',
    )
  })

  test('of a value instead of a tier shows nothing of it', () => {
    const { problems } = inventory({ data: { TOKEN: 'a' }, assign: { TOKEN: ['hunter2hunter2'] } })
    expect(problems).toMatchObject([{ code: 'ASSIGNED_TO_NOTHING' }])
    expect(JSON.stringify(problems)).not.toContain('hunter2')
  })

  test('may not be two things at once', () => {
    expect(codes({ data: { TOKEN: 'a' }, assign: { TOKEN: ['api'] }, leave: ['TOKEN'] })).toEqual([
      '--leave TOKEN LEGACY_KEY_LEFT_AND_ASSIGNED',
    ])
  })

  test('may be about keys that only a target made by hand has', () => {
    expect(codes({ data: { TOKEN: 'a' }, leave: ['EXTRA'], otherKeys: ['EXTRA'] })).toEqual([])
  })
})

import { expect, test } from 'vitest'
import { ProblemError } from '../../../scripts/lib/problems.ts'
import { resolve } from '../../../scripts/model/resolve.ts'
import { findUnit, remotesIn } from '../../../scripts/model/rotation-unit.ts'
import type { SecretSpec } from '../../../scripts/model/types.ts'
import { applicationWith } from '../../helpers/applications.ts'

const mail = { identity: 'mail', overlap: '2d' }
const relay = (variable: string, fields: Partial<SecretSpec> = {}): Partial<SecretSpec> => ({
  variable,
  remoteName: 'relay',
  property: [variable],
  ...fields,
})
const secrets: readonly Partial<SecretSpec>[] = [
  { variable: 'SEAL' },
  { variable: 'DSN' },
  { variable: 'DSN', tier: 'web' },
  { variable: 'USER', ...mail },
  { variable: 'PASSWORD', ...mail },
  { variable: 'KEY', identity: 's3', layout: 'bundle' },
  { variable: 'BUCKET', identity: 's3', layout: 'bundle' },
  relay('HOST'),
  relay('LOGIN', { identity: 'relay' }),
]
const model = resolve(applicationWith({ secrets }), 'dev')
const unit = (name: string) => findUnit(model, name)

/** What is reported of a name that means nothing, or too much. */
function refusal(name: string) {
  try {
    unit(name)
  } catch (error) {
    if (error instanceof ProblemError) return { exitCode: error.exitCode, ...error.problems[0] }
  }
  throw new Error(`${name} is not a problem`)
}

test.each([
  ['SEAL', 'api.SEAL', ['SEAL']],
  ['api.SEAL', 'api.SEAL', ['SEAL']],
  ['web.DSN', 'web.DSN', ['DSN']],
  ['mail', 'api.mail', ['PASSWORD', 'USER']],
  ['api.mail', 'api.mail', ['PASSWORD', 'USER']],
  ['PASSWORD', 'api.mail', ['PASSWORD', 'USER']],
  ['api.s3', 'api.s3', ['BUCKET', 'KEY']],
  ['BUCKET', 'api.s3', ['BUCKET', 'KEY']],
  ['HOST', 'api.HOST', ['HOST']],
  ['LOGIN', 'api.relay', ['LOGIN']],
])('%s means %s, and an identity is rotated as a whole', (name, called, variables) => {
  const found = unit(name)
  expect([found.name, found.entries.map(({ spec }) => spec.variable).sort()]).toEqual([called, variables])
})

test('an unknown name is reported with the nearest, and one of two tiers with both', () => {
  expect(refusal('SEEL')).toMatchObject({
    exitCode: 2,
    code: 'ROTATION_NAME_UNKNOWN',
    message: expect.stringContaining('Did you mean "SEAL"?'),
    fix: 'Correct the name. `npm run status -- --environment dev` lists all variables.',
  })
  expect(refusal('DSN')).toMatchObject({
    exitCode: 2,
    code: 'ROTATION_NAME_AMBIGUOUS',
    message: 'can be api.DSN or web.DSN. Expected one of them.',
  })
})

test('each remote secret of a unit is there once, and its overlap is that of its entries', () => {
  expect(remotesIn(unit('s3')).map(({ name }) => name)).toEqual(['s3'])
  expect(remotesIn(unit('mail')).map(({ name }) => name)).toEqual(['password', 'user'])
  expect([unit('mail').overlapMs, unit('SEAL').overlapMs]).toEqual([172_800_000, 0])
})

test('what shares a remote secret or an identity has one lock, and nothing else has the same', () => {
  const lock = (name: string) => unit(name).lock
  expect(lock('HOST')).toBe(lock('LOGIN'))
  expect(lock('USER')).toBe(lock('PASSWORD'))
  const locks = ['SEAL', 'api.DSN', 'web.DSN', 'mail', 's3', 'HOST'].map(lock)
  expect(new Set(locks).size).toBe(locks.length)
  for (const one of locks) expect(one).toMatch(/^rotate-(api|web)-[a-z0-9-]+-[0-9a-f]{8}$/)
})

test('a chain of shared remote secrets has one lock, whichever end is named', () => {
  const field = (variable: string, remoteName: string, identity: string) => {
    return { variable, remoteName, identity, property: [variable] }
  }
  const chain = resolve(
    applicationWith({
      secrets: [
        field('A', 'one', 'first'),
        field('B', 'one', 'second'),
        field('C', 'two', 'second'),
        field('D', 'two', 'third'),
        { variable: 'APART' },
      ],
    }),
    'dev',
  )
  const locks = ['A', 'B', 'C', 'D', 'APART'].map((name) => findUnit(chain, name).lock)
  expect(new Set(locks.slice(0, 4)).size).toBe(1)
  expect(new Set(locks).size).toBe(2)
})

test('names that differ only in what an object may not be called have locks of their own', () => {
  const similar = resolve(
    applicationWith({ secrets: ['A_B', 'a_b', 'A__B'].map((variable) => ({ variable, remoteName: `x-${variable}` })) }),
    'dev',
  )
  expect(new Set(['A_B', 'a_b', 'A__B'].map((name) => findUnit(similar, name).lock)).size).toBe(3)
})

test('the lock of an identity stays when the identity gets another entry, as a rotation may be under way then', () => {
  const grown = resolve(applicationWith({ secrets: [...secrets, { variable: 'A_PORT', ...mail }] }), 'dev')
  expect(findUnit(grown, 'mail').lock).toBe(unit('mail').lock)
})

test('what shares a value is one unit in all tiers, with the identities on both sides', () => {
  const login = { identity: 'login' }
  const shared = resolve(
    applicationWith({
      secrets: [
        { variable: 'KEY' },
        { variable: 'KEY', tier: 'web', sameAs: 'api.KEY' },
        { variable: 'USER', ...login },
        { variable: 'PASSWORD', ...login },
        { variable: 'DB_PASSWORD', tier: 'web', sameAs: 'api.PASSWORD', identity: 'db' },
        { variable: 'DB_HOST', tier: 'web', identity: 'db' },
        { variable: 'APART', tier: 'web' },
      ],
    }),
    'dev',
  )
  const told = (name: string) => {
    const { tiers, entries, ...found } = findUnit(shared, name)
    return [
      found.name,
      tiers.map((tier) => tier.name),
      entries.map(({ tier, spec }) => `${tier.name}.${spec.variable}`),
    ]
  }
  const key = ['api.KEY', ['api', 'web'], ['api.KEY', 'web.KEY']]
  for (const name of ['KEY', 'api.KEY', 'web.KEY']) expect(told(name)).toEqual(key)
  const names = ['login', 'db', 'api.login', 'web.db', 'PASSWORD', 'web.DB_PASSWORD', 'USER', 'DB_HOST']
  for (const name of names)
    expect(told(name)).toEqual([
      'api.login',
      ['api', 'web'],
      ['api.PASSWORD', 'api.USER', 'web.DB_HOST', 'web.DB_PASSWORD'],
    ])
  expect(told('APART')).toEqual(['web.APART', ['web'], ['web.APART']])
})

test('the lock of a value stays when another entry begins to share it, whichever of them is named', () => {
  const grown = resolve(
    applicationWith({
      secrets: [
        ...secrets,
        { variable: 'A_SEAL', tier: 'web', sameAs: 'api.SEAL' },
        { variable: 'A_LOGIN', tier: 'web', sameAs: 'api.PASSWORD', remoteName: 'json', property: ['a'] },
        { variable: 'NEIGHBOUR', tier: 'web', remoteName: 'json', property: ['b'] },
      ],
    }),
    'dev',
  )
  for (const name of ['SEAL', 'web.A_SEAL']) expect(findUnit(grown, name).lock).toBe(unit('SEAL').lock)
  // The neighbour is not a part of the unit, and must wait for it: they are in one remote secret.
  for (const name of ['mail', 'A_LOGIN', 'NEIGHBOUR']) expect(findUnit(grown, name).lock).toBe(unit('mail').lock)
  expect(findUnit(grown, 'NEIGHBOUR').name).toBe('web.NEIGHBOUR')
})

import { expect, test } from 'vitest'
import { fillEntries } from '../../../scripts/model/fill-entries.ts'
import { placeOf } from '../../../scripts/model/remote-secret.ts'
import { resolve } from '../../../scripts/model/resolve.ts'
import type { SecretSpec } from '../../../scripts/model/types.ts'
import { type FillOptions, planFill } from '../../../scripts/payload/fill-plan.ts'
import { assignValues, entriesInScope, type FillScope, parseInput } from '../../../scripts/payload/fill-values.ts'
import type { FoundSecret } from '../../../scripts/payload/found-secret.ts'
import { qualified } from '../../../scripts/payload/input-names.ts'
import { replaceableEntries, sharedEntries } from '../../../scripts/payload/named-entries.ts'
import { applicationWith } from '../../helpers/applications.ts'

const relay = { tier: 'web', remoteName: 'relay' }
const login = { tier: 'web', identity: 'login', layout: 'bundle' as const }
const model = resolve(
  applicationWith({
    secrets: [
      { variable: 'KEY', format: 'random-secret' },
      { variable: 'APP_KEY', tier: 'web', format: 'random-secret', sameAs: 'api.KEY' },
      { variable: 'TOKEN', irreplaceable: 'it opens the archive' },
      { ...relay, variable: 'TOKEN', property: ['auth', 'token'], sameAs: 'api.TOKEN' },
      { ...relay, variable: 'HOST', property: ['host'] },
      { variable: 'PASSWORD' },
      { ...login, variable: 'PASSWORD', sameAs: 'api.PASSWORD' },
      { ...login, variable: 'USER' },
      { variable: 'DSN' },
      { variable: 'DSN', tier: 'web' },
    ],
  }),
  'dev',
)
const all = fillEntries(model)

const long = 'v-is-long-enough-for-a-random-secret'

interface Case {
  readonly input?: string
  readonly scope?: FillScope
  /** What is in Scaleway, by folder and name. Undefined: only a version that is disabled. */
  readonly holds?: Readonly<Record<string, string | Buffer | undefined>>
  readonly generate?: boolean
  readonly replace?: boolean
  readonly share?: readonly string[]
  readonly mayLose?: readonly string[]
}

/** What `fill` would do, as short as a test wants to read it. */
function fill({ input = '', scope = {}, holds = {}, generate = false, replace = false, share, mayLose }: Case) {
  const { entries } = entriesInScope(all, scope)
  const { values, problems: given } = assignValues(all, entries, parseInput(input, '.env').values, { chosen: false })
  let made = 0
  const allowed = replaceableEntries(all, mayLose)
  const options: FillOptions = {
    ...{ replace, disablePrevious: false, prune: false, chosen: scope.only !== undefined },
    generate: generate ? (spec: SecretSpec) => `made ${++made} ${spec.format}` : undefined,
    take: sharedEntries(entries, share),
    ...(allowed ? { mayLose: allowed } : {}),
  }
  const found = new Map(
    model.tiers.flatMap(({ remoteSecrets }) =>
      remoteSecrets.flatMap((remote) => {
        const place = placeOf(remote).replace('/shop-', '')
        return place in holds ? [[remote, foundOf(holds[place])] as const] : []
      }),
    ),
  )
  const { rows, work, problems } = planFill({ scope: entries, values, options }, found)
  const told = [...given, ...problems]
  return {
    rows: Object.fromEntries(
      rows
        .filter(({ action }) => action !== 'missing')
        .map(({ entry, action, source = '' }) => [qualified(entry), `${action} ${source}`.trim()]),
    ),
    payloads: Object.fromEntries(work.map(({ remote, payload }) => [placeOf(remote).replace('/shop-', ''), payload])),
    problems: told.map(({ code, severity = 'error' }) => (severity === 'error' ? code : `${code} (${severity})`)),
    messages: told.map(({ where, message }) => `${where}: ${message}`),
    fixes: told.map(({ fix }) => fix),
  }
}

function foundOf(holds: string | Buffer | undefined): FoundSecret {
  const common = { id: 'x', type: 'opaque', isEphemeral: false, isLocked: false, versionCount: 1 }
  if (holds === undefined) return { ...common, versions: [{ revision: 1, status: 'disabled' }] }
  const versions = [{ revision: 1, status: 'enabled' }]
  return { ...common, versions, current: { revision: 1, payload: Buffer.from(holds) } }
}

test.each(['KEY=one-value', 'web.APP_KEY=one-value', 'APP_KEY=one-value\nKEY=one-value'])(
  '%j is enough for both tiers',
  (input) => {
    const { rows, payloads, problems } = fill({ input: input.replaceAll('one-value', long) })
    expect(rows).toEqual({ 'api.KEY': 'create given', 'web.APP_KEY': 'create given' })
    expect(payloads).toEqual({ 'api/key': long, 'web/app-key': long })
    expect(problems).toEqual([])
  },
)

test('a name that several tiers have is the value they share, and else ambiguous', () => {
  const { rows, payloads, problems } = fill({ input: 'TOKEN=t\nDSN=d\nHOST=h' })
  expect(rows).toMatchObject({ 'api.TOKEN': 'create given', 'web.TOKEN': 'create given' })
  expect(payloads).toEqual({ 'api/token': 't', 'web/relay': '{"host":"h","auth":{"token":"t"}}' })
  expect(problems).toEqual(['FILL_NAME_AMBIGUOUS'])
})

test('different values for entries that share one are refused, with both places', () => {
  const { problems, messages } = fill({
    input: `TOKEN=a\nKEY=${long}\nweb.TOKEN=b`,
    holds: { 'web/relay': '{"host":"h"}' },
  })
  expect(problems).toEqual(['FILL_SHARED_VALUES_DIFFER'])
  expect(messages).toEqual([
    '.env line 3: "web.TOKEN" shares its value with "TOKEN", which has a different one, from .env line 1. Expected one value.',
  ])
  const holds = { 'web/relay': '{"host":"h"}' }
  expect(fill({ input: 'TOKEN=a\nweb.TOKEN=a', holds }).problems).toEqual([])
})

test('one value is generated for all', () => {
  const { payloads } = fill({ generate: true })
  expect(payloads).toEqual({ 'api/key': 'made 1 random-secret', 'web/app-key': 'made 1 random-secret' })
})

test('--tier and --only take in those that share the value, and nothing else of their tiers', () => {
  const both = { 'api.KEY': 'create generated', 'web.APP_KEY': 'create generated' }
  expect(fill({ scope: { tier: 'web' }, generate: true }).rows).toEqual(both)
  expect(fill({ scope: { only: ['KEY'] }, generate: true }).rows).toEqual(both)
  expect(Object.keys(fill({ scope: { only: ['KEY'] }, holds: { 'api/dsn': 'x' } }).rows)).toEqual([])
})

test.each([
  ['another fill that gives other values', { input: 'api.DSN=d' }],
  ['--generate', { generate: true }],
  ['--generate of the other one alone', { generate: true, scope: { only: ['web.APP_KEY'] } }],
  ['the same value given again', { input: `KEY=${long}` }],
])('what was interrupted between two tiers is completed with the same value: %s', (_, options) => {
  const value = long
  for (const [there, lacking] of [
    ['api/key', 'web/app-key'],
    ['web/app-key', 'api/key'],
  ] as const) {
    const { payloads, problems } = fill({ ...options, holds: { [there]: value } })
    expect([there, payloads[lacking], payloads[there], problems]).toEqual([there, value, undefined, []])
  }
})

test('a value is copied into a field of JSON, and into a bundle that gets its other values too', () => {
  const holds = { 'api/token': 't', 'web/relay': '{"host":"h","more":1}', 'api/password': 'p' }
  const { rows, payloads, problems } = fill({ holds, input: 'USER=u' })
  expect(rows).toMatchObject({ 'web.TOKEN': 'create shared', 'web.PASSWORD': 'create shared', 'web.HOST': 'kept' })
  expect(payloads).toEqual({
    'web/relay': '{"host":"h","more":1,"auth":{"token":"t"}}',
    'web/login': '{"PASSWORD":"p","USER":"u"}',
  })
  expect(problems).toEqual([])
  const { problems: incomplete, fixes } = fill({ holds, scope: { only: ['api.PASSWORD'] } })
  expect([incomplete, fixes[0]]).toEqual([['FILL_INCOMPLETE'], expect.stringContaining('without a --tier or --only')])
})

test('where they hold different values nothing is generated or copied, and that is reported', () => {
  const holds = { 'api/key': 'one', 'web/app-key': 'another' }
  const { rows, payloads, problems, messages, fixes } = fill({ holds, generate: true })
  expect(rows).toMatchObject({ 'api.KEY': 'kept', 'web.APP_KEY': 'kept' })
  expect([payloads, problems]).toEqual([{}, ['FILL_SHARED_VALUES_DIFFER (warning)']])
  expect(messages).toEqual([
    '/shop-api/key, /shop-web/app-key: api.KEY, web.APP_KEY hold different values. Expected one value, which they share.',
  ])
  expect(fixes).toEqual([
    'Take one of them for all: --share api.KEY or --share web.APP_KEY. Or give the right value with --replace.',
  ])
  const given = { holds, input: `KEY=${long}` }
  expect(fill(given).problems).toEqual(['FILL_WOULD_REPLACE', 'FILL_WOULD_REPLACE'])
  expect(Object.keys(fill({ ...given, replace: true }).payloads)).toEqual(['api/key', 'web/app-key'])
})

test('a value that can not be read is not taken for one that is not there', () => {
  const { payloads, problems, messages } = fill({ holds: { 'api/key': Buffer.from([0xff, 0xfe]) }, generate: true })
  expect([payloads, problems]).toEqual([{}, ['FILL_SHARED_VALUES_DIFFER (warning)']])
  expect(messages[0]).toContain("what api.KEY holds can't be read here, and web.APP_KEY has none")
})

test('--share takes the value of one for all, and nothing is given beside it', () => {
  const holds = { 'api/key': 'one', 'web/app-key': 'another' }
  expect(fill({ holds, share: ['web.APP_KEY'] })).toMatchObject({
    payloads: { 'api/key': 'another' },
    rows: { 'api.KEY': 'replace shared', 'web.APP_KEY': 'kept' },
    problems: [],
  })
  expect(fill({ holds: { 'web/app-key': 'another' }, share: ['KEY'] }).problems).toEqual(['FILL_NOTHING_TO_SHARE'])
  const given = fill({ holds, share: ['KEY'], input: `KEY=${long}` })
  expect(given.problems).toContain('FILL_NAME_TWICE')
})

test.each([
  [['TOKEN'], 'FILL_NAME_AMBIGUOUS', '--share TOKEN: is a variable of tiers api and web.'],
  [['DNS'], 'FILL_NAME_UNKNOWN', '--share DNS: "DNS" is not a variable of this environment. Did you mean "DSN"?'],
  [['api.DSN'], 'FILL_NOT_SHARED', '--share api.DSN: shares its value with no other entry.'],
  [['KEY', 'APP_KEY'], 'FILL_NAME_TWICE', '--share KEY: shares its value with APP_KEY, which is named too.'],
])('--share %s is refused', (share, code, said) => {
  expect(() => fill({ share })).toThrow(
    expect.objectContaining({ exitCode: 2, problems: expect.arrayContaining([expect.objectContaining({ code })]) }),
  )
  try {
    fill({ share })
  } catch (error) {
    const [problem] = (error as { problems: { where: string; message: string }[] }).problems
    expect(`${problem?.where}: ${problem?.message}`).toContain(said)
  }
})

test('what is irreplaceable is not replaced, in any tier, without being named', () => {
  const holds = { 'api/token': 'old', 'web/relay': '{"host":"h","auth":{"token":"old"}}' }
  const { problems, messages, fixes } = fill({ holds, input: 'TOKEN=new', replace: true })
  expect(problems).toEqual(['IRREPLACEABLE', 'IRREPLACEABLE'])
  expect(messages).toEqual([
    '/shop-api/token (api.TOKEN): would lose its value, which is irreplaceable: it opens the archive. Expected it to stay.',
    '/shop-web/relay (web.TOKEN): would lose its value, which is irreplaceable: it opens the archive. Expected it to stay.',
  ])
  for (const fix of fixes) expect(fix).toContain('`--replace-irreplaceable api.TOKEN`')
  for (const name of ['TOKEN', 'api.TOKEN', 'web.TOKEN'])
    expect(fill({ holds, input: 'TOKEN=new', replace: true, mayLose: [name] }).problems).toEqual([])
  expect(fill({ holds, input: 'TOKEN=old' }).problems).toEqual([])
  const differing = { ...holds, 'api/token': 'other' }
  expect(fill({ holds: differing, share: ['api.TOKEN'] }).problems).toEqual(['IRREPLACEABLE'])
  expect(fill({ holds: differing, share: ['api.TOKEN'], mayLose: ['TOKEN'] }).problems).toEqual([])
})

test('a version that is disabled may be the value: none is put before it', () => {
  const { problems, fixes } = fill({ holds: { 'api/token': undefined }, input: 'api.TOKEN=new\nHOST=h' })
  expect([problems, fixes[0]]).toEqual([['IRREPLACEABLE'], expect.stringContaining('Enable that version again')])
  // Its value is the one of the other tier, which stays there.
  const copied = fill({ holds: { 'api/token': undefined, 'web/relay': '{"host":"h","auth":{"token":"t"}}' } })
  expect([copied.problems, copied.payloads]).toEqual([[], { 'api/token': 't' }])
})

test.each([
  ['DNS', 'FILL_NAME_UNKNOWN'],
  ['KEY', 'NOT_IRREPLACEABLE'],
])('--replace-irreplaceable %s is refused', (name, code) => {
  expect(() => replaceableEntries(all, [name])).toThrow(
    expect.objectContaining({ exitCode: 2, problems: [expect.objectContaining({ code })] }),
  )
})

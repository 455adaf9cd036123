import { describe, expect, test } from 'vitest'
import { fillEntries } from '../../../scripts/model/fill-entries.ts'
import { resolve } from '../../../scripts/model/resolve.ts'
import type { SecretSpec } from '../../../scripts/model/types.ts'
import { type FillOptions, planFill, toRead } from '../../../scripts/payload/fill-plan.ts'
import type { FoundSecret } from '../../../scripts/payload/found-secret.ts'
import { applicationWith } from '../../helpers/applications.ts'

const nothing: FillOptions = { replace: false, disablePrevious: false, prune: false, chosen: false }
const mail = { identity: 'mail', layout: 'bundle' as const }
const single: Partial<SecretSpec> = { variable: 'TOKEN', format: 'text' }
const bundle: Partial<SecretSpec>[] = [
  { variable: 'USER', ...mail },
  { variable: 'PASSWORD', format: 'random-secret', ...mail },
]
const json: Partial<SecretSpec>[] = [
  { variable: 'HOST', remoteName: 'relay', property: ['host'] },
  { variable: 'LOGIN', remoteName: 'relay', property: ['account', 'login'] },
]

interface Case {
  readonly secrets: readonly Partial<SecretSpec>[]
  /** By variable. */
  readonly values?: Readonly<Record<string, string>>
  /** Variables the run is about. Default: all */
  readonly scope?: readonly string[]
  /** What exists of the one remote secret. */
  readonly found?: Partial<FoundSecret> & { readonly holds?: string }
  readonly options?: Partial<FillOptions>
}

/** The plan for one remote secret, as short as a test wants to read it. */
function plan({ secrets, values = {}, scope, found, options }: Case) {
  const entries = fillEntries(resolve(applicationWith({ secrets }), 'dev'))
  const [first] = entries
  const given = entries.flatMap(({ spec }) => {
    const value = values[spec.variable]
    return value === undefined ? [] : [[spec, value] as const]
  })
  const request = {
    scope: entries.filter(({ spec }) => scope?.includes(spec.variable) ?? true),
    values: new Map(given),
    options: { ...nothing, ...options },
  }
  const exists = new Map(found && first ? [[first.remote, foundOf(found)]] : [])
  const { rows, work, problems } = planFill(request, exists)
  return {
    actions: Object.fromEntries(rows.map(({ entry, action }) => [entry.spec.variable, action])),
    payloads: work.flatMap(({ payload }) => payload ?? []),
    work: work.map(({ disable, delete: deleted }) => ({ disable, delete: deleted })),
    problems: problems.map(({ code, severity = 'error' }) => (severity === 'error' ? code : `${code} (${severity})`)),
    fixes: problems.map(({ fix }) => fix),
    messages: problems.map(({ where, message }) => `${where}: ${message}`),
    read: first && toRead(request, first.remote),
  }
}

const versions = (...statuses: string[]) => statuses.map((status, index) => ({ revision: index + 1, status }))

function foundOf({ holds, ...parts }: NonNullable<Case['found']>): FoundSecret {
  const list = parts.versions ?? (holds === undefined ? [] : versions('enabled'))
  const newest = list.findLast(({ status }) => status === 'enabled')
  const current = newest && {
    revision: newest.revision,
    ...(holds === undefined ? {} : { payload: Buffer.from(holds) }),
  }
  return {
    id: 's',
    type: 'opaque',
    isEphemeral: false,
    isLocked: false,
    versions: list,
    versionCount: list.length,
    ...(current ? { current } : {}),
    ...parts,
  }
}

describe('a single value', () => {
  test.each<[string, Case['found'], string, string[]]>([
    ['is created where nothing is', undefined, 'create', ['new']],
    ['is created in a remote secret without a version', {}, 'create', ['new']],
    ['is created where every version is disabled', { versions: versions('disabled') }, 'create', ['new']],
    ['is left alone when it is there', { holds: 'new' }, 'unchanged', []],
  ])('%s', (_, found, action, payloads) => {
    const done = plan({ secrets: [single], values: { TOKEN: 'new' }, ...(found ? { found } : {}) })
    expect(done).toMatchObject({ actions: { TOKEN: action }, payloads, problems: [] })
  })

  test.each(['old', 'new\n', 'New', ''])('another value, %j, is replaced only when that is asked for', (holds) => {
    const replaced = { secrets: [single], values: { TOKEN: 'new' }, found: { holds, versions: versions('enabled') } }
    expect(plan(replaced)).toMatchObject({ payloads: [], problems: ['FILL_WOULD_REPLACE'] })
    expect(plan({ ...replaced, options: { replace: true } })).toMatchObject({
      actions: { TOKEN: 'replace' },
      payloads: ['new'],
      work: [{ disable: [], delete: [] }],
      problems: [],
    })
    expect(plan(replaced).messages).toEqual([
      '/shop-api/token: holds another value for api.TOKEN. Expected the same value, or --replace.',
    ])
  })

  test('no value leaves it, and nothing is read for it', () => {
    const found = { versionCount: 2, versions: versions('enabled', 'enabled') }
    expect(plan({ secrets: [single], found })).toMatchObject({ actions: { TOKEN: 'kept' }, work: [] })
    expect(plan({ secrets: [single] })).toMatchObject({
      actions: { TOKEN: 'missing' },
      read: { versions: false, payload: false },
    })
  })

  test('is checked for its size', () => {
    const text = { secrets: [{ ...single }], values: { TOKEN: 'é'.repeat(32 * 1024 + 1) } }
    expect(plan(text).problems).toEqual(['FILL_TOO_LARGE'])
    expect(plan({ ...text, values: { TOKEN: 'é'.repeat(32 * 1024) } }).problems).toEqual([])
  })
})

describe('a bundle', () => {
  const both = { USER: 'u', PASSWORD: 'p' }

  test('is written whole', () => {
    const [payload = ''] = plan({ secrets: bundle, values: both }).payloads
    expect(JSON.parse(payload)).toEqual(both)
  })

  test('takes what is not given from the version before', () => {
    const found = { holds: '{"USER":"old","PASSWORD":"p"}' }
    const done = plan({ secrets: bundle, values: { USER: 'u' }, found, options: { replace: true } })
    expect(done).toMatchObject({ actions: { USER: 'replace', PASSWORD: 'kept' }, problems: [] })
    expect(JSON.parse(done.payloads[0] ?? '')).toEqual(both)
  })

  test('gets a variable it lacks without --replace, because nothing is replaced', () => {
    const found = { holds: '{"USER":"u"}' }
    const done = plan({ secrets: bundle, values: both, found })
    expect(done).toMatchObject({ actions: { USER: 'unchanged', PASSWORD: 'create' }, problems: [] })
    expect(JSON.parse(done.payloads[0] ?? '')).toEqual(both)
  })

  test.each<[string, Case['found']]>([
    ['nothing is there', undefined],
    ['the version before lacks it too', { holds: '{}' }],
  ])('names what is missing when %s', (_, found) => {
    const done = plan({ secrets: bundle, values: { USER: 'u' }, ...(found ? { found } : {}) })
    expect(done).toMatchObject({ payloads: [], problems: ['FILL_INCOMPLETE'] })
    expect(done.messages[0]).toContain('has no value for PASSWORD')
  })

  test('does not lose keys beyond the catalogue unless asked to', () => {
    const found = { holds: '{"USER":"u","PASSWORD":"p","OLD":"o"}' }
    expect(plan({ secrets: bundle, values: both, found })).toMatchObject({
      payloads: [],
      problems: ['FILL_BUNDLE_HAS_MORE (warning)'],
    })
    const changed = { secrets: bundle, values: { ...both, USER: 'v' }, found }
    expect(plan(changed).problems).toEqual(['FILL_BUNDLE_HAS_MORE', 'FILL_WOULD_REPLACE'])
    const [payload = ''] = plan({ secrets: bundle, values: both, found, options: { replace: true } }).payloads
    expect(JSON.parse(payload)).toEqual(both)
  })

  test('that is not JSON is replaced only when that is asked for, and then whole', () => {
    const found = { holds: 'x' }
    expect(plan({ secrets: bundle, values: both, found }).problems).toEqual([
      'FILL_CURRENT_UNREADABLE',
      'FILL_WOULD_REPLACE',
      'FILL_WOULD_REPLACE',
    ])
    const options = { replace: true }
    expect(plan({ secrets: bundle, values: both, found, options }).payloads).toHaveLength(1)
    expect(plan({ secrets: bundle, values: { USER: 'u' }, found, options }).problems).toEqual(['FILL_INCOMPLETE'])
  })
})

describe('JSON', () => {
  test('keeps the fields of others', () => {
    const found = { holds: '{"account":{"login":"l","port":25},"note":"n"}' }
    const [payload = ''] = plan({ secrets: json, values: { HOST: 'h' }, found }).payloads
    expect(JSON.parse(payload)).toEqual({ host: 'h', account: { login: 'l', port: 25 }, note: 'n' })
  })

  test('keeps the JSON of fields that are not given', () => {
    const found = { holds: '{"account":{"login":12345678901234567890},"host":"h", "n":1.0}' }
    const { payloads } = plan({ secrets: json, values: { HOST: 'i' }, found, options: { replace: true } })
    expect(payloads).toEqual(['{"account":{"login":12345678901234567890},"host":"i", "n":1.0}'])
  })

  test('with null lacks a value, which is not replaced but given', () => {
    const found = { holds: '{"host":null,"account":{"login":"l"}}' }
    expect(plan({ secrets: json, values: { LOGIN: 'm' }, found, options: { replace: true } })).toMatchObject({
      actions: { HOST: 'missing', LOGIN: 'replace' },
      problems: ['FILL_INCOMPLETE'],
    })
    expect(plan({ secrets: json, values: { HOST: 'h' }, found })).toMatchObject({
      actions: { HOST: 'create', LOGIN: 'kept' },
      payloads: ['{"host":"h","account":{"login":"l"}}'],
      problems: [],
    })
  })

  test.each([
    ['{"host":"h","account":"x"}', 'has a text in the field "account" of its JSON'],
    ['{"host":"h","account":["x"]}', 'has a list in the field "account" of its JSON'],
    ['["h"]', 'is a JSON list'],
    ['{"host":"h","account":{"login":"k","login":"l"}}', 'has the field "account.login" twice in its JSON'],
  ])('has no room where something stands in the way, with --replace neither: %s', (holds, message) => {
    for (const replace of [false, true]) {
      const values = { HOST: 'h', LOGIN: 'new' }
      const { problems, messages, payloads } = plan({ secrets: json, values, found: { holds }, options: { replace } })
      expect(problems).toContain('FILL_FIELD_BLOCKED')
      expect(messages.join()).toContain(`/shop-api/relay: ${message}`)
      expect(payloads).toEqual([])
    }
  })

  test('that others could not read is written only when that is asked for, and what is lost is reported', () => {
    const found = { holds: '{"host":"h","account":{"login":"l"},"note":"n",}' }
    expect(plan({ secrets: json, values: { HOST: 'h', LOGIN: 'l' }, found })).toMatchObject({
      actions: { HOST: 'unchanged', LOGIN: 'unchanged' },
      problems: [],
    })
    const { problems, fixes } = plan({ secrets: json, values: { HOST: 'i' }, found })
    expect(problems).toEqual(['FILL_CURRENT_UNREADABLE', 'FILL_WOULD_REPLACE'])
    expect(fixes[0]).toMatch(/^To keep fields that the catalogue does not name, correct its JSON by hand/)
    expect(plan({ secrets: json, values: { HOST: 'i' }, found, options: { replace: true } })).toMatchObject({
      actions: { HOST: 'replace', LOGIN: 'kept' },
      payloads: ['{"host":"i","account":{"login":"l"}}'],
      problems: ['FILL_CURRENT_UNREADABLE (warning)'],
    })
  })

  test('may lack an optional field, and no other', () => {
    expect(plan({ secrets: json, values: { HOST: 'h' } }).problems).toEqual(['FILL_INCOMPLETE'])
    const [host = {}, login] = json
    const optional = [host, { ...login, optional: true }]
    expect(plan({ secrets: optional, values: { HOST: 'h' } }).payloads).toEqual(['{"host":"h"}'])
  })
})

test('two variables that read one value take one, from either of them', () => {
  const secrets = [
    { variable: 'A', remoteName: 'one' },
    { variable: 'B', remoteName: 'one' },
  ]
  expect(plan({ secrets, values: { B: 'x' } })).toMatchObject({ payloads: ['x'], problems: [] })
  expect(plan({ secrets, values: { A: 'x', B: 'x' } }).payloads).toEqual(['x'])
  expect(plan({ secrets, values: { A: 'x', B: 'y' } }).problems).toEqual(['FILL_SHARED_VALUES_DIFFER'])
})

describe('generated values', () => {
  const options = { generate: ({ variable }: SecretSpec) => `made ${variable}` }
  const secret = { variable: 'KEY', format: 'random-secret' as const }

  test('only fill what has no value, and what may be generated', () => {
    expect(plan({ secrets: [secret], options }).payloads).toEqual(['made KEY'])
    expect(plan({ secrets: [secret], values: { KEY: 'mine' }, options }).payloads).toEqual(['mine'])
    expect(plan({ secrets: [single], options })).toMatchObject({ actions: { TOKEN: 'missing' }, payloads: [] })
    expect(plan({ secrets: [secret], scope: [], options }).payloads).toEqual([])
  })

  test('never replace what is there, also when asked to replace', () => {
    const found = { versions: versions('enabled') }
    const done = plan({ secrets: [secret], found, options: { ...options, replace: true } })
    expect(done).toMatchObject({ actions: { KEY: 'kept' }, payloads: [], read: { versions: true, payload: false } })
  })

  test('complete a bundle', () => {
    const done = plan({ secrets: bundle, values: { USER: 'u' }, options })
    expect(JSON.parse(done.payloads[0] ?? '')).toEqual({ USER: 'u', PASSWORD: 'made PASSWORD' })
    const found = { holds: '{"USER":"u"}' }
    expect(JSON.parse(plan({ secrets: bundle, found, options }).payloads[0] ?? '')).toEqual({
      USER: 'u',
      PASSWORD: 'made PASSWORD',
    })
    expect(plan({ secrets: bundle, found: { holds: '{"PASSWORD":"p"}' }, options })).toMatchObject({ payloads: [] })
  })
})

describe('versions', () => {
  const list = versions('enabled', 'disabled', 'enabled', 'disabled', 'enabled')
  const found = { versions: list, holds: 'now' }

  test('before the newest are disabled on demand, and never the newest', () => {
    const options = { disablePrevious: true, replace: true }
    const changed = plan({ secrets: [single], values: { TOKEN: 'new' }, found, options })
    expect(changed).toMatchObject({ payloads: ['new'], work: [{ disable: [1, 3, 5], delete: [] }] })
    const same = plan({ secrets: [single], values: { TOKEN: 'now' }, found, options })
    expect(same).toMatchObject({ payloads: [], work: [{ disable: [1, 3], delete: [] }] })
  })

  test('that are disabled are deleted on demand, the oldest first, but for the one before the newest', () => {
    const options = { prune: true, replace: true }
    const same = plan({ secrets: [single], values: { TOKEN: 'now' }, found, options })
    expect(same).toMatchObject({ payloads: [], work: [{ disable: [], delete: [2] }] })
    const changed = plan({ secrets: [single], values: { TOKEN: 'new' }, found, options })
    expect(changed).toMatchObject({ payloads: ['new'], work: [{ disable: [], delete: [2, 4] }] })
    const withdrawn = { versions: versions('disabled', 'disabled', 'enabled', 'disabled'), holds: 'now' }
    const kept = plan({ secrets: [single], values: { TOKEN: 'now' }, found: withdrawn, options })
    expect(kept).toMatchObject({ work: [{ delete: [1, 4] }] })
  })

  test('of a variable that gets no value are touched only when it was chosen', () => {
    const options = { disablePrevious: true, prune: true }
    expect(plan({ secrets: [single], found, options }).work).toEqual([])
    const chosen = plan({ secrets: [single], found, options: { ...options, chosen: true } })
    expect(chosen).toMatchObject({ work: [{ disable: [1, 3], delete: [2] }], payloads: [] })
  })

  test('have room for one more, or it is reported before anything is written', () => {
    const full = versions('disabled', ...Array.from({ length: 19 }, () => 'enabled'))
    const change = { secrets: [single], values: { TOKEN: 'new' }, found: { versions: full, holds: 'now' } }
    expect(plan({ ...change, options: { replace: true } }).problems).toEqual(['FILL_VERSIONS_FULL'])
    expect(plan({ ...change, options: { replace: true, prune: true } })).toMatchObject({
      problems: [],
      work: [{ delete: [1] }],
    })
    const enabled = versions(...Array.from({ length: 20 }, () => 'enabled'))
    const options = { replace: true, prune: true }
    expect(plan({ ...change, found: { versions: enabled, holds: 'now' }, options }).problems).toEqual([
      'FILL_VERSIONS_FULL',
    ])
    const [fix] = plan({ ...change, found: { versions: enabled, holds: 'now' }, options }).fixes
    expect(fix).toContain('--disable-previous --only api.TOKEN,')
    const nearly = { versions: enabled.slice(0, 15), holds: 'now' }
    expect(plan({ ...change, found: nearly, options: { replace: true } }).problems).toEqual([
      'FILL_VERSIONS_NEARLY_FULL (warning)',
    ])
  })

  test('that are being deleted may leave no room: it is tried, but the way back is not deleted for it', () => {
    const goneAt = (day: number) => new Date(`2026-11-0${day}T10:00:00Z`)
    const going = (count: number) =>
      Array.from({ length: count }, (_, index) => ({
        revision: index + 1,
        status: 'scheduled_for_deletion',
        goneAt: goneAt(index === 3 ? 4 : 5),
      }))
    const filled = (count: number) => ({
      versions: [...going(count), { revision: 30, status: 'disabled' }, { revision: 31, status: 'enabled' }],
      holds: 'now',
    })
    const options = { replace: true, prune: true, disablePrevious: true }
    const change = { secrets: [single], values: { TOKEN: 'new' }, options }
    const full = plan({ ...change, found: filled(18) })
    expect(full).toMatchObject({ problems: ['FILL_VERSIONS_PENDING'], work: [] })
    const wait =
      'if Scaleway refuses it, wait until 2026-11-04T10:00:00.000Z, when the first of them is deleted for good.'
    expect(full.fixes[0]).toBe(`Run it without --prune; ${wait}`)
    const tried = plan({ ...change, found: filled(18), options: { replace: true, disablePrevious: true } })
    expect(tried).toMatchObject({ payloads: ['new'], problems: ['FILL_VERSIONS_PENDING (warning)'] })
    expect(plan({ ...change, found: filled(17) })).toMatchObject({ payloads: ['new'], problems: [] })
  })
})

test.each<[string, Case['found'], string]>([
  ['ephemeral', { isEphemeral: true }, 'FILL_EPHEMERAL'],
  ['locked', { isLocked: true }, 'FILL_LOCKED'],
  ['of another type', { type: 'key_value' }, 'FILL_TYPE_DIFFERS'],
  ['a certificate', { type: 'certificate' }, 'FILL_TYPE_DIFFERS'],
])('a remote secret that is %s is not filled', (_, found = {}, code) => {
  expect(plan({ secrets: [single], values: { TOKEN: 'x' }, found })).toMatchObject({ payloads: [], problems: [code] })
})

test('types that can hold the value will do', () => {
  const typed = (secrets: readonly Partial<SecretSpec>[], values: Record<string, string>, type: string) =>
    plan({ secrets, values, found: { type } }).problems
  expect(typed(bundle, { USER: 'u', PASSWORD: 'p' }, 'key_value')).toEqual([])
  expect(typed(bundle, { USER: 'u', PASSWORD: 'p' }, 'basic_credentials')).toEqual(['FILL_TYPE_DIFFERS'])
  expect(typed(json, { HOST: 'h', LOGIN: 'l' }, 'database_credentials')).toEqual([])
  expect(typed([{ ...single, format: 'pem-certificate' }], { TOKEN: 'pem' }, 'certificate')).toEqual([])
})

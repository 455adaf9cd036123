import { describe, expect, test } from 'vitest'
import { isError } from '../../../scripts/lib/problems.ts'
import { resolve } from '../../../scripts/model/resolve.ts'
import { findUnit, remotesIn } from '../../../scripts/model/rotation-unit.ts'
import type { SecretSpec } from '../../../scripts/model/types.ts'
import type { FoundSecret } from '../../../scripts/payload/found-secret.ts'
import { planRotation, rotationValues } from '../../../scripts/payload/rotation-plan.ts'
import { applicationWith } from '../../helpers/applications.ts'

const pair = { identity: 'pair' }
const bundle = { identity: 'pay', layout: 'bundle' as const }
const model = resolve(
  applicationWith({
    secrets: [
      { variable: 'SEAL', format: 'random-secret' },
      { variable: 'USER', ...pair },
      { variable: 'PASSWORD', format: 'random-secret', ...pair },
      { variable: 'SHOP', ...bundle },
      { variable: 'KEY', format: 'random-secret', ...bundle },
      { variable: 'HOST', remoteName: 'relay', property: ['host'] },
      { variable: 'LOGIN', remoteName: 'relay', property: ['account', 'login'] },
    ],
  }),
  'dev',
)

interface Case {
  readonly unit: string
  /** By variable. */
  readonly given?: Readonly<Record<string, string>>
  readonly generate?: boolean
  /** What each remote secret holds. Default: one enabled version of `old` */
  readonly holds?: Readonly<Record<string, string | undefined>>
  readonly versions?: FoundSecret['versions']
  readonly begun?: { readonly pending: readonly string[]; readonly added: readonly string[] }
}

const old: Readonly<Record<string, string>> = {
  seal: 'old seal',
  user: 'old user',
  password: 'old password',
  pay: '{"SHOP":"old shop","KEY":"old key"}',
  relay: '{"host":"old host","account":{"login":"old login"},"more":1}',
}

/** The plan of a rotation, as short as a test wants to read it. */
function plan({ unit: name, given = {}, generate = false, holds = {}, versions, begun }: Case) {
  const unit = findUnit(model, name)
  const specs = unit.entries.map(({ spec }) => spec)
  const values = rotationValues(
    unit.entries,
    new Map(specs.flatMap((spec) => (given[spec.variable] === undefined ? [] : [[spec, given[spec.variable] ?? '']]))),
    generate ? (spec: SecretSpec) => `generated ${spec.variable}` : undefined,
  )
  const remotes = remotesIn(unit)
  const named = (names: readonly string[]) => remotes.filter((remote) => names.includes(remote.name))
  const found = remotes.flatMap((remote) => {
    const text = remote.name in holds ? holds[remote.name] : old[remote.name]
    return text === undefined ? [] : [[remote, foundOf(text, versions)] as const]
  })
  const request = {
    environment: 'dev',
    unit,
    values,
    ...(begun ? { begun: { pending: named(begun.pending), added: named(begun.added) } } : {}),
  }
  const { work, specs: changed, problems } = planRotation(request, new Map(found))
  return {
    versions: Object.fromEntries(work.map(({ remote, payload }) => [remote.name, payload])),
    changed: changed.map(({ variable }) => variable),
    problems: problems.map((problem) => (isError(problem) ? problem.code : `${problem.code} (warning)`)),
    messages: problems.map(({ where, message }) => `${where}: ${message}`),
    fixes: problems.map(({ fix }) => fix),
  }
}

function foundOf(text: string, versions: FoundSecret['versions'] = [{ revision: 1, status: 'enabled' }]): FoundSecret {
  const newest = versions.findLast(({ status }) => status === 'enabled')
  const common = { id: 'x', type: 'opaque', isEphemeral: false, isLocked: false, versionCount: versions.length }
  return {
    ...common,
    versions,
    ...(newest ? { current: { revision: newest.revision, payload: Buffer.from(text) } } : {}),
  }
}

test('a given value becomes a version', () => {
  expect(plan({ unit: 'SEAL', given: { SEAL: 'new seal' } })).toMatchObject({
    versions: { seal: 'new seal' },
    changed: ['SEAL'],
    problems: [],
  })
})

test('what is not given is generated where its format allows it, and only when asked to', () => {
  expect(plan({ unit: 'pair', generate: true })).toMatchObject({
    versions: { password: 'generated PASSWORD' },
    changed: ['PASSWORD'],
    problems: [],
  })
  expect(plan({ unit: 'pair', generate: true, given: { USER: 'new', PASSWORD: 'given' } }).versions).toEqual({
    user: 'new',
    password: 'given',
  })
  expect(plan({ unit: 'pair', given: { USER: 'new' } }).versions).toEqual({ user: 'new' })
})

test('a bundle keeps what is not given, and JSON also what the catalogue does not name', () => {
  expect(plan({ unit: 'pay', given: { KEY: 'new key' } })).toMatchObject({
    versions: { pay: '{"KEY":"new key","SHOP":"old shop"}' },
    changed: ['KEY'],
  })
  expect(plan({ unit: 'LOGIN', given: { LOGIN: 'new' } }).versions).toEqual({
    relay: '{"host":"old host","account":{"login":"new"},"more":1}',
  })
})

test('in JSON, only what changes is another: numbers, white space and what is there twice stay', () => {
  const relay = '{"host" : 12345678901234567890, "account":{"login":"old","n":1.0},"more":1e3,"more":null}'
  expect(plan({ unit: 'LOGIN', given: { LOGIN: 'new' }, holds: { relay } }).versions).toEqual({
    relay: relay.replace('old', 'new'),
  })
  const pay = '{"SHOP":5432,"KEY":"old key"}'
  expect(plan({ unit: 'pay', given: { KEY: 'new key' }, holds: { pay } }).versions).toEqual({
    pay: '{"KEY":"new key","SHOP":5432}',
  })
})

describe('nothing is done', () => {
  const refused = (parts: Case, code: string) => {
    const found = plan(parts)
    expect([found.problems, found.versions]).toEqual([[code], {}])
    return found
  }

  test('without a new value', () => {
    const { messages, fixes } = refused({ unit: 'pair' }, 'ROTATION_VALUES_MISSING')
    expect(messages[0]).toContain('there is no new value for PASSWORD, USER.')
    expect(fixes[0]).toMatch(/^--generate generates PASSWORD; the rest is given/)
  })

  test('with the value that is there, which is not reported', () => {
    const { messages } = refused({ unit: 'SEAL', given: { SEAL: 'old seal' } }, 'ROTATION_VALUE_UNCHANGED')
    expect(messages).toEqual(['/shop-api/seal (SEAL): was given its current value. Expected another one.'])
    refused({ unit: 'pay', given: { SHOP: 'old shop', KEY: 'new' } }, 'ROTATION_VALUE_UNCHANGED')
    refused({ unit: 'pair', given: { USER: 'old user', PASSWORD: 'new' } }, 'ROTATION_VALUE_UNCHANGED')
  })

  test('where there is nothing to replace', () => {
    const { fixes } = refused({ unit: 'SEAL', generate: true, holds: { seal: undefined } }, 'ROTATION_NOTHING_THERE')
    expect(fixes).toEqual([
      'Give it its first value: `npm run fill -- --environment dev --tier api --only SEAL --generate`',
    ])
    const issued = refused(
      { unit: 'LOGIN', given: { LOGIN: 'x' }, holds: { relay: undefined } },
      'ROTATION_NOTHING_THERE',
    )
    expect(issued.fixes[0]).toMatch(/`npm run fill -- --environment dev --tier api --only HOST LOGIN --from <file>`$/)
    const versions = [{ revision: 1, status: 'disabled' }]
    refused({ unit: 'SEAL', generate: true, versions }, 'ROTATION_NOTHING_THERE')
  })

  test('where a version would lose something', () => {
    const extra = '{"SHOP":"a","KEY":"b","ADMIN":"c"}'
    const { fixes } = refused({ unit: 'pay', generate: true, holds: { pay: extra } }, 'FILL_BUNDLE_HAS_MORE')
    expect(fixes[0]).toMatch(/`npm run fill .* --replace --only KEY SHOP --from <file>`$/)
    refused({ unit: 'HOST', given: { HOST: 'x' }, holds: { relay: 'no json' } }, 'FILL_CURRENT_UNREADABLE')
    const holds = { relay: '{"host":"h","account":{"login":"l"},"note":"n",}' }
    const cut = refused({ unit: 'HOST', given: { HOST: 'x' }, holds }, 'FILL_CURRENT_UNREADABLE')
    expect(cut.fixes[0]).toMatch(/^Correct its JSON by hand and store it as a new version; or write .* nothing else/)
  })

  test('where something stands in the way', () => {
    const holds = { relay: '{"host":["h"],"account":"x"}' }
    const { messages } = refused({ unit: 'LOGIN', given: { LOGIN: 'new' }, holds }, 'FILL_FIELD_BLOCKED')
    expect(messages[0]).toMatch(/^\/shop-api\/relay: has a text in the field "account" of its JSON, /)
  })

  test('where a field of another unit is null, and names the command that fills it', () => {
    const holds = { relay: '{"host":null,"account":{"login":"l"}}' }
    const { fixes } = refused({ unit: 'LOGIN', given: { LOGIN: 'new' }, holds }, 'FILL_INCOMPLETE')
    expect(fixes[0]).toMatch(
      /^Give these values too; those of other units first, with `npm run fill .* --only HOST LOGIN/,
    )
  })

  test('where no version has room, and names the command that makes some', () => {
    const versions = Array.from({ length: 20 }, (_, index) => ({ revision: index + 1, status: 'enabled' }))
    const { fixes } = refused({ unit: 'SEAL', generate: true, versions }, 'FILL_VERSIONS_FULL')
    expect(fixes[0]).toMatch(/`npm run fill -- --environment dev --tier api --only SEAL --prune`/)
  })
})

test('every problem is reported at once', () => {
  const { problems } = plan({
    unit: 'pair',
    given: { USER: 'old user', PASSWORD: 'new' },
    holds: { password: undefined },
  })
  expect(problems.sort()).toEqual(['ROTATION_NOTHING_THERE', 'ROTATION_VALUE_UNCHANGED'])
})

describe('a rotation that was begun', () => {
  const begun = { pending: ['user'], added: ['password'] }
  /** The version that was added is what the remote secret holds now. */
  const holds = { password: 'new password' }

  test('continues with what is still to be added, of the same values', () => {
    const given = { USER: 'new user', PASSWORD: 'new password' }
    expect(plan({ unit: 'pair', given, holds, begun })).toMatchObject({ versions: { user: 'new user' }, problems: [] })
    expect(plan({ unit: 'pair', given: { USER: 'new user' }, holds, begun }).problems).toEqual([])
  })

  test('takes no other value than it was begun with', () => {
    const given = { USER: 'new user', PASSWORD: 'another password' }
    expect(plan({ unit: 'pair', given, holds, begun }).problems).toEqual(['ROTATION_OTHER_VALUES'])
    expect(plan({ unit: 'pair', given, holds, begun: { pending: ['user'], added: [] } }).problems).toEqual([
      'ROTATION_OTHER_VALUES',
    ])
  })

  test('needs what is still to be added', () => {
    expect(plan({ unit: 'pair', given: { PASSWORD: 'new password' }, holds, begun }).problems).toEqual([
      'ROTATION_VALUES_MISSING',
    ])
  })
})

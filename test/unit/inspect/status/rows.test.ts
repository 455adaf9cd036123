import { describe, expect, test } from 'vitest'
import type { WaitReport } from '../../../../scripts/cluster/wait-for-sync.ts'
import { type Status, statusOf } from '../../../../scripts/inspect/status/rows.ts'
import { rankOf, type StateCode, states } from '../../../../scripts/inspect/status/states.ts'
import type { ConsumerState, TierState } from '../../../../scripts/inspect/survey/cluster-survey.ts'
import type { FolderState, RemoteState } from '../../../../scripts/inspect/survey/remote-secrets.ts'
import { externalSecrets, resolve, type TierModel } from '../../../../scripts/model/resolve.ts'
import { applicationWith } from '../../../helpers/applications.ts'

const now = new Date('2026-06-01T12:00:00Z')
const minutesAgo = (minutes: number) => new Date(now.getTime() - minutes * 60_000)
const daysAgo = (days: number) => minutesAgo(days * 24 * 60)

const model = resolve(
  applicationWith({
    tiers: {
      api: {
        description: 'The API',
        workloads: {
          server: { kind: 'Deployment', port: 4000 },
          cron: { kind: 'CronJob' },
          migrate: { kind: 'Job' },
        },
      },
    },
    secrets: [
      { variable: 'A', consumers: ['server'] },
      { variable: 'B', rotation: '30d', owner: 'Platform' },
      { variable: 'S3_KEY', layout: 'bundle', identity: 's3' },
      { variable: 'S3_REGION', layout: 'bundle', identity: 's3' },
      { variable: 'TRACKING', optional: true },
    ],
  }),
  'dev',
)
const tier = model.tiers[0] as TierModel

/** What a healthy environment looks like, with one thing changed. */
interface Change {
  readonly remotes?: Readonly<Record<string, Partial<RemoteState> & { readonly gone?: boolean }>>
  readonly uncatalogued?: readonly string[]
  readonly leftovers?: readonly string[]
  readonly store?: Partial<TierState['store']>
  readonly reports?: Readonly<Record<string, Partial<WaitReport>>>
  readonly consumers?: Readonly<Record<string, Partial<ConsumerState> & { readonly gone?: boolean }>> | 'unreadable'
}

const reading = (name: string, kind: string): ConsumerState => ({
  template: {
    name,
    kind,
    labels: {},
    annotations: {},
    podAnnotations: {},
    selector: {},
    ports: [],
    hostNetwork: false,
    secrets: externalSecrets(tier).map(({ name: secret }) => ({ secret, by: 'variables', optional: false })),
  },
  pods: [{ name: `${name}-1`, labels: {}, secrets: [], startedAt: minutesAgo(20) }],
})

function statusWith({
  remotes = {},
  uncatalogued = [],
  leftovers = [],
  store = {},
  reports = {},
  consumers = {},
}: Change = {}): Status {
  const folder: FolderState = {
    tier,
    uncatalogued,
    remotes: tier.remoteSecrets.map((remote) => {
      const { gone = false, ...view } = remotes[remote.name] ?? {}
      if (gone) return { remote, elsewhere: [], ...view }
      const found = { id: remote.name, type: 'opaque', status: 'ready' }
      return { remote, found, elsewhere: [], version: { revision: 1, createdAt: daysAgo(2) }, ...view }
    }),
  }
  const view: TierState = {
    tier,
    leftovers,
    store: { state: 'ready', message: '', differences: [], ...store },
    reports: externalSecrets(tier).map(({ name }) => ({
      ref: { namespace: tier.namespace, name },
      state: 'synced',
      message: 'secret synced',
      refreshedAt: minutesAgo(10),
      changedAt: minutesAgo(30),
      ...reports[name],
    })),
    consumers:
      consumers === 'unreadable'
        ? consumers
        : new Map(
            Object.entries(tier.workloads).map(([name, { kind }]) => {
              const { gone = false, ...rest } = consumers[name] ?? {}
              return [name, gone ? { pods: [] } : { ...reading(name, kind), ...rest }]
            }),
          ),
  }
  return statusOf(model, { folders: [folder], tiers: [view], drift: { drifted: [] } }, now)
}

/** The state of each row, by its variable. */
const statesOf = ({ rows }: Status) => Object.fromEntries(rows.map(({ variable, state }) => [variable, state]))
const all = (state: StateCode) => ({ A: state, B: state, S3_KEY: state, S3_REGION: state, TRACKING: state })
const fine = all('OK')
const required = (state: StateCode) => ({ ...all(state), TRACKING: 'OK' })

test('when all four sides agree every row is OK and nothing is found', () => {
  const status = statusWith()
  expect(statesOf(status)).toEqual(fine)
  expect(status.findings).toEqual([])
})

test('an ExternalSecret that the catalogue does not imply any more is told, and is about no row', () => {
  const status = statusWith({ leftovers: ['api-old-secrets'] })
  expect(statesOf(status)).toEqual(fine)
  expect(status.findings).toMatchObject([
    {
      code: 'EXTERNAL_SECRET_UNCATALOGUED',
      severity: 'warning',
      where: `ExternalSecret/${tier.namespace}/api-old-secrets`,
      fix: expect.stringContaining('npm run plan -- --environment dev'),
    },
  ])
})

test('a row has what a reader wants to know of its four sides', () => {
  const [row] = statusWith().rows.filter(({ variable }) => variable === 'B')
  expect(row).toEqual({
    tier: 'api',
    variable: 'B',
    owner: 'Platform',
    optional: false,
    state: 'OK',
    remoteSecret: '/shop-api/b',
    version: { revision: 1, createdAt: daysAgo(2).toISOString() },
    externalSecret: { name: 'api-secrets', state: 'synced', refreshedAt: minutesAgo(10).toISOString() },
    consumers: { current: 3, all: 3 },
  })
})

describe('Scaleway', () => {
  test.each<[string, Change, object]>([
    ['lacks a remote secret', { remotes: { a: { gone: true } } }, { A: 'REMOTE_ABSENT' }],
    [
      'has it in another folder',
      { remotes: { a: { gone: true, elsewhere: ['/old', '/older'] } } },
      { A: 'REMOTE_ELSEWHERE' },
    ],
    [
      'has no enabled version of a bundle',
      { remotes: { s3: { version: undefined as never } } },
      { S3_KEY: 'VERSION_ABSENT', S3_REGION: 'VERSION_ABSENT' },
    ],
    ['lacks an optional one', { remotes: { tracking: { gone: true } } }, { TRACKING: 'OPTIONAL_ABSENT' }],
    [
      'has no version of an optional one',
      { remotes: { tracking: { version: undefined as never } } },
      { TRACKING: 'OPTIONAL_ABSENT' },
    ],
    [
      'has a locked one',
      { remotes: { a: { found: { id: 'a', type: 'opaque', status: 'locked' } } } },
      { A: 'REMOTE_LOCKED' },
    ],
    [
      'has one of another type',
      { remotes: { a: { found: { id: 'a', type: 'ssh_key', status: 'ready' } } } },
      { A: 'REMOTE_TYPE' },
    ],
    [
      'has a value that misfits',
      {
        remotes: { a: { faults: [{ specs: tier.remoteSecrets[0]?.specs ?? [], code: 'VALUE_MISFIT', message: 'm' }] } },
      },
      { A: 'VALUE_MISFIT' },
    ],
    [
      'has an old value',
      { remotes: { b: { version: { revision: 4, createdAt: daysAgo(31) } } } },
      { B: 'ROTATION_OVERDUE' },
    ],
    [
      'has a value that grows old',
      { remotes: { b: { version: { revision: 4, createdAt: daysAgo(25) } } } },
      { B: 'ROTATION_DUE' },
    ],
    [
      'has a newer version than was read',
      { remotes: { a: { version: { revision: 2, createdAt: minutesAgo(5) } } } },
      { A: 'VERSION_WAITING' },
    ],
    [
      'has a version of the second it was read in: the operator notes no more than that',
      {
        remotes: { a: { version: { revision: 2, createdAt: new Date(minutesAgo(10).getTime() + 400) } } },
      },
      {},
    ],
    [
      'has a version of the second after it was read',
      {
        remotes: { a: { version: { revision: 2, createdAt: new Date(minutesAgo(10).getTime() + 1000) } } },
      },
      { A: 'VERSION_WAITING' },
    ],
  ])('%s', (_, change, expected) => {
    expect(statesOf(statusWith(change))).toEqual({ ...fine, ...expected })
  })

  test('what no entry names is told, and is nothing of any row', () => {
    const { rows, findings } = statusWith({ uncatalogued: ['a-old', 'x'] })
    expect(rows.every(({ state }) => state === 'OK')).toBe(true)
    expect(findings).toMatchObject([{ code: 'REMOTE_UNCATALOGUED', where: '/shop-api', severity: 'warning' }])
  })

  test('a name that is nearly the missing one is shown', () => {
    const { findings } = statusWith({ remotes: { s3: { gone: true } }, uncatalogued: ['S3'] })
    expect(findings.find(({ code }) => code === 'REMOTE_ABSENT')).toMatchObject({
      where: '/shop-api/s3',
      message: 'does not exist. The folder has "S3", which no entry names. Expected it to exist.',
      fix: 'Create it: `npm run fill -- --environment dev --tier api --only S3_KEY S3_REGION --from <file>`, or rename "S3"',
    })
  })
})

describe('the cluster', () => {
  const report = (change: Partial<WaitReport>) => ({ reports: { 'api-secrets': change } })

  test.each<[string, Change, object]>([
    ['has no operator', report({ state: 'pending', obstacle: 'kind-absent' }), required('KIND_ABSENT')],
    ['has no namespace', report({ state: 'pending', obstacle: 'namespace-absent' }), required('NAMESPACE_ABSENT')],
    ['has no ExternalSecret', report({ state: 'pending', obstacle: 'absent' }), required('EXTERNAL_SECRET_ABSENT')],
    ['has another ExternalSecret', report({ state: 'pending', obstacle: 'outdated' }), required('NOT_DEPLOYED')],
    ['could not sync', report({ state: 'failed', message: 'm' }), required('NOT_SYNCED')],
    ['has not synced yet', report({ state: 'pending', message: 'm' }), required('NOT_SYNCED')],
    ['has no target', report({ state: 'failed', obstacle: 'target-differs' }), required('TARGET_DIFFERS')],
    [
      'lacks a key',
      report({ state: 'failed', obstacle: 'target-differs', keys: { missing: ['A'], unexpected: [] } }),
      { A: 'TARGET_DIFFERS' },
    ],
    ['shows no target', report({ keys: 'unreadable' }), required('UNREADABLE')],
    ['has not read Scaleway for hours', report({ refreshedAt: minutesAgo(121) }), required('REFRESH_OVERDUE')],
    ['has no store', { store: { state: 'absent' } }, all('STORE_ABSENT')],
    ['has a store that is not ready', { store: { state: 'unready', message: 'm' } }, all('STORE_UNREADY')],
    [
      'has another store',
      { store: { differences: [{ path: 'spec.provider.scaleway.region', before: 'x', after: 'y' }] } },
      all('STORE_DIFFERS'),
    ],
  ])('%s', (_, change, expected) => {
    expect(statesOf(statusWith(change))).toEqual({ ...fine, ...expected })
  })

  test('two refresh intervals may pass, not more', () => {
    expect(statesOf(statusWith(report({ refreshedAt: minutesAgo(120) })))).toEqual(fine)
  })

  test('a missing namespace is told once, and not as a missing store', () => {
    const reports = { 'api-secrets': { state: 'pending', obstacle: 'namespace-absent' } } as const
    const { findings } = statusWith({ store: { state: 'absent' }, reports })
    expect(findings.map(({ code }) => code)).toEqual(['NAMESPACE_ABSENT'])
  })

  test('keys that nobody catalogued are told, and are nothing of any row', () => {
    const keys = { missing: [], unexpected: ['OLD'] }
    const { rows, findings } = statusWith({ reports: { 'api-optional-secrets': { keys } } })
    expect(rows.every(({ state }) => state === 'OK')).toBe(true)
    expect(findings).toMatchObject([{ code: 'TARGET_DIFFERS', message: expect.stringContaining('OLD') }])
  })
})

describe('workloads', () => {
  const consumers = (change: Exclude<Change['consumers'], 'unreadable'>) => ({ consumers: change ?? {} })
  const secretless = { template: { ...reading('server', 'Deployment').template, secrets: [] } as never }

  test('one that is not there is told with all others, and what it reads', () => {
    const { rows, findings } = statusWith(consumers({ server: { gone: true }, cron: { gone: true } }))
    expect(findings).toMatchObject([
      {
        code: 'CONSUMER_ABSENT',
        where: 'Namespace/shop-api',
        message: expect.stringContaining('Deployment/server, CronJob/cron'),
      },
    ])
    expect(rows.map(({ variable, consumers }) => [variable, consumers])).toEqual([
      ['A', { current: 0, all: 1 }],
      ['B', { current: 1, all: 3 }],
      ['S3_KEY', { current: 1, all: 3 }],
      ['S3_REGION', { current: 1, all: 3 }],
      ['TRACKING', { current: 1, all: 3 }],
    ])
  })

  test('a Job that is not there is done', () => {
    const status = statusWith(consumers({ migrate: { gone: true } }))
    expect(statesOf(status)).toEqual(fine)
    expect(status.rows.find(({ variable }) => variable === 'B')?.consumers).toEqual({ current: 2, all: 2 })
  })

  test('one that does not read the target is told with the keys it misses: those it is a consumer of', () => {
    const status = statusWith(consumers({ cron: { ...reading('cron', 'CronJob'), ...secretless } }))
    const missing = {
      B: 'CONSUMER_WITHOUT_SECRET',
      S3_KEY: 'CONSUMER_WITHOUT_SECRET',
      S3_REGION: 'CONSUMER_WITHOUT_SECRET',
    }
    expect(statesOf(status)).toEqual({ ...fine, ...missing, TRACKING: 'CONSUMER_WITHOUT_SECRET' })
    expect(status.findings.map(({ where }) => where)).toEqual(['CronJob/shop-api/cron', 'CronJob/shop-api/cron'])
  })

  test('one that reads single keys reads no other', () => {
    const use = { secret: 'api-secrets', keys: ['A', 'B'], by: 'variables', optional: false } as const
    const template = { ...reading('server', 'Deployment').template, secrets: [use] } as never
    const { findings } = statusWith(consumers({ server: { template } }))
    expect(findings.map(({ specs }) => specs.map(({ variable }) => variable))).toEqual([
      ['S3_KEY', 'S3_REGION'],
      ['TRACKING'],
    ])
  })

  test('a pod that started before its target changed is outdated; one that reads files is not', () => {
    const old = [{ name: 'server-1', labels: {}, secrets: [], startedAt: minutesAgo(31) }]
    const status = statusWith(consumers({ server: { pods: old } }))
    expect(statesOf(status)).toEqual(all('CONSUMER_OUTDATED'))
    expect(status.findings[0]).toMatchObject({
      where: 'Deployment/shop-api/server',
      message:
        '1 of 1 pods started before Secret api-secrets last changed, 30 min ago. Expected pods that started after the change.',
      fix: '`kubectl rollout restart deployment/server --namespace shop-api`',
    })
    const { template } = reading('server', 'Deployment')
    const mounted = template && {
      ...template,
      secrets: template.secrets.map((use) => ({ ...use, by: 'volume' as const })),
    }
    expect(statesOf(statusWith(consumers({ server: { template: mounted as never, pods: old } })))).toEqual(fine)
  })

  test('a pod that has yet to start will read the current value', () => {
    expect(
      statesOf(statusWith(consumers({ server: { pods: [{ name: 'server-1', labels: {}, secrets: [] }] } }))),
    ).toEqual(fine)
  })

  test('where they may not be listed that is a warning, and the rows say nothing of them', () => {
    const { rows, findings } = statusWith({ consumers: 'unreadable' })
    expect(findings).toMatchObject([{ code: 'UNREADABLE', severity: 'warning' }])
    expect(rows.every(({ consumers, state }) => consumers === null && state === 'OK')).toBe(true)
  })
})

test('the worst comes first, and the cause before what follows from it', () => {
  const status = statusWith({
    remotes: { s3: { gone: true }, b: { version: { revision: 1, createdAt: daysAgo(31) } } },
    reports: { 'api-secrets': { state: 'failed', message: 'Secret does not exist' } },
  })
  expect(status.rows.map(({ variable, state }) => [variable, state])).toEqual([
    ['S3_KEY', 'REMOTE_ABSENT'],
    ['S3_REGION', 'REMOTE_ABSENT'],
    ['A', 'NOT_SYNCED'],
    ['B', 'NOT_SYNCED'],
    ['TRACKING', 'OK'],
  ])
  expect(status.findings.map(({ code }) => code).sort()).toEqual(['NOT_SYNCED', 'REMOTE_ABSENT', 'ROTATION_OVERDUE'])
})

test('errors rank before warnings, and these before what is fine', () => {
  const codes = Object.keys(states) as StateCode[]
  const severities = [...codes].sort((a, b) => rankOf(a) - rankOf(b)).map((code) => states[code].severity)
  const order = ['error', 'warning', 'fine']
  expect(severities).toEqual([...severities].sort((a, b) => order.indexOf(a) - order.indexOf(b)))
})

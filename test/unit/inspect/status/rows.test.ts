import { describe, expect, test } from 'vitest'
import { cataloguedKeys } from '../../../../scripts/cluster/known-keys.ts'
import type { SourcesSpec } from '../../../../scripts/cluster/pod-outline.ts'
import type { WaitReport } from '../../../../scripts/cluster/wait-for-sync.ts'
import { type Status, statusOf } from '../../../../scripts/inspect/status/rows.ts'
import { rankOf, type StateCode, states } from '../../../../scripts/inspect/status/states.ts'
import type { TierState } from '../../../../scripts/inspect/survey/cluster-survey.ts'
import type { ConsumerState, UnlistedReader } from '../../../../scripts/inspect/survey/readers.ts'
import type { FolderState, RemoteState } from '../../../../scripts/inspect/survey/remote-secrets.ts'
import { resolve, type TierModel } from '../../../../scripts/model/resolve.ts'
import { applicationWith } from '../../../helpers/applications.ts'
import { mounting, reading as pods, podTemplate, runningPod } from '../../../helpers/pod-templates.ts'

const now = new Date('2026-06-01T12:00:00Z')
const minutesAgo = (minutes: number) => new Date(now.getTime() - minutes * 60_000)
const daysAgo = (days: number) => minutesAgo(days * 24 * 60)

const reads = { identities: ['s3'], variables: ['B', 'TRACKING'] }
const model = resolve(
  applicationWith({
    tiers: {
      api: {
        description: 'The API',
        workloads: {
          server: { kind: 'Deployment', port: 4000 },
          cron: { kind: 'CronJob', reads },
          migrate: { kind: 'Job', reads },
        },
      },
    },
    secrets: [
      { variable: 'A' },
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
  readonly other?: string
  readonly store?: Partial<TierState['store']>
  readonly reports?: Readonly<Record<string, Partial<WaitReport>>>
  readonly consumers?: Readonly<Record<string, Partial<ConsumerState> & { readonly gone?: boolean }>> | 'unreadable'
  readonly unlisted?: readonly UnlistedReader[]
}

const targets = tier.externalSecrets.map(({ name }) => name)
const known = cataloguedKeys(tier)

/** What all but the server read. */
const withoutA: SourcesSpec = {
  containers: [
    {
      name: 'main',
      envFrom: [{ secretRef: { name: 'api-optional-secrets' } }],
      env: ['B', 'S3_KEY', 'S3_REGION'].map((key) => ({
        name: key,
        valueFrom: { secretKeyRef: { name: 'api-secrets', key } },
      })),
    },
  ],
}

/** A workload whose pod started so long ago. */
const reading = (name: string, kind: string, spec: SourcesSpec = pods(...targets), minutes = 20): UnlistedReader => ({
  template: podTemplate({ name, kind }, spec),
  pods: [runningPod(`${name}-1`, minutesAgo(minutes), spec)],
  known,
})

function statusWith({
  remotes = {},
  uncatalogued = [],
  leftovers = [],
  other,
  store = {},
  reports = {},
  consumers = {},
  unlisted = [],
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
    reports: tier.externalSecrets.map(({ name }) => ({
      ref: { namespace: tier.namespace, name },
      state: 'synced',
      message: 'secret synced',
      refreshedAt: minutesAgo(10),
      changedAt: minutesAgo(30),
      ...reports[name],
    })),
    readers:
      consumers === 'unreadable'
        ? consumers
        : {
            consumers: new Map(
              Object.entries(tier.workloads).map(([name, { kind }]) => {
                const { gone = false, ...rest } = consumers[name] ?? {}
                const spec = name === 'server' ? pods(...targets) : withoutA
                return [name, gone ? { pods: [], known } : { ...reading(name, kind, spec), ...rest }]
              }),
            ),
            unlisted,
          },
  }
  const owner = other === undefined ? {} : { other: { environment: other, places: [] } }
  return statusOf(model, { folders: [folder], tiers: [view], drift: { drifted: [] }, ...owner }, now)
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

test('an ExternalSecret that the catalogue does not imply any more is reported, and is about no row', () => {
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

test('in the cluster of another environment only that is reported of it, and what Scaleway lacks', () => {
  const wrong = { store: { state: 'absent' as const }, leftovers: ['old'], consumers: { server: { gone: true } } }
  expect(statusWith({ ...wrong, other: 'live' }).findings).toMatchObject([
    {
      code: 'ENVIRONMENT_DIFFERS',
      where: 'the cluster',
      fix: expect.stringMatching(/^`npm run status -- --environment live`/),
    },
  ])
  expect(statesOf(statusWith({ ...wrong, other: 'live' }))).toEqual(all('ENVIRONMENT_DIFFERS'))
  const { findings } = statusWith({ ...wrong, other: 'live', remotes: { a: { gone: true } } })
  expect(findings.map(({ code }) => code)).toEqual(['REMOTE_ABSENT', 'ENVIRONMENT_DIFFERS'])
  expect(statusWith(wrong).findings.map(({ code }) => code)).toContain('STORE_ABSENT')
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
    expiresAt: null,
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

  test('what no entry names is reported, and is nothing of any row', () => {
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
    ['loses its namespace', report({ state: 'pending', obstacle: 'namespace-ending' }), required('NAMESPACE_ENDING')],
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

  test('a missing namespace is reported once, and not as a missing store', () => {
    const reports = { 'api-secrets': { state: 'pending', obstacle: 'namespace-absent' } } as const
    const { findings } = statusWith({ store: { state: 'absent' }, reports })
    expect(findings.map(({ code }) => code)).toEqual(['NAMESPACE_ABSENT'])
  })

  test('keys that nobody catalogued are reported, and are nothing of any row', () => {
    const keys = { missing: [], unexpected: ['OLD'] }
    const { rows, findings } = statusWith({ reports: { 'api-optional-secrets': { keys } } })
    expect(rows.every(({ state }) => state === 'OK')).toBe(true)
    expect(findings).toMatchObject([{ code: 'TARGET_DIFFERS', message: expect.stringContaining('OLD') }])
  })
})

describe('workloads', () => {
  const consumers = (change: Exclude<Change['consumers'], 'unreadable'>) => ({ consumers: change ?? {} })
  test('one that is not there is reported with all others, and what it reads', () => {
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

  test('one that does not read the target is reported with the keys it misses: those it is a consumer of', () => {
    const status = statusWith(consumers({ cron: reading('cron', 'CronJob', {}) }))
    const missing = {
      B: 'CONSUMER_WITHOUT_SECRET',
      S3_KEY: 'CONSUMER_WITHOUT_SECRET',
      S3_REGION: 'CONSUMER_WITHOUT_SECRET',
    }
    expect(statesOf(status)).toEqual({ ...fine, ...missing, TRACKING: 'CONSUMER_WITHOUT_SECRET' })
    expect(status.findings.map(({ where }) => where)).toEqual(['CronJob/shop-api/cron', 'CronJob/shop-api/cron'])
  })

  test('a target of another type is reported with the command that deletes it', () => {
    const { findings } = statusWith({
      reports: {
        'api-secrets': { state: 'failed', obstacle: 'type-differs', message: 'the target Secret is of type x' },
      },
    })
    expect(findings).toMatchObject([
      { code: 'TARGET_TYPE', fix: expect.stringContaining('`kubectl delete secret api-secrets --namespace shop-api`') },
    ])
  })

  test('one that gets more than it reads is reported with what would say so', () => {
    const { rows, findings } = statusWith(consumers({ cron: reading('cron', 'CronJob') }))
    expect(Object.fromEntries(rows.map(({ variable, state }) => [variable, state]))).toEqual({
      ...fine,
      A: 'CONSUMER_READS_MORE',
    })
    expect(findings.map(({ specs: _, ...problem }) => problem)).toEqual([
      {
        code: 'CONSUMER_READS_MORE',
        severity: 'warning',
        where: 'CronJob/shop-api/cron',
        message:
          'gets A of Secret api-secrets, which it does not read according to the catalogue. Expected only what it reads.',
        fix: 'Take it out of its pod template, or remove its `reads` in scripts/catalogue.ts.',
      },
    ])
  })

  test('what a workload lacks of a target is reported as it would be written: single keys of one that it does not read whole', () => {
    const { findings } = statusWith(
      consumers({ server: reading('server', 'Deployment', {}), cron: reading('cron', 'CronJob', {}) }),
    )
    const correct = (name: string) => `or correct what the workload "${name}" reads in scripts/catalogue.ts.`
    expect(findings.map(({ fix }) => fix)).toEqual([
      `Add \`envFrom: [{ secretRef: { name: api-secrets } }]\` to its containers, ${correct('server')}`,
      `Add \`envFrom: [{ secretRef: { name: api-optional-secrets, optional: true } }]\` to its containers, ${correct('server')}`,
      `Add \`env: [${['B', 'S3_KEY', 'S3_REGION'].map((key) => `{ name: ${key}, valueFrom: { secretKeyRef: { name: api-secrets, key: ${key} } } }`).join(', ')}]\` to its containers, ${correct('cron')}`,
      `Add \`envFrom: [{ secretRef: { name: api-optional-secrets, optional: true } }]\` to its containers, ${correct('cron')}`,
    ])
  })

  test('one that reads single keys reads no other', () => {
    const env = ['A', 'B'].map((key) => ({ name: key, valueFrom: { secretKeyRef: { name: 'api-secrets', key } } }))
    const { findings } = statusWith(consumers({ server: reading('server', 'Deployment', { containers: [{ env }] }) }))
    expect(findings.map(({ specs }) => specs.map(({ variable }) => variable))).toEqual([
      ['S3_KEY', 'S3_REGION'],
      ['TRACKING'],
    ])
  })

  test('a pod that started before its target changed is outdated; one that reads files is not', () => {
    const status = statusWith(consumers({ server: reading('server', 'Deployment', pods(...targets), 31) }))
    expect(statesOf(status)).toEqual(all('CONSUMER_OUTDATED'))
    expect(status.findings[0]).toMatchObject({
      where: 'Deployment/shop-api/server',
      message:
        '1 of 1 pods have containers that started before Secret api-secrets last changed, 30 min ago. Expected containers that started after the change.',
      fix: '`kubectl rollout restart deployment/server --namespace shop-api`',
    })
    const mounted = reading('server', 'Deployment', mounting(...targets), 31)
    expect(statesOf(statusWith(consumers({ server: mounted })))).toEqual(fine)
  })

  test('a pod that has yet to start will read the current value', () => {
    const pending = { pods: [runningPod('server-1', undefined, pods(...targets))] }
    expect(statesOf(statusWith(consumers({ server: pending })))).toEqual(fine)
  })

  test('a part of a volume keeps what it was', () => {
    const spec: SourcesSpec = {
      containers: [
        {
          ...pods(...targets).containers?.[0],
          name: 'main',
          volumeMounts: [{ name: 'api-secrets', mountPath: '/b.pem', subPath: 'B' }],
        },
      ],
      volumes: [{ name: 'api-secrets', secret: { secretName: 'api-secrets' } }],
    }
    const only = { containers: [{ ...spec.containers?.[0], envFrom: [] }], volumes: spec.volumes ?? [] }
    const old = { ...reading('server', 'Deployment', spec), pods: [runningPod('server-1', minutesAgo(31), only)] }
    expect(statesOf(statusWith(consumers({ server: old })))).toEqual({ ...fine, B: 'CONSUMER_OUTDATED' })
  })

  test('an init container has what it read when it ran, though the others were started again', () => {
    const spec: SourcesSpec = {
      ...pods(...targets),
      initContainers: [{ ...pods('api-secrets').containers?.[0], name: 'migrate' }],
    }
    const starts = new Map([
      ['migrate', minutesAgo(31)],
      ['main', minutesAgo(20)],
    ])
    const old = {
      ...reading('server', 'Deployment', spec),
      pods: [runningPod('server-1', undefined, spec, { starts })],
    }
    const status = statusWith(consumers({ server: old }))
    expect(statesOf(status)).toEqual(required('CONSUMER_OUTDATED'))
    expect(status.findings.map(({ message }) => message)).toEqual([
      expect.stringContaining('30 min ago: migrate. Expected'),
    ])
  })

  test.each<[string, object, string]>([
    ['a value', { value: 'postgres://elsewhere' }, 'a value of its pod template'],
    ['an empty value', { value: '' }, 'an empty value'],
    ['another key', { valueFrom: { secretKeyRef: { name: 'api-secrets', key: 'B' } } }, 'B of Secret api-secrets'],
    ['another Secret', { valueFrom: { secretKeyRef: { name: 'other', key: 'A' } } }, 'A of Secret other'],
  ])('%s beside envFrom takes the place of a key', (_, from, told) => {
    const [main] = pods(...targets).containers ?? []
    const spec: SourcesSpec = { containers: [{ ...main, name: 'web', env: [{ name: 'A', ...from }] }] }
    const status = statusWith(consumers({ server: reading('server', 'Deployment', spec) }))
    expect(statesOf(status)).toEqual({ ...fine, A: 'CONSUMER_SHADOWED' })
    expect(status.rows.find(({ variable }) => variable === 'A')?.consumers).toEqual({ current: 0, all: 1 })
    expect(status.findings).toMatchObject([
      {
        where: 'Deployment/shop-api/server',
        message: `its container web gets ${told} in place of A of Secret api-secrets. Expected the value of the Secret.`,
      },
    ])
    expect(JSON.stringify(status)).not.toContain('elsewhere')
  })

  test('a variable that takes the key in, or a file beside it, is enough', () => {
    const [main] = pods(...targets).containers ?? []
    const taken: SourcesSpec = { containers: [{ ...main, env: [{ name: 'A', value: '$(A)?pool=5' }] }] }
    expect(statesOf(statusWith(consumers({ server: reading('server', 'Deployment', taken) })))).toEqual(fine)
    const file: SourcesSpec = {
      containers: [{ ...main, env: [{ name: 'A', value: '' }], volumeMounts: [{ name: 'v', mountPath: '/v' }] }],
      volumes: [{ name: 'v', secret: { secretName: 'api-secrets', items: [{ key: 'A', path: 'a' }] } }],
    }
    expect(statesOf(statusWith(consumers({ server: reading('server', 'Deployment', file) })))).toEqual(fine)
  })

  test('a volume that no container mounts delivers nothing', () => {
    const spec = { ...mounting('api-secrets', 'api-optional-secrets'), containers: [{ name: 'main' }] }
    const status = statusWith(consumers({ server: reading('server', 'Deployment', spec) }))
    expect(statesOf(status)).toEqual(all('CONSUMER_WITHOUT_SECRET'))
  })

  test('where they may not be listed that is a warning, and the rows say nothing of them', () => {
    const { rows, findings } = statusWith({ consumers: 'unreadable' })
    expect(findings).toMatchObject([{ code: 'UNREADABLE', severity: 'warning' }])
    expect(rows.every(({ consumers, state }) => consumers === null && state === 'OK')).toBe(true)
  })
})

describe('what the catalogue does not name', () => {
  const one = (key: string) => [{ name: 'X', valueFrom: { secretKeyRef: { name: 'api-secrets', key } } }]

  test('is a warning for what it reads, with the line that would name it', () => {
    const reader = reading('queues-gerico', 'Deployment', { containers: [{ name: 'main', env: one('B') }] })
    const { rows, findings } = statusWith({ unlisted: [reader] })
    expect(rows.map(({ variable, state }) => [variable, state])).toContainEqual(['B', 'READER_UNCATALOGUED'])
    expect(rows.filter(({ state }) => state !== 'OK')).toHaveLength(1)
    expect(findings).toMatchObject([
      {
        code: 'READER_UNCATALOGUED',
        severity: 'warning',
        where: 'Deployment/shop-api/queues-gerico',
        message:
          'reads B of Secret api-secrets, and the catalogue does not name it. Expected every reader in the catalogue.',
        fix: expect.stringContaining(`'queues-gerico': { kind: 'Deployment' }`),
      },
    ])
  })

  test('and is outdated as others are', () => {
    const reader = reading('debug', 'Pod', { containers: [{ name: 'main', env: one('B') }] }, 31)
    const { rows, findings } = statusWith({ unlisted: [reader] })
    expect(rows[0]).toMatchObject({ variable: 'B', state: 'CONSUMER_OUTDATED' })
    expect(findings.map(({ code, where, fix }) => [code, where, fix])).toEqual([
      ['READER_UNCATALOGUED', 'Pod/shop-api/debug', expect.not.stringContaining('kind:')],
      ['CONSUMER_OUTDATED', 'Pod/shop-api/debug', 'Delete it and create it again.'],
    ])
  })

  test.each([
    ['StatefulSet', '`kubectl rollout restart statefulset/x --namespace shop-api`'],
    ['Rollout', '`npm run restart -- --environment dev`'],
    ['ReplicaSet', 'Delete its pods; it then makes new ones.'],
    ['Job', 'Let it end, or delete it and create it again.'],
  ])('an outdated %s is put right in its way', (kind, fix) => {
    const reader = reading('x', kind, { containers: [{ name: 'main', env: one('B') }] }, 31)
    expect(statusWith({ unlisted: [reader] }).findings.map((found) => found.fix)).toContain(fix)
  })

  test('a target that is named without a key that exists is reported too', () => {
    const reader = reading('strange', 'Deployment', { imagePullSecrets: [{ name: 'api-secrets' }] })
    expect(statusWith({ unlisted: [reader] }).findings).toMatchObject([
      { code: 'READER_UNCATALOGUED', message: expect.stringContaining('names a target of the tier'), specs: [] },
    ])
  })
})

test('a workload that names a key which is gone is an error, listed or not', () => {
  const named = (key: string, more: object = {}): SourcesSpec => ({
    containers: [
      { name: 'main', env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 'api-secrets', key, ...more } } }] },
    ],
  })
  const readers = [reading('streaming', 'Deployment', named('OLD')), reading('other', 'Deployment', named('A'))]
  const may = reading('may', 'Deployment', named('OLD', { optional: true }))
  const { findings } = statusWith({ unlisted: [...readers, may] })
  expect(findings.filter(({ code }) => code === 'KEY_GONE')).toMatchObject([
    {
      where: 'Deployment/shop-api/streaming',
      message:
        'names OLD of Secret api-secrets, which the catalogue has no entry for, and does not start again without it. Expected it to name keys of the catalogue.',
    },
  ])
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

import { describe, expect, test } from 'vitest'
import { takeInventory } from '../../../../scripts/change/migration/key-inventory.ts'
import { moveOf } from '../../../../scripts/change/migration/workload-move.ts'
import type { WorkloadObject } from '../../../../scripts/cluster/pod-templates.ts'
import { type Kind, kinds } from '../../../../scripts/kubernetes/kinds.ts'
import { resolve } from '../../../../scripts/model/resolve.ts'
import { applicationWith } from '../../../helpers/applications.ts'

const model = resolve(
  applicationWith({
    tiers: {
      web: { description: 'What the browser gets', workloads: { site: { kind: 'Deployment' } } },
      api: {
        description: 'What only we run',
        workloads: {
          server: { kind: 'Deployment', podLabels: { role: 'server' } },
          worker: { kind: 'CronJob' },
          shell: { kind: 'Job' },
          site: { kind: 'StatefulSet' },
        },
      },
    },
    secrets: [
      { tier: 'api', variable: 'DATABASE_URL', format: 'text' },
      { tier: 'api', variable: 'TOKEN' },
      { tier: 'api', variable: 'SENTRY_DSN', format: 'token', optional: true },
      { tier: 'web', variable: 'SITE_URL', format: 'text' },
    ],
  }),
  'dev',
)

/** `LEGACY_TOKEN` is called `TOKEN` in the catalogue. */
const inventory = takeInventory({
  model,
  legacy: { namespace: 'shop', name: 'old' },
  data: { DATABASE_URL: '', LEGACY_TOKEN: '', SENTRY_DSN: '', SITE_URL: '' },
  otherKeys: [],
  given: { assign: new Map([['LEGACY_TOKEN', ['api.TOKEN']]]), leave: [] },
  noted: { assign: {}, leave: [] },
})

function move(name: string, podSpec: object, kind: Kind = kinds.deployment, labels = {}) {
  const template = { metadata: { labels }, spec: podSpec }
  const spec = kind === kinds.cronJob ? { jobTemplate: { spec: { template } } } : { template }
  const object = { metadata: { name, namespace: 'shop' }, spec } as WorkloadObject
  return moveOf(model, inventory, 'old', { kind, object })
}

/** What is changed of the pods. */
function podsOf(moved: ReturnType<typeof move>) {
  if (!moved) throw new Error('there is no patch')
  const { spec } = moved.patch as { spec: { template: { metadata?: object; spec: Record<string, unknown> } } }
  return spec.template
}

const whole = { name: 'main', envFrom: [{ secretRef: { name: 'old' } }] }

describe('a workload', () => {
  test('is moved to the namespace, service account and labels of its tier', () => {
    const moved = move('server', { containers: [whole] })
    expect(moved).toMatchObject({ tier: 'api', namespace: 'shop-api', notes: [] })
    expect(moved?.patch).toMatchObject({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'server', namespace: 'shop-api' },
      spec: { template: { metadata: { labels: { role: 'server' } }, spec: { serviceAccountName: 'api-workloads' } } },
    })
  })

  test('keeps labels it has, and a service account of its own, which is reported', () => {
    const moved = move('server', { containers: [whole], serviceAccountName: 'special' }, kinds.deployment, {
      role: 'server',
    })
    expect(podsOf(moved).metadata).toBeUndefined()
    expect(podsOf(moved).spec.serviceAccountName).toBeUndefined()
    expect(moved?.notes).toEqual([
      'it runs as ServiceAccount special, which has to be created in shop-api too, or replaced by api-workloads',
    ])
  })

  test('that no tier names has no patch', () => {
    expect(move('stranger', { containers: [whole] })).toBeUndefined()
    expect(move('server', { containers: [whole] }, kinds.statefulSet)).toBeUndefined()
  })

  test('of a name that two tiers have is reported apart by its kind', () => {
    expect([
      move('site', { containers: [whole] })?.tier,
      move('site', { containers: [whole] }, kinds.statefulSet)?.tier,
    ]).toEqual(['web', 'api'])
  })

  test('of kind CronJob is patched where its pods are described', () => {
    const moved = move('worker', { containers: [whole] }, kinds.cronJob)
    expect(moved?.patch).toMatchObject({
      spec: { jobTemplate: { spec: { template: { metadata: { labels: { app: 'worker' } } } } } },
    })
  })
})

describe('variables', () => {
  const container = (parts: object) => {
    const moved = move('server', {
      containers: [
        { name: 'main', ...parts },
        { name: 'other', image: 'x' },
      ],
    })
    return { list: podsOf(moved).spec.containers, notes: moved?.notes }
  }

  test('read all at once come from both targets, beside what was read before, and a renamed one under its old name too', () => {
    const envFrom = [
      { configMapRef: { name: 'settings' } },
      { prefix: 'X_', secretRef: { name: 'old' } },
      { secretRef: { name: 'tls' } },
    ]
    expect(container({ envFrom })).toEqual({
      list: [
        {
          name: 'main',
          envFrom: [
            { configMapRef: { name: 'settings' } },
            { prefix: 'X_', secretRef: { name: 'api-secrets' } },
            { prefix: 'X_', secretRef: { name: 'api-optional-secrets', optional: true } },
            { secretRef: { name: 'tls' } },
          ],
          env: [{ name: 'X_LEGACY_TOKEN', valueFrom: { secretKeyRef: { name: 'api-secrets', key: 'TOKEN' } } }],
        },
      ],
      notes: [],
    })
  })

  test('read one by one come from the target that has them, and no other variable is in the patch', () => {
    const ref = (name: string, key: string, optional?: boolean) => ({
      name,
      valueFrom: { secretKeyRef: { name: 'old', key, ...(optional === undefined ? {} : { optional }) } },
    })
    const env = [
      { name: 'SECRET_IN_PLACE', value: 'hunter2' },
      ref('DB', 'DATABASE_URL', true),
      ref('T', 'LEGACY_TOKEN'),
      ref('S', 'SENTRY_DSN'),
    ]
    const { list } = container({ env })
    expect(list).toEqual([
      {
        name: 'main',
        env: [
          { name: 'DB', valueFrom: { secretKeyRef: { name: 'api-secrets', key: 'DATABASE_URL', optional: true } } },
          { name: 'T', valueFrom: { secretKeyRef: { name: 'api-secrets', key: 'TOKEN' } } },
          {
            name: 'S',
            valueFrom: { secretKeyRef: { name: 'api-optional-secrets', key: 'SENTRY_DSN', optional: true } },
          },
        ],
      },
    ])
  })

  test('of another tier are reported, and stay as they are', () => {
    const env = [{ name: 'SITE', valueFrom: { secretKeyRef: { name: 'old', key: 'SITE_URL' } } }]
    expect(container({ env })).toEqual({
      list: [{ name: 'main' }],
      notes: ['it reads SITE_URL of old, which its tier does not have (container main)'],
    })
  })

  test('of init containers are moved as well', () => {
    const moved = move('server', { initContainers: [whole], containers: [{ name: 'main' }] })
    expect(Object.keys(podsOf(moved).spec)).toEqual(['serviceAccountName', 'initContainers'])
  })
})

describe('files', () => {
  const volumes = (...list: object[]) => {
    const moved = move('server', { containers: [{ name: 'main' }], volumes: list })
    return { list: podsOf(moved).spec.volumes, notes: moved?.notes }
  }
  const items = (name: string, key: string, path: string, optional?: boolean) => ({
    secret: { name, items: [{ key, path }], ...(optional ? { optional } : {}) },
  })

  test('of all keys come from both targets, a renamed one under its old name', () => {
    expect(volumes({ name: 'v', secret: { secretName: 'old', defaultMode: 0o400 } })).toEqual({
      list: [
        {
          name: 'v',
          secret: null,
          projected: {
            defaultMode: 0o400,
            sources: [
              {
                secret: {
                  name: 'api-secrets',
                  items: [
                    { key: 'DATABASE_URL', path: 'DATABASE_URL' },
                    { key: 'TOKEN', path: 'LEGACY_TOKEN' },
                  ],
                },
              },
              items('api-optional-secrets', 'SENTRY_DSN', 'SENTRY_DSN', true),
            ],
          },
        },
      ],
      notes: [],
    })
  })

  test('of some keys come from the targets that have them, and one of another tier is reported', () => {
    const wanted = [
      { key: 'LEGACY_TOKEN', path: 'token', mode: 0o400 },
      { key: 'SITE_URL', path: 'url' },
    ]
    expect(volumes({ name: 'v', secret: { secretName: 'old', items: wanted } })).toEqual({
      list: [
        {
          name: 'v',
          secret: null,
          projected: {
            sources: [{ secret: { name: 'api-secrets', items: [{ key: 'TOKEN', path: 'token', mode: 0o400 }] } }],
          },
        },
      ],
      notes: ['it reads SITE_URL of old, which its tier does not have'],
    })
  })

  test('of a projected volume keep their other sources, and other volumes are in no patch', () => {
    const sources = [
      { configMap: { name: 'settings' } },
      { secret: { name: 'old', items: [{ key: 'SENTRY_DSN', path: 'dsn' }] } },
    ]
    expect(volumes({ name: 'v', projected: { sources } }, { name: 'tmp', emptyDir: {} })).toEqual({
      list: [
        {
          name: 'v',
          projected: {
            sources: [{ configMap: { name: 'settings' } }, items('api-optional-secrets', 'SENTRY_DSN', 'dsn', true)],
          },
        },
      ],
      notes: [],
    })
  })
})

describe('what a workload reads by the catalogue', () => {
  const parted = resolve(
    applicationWith({
      tiers: {
        api: {
          description: 'What only we run',
          workloads: {
            server: { kind: 'Deployment' },
            worker: { kind: 'Deployment', reads: { targets: ['jobs'], variables: ['TOKEN'] } },
            idle: { kind: 'Deployment', reads: {} },
          },
          targets: { jobs: {} },
        },
      },
      secrets: [
        { variable: 'DATABASE_URL', format: 'text' },
        { variable: 'TOKEN' },
        { variable: 'JOB', target: 'jobs' },
        { variable: 'JOB_KEY', target: 'jobs', key: 'job.pem', format: 'text' },
      ],
    }),
    'dev',
  )
  const names = ['DATABASE_URL', 'TOKEN', 'JOB', 'job.pem']
  const keys = takeInventory({
    model: parted,
    legacy: { namespace: 'shop', name: 'old' },
    data: Object.fromEntries(names.map((name) => [name, ''])),
    otherKeys: [],
    given: { assign: new Map(), leave: [] },
    noted: { assign: {}, leave: [] },
  })
  const specOf = (name: string, podSpec: object) => {
    const object = { metadata: { name, namespace: 'shop' }, spec: { template: { spec: podSpec } } } as WorkloadObject
    return podsOf(moveOf(parted, keys, 'old', { kind: kinds.deployment, object })).spec
  }

  test('it gets by whole targets, and by single keys of those it does not read whole', () => {
    expect(specOf('server', { containers: [whole] }).containers).toEqual([
      { name: 'main', envFrom: [{ secretRef: { name: 'api-secrets' } }] },
    ])
    expect(specOf('worker', { containers: [whole] }).containers).toEqual([
      {
        name: 'main',
        envFrom: [{ secretRef: { name: 'api-jobs' } }],
        env: [{ name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'api-secrets', key: 'TOKEN' } } }],
      },
    ])
    expect(specOf('idle', { containers: [whole] }).containers).toEqual([{ name: 'main', envFrom: [] }])
  })

  test('and it gets no other files', () => {
    const volumes = [{ name: 'all', secret: { secretName: 'old' } }]
    const sources = (name: string) =>
      (specOf(name, { containers: [], volumes }).volumes as { projected: { sources: unknown } }[])[0]?.projected.sources
    expect(sources('worker')).toEqual([
      { secret: { name: 'api-secrets', items: [{ key: 'TOKEN', path: 'TOKEN' }] } },
      {
        secret: {
          name: 'api-jobs',
          items: [
            { key: 'JOB', path: 'JOB' },
            { key: 'job.pem', path: 'job.pem' },
          ],
        },
      },
    ])
    expect(sources('idle')).toEqual([])
  })

  test('a single key that it reads in fact is moved, whatever the catalogue says', () => {
    const env = [{ name: 'DB', valueFrom: { secretKeyRef: { name: 'old', key: 'DATABASE_URL' } } }]
    expect(specOf('idle', { containers: [{ name: 'main', env }] }).containers).toEqual([
      {
        name: 'main',
        env: [{ name: 'DB', valueFrom: { secretKeyRef: { name: 'api-secrets', key: 'DATABASE_URL' } } }],
      },
    ])
  })
})

import { describe, expect, test } from 'vitest'
import type { SourcesSpec } from '../../../../scripts/cluster/pod-outline.ts'
import type { LiveExternalSecret } from '../../../../scripts/inspect/plan/key-destination.ts'
import { readRemovedKeys, removedKeyProblems } from '../../../../scripts/inspect/plan/removed-keys.ts'
import { KubernetesError } from '../../../../scripts/kubernetes/errors.ts'
import { type Kind, type KubernetesObject, kinds, type ObjectRef } from '../../../../scripts/kubernetes/kinds.ts'
import { resolve } from '../../../../scripts/model/resolve.ts'
import { applicationWith } from '../../../helpers/applications.ts'
import { reading } from '../../../helpers/pod-templates.ts'

const model = resolve(
  applicationWith({
    secrets: [
      { variable: 'DB_URL', remoteName: 'database-url' },
      { variable: 'TRACKING', optional: true },
      { tier: 'web', variable: 'DSN' },
    ],
  }),
  'dev',
)

interface Cluster {
  /** Keys of Secrets, by name. */
  readonly secrets: Readonly<Record<string, readonly string[]>>
  /** The pods of Deployments in the namespace of the tier `api`, by name. */
  readonly deployments?: Readonly<Record<string, SourcesSpec>>
  readonly refused?: Kind
}

function clientOf({ secrets, deployments = {}, refused }: Cluster) {
  const allowed = (kind: Kind) => {
    if (kind === refused) throw new KubernetesError(`GET ${kind.plural}`, 403, 'Forbidden', 'you may not')
  }
  return {
    async get<T extends KubernetesObject>(kind: Kind, ref: ObjectRef): Promise<T | undefined> {
      allowed(kind)
      const keys = kind === kinds.secret ? secrets[ref.name] : undefined
      const data = Object.fromEntries((keys ?? []).map((key) => [key, '']))
      return keys && ({ metadata: ref, data } as unknown as T)
    },
    async list<T extends KubernetesObject>(kind: Kind, { namespace }: { namespace?: string } = {}) {
      allowed(kind)
      const found = kind === kinds.deployment && namespace === 'shop-api' ? Object.entries(deployments) : []
      const items = found.map(([name, spec]) => ({ metadata: { name, namespace }, spec: { template: { spec } } }))
      return { items: items as unknown as T[], resourceVersion: '1' }
    },
    kindNamed: async () => undefined,
  }
}

const live = (name: string, data: Readonly<Record<string, string>>, namespace = 'shop-api'): LiveExternalSecret => ({
  metadata: { namespace, name },
  spec: { data: Object.entries(data).map(([secretKey, key]) => ({ secretKey, remoteRef: { key } })) },
})

const problemsOf = async (cluster: Cluster, seen: readonly LiveExternalSecret[] = []) =>
  removedKeyProblems(await readRemovedKeys(clientOf(cluster), model, seen))

const byName = (key: string, more: object = {}): SourcesSpec => ({
  containers: [
    { name: 'main', env: [{ name: 'URL', valueFrom: { secretKeyRef: { name: 'api-secrets', key, ...more } } }] },
  ],
})
const file = (key: string): SourcesSpec => ({
  containers: [{ name: 'main', volumeMounts: [{ name: 'v', mountPath: '/etc/keys' }] }],
  volumes: [{ name: 'v', secret: { secretName: 'api-secrets', items: [{ key, path: 'key.pem' }] } }],
})

describe('a key that a target loses', () => {
  const renamed = [live('api-secrets', { DATABASE_URL: 'path:/shop-api/database-url' })]

  test('is an error with each reader and what happens to it, and what has become of the key', async () => {
    const deployments = { all: reading('api-secrets'), streaming: byName('DATABASE_URL'), other: byName('DB_URL') }
    const problems = await problemsOf({ secrets: { 'api-secrets': ['DATABASE_URL'] }, deployments }, renamed)
    expect(problems).toEqual([
      {
        code: 'KEY_REMOVED',
        where: 'Secret/shop-api/api-secrets',
        message:
          'will lose DATABASE_URL: DATABASE_URL becomes DB_URL; it is read by Deployment/all (starts without it), Deployment/streaming (does NOT start without it). Expected every key that is read to stay.',
        fix: 'Change its readers first, or undo the change of the catalogue. To accept it: --accept-removals.',
      },
    ])
  })

  test.each<[string, SourcesSpec, string]>([
    ['a file by its name', file('DATABASE_URL'), 'does NOT start without it'],
    [
      'all files',
      { ...file('x'), volumes: [{ name: 'v', secret: { secretName: 'api-secrets' } }] },
      'starts without it',
    ],
    ['an optional variable', byName('DATABASE_URL', { optional: true }), 'starts without it'],
  ])('is an error for a reader of %s', async (_, spec, loss) => {
    const cluster = { secrets: { 'api-secrets': ['DATABASE_URL'] }, deployments: { one: spec } }
    const [problem] = await problemsOf(cluster, renamed)
    expect(problem?.message).toContain(`read by Deployment/one (${loss})`)
    expect(problem?.severity).toBeUndefined()
  })

  test('is a warning where nothing reads it, or where nobody may see what does', async () => {
    const secrets = { 'api-secrets': ['DB_URL', 'OLD', 'OLDER'] }
    expect(await problemsOf({ secrets, deployments: { one: byName('DB_URL') } })).toMatchObject([
      {
        message: expect.stringMatching(
          /^will lose OLD, OLDER: the catalogue has no such entries any more; no workload of/,
        ),
        severity: 'warning',
      },
    ])
    expect(await problemsOf({ secrets, refused: kinds.deployment })).toMatchObject([
      { message: expect.stringContaining('you may not see its readers'), severity: 'warning' },
    ])
  })

  test('is reported by its ExternalSecret where the Secret may not be read', async () => {
    const [problem] = await problemsOf({ secrets: {}, refused: kinds.secret }, renamed)
    expect(problem?.message).toMatch(/^will lose DATABASE_URL: /)
  })

  test('and that another tier has afterwards is told so; one that the other tier has had before was not moved', async () => {
    const cluster = { secrets: { 'api-secrets': ['DSN'] }, deployments: { one: byName('DSN') } }
    const [moved] = await problemsOf(cluster, [live('web-secrets', {}, 'shop-web')])
    expect(moved?.message).toContain('afterwards in another tier, Secret/shop-web/web-secrets')
    const [both] = await problemsOf(cluster, [live('web-secrets', { DSN: 'path:/shop-web/dsn' }, 'shop-web')])
    expect(both?.message).toContain('the catalogue has no such entry any more')
  })

  test('and that becomes optional is lost to a workload that does not read the optional Secret', async () => {
    const secrets = { 'api-secrets': ['DB_URL', 'TRACKING'] }
    const optional: SourcesSpec = reading('api-secrets', 'api-optional-secrets')
    const deployments = { both: optional, one: reading('api-secrets'), named: byName('TRACKING') }
    expect(await problemsOf({ secrets, deployments })).toMatchObject([
      {
        message: expect.stringMatching(
          /^will lose TRACKING: afterwards in Secret\/shop-api\/api-optional-secrets; it is read by Deployment\/one \(starts without it\), Deployment\/named \(does NOT start without it\)\./,
        ),
      },
    ])
    const [kept] = await problemsOf({ secrets, deployments: { both: optional } })
    expect(kept?.severity).toBe('warning')
    // The order in which they are read does not matter.
    const [turned] = await problemsOf({
      secrets,
      deployments: { both: reading('api-optional-secrets', 'api-secrets') },
    })
    expect(turned?.severity).toBe('warning')
  })
})

test('a key that somebody has added by hand stops a deployment only where a pod does not start without it', async () => {
  const severity = async (spec: SourcesSpec) => {
    const client = clientOf({ secrets: { 'api-secrets': ['DB_URL', 'MORE'] }, deployments: { one: spec } })
    const [problem] = removedKeyProblems(await readRemovedKeys(client, model, []), ({ key }) => key === 'MORE')
    return problem?.severity
  }
  expect(await severity(reading('api-secrets'))).toBe('warning')
  expect(await severity(byName('MORE'))).toBeUndefined()
})

test('nothing is lost where a target has the keys of the catalogue, fewer of them, or does not exist', async () => {
  expect(await problemsOf({ secrets: { 'api-secrets': ['DB_URL'], 'api-optional-secrets': [] } })).toEqual([])
})

import { describe, expect, test } from 'vitest'
import { isSeen } from '../../../../scripts/inspect/doctor/fact.ts'
import { causesOf } from '../../../../scripts/inspect/doctor/find-causes.ts'
import type { Observation } from '../../../../scripts/inspect/doctor/observation.ts'
import type { ExternalSecretFacts, TierFacts } from '../../../../scripts/inspect/doctor/observe/tier.ts'
import { unexamined } from '../../../../scripts/inspect/doctor/unexamined.ts'
import { ScalewayError } from '../../../../scripts/scaleway/http.ts'
import { ago, api, cluster, model, observation, scaleway, tierFacts, workingKey } from './observation.ts'

const codes = (parts: Partial<Observation>) => causesOf(observation(parts)).map(({ code }) => code)
const remote = (name: string) => api.remoteSecrets.find((one) => one.name === name) ?? api.remoteSecrets[0]
const refused = (status: 401 | 403, reason = '') => {
  const request = { method: 'GET', path: '/secrets' } as const
  const refusal = new ScalewayError(request, status, { type: 'denied', reason }, '7f3a')
  return { status, refusal, told: `Scaleway GET /secrets answers ${status} denied (request 7f3a)` } as const
}
/** The tier `api` with its required ExternalSecret in this state, everything else as it should be. */
const clusterWith = (
  state: Parameters<typeof tierFacts>[1],
  change: (facts: TierFacts) => TierFacts = (facts) => facts,
) => cluster((facts) => (facts.tier === api ? change(tierFacts(api, state)) : facts))
const failing = (message: string, parts: { since?: Date; last?: Date; count?: number } = {}) => ({
  failing: { since: ago(300), last: ago(100), message, ...parts },
})

test('where nothing is wrong there is no cause', () => {
  expect(causesOf(observation())).toEqual([])
  expect(unexamined(observation(), [])).toEqual([])
})

describe('what explains others is reported, and the others are not', () => {
  const labelled = (environment: string | undefined, only?: TierFacts['tier']) =>
    cluster((facts) => {
      if (only && facts.tier !== only) return facts
      const labels = {
        'app.kubernetes.io/name': 'tiered-secrets',
        ...(environment === undefined ? {} : { 'tiered-secrets/environment': environment }),
      }
      const withLabels = <T extends { metadata: object }>(object: T) => ({
        ...object,
        metadata: { ...object.metadata, labels },
      })
      const all = isSeen(facts.externalSecrets) ? facts.externalSecrets.value : []
      const externalSecrets = all.map((one) => ({ ...one, ...(one.object ? { object: withLabels(one.object) } : {}) }))
      return {
        ...facts,
        namespace: { value: { state: 'absent', remaining: [] } },
        externalSecrets: { value: externalSecrets },
      }
    })

  test('that the cluster has another environment in it, and nothing of what then differs', () => {
    const [cause, ...rest] = causesOf(observation({ cluster: labelled('production') }))
    expect(rest).toEqual([])
    expect(cause).toMatchObject({
      code: 'ENVIRONMENT_DIFFERS',
      message: 'runs environment "production" of shop. Expected environment "dev", or none.',
      fix: expect.stringMatching(/^`npm run doctor -- --environment production` looks at that one\./),
      evidence: expect.arrayContaining([expect.stringContaining('ExternalSecret/shop-api/api-secrets: production')]),
    })
  })

  test.each([
    ['this environment', 'dev'],
    ['no environment', undefined],
  ])('objects of %s are judged by it', (_, environment) => {
    expect(codes({ cluster: labelled(environment) })).toEqual(['NAMESPACE_ABSENT', 'NAMESPACE_ABSENT'])
  })

  test('where tiers disagree whose they are, all of it is reported', () => {
    const one = labelled('production', api)
    const tiers = one.tiers.map((facts, index) =>
      facts.tier === api ? facts : (labelled('dev').tiers[index] ?? facts),
    )
    expect(codes({ cluster: { ...one, tiers } })).toEqual(['NAMESPACE_ABSENT', 'NAMESPACE_ABSENT'])
  })

  test('a key that Scaleway refuses, and none of what fails for it', () => {
    const key = { ...workingKey, listing: refused(401, 'expired') }
    const tiers = new Map([...scaleway().tiers, [api.name, { key, remotes: { unseen: 'x' } }]])
    const facts = failing('scaleway-sdk-go: denied authentication: API key is expired')
    expect(codes({ cluster: clusterWith(facts), scaleway: scaleway([], { tiers }) })).toEqual(['KEY_EXPIRED'])
  })

  test('a namespace that is gone, and nothing of what was in it', () => {
    const gone = clusterWith({}, (facts) => ({
      ...facts,
      namespace: { value: { state: 'absent', remaining: [] } },
      store: { value: { object: undefined, warning: undefined } },
      credentials: { value: undefined },
      externalSecrets: { value: absent(facts) },
    }))
    const drifted = ['Role/shop-api/viewer', 'Role/shop-web/viewer'].map((place) => ({
      place,
      message: 'does not exist.',
    }))
    const drift = { value: { drifted, unseen: [] } }
    expect(codes({ cluster: gone })).toEqual(['NAMESPACE_ABSENT'])
    expect(causesOf(observation({ cluster: gone, drift })).map(({ where }) => where)).toEqual([
      'Namespace/shop-api',
      'Role/shop-web/viewer',
    ])
  })

  test('kinds the cluster does not have, and no store or ExternalSecret that can not be there; but a Secret that could', () => {
    const bare = clusterWith({}, (facts) => ({
      ...facts,
      store: { value: { object: undefined, warning: undefined } },
      credentials: { value: undefined },
      externalSecrets: { value: absent(facts) },
    }))
    const kinds = [{ kind: 'ExternalSecret', state: 'absent' }] as const
    expect(codes({ cluster: { ...bare, kinds } })).toEqual(['KIND_ABSENT', 'CREDENTIALS_ABSENT'])
  })

  test('an outage, and not that the operator meets it too', () => {
    const outage = { code: 'SCALEWAY_BUSY', told: 'answers 429' } as const
    const seen = scaleway([], { outage, tiers: new Map() })
    expect(codes({ cluster: clusterWith(failing('http error 429 Too Many Requests')), scaleway: seen })).toEqual([
      'SCALEWAY_BUSY',
    ])
  })

  test('a store that is not ready for want of a key, by the cause of that', () => {
    const without = clusterWith(failing('SecretStore "api-secretstore" is not ready'), (facts) => ({
      ...facts,
      credentials: { value: undefined },
    }))
    expect(codes({ cluster: without })).toEqual(['CREDENTIALS_ABSENT'])
  })
})

describe('an ExternalSecret that fails', () => {
  const missing = 'error processing spec.data[0] (key: path:/shop-api/token), err: Secret does not exist'

  test('for something that is as it should be by now only waits, and the time is reported', () => {
    const [cause, ...others] = causesOf(observation({ cluster: clusterWith(failing(missing)) }))
    expect(others).toEqual([])
    expect(cause).toMatchObject({ code: 'BACKOFF', explains: [{ ref: { name: 'api-secrets' } }] })
    // Failing for 200 s, a try 100 s ago: the next about as long after it.
    expect(cause?.message).toMatch(
      /cause of its failure 100 s ago is fixed\. .* in 101 s, at about 2026-11-24T12:01:41Z, and at 2026-11-24T12:05:20Z at the latest\./,
    )
  })

  test('is evidence of the remote secret that the words of the operator name, and of no other', () => {
    const whereabouts = { kind: 'nowhere', similar: undefined }
    const absent = scaleway([{ remote: remote('token'), whereabouts } as object])
    const evidence = (message: string) =>
      causesOf(observation({ cluster: clusterWith(failing(message)), scaleway: absent })).map(({ code, evidence }) => [
        code,
        evidence.filter((line) => line.startsWith('event of')).length,
      ])
    expect(evidence(missing)).toEqual([['REMOTE_ABSENT', 1]])
    expect(evidence(missing.replace('token', 'token-2'))).toEqual([['REMOTE_ABSENT', 0]])
    expect(evidence('something new')).toEqual([['REMOTE_ABSENT', 1]])
  })

  test('and was tried a moment ago is not a cause yet, but is reported as not known', () => {
    const young = observation({ cluster: clusterWith(failing(missing, { since: ago(4), last: ago(2) })) })
    expect(causesOf(young)).toEqual([])
    expect(unexamined(young, [])).toEqual([
      'ExternalSecret/shop-api/api-secrets: has just failed, and will soon be tried again; run this again in half a minute',
    ])
  })

  test('for something that may not be checked is reported in the words of the operator, with the entry they name', () => {
    const tiers = new Map(model.tiers.map(({ name }) => [name, { key: undefined, remotes: { unseen: 'no account' } }]))
    const blind = scaleway([], { tiers })
    const told = (message: string) => causesOf(observation({ cluster: clusterWith(failing(message)), scaleway: blind }))
    expect(told(missing)).toMatchObject([
      { code: 'NOT_SYNCED', message: `${missing}. Expected it to be synced.`, specs: [{ variable: 'TOKEN' }] },
    ])
    expect(told('denied authentication: API key is expired')).toMatchObject([{ code: 'KEY_EXPIRED' }])
    expect(told('map has no entry for key "b_s3__TOKEN"')).toMatchObject([
      { code: 'BUNDLE_KEY_MISSING', specs: [{ variable: 'TOKEN' }] },
    ])
    expect(told('something new')).toMatchObject([
      { code: 'NOT_SYNCED', message: 'something new. Expected it to be synced.' },
    ])
  })

  test('whose operator can not reach Scaleway, while we can, is reported as that', () => {
    const words = 'scaleway-sdk-go: error executing request: Get "https://api.scaleway.com/…": dial tcp: i/o timeout'
    expect(causesOf(observation({ cluster: clusterWith(failing(words)) }))).toMatchObject([
      {
        code: 'SCALEWAY_UNREACHABLE',
        where: 'Scaleway, as the operator sees it',
        fix: expect.stringMatching(/^`kubectl get networkpolicies --all-namespaces`/),
      },
    ])
  })

  test('and was not tried again for a quarter of an hour lacks its operator', () => {
    const old = failing(missing, { since: ago(3600), last: ago(16 * 60) })
    expect(codes({ cluster: clusterWith(old) })).toEqual(['OPERATOR_ABSENT'])
    // Who may not see events does not know when it was tried.
    const blind = clusterWith(old, (facts) => ({ ...facts, events: { unseen: 'events' } }))
    expect(codes({ cluster: blind })).toEqual(['BACKOFF'])
  })

  test('whose remote secret is locked is reported, with when it is tried again and what forces it', () => {
    const found = {
      id: 'x',
      name: 'token',
      path: '/shop-api',
      type: 'opaque',
      status: 'locked',
      version_count: 1,
      ephemeral_policy: null,
      project_id: '',
      deletion_requested_at: null,
    }
    const [locked] = causesOf(
      observation({
        cluster: clusterWith(failing(missing)),
        scaleway: scaleway([{ remote: remote('token'), found } as object]),
      }),
    )
    expect(locked).toMatchObject({ code: 'REMOTE_LOCKED', where: '/shop-api/token', specs: [{ variable: 'TOKEN' }] })
    expect(locked?.fix).toMatch(
      /Key Manager of Scaleway\. Then, .*`kubectl annotate externalsecret api-secrets force-sync=/,
    )
    expect(locked?.evidence.at(-1)).toMatch(/^the operator tries again by itself in 101 s, /)
  })
})

test('what only keeps something optional from arriving is a warning', () => {
  const fault = { specs: remote('tracking')?.specs ?? [], code: 'VALUE_NOT_TEXT', message: 'is not UTF-8' } as const
  const version = { revision: 3, status: 'enabled', created_at: '', deletion_requested_at: null } as const
  const seen = scaleway([{ remote: remote('tracking'), version, faults: [fault] } as object])
  expect(causesOf(observation({ scaleway: seen }))).toMatchObject([
    { code: 'VALUE_NOT_TEXT', severity: 'warning', where: '/shop-api/tracking version 3' },
  ])
})

test('a key that is sealed is fixed where it is sealed', () => {
  const sealed = { ...api, sealedCredentials: { accessKey: 'x', secretKey: 'y' } }
  const facts = cluster((one) => (one.tier === api ? { ...one, tier: sealed, credentials: { value: undefined } } : one))
  const [cause] = causesOf(observation({ cluster: facts }))
  expect(cause?.fix).toMatch(
    /^`npm run --silent credentials -- .* --seal cert\.pem`, and put it in place of sealedCredentials\.api /,
  )
})

test('a sealed key that is not used is a cause, also while everything is synced with the plain one', () => {
  const sealed = { ...api, sealedCredentials: { accessKey: 'x', secretKey: 'y' } }
  const as = (isLeftToController: boolean) =>
    cluster((one) => {
      if (one.tier !== api || !('value' in one.credentials) || !one.credentials.value) return one
      return { ...one, tier: sealed, credentials: { value: { ...one.credentials.value, isLeftToController } } }
    })
  const [cause, ...others] = causesOf(observation({ cluster: as(false) }))
  expect(others).toEqual([])
  expect(cause).toMatchObject({ code: 'SEALED_KEY_UNUSED', where: 'Secret/shop-api/scw-api-credentials' })
  expect(cause?.fix).toMatch(/^`kubectl annotate secret .* sealedsecrets\.bitnami\.com\/managed=true`, then restart /)
  expect(causesOf(observation({ cluster: as(true) }))).toEqual([])
})

test('errors come before warnings, and what explains others before them', () => {
  const facts = cluster((one) => (one.tier === api ? { ...one, credentials: { value: undefined } } : one), {
    pace: { answers: 1, fastestMs: 1, skewMs: -60_000 },
  })
  expect(codes({ cluster: facts })).toEqual(['CLOCK_DIFFERS', 'CREDENTIALS_ABSENT'])
})

test('what may not be checked is reported, each once, and is not a cause', () => {
  const unseen = { unseen: 'you may not list events' }
  const facts = cluster((one) => ({ ...one, events: unseen, credentials: { unseen: 'you may not read it' } }))
  const blind = observation({ cluster: facts, admission: { unseen: 'no Helm' } })
  expect(causesOf(blind)).toEqual([])
  expect(unexamined(blind, [])).toEqual(['you may not read it', 'you may not list events', 'no Helm'])
})

test('an object of the chart that is not as rendered is a cause, and what may not be tried out is reported', () => {
  const drifted = [
    { place: 'Role/shop-api/secrets-viewer', message: 'is not as rendered: - rules[2]. Expected nothing else in it.' },
    { place: 'RoleBinding/shop-api/secrets-viewer', message: 'gives other rights.', fix: 'Delete it.' },
  ]
  const one = observation({
    drift: { value: { drifted, unseen: ['you may not make a dry run of changes to secrets'] } },
  })
  expect(causesOf(one)).toMatchObject([
    { code: 'NOT_DEPLOYED', where: drifted[0]?.place, fix: '`npm run deploy -- --environment dev`' },
    { code: 'NOT_DEPLOYED', where: drifted[1]?.place, fix: 'Delete it.' },
  ])
  expect(unexamined(one, [])).toEqual(['you may not make a dry run of changes to secrets'])
})

test('objects of the chart that are absent are one cause, with each of them as its evidence', () => {
  const message = 'does not exist. Expected what the chart renders.'
  const places = ['Role/shop-api/secrets-viewer', 'NetworkPolicy/shop-api/default-deny', 'Role/shop-web/secrets-viewer']
  const differs = {
    place: 'ServiceAccount/shop-api/api',
    message: 'is not as rendered: + x. Expected nothing else in it.',
  }
  const causes = (absent: readonly string[]) => {
    const drifted = [differs, ...absent.map((place) => ({ place, message }))]
    return causesOf(observation({ drift: { value: { drifted, unseen: [] } } }))
  }
  expect(causes(places)).toMatchObject([
    {
      where: places[0],
      message: 'does not exist, nor do 2 other objects of the chart. Expected what the chart renders.',
      evidence: places.map((place) => `the API server returns 404 for ${place}`),
    },
    { where: differs.place, message: differs.message },
  ])
  expect(causes(places.slice(1, 2))).toMatchObject([{ where: places[1], message }, { where: differs.place }])
})

test("without an account of one's own, what only that could see is reported as not checked", () => {
  expect(unexamined(observation({ scaleway: scaleway([], { hasAccount: false }) }), [])).toEqual([
    'what only your own account can see: IAM, other regions, other projects',
  ])
})

test('an ExternalSecret without a status is missed by half a minute, and not before', () => {
  const made = (seconds: number) =>
    clusterWith({}, (facts) => ({ ...facts, externalSecrets: { value: fresh(facts, ago(seconds)) } }))
  expect(codes({ cluster: made(29) })).toEqual([])
  expect(codes({ cluster: made(31) })).toEqual(['OPERATOR_ABSENT'])
  expect(codes({ cluster: { ...made(31), operators: { unseen: 'x' } } })).toEqual(['OPERATOR_SILENT'])
})

test.each([
  ['tier-quota', 'raise `quota` of tier "api" in scripts/catalogue.ts.'],
  ['by-hand', 'raise it where it comes from: the chart did not make it.'],
])('a full quota called %s is raised where it comes from', (name, fix) => {
  const quotas = { value: [{ name, hard: { secrets: '2' }, used: { secrets: '2' } }] }
  const [cause] = causesOf(
    observation({
      cluster: clusterWith({}, (facts) => ({ ...facts, quotas, externalSecrets: { value: fresh(facts, ago(9)) } })),
    }),
  )
  expect(cause).toMatchObject({ code: 'QUOTA_FULL', where: `ResourceQuota/shop-api/${name}` })
  expect(cause?.fix).toContain(`delete what is not needed, or ${fix}`)
})

test.each([
  ['2k', '1999', false],
  ['2k', '2k', true],
  ['2', '2', true],
  ['0', '0', true],
])('of a quota of %s with %s used it is known whether it is full', (hard, used, isFull) => {
  const quotas = { value: [{ name: 'tier-quota', hard: { secrets: hard }, used: { secrets: used } }] }
  const waiting = clusterWith({}, (facts) => ({ ...facts, quotas, externalSecrets: { value: fresh(facts, ago(9)) } }))
  expect(codes({ cluster: waiting })).toEqual(isFull ? ['QUOTA_FULL'] : [])
})

function absent({ externalSecrets }: TierFacts): ExternalSecretFacts[] {
  const all = 'value' in externalSecrets ? externalSecrets.value : []
  return all.map((one) => ({
    ...one,
    object: undefined,
    sync: { state: 'pending', message: 'x' },
    target: { value: undefined },
  }))
}

function fresh({ externalSecrets }: TierFacts, creationTimestamp: Date): ExternalSecretFacts[] {
  const all = 'value' in externalSecrets ? externalSecrets.value : []
  return all.map((one) => ({
    ...one,
    object: { metadata: { name: one.ref.name, creationTimestamp: creationTimestamp.toISOString() }, spec: {} },
    sync: { state: 'pending', message: 'the operator has not processed it yet' },
    target: { value: undefined },
  }))
}

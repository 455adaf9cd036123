import { describe, expect, test } from 'vitest'
import { findingsText } from '../../../../scripts/inspect/status/findings-report.ts'
import { observedOf } from '../../../../scripts/inspect/status/one-tier.ts'
import type { Observed, StatusRow } from '../../../../scripts/inspect/status/rows.ts'
import type { StateCode } from '../../../../scripts/inspect/status/states.ts'
import type { Finding } from '../../../../scripts/inspect/status/status-finding.ts'
import { problemsTable, statusTable } from '../../../../scripts/inspect/status/status-report.ts'
import { painted, unstyled } from '../../../../scripts/lib/printable.ts'
import { resolve, specsOf } from '../../../../scripts/model/resolve.ts'
import { trackdechets } from '../../../fixtures/applications.ts'

const now = new Date('2026-06-01T12:00:00Z')
const model = resolve(trackdechets, 'recette')
const specs = model.tiers.flatMap((tier) => tier.externalSecrets).flatMap(specsOf)
const spec = (variable: string) => specs.filter((one) => one.variable === variable).slice(0, 1)

const row = (tier: string, variable: string, state: StateCode = 'OK'): StatusRow => ({
  tier,
  variable,
  owner: 'Platform',
  optional: false,
  state,
  remoteSecret: `/trackdechets-${tier}/x`,
  version: { revision: 12, createdAt: '2026-03-01T12:00:00Z' },
  externalSecret: { name: 'x', state: 'synced', refreshedAt: '2026-06-01T11:18:00Z' },
  expiresAt: null,
  consumers: { current: 2, all: 12 },
})
const rows = specs.map(({ tier, variable }) => row(tier, variable))

const absent = (variable: string): Finding => ({
  code: 'REMOTE_ABSENT',
  where: `/trackdechets-backend/${variable.toLowerCase()}`,
  message: 'does not exist. Expected it to exist.',
  fix: `Create ${variable}.`,
  fixFor: (all) => `Create them: ${all.map((one) => one.variable).join(' ')}.`,
  specs: spec(variable),
})

describe('the table of the largest application', () => {
  test.each<[StateCode]>([['OK'], ['NOT_SYNCED'], ['CONSUMER_WITHOUT_SECRET'], ['EXTERNAL_SECRET_UNCATALOGUED']])(
    'has at 80 columns a line a row, with its whole name and %s',
    (state) => {
      const own = rows.map((one) => ({ ...one, state }))
      const shown = unstyled(statusTable({ rows: own }, now, 80))
        .trimEnd()
        .split('\n')
      expect(Math.max(...shown.map((line) => [...line].length))).toBeLessThanOrEqual(80)
      const names = shown.slice(1, 1 + rows.length).map((line) => line.split(/ +/))
      expect(names.map(([tier, variable]) => `${tier} ${variable}`)).toEqual(
        own.map((one) => `${one.tier} ${one.variable}`),
      )
      expect(names.every((cells) => cells.at(-1) === state)).toBe(true)
    },
  )

  test('is without a terminal as wide as it has to be, and without a colour', () => {
    const [header, first] = painted(statusTable({ rows }, now), false).split('\n')
    expect(header?.split(/ {2,}/)).toEqual(['TIER', 'VARIABLE', 'SCALEWAY', 'CLUSTER', 'WORKLOADS', 'STATE'])
    expect(first).toMatch(/ synced, 42 min {2}2 of 12 {4}OK$/)
  })
})

test('--problems shows what is wrong, or that nothing is', () => {
  const status = {
    rows: [
      row('backend', 'REDIS_URL', 'NOT_SYNCED'),
      row('backend', 'MONGO_URL'),
      row('frontend', 'X', 'OPTIONAL_ABSENT'),
    ],
    findings: [],
  }
  expect(unstyled(problemsTable(status, now)).match(/^backend.*$/gm)).toEqual([
    expect.stringMatching(/REDIS_URL.*NOT_SYNCED$/),
  ])
  const fine = { ...status, rows: status.rows.slice(1) }
  expect(problemsTable(fine, now)).toBe('nothing is wrong: 2 secrets, all four sides agree\n')
  expect(problemsTable({ ...fine, findings: [{ ...absent('REDIS_URL'), specs: [], code: 'NOT_DEPLOYED' }] }, now)).toBe(
    'no secret has a problem: 2 secrets, all four sides agree\n',
  )
})

describe('what is reported below the table', () => {
  test('a cause that several places share is reported once, with all of them and one fix', () => {
    const text = unstyled(findingsText([absent('REDIS_URL'), absent('MONGO_URL'), absent('SESSION_SECRET')], rows))
    expect(text.trimEnd().split('\n')).toEqual([
      '/trackdechets-backend/mongo_url and 2 more: does not exist. Expected it to exist.',
      '  also: /trackdechets-backend/redis_url, /trackdechets-backend/session_secret',
      '  rows: backend: MONGO_URL, REDIS_URL, SESSION_SECRET',
      '  fix: Create them: MONGO_URL REDIS_URL SESSION_SECRET.',
      '  (REMOTE_ABSENT)',
    ])
  })

  test('two tiers need a command each', () => {
    const frontend = { ...absent('API_ENDPOINT'), where: '/trackdechets-frontend/api-endpoint' }
    const text = unstyled(findingsText([absent('REDIS_URL'), frontend], rows))
    expect(text.match(/fix: .*/g)).toEqual(['fix: Create REDIS_URL.', 'fix: Create API_ENDPOINT.'])
  })

  test('another fact, or another fix, is another cause', () => {
    const { fixFor: _, ...plain } = absent('REDIS_URL')
    const others = [
      { ...plain, fix: 'Rename "redis".' },
      { ...plain, where: 'x', message: 'is gone.' },
      { ...plain, where: 'y', code: 'VERSION_ABSENT' as const },
    ]
    expect(unstyled(findingsText([plain, ...others], rows)).match(/^ {2}\([A-Z_]+\)$/gm)).toHaveLength(4)
  })

  test('one that covers a whole tier names the tier', () => {
    const backend = specs.filter(({ tier }) => tier === 'backend')
    const gone: Finding = { ...absent('REDIS_URL'), code: 'NAMESPACE_ABSENT', specs: backend }
    expect(unstyled(findingsText([gone], rows))).toContain(`  rows: all ${backend.length} of backend\n`)
  })
})

test('--tier leaves what is of the tier, and of the whole cluster', () => {
  const [backend, frontend] = model.tiers
  if (!backend || !frontend) throw new Error('two tiers are wanted')
  const at = (place: string) => ({ place, message: '' })
  const observed: Observed = {
    folders: [backend, frontend].map((tier) => ({ tier, remotes: [], uncatalogued: [] })),
    tiers: [],
    drift: {
      drifted: [
        at('Role/trackdechets-backend/viewer'),
        at('Role/trackdechets-frontend/viewer'),
        at('Namespace/trackdechets-backend'),
        at('Namespace/trackdechets-frontend'),
        at('Secret/trackdechets-secrets/boundary-trackdechets-backend'),
        at('Secret/trackdechets-secrets/boundary-trackdechets-frontend'),
        at('ValidatingAdmissionPolicy/trackdechets-credentials'),
      ],
    },
  }
  const own = observedOf(frontend, observed)
  expect(own.folders.map(({ tier }) => tier.name)).toEqual(['frontend'])
  expect(own.drift.drifted.map(({ place }) => place)).toEqual([
    'Role/trackdechets-frontend/viewer',
    'Namespace/trackdechets-frontend',
    'Secret/trackdechets-secrets/boundary-trackdechets-frontend',
    'ValidatingAdmissionPolicy/trackdechets-credentials',
  ])
})

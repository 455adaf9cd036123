import { describe, expect, test } from 'vitest'
import type { Manifest } from '../../scripts/chart/manifests.ts'
import { run } from '../../scripts/lib/exec.ts'
import type { PodSecurityLevel, TierSpec } from '../../scripts/model/types.ts'
import { bookshop, trackdechets } from '../fixtures/applications.ts'
import { applicationWith } from '../helpers/applications.ts'
import { chartOf, helm4, helms, manifestsOf } from '../helpers/chart.ts'

const application = trackdechets
const { chart, values } = await chartOf(application)
const production = await manifestsOf(helm4, chart, values('production'))

/** The chart of an application of one tier. */
async function manifestsWith(tier: Partial<TierSpec>): Promise<Manifest[]> {
  const tiers = { api: { description: 'What only we run', workloads: {}, ...tier } }
  const small = await chartOf(applicationWith({ tiers }))
  return manifestsOf(helm4, small.chart, small.values('dev'))
}

const podSecurity = ({ metadata }: Manifest) =>
  Object.fromEntries(
    Object.entries(metadata.labels ?? {})
      .filter(([name]) => name.startsWith('pod-security.kubernetes.io/'))
      .map(([name, value]) => [name.replace('pod-security.kubernetes.io/', ''), value]),
  )

const ofKind = (manifests: readonly Manifest[], wanted: string) => manifests.filter(({ kind }) => kind === wanted)
const level = (enforce: string) => ({
  enforce,
  'enforce-version': 'latest',
  warn: 'restricted',
  'warn-version': 'latest',
  audit: 'restricted',
  'audit-version': 'latest',
})

describe.each(helms)('%s', (_, helm) => {
  test('each namespace enforces the level of its tier, and warns of what `restricted` would refuse', async () => {
    const namespaces = ofKind(await manifestsOf(helm, chart, values('production')), 'Namespace')
    expect(namespaces.map((manifest) => [manifest.metadata.name, podSecurity(manifest)])).toEqual([
      ['trackdechets-backend', level('baseline')],
      ['trackdechets-frontend', level('restricted')],
    ])
  })

  test('the quota of each tier is the one of the catalogue', async () => {
    const quotas = ofKind(await manifestsOf(helm, chart, values('production')), 'ResourceQuota')
    expect(quotas.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)).toEqual([
      'trackdechets-backend/tier-quota',
      'trackdechets-frontend/tier-quota',
    ])
    expect(quotas[1]?.spec).toEqual({
      hard: {
        'requests.cpu': '10',
        'requests.memory': '20Gi',
        'limits.cpu': '20',
        'limits.memory': '40Gi',
        pods: '20',
        services: '5',
        configmaps: '10',
        secrets: '10',
        persistentvolumeclaims: '2',
        'requests.storage': '10Gi',
      },
    })
  })
})

test.each<PodSecurityLevel>(['privileged', 'baseline', 'restricted'])(
  'a tier may enforce %s',
  async (podSecurityLevel) => {
    const [namespace] = ofKind(await manifestsWith({ podSecurity: podSecurityLevel }), 'Namespace')
    expect(podSecurity(namespace as Manifest)).toEqual(level(podSecurityLevel))
  },
)

test('a tier that names no level enforces `restricted`', async () => {
  const [namespace] = ofKind(await manifestsWith({}), 'Namespace')
  expect(podSecurity(namespace as Manifest)).toEqual(level('restricted'))
})

test('a tier without a quota and without defaults gets neither object', async () => {
  const manifests = await manifestsWith({})
  expect([...ofKind(manifests, 'ResourceQuota'), ...ofKind(manifests, 'LimitRange')]).toEqual([])
})

test('containers that name no requests and limits get those of the catalogue', async () => {
  const both = { requests: { cpu: '500m', memory: '1Gi' }, limits: { cpu: '1', memory: '2Gi' } }
  const spec = async (containerDefaults: TierSpec['containerDefaults']) =>
    ofKind(await manifestsWith(containerDefaults ? { containerDefaults } : {}), 'LimitRange').map((found) => [
      found.metadata.name,
      found.spec,
    ])
  const limitRange = (item: object) => [['container-defaults', { limits: [{ type: 'Container', ...item }] }]]
  expect(await spec(both)).toEqual(limitRange({ defaultRequest: both.requests, default: both.limits }))
  expect(await spec({ requests: both.requests })).toEqual(limitRange({ defaultRequest: both.requests }))
  expect(await spec({ limits: both.limits })).toEqual(limitRange({ default: both.limits }))
})

test('all pods the quota allows fit into it, with a container each that names no requests and limits', () => {
  const amount = (quantity = '') => Number.parseInt(quantity, 10) / (quantity.endsWith('m') ? 1000 : 1)
  const quotas = ofKind(production, 'ResourceQuota')
  expect(quotas).toHaveLength(2)
  for (const { metadata, spec } of quotas) {
    const { hard } = spec as { hard: Record<string, string> }
    const [range] = ofKind(production, 'LimitRange').filter((found) => found.metadata.namespace === metadata.namespace)
    const { limits } = (range as Manifest).spec as unknown as { limits: Record<string, Record<string, string>>[] }
    for (const resource of ['cpu', 'memory']) {
      expect(amount(limits[0]?.defaultRequest?.[resource]) * amount(hard.pods)).toBe(
        amount(hard[`requests.${resource}`]),
      )
      expect(amount(limits[0]?.default?.[resource]) * amount(hard.pods)).toBe(amount(hard[`limits.${resource}`]))
    }
  }
})

// Helm 3 shows the notes only after it has asked a cluster for its version.
const notes = (...args: string[]) =>
  run(helm4, ['install', 'x', chart, '--dry-run=client', '--namespace', 'n', '--hide-notes=false', ...args], {
    env: { KUBECONFIG: '/nowhere' },
  })

test('a user who creates the namespaces is told which labels they need', async () => {
  const args = ['--values', values('production'), '--disable-openapi-validation']
  const label = (namespace: string, enforce: string) =>
    `  kubectl label --overwrite namespace ${namespace} pod-security.kubernetes.io/enforce=${enforce} pod-security.kubernetes.io/warn=restricted pod-security.kubernetes.io/audit=restricted`
  const told = await notes(...args, '--set', 'namespaces.create=false')
  expect(told).toContain(label('trackdechets-backend', 'baseline'))
  expect(told).toContain(label('trackdechets-frontend', 'restricted'))
  expect(await notes(...args)).not.toContain('kubectl label')
})

test('a quota of the bookshop limits what the catalogue limits, and nothing more', async () => {
  const books = await chartOf(bookshop)
  const quotas = ofKind(await manifestsOf(helm4, books.chart, books.values('live')), 'ResourceQuota')
  expect(quotas.map(({ metadata, spec }) => [metadata.namespace, spec])).toEqual([
    ['bookshop-orders', { hard: { secrets: '5', 'limits.memory': '4Gi' } }],
  ])
})

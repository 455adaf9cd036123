import { expect, test } from 'vitest'
import { defineCatalogue, defineEnvironments } from '../../../scripts/model/define.ts'
import type { TierSpec, WorkloadSpec } from '../../../scripts/model/types.ts'

/** The compiler is the test: `tsc` refuses an expected error that is malformed. */
const environments = defineEnvironments({
  dev: {
    description: 'd',
    region: 'fr-par',
    isolation: 'path',
    projectId: 'x',
    refreshInterval: '1h',
    kubeContext: 'k',
  },
})

const base = {
  application: 'shop',
  owner: 'Team',
  tiers: {
    web: { description: 'w', workloads: { site: { kind: 'Deployment' } } },
    api: { description: 'a', workloads: { server: { kind: 'Deployment' } } },
  },
} as const

const entry = { tier: 'api', variable: 'TOKEN', remoteName: 'token', format: 'token', description: 'x' } as const

test('a catalogue without mistakes compiles, and keeps the names of its tiers', () => {
  const catalogue = defineCatalogue(environments, {
    ...base,
    secrets: [{ ...entry, environments: ['dev'], rotation: '90d' }],
  })
  expect(catalogue.tiers.web.workloads.site.kind).toBe('Deployment')
  // @ts-expect-error there is no tier "app"
  expect(catalogue.tiers.app).toBe(undefined)
})

test('an unknown tier is a compile error', () => {
  // @ts-expect-error there is no tier "app"
  defineCatalogue(environments, { ...base, secrets: [{ ...entry, tier: 'app' }] })
})

test('an unknown environment is a compile error', () => {
  // @ts-expect-error there is no environment "prod"
  defineCatalogue(environments, { ...base, secrets: [{ ...entry, environments: ['prod'] }] })
})

test('a value of an unknown tier is a compile error', () => {
  const same = { ...entry, variable: 'OTHER', sameAs: 'web.TOKEN' } as const
  defineCatalogue(environments, { ...base, secrets: [entry, same] })
  // @ts-expect-error there is no tier "app"
  defineCatalogue(environments, { ...base, secrets: [entry, { ...same, sameAs: 'app.TOKEN' }] })
  // @ts-expect-error it is <tier>.<variable>
  defineCatalogue(environments, { ...base, secrets: [entry, { ...same, sameAs: 'TOKEN' }] })
})

test('an unknown format is a compile error', () => {
  // @ts-expect-error there is no format "passphrase"
  defineCatalogue(environments, { ...base, secrets: [{ ...entry, format: 'passphrase' }] })
  // @ts-expect-error the family is `exactly N characters`
  defineCatalogue(environments, { ...base, secrets: [{ ...entry, format: 'exactly many characters' }] })
  defineCatalogue(environments, { ...base, secrets: [{ ...entry, format: 'exactly 12 characters' }] })
})

test('an unknown target is a compile error, and so is any where no tier has one', () => {
  // @ts-expect-error there is no target "job"
  defineCatalogue(environments, { ...base, secrets: [{ ...entry, target: 'job' }] })
  const tiers = {
    ...base.tiers,
    api: { ...base.tiers.api, targets: { jobs: {}, tls: { type: 'kubernetes.io/tls' } } },
  } as const
  defineCatalogue(environments, { ...base, tiers, secrets: [{ ...entry, target: 'jobs', key: 'a.b' }] })
  // @ts-expect-error there is no target "job"
  defineCatalogue(environments, { ...base, tiers, secrets: [{ ...entry, target: 'job' }] })
  const token = { ...base.tiers.api, targets: { sa: { type: 'kubernetes.io/service-account-token' } } } as const
  // @ts-expect-error no target may have this type
  defineCatalogue(environments, { ...base, tiers: { api: token }, secrets: [] })
})

test('a word that is gone is a compile error', () => {
  // @ts-expect-error workloads say what they read
  defineCatalogue(environments, { ...base, secrets: [{ ...entry, consumers: ['server'] }] })
})

test('what is said of networks compiles, and a mistyped word of it is a compile error', () => {
  const server = { kind: 'Deployment', ports: { http: 3000, stream: { port: 5000, protocol: 'UDP' } } } as const
  const api = { description: 'a', workloads: { server } }
  const egress = { api: { description: 'e', to: { tier: 'api', workload: 'server' }, ports: ['http'] } } as const
  const sources = [{ namespace: 'monitoring', ports: ['http'] }, { from: 'web', ports: [5000] }, { cidr: '10.0.0.0/8' }]
  const tiers = {
    web: { ...base.tiers.web, egress },
    api: { ...api, workloads: { server: { ...server, reachableFrom: ['ingress-controller', ...sources] } } },
  }
  defineCatalogue(environments, { ...base, tiers, secrets: [] })
  // @ts-expect-error no protocol "SCTP"
  const sctp: WorkloadSpec = { kind: 'Job', ports: { http: { port: 1, protocol: 'SCTP' } } }
  // @ts-expect-error a source is by namespace or by addresses
  const port: WorkloadSpec = { kind: 'Job', reachableFrom: [{ namespace: 'x', port: 1 }] }
  // @ts-expect-error no destination "Internet"
  const internet: TierSpec = { ...api, egress: { all: { description: 'x', to: 'Internet', ports: [1] } } }
  expect([sctp, port, internet]).toHaveLength(3)
})

test('a rotation is a number of days', () => {
  // @ts-expect-error not a number of days
  defineCatalogue(environments, { ...base, secrets: [{ ...entry, rotation: '3 months' }] })
})

test('a missing field is a compile error', () => {
  const { description: _, ...undescribed } = entry
  // @ts-expect-error no description
  defineCatalogue(environments, { ...base, secrets: [undescribed] })
  // @ts-expect-error isolation mode "project" has a project for each tier
  defineEnvironments({ dev: { ...environments.dev, isolation: 'project' } })
})

test('a mistyped field is a compile error, also an optional one', () => {
  // @ts-expect-error the field is named `optional`
  defineCatalogue(environments, { ...base, secrets: [{ ...entry, optionnal: true }] })
  // @ts-expect-error the field is named `remotePath`
  defineCatalogue(environments, { ...base, tiers: { api: { ...base.tiers.api, remotPath: '/x' } }, secrets: [] })
  // @ts-expect-error the field is named `example`
  defineEnvironments({ dev: { ...environments.dev, exmple: true } })
  // @ts-expect-error the layouts are "single" and "bundle"
  defineCatalogue(environments, { ...base, secrets: [{ ...entry, layout: 'double' }] })
})

test('a delivery has the fields of its engine', () => {
  const dev = environments.dev
  const repository = 'https://git.example.test/acme/shop.git'
  defineEnvironments({ dev: { ...dev, delivery: { engine: 'argocd', repository, sync: 'manual' } } })
  defineEnvironments({ dev: { ...dev, delivery: { engine: 'helmfile' } } })
  // @ts-expect-error there is no engine "argo"
  defineEnvironments({ dev: { ...dev, delivery: { engine: 'argo', repository } } })
  // @ts-expect-error it has no repository
  defineEnvironments({ dev: { ...dev, delivery: { engine: 'flux' } } })
  // @ts-expect-error it is synchronized automatically or on request
  defineEnvironments({ dev: { ...dev, delivery: { engine: 'argocd', repository, sync: 'auto' } } })
  expect(dev.kubeContext).toBe('k')
})

import { expect, test } from 'vitest'
import { defineCatalogue, defineEnvironments } from '../../../scripts/model/define.ts'

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
    secrets: [{ ...entry, environments: ['dev'], consumers: ['server'], rotation: '90d' }],
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

test('an unknown format is a compile error', () => {
  // @ts-expect-error there is no format "passphrase"
  defineCatalogue(environments, { ...base, secrets: [{ ...entry, format: 'passphrase' }] })
  // @ts-expect-error the family is `exactly N characters`
  defineCatalogue(environments, { ...base, secrets: [{ ...entry, format: 'exactly many characters' }] })
  defineCatalogue(environments, { ...base, secrets: [{ ...entry, format: 'exactly 12 characters' }] })
})

test('an unknown consumer is a compile error', () => {
  // @ts-expect-error there is no workload "serverr"
  defineCatalogue(environments, { ...base, secrets: [{ ...entry, consumers: ['serverr'] }] })
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

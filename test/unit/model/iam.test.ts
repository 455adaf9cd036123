import { expect, test } from 'vitest'
import { iamPlan, iamRules } from '../../../scripts/model/iam.ts'
import { resolve, resolveAll, type TierModel } from '../../../scripts/model/resolve.ts'
import { bookshop, trackdechets } from '../../fixtures/applications.ts'
import { applicationWith, environment, projectEnvironment, projects } from '../../helpers/applications.ts'

const rulesOf = (application: Parameters<typeof resolve>[0], name: string) => {
  const model = resolve(application, 'dev')
  return iamRules(model, model.tiers.find((tier) => tier.name === name) as TierModel)
}

test('in mode "path" a key reads the folder of its tier only, and lists with the escape listing needs', () => {
  expect(rulesOf(applicationWith(), 'api')).toEqual([
    {
      permissionSet: 'SecretManagerReadOnly',
      projectId: projects.dev,
      condition: 'resource.name.startsWith("/shop-api/") || !has(resource.id)',
    },
    {
      permissionSet: 'SecretManagerSecretAccess',
      projectId: projects.dev,
      condition: 'resource.name.startsWith("/shop-api/")',
    },
  ])
})

test('in mode "project" the project of the tier is the boundary, and nothing is conditional', () => {
  expect(rulesOf(applicationWith({ environments: { dev: projectEnvironment() } }), 'web')).toEqual([
    { permissionSet: 'SecretManagerReadOnly', projectId: projects.web },
    { permissionSet: 'SecretManagerSecretAccess', projectId: projects.web },
  ])
})

test('the condition names the folder that was chosen, up to its last slash', () => {
  const tiers = { api: { description: 'x', workloads: {}, remotePath: '/common/front' } }
  expect(rulesOf(applicationWith({ tiers }), 'api')[1]?.condition).toBe('resource.name.startsWith("/common/front/")')
})

test('the plan has an application, a policy of the same name and a key with an expiry for each tier', () => {
  const plan = iamPlan(resolve(applicationWith({ environments: { dev: environment({ keyLifetime: '45d' }) } }), 'dev'))
  expect(plan).toMatchObject({ application: 'shop', environment: 'dev', isolation: 'path', keyLifetimeDays: 45 })
  expect(plan.tiers.map(({ tier, name, rules }) => [tier, name, rules.length])).toEqual([
    ['api', 'shop-api-secrets', 2],
    ['web', 'shop-web-secrets', 2],
  ])
})

test('names and descriptions are what IAM accepts', () => {
  for (const { tiers } of [bookshop, trackdechets].flatMap(resolveAll).map(iamPlan)) {
    for (const { name, description } of tiers) {
      expect(name).toMatch(/^[a-zA-Z0-9()._\- ]{1,64}$/)
      expect(description.length).toBeLessThanOrEqual(200)
    }
  }
})

test.each([
  ['90d', 30],
  ['365d', 30],
  ['30d', 10],
  ['7d', 3],
  ['1d', 1],
] as const)('a key that lives %s is reported in its last %i days, not all its life', (keyLifetime, days) => {
  const application = applicationWith({ environments: { dev: environment({ keyLifetime }) } })
  expect(iamPlan(resolve(application, 'dev')).keyWarningDays).toBe(days)
})

test('nothing that changes, creates or deletes is ever planned', () => {
  const sets = [bookshop, trackdechets]
    .flatMap(resolveAll)
    .flatMap((model) => iamPlan(model).tiers.flatMap(({ rules }) => rules.map(({ permissionSet }) => permissionSet)))
  expect(new Set(sets)).toEqual(new Set(['SecretManagerReadOnly', 'SecretManagerSecretAccess']))
})

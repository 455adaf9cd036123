import { expect, test } from 'vitest'
import { iamRules } from '../../../scripts/model/iam.ts'
import { resolve, type TierModel } from '../../../scripts/model/resolve.ts'
import { applicationWith, projectEnvironment, projects } from '../../helpers/applications.ts'

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

import { describe, expect, test } from 'vitest'
import { iamJson, iamTable, iamVerifiedJson, iamVerifiedTable } from '../../../scripts/generate/iam-table.ts'
import { iamPlan } from '../../../scripts/model/iam.ts'
import { resolve } from '../../../scripts/model/resolve.ts'
import { bookshop } from '../../fixtures/applications.ts'
import { applicationWith, projectEnvironment, projects } from '../../helpers/applications.ts'

const path = iamPlan(resolve(applicationWith(), 'dev'))
const project = iamPlan(resolve(applicationWith({ environments: { dev: projectEnvironment() } }), 'dev'))

describe('the table', () => {
  test('shows applications, policies, rules with their conditions, and when keys expire', () => {
    const text = iamTable(path)
    expect(text).toMatch(
      new RegExp(`^api +shop-api-secrets +${projects.dev} +expires after 90 days$\n^web +shop-web-secrets`, 'm'),
    )
    expect(text).toMatch(
      /^shop-api-secrets +SecretManagerReadOnly +resource\.name\.startsWith\("\/shop-api\/"\) \|\| !has\(resource\.id\)$/m,
    )
    expect(text).toMatch(/^shop-api-secrets +SecretManagerSecretAccess +resource\.name\.startsWith\("\/shop-api\/"\)$/m)
  })

  test('says what mode "path" does not protect', () => {
    const text = iamTable(path)
    expect(text).toContain('What mode "path" does not protect:')
    for (const fact of ['Names stay listable', 'can be changed', 'Policies only add rights', 'up to a minute'])
      expect(text).toContain(fact)
  })

  test('says what mode "project" protects, and nothing that holds for "path" alone', () => {
    const text = iamTable(project)
    expect(text).toContain('What mode "project" protects')
    expect(text).toContain('(none: the project is the boundary)')
    for (const fact of ['Policies only add rights', 'up to a minute', '25 projects']) expect(text).toContain(fact)
    for (const fact of ['Names stay listable', 'has(resource.id)']) expect(text).not.toContain(fact)
  })

  test('names the organization where the environment has one', () => {
    const { organizationId } = resolve(bookshop, 'live')
    expect(organizationId).toBeDefined()
    expect(iamTable(iamPlan(resolve(bookshop, 'live')))).toContain(`organization ${organizationId}`)
    expect(iamTable(path)).toContain("organization the account's own")
  })
})

test('the JSON form has everything a machine needs to make the plan true', () => {
  expect(JSON.parse(iamJson(path))).toEqual({
    version: 1,
    environment: 'dev',
    isolation: 'path',
    organizationId: null,
    tiers: ['api', 'web'].map((tier) => ({
      tier,
      application: {
        name: `shop-${tier}-secrets`,
        description: `Reads the secrets of tier ${tier} of shop, environment dev`,
      },
      policy: {
        name: `shop-${tier}-secrets`,
        rules: [
          {
            permissionSets: ['SecretManagerReadOnly'],
            projectIds: [projects.dev],
            condition: `resource.name.startsWith("/shop-${tier}/") || !has(resource.id)`,
          },
          {
            permissionSets: ['SecretManagerSecretAccess'],
            projectIds: [projects.dev],
            condition: `resource.name.startsWith("/shop-${tier}/")`,
          },
        ],
      },
      key: { lifetimeDays: 90 },
    })),
    sharedValues: [],
    notes: expect.any(Array),
  })
  const [first] = JSON.parse(iamJson(project)).tiers
  expect(first.policy.rules.map((rule: { condition: unknown }) => rule.condition)).toEqual([null, null])
})

test('the JSON of a comparison tells the severity of each problem', () => {
  const problem = { code: 'X', where: 'here', message: 'is so.', fix: 'Do it.' }
  const applications = [{ tier: 'api', name: 'shop-api-secrets', keyExpires: '2027-01-31', groups: [] }]
  const text = iamVerifiedJson(path, applications, [problem, { ...problem, severity: 'warning' }])
  expect(JSON.parse(text)).toEqual({
    version: 1,
    environment: 'dev',
    applications,
    problems: [
      { ...problem, severity: 'error' },
      { ...problem, severity: 'warning' },
    ],
  })
})

test('says of what an application is in, not that it is in nothing', () => {
  const row = { tier: 'api', name: 'shop-api-secrets', keyExpires: '2027-01-31', groups: [] }
  const text = (groups: readonly string[]) => String(iamVerifiedTable(path, [{ ...row, groups }]))
  expect(text([])).not.toContain('group')
  expect(text(['everybody'])).toContain('"shop-api-secrets" is in the group "everybody", which has no policy.')
  expect(text(['a', 'b'])).toContain('"shop-api-secrets" is in the groups "a" and "b", which have no policy.')
})

test('both forms say which values tiers share, and no others', () => {
  const secrets = [
    { variable: 'KEY' },
    { variable: 'KEY', tier: 'web', sameAs: 'api.KEY' as const },
    { variable: 'NAME' },
    { variable: 'ALIAS', sameAs: 'api.NAME' as const },
  ]
  const plan = iamPlan(resolve(applicationWith({ secrets }), 'dev'))
  expect(iamTable(plan)).toContain('One value is in several tiers, by `sameAs`: api.KEY, web.KEY.')
  expect(iamTable(plan)).not.toContain('api.NAME')
  expect(JSON.parse(iamJson(plan)).sharedValues).toEqual([['api.KEY', 'web.KEY']])
})

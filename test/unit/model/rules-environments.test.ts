import { expect, test } from 'vitest'
import { checkApplication } from '../../../scripts/model/rules/index.ts'
import { applicationWith, environment, projectEnvironment, projects } from '../../helpers/applications.ts'
import { ruleTest } from '../../helpers/rules.ts'

for (const projectId of ['my-project', '6C1F0A4E-93B7-4D25-8E0F-B2A97C53D184', `{${projects.dev}}`]) {
  ruleTest(`${projectId} is no project id`, {
    refuses: { environments: { dev: environment({ projectId }) } },
    telling: [
      {
        code: 'PROJECT_ID_INVALID',
        where: 'environment "dev"',
        message: `the project id is "${projectId}". Expected a UUID in lowercase.`,
      },
    ],
    accepts: { environments: { dev: environment({ projectId: projects.dev }) } },
  })
}

ruleTest('a project for each tier means each', {
  refuses: { environments: { dev: projectEnvironment({ projectIds: { web: projects.web } }) } },
  telling: [
    {
      code: 'PROJECT_ID_INVALID',
      where: 'environment "dev" projectIds.api',
      message: 'has no project id. Expected a UUID in lowercase.',
    },
  ],
  accepts: { environments: { dev: projectEnvironment() } },
})

for (const projectId of [
  '00000000-0000-4000-8000-000000000001',
  '11111111-1111-1111-1111-111111111111',
  '12345678-1234-1234-1234-123456789abc',
  'deadbeef-1f0a-4e93-b74d-25b2a97c53d1',
]) {
  ruleTest(`${projectId} is a placeholder, which only an example may have`, {
    refuses: { environments: { dev: environment({ projectId }) } },
    telling: [
      {
        code: 'PROJECT_ID_PLACEHOLDER',
        where: 'environment "dev"',
        message: `the project id "${projectId}" is a placeholder. Expected the id of a real project.`,
      },
    ],
    accepts: { environments: { dev: environment({ projectId, example: true }) } },
  })
}

test('a project id Scaleway gives is no placeholder', () => {
  for (const projectId of Object.values(projects)) {
    expect(checkApplication(applicationWith({ environments: { dev: environment({ projectId }) } }))).toEqual([])
  }
})

const devAndTest = (projectId: string) => ({
  environments: { dev: environment(), test: environment({ kubeContext: 'shop-test', projectId }) },
})

ruleTest('an environment has a project of its own', {
  refuses: devAndTest(projects.dev),
  telling: [
    {
      code: 'PROJECT_SHARED_BY_ENVIRONMENTS',
      where: 'environment "test"',
      message: `project ${projects.dev} is used by the environments "dev" and "test". Expected a project for each.`,
    },
  ],
  accepts: devAndTest(projects.other),
})

ruleTest('a project of one tier is no project of another environment', {
  refuses: { environments: { ...devAndTest(projects.api).environments, dev: projectEnvironment() } },
  telling: [
    {
      code: 'PROJECT_SHARED_BY_ENVIRONMENTS',
      where: 'environment "test"',
      message: `project ${projects.api} is used by the environments "dev" and "test". Expected a project for each.`,
    },
  ],
  accepts: { environments: { ...devAndTest(projects.other).environments, dev: projectEnvironment() } },
})

ruleTest('in isolation mode "project" a tier has a project of its own', {
  refuses: { environments: { dev: projectEnvironment({ projectIds: { web: projects.web, api: projects.web } }) } },
  telling: [
    {
      code: 'TIERS_SHARE_PROJECT',
      where: 'environment "dev"',
      message: `project ${projects.web} is used by the tiers "api" and "web". Expected one project per tier in isolation mode "project".`,
    },
  ],
  accepts: { environments: { dev: projectEnvironment() } },
})

ruleTest('projects and namespaces are of tiers that exist', {
  refuses: {
    environments: {
      dev: projectEnvironment({
        projectIds: { web: projects.web, api: projects.api, app: projects.other },
        namespaces: { wbe: 'shop' },
      }),
    },
  },
  telling: [
    {
      code: 'TIER_UNKNOWN',
      where: 'environment "dev" namespaces',
      message: 'there is no tier "wbe". Did you mean "web"? Expected one of: web, api.',
    },
    {
      code: 'TIER_UNKNOWN',
      where: 'environment "dev" projectIds',
      message: 'there is no tier "app". Did you mean "api"? Expected one of: web, api.',
    },
  ],
  accepts: { environments: { dev: projectEnvironment({ namespaces: { web: 'shop' } }) } },
})

ruleTest('a region has the form Scaleway gives it', {
  refuses: { environments: { dev: environment({ region: 'eu-west-1' }) } },
  telling: [
    {
      code: 'REGION_INVALID',
      where: 'environment "dev"',
      message: 'the region is "eu-west-1". Expected one of: fr-par, nl-ams, pl-waw.',
    },
  ],
  accepts: { environments: { dev: environment({ region: 'nl-ams' }) } },
})

ruleTest('a region nobody knows is only warned about', {
  refuses: { environments: { dev: environment({ region: 'fr-pas' }) } },
  telling: [
    {
      code: 'REGION_UNKNOWN',
      where: 'environment "dev"',
      message: 'the region is "fr-pas". Did you mean "fr-par"? Expected one of: fr-par, nl-ams, pl-waw.',
      severity: 'warning',
    },
  ],
  accepts: { environments: { dev: environment({ region: 'fr-par' }) } },
})

for (const [refreshInterval, neighbour] of [
  ['0', '60s'],
  ['0h', '1h'],
  ['59s', '1m0s'],
  ['1 hour', '1h'],
  ['1d', '24h'],
  ['30m1h', '1h30m'],
] as const) {
  ruleTest(`${refreshInterval} is no refresh interval`, {
    refuses: { environments: { dev: environment({ refreshInterval }) } },
    telling: [
      {
        code: 'REFRESH_INTERVAL_INVALID',
        where: 'environment "dev"',
        message: `the refresh interval is "${refreshInterval}". Expected at least one minute, as 1h, 30m or 1h30m.`,
      },
    ],
    accepts: { environments: { dev: environment({ refreshInterval: neighbour }) } },
  })
}

/** So many remote secrets in two environments, one of them a bundle of two variables. */
const inTwoEnvironments = (count: number, remoteSecretQuota?: number) => ({
  environments: devAndTest(projects.other).environments,
  ...(remoteSecretQuota === undefined ? {} : { remoteSecretQuota }),
  secrets: [
    ...Array.from({ length: count / 2 - 1 }, (_, index) => ({ variable: `V${index}` })),
    { variable: 'USER', identity: 'mail', layout: 'bundle' as const },
    { variable: 'PASSWORD', identity: 'mail', layout: 'bundle' as const },
  ],
})

ruleTest('the remote secrets of all environments fit into the quota', {
  refuses: inTwoEnvironments(102),
  telling: [
    {
      code: 'QUOTA_EXCEEDED',
      where: 'catalogue',
      message:
        'the environments need 102 remote secrets together. Expected at most 100: the quota of the Scaleway organization is 100.',
    },
  ],
  accepts: inTwoEnvironments(102, 200),
})

ruleTest('above 80 % of the quota there is a warning', {
  refuses: inTwoEnvironments(82),
  telling: [
    {
      code: 'QUOTA_NEARLY_FULL',
      where: 'catalogue',
      message:
        'the environments need 82 remote secrets together. Expected at most 80: the quota of the Scaleway organization is 100.',
      severity: 'warning',
    },
  ],
  accepts: inTwoEnvironments(80),
})

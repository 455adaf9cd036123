import { expect, test } from 'vitest'
import { checkApplication } from '../../../scripts/model/rules/index.ts'
import { applicationWith, environment, projectEnvironment, projects } from '../../helpers/applications.ts'
import { ruleTest } from '../../helpers/rules.ts'

for (const projectId of ['my-project', '6C1F0A4E-93B7-4D25-8E0F-B2A97C53D184', `{${projects.dev}}`]) {
  ruleTest(`${projectId} is not a project id`, {
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

test('a project id Scaleway gives is not a placeholder', () => {
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

ruleTest('a project of one tier is not a project of another environment', {
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
  ruleTest(`${refreshInterval} is not a refresh interval`, {
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

const uid = '5b7c1f0e-83d4-4a6b-9c21-7e0d5a94b3f8'
for (const cluster of ['production', uid.toUpperCase()]) {
  ruleTest(`"${cluster}" is not a UID of a cluster`, {
    refuses: { environments: { dev: environment({ cluster }) } },
    telling: [
      {
        code: 'CLUSTER_INVALID',
        where: 'environment "dev" cluster',
        message: `is "${cluster}". Expected the UID of the namespace kube-system of its cluster: a UUID in lowercase.`,
      },
    ],
    accepts: { environments: { dev: environment({ cluster: uid }) } },
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

test('each organization has a quota of its own, and who names none counts in all', () => {
  const [one, two] = ['9b1d7c52-30f8-4e6a-b5c9-71f2a8e4d603', 'c3f0a961-8d27-4b14-9e5d-60b8f1a2e7d4']
  const told = (count: number, ...[dev, test, live]: (string | undefined)[]) => {
    const names = { dev, test, live }
    const environments = Object.entries(names).map(([name, organizationId], index) => {
      const ids = { kubeContext: name, projectId: `${index}${projects.dev.slice(1)}` }
      const iamApplications = { web: `${name} web`, api: `${name} api` }
      return [name, environment({ ...ids, iamApplications, ...(organizationId ? { organizationId } : {}) })]
    })
    const { secrets } = inTwoEnvironments(2 * count)
    const application = applicationWith({ environments: Object.fromEntries(environments), secrets })
    return checkApplication(application).map(({ message }) => message.replace(/\. .*/, ''))
  }
  expect(told(34)).toEqual(['the environments need 102 remote secrets together'])
  expect(told(34, one, one, one)).toEqual(['the environments need 102 remote secrets together'])
  expect(told(34, one, one, two)).toEqual([])
  expect(told(34, one, two, undefined)).toEqual([])
  expect(told(34, one, undefined, undefined)).toEqual(['the environments need 102 remote secrets together'])
  expect(told(45, one, two, one)).toEqual(['the environments "dev" and "live" need 90 remote secrets together'])
})

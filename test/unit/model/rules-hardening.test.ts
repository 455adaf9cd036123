import { expect, test } from 'vitest'
import { checkApplication } from '../../../scripts/model/rules/index.ts'
import type { Protection, TierSpec } from '../../../scripts/model/types.ts'
import { applicationWith, environment, projects } from '../../helpers/applications.ts'
import { ruleTest } from '../../helpers/rules.ts'

const tiers = (api: Partial<TierSpec>) => ({
  tiers: {
    web: { description: 'What the browser gets', workloads: {} },
    api: { description: 'What only we run', workloads: {}, ...api },
  },
})

const defaults = { requests: { cpu: '500m', memory: '1Gi' }, limits: { cpu: '1', memory: '2Gi' } }

for (const [name, value] of [
  ['requests.cpu', '10 cores'],
  ['pods', '-1'],
  ['limits.memory', '2GB'],
  ['Pods', '10'],
] as const) {
  ruleTest(`a quota of ${value} for ${name} is none`, {
    refuses: tiers({ quota: { [name]: value }, containerDefaults: defaults }),
    telling: [
      {
        code: 'QUANTITY_INVALID',
        where: 'catalogue tier "api" quota',
        message: `"${name}" is "${value}". Expected a resource and a quantity such as 500m, 20Gi or 10.`,
      },
    ],
    accepts: tiers({ quota: { 'requests.cpu': '10', pods: '5' }, containerDefaults: defaults }),
  })
}

ruleTest('a default of a container is a quantity', {
  refuses: tiers({ containerDefaults: { limits: { memory: 'much' } } }),
  telling: [
    {
      code: 'QUANTITY_INVALID',
      where: 'catalogue tier "api" containerDefaults.limits',
      message: '"memory" is "much". Expected a resource and a quantity such as 500m, 20Gi or 10.',
    },
  ],
  accepts: tiers({ containerDefaults: { limits: { memory: '1.5Gi' } } }),
})

for (const name of ['secrets', 'count/secrets']) {
  ruleTest(`a quota on ${name} leaves room for the credential and the targets`, {
    refuses: { ...tiers({ quota: { [name]: '2' } }), secrets: [{}, { variable: 'EXTRA', optional: true }] },
    telling: [
      {
        code: 'QUOTA_TOO_SMALL',
        where: 'catalogue tier "api" quota',
        message: `"${name}" is 2. Expected at least 3, for "scw-api-credentials", "api-secrets" and "api-optional-secrets" of environment "dev".`,
      },
    ],
    accepts: { ...tiers({ quota: { [name]: '3' } }), secrets: [{}, { variable: 'EXTRA', optional: true }] },
  })
}

test('the room is counted for each environment by itself', () => {
  const environments = {
    dev: environment(),
    live: environment({ kubeContext: 'shop-live', projectId: projects.other }),
  }
  const secrets = [{}, { variable: 'EXTRA', optional: true, environments: ['live'] }]
  const found = checkApplication(applicationWith({ ...tiers({ quota: { secrets: '2' } }), secrets, environments }))
  expect(found.map(({ message }) => message)).toEqual([expect.stringContaining('of environment "live"')])
})

ruleTest('a quota on limits needs a default for containers that name none', {
  refuses: tiers({
    quota: { 'requests.cpu': '4', 'limits.memory': '8Gi' },
    containerDefaults: { limits: { cpu: '1' } },
  }),
  telling: [
    {
      code: 'QUOTA_WITHOUT_DEFAULT',
      where: 'catalogue tier "api"',
      message:
        'the quota limits "limits.memory", and containerDefaults has none. Expected a default: a container that names none is refused.',
      severity: 'warning',
    },
  ],
  accepts: tiers({ quota: { 'requests.cpu': '4', 'limits.memory': '8Gi' }, containerDefaults: defaults }),
})

const withOperators = (without: readonly Protection[]) => {
  const operators = [{ kind: 'User', name: 'olga' }] as const
  return { environments: { dev: environment({ access: { api: { operators } }, without }) } }
}

ruleTest('nobody is an operator where admission is left out, which alone confines what an operator changes', {
  refuses: withOperators(['admission']),
  telling: [
    {
      code: 'OPERATORS_WITHOUT_ADMISSION',
      where: 'environment "dev" access.api',
      message:
        'names operators, but admission is switched off. Expected no operators: without admission, whoever may patch an ExternalSecret can change what it reads and writes.',
    },
  ],
  accepts: withOperators(['network-policies']),
})

test('viewers need no admission', () => {
  const viewers = [{ kind: 'User', name: 'vera' }] as const
  const dev = environment({ access: { api: { viewers, operators: [] } }, without: ['admission'] })
  expect(checkApplication(applicationWith({ environments: { dev } }))).toEqual([])
})

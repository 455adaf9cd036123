import { expect, test } from 'vitest'
import { checkApplication } from '../../../scripts/model/rules/index.ts'
import type { EnvironmentSpec } from '../../../scripts/model/types.ts'
import { applicationWith, environment, projects } from '../../helpers/applications.ts'
import { ruleTest } from '../../helpers/rules.ts'

ruleTest('the operator runs outside the tiers', {
  refuses: { environments: { dev: environment({ operator: { namespace: 'shop-web', name: 'external-secrets' } }) } },
  telling: [
    {
      code: 'OPERATOR_NAMESPACE_IS_TIER',
      where: 'environment "dev" operator',
      message:
        'the namespace is "shop-web", the namespace of tier "web". Expected a namespace outside the tiers: whoever creates pods in it can run one with the rights of the operator.',
    },
  ],
  accepts: { environments: { dev: environment({ operator: { namespace: 'eso', name: 'external-secrets' } }) } },
})

ruleTest('a tier is not called as the operator of another', {
  refuses: { environments: { dev: environment({ operator: 'per-tier', namespaces: { api: 'shop-web-operator' } }) } },
  telling: [
    {
      code: 'NAMESPACE_SHARED',
      where: 'environment "dev"',
      message:
        'a name is used twice in the cluster of kube context "shop-dev": namespace "shop-web-operator" by "dev/api" and "dev/web (operator)". Expected names apart from each other.',
    },
  ],
  accepts: { environments: { dev: environment({ namespaces: { api: 'shop-web-operator' } }) } },
})

const beside = (fields: Partial<EnvironmentSpec>, live: Partial<EnvironmentSpec> = {}) => ({
  environments: {
    live: environment(live),
    dev: environment({ projectId: projects.other, baseName: 'shop-dev', ...fields }),
  },
})

for (const [field, code] of [
  ['operator', 'OPERATOR_NAMESPACE_IS_TIER'],
  ['ingressNamespace', 'INGRESS_NAMESPACE_IS_TIER'],
  ['dns', 'DNS_NAMESPACE_IS_TIER'],
] as const) {
  test(`${field} is in no tier of another environment in the same cluster`, () => {
    const settings = (namespace: string) => ({
      operator: { namespace, name: 'external-secrets' },
      ingressNamespace: namespace,
      dns: { namespace, podLabels: { app: 'dns' } },
    })
    const told = (namespace: string, kubeContext: string) => {
      const { [field]: setting } = settings(namespace)
      const application = applicationWith(beside({ [field]: setting, kubeContext }))
      return checkApplication(application).filter((problem) => problem.code === code)
    }
    expect(told('shop-web', 'shop-dev')).toMatchObject([
      { where: expect.stringContaining('environment "dev"'), message: expect.stringContaining('of tier "live/web".') },
    ])
    expect(told('shop-web', 'another')).toEqual([])
    expect(told('elsewhere', 'shop-dev')).toEqual([])
  })
}

const own = { namespace: 'eso', name: 'external-secrets' }
for (const [title, live, dev, found, wanted] of [
  [
    'two for all tiers',
    {},
    { operator: own },
    "{ namespace: 'eso', name: 'external-secrets' }",
    "{ namespace: 'external-secrets', name: 'external-secrets' }",
  ],
  [
    'one for all tiers beside one for each',
    { operator: 'per-tier' },
    {},
    "{ namespace: 'external-secrets', name: 'external-secrets' }",
    "'per-tier'",
  ],
] as const) {
  ruleTest(`the operators of a cluster leave each other alone: ${title}`, {
    refuses: beside(dev, live),
    telling: [
      {
        code: 'OPERATORS_DIFFER',
        where: 'environment "dev"',
        message: `the operator is ${found}, and environment "live" of the same cluster has ${wanted}. Expected one operator, or only operators of one tier each: an operator for all tiers serves both environments.`,
        severity: 'warning',
      },
    ],
    accepts: beside(live, live),
  })
}

ruleTest('the ServiceAccount of the operator has a name that Kubernetes takes', {
  refuses: { environments: { dev: environment({ operator: { namespace: 'eso', name: 'eso/operator' } }) } },
  telling: [
    {
      code: 'KUBERNETES_NAME_INVALID',
      where: 'environment "dev" operator',
      message:
        'the name is "eso/operator". Expected at most 63 lowercase letters, digits and hyphens, with a letter or digit at both ends.',
    },
  ],
  accepts: { environments: { dev: environment({ operator: { namespace: 'eso', name: 'eso-operator' } }) } },
})

ruleTest('the namespace of a tier leaves room for that of its operator', {
  refuses: { environments: { dev: environment({ operator: 'per-tier', namespaces: { api: 'a'.repeat(55) } }) } },
  telling: [
    {
      code: 'KUBERNETES_NAME_INVALID',
      where: 'environment "dev" operator',
      message: `the namespace is "${'a'.repeat(55)}-operator". Expected at most 63 lowercase letters, digits and hyphens, with a letter or digit at both ends.`,
    },
  ],
  accepts: { environments: { dev: environment({ operator: 'per-tier', namespaces: { api: 'a'.repeat(54) } }) } },
})

import { environment } from '../../helpers/applications.ts'
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
      code: 'OPERATOR_NAMESPACE_IS_TIER',
      where: 'environment "dev" operator',
      message:
        'the namespace is "shop-web-operator", the namespace of tier "api". Expected a namespace outside the tiers: whoever creates pods in it can run one with the rights of the operator.',
    },
  ],
  accepts: { environments: { dev: environment({ namespaces: { api: 'shop-web-operator' } }) } },
})

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

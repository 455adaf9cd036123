import { expect, test } from 'vitest'
import { resolve } from '../../../scripts/model/resolve.ts'
import { checkApplication } from '../../../scripts/model/rules/index.ts'
import type { LegacySpec } from '../../../scripts/model/types.ts'
import { applicationWith, environment, projects } from '../../helpers/applications.ts'
import { ruleTest } from '../../helpers/rules.ts'

const legacy = { namespace: 'shop', secret: 'shop-secrets' }

for (const secret of ['Shop', 'shop_secrets', '-shop', 'shop.', 'x'.repeat(254)]) {
  ruleTest(`an old Secret can not be called ${secret.slice(0, 20)}`, {
    refuses: { legacy: { ...legacy, secret } },
    telling: [
      {
        code: 'LEGACY_NAME_INVALID',
        where: 'catalogue legacy',
        message: `the Secret is "${secret}". Expected at most 253 lowercase letters, digits, dots and hyphens, with a letter or digit at both ends.`,
      },
    ],
    accepts: { legacy: { ...legacy, secret: 'shop.secrets-2' } },
  })
}

ruleTest('the namespace of an old Secret has a name that Kubernetes takes', {
  refuses: { environments: { dev: environment({ legacy: { ...legacy, namespace: 'shop.old' } }) } },
  telling: [
    {
      code: 'LEGACY_NAME_INVALID',
      where: 'environment "dev" legacy',
      message:
        'the namespace is "shop.old". Expected at most 63 lowercase letters, digits and hyphens, with a letter or digit at both ends.',
    },
  ],
  accepts: { environments: { dev: environment({ legacy }) } },
})

for (const secret of ['api-secrets', 'api-optional-secrets', 'scw-api-credentials']) {
  ruleTest(`an old Secret that is called ${secret} is not in the namespace of that tier`, {
    refuses: { legacy: { namespace: 'shop-api', secret } },
    telling: [
      {
        code: 'LEGACY_IS_NEW',
        where: 'environment "dev"',
        message: `the old Secret shop-api/${secret} has the name of a Secret of tier "api". Expected another name.`,
      },
    ],
    accepts: { legacy: { namespace: 'shop-api', secret: 'shop-secrets' } },
  })
}

const twoOnOneCluster = (other: LegacySpec | 'none' | undefined) => ({
  legacy,
  environments: {
    dev: environment(),
    test: environment({
      projectId: projects.other,
      namespaces: { web: 'test-web', api: 'test-api' },
      kubeContext: other === undefined ? 'shop-test' : 'shop-dev',
      ...(other === undefined ? {} : { legacy: other }),
    }),
  },
})

test.each([
  ['shares the old Secret of another on one cluster', legacy, 'LEGACY_SHARED'],
  ['has an old Secret of its own', { ...legacy, secret: 'shop-test' }, undefined],
  ['never had one', 'none', undefined],
  ['is on another cluster', undefined, undefined],
] as const)('an environment that %s', (_, other, code) => {
  const found = checkApplication(applicationWith(twoOnOneCluster(other)))
  expect(found.filter((problem) => problem.code.startsWith('LEGACY'))).toMatchObject(
    code === undefined
      ? []
      : [
          {
            code: 'LEGACY_SHARED',
            where: 'environment "test"',
            message:
              'the old Secret shop/shop-secrets of kube context "shop-dev" is used by "dev" and "test". Expected a separate old Secret for each.',
          },
        ],
  )
})

test("the environment's old Secret comes before the catalogue's", () => {
  const other = { namespace: 'elsewhere', secret: 'old' }
  const legacyIn = (own: LegacySpec | 'none' | undefined) =>
    resolve(
      applicationWith({ legacy, environments: { dev: environment(own === undefined ? {} : { legacy: own }) } }),
      'dev',
    ).legacy
  expect([legacyIn(undefined), legacyIn(other), legacyIn('none')]).toEqual([legacy, other, undefined])
  expect(resolve(applicationWith(), 'dev').legacy).toBeUndefined()
})

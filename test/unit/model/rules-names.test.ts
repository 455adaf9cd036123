import { expect, test } from 'vitest'
import { checkApplication } from '../../../scripts/model/rules/index.ts'
import { applicationWith, environment } from '../../helpers/applications.ts'
import { ruleTest } from '../../helpers/rules.ts'

const tier = (name: string, fields = {}) => ({
  [name]: { description: 'A tier', workloads: {}, ...fields },
})

ruleTest('an application needs a name that Kubernetes takes', {
  refuses: { application: 'Shop' },
  telling: [
    {
      code: 'KUBERNETES_NAME_INVALID',
      where: 'catalogue',
      message:
        'the application is named "Shop". Expected lowercase letters, digits and hyphens, with a letter or digit at both ends.',
    },
  ],
  accepts: { application: 'shop' },
})

ruleTest('a tier needs a name that Kubernetes takes', {
  refuses: { tiers: tier('back_end') },
  telling: [
    {
      code: 'KUBERNETES_NAME_INVALID',
      where: 'catalogue tier "back_end"',
      message:
        'the tier is named "back_end". Expected lowercase letters, digits and hyphens, with a letter or digit at both ends.',
    },
  ],
  accepts: { tiers: tier('back-end') },
})

ruleTest('an environment needs a name that Kubernetes takes', {
  refuses: { environments: { 'dev-': environment() } },
  telling: [
    {
      code: 'KUBERNETES_NAME_INVALID',
      where: 'environment "dev-"',
      message:
        'the environment is named "dev-". Expected lowercase letters, digits and hyphens, with a letter or digit at both ends.',
    },
  ],
  accepts: { environments: { dev: environment() } },
})

ruleTest('an environment has at most 63 characters, because it is a label', {
  refuses: { environments: { ['e'.repeat(64)]: environment() } },
  telling: [
    {
      code: 'NAME_TOO_LONG',
      where: `environment "${'e'.repeat(64)}"`,
      message: `the environment "${'e'.repeat(64)}" has 64 characters. Expected at most 63.`,
    },
  ],
  accepts: { environments: { ['e'.repeat(63)]: environment() } },
})

const derived = (application: string, tierName: string) => `${application}-${tierName}-secrets`

ruleTest('a derived name has at most 63 characters', {
  refuses: { application: 'a'.repeat(20), tiers: tier('t'.repeat(35)) },
  telling: [
    {
      code: 'NAME_TOO_LONG',
      where: `catalogue tier "${'t'.repeat(35)}"`,
      message: `the IAM application "${derived('a'.repeat(20), 't'.repeat(35))}" has 64 characters. Expected at most 63.`,
    },
  ],
  accepts: { application: 'a'.repeat(20), tiers: tier('t'.repeat(34)) },
})

ruleTest('a release has at most 53 characters', {
  refuses: { application: 'a'.repeat(46), tiers: tier('t') },
  telling: [
    {
      code: 'NAME_TOO_LONG',
      where: 'catalogue',
      message: `the release "${'a'.repeat(46)}-secrets" has 54 characters. Expected at most 53.`,
    },
  ],
  accepts: { application: 'a'.repeat(45), tiers: tier('t') },
})

ruleTest('a namespace of one environment needs a name that Kubernetes takes', {
  refuses: { environments: { dev: environment({ namespaces: { api: 'Api' } }) } },
  telling: [
    {
      code: 'KUBERNETES_NAME_INVALID',
      where: 'environment "dev" namespaces.api',
      message:
        'the namespace is "Api". Expected lowercase letters, digits and hyphens, with a letter or digit at both ends.',
    },
  ],
  accepts: { environments: { dev: environment({ namespaces: { api: 'api' } }) } },
})

ruleTest('a namespace of one environment has at most 63 characters', {
  refuses: { environments: { dev: environment({ namespaces: { api: 'n'.repeat(64) } }) } },
  telling: [
    {
      code: 'NAME_TOO_LONG',
      where: 'environment "dev" namespaces.api',
      message: `the namespace "${'n'.repeat(64)}" has 64 characters. Expected at most 63.`,
    },
  ],
  accepts: { environments: { dev: environment({ namespaces: { api: 'n'.repeat(63) } }) } },
})

for (const [variable, neighbour] of [
  ['1TOKEN', 'TOKEN_1'],
  ['MY-TOKEN', 'MY_TOKEN'],
  ['TO.KEN', 'TOKEN'],
  ['__proto__', '__PROTO__'],
  ['T'.repeat(254), 'T'.repeat(253)],
] as const) {
  ruleTest(`${variable.slice(0, 20)} is not a variable`, {
    refuses: { secrets: [{ variable, remoteName: 'token' }] },
    telling: [
      {
        code: 'VARIABLE_INVALID',
        where: `catalogue "${variable}" (api)`,
        message:
          'the variable is not a valid key. Expected at most 253 letters, digits and underscores, and no digit first.',
      },
    ],
    accepts: { secrets: [{ variable: neighbour, remoteName: 'token' }] },
  })
}

for (const [remoteName, neighbour] of [
  ['folder/token', 'folder-token'],
  ['tokén', 'token'],
  ['to ken', 'to_ken'],
  ['.', '.a'],
  ['..', '.._'],
  ['n'.repeat(256), 'n'.repeat(255)],
] as const) {
  ruleTest(`Scaleway takes no remote secret named ${remoteName.slice(0, 20)}`, {
    refuses: { secrets: [{ remoteName }] },
    telling: [
      {
        code: 'REMOTE_NAME_INVALID',
        where: 'catalogue "TOKEN" (api)',
        message: `the remote secret is named "${remoteName}". Expected 1 to 255 letters, digits, dots, underscores and hyphens, without a slash, and not dots only.`,
      },
    ],
    accepts: { secrets: [{ remoteName: neighbour }] },
  })
}

ruleTest('the identity of a bundle is the name of its remote secret', {
  refuses: { secrets: [{ identity: 'a/b', layout: 'bundle' }] },
  telling: [
    {
      code: 'REMOTE_NAME_INVALID',
      where: 'catalogue "TOKEN" (api)',
      message:
        'the remote secret is named "a/b". Expected 1 to 255 letters, digits, dots, underscores and hyphens, without a slash, and not dots only.',
    },
  ],
  accepts: { secrets: [{ identity: 'a/b', layout: 'single' }] },
})

for (const [remotePath, fact, neighbour] of [
  ['shop/api', 'does not begin with a slash', '/shop/api'],
  ['/', 'is the root folder, which every tier would share', '/r'],
  ['/shop/api/', 'ends with a slash', '/shop/api'],
  ['/shop//api', 'has an empty segment', '/shop/api'],
  ['/shop/..', 'has a segment that is too long, is dots only, or has a character Scaleway does not allow', '/shop/..b'],
  [
    '/shop/a b',
    'has a segment that is too long, is dots only, or has a character Scaleway does not allow',
    '/shop/a_b',
  ],
  [
    `/${'s'.repeat(256)}`,
    'has a segment that is too long, is dots only, or has a character Scaleway does not allow',
    `/${'s'.repeat(255)}`,
  ],
] as const) {
  const withPath = (path: string) => ({ tiers: tier('api', { remotePath: path }) })
  ruleTest(`the remote path ${remotePath.slice(0, 20)} ${fact}`, {
    refuses: withPath(remotePath),
    telling: [
      {
        code: 'REMOTE_PATH_INVALID',
        where: 'catalogue tier "api"',
        message: `the remote path "${remotePath}" ${fact}. Expected /segment/segment, each of 1 to 255 letters, digits, dots, underscores and hyphens.`,
      },
    ],
    accepts: withPath(neighbour),
  })
}

ruleTest('two tiers have folders apart from each other', {
  refuses: { tiers: { ...tier('api', { remotePath: '/shop' }), ...tier('web', { remotePath: '/shop/web' }) } },
  telling: [
    {
      code: 'TIER_PATHS_OVERLAP',
      where: 'catalogue tier "web"',
      message: 'the remote path "/shop/web" is inside that of tier "api", "/shop". Expected separate folders.',
    },
  ],
  accepts: { tiers: { ...tier('api', { remotePath: '/shop' }), ...tier('web', { remotePath: '/shop-web' }) } },
})

ruleTest('two tiers with one folder are reported once', {
  refuses: { tiers: { ...tier('api', { remotePath: '/shop' }), ...tier('web', { remotePath: '/shop' }) } },
  telling: [
    {
      code: 'TIER_PATHS_OVERLAP',
      where: 'catalogue tier "web"',
      message: 'the remote path "/shop" is inside that of tier "api", "/shop". Expected separate folders.',
    },
  ],
  accepts: { tiers: { ...tier('api', { remotePath: '/shop' }), ...tier('web', { remotePath: '/sho' }) } },
})

for (const baseName of ['Shop', 'shop_dev', '-shop']) {
  ruleTest(`"${baseName}" is not a base of names`, {
    refuses: { environments: { dev: environment({ baseName, namespaces: { web: 'web', api: 'api' } }) } },
    telling: [
      {
        code: 'KUBERNETES_NAME_INVALID',
        where: 'environment "dev" baseName',
        message: `is "${baseName}". Expected lowercase letters, digits and hyphens, with a letter or digit at both ends.`,
      },
    ],
    accepts: { environments: { dev: environment({ baseName: 'shop-dev', namespaces: { web: 'web', api: 'api' } }) } },
  })
}

ruleTest('a base leaves room for what follows it', {
  refuses: { environments: { dev: environment({ baseName: 'b'.repeat(60) }) } },
  telling: [
    { what: 'namespace', name: `${'b'.repeat(60)}-api`, limit: 63 },
    { what: 'namespace', name: `${'b'.repeat(60)}-web`, limit: 63 },
    { what: 'release', name: `${'b'.repeat(60)}-secrets`, limit: 53 },
  ].map(({ what, name, limit }) => ({
    code: 'NAME_TOO_LONG',
    where: 'environment "dev" baseName',
    message: `the ${what} "${name}" has ${name.length} characters. Expected at most ${limit}.`,
  })),
  accepts: { environments: { dev: environment({ baseName: 'b'.repeat(45) }) } },
})

test('what is too long is called as users know it', () => {
  const tiers = { ['t'.repeat(60)]: { description: 'x', workloads: {} } }
  const problems = checkApplication(applicationWith({ tiers, secrets: [] } as never))
  const named = problems.map(({ message }) => message.split(' "')[0])
  expect(named).toEqual(
    expect.arrayContaining(['the Secret', 'the Secret of the optional entries', 'the IAM application']),
  )
})

import { expect, test } from 'vitest'
import { checkApplication } from '../../../scripts/model/rules/index.ts'
import type { SecretSpec, TargetSpec } from '../../../scripts/model/types.ts'
import { applicationWith, environment, projects } from '../../helpers/applications.ts'
import { ruleTest } from '../../helpers/rules.ts'

const tiers = (targets: Readonly<Record<string, TargetSpec>>) => ({
  tiers: {
    web: { description: 'What the browser gets', workloads: {}, targets: { front: {} } },
    api: { description: 'What only we run', workloads: {}, targets },
  },
})

/** So that a target of another tier is there, and has an entry. */
const front: Partial<SecretSpec> = { tier: 'web', variable: 'FRONT', target: 'front' }
const crt: Partial<SecretSpec> = { variable: 'TLS_CERT', target: 'tls', key: 'tls.crt', format: 'pem-certificate' }
const key: Partial<SecretSpec> = { variable: 'TLS_KEY', target: 'tls', key: 'tls.key', format: 'pem-private-key' }
const tls = tiers({ tls: { type: 'kubernetes.io/tls' } })
const twoEnvironments = {
  environments: {
    dev: environment(),
    live: environment({ projectId: projects.other, kubeContext: 'shop-live', iamApplications: { web: 'w', api: 'a' } }),
  },
}

for (const name of ['Jobs', 'main', 'a_b', '-a']) {
  ruleTest(`a target can't be named ${name}`, {
    refuses: { ...tiers({ [name]: {} }), secrets: [front, { target: name }] },
    telling: [
      {
        code: 'TARGET_NAME_INVALID',
        where: `catalogue tier "api" target "${name}"`,
        message: `the target is named "${name}". Expected lowercase letters, digits and hyphens, with a letter or digit at both ends, and not "main", which is the target of entries that name none.`,
      },
    ],
    accepts: { ...tiers({ jobs: {} }), secrets: [front, { target: 'jobs' }] },
  })
}

const long = 'a'.repeat(50)
ruleTest('the name of the Secret for optional entries is not too long', {
  refuses: { ...tiers({ [`${long}b`]: {} }), secrets: [front, { target: `${long}b`, optional: true }] },
  telling: [
    {
      code: 'NAME_TOO_LONG',
      where: `catalogue tier "api" target "${long}b"`,
      message: `the Secret "api-${long}b-optional" has 64 characters. Expected at most 63.`,
    },
  ],
  accepts: { ...tiers({ [`${long}b`]: {} }), secrets: [front, { target: `${long}b` }] },
})

for (const [name, secret] of [
  ['secrets', 'api-secrets'],
  ['optional-secrets', 'api-optional-secrets'],
] as const) {
  ruleTest(`the target ${name} would be the main one`, {
    refuses: { ...tiers({ [name]: {} }), secrets: [front, { target: name }] },
    telling: [
      {
        code: 'TARGET_NAMES_COLLIDE',
        where: 'catalogue tier "api"',
        message: `Secret "${secret}" would hold two of its targets, or a target and its Scaleway key. Expected a Secret for each, and one for its optional entries.`,
      },
    ],
    accepts: { ...tiers({ jobs: {} }), secrets: [front, { target: 'jobs' }] },
  })
}

ruleTest('a target is not the one of the optional entries of another', {
  refuses: {
    ...tiers({ a: {}, 'a-optional': {} }),
    secrets: [front, { target: 'a' }, { variable: 'B', target: 'a-optional' }],
  },
  telling: [
    {
      code: 'TARGET_NAMES_COLLIDE',
      where: 'catalogue tier "api"',
      message:
        'Secret "api-a-optional" would hold two of its targets, or a target and its Scaleway key. Expected a Secret for each, and one for its optional entries.',
    },
  ],
  accepts: { ...tiers({ a: {}, b: {} }), secrets: [front, { target: 'a' }, { variable: 'B', target: 'b' }] },
})

for (const [type, hint] of [
  ['kubernetes.io/service-account-token', ''],
  ['bootstrap.kubernetes.io/token', ''],
  ['kubernetes.io/TLS', ' Did you mean "kubernetes.io/tls"?'],
  ['toString', ''],
] as const) {
  ruleTest(`${type} is not a type of a target`, {
    refuses: {
      ...tiers({ jobs: { type: type as TargetSpec['type'] & string } }),
      secrets: [front, { target: 'jobs' }],
    },
    telling: [
      {
        code: 'TARGET_TYPE_INVALID',
        where: 'catalogue tier "api" target "jobs"',
        message: `the type is "${type}".${hint} Expected one of: Opaque, kubernetes.io/tls, kubernetes.io/dockerconfigjson, kubernetes.io/basic-auth, kubernetes.io/ssh-auth.`,
      },
    ],
    accepts: { ...tiers({ jobs: { type: 'Opaque' } }), secrets: [front, { target: 'jobs' }] },
  })
}

ruleTest('a target has entries', {
  refuses: { ...tiers({ jobs: {} }), secrets: [front, {}] },
  telling: [
    {
      code: 'TARGET_EMPTY',
      where: 'catalogue tier "api" target "jobs"',
      message: 'no entry names this target, so that no Secret is made of it. Expected at least one entry.',
      severity: 'warning',
    },
  ],
  accepts: { ...tiers({ jobs: {} }), secrets: [front, { target: 'jobs' }] },
})

ruleTest('an entry names a target that exists', {
  refuses: { ...tiers({ jobs: {} }), secrets: [front, { target: 'jobs' }, { variable: 'OTHER', target: 'job' }] },
  telling: [
    {
      code: 'TARGET_UNKNOWN',
      where: 'catalogue "OTHER" (api)',
      message:
        'there is no target "job". Did you mean "jobs"? Expected one of the targets of tier "api": "jobs", or none for the main one.',
    },
  ],
  accepts: { ...tiers({ jobs: {} }), secrets: [front, { target: 'jobs' }, { variable: 'OTHER', target: 'jobs' }] },
})

ruleTest('an entry names a target of its own tier', {
  refuses: { ...tiers({}), secrets: [front, { target: 'front' }] },
  telling: [
    {
      code: 'TARGET_OF_ANOTHER_TIER',
      where: 'catalogue "TOKEN" (api)',
      message:
        'the target "front" belongs to tier "web". Expected no target, because tier "api" has only its main one.',
    },
  ],
  accepts: { ...tiers({}), secrets: [front, {}] },
})

for (const bad of ['a b', '..', '.', '..data', 'a/b', '__proto__', 'é', 'k'.repeat(254)]) {
  ruleTest(`"${bad.slice(0, 20)}" is not a key of a Secret`, {
    refuses: { secrets: [{ key: bad }] },
    telling: [
      {
        code: 'KEY_INVALID',
        where: 'catalogue "TOKEN" (api)',
        message:
          'the key is not one that a Secret can have. Expected 1 to 253 letters, digits, dots, hyphens and underscores, and no two dots first.',
      },
    ],
    accepts: { secrets: [{ key: 'key.pem' }, { variable: 'B', key: '.b' }, { variable: 'C', key: 'a..b' }] },
  })
}

ruleTest('a key is in a target once, whether its entries are optional or not', {
  refuses: {
    secrets: [
      { variable: 'A', key: 'B' },
      { variable: 'B', optional: true },
    ],
  },
  telling: [
    {
      code: 'DUPLICATE_KEY',
      where: 'catalogue "B" (api)',
      message: 'its key "B" is also that of "A" in the same target. Expected each key once in a target.',
    },
  ],
  accepts: { ...tiers({ jobs: {} }), secrets: [front, { variable: 'A', key: 'B', target: 'jobs' }, { variable: 'B' }] },
})

ruleTest('a target of a type has the keys of it', {
  refuses: { ...tls, secrets: [front, crt, { ...key, key: undefined }] as Partial<SecretSpec>[] },
  telling: [
    {
      code: 'TARGET_KEY_MISSING',
      where: 'catalogue tier "api" target "tls"',
      message:
        'is of type kubernetes.io/tls, and no required entry of it has the key "tls.key". Expected required entries with the keys "tls.crt" and "tls.key", because Kubernetes refuses the Secret without.',
    },
  ],
  accepts: { ...tls, secrets: [front, crt, key] },
})

ruleTest('a target of a type has its keys in each environment that has it', {
  refuses: { ...tls, ...twoEnvironments, secrets: [front, crt, { ...key, environments: ['dev'] }] },
  telling: [
    {
      code: 'TARGET_KEY_MISSING',
      where: 'catalogue tier "api" target "tls"',
      message:
        'is of type kubernetes.io/tls, and no required entry of it has the key "tls.key" in "live". Expected required entries with the keys "tls.crt" and "tls.key", because Kubernetes refuses the Secret without.',
    },
  ],
  accepts: {
    ...tls,
    ...twoEnvironments,
    secrets: [front, { ...crt, environments: ['dev'] }, { ...key, environments: ['dev'] }],
  },
})

const login = tiers({ login: { type: 'kubernetes.io/basic-auth' } })
ruleTest('one of its two keys is enough for a login', {
  refuses: { ...login, secrets: [front, { target: 'login', key: 'username', optional: true }] },
  telling: [
    {
      code: 'TARGET_KEY_MISSING',
      where: 'catalogue tier "api" target "login"',
      message:
        'is of type kubernetes.io/basic-auth, and no required entry of it has the key "username" or "password". Expected required entries with the keys "username" or "password", because Kubernetes refuses the Secret without.',
    },
  ],
  accepts: {
    ...login,
    secrets: [
      front,
      { target: 'login', key: 'password' },
      { variable: 'U', target: 'login', key: 'username', optional: true },
    ],
  },
})

const registry = tiers({ registry: { type: 'kubernetes.io/dockerconfigjson' } })
const pull: Partial<SecretSpec> = { target: 'registry', key: '.dockerconfigjson', format: 'dockerconfigjson' }
ruleTest('a key of a type has the format that is read there', {
  refuses: { ...registry, secrets: [front, { ...pull, format: 'text' }] },
  telling: [
    {
      code: 'TARGET_KEY_FORMAT',
      where: 'catalogue "TOKEN" (api)',
      message:
        'its key ".dockerconfigjson" is in a target of type kubernetes.io/dockerconfigjson, and its format is "text". Expected the format "dockerconfigjson".',
    },
  ],
  accepts: { ...registry, secrets: [front, pull] },
})

ruleTest('a certificate takes no optional entry', {
  refuses: { ...tls, secrets: [front, crt, key, { target: 'tls', key: 'extra', optional: true }] },
  telling: [
    {
      code: 'OPTIONAL_IN_TYPED_TARGET',
      where: 'catalogue "TOKEN" (api)',
      message:
        'is optional, and in the target "tls" of type kubernetes.io/tls. Expected required entries alone: such a Secret has all of its keys or is not there.',
    },
  ],
  accepts: { ...tls, secrets: [front, crt, key, { target: 'tls', key: 'extra' }] },
})

const half = (target: string | undefined): Partial<SecretSpec> =>
  ({ target, layout: 'bundle', identity: 'mail' }) as Partial<SecretSpec>
ruleTest('a bundle lies in one target', {
  refuses: {
    ...tiers({ jobs: {} }),
    secrets: [front, { variable: 'A', ...half('jobs') }, { variable: 'B', ...half(undefined) }],
  },
  telling: [
    {
      code: 'BUNDLE_IN_TWO_TARGETS',
      where: 'catalogue identity "mail"',
      message: 'its bundle is for the targets "jobs" and "main". Expected one target for a bundle.',
    },
  ],
  accepts: {
    ...tiers({ jobs: {} }),
    secrets: [front, { variable: 'A', ...half('jobs') }, { variable: 'B', ...half('jobs') }],
  },
})

test('a quota leaves room for the named targets too', () => {
  const { web, api } = tiers({ jobs: {} }).tiers
  const secrets = [front, { target: 'jobs' }, { variable: 'B', target: 'jobs', optional: true }]
  const found = (secretsQuota: string) =>
    checkApplication(applicationWith({ tiers: { web, api: { ...api, quota: { secrets: secretsQuota } } }, secrets }))
  expect(found('2').map(({ code, message }) => [code, message])).toEqual([
    [
      'QUOTA_TOO_SMALL',
      '"secrets" is 2. Expected at least 3, for "scw-api-credentials", "api-jobs" and "api-jobs-optional" of environment "dev".',
    ],
  ])
  expect(found('3')).toEqual([])
})

test('a target and its type are texts, and a target has no other field', () => {
  const application = applicationWith({
    ...tiers({ jobs: { typ: 'x' } as TargetSpec, other: { type: 1 } as unknown as TargetSpec }),
  })
  expect(checkApplication(application).map(({ where, message }) => `${where}: ${message}`)).toEqual([
    'catalogue tier "api" target "jobs": has an unknown field "typ". Did you mean "type"? Expected only type.',
    'catalogue tier "api" target "other": "type" is 1. Expected a text that is not empty.',
  ])
})

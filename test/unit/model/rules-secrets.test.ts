import { environment, projects } from '../../helpers/applications.ts'
import { ruleTest } from '../../helpers/rules.ts'

const formats =
  'postgresql-url, mongodb-url, redis-url, http-url, http-url-or-host, sentry-dsn, random-secret, token, boolean, number, pem-certificate, pem-private-key, dockerconfigjson, region, bucket-name, identifier, text, "exactly N characters", "exactly N bytes", "at least N characters"'

ruleTest('a tier has one entry a variable', {
  refuses: { secrets: [{ remoteName: 'first' }, { remoteName: 'second' }] },
  telling: [
    {
      code: 'DUPLICATE_VARIABLE',
      where: 'catalogue "TOKEN" (api)',
      message: 'remote secret "second" fills the same variable as "first". Expected one entry per variable in a tier.',
    },
  ],
  accepts: { secrets: [{ remoteName: 'first' }, { remoteName: 'second', tier: 'web' }] },
})

const tiersWithPath = (remotePath: string) => ({
  api: { description: 'A', workloads: {}, remotePath },
  web: { description: 'W', workloads: {}, remotePath: '/common' },
})
const oneTokenEach = [{ tier: 'api' }, { tier: 'web' }]

ruleTest('a remote secret belongs to one tier', {
  refuses: { tiers: tiersWithPath('/common'), secrets: oneTokenEach },
  telling: [
    {
      code: 'SHARED_REMOTE_REF',
      where: 'catalogue "TOKEN" (web)',
      message: 'path:/common/token is also read by tier "api" (TOKEN). Expected each remote secret in one tier.',
    },
    {
      code: 'TIER_PATHS_OVERLAP',
      where: 'catalogue tier "web"',
      message: 'the remote path "/common" is inside that of tier "api", "/common". Expected separate folders.',
    },
    {
      code: 'REPEATED_REMOTE_REF',
      where: 'catalogue "TOKEN" (web)',
      message: 'reads the same value as "TOKEN": path:/common/token. Expected a separate remote secret.',
      severity: 'warning',
    },
  ],
  accepts: { tiers: tiersWithPath('/own'), secrets: oneTokenEach },
})

ruleTest('a remote secret has one shape', {
  refuses: { secrets: [{ remoteName: 'mail' }, { variable: 'USER', remoteName: 'mail', property: ['user'] }] },
  telling: [
    {
      code: 'REMOTE_SHAPE_CONFLICT',
      where: 'catalogue "USER" (api)',
      message:
        'path:/shop-api/mail is JSON with fields here and a whole value for "TOKEN". Expected one shape for a remote secret.',
    },
  ],
  accepts: {
    secrets: [
      { remoteName: 'mail', property: ['password'] },
      { variable: 'USER', remoteName: 'mail', property: ['user'] },
    ],
  },
})

ruleTest('a single entry may not be stored under the identity of a bundle', {
  refuses: { secrets: [{ remoteName: 'mail' }, { variable: 'USER', identity: 'mail', layout: 'bundle' }] },
  telling: [
    {
      code: 'REMOTE_SHAPE_CONFLICT',
      where: 'catalogue "USER" (api)',
      message:
        'path:/shop-api/mail is a bundle here and a whole value for "TOKEN". Expected one shape for a remote secret.',
    },
  ],
  accepts: { secrets: [{ remoteName: 'mail' }, { variable: 'USER', identity: 'post', layout: 'bundle' }] },
})

ruleTest('two variables that read one value are warned about', {
  refuses: { secrets: [{ remoteName: 'mail' }, { variable: 'USER', remoteName: 'mail' }] },
  telling: [
    {
      code: 'REPEATED_REMOTE_REF',
      where: 'catalogue "USER" (api)',
      message: 'reads the same value as "TOKEN": path:/shop-api/mail. Expected a separate remote secret.',
      severity: 'warning',
    },
  ],
  accepts: { secrets: [{ remoteName: 'mail' }, { variable: 'USER', remoteName: 'user' }] },
})

ruleTest('two variables that read one field are warned about, however the field is written', {
  refuses: {
    secrets: [
      { remoteName: 'mail', property: ['a.b'] },
      { variable: 'USER', remoteName: 'mail', property: ['a.b'] },
    ],
  },
  telling: [
    {
      code: 'REPEATED_REMOTE_REF',
      where: 'catalogue "USER" (api)',
      message: 'reads the same value as "TOKEN": path:/shop-api/mail. Expected a separate remote secret.',
      severity: 'warning',
    },
  ],
  accepts: {
    secrets: [
      { remoteName: 'mail', property: ['a.b'] },
      { variable: 'USER', remoteName: 'mail', property: ['a', 'b'] },
    ],
  },
})

ruleTest('a bundle has an identity', {
  refuses: { secrets: [{ layout: 'bundle' }] },
  telling: [
    {
      code: 'BUNDLE_WITHOUT_IDENTITY',
      where: 'catalogue "TOKEN" (api)',
      message: 'the layout is "bundle" and there is no identity. Expected an identity, which names the bundle.',
    },
  ],
  accepts: { secrets: [{ layout: 'bundle', identity: 'mail' }] },
})

ruleTest('a bundled secret has no property', {
  refuses: { secrets: [{ layout: 'bundle', identity: 'mail', property: ['user'] }] },
  telling: [
    {
      code: 'PROPERTY_IN_BUNDLE',
      where: 'catalogue "TOKEN" (api)',
      message: 'has a property and the layout "bundle". Expected one of them: a bundle has one key per variable.',
    },
  ],
  accepts: { secrets: [{ layout: 'single', identity: 'mail', property: ['user'] }] },
})

for (const property of [[], [''], ['smtp', '']]) {
  ruleTest(`a property is not ${JSON.stringify(property)}`, {
    refuses: { secrets: [{ property }] },
    telling: [
      {
        code: 'PROPERTY_EMPTY',
        where: 'catalogue "TOKEN" (api)',
        message: 'the property has an empty segment or none. Expected the path of a JSON field, such as ["password"].',
      },
    ],
    accepts: { secrets: [{ property: ['smtp'] }] },
  })
}

for (const [property, neighbour] of [
  ['a\nb', 'a b'],
  ['a\x7f', 'a~'],
  ['é'.repeat(1001), 'é'.repeat(1000)],
  ['@'.repeat(501), '@'.repeat(500)],
  ['\ud83d', '\ud83d\ude00'],
] as const) {
  ruleTest(`a property is not ${JSON.stringify(property).slice(0, 20)}`, {
    refuses: { secrets: [{ property: [property] }] },
    telling: [
      {
        code: 'PROPERTY_INVALID',
        where: 'catalogue "TOKEN" (api)',
        message:
          'the property has a control character or half a character, or more than 1000 characters. Expected the path of a JSON field, such as ["password"].',
      },
    ],
    accepts: { secrets: [{ property: [neighbour] }] },
  })
}

for (const property of [['__proto__'], ['a', '__proto__', 'b']]) {
  ruleTest(`a property is not ${JSON.stringify(property)}`, {
    refuses: { secrets: [{ property }] },
    telling: [
      {
        code: 'PROPERTY_INVALID',
        where: 'catalogue "TOKEN" (api)',
        message:
          'the property has a segment "__proto__", which much of what reads JSON leaves out. Expected a name that is data everywhere, such as ["password"].',
      },
    ],
    accepts: { secrets: [{ property: property.map((name) => name.replace('__proto__', 'constructor')) }] },
  })
}

const fieldOf = (variable: string, property: readonly string[]) => ({ variable, remoteName: 'mail', property })

for (const [outer, inner, neighbour] of [
  [['a'], ['a', 'b'], ['ab', 'b']],
  [['hosts'], ['hosts', '0'], ['hosts.0']],
  [
    ['a', 'b'],
    ['a', 'b', 'c', 'd'],
    ['a', 'c'],
  ],
] as const) {
  const outerName = outer.join('.')
  ruleTest(`a field of the catalogue is not a part of another: ${inner.join('.')}`, {
    refuses: { secrets: [fieldOf('INNER', inner), fieldOf('OUTER', outer)] },
    telling: [
      {
        code: 'PROPERTY_OVERLAPS',
        where: 'catalogue "INNER" (api)',
        message: `the field ${inner.join('.')} is a part of ${outerName}, which is "OUTER". Expected fields of "mail" that do not hold each other.`,
      },
    ],
    accepts: { secrets: [fieldOf('INNER', neighbour), fieldOf('OUTER', outer)] },
  })
}

ruleTest('a field may be a part of another that no environment has beside it', {
  refuses: {
    secrets: [
      { ...fieldOf('INNER', ['a', 'b']), environments: ['dev'] },
      { ...fieldOf('OUTER', ['a']), environments: ['dev'] },
    ],
  },
  telling: [
    {
      code: 'PROPERTY_OVERLAPS',
      where: 'catalogue "INNER" (api)',
      message: 'the field a.b is a part of a, which is "OUTER". Expected fields of "mail" that do not hold each other.',
    },
  ],
  accepts: {
    environments: { dev: environment(), live: environment({ projectId: projects.other, kubeContext: 'shop-live' }) },
    secrets: [
      { ...fieldOf('INNER', ['a', 'b']), environments: ['dev'] },
      { ...fieldOf('OUTER', ['a']), environments: ['live'] },
    ],
  },
})

ruleTest('an unknown format is reported with the nearest one', {
  refuses: { secrets: [{ format: 'http-ulr' as never }] },
  telling: [
    {
      code: 'FORMAT_UNKNOWN',
      where: 'catalogue "TOKEN" (api)',
      message: `there is no format "http-ulr". Did you mean "http-url"? Expected one of: ${formats}.`,
    },
  ],
  accepts: { secrets: [{ format: 'http-url' }] },
})

ruleTest('an unknown tier is reported with the nearest one', {
  refuses: { secrets: [{ tier: 'apy' }] },
  telling: [
    {
      code: 'TIER_UNKNOWN',
      where: 'catalogue "TOKEN" (apy)',
      message: 'there is no tier "apy". Did you mean "api"? Expected one of: web, api.',
    },
  ],
  accepts: { secrets: [{ tier: 'api' }] },
})

ruleTest('an entry exists in some environment', {
  refuses: { secrets: [{ environments: [] }] },
  telling: [
    {
      code: 'ENVIRONMENTS_EMPTY',
      where: 'catalogue "TOKEN" (api)',
      message: 'the list of environments is empty. Expected at least one, or no list for all of them.',
    },
  ],
  accepts: { secrets: [{ environments: ['dev'] }] },
})

ruleTest('an unknown environment is reported with the nearest one', {
  refuses: { environments: { staging: environment() }, secrets: [{ environments: ['stagin'] }] },
  telling: [
    {
      code: 'ENVIRONMENT_UNKNOWN',
      where: 'catalogue "TOKEN" (api)',
      message: 'there is no environment "stagin". Did you mean "staging"? Expected one of: staging.',
    },
  ],
  accepts: { environments: { staging: environment() }, secrets: [{ environments: ['staging'] }] },
})

for (const rotation of ['90', '0d', '3m', '1.5d', '-1d'] as never[]) {
  ruleTest(`${rotation} is not a rotation period`, {
    refuses: { secrets: [{ rotation }] },
    telling: [
      {
        code: 'ROTATION_INVALID',
        where: 'catalogue "TOKEN" (api)',
        message: `the rotation is "${rotation}". Expected a number of days, such as 180d.`,
      },
    ],
    accepts: { secrets: [{ rotation: '90d' }] },
  })
}

for (const overlap of ['7', '0d', '0h', '1.5d', '-1d', '2w', 'soon']) {
  ruleTest(`${overlap} is not an overlap`, {
    refuses: { secrets: [{ overlap }] },
    telling: [
      {
        code: 'OVERLAP_INVALID',
        where: 'catalogue "TOKEN" (api)',
        message: `the overlap is "${overlap}". Expected days or a Go duration, such as 7d or 36h.`,
      },
    ],
    accepts: { secrets: [{ overlap: '7d' }, { variable: 'USER', overlap: '1h30m' }] },
  })
}

ruleTest('an overlap is over before the next rotation', {
  refuses: { secrets: [{ overlap: '240h', rotation: '10d' }] },
  telling: [
    {
      code: 'OVERLAP_TOO_LONG',
      where: 'catalogue "TOKEN" (api)',
      message: 'the overlap is "240h" and the rotation "10d". Expected an overlap that ends before the next rotation.',
    },
  ],
  accepts: { secrets: [{ overlap: '239h', rotation: '10d' }] },
})

import { describe, expect, test } from 'vitest'
import { trackdechets } from '../fixtures/applications.ts'
import { chartOf, helm4, helms, tryTemplate, valuesFile } from '../helpers/chart.ts'
import { repositoryFile } from '../helpers/generating.ts'
import { sharedFolder } from '../helpers/shared-folder.ts'
import { withValue } from '../helpers/values.ts'

const folder = await sharedFolder()
const { chart } = await chartOf(trackdechets)

const tier = (name: string, projectId: string) => ({
  namespace: `shop-${name}`,
  projectId,
  remotePath: `/shop-${name}`,
  secretStore: `${name}-secretstore`,
  credentialsSecret: `scw-${name}-credentials`,
  serviceAccount: `${name}-workloads`,
  podSecurity: 'restricted',
  network: { open: false },
})

/** Two tiers that are kept apart in every way the chart looks at. */
const shop = {
  application: 'shop',
  environment: 'dev',
  isolation: 'project',
  tiers: {
    api: {
      ...tier('api', 'b85a3c92-1e64-4b0d-8f37-d6e2a90c7f41'),
      required: {
        target: 'api-secrets',
        data: { TOKEN: 'path:/shop-api/token' },
        fields: { HOST: { remoteRef: 'path:/shop-api/relay', property: 'host' } },
        bundles: { mail: { remoteRef: 'path:/shop-api/mail', keys: ['USER'] } },
      },
    },
    web: {
      ...tier('web', '2f9e6b7a-d013-48c5-97ea-4c8b05d3f1a6'),
      operators: [{ kind: 'User', name: 'olga' }],
      optional: { target: 'web-optional-secrets', data: { DSN: 'path:/shop-web/dsn' } },
    },
  },
}

const outside = (place: string, ref: string, prefix = 'path:/shop-api/') =>
  `${place}: "${ref}" is outside this tier. Expected a remote ref directly under "${prefix}".`

const typed = (type: string, keys: Readonly<Record<string, string>>) => {
  const data = Object.fromEntries(Object.keys(keys).map((variable) => [variable, `path:/shop-api/${variable}`]))
  return { type, required: { target: `api-${type.split('/')[1]}`, data, keys } }
}

/** A place of the values, a wrong value, the exact text, and the nearest right value. */
const examples: readonly [fact: string, place: string, wrong: unknown, text: string, right: unknown][] = [
  [
    'tiers of no application',
    'application',
    '',
    'application: is empty. Expected the name of the application, since there are tiers.',
    'a',
  ],
  [
    'tiers of no environment',
    'environment',
    '',
    'environment: is empty. Expected the name of the environment, since there are tiers.',
    'e',
  ],
  [
    'two tiers with one namespace',
    'tiers.web.namespace',
    'shop-api',
    'tiers.web.namespace: "shop-api" is also the namespace of tier api. Expected a namespace for each tier.',
    'shop-apis',
  ],
  [
    'two tiers with one credential',
    'tiers.web.credentialsSecret',
    'scw-api-credentials',
    'tiers.web.credentialsSecret: "scw-api-credentials" is also the credential of tier api. Expected a credential for each tier.',
    'scw-apis-credentials',
  ],
  [
    'two tiers with one project in isolation mode "project"',
    'tiers.web.projectId',
    shop.tiers.api.projectId,
    `tiers.web.projectId: "${shop.tiers.api.projectId}" is also the project of tier api. Expected a project for each tier, since isolation is "project".`,
    '6c1f0a4e-93b7-4d25-8e0f-b2a97c53d184',
  ],
  [
    'a folder inside that of another tier',
    'tiers.api.remotePath',
    '/shop-web',
    [
      'tiers.web.remotePath: "/shop-web" overlaps with "/shop-web" of tier api. Expected separate folders.',
      outside('tiers.api.required.bundles.mail.remoteRef', 'path:/shop-api/mail', 'path:/shop-web/'),
      outside('tiers.api.required.data.TOKEN', 'path:/shop-api/token', 'path:/shop-web/'),
      outside('tiers.api.required.fields.HOST.remoteRef', 'path:/shop-api/relay', 'path:/shop-web/'),
    ].join('\n'),
    '/shop-api',
  ],
  [
    'a folder that holds that of another tier',
    'tiers.api.remotePath',
    '/shop-web/api',
    [
      'tiers.web.remotePath: "/shop-web" overlaps with "/shop-web/api" of tier api. Expected separate folders.',
      outside('tiers.api.required.bundles.mail.remoteRef', 'path:/shop-api/mail', 'path:/shop-web/api/'),
      outside('tiers.api.required.data.TOKEN', 'path:/shop-api/token', 'path:/shop-web/api/'),
      outside('tiers.api.required.fields.HOST.remoteRef', 'path:/shop-api/relay', 'path:/shop-web/api/'),
    ].join('\n'),
    '/shop-api',
  ],
  [
    'a store of another namespace',
    'tiers.web.secretStore',
    'shop-api/api-secretstore',
    'tiers.web.secretStore: "shop-api/api-secretstore" names another namespace. Expected the bare name of a SecretStore: a tier\'s store is in the tier\'s own namespace.',
    'api-secretstore',
  ],
  [
    'operators without admission',
    'admission.enabled',
    false,
    'tiers.web.operators: is not empty, but admission is off. Expected no operators: without admission, whoever may patch an ExternalSecret can change what it reads and writes.',
    true,
  ],
  [
    'a remote ref of another tier',
    'tiers.api.required.data.TOKEN',
    'path:/shop-web/token',
    outside('tiers.api.required.data.TOKEN', 'path:/shop-web/token'),
    'path:/shop-api/another',
  ],
  [
    'a remote ref of a folder that begins alike',
    'tiers.api.required.data.TOKEN',
    'path:/shop-api-admin/token',
    outside('tiers.api.required.data.TOKEN', 'path:/shop-api-admin/token'),
    'path:/shop-api/admin-token',
  ],
  [
    'a remote ref of a folder below',
    'tiers.api.required.data.TOKEN',
    'path:/shop-api/more/token',
    outside('tiers.api.required.data.TOKEN', 'path:/shop-api/more/token'),
    'path:/shop-api/more-token',
  ],
  [
    'a remote ref of dots',
    'tiers.api.required.data.TOKEN',
    'path:/shop-api/..',
    outside('tiers.api.required.data.TOKEN', 'path:/shop-api/..'),
    'path:/shop-api/..token',
  ],
  [
    'a remote ref with a sign',
    'tiers.api.required.bundles.mail.remoteRef',
    'path:/shop-api/mail%2f',
    outside('tiers.api.required.bundles.mail.remoteRef', 'path:/shop-api/mail%2f'),
    'path:/shop-api/mail_2f',
  ],
  [
    'a folder of dots',
    'tiers.web.remotePath',
    '/shop-web/..',
    [
      'tiers.web.remotePath: "/shop-web/.." is not a folder. Expected /segment/segment, of letters, digits, dots, underscores and hyphens, not dots only.',
      outside('tiers.web.optional.data.DSN', 'path:/shop-web/dsn', 'path:/shop-web/../'),
    ].join('\n'),
    '/shop-web',
  ],
  [
    'a remote ref by name, which every folder of the project answers',
    'tiers.web.optional.data.DSN',
    'name:dsn',
    outside('tiers.web.optional.data.DSN', 'name:dsn', 'path:/shop-web/'),
    'path:/shop-web/dsn2',
  ],
  [
    'a field of a remote secret of another tier',
    'tiers.api.required.fields.HOST.remoteRef',
    'path:/shop-web/relay',
    outside('tiers.api.required.fields.HOST.remoteRef', 'path:/shop-web/relay'),
    'path:/shop-api/relay2',
  ],
  [
    'a bundle of another tier',
    'tiers.api.required.bundles.mail.remoteRef',
    'path:/shop-web/mail',
    outside('tiers.api.required.bundles.mail.remoteRef', 'path:/shop-web/mail'),
    'path:/shop-api/mail2',
  ],
  [
    'a variable that is a field and a whole value',
    'tiers.api.required.fields.TOKEN',
    { remoteRef: 'path:/shop-api/relay', property: 'token' },
    'tiers.api.required.fields.TOKEN: is also in data. Expected each variable once.',
    undefined,
  ],
  [
    'a variable that is in a bundle and a whole value',
    'tiers.api.required.bundles.mail.keys',
    ['USER', 'TOKEN'],
    'tiers.api.required.bundles.mail.keys: TOKEN is also filled by another entry. Expected each variable once.',
    ['USER', 'PASSWORD'],
  ],
  [
    'a variable that is in a bundle and a field',
    'tiers.api.required.bundles.mail.keys',
    ['HOST'],
    'tiers.api.required.bundles.mail.keys: HOST is also filled by another entry. Expected each variable once.',
    ['PORT'],
  ],
  [
    'a variable in two bundles',
    'tiers.api.required.bundles.post',
    { remoteRef: 'path:/shop-api/post', keys: ['USER'] },
    'tiers.api.required.bundles.post.keys: USER is also filled by another entry. Expected each variable once.',
    { remoteRef: 'path:/shop-api/post', keys: ['POST_USER'] },
  ],
  [
    'a named target that reads another tier',
    'tiers.api.targets.jobs',
    { required: { target: 'api-jobs', data: { JOB: 'path:/shop-web/job' } } },
    outside('tiers.api.targets.jobs.required.data.JOB', 'path:/shop-web/job'),
    { required: { target: 'api-jobs', data: { JOB: 'path:/shop-api/job' } } },
  ],
  [
    'two targets with one name',
    'tiers.api.targets.jobs',
    { required: { target: 'api-secrets', data: { JOB: 'path:/shop-api/job' } } },
    'tiers.api.targets.jobs.required.target: "api-secrets" is also the name of tiers.api.required. Expected a name for each Secret of a tier.',
    { required: { target: 'api-jobs', data: { JOB: 'path:/shop-api/job' } } },
  ],
  [
    'a target with the name of the credentials Secret',
    'tiers.api.required.target',
    'scw-api-credentials',
    'tiers.api.required.target: "scw-api-credentials" is also the name of tiers.api.credentialsSecret. Expected a name for each Secret of a tier.',
    'scw-web-credentials',
  ],
  [
    'two variables with one key',
    'tiers.api.required.keys',
    { USER: 'TOKEN' },
    'tiers.api.required.keys: two variables have one key. Expected each key once in a target.',
    { USER: 'token' },
  ],
  [
    'a key of a variable of nothing',
    'tiers.api.required.keys',
    { PASSWORD: 'password' },
    'tiers.api.required.keys.PASSWORD: nothing fills this variable. Expected a variable of this target.',
    { HOST: 'mail.host' },
  ],
  [
    'a certificate without its key',
    'tiers.api.targets.tls',
    typed('kubernetes.io/tls', { CERTIFICATE: 'tls.crt', KEY: 'key' }),
    'tiers.api.targets.tls.required: is of type kubernetes.io/tls, and has no key tls.key. Expected what Kubernetes demands of this type.',
    typed('kubernetes.io/tls', { CERTIFICATE: 'tls.crt', KEY: 'tls.key' }),
  ],
  [
    'a login without user and password',
    'tiers.api.targets.login',
    typed('kubernetes.io/basic-auth', { LOGIN: 'login' }),
    'tiers.api.targets.login.required: is of type kubernetes.io/basic-auth, and has no key username or password. Expected what Kubernetes demands of this type.',
    typed('kubernetes.io/basic-auth', { LOGIN: 'password' }),
  ],
  [
    'a registry with what may be missing',
    'tiers.api.targets.registry',
    {
      ...typed('kubernetes.io/dockerconfigjson', { PULL: '.dockerconfigjson' }),
      optional: { target: 'api-more', data: { MORE: 'path:/shop-api/more' } },
    },
    'tiers.api.targets.registry.optional: is in a target of type kubernetes.io/dockerconfigjson. Expected required secrets alone: it is whole or not there.',
    typed('kubernetes.io/dockerconfigjson', { PULL: '.dockerconfigjson' }),
  ],
]

const fix = 'fix: correct scripts/catalogue.ts or scripts/environments.ts and run `npm run gen-values`.'

/** What the chart's own checks say, without what Helm writes around it. */
const said = (stderr: string) => /execution error at [^\n]*: \n\n([\s\S]*)\n\nfix: /.exec(stderr)?.[1] ?? stderr

const simple = examples.filter(([, , , text]) => !text.includes('\n'))
/** Those that can be wrong at once. Helm 3, which evaluates the same templates, is asked for all of these in one run. */
const together = simple.filter(([, place], index) => simple.findIndex((other) => other[1] === place) === index)

describe.each(helms)('%s', (_, helm) => {
  const render = async (values: unknown) =>
    tryTemplate(helm, chart, await valuesFile(folder, values), '--skip-schema-validation')

  test.each(helm === helm4 ? examples : examples.filter((one) => !together.includes(one)))(
    'the chart itself refuses %s',
    async (_fact, place, wrong, text, right) => {
      const refused = await render(withValue(shop, place, wrong))
      expect(said(refused.stderr)).toBe(text)
      expect(refused.stderr).toContain(`\n\n${fix}\n`)
      expect([refused.exitCode, refused.stdout]).toEqual([1, ''])
      const accepted = await render(withValue(shop, place, right))
      expect(accepted.stderr).toBe('')
      expect(accepted.exitCode).toBe(0)
    },
  )

  test('tiers share a project in isolation mode "path"', async () => {
    const shared = withValue(shop, 'tiers.web.projectId', shop.tiers.api.projectId)
    expect((await render(withValue(shared, 'isolation', 'path'))).stderr).toBe('')
  })

  test('admission may be off where nobody is an operator', async () => {
    const open = withValue(shop, 'admission.enabled', false)
    for (const nobody of [undefined, []]) {
      expect((await render(withValue(open, 'tiers.web.operators', nobody))).stderr).toBe('')
    }
  })

  test('one variable may be in two tiers, or required in one and optional in another', async () => {
    expect((await render(withValue(shop, 'tiers.web.optional.data.TOKEN', 'path:/shop-web/token'))).stderr).toBe('')
  })

  test('a dot in a folder stands for itself', async () => {
    const dotted = withValue(shop, 'tiers.api.remotePath', '/shop.api')
    const prefix = 'path:/shop.api/'
    expect(said((await render(dotted)).stderr).split('\n')).toEqual([
      outside('tiers.api.required.bundles.mail.remoteRef', 'path:/shop-api/mail', prefix),
      outside('tiers.api.required.data.TOKEN', 'path:/shop-api/token', prefix),
      outside('tiers.api.required.fields.HOST.remoteRef', 'path:/shop-api/relay', prefix),
    ])
    const moved = JSON.parse(JSON.stringify(dotted).replaceAll('path:/shop-api/', prefix)) as unknown
    expect((await render(moved)).stderr).toBe('')
  })

  test('all problems are reported at once', async () => {
    const values = together.reduce((changed, [, place, wrong]) => withValue(changed, place, wrong), shop as unknown)
    const lines = said((await render(values)).stderr).split('\n')
    expect(lines.sort()).toEqual(together.map(([, , , text]) => text).sort())
    expect(lines.length).toBeGreaterThan(8)
  })
})

test('every `fail` message of the chart is shown here', async () => {
  const files = ['validate', 'ref-problems', 'tier-problems']
  const read = (name: string) => repositoryFile(`charts/tiered-secrets/templates/_${name}.tpl`)
  const template = (await Promise.all(files.map(read))).join('')
  const messages = [...template.matchAll(/printf "(?:%s)?((?:[^"\\]|\\.)* Expected (?:[^"\\]|\\.)*)\\n"/g)].map(
    ([, text = '']) => text,
  )
  expect(messages.length).toBeGreaterThan(8)
  const shown = examples.map(([, , , text]) => text).join('\n')
  const pattern = (message: string) =>
    message
      .replaceAll('\\"', '"')
      .split(/%[sq]/)
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('.+')
  expect(messages.filter((message) => !new RegExp(pattern(message)).test(shown))).toEqual([])
})

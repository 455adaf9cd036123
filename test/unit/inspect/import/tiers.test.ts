import { describe, expect, test } from 'vitest'
import { applicationOf } from '../../../../scripts/inspect/import/draft.ts'
import { draftFiles } from '../../../../scripts/inspect/import/draft-text.ts'
import { checkApplication } from '../../../../scripts/model/rules/index.ts'
import { draftOf, entriesOf, leftoversOf } from '../../../helpers/importing.ts'
import { problemOf } from '../../../helpers/problems.ts'

const secret = (name: string, keys: string, namespace = 'app') => `---
apiVersion: v1
kind: Secret
metadata: { name: ${name}, namespace: ${namespace} }
stringData: { ${keys} }
`

const workload = (name: string, uses: string, { kind = 'Deployment', namespace = 'app', more = '' } = {}) => `---
apiVersion: ${/Job/.test(kind) ? 'batch/v1' : 'apps/v1'}
kind: ${kind}
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  ${kind === 'CronJob' ? 'jobTemplate: { spec: { template: ' : 'template: '}{ metadata: { labels: { app: ${name} } }, spec: { containers: [{ name: c, ${uses} }] } }${kind === 'CronJob' ? ' } }' : ''}
${more}`

const all = (name: string, optional = false) => `envFrom: [{ secretRef: { name: ${name}, optional: ${optional} } }]`
const one = (name: string, key: string, optional = false) =>
  `env: [{ name: V, valueFrom: { secretKeyRef: { name: ${name}, key: ${key}, optional: ${optional} } } }]`

const together = `${secret('shared', 'TOKEN: hunter2, DSN: hunter2, UNREAD: hunter2')}${workload('ui', one('shared', 'DSN'))}${workload('server', one('shared', 'TOKEN'))}${workload('night', all('shared'), { kind: 'CronJob' })}`

const failed = async (manifests: string, tiers: string[] = []) => draftOf(manifests, { tiers })

test('names that differ by their case alone get remote secrets of their own', () => {
  const manifests = `${secret('env', 'A_B: x, a_b: x')}${workload('api', all('env'))}${secret('web', 'T: x', 'web')}${workload('web', all('web'), { namespace: 'web' })}`
  expect(Object.values(entriesOf(draftOf(manifests))).map(({ remoteName }) => remoteName)).toEqual(
    expect.arrayContaining(['a-b', 'a-b-2']),
  )
})

test('the labels that Kubernetes gives to the pods of a Job are not in the catalogue', () => {
  const job = `---
apiVersion: batch/v1
kind: Job
metadata: { name: load, namespace: app }
spec:
  selector: { matchLabels: { batch.kubernetes.io/controller-uid: 1-2 } }
  template:
    metadata: { labels: { part: load, batch.kubernetes.io/controller-uid: 1-2, controller-uid: 1-2, batch.kubernetes.io/job-name: load, job-name: load } }
    spec: { containers: [{ name: c, ${all('env')} }] }
`
  const draft = draftOf(
    `${secret('env', 'A: x')}${job}${secret('web', 'T: x', 'web')}${workload('web', all('web'), { namespace: 'web' })}`,
  )
  expect(applicationOf(draft).catalogue.tiers.app?.workloads).toEqual({
    load: { kind: 'Job', podLabels: { part: 'load' } },
  })
})

describe('everything in one namespace', () => {
  test('is not a tier: they are asked for, with the workloads there are', async () => {
    const problem = await problemOf(failed(together))
    expect(problem).toMatchObject({ code: 'TIERS_UNKNOWN', where: 'Namespace/app' })
    expect(problem?.message).toContain('everything is in one namespace: night, server, ui.')
    expect(problem?.fix).toContain('--tier frontend=night --tier backend=server,ui')
  })

  test('Secrets that no workload reads make no tier: the workloads are asked for', async () => {
    const problem = await problemOf(failed(secret('shared', 'A: x')))
    expect(problem).toMatchObject({ code: 'TIERS_UNKNOWN', where: '--from' })
    expect(problem?.fix).not.toContain('--tier')
  })

  test('a workload that reads a Secret and is in no tier is named', async () => {
    const problem = await problemOf(failed(together, ['web=ui', 'api=server']))
    expect(problem).toMatchObject({ code: 'TIERS_UNKNOWN', message: expect.stringMatching(/^night read Secrets/) })
    const mistyped = await problemOf(failed(together, ['web=uii', 'api=server,night']))
    expect(mistyped).toMatchObject({ code: 'WORKLOAD_UNKNOWN', message: expect.stringContaining('Did you mean "ui"?') })
  })

  test('each tier gets what its workloads read, and what two of them read twice', () => {
    const draft = draftOf(together, { tiers: ['web=ui', 'api=server,night'] })
    expect(entriesOf(draft)).toEqual({
      'api.DSN': { remoteName: 'dsn' },
      'api.TOKEN': { remoteName: 'token' },
      'api.UNREAD': { remoteName: 'unread' },
      'web.DSN': { remoteName: 'dsn', sameAs: 'api.DSN' },
    })
    expect(Object.keys(applicationOf(draft).catalogue.tiers.api?.workloads ?? {})).toEqual(['server', 'night'])
    expect(leftoversOf(draft)).toContain('WORKLOADS_MOVE tier web: ui')
    expect(applicationOf(draft).catalogue.legacy).toEqual({ namespace: 'app', secret: 'shared' })
    expect(leftoversOf(draft)).toContain('VALUE_MOVES DSN from Secret shared to path:/app-web/dsn')
  })

  test('may be one tier, when it is said so', () => {
    expect(Object.keys(entriesOf(draftOf(together, { tiers: ['app=app'] })))).toEqual([
      'app.DSN',
      'app.TOKEN',
      'app.UNREAD',
    ])
  })
})

describe('namespaces are tiers', () => {
  const two = (web: string, api: string) =>
    `${secret('a', 'X: x', web)}${workload('w', all('a'), { namespace: web })}${secret('b', 'Y: y', api)}${workload('s', all('b'), { namespace: api })}`

  test.each([
    ['shop-web', 'shop-api', 'shop', ['api', 'web'], undefined],
    ['shop-web-prod', 'shop-api-prod', 'shop', ['api', 'web'], { api: 'shop-api-prod', web: 'shop-web-prod' }],
    ['web', 'api', 'app', ['api', 'web'], { api: 'api', web: 'web' }],
    ['big-shop-front', 'big-shop-back-office', 'big-shop', ['back-office', 'front'], undefined],
  ])('%s and %s', (web, api, name, tiers, namespaces) => {
    const { catalogue, environments } = applicationOf(draftOf(two(web, api)))
    expect([catalogue.application, Object.keys(catalogue.tiers)]).toEqual([name, tiers])
    expect(environments.live?.namespaces).toEqual(namespaces)
  })

  test.each([
    ['shop-staging-%', 'shop-production-%', 'shop'],
    ['staging-shop-%', 'production-shop-%', 'shop'],
    ['staging-%', 'production-%', 'app'],
    ['shop-stg-%', 'shop-prd-%', 'shop'],
    ['shop-%', 'store-%', 'shop'],
  ])(
    'as %s in one environment and %s in another, no environment is in the name of the application',
    (first, second, name) => {
      const of = (pattern: string) => two(pattern.replace('%', 'web'), pattern.replace('%', 'api'))
      const { catalogue } = applicationOf(draftOf({ staging: of(first), production: of(second) }))
      expect([catalogue.application, Object.keys(catalogue.tiers)]).toEqual([name, ['api', 'web']])
    },
  )
})

test('what a tier alone has is copied to this tier: others may have its names too', () => {
  const own = (tier: string) =>
    `${secret('env', 'TOKEN: x', `shop-${tier}`)}${workload(tier, all('env'), { namespace: `shop-${tier}` })}`
  const todos = ({ leftovers }: ReturnType<typeof draftOf>) =>
    leftovers.flatMap(({ code, todo }) =>
      code === 'VALUE_MOVES' ? [todo.replace(/^Copy it with `[^`]* fill (?:-- )?/, '')] : [],
    )
  expect(todos(draftOf(`${own('web')}${own('api')}`))).toEqual([
    '--environment live --tier api --from-secret shop-api/env --ignore-unknown`.',
    '--environment live --tier web --from-secret shop-web/env --ignore-unknown`.',
  ])
  expect(todos(draftOf(own('api'), { tiers: ['all=api'] }))).toEqual([
    '--environment live --from-secret shop-api/env --ignore-unknown`.',
  ])
  const shared = `${secret('s', 'A: x, B: x')}${workload('one', one('s', 'A'))}${workload('two', one('s', 'B'))}`
  expect(new Set(todos(draftOf(shared, { tiers: ['a=one', 'b=two'] })))).toEqual(
    new Set(['--environment live --from-secret app/s --ignore-unknown`.']),
  )
})

describe('Secrets that somebody wrote', () => {
  const keys = (manifests: string) => Object.keys(entriesOf(draftOf(manifests, { tiers: ['app=app'] })))

  test('are entries as far as workloads read them, and no value is kept', () => {
    const draft = draftOf(together, { tiers: ['app=app'] })
    expect(JSON.stringify([draft, draftFiles(draft, 'x')])).not.toContain('hunter2')
    const reader = workload('server', one('shared', 'TOKEN'))
    expect(keys(`${secret('shared', 'TOKEN: x, UNREAD: y')}${secret('other', 'Z: z')}${reader}`)).toEqual(['app.TOKEN'])
  })

  test('of another type, of Helm and of the operator are none of them', () => {
    const typed = secret('shared', 'TOKEN: x').replace('stringData', 'type: example.com/odd\nstringData')
    const draft = draftOf(
      `${typed}${secret('fine', 'A: b')}${workload('s', `${all('shared')}`)}${workload('t', all('fine'))}`,
      {
        tiers: ['app=app'],
      },
    )
    expect(Object.keys(entriesOf(draft))).toEqual(['app.A'])
    expect(leftoversOf(draft)).toContain('TYPE_UNSUPPORTED Secret shared: TOKEN')
  })

  test('are targets of the tier, the largest as its main one, with their keys; each name is there once', () => {
    const manifests = `${secret('mail', 'API_KEY: x, FROM: x, tls.crt: y')}${secret('app-stripe', 'API_KEY: x')}${workload('s', `envFrom: [{ secretRef: { name: app-stripe } }, { secretRef: { name: mail } }]`)}${workload('t', one('mail', 'FROM'))}${workload('u', all('app-stripe'))}`
    const draft = draftOf(manifests, { tiers: ['app=app'] })
    expect(entriesOf(draft)).toEqual({
      'app.API_KEY': { target: 'stripe', remoteName: 'api-key' },
      'app.FROM': { remoteName: 'from' },
      'app.MAIL_API_KEY': { key: 'API_KEY', remoteName: 'mail-api-key' },
      'app.TLS_CRT': { key: 'tls.crt', remoteName: 'tls-crt' },
    })
    const { targets, workloads } = applicationOf(draft).catalogue.tiers.app ?? {}
    expect(targets).toEqual({ stripe: {} })
    expect(Object.entries(workloads ?? {}).map(([name, { reads }]) => [name, reads])).toEqual([
      ['s', { targets: ['main', 'stripe'] }],
      ['t', { variables: ['FROM'] }],
      ['u', { targets: ['stripe'] }],
    ])
  })
})

describe('a Secret with which images are pulled', () => {
  const pull = 'type: kubernetes.io/dockerconfigjson\ndata: { .dockerconfigjson: e30= }\n'
  const pulled = (name: string, uses: string, namespace = 'app') =>
    workload(name, uses, { namespace }).replace(
      'spec: { containers',
      'spec: { imagePullSecrets: [{ name: regcred }], containers',
    )
  const entry = { target: 'regcred', key: '.dockerconfigjson', remoteName: 'dockerconfigjson' }

  test.each([
    ['that somebody wrote', `${secret('regcred', '', 'shop-api').replace(/stringData.*\n/, pull)}`],
    ['that nothing of the input makes', ''],
  ])('%s is a target of its type, which no workload has among what it reads', (_, made) => {
    const draft = draftOf(
      `${made}${secret('s', 'A: x', 'shop-api')}${pulled('api', all('s'), 'shop-api')}${secret('t', 'B: x', 'shop-ui')}${workload('ui', all('t'), { namespace: 'shop-ui' })}`,
    )
    expect(entriesOf(draft)['api.DOCKERCONFIGJSON']).toEqual(entry)
    const { targets, workloads } = applicationOf(draft).catalogue.tiers.api ?? {}
    expect([targets, workloads?.api?.reads]).toEqual([
      { regcred: { type: 'kubernetes.io/dockerconfigjson' } },
      undefined,
    ])
    expect(leftoversOf(draft)).toContain('TARGET_RENAMED Secret regcred, named by the imagePullSecrets of api')
    expect(checkApplication(applicationOf(draft))).toEqual([])
  })

  test('is that of each tier whose images need it, and nothing that migrate starts from', () => {
    const manifests = `${secret('shared', 'A: x, B: x')}${pulled('ui', one('shared', 'A'))}${pulled('server', one('shared', 'B'))}`
    const draft = draftOf(manifests, { tiers: ['web=ui', 'api=server'] })
    expect(entriesOf(draft)).toMatchObject({
      'api.DOCKERCONFIGJSON': entry,
      'web.DOCKERCONFIGJSON': { ...entry, sameAs: 'api.DOCKERCONFIGJSON' },
    })
    expect(applicationOf(draft).catalogue.legacy).toEqual({ namespace: 'app', secret: 'shared' })
  })
})

test('a sealed Secret has the keys that are sealed, and so has the Secret that is made of it', () => {
  const sealed = `---
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata: { name: own, namespace: app }
spec: { encryptedData: { TOKEN: AgBx }, template: { metadata: { name: made } } }
`
  const made = `${secret('made', 'TOKEN: hunter2').trimEnd()}`.replace(
    'namespace: app',
    'namespace: app, ownerReferences: [{ kind: SealedSecret, name: own }]',
  )
  for (const text of [sealed, `${made}\n`]) {
    const draft = draftOf(`${text}${workload('api', all('made'))}`, { tiers: ['all=api'] })
    expect(Object.keys(entriesOf(draft))).toEqual(['all.TOKEN'])
    expect(leftoversOf(draft)).toContain('VALUE_MOVES TOKEN from Secret made to path:/app-all/token')
    expect(leftoversOf(draft).filter((one) => /^(KEYS|KIND)/.test(one))).toEqual([])
  }
})

test('whatever names a Secret that is called otherwise in the draft is reported', () => {
  const other = workload('front', all('front-secrets'), { namespace: 'shop-front' })
  const draft = draftOf(`${other}${secret('front-secrets', 'A: x', 'shop-front')}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: { name: all, namespace: shop-app }
spec:
  data: [{ secretKey: TOKEN, remoteRef: { key: path:/shop-app/token } }, { secretKey: B, remoteRef: { key: path:/shop-app/b } }]
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: { name: pull, namespace: shop-app }
spec:
  target: { template: { type: kubernetes.io/dockerconfigjson } }
  data: [{ secretKey: .dockerconfigjson, remoteRef: { key: path:/shop-app/pull } }]
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: { name: site-tls, namespace: shop-app }
spec:
  target: { template: { type: kubernetes.io/tls } }
  data: [{ secretKey: tls.crt, remoteRef: { key: path:/shop-app/crt } }, { secretKey: tls.key, remoteRef: { key: path:/shop-app/key } }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: api, namespace: shop-app }
spec: { template: { spec: { imagePullSecrets: [{ name: pull }], containers: [{ name: c, ${all('all')} }] } } }
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: default, namespace: shop-app }
imagePullSecrets: [{ name: pull }]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: site, namespace: shop-app }
spec: { tls: [{ hosts: [x], secretName: site-tls }] }
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: own, namespace: shop-app }
spec: { listeners: [{ tls: { certificateRefs: [{ name: site-tls }, { name: site-tls, namespace: other }] } }] }
`)
  expect(draft.leftovers.filter(({ code }) => code === 'TARGET_RENAMED').map(({ what, todo }) => [what, todo])).toEqual(
    [
      ['Secret all, which api reads', 'Name app-secrets in the pod templates instead.'],
      [
        'Secret pull, named by the imagePullSecrets of api and the imagePullSecrets of ServiceAccount default',
        'Name app-pull there instead.',
      ],
      [
        'Secret site-tls, named by the tls of Ingress site and the tls of Gateway own',
        'Name app-site-tls there instead.',
      ],
    ],
  )
})

test('a key that goes from a Secret that keeps its name to that of the optional ones is reported', () => {
  const data =
    '[{ secretKey: A, remoteRef: { key: path:/shop-api/a } }, { secretKey: B, remoteRef: { key: path:/shop-api/b } }]'
  const uses = `env: [${['A', 'B'].map((key) => `{ name: ${key}, valueFrom: { secretKeyRef: { name: api-secrets, key: ${key}, optional: ${key === 'B'} } } }`).join(', ')}]`
  const draft = draftOf(`---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: { name: api-secrets, namespace: shop-api }
spec: { data: ${data} }
${workload('api', uses, { namespace: 'shop-api' })}${workload('ui', all('ui-secrets'), { namespace: 'shop-ui' })}`)
  const renamed = draft.leftovers.filter(({ code }) => code === 'TARGET_RENAMED')
  expect(renamed.map(({ what, todo }) => [what, todo])).toEqual([
    [
      'Secret api-secrets: B, which api reads',
      'Name api-optional-secrets for it in the pod templates, with `optional: true`.',
    ],
  ])
})

test('what all readers start without is optional, and what one of them needs is not', () => {
  const manifests = `${secret('s', 'A: x, B: x, C: x')}${workload('one', one('s', 'A', true))}${workload('two', one('s', 'B', true))}${workload('three', one('s', 'B'))}${workload('four', all('s', true))}`
  const draft = draftOf(manifests, { tiers: ['app=app'] })
  expect(entriesOf(draft)).toEqual({
    'app.A': { remoteName: 'a', optional: true },
    'app.B': { remoteName: 'b' },
    'app.C': { remoteName: 'c', optional: true },
  })
  expect(draft.secrets[0]?.guesses).toContain('optional, because all that read it start without it')
})

test('an example of a `.env` tells formats', () => {
  const example = `# Where orders are kept
SOURCE=postgresql://user:password@localhost:5432/app # local
export FLAG="true"
LIMIT=25
TOKEN=changeme`
  const manifests = `${secret('s', 'SOURCE: x, FLAG: x, LIMIT: x, TOKEN: x')}${workload('one', all('s'))}`
  const { catalogue } = applicationOf(draftOf(manifests, { tiers: ['app=app'], example }))
  expect(Object.fromEntries(catalogue.secrets.map(({ variable, format }) => [variable, format]))).toEqual({
    SOURCE: 'postgresql-url',
    FLAG: 'boolean',
    LIMIT: 'number',
    TOKEN: 'token',
  })
})

test('environments are what they have in common and what one of them has more', () => {
  const live = `${secret('s', 'A: x, B: x')}${workload('one', all('s'))}`
  const test_ = `${secret('s', 'A: x')}${workload('one', all('s'))}`
  const draft = draftOf({ live, test: test_ }, { tiers: ['app=app'] })
  expect(entriesOf(draft)).toEqual({
    'app.A': { remoteName: 'a' },
    'app.B': { remoteName: 'b', environments: ['live'] },
  })
  expect(checkApplication(applicationOf(draft))).toEqual([])
})

test('an environment in the name of a remote secret tells nothing of another one', () => {
  const of = (environment: string) =>
    ['shop-api', 'shop-web']
      .map(
        (namespace) => `---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: { name: app, namespace: ${namespace} }
spec:
  data:
    - { secretKey: URL, remoteRef: { key: ${environment}/${namespace}/db } }
    - { secretKey: MAIL_KEY, remoteRef: { key: ${environment}/mail/key } }
    - { secretKey: PAY_KEY, remoteRef: { key: ${environment}/pay/key } }
`,
      )
      .join('')
  const draft = draftOf({ dev: of('dev'), live: of('live') })
  expect(entriesOf(draft)).toEqual({
    'api.MAIL_KEY': { remoteName: 'mail-key' },
    'api.PAY_KEY': { remoteName: 'pay-key' },
    'api.URL': { remoteName: 'db' },
    'web.MAIL_KEY': { remoteName: 'mail-key', sameAs: 'api.MAIL_KEY' },
    'web.PAY_KEY': { remoteName: 'pay-key', sameAs: 'api.PAY_KEY' },
    'web.URL': { remoteName: 'db' },
  })
  expect(leftoversOf(draft).filter((text) => !text.startsWith('VALUE_MOVES'))).toEqual([])
  expect(leftoversOf(draft)).toContain('VALUE_MOVES URL from live/shop-api/db to path:/shop-api/db')
})

test('pods of other kinds that read Secrets are named, and so is what is not a pod', () => {
  const own = workload('ui', all('s')).replace('apps/v1', 'shop.example/v1').replace('Deployment', 'Storefront')
  const rollout = workload('roll', all('s')).replace('apps/v1', 'argoproj.io/v1alpha1').replace('Deployment', 'Rollout')
  const broken = workload('odd', 'env: { NAME: value }')
  const draft = draftOf(`${secret('s', 'A: x')}${workload('one', all('s'))}${own}${rollout}${broken}`, {
    tiers: ['app=app'],
  })
  expect(leftoversOf(draft).filter((text) => !text.startsWith('VALUE'))).toEqual([
    'KIND_UNSUPPORTED Storefront ui',
    'POD_INVALID Deployment odd',
    'TARGET_RENAMED Secret s, which one, roll read',
  ])
})

describe('a Secret that nothing of the input makes', () => {
  const single = `${workload('server', one('hand-made', 'TOKEN'))}${workload('night', one('hand-made', 'DSN', true), { kind: 'CronJob' })}`

  test('has the keys that pods name', () => {
    const draft = draftOf(single, { tiers: ['app=server,night'] })
    expect(entriesOf(draft)).toEqual({
      'app.DSN': { remoteName: 'dsn', optional: true },
      'app.TOKEN': { remoteName: 'token' },
    })
  })

  test('of which pods read every key has those of an example, and else its keys are asked for', () => {
    const whole = workload('server', all('hand-made'))
    const example = 'PORT=3000\nAPI_TOKEN=changeme\nDATABASE_URL=postgresql://u:p@localhost/x'
    expect(Object.keys(entriesOf(draftOf(whole, { tiers: ['app=server'], example })))).toEqual([
      'app.API_TOKEN',
      'app.DATABASE_URL',
    ])
    const draft = draftOf(`${whole}${single.replaceAll('hand-made', 'other')}`.replace('name: server', 'name: web'), {
      tiers: ['app=web,server,night'],
    })
    expect(leftoversOf(draft)).toContain('KEYS_UNKNOWN Secret hand-made, of which web reads every key')
  })
})

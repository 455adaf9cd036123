import { describe, expect, test } from 'vitest'
import { audited, codeOf, deployment, findingsOf } from '../audited.ts'

const secrets = [{ variable: 'MAIL_KEY' }, { variable: 'SENTRY_DSN', optional: true }]
const whole =
  'envFrom: [{ secretRef: { name: api-secrets } }, { secretRef: { name: api-optional-secrets, optional: true } }]'
const tiers = {
  web: { description: 'Pages', workloads: {} },
  api: { description: 'Orders', workloads: { api: { kind: 'Deployment' as const } } },
}
const catalogue = { secrets, tiers }

test('a workload that gets what the catalogue says is right', () => {
  expect(audited(deployment('api', whole), { catalogue })).toEqual([])
})

test('nothing is said of a tier whose manifests are not among the input', () => {
  expect(audited('', { catalogue })).toEqual([])
})

describe('what is not in the catalogue, or only there', () => {
  test('a workload that reads a target', () => {
    expect(audited(deployment('api', whole) + deployment('worker', whole), { catalogue })).toEqual([
      'WORKLOAD_UNCATALOGUED Deployment/shop-api/worker',
    ])
    expect(audited(deployment('api', whole) + deployment('cache', 'env: []'), { catalogue })).toEqual([])
  })

  test('a pod by itself, which the catalogue has no kind for', () => {
    const pod = `---
apiVersion: v1
kind: Pod
metadata: { name: debug, namespace: shop-api }
spec: { containers: [{ name: c, image: x, ${whole} }] }
`
    expect(findingsOf(deployment('api', whole) + pod, { catalogue })).toMatchObject([
      {
        code: 'WORKLOAD_UNCATALOGUED',
        object: 'Pod/shop-api/debug',
        fix: expect.stringMatching(/^Let it read another /),
      },
    ])
  })

  test('a workload of the catalogue without a manifest', () => {
    expect(audited(deployment('cache', 'env: []'), { catalogue })).toEqual([
      'WORKLOAD_UNDEPLOYED Deployment/shop-api/api',
    ])
  })
})

test('a key that no container gets, and one that it gets as a file', () => {
  const one = 'env: [{ name: MAIL_KEY, valueFrom: { secretKeyRef: { name: api-secrets, key: MAIL_KEY } } }]'
  expect(audited(deployment('api', one), { catalogue })).toEqual([
    'KEY_UNDELIVERED Deployment/shop-api/api api-optional-secrets SENTRY_DSN',
  ])
  const mounted = deployment(
    'api',
    'volumeMounts: [{ name: s, mountPath: /s }], envFrom: [{ secretRef: { name: api-optional-secrets, optional: true } }]',
    'volumes: [{ name: s, secret: { secretName: api-secrets } }]',
  )
  expect(audited(mounted, { catalogue })).toEqual([])
})

test('what takes the place of a secret is reported with its container', () => {
  const literal = `${whole}, env: [{ name: MAIL_KEY, value: "" }]`
  expect(findingsOf(deployment('api', literal), { catalogue })).toMatchObject([
    {
      code: 'SECRET_SHADOWED',
      severity: 'error',
      file: 'k8s.yaml',
      line: 2,
      fact: 'container main gets an empty value as MAIL_KEY, and not MAIL_KEY of Secret api-secrets',
    },
  ])
  const settings = `---
apiVersion: v1
kind: ConfigMap
metadata: { name: settings, namespace: shop-api }
data: { LOG_LEVEL: info }
`
  const before = `envFrom: [{ secretRef: { name: api-secrets } }, { secretRef: { name: api-optional-secrets, optional: true } }, { configMapRef: { name: settings } }]`
  expect(audited(deployment('api', before) + settings, { catalogue })).toEqual([])
  const shadowing = settings.replace('LOG_LEVEL', 'MAIL_KEY')
  expect(audited(deployment('api', before) + shadowing, { catalogue })).toContain(
    'SECRET_SHADOWED Deployment/shop-api/api main MAIL_KEY',
  )
})

test('a variable that is set twice', () => {
  const env = (second: string) => `${whole}, env: [{ name: A, value: "1" }, { name: ${second}, value: "2" }]`
  expect(audited(deployment('api', env('A')), { catalogue })).toEqual(['VARIABLE_TWICE Deployment/shop-api/api main A'])
  expect(audited(deployment('api', env('B')), { catalogue })).toEqual([])
})

test('a file by subPath is never refreshed, and one of a folder is', () => {
  const mounted = (mount: string) =>
    deployment(
      'api',
      `${whole}, volumeMounts: [{ name: s, ${mount} }]`,
      'volumes: [{ name: s, secret: { secretName: api-secrets } }]',
    )
  expect(audited(mounted('mountPath: /s/key, subPath: MAIL_KEY'), { catalogue })).toEqual([
    'VALUE_FROZEN Deployment/shop-api/api main /s/key',
  ])
  expect(audited(mounted('mountPath: /s'), { catalogue })).toEqual([])
})

describe('references', () => {
  const ref = (name: string, key = 'A', more = '') =>
    deployment(
      'api',
      `${whole}, env: [{ name: A, valueFrom: { secretKeyRef: { name: ${name}, key: ${key}${more} } } }]`,
    )
  const made = `---
apiVersion: v1
kind: Secret
metadata: { name: mail, namespace: shop-api }
stringData: { A: changeme }
`

  test('a Secret that nothing makes, unless the pods do without it', () => {
    expect(audited(ref('mail'), { catalogue })).toEqual(['REFERENCE_UNMADE Deployment/shop-api/api Secret/mail'])
    expect(audited(ref('mail', 'A', ', optional: true'), { catalogue })).toEqual([])
  })

  test('what only the cluster can prove is a warning without it', () => {
    expect(findingsOf(ref('mail'), { catalogue })[0]?.severity).toBe('warning')
    expect(findingsOf(ref('mail'), { catalogue, isLive: true })[0]?.severity).toBe('error')
  })

  test('a Secret that an operator may make is not called missing', () => {
    const resource =
      '---\napiVersion: db.example.org/v1\nkind: Database\nmetadata: { name: mail, namespace: shop-api }\n'
    expect(audited(ref('mail') + resource, { catalogue })).toEqual([])
    expect(audited(ref('mail-app') + resource, { catalogue })).toEqual([])
    expect(audited(ref('app.mail.credentials.db.example.org') + resource, { catalogue })).toEqual([])
    expect(audited(ref('other') + resource, { catalogue })).toHaveLength(1)
    const monitor = resource
      .replace('db.example.org/v1', 'monitoring.coreos.com/v1')
      .replace('Database', 'ServiceMonitor')
    expect(audited(ref('mail-app') + monitor, { catalogue })).toHaveLength(1)
  })

  test('a key that its Secret does not have, with the nearest', () => {
    const found = findingsOf(ref('mail', 'AA') + made, { catalogue }).filter(({ code }) => code === 'KEY_UNMADE')
    expect(found).toMatchObject([{ key: 'Secret/mail AA', expected: 'one of its keys, such as A' }])
    expect(audited(ref('mail') + made, { catalogue }).filter((text) => text.startsWith('KEY_'))).toEqual([])
  })

  test("another tier's Secret", () => {
    const both = { catalogue: { tiers, secrets: [...secrets, { tier: 'web', variable: 'PAGE_KEY' }] } }
    expect(audited(ref('web-secrets', 'PAGE_KEY'), both)).toEqual([
      'OTHER_TIER_SECRET Deployment/shop-api/api Secret/web-secrets',
    ])
  })
})

test('fields of a wrong type stop nothing', () => {
  const broken = deployment('api', `${whole}, env: { A: 1 }, volumeMounts: 7, ports: [1, null]`, 'volumes: text')
  expect(audited(broken, { catalogue })).toEqual([])
})

describe('targets with names and types', () => {
  const typed = {
    tiers: {
      ...tiers,
      api: {
        description: 'Orders',
        workloads: { api: { kind: 'Deployment' as const, reads: { targets: ['registry', 'files'] } } },
        targets: {
          registry: { type: 'kubernetes.io/dockerconfigjson' as const },
          files: {},
        },
      },
    },
    secrets: [
      { variable: 'REGISTRY', target: 'registry', key: '.dockerconfigjson', format: 'dockerconfigjson' as const },
      { variable: 'CA_PEM', target: 'files', key: 'ca.pem', format: 'token' as const },
    ],
  }
  const mounts = 'volumeMounts: [{ name: f, mountPath: /f }]'
  const volumes = 'volumes: [{ name: f, secret: { secretName: api-files } }]'

  test('images are fetched with one of them, and files made of another', () => {
    const pods = deployment('api', mounts, `imagePullSecrets: [{ name: api-registry }]\n      ${volumes}`)
    expect(audited(pods, { catalogue: typed, code: [codeOf('api', [])] })).toEqual([])
    const account =
      '---\napiVersion: v1\nkind: ServiceAccount\nmetadata: { name: a, namespace: shop-api }\nimagePullSecrets: [{ name: api-registry }]\n'
    expect(audited(deployment('api', mounts, volumes) + account, { catalogue: typed })).toEqual([])
  })

  test('what neither pods nor their ServiceAccount name is missing', () => {
    expect(audited(deployment('api', mounts, volumes), { catalogue: typed })).toEqual([
      'KEY_UNDELIVERED Deployment/shop-api/api api-registry .dockerconfigjson',
    ])
  })
})

test('a key that still comes from the Secret of before is reported with it', () => {
  const old = `---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: { name: old, namespace: shop-api }
spec: { secretStoreRef: { name: api-secretstore }, data: [{ secretKey: MAIL_KEY, remoteRef: { key: "path:/shop-api/mail-key" } }] }
`
  const pods = deployment('api', 'envFrom: [{ secretRef: { name: old } }]')
  expect(findingsOf(pods + old, { catalogue: { secrets: [{ variable: 'MAIL_KEY' }], tiers } })).toMatchObject([
    {
      code: 'KEY_UNDELIVERED',
      fact: 'none of its containers gets MAIL_KEY of Secret api-secrets; they have such keys of Secret old',
      fix: 'Name api-secrets in place of old where its pods take MAIL_KEY, or say in its `reads` in scripts/catalogue.ts what it reads.',
    },
  ])
  const more = old.replace('data: [', 'data: [{ secretKey: MORE, remoteRef: { key: "path:/shop-api/more" } }, ')
  const secrets = [{ variable: 'MAIL_KEY' }, { variable: 'OTHER' }]
  const some = {
    ...tiers,
    api: { ...tiers.api, workloads: { api: { kind: 'Deployment', reads: { variables: ['MAIL_KEY'] } } } },
  }
  for (const found of [
    findingsOf(pods + more, { catalogue: { secrets: [{ variable: 'MAIL_KEY' }], tiers } }),
    findingsOf(pods + old, { catalogue: { secrets, tiers: some } as never }),
  ])
    expect(found[0]?.fix).toMatch(/^Add `env/)
})

describe('keys that pods name in a Secret of before', () => {
  const old = `---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: { name: old, namespace: shop-api }
spec:
  secretStoreRef: { name: api-secretstore }
  data: [{ secretKey: MAIL_KEY, remoteRef: { key: "path:/shop-api/mail-key" } }, { secretKey: ca.pem, remoteRef: { key: "path:/shop-api/ca" } }, { secretKey: MORE, remoteRef: { key: "path:/shop-api/more" } }]
`
  const renaming = {
    secrets: [{ variable: 'MAIL_KEY' }, { variable: 'CA', key: 'ca.pem', format: 'text' as const }],
    tiers,
  }
  const named = 'env: [{ name: SMTP_PASSWORD, valueFrom: { secretKeyRef: { name: old, key: MAIL_KEY } } }]'
  const mount = 'volumeMounts: [{ name: f, mountPath: /f }]'
  const volume = (items: string) => `volumes: [{ name: f, secret: { secretName: old${items} } }]`
  const fixesOf = (...given: Parameters<typeof deployment>) =>
    findingsOf(deployment(...given) + old, { catalogue: renaming }).map(({ fix }) => fix)

  test('are named in the other Secret instead, under the names that they have', () => {
    expect(fixesOf('api', `${named}, ${mount}`, volume(', items: [{ key: ca.pem, path: ca.crt }]'))).toEqual([
      'Name api-secrets in place of old where its pods take ca.pem, MAIL_KEY, or say in its `reads` in scripts/catalogue.ts what it reads.',
    ])
  })

  test('are added where the Secret is taken whole, or lacks some of them', () => {
    expect(fixesOf('api', `${named}, ${mount}`, volume(''))).toEqual([expect.stringMatching(/^Add `env: /)])
    expect(fixesOf('api', named)).toEqual([expect.stringMatching(/^Add `env: /)])
  })

  test('are read by the code under these names', () => {
    const code = [codeOf('api', [{ name: 'SMTP_PASSWORD' }])]
    const pods = deployment('api', `${named}, ${mount}`, volume(', items: [{ key: ca.pem, path: ca.crt }]'))
    expect(audited(pods + old, { catalogue: renaming, code })).toEqual([
      'KEY_UNDELIVERED Deployment/shop-api/api api-secrets ca.pem MAIL_KEY',
    ])
  })
})

test('a ConfigMap whose files are mounted, and a key of it', () => {
  const settings =
    '---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: conf, namespace: shop-api }\ndata: { a.conf: x }\n'
  const mounting = (volume: string, mount = 'c') =>
    settings +
    deployment(
      'api',
      `${whole}, volumeMounts: [{ name: ${mount}, mountPath: /c }]`,
      `volumes: [{ name: c, ${volume} }, { name: d, emptyDir: {} }]`,
    )
  const of = (...given: [string, string?]) => audited(mounting(...given), { catalogue })
  const at = (code: string, key: string) => [`${code} Deployment/shop-api/api ${key}`]
  expect(of('configMap: { name: conf, items: [{ key: a.conf, path: a }] }')).toEqual([])
  expect(of('configMap: { name: cnof }')).toEqual(at('REFERENCE_UNMADE', 'ConfigMap/cnof'))
  expect(of('projected: { sources: [{ configMap: { name: cnof } }] }')).toEqual(
    at('REFERENCE_UNMADE', 'ConfigMap/cnof'),
  )
  expect(of('configMap: { name: conf, items: [{ key: b.conf, path: a }] }')).toEqual(
    at('KEY_UNMADE', 'ConfigMap/conf b.conf'),
  )
  expect(of('configMap: { name: cnof, optional: true }')).toEqual([])
  expect(of('configMap: { name: cnof }', 'd')).toEqual([])
})

test('an optional secret that a container does not start without', () => {
  const needed = (text: string) => `${whole}, env: [{ name: A, valueFrom: { secretKeyRef: ${text} } }]`
  const at = ['OPTIONAL_REQUIRED Deployment/shop-api/api Secret/api-optional-secrets']
  expect(audited(deployment('api', needed('{ name: api-optional-secrets, key: SENTRY_DSN }')), { catalogue })).toEqual(
    at,
  )
  expect(
    audited(deployment('api', needed('{ name: api-optional-secrets, key: SENTRY_DSN, optional: true }')), {
      catalogue,
    }),
  ).toEqual([])
  expect(audited(deployment('api', whole.replace(', optional: true', '')), { catalogue })).toEqual(at)
})

describe('what a value or an argument takes in', () => {
  const of = (env: string, more = '') =>
    audited(deployment('api', `${whole}, env: [${env}]${more}`), { catalogue }).map((one) =>
      one.replace('VARIABLE_UNEXPANDED Deployment/shop-api/api main ', ''),
    )

  test('is a variable that is there before it: of envFrom, or of env', () => {
    expect(
      of('{ name: A, value: "$(MAIL_KEY)" }, { name: B, value: "$(A)/x" }', ', args: ["--to=$(B)", "$(A)"]'),
    ).toEqual([])
    expect(of('{ name: A, value: "$(B)" }, { name: B, value: b }')).toEqual(['env A B'])
    expect(of('{ name: A, value: "$(MAIL_KEYS)" }', ', args: ["$(C)"]')).toEqual(['args C', 'env A MAIL_KEYS'])
  })

  test('is not a variable where it is text, a command of a shell, or what a Service sets', () => {
    expect(
      of('{ name: A, value: "$$(B) $(date) $(STOCK_SERVICE_HOST)" }', ', args: ["echo $(hostname) $$(B)"]'),
    ).toEqual([])
  })

  test('is not reported where a source may have anything', () => {
    const open = `${whole.replace('[', '[{ configMapRef: { name: other } }, ')}, env: [{ name: A, value: "$(B)" }]`
    expect(audited(deployment('api', open), { catalogue })).toEqual([
      'REFERENCE_UNMADE Deployment/shop-api/api ConfigMap/other',
    ])
  })
})

test('what may be missing, and is, does not keep a variable of the code from being told', () => {
  const code = [codeOf('api', [{ name: 'MAIL_KEY' }, { name: 'SENTRY_DSN' }, { name: 'HOOK', required: true }])]
  const more = (optional: boolean) =>
    deployment('api', whole.replace('[', `[{ configMapRef: { name: local, optional: ${optional} } }, `))
  expect(audited(more(true), { catalogue, code })).toEqual(['VARIABLE_UNDELIVERED code (api) HOOK'])
  expect(audited(more(false), { catalogue, code })).toEqual([
    'REFERENCE_UNMADE Deployment/shop-api/api ConfigMap/local',
  ])
})

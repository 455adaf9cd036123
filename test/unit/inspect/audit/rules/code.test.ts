import { describe, expect, test } from 'vitest'
import { audited, codeOf, deployment, findingsOf } from '../audited.ts'

const tiers = {
  web: { description: 'Pages', workloads: {} },
  api: { description: 'Orders', workloads: { api: { kind: 'Deployment' as const } } },
}
const catalogue = { tiers, secrets: [{ variable: 'MAIL_KEY' }, { tier: 'web', variable: 'PAGE_KEY' }] }
const pods = deployment(
  'api',
  'envFrom: [{ secretRef: { name: api-secrets } }], env: [{ name: LOG_LEVEL, value: info }]',
)
const mail = { name: 'MAIL_KEY' }

describe('what code reads', () => {
  test('all of it delivered, known, or only a hint', () => {
    const known = ['LOG_LEVEL', 'NODE_ENV', 'TZ', 'AWS_REGION', 'PGHOST', 'OTEL_SERVICE_NAME', 'VITE_TITLE'].map(
      (name) => ({ name }),
    )
    const code = [codeOf('api', [mail, ...known, { name: 'OTHER', how: 'hint' }, { name: 'FLAG', required: false }])]
    expect(audited(pods, { catalogue, code })).toEqual([])
  })

  test('what a schema requires is an error, and a plain read a warning', () => {
    const read = (required?: boolean) =>
      findingsOf(pods, {
        catalogue,
        code: [codeOf('api', [mail, { name: 'STOCK_URL', ...(required === undefined ? {} : { required }) }])],
      })
    expect(read(true)).toMatchObject([
      { code: 'VARIABLE_UNDELIVERED', severity: 'error', file: 'src/main.ts', line: 3 },
    ])
    expect(read()).toMatchObject([{ code: 'VARIABLE_UNDELIVERED', severity: 'warning' }])
    expect(read(false)).toEqual([])
  })

  test('nothing is claimed where something delivers keys that nobody knows, or no manifest was read', () => {
    const code = [codeOf('api', [mail, { name: 'STOCK_URL', required: true }])]
    const open = pods.replace(
      '{ name: api-secrets } }',
      '{ name: api-secrets } }, { configMapRef: { name: settings, optional: true } }',
    )
    const made =
      '---\napiVersion: db.example.org/v1\nkind: Database\nmetadata: { name: settings, namespace: shop-api }\n'
    expect(audited(open + made, { catalogue, code })).toEqual([])
    expect(audited('', { catalogue, code })).toEqual([])
  })

  test("another tier's secret", () => {
    expect(audited(pods, { catalogue, code: [codeOf('api', [mail, { name: 'PAGE_KEY' }])] })).toEqual([
      'VARIABLE_OF_OTHER_TIER code (api) PAGE_KEY',
    ])
    expect(audited(pods, { catalogue, code: [codeOf(undefined, [mail, { name: 'PAGE_KEY' }])] })).toEqual([])
  })

  test('a name that is only known at run time', () => {
    expect(audited(pods, { catalogue, code: [codeOf('api', [mail], [{ expression: 'prefix + key' }])] })).toEqual([
      'DYNAMIC_READ src/main.ts prefix + key',
    ])
  })
})

describe('what no code reads', () => {
  const unread = (reads: Parameters<typeof codeOf>[1], text = pods) =>
    audited(text, { catalogue, code: [codeOf('api', reads)] })

  test('a key, unless something names it: a hint too', () => {
    expect(unread([{ name: 'LOG_LEVEL' }])).toEqual(['KEY_UNREAD catalogue "MAIL_KEY" (api) MAIL_KEY'])
    expect(unread([{ name: 'MAIL_KEY', how: 'hint' }])).toEqual([])
    expect(audited(pods, { catalogue, code: [codeOf('api', [], [], ['MAIL_KEY'])] })).toEqual([])
  })

  test('a key under another name, as a file, or within another variable', () => {
    const other = deployment(
      'api',
      'env: [{ name: SMTP_KEY, valueFrom: { secretKeyRef: { name: api-secrets, key: MAIL_KEY } } }]',
    )
    expect(unread([{ name: 'SMTP_KEY' }], other)).toEqual([])
    const file = deployment(
      'api',
      'volumeMounts: [{ name: s, mountPath: /s }]',
      'volumes: [{ name: s, secret: { secretName: api-secrets } }]',
    )
    expect(unread([{ name: 'LOG_LEVEL', required: false }], file)).toEqual([])
    const within = pods.replace('value: info', 'value: "smtp://$(MAIL_KEY)@mail"')
    expect(unread([{ name: 'LOG_LEVEL' }], within)).toEqual([])
  })

  test('reads whose names nobody knows make it a note', () => {
    const all = findingsOf(pods, { catalogue, code: [codeOf('api', [], [{}])] })
    expect(all.find(({ code }) => code === 'KEY_UNREAD')?.severity).toBe('note')
  })

  test('code of another tier says nothing of it', () => {
    expect(audited(pods, { catalogue, code: [codeOf('web', [{ name: 'PAGE_KEY' }])] })).toEqual([])
  })
})

test('a variable of the build in the catalogue', () => {
  const built = { tiers, secrets: [{ variable: 'VITE_MAP_KEY' }, { variable: 'INVITE_CODE' }] }
  expect(audited(pods, { catalogue: built })).toEqual([
    'BUILD_TIME_VARIABLE catalogue "VITE_MAP_KEY" (api) VITE_MAP_KEY',
  ])
})

describe('service links', () => {
  const service =
    '---\napiVersion: v1\nkind: Service\nmetadata: { name: price-list, namespace: shop-api }\nspec: { selector: { app: api } }\n'
  const code = [codeOf('api', [mail, { name: 'PRICE_LIST_PORT', required: false }])]

  test('a port that Kubernetes sets to a URL', () => {
    expect(audited(pods + service, { catalogue, code })).toEqual(['SERVICE_LINK src/main.ts PRICE_LIST_PORT'])
  })

  test('not where the pod sets it, or has no links', () => {
    expect(audited(pods.replace('LOG_LEVEL', 'PRICE_LIST_PORT') + service, { catalogue, code })).toEqual([])
    const off = deployment('api', 'envFrom: [{ secretRef: { name: api-secrets } }]', 'enableServiceLinks: false')
    expect(audited(off + service, { catalogue, code })).toEqual([])
  })
})

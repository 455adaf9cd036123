import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { audit } from '../../../../scripts/inspect/audit/audit.ts'
import { readFolders } from '../../../../scripts/inspect/audit/code/read-code.ts'
import { readKustomize } from '../../../../scripts/inspect/audit/world/read-kustomize.ts'
import { worldOf } from '../../../../scripts/inspect/audit/world/world.ts'
import { together } from '../../../../scripts/inspect/inputs/found-object.ts'
import { parseDocuments } from '../../../../scripts/inspect/inputs/parse-documents.ts'
import { walk } from '../../../../scripts/inspect/inputs/walk-files.ts'
import { resolve } from '../../../../scripts/model/resolve.ts'
import { type ApplicationParts, applicationWith } from '../../../helpers/applications.ts'
import { temporaryFolder } from '../../../helpers/folders.ts'

interface Shape {
  readonly name: string
  readonly catalogue: ApplicationParts
  readonly manifests: string
  readonly code: readonly (readonly [tier: string | undefined, folder: string])[]
}

/** An application with settings in one file, queues beside the API, and a front that a bundler builds. */
const waste: Shape = {
  name: 'waste',
  manifests: 'k8s',
  code: [
    ['backend', 'back'],
    ['frontend', 'front'],
  ],
  catalogue: {
    application: 'waste',
    tiers: {
      backend: {
        description: 'API',
        workloads: { api: { kind: 'Deployment', port: 4000 }, queues: { kind: 'Deployment' } },
      },
      frontend: { description: 'Pages', workloads: { ui: { kind: 'Deployment' } } },
    },
    secrets: [
      { tier: 'backend', variable: 'DATABASE_URL' },
      { tier: 'backend', variable: 'REDIS_URL' },
      { tier: 'backend', variable: 'MAIL_KEY' },
      { tier: 'backend', variable: 'CHAT_HOOK', optional: true },
      { tier: 'frontend', variable: 'SENTRY_DSN' },
    ],
  },
}

/** One with a schema, kustomize, an init container, files, and Secrets of other operators. */
const shop: Shape = {
  name: 'shop',
  manifests: '.',
  code: [['api', 'api']],
  catalogue: { secrets: [{ variable: 'DATABASE_URL' }] },
}

/** A monorepo: a barrel, schemas and functions of other packages; a StatefulSet, a CronJob, a Job, sidecars, projected files, routes. */
const lodge: Shape = {
  name: 'lodge',
  manifests: 'k8s',
  code: [
    ['web', 'apps/web'],
    ['api', 'apps/api'],
    [undefined, 'packages'],
  ],
  catalogue: {
    application: 'lodge',
    tiers: {
      web: { description: 'Pages', workloads: { web: { kind: 'Deployment' } } },
      api: {
        description: 'API',
        workloads: {
          api: {
            kind: 'Deployment',
            reads: { variables: ['DATABASE_URL', 'JWT_SECRET', 'MAIL_PASSWORD', 'SENTRY_DSN', 'QUEUE_URL'] },
          },
          worker: {
            kind: 'StatefulSet',
            reads: { variables: ['DATABASE_URL', 'QUEUE_URL', 'S3_ACCESS_KEY', 'S3_SECRET_KEY', 'SIGNING_KEY'] },
          },
          digest: { kind: 'CronJob', reads: { variables: ['DATABASE_URL', 'MAIL_PASSWORD'] } },
          migrate: { kind: 'Job', reads: { variables: ['DATABASE_URL', 'DATABASE_DIRECT_URL'] } },
        },
      },
    },
    secrets: [
      { tier: 'web', variable: 'COOKIE_SECRET' },
      ...['DATABASE_URL', 'DATABASE_DIRECT_URL', 'JWT_SECRET', 'MAIL_PASSWORD', 'QUEUE_URL'].map((variable) => ({
        tier: 'api',
        variable,
      })),
      ...['S3_ACCESS_KEY', 'S3_SECRET_KEY', 'SIGNING_KEY'].map((variable) => ({ tier: 'api', variable })),
      { tier: 'api', variable: 'SENTRY_DSN', optional: true },
    ],
  },
}

type Edit = readonly [file: string, from: string | RegExp, to: string]

/** What is found after an edit of the fixture. Kustomize renders nothing here: its base is what is applied. */
async function found({ name, catalogue, manifests, code }: Shape, ...edits: readonly Edit[]): Promise<string[]> {
  const folder = await temporaryFolder()
  await cp(join('test/fixtures/audit', name), folder, { recursive: true })
  for (const [file, from, to] of edits) {
    const text = await readFile(join(folder, file), 'utf8')
    const edited = text.replace(from, to)
    expect(edited, `${file} has nothing like ${from}`).not.toBe(text)
    await writeFile(join(folder, file), edited)
  }
  const { files } = await walk(join(folder, manifests), (path) => path.slice(folder.length + 1))
  const { objects, refusals } = together(files.map((file) => ({ ...parseDocuments(file), examples: [] })))
  expect(refusals).toEqual([])
  const readings = await readFolders(
    code.map(([, path]) => join(folder, path)),
    folder,
  )
  const tierCode = code.flatMap(([tier, path], index) => {
    const reading = readings[index]
    return reading ? [{ tier, folder: path, reading }] : []
  })
  const kustomize = await readKustomize([folder], folder)
  const model = resolve(applicationWith(catalogue), 'dev')
  const findings = audit(worldOf({ model, objects, code: tierCode, kustomize }))
  return findings.map(({ code: own, object, key }) => `${own} ${object} ${key}`.trimEnd()).sort()
}

describe.each([
  [
    lodge,
    [
      [
        'api.yaml',
        'key: SIGNING_KEY, path',
        'key: SIGN_KEY, path',
        [
          'KEY_UNDELIVERED StatefulSet/lodge-api/worker api-secrets SIGNING_KEY',
          'KEY_UNMADE StatefulSet/lodge-api/worker Secret/api-secrets SIGN_KEY',
          'KEY_UNREAD catalogue "SIGNING_KEY" (api) SIGNING_KEY',
        ],
      ],
      [
        'api.yaml',
        'key: SENTRY_DSN, optional: true',
        'key: SENTRY_DSN',
        ['OPTIONAL_REQUIRED Deployment/lodge-api/api Secret/api-optional-secrets'],
      ],
      [
        'api.yaml',
        'http://$(POD_IP)',
        'http://$(POD_ID)',
        ['VARIABLE_UNEXPANDED Deployment/lodge-api/api api env SELF POD_ID'],
      ],
      [
        'api.yaml',
        'namespace: lodge-web }], to',
        'namespace: lodge }], to',
        ['BACKEND_NOT_GRANTED HTTPRoute/lodge-web/web spec.rules[1].backendRefs[0]'],
      ],
      [
        '../packages/config/src/server.ts',
        'JWT_SECRET:',
        'JWT_KEY: z.string(), JWT_SECRET:',
        ['VARIABLE_UNDELIVERED code JWT_KEY'],
      ],
      [
        '../apps/web/lib/session.ts',
        "need('COOKIE_SECRET')",
        "need('JWT_SECRET')",
        ['KEY_UNREAD catalogue "COOKIE_SECRET" (web) COOKIE_SECRET', 'VARIABLE_OF_OTHER_TIER code (web) JWT_SECRET'],
      ],
    ] as const,
  ],
  [
    waste,
    [
      [
        'api.yaml',
        'LOG_LEVEL: info',
        'LOG_LEVEL: info\n  MAIL_KEY: k3Wq9zLmTTx',
        ['SECRET_LITERAL ConfigMap/waste-backend/api-settings data.MAIL_KEY'],
      ],
      [
        'api.yaml',
        'value: "4000"',
        'value: "4000"\n            - name: REDIS_URL\n              value: redis://cache:6379',
        ['SECRET_SHADOWED Deployment/waste-backend/api api REDIS_URL'],
      ],
      [
        'api.yaml',
        'port:\n                  name: http',
        'port:\n                  number: 4000',
        ['BACKEND_PORT_UNKNOWN Ingress/waste-backend/api spec.rules[0].http.paths[0].backend'],
      ],
      [
        'api.yaml',
        'targetPort: http',
        'targetPort: web',
        ['SERVICE_PORT_UNKNOWN Service/waste-backend/api spec.ports[0].targetPort'],
      ],
      [
        'queues.yaml',
        'metadata.name: waste-frontend',
        'metadata.name: waste-backend',
        ['PEER_SELECTS_NOTHING NetworkPolicy/waste-backend/queues-to-api spec.ingress[0].from[1]'],
      ],
      [
        'queues.yaml',
        'kubernetes.io/metadata.name:',
        'name:',
        ['NAMESPACE_LABEL_UNCARRIED NetworkPolicy/waste-backend/queues-to-api spec.ingress[0].from[1]'],
      ],
      [
        'queues.yaml',
        '"--concurrency", "5"',
        '"--redis", "redis://:k3Wq9zLmTTx@cache:6379"',
        ['SECRET_LITERAL Deployment/waste-backend/queues queues command[3]'],
      ],
      [
        'ui.yaml',
        /frontend-secrets/,
        'backend-secrets',
        [
          'KEY_UNDELIVERED Deployment/waste-frontend/ui frontend-secrets SENTRY_DSN',
          'OTHER_TIER_SECRET Deployment/waste-frontend/ui Secret/backend-secrets',
        ],
      ],
      [
        'ui.yaml',
        'key: SENTRY_DSN',
        'key: SENTRY_DNS',
        [
          'KEY_UNDELIVERED Deployment/waste-frontend/ui frontend-secrets SENTRY_DSN',
          'KEY_UNMADE Deployment/waste-frontend/ui Secret/frontend-secrets SENTRY_DNS',
        ],
      ],
      ['ui.yaml', 'kind: Deployment', 'kind: DaemonSet', ['WORKLOAD_UNCATALOGUED DaemonSet/waste-frontend/ui']],
      [
        '../front/src/main.tsx',
        'process.env.SENTRY_DSN',
        'process.env.MAIL_KEY',
        ['VARIABLE_OF_OTHER_TIER code (frontend) MAIL_KEY', 'KEY_UNREAD catalogue "SENTRY_DSN" (frontend) SENTRY_DSN'],
      ],
      [
        '../back/src/server.ts',
        'env.MAIL_KEY',
        'env.MAIL_KEYS',
        ['KEY_UNREAD catalogue "MAIL_KEY" (backend) MAIL_KEY', 'VARIABLE_UNDELIVERED code (backend) MAIL_KEYS'],
      ],
      [
        '../back/src/settings.ts',
        'REDIS_URL, ',
        'REDIS_URL, REDIS_PREFIX, ',
        ['VARIABLE_UNDELIVERED code (backend) REDIS_PREFIX'],
      ],
    ],
  ],
  [
    shop,
    [
      // The name begins as that of the certificate, whose operator may make it.
      ['base/server.yaml', 'secretName: server-tls', 'secretName: server-cert', []],
      [
        'base/server.yaml',
        'secretName: server-tls',
        'secretName: tls',
        ['REFERENCE_UNMADE Deployment/shop-api/server Secret/tls'],
      ],
      ['base/server.yaml', 'mountPath: /tls', 'mountPath: /tls/url\n              subPath: DATABASE_URL', []],
      [
        'base/server.yaml',
        'name: search, key: key',
        'name: search, key: kee',
        ['KEY_UNMADE Deployment/shop-api/server Secret/search kee'],
      ],
      [
        'base/server.yaml',
        'name: search, key: key',
        'name: find, key: key',
        ['REFERENCE_UNMADE Deployment/shop-api/server Secret/find'],
      ],
      [
        'base/secrets.yaml',
        'path:/shop-api',
        'path:/shop-web',
        ['REF_OF_OTHER_TIER ExternalSecret/shop-api/search spec.data[0].remoteRef.key'],
      ],
      [
        'base/secrets.yaml',
        'path:/shop-api/',
        'shop-api/',
        ['REF_NEVER_MATCHES ExternalSecret/shop-api/search spec.data[0].remoteRef.key'],
      ],
      [
        'base/secrets.yaml',
        'external-secrets.io/v1',
        'external-secrets.io/v1beta1',
        ['API_NOT_SERVED ExternalSecret/shop-api/search v1beta1'],
      ],
      ['base/secrets.yaml', 'name: search', 'name: search\n  labels: {}', []],
      ['base/kustomization.yaml', '  - secrets.yaml\n', '', ['FILE_UNREACHED base/secrets.yaml']],
      [
        'overlays/dev/kustomization.yaml',
        'name: worker',
        'name: workers',
        ['PATCH_UNMATCHED overlays/dev/kustomization.yaml patches[0] CronJob workers'],
      ],
      [
        'overlays/dev/kustomization.yaml',
        'name: shop/api',
        'name: shop/apis',
        ['IMAGE_UNMATCHED overlays/dev/kustomization.yaml shop/apis'],
      ],
      ['api/src/env.ts', 'MAIL_FROM', 'MAIL_SENDER', ['VARIABLE_UNDELIVERED code (api) MAIL_SENDER']],
      ['api/src/worker.ts', "setting('MAIL_FROM')", 'setting(next)', ['DYNAMIC_READ api/src/worker.ts next']],
    ],
  ],
] as unknown as [Shape, [string, string | RegExp, string, string[]][]][])('the shape $name', (shape, cases) => {
  test('nothing is found where nothing is wrong', async () => {
    expect(await found(shape)).toEqual([])
  })

  test.each(cases)('%s with %j as %j: what is wrong, and nothing else', async (file, from, to, expected) => {
    expect(await found(shape, [join(shape.manifests, file), from, to])).toEqual([...expected].sort())
  })
})

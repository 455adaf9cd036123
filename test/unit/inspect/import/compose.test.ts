import { join } from 'node:path'
import { expect, test } from 'vitest'
import { applicationOf } from '../../../../scripts/inspect/import/draft.ts'
import { namedTiers, prepareDraft } from '../../../../scripts/inspect/import/prepare-draft.ts'
import { namedInput, readInputs } from '../../../../scripts/inspect/inputs/read-inputs.ts'
import { checkApplication } from '../../../../scripts/model/rules/index.ts'
import { folderOf } from '../../../helpers/folders.ts'
import { draftOf, entriesOf, leftoversOf } from '../../../helpers/importing.ts'
import { toolchainIo } from '../../../helpers/tools.ts'

const compose = `services:
  web_ui:
    build: ui
    ports: ["80:3000"]
    environment:
      - SESSION_SECRET
      - THEME=dark
      - ANALYTICS=\${ANALYTICS:-none}
  api:
    image: shop/api:1
    expose: [4000]
    env_file: .env
    environment:
      DATABASE_URL: postgresql://app:hunter2@db/app
      PRICE: '5$$'
      SMTP_PASSWORD: hunter2
      LIMIT: 25
      SESSION_SECRET:
  db:
    image: postgres:16
    environment: { POSTGRES_PASSWORD: hunter2 }
`

test('services of a compose file are workloads, and what comes from outside or is called so is a secret', () => {
  const draft = draftOf(compose, { tiers: ['web=web-ui', 'api=api'] })
  expect(entriesOf(draft)).toEqual({
    'api.DATABASE_URL': { remoteName: 'database-url' },
    'api.SESSION_SECRET': { remoteName: 'session-secret' },
    'api.SMTP_PASSWORD': { remoteName: 'smtp-password' },
    'web.ANALYTICS': { remoteName: 'analytics', optional: true },
    'web.SESSION_SECRET': { remoteName: 'session-secret', sameAs: 'api.SESSION_SECRET' },
  })
  const application = applicationOf(draft)
  expect(application.catalogue.tiers.web?.workloads).toEqual({ 'web-ui': { kind: 'Deployment', port: 3000 } })
  expect(application.catalogue.tiers.api?.workloads).toEqual({ api: { kind: 'Deployment', port: 4000 } })
  expect(checkApplication(application)).toEqual([])
  expect(leftoversOf(draft)).toEqual(
    expect.arrayContaining([
      'ENV_FILE_UNREAD service api',
      'SERVICE_FOREIGN service db',
      'VALUE_MOVES SMTP_PASSWORD from .env to path:/app-api/smtp-password',
    ]),
  )
  expect(JSON.stringify(draft)).not.toContain('hunter2')
})

test('files of variables give names, files of secrets are entries, and what `environment` says counts', async () => {
  const folder = await folderOf({
    'app/compose.yaml': `services:
  api:
    build: .
    env_file: [common.env, { path: secret.env }, { path: none.env, required: false }, ../outside.env]
    environment: { LINK: 'redis://cache', DB_PASSWORD_FILE: /run/secrets/db_password }
    secrets: [db_password, { source: tls, target: /run/secrets/tls.key }]
  worker:
    build: .
    env_file: missing.env
secrets: { db_password: { file: ./db.txt }, tls: { environment: TLS_KEY } }
`,
    'app/common.env':
      'PORT=3000\nLOG_TOKEN=hunter2\nexport MAIL_KEY="hunter2\nhunter3"\nLINK=redis://u:hunter2@cache\n',
    'app/secret.env': 'API_TOKEN=hunter2\nhunter4 hunter5\n',
    'outside.env': 'OUTSIDE_TOKEN=hunter2\n',
  })
  const [set] = await readInputs([namedInput(join(folder, 'app'))], { ...toolchainIo, typedIn: folder })
  const inputs = set?.inputs ?? { objects: [], compose: [], examples: [], refusals: [] }
  const draft = prepareDraft([{ environment: 'live', inputs }], {
    application: 'shop',
    tiers: namedTiers(['backend=api,worker']),
  })
  expect(entriesOf(draft)).toEqual({
    'backend.API_TOKEN': { remoteName: 'api-token' },
    'backend.LOG_TOKEN': { remoteName: 'log-token' },
    'backend.MAIL_KEY': { remoteName: 'mail-key' },
    'backend.TLS_KEY': { remoteName: 'tls-key', key: 'tls.key', target: 'files' },
    'backend.db_password': { remoteName: 'db-password', target: 'files' },
  })
  expect(inputs.refusals.map(({ code, where }) => `${code} ${where}`)).toEqual([
    'INPUT_INVALID app/secret.env',
    'INPUT_UNREADABLE outside.env',
    'INPUT_UNREADABLE app/missing.env',
  ])
  expect(leftoversOf(draft)).toEqual(
    expect.arrayContaining(['ENV_FILE_UNREAD service worker', 'SECRET_FILES service api']),
  )
  expect(JSON.stringify([draft, inputs])).not.toMatch(/hunter|OUTSIDE/)
})

test('where there is nothing but examples of a `.env`, each is a program', () => {
  const path = (name: string) => `apps/${name}/.env.example`
  const examples = [
    {
      path: path('api'),
      text: 'PORT=4000\nDATABASE_URL=postgresql://u:p@localhost/x\n# SENTRY_DSN=\nJWT_SECRET=changeme',
    },
    { path: path('ui'), text: 'API_TOKEN=' },
  ]
  const inputs = { objects: [], compose: [], examples, refusals: [] }
  const choices = { application: 'shop', tiers: namedTiers(['backend=api', 'frontend=ui']) }
  expect(entriesOf(prepareDraft([{ environment: 'live', inputs }], choices))).toEqual({
    'backend.DATABASE_URL': { remoteName: 'database-url' },
    'backend.JWT_SECRET': { remoteName: 'jwt-secret' },
    'backend.SENTRY_DSN': { remoteName: 'sentry-dsn', optional: true },
    'frontend.API_TOKEN': { remoteName: 'api-token' },
  })
})

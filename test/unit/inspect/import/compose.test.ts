import { join } from 'node:path'
import { expect, test } from 'vitest'
import { applicationOf, type Draft } from '../../../../scripts/inspect/import/draft.ts'
import { guessFormat } from '../../../../scripts/inspect/import/guess-format.ts'
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
  const moves = draft.leftovers.filter(({ code }) => code === 'VALUE_MOVES').map(({ todo }) => todo)
  expect(moves).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/fill -- --environment live --from \.env`\.$/),
      expect.stringMatching(
        /fill -- --environment live --from TLS_KEY=@tls\.key`, with the path of its file behind @\.$/,
      ),
    ]),
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

test('an example may have spaces before `=`, and values of several lines whose lines are not names', () => {
  const text = `\ufeffAPI_TOKEN = changeme\r
export SIGN_PRIVATE_KEY="-----BEGIN PRIVATE KEY-----\r
MIIEabcd\r
efgh=\r
-----END PRIVATE KEY-----"\r
# the token = of somebody\r
# OLD_TOKEN=\r
ODD_SECRET="no end\r
LAST_TOKEN=\r
`
  const inputs = { objects: [], compose: [], examples: [{ path: 'api/.env.example', text }], refusals: [] }
  const choices = { application: 'shop', tiers: namedTiers(['backend=api']) }
  expect(entriesOf(prepareDraft([{ environment: 'live', inputs }], choices))).toEqual({
    'backend.API_TOKEN': { remoteName: 'api-token' },
    'backend.LAST_TOKEN': { remoteName: 'last-token' },
    'backend.ODD_SECRET': { remoteName: 'odd-secret' },
    'backend.OLD_TOKEN': { remoteName: 'old-token', optional: true },
    'backend.SIGN_PRIVATE_KEY': { remoteName: 'sign-private-key' },
  })
})

/** What the workloads of one tier read, by their names. */
function readsOf(draft: Draft): Record<string, unknown> {
  const workloads = applicationOf(draft).catalogue.tiers.all?.workloads ?? {}
  return Object.fromEntries(Object.entries(workloads).map(([name, { reads }]) => [name, reads]))
}

test('a service has what it extends, of the same file or of another, and what is not read is reported', async () => {
  const folder = await folderOf({
    'compose.yaml': `services:
  api:
    build: .
    env_file: api.env
    environment: { DATABASE_PASSWORD: , LEVEL: '\${LEVEL}' }
    secrets: [mail]
  worker:
    extends: { service: api }
    environment: { LEVEL: debug, QUEUE_TOKEN: }
  nightly:
    extends: { service: job, file: more/common.yaml }
    environment: [NIGHTLY_TOKEN]
  lost:
    extends: { service: job, file: ../elsewhere.yaml }
    image: shop/lost
  circle: { extends: circle, image: shop/circle, environment: [CIRCLE_TOKEN] }
`,
    'api.env': 'API_TOKEN=hunter2\n',
    'more/common.yaml': 'services: { job: { image: shop/job, environment: [BUCKET_PASSWORD] } }\n',
  })
  const [set] = await readInputs([namedInput(folder)], { ...toolchainIo, typedIn: folder })
  const inputs = set?.inputs ?? { objects: [], compose: [], examples: [], refusals: [] }
  const draft = prepareDraft([{ environment: 'live', inputs }], {
    application: 'shop',
    tiers: namedTiers(['all=api,worker,nightly,lost,circle,job']),
  })
  expect(readsOf(draft)).toEqual({
    api: { targets: ['files'], variables: ['API_TOKEN', 'DATABASE_PASSWORD', 'LEVEL'] },
    worker: { targets: ['files'], variables: ['API_TOKEN', 'DATABASE_PASSWORD', 'QUEUE_TOKEN'] },
    nightly: { variables: ['BUCKET_PASSWORD', 'NIGHTLY_TOKEN'] },
    lost: {},
    circle: { variables: ['CIRCLE_TOKEN'] },
    job: { variables: ['BUCKET_PASSWORD'] },
  })
  expect(leftoversOf(draft)).toEqual(expect.arrayContaining(['SERVICE_UNREAD service lost']))
})

test('another file of the folder adds to a service, and takes the place of what it says', async () => {
  const folder = await folderOf({
    'compose.override.yaml': `services:
  api: { environment: { OWN_TOKEN: , MODE: debug }, ports: ['9229:9229'] }
`,
    'compose.yaml': `services:
  api: { build: ., environment: { MODE: '\${MODE}', API_TOKEN: }, ports: ['4000:4000'] }
  ui: { build: ui, environment: [UI_TOKEN] }
`,
    'other/compose.yaml': 'services: { admin: { build: ., environment: [ADMIN_TOKEN] } }\n',
  })
  const [set] = await readInputs([namedInput(folder)], { ...toolchainIo, typedIn: folder })
  const inputs = set?.inputs ?? { objects: [], compose: [], examples: [], refusals: [] }
  const draft = prepareDraft([{ environment: 'live', inputs }], {
    application: 'shop',
    tiers: namedTiers(['all=api,ui,admin']),
  })
  expect(readsOf(draft)).toEqual({
    api: { variables: ['API_TOKEN', 'OWN_TOKEN'] },
    ui: { variables: ['UI_TOKEN'] },
    admin: { variables: ['ADMIN_TOKEN'] },
  })
  expect(applicationOf(draft).catalogue.tiers.all?.workloads.api).toMatchObject({
    ports: { 'port-4000': 4000, 'port-9229': 9229 },
  })
})

test.each([
  [`\${A:-x}`, true],
  [`\${A-}`, true],
  [`\${A:-x}/\${B:-y}`, true],
  [`redis://:\${PASSWORD}@\${HOST:-redis}`, false],
  [`\${A:-x}$B`, false],
  [`\${A}`, false],
])('%s is optional: %s', (value, isOptional) => {
  const text = `services: { api: { build: ., environment: { LINK_TOKEN: '${value}' } } }`
  const entries = entriesOf(draftOf(text, { tiers: ['all=api'] }))
  expect(entries['all.LINK_TOKEN']?.optional === true).toBe(isOptional)
})

test.each(['CELERY_BROKER_URL', 'CACHE_URL', 'NEO4J_URI', 'MESSENGER_TRANSPORT_DSN', 'HTTPS_PROXY_URL'])(
  '%s may have any scheme',
  (name) => {
    expect(guessFormat(name, []).format).toBe('text')
  },
)

test.each([
  ['VAPID_PRIVATE_KEY', 'text'],
  ['WIREGUARD_PRIVATE_KEY', 'text'],
  ['WALLET_PRIVATE_KEY', 'text'],
  ['PRIVATE_KEY', 'text'],
  ['JWT_PRIVATE_KEY', 'pem-private-key'],
  ['FIREBASE_PRIVATE_KEY', 'pem-private-key'],
  ['SIGN_PRIVATE_KEY', 'pem-private-key'],
  ['PRIVATE_KEY_PEM', 'pem-private-key'],
  ['tls.key', 'pem-private-key'],
])('%s is guessed as %s', (name, format) => {
  expect(guessFormat(name, []).format).toBe(format)
})

test('what is left of a service is told at the line of the service', () => {
  const text = `services:
  web:
    build: .
    secrets: [cookie]
  "a cache":
    image: redis:7
secrets:
  cookie: { file: ./cookie }
`
  const { leftovers } = draftOf(text, { tiers: ['all=web'] })
  const places = leftovers
    .filter(({ what }) => what.startsWith('service '))
    .map(({ what, where }) => `${what} ${where}`)
  expect(places.sort()).toEqual(['service a cache live.yaml:5', 'service web live.yaml:2'])
})

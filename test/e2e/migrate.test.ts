import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stepNames } from '../../scripts/change/migration/step-names.ts'
import { readPodTemplates } from '../../scripts/cluster/pod-templates.ts'
import { verifyWorkloads } from '../../scripts/cluster/verify-workloads.ts'
import { type Kind, type KubernetesObject, kinds, type SecretObject } from '../../scripts/kubernetes/kinds.ts'
import { keyedDigest } from '../../scripts/lib/keyed-digest.ts'
import { parseYamlDocuments } from '../../scripts/lib/yaml.ts'
import { specsOf } from '../../scripts/model/resolve.ts'
import { trackdechets } from '../fixtures/applications.ts'
import { userFolder } from '../helpers/repository.ts'
import {
  encoded,
  type MigrationWorld,
  oldValues,
  passphrase,
  startMigrationWorld,
  tellTales,
} from './migration-world.ts'
import { literal, move, oldWorkloads, runningPod } from './old-workloads.ts'

const { folder: root } = await userFolder()

const old = { namespace: 'trackdechets', name: 'trackdechets-secrets' }
const choices = ['--assign', 'SENTRY_DSN=backend,frontend', '--leave', 'OLD_FEATURE_FLAG', 'SMTP_PASSWORD']
const digest = keyedDigest()

let world: MigrationWorld
let folder: string
let values: Record<string, string>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'migrate-'))
  world = await startMigrationWorld(trackdechets, 'recette', root)
  values = {
    ...oldValues(world.model),
    SESSION_SECRET: '$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy',
    API_TOKEN_SECRET: 'clé à 32 caractères “au moins” 🗝 $HOME `id`',
    OLD_FEATURE_FLAG: 'a value of a flag that is gone',
    SMTP_PASSWORD: 'line one\nline two\n',
  }
  const annotations = { 'example.org/owner': 'équipe' }
  await world.putSecret(old.namespace, old.name, values, {
    metadata: { name: old.name, labels: { app: 'td' }, annotations },
  })
  for (const { kind, object } of oldWorkloads(old.namespace, old.name)) await world.client.create(kind, object as never)
  await runningPod(world.client, old.namespace, old.name)
})
afterAll(async () => {
  await world?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const migrate = (...args: string[]) => world.run('migrate', args)
/** Of errors; of warnings with `prefix`. */
const codes = (stderr: string, prefix = '(?!warning: )') => {
  const problem = new RegExp(`^${prefix}[\\w-].*\\n {2}fix: .*\\n {2}\\(([A-Z_]+)\\)$`, 'gm')
  return [...stderr.matchAll(problem)].map(([, code]) => code)
}
const states = (stdout: string) =>
  Object.fromEntries(
    [...stdout.matchAll(/^([a-z-]+) +(done|to do|needs you) {2}/gm)].map(([, step, state]) => [step, state]),
  )

/** What changes whenever anything is written. */
async function versions(): Promise<string[]> {
  const watched: Kind[] = [kinds.secret, kinds.configMap, kinds.namespace, kinds.lease, kinds.deployment]
  const lists = await Promise.all(watched.map((kind) => world.client.list<KubernetesObject>(kind)))
  const ours = lists
    .flatMap(({ items }) => items)
    .filter(({ metadata }) => !`${metadata.namespace}`.startsWith('kube-'))
  return ours.map(({ metadata }) => `${metadata.namespace}/${metadata.name} ${metadata.resourceVersion}`).sort()
}

const writesToScaleway = () => world.emulator.requests().entries.filter(({ method }) => method !== 'GET').length

test('--dry-run names every key not assigned and every step, and changes nothing', async () => {
  const before = [await versions(), writesToScaleway()]
  const { exitCode, stdout, stderr } = await migrate('--dry-run')
  expect(exitCode).toBe(3)
  expect(codes(stderr)).toEqual(['LEGACY_KEY_OPEN', 'LEGACY_KEY_UNKNOWN', 'LEGACY_KEY_UNKNOWN'])
  expect(stderr).toContain('has a key OLD_FEATURE_FLAG, which no catalogue entry names.')
  expect(stdout).toMatch(/^DATABASE_URL +backend\.DATABASE_URL +assigned$/m)
  expect(stdout).toMatch(/^SENTRY_DSN +backend\.SENTRY_DSN, frontend\.SENTRY_DSN +in several tiers$/m)
  expect(Object.keys(states(stdout))).toEqual([...stepNames])

  const chosen = await migrate('--dry-run', ...choices)
  expect(chosen.exitCode).toBe(0)
  expect(states(chosen.stdout)).toEqual({
    inventory: 'done',
    backup: 'to do',
    namespaces: 'to do',
    fill: 'to do',
    credentials: 'needs you',
    'take-over': 'done',
    deploy: 'to do',
    wait: 'to do',
    compare: 'to do',
    switch: 'needs you',
    delete: 'needs you',
  })
  expect(chosen.stdout).toMatch(/^SMTP_PASSWORD +- +left behind$/m)
  expect(codes(chosen.stderr)).toEqual([])
  expect([...new Set(codes(chosen.stderr, 'warning: '))].sort()).toEqual(['CREDENTIALS_MISSING', 'LEGACY_IN_USE'])
  expect([await versions(), writesToScaleway()]).toEqual(before)
})

test('it refuses to do anything that nobody confirms, or that a key stands in the way of', async () => {
  const before = [await versions(), writesToScaleway()]
  const alone = await migrate(...choices)
  expect([alone.exitCode, alone.stdout]).toEqual([2, ''])
  expect(alone.stderr).toContain('confirmation needs a terminal. Expected a terminal, --yes or --dry-run.')
  expect((await migrate('--yes')).exitCode).toBe(3)
  expect([await versions(), writesToScaleway()]).toEqual(before)
})

test('a value that does not fit its entry is reported with the entry, together with everything else', async () => {
  const wrong = { SESSION_SECRET: 'too short', INSEE_USERNAME: null, S3_BUCKET: Buffer.from([0xff]).toString('base64') }
  const data = { ...wrong, SESSION_SECRET: Buffer.from(wrong.SESSION_SECRET).toString('base64') }
  await world.client.mergePatch(kinds.secret, old, { data })
  const { exitCode, stderr } = await migrate('--yes', ...choices, '--leave', 'NO_SUCH_KEY')
  expect(exitCode).toBe(3)
  expect(codes(stderr).sort()).toEqual([
    'FILL_VALUE_INVALID',
    'FILL_VALUE_INVALID',
    'LEGACY_KEY_ABSENT',
    'LEGACY_KEY_MISSING',
  ])
  expect(stderr).toContain(
    `${'Secret/trackdechets/trackdechets-secrets'} key SESSION_SECRET (backend.SESSION_SECRET): is 9`,
  )
  expect(stderr).toContain('catalogue "INSEE_USERNAME" (backend): neither the old Secret nor')
  expect(stderr).not.toContain('too short')
  const { SESSION_SECRET, INSEE_USERNAME, S3_BUCKET } = encoded(values)
  await world.client.mergePatch(kinds.secret, old, { data: { SESSION_SECRET, INSEE_USERNAME, S3_BUCKET } })
})

test('it continues to the first step that needs a person: the keys', async () => {
  const file = join(folder, 'backup.json')
  const { exitCode, stdout, stderr } = await migrate('--yes', ...choices, '--backup', file)
  expect(exitCode).toBe(3)
  expect(codes(stderr)).toEqual(['CREDENTIALS_MISSING', 'CREDENTIALS_MISSING'])
  expect(stderr).toContain('npm run --silent iam -- --environment recette --format scw > iam.sh')
  expect(states(stdout)).toMatchObject({ inventory: 'done', backup: 'done', fill: 'done', credentials: 'needs you' })
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  const stored = await world.secret('trackdechets-secrets', 'migrate-backup-1')
  expect(Buffer.from(stored?.data?.['sealed.json'] ?? '', 'base64').toString()).toBe(await readFile(file, 'utf8'))
})

test('what was said once about keys is known the next time, and nothing is done twice', async () => {
  const before = writesToScaleway()
  const { exitCode, stderr } = await migrate('--yes')
  expect([exitCode, codes(stderr)]).toEqual([3, ['CREDENTIALS_MISSING', 'CREDENTIALS_MISSING']])
  expect(writesToScaleway()).toBe(before)
  expect(await world.has('trackdechets-secrets', 'migrate-backup-2')).toBe(false)
})

test('a key of the other tier is not a key, and is reported by its last letters', async () => {
  const { accessKey = '', secretKey = '' } = world.keys.get('frontend') ?? {}
  await world.putSecret('trackdechets-backend', 'scw-backend-credentials', {
    'access-key': accessKey,
    'secret-key': secretKey,
  })
  await world.putSecret('trackdechets-frontend', 'scw-frontend-credentials', {
    'access-key': accessKey,
    'secret-key': `${secretKey}\n`,
  })
  const { exitCode, stderr } = await migrate('--yes')
  expect([exitCode, codes(stderr).sort()]).toEqual([3, ['CREDENTIALS_MALFORMED', 'KEY_OF_OTHER_TIER']])
  expect(stderr).not.toContain(secretKey)
  for (const [tier, { accessKey, secretKey }] of world.keys) {
    const given = await world.run('credentials', ['--tier', tier], { input: `${accessKey}\n${secretKey}\n` })
    expect([tier, given.exitCode]).toEqual([tier, 0])
  }
})

test('with the keys it deploys, waits, compares, and names every reader of the old Secret', async () => {
  const { exitCode, stdout, stderr } = await migrate('--yes')
  expect(states(stdout)).toMatchObject({ deploy: 'done', wait: 'done', compare: 'done', switch: 'needs you' })
  expect(stdout).toMatch(/^compare +done +34 values the same, byte for byte$/m)
  expect(exitCode).toBe(3)
  const places = [...stderr.matchAll(/^(\w+\/trackdechets\/\S+): (.*?\.) /gm)].map(
    ([, place, fact]) => `${place}: ${fact}`,
  )
  expect(places).toEqual([
    'CronJob/trackdechets/report: reads Secret trackdechets-secrets, and is not a workload of exactly one tier of the catalogue.',
    'Deployment/trackdechets/api: reads Secret trackdechets-secrets.',
    'Deployment/trackdechets/cron: reads Secret trackdechets-secrets.',
    'Deployment/trackdechets/notifier: reads API_ENDPOINT of Secret trackdechets-secrets.',
    'Deployment/trackdechets/ui: reads API_ENDPOINT, SENTRY_DSN of Secret trackdechets-secrets.',
    'Job/trackdechets/prisma-migrate: reads Secret trackdechets-secrets.',
    'Pod/trackdechets/queues-runner-1-x: started before the change, and reads Secret trackdechets-secrets.',
  ])
  expect(stderr).toContain(
    'it reads API_ENDPOINT of trackdechets-secrets, which its tier does not have (container main)',
  )
  expect(stderr).toContain('it runs as ServiceAccount ui, which has to be created in trackdechets-frontend too')
})

test('every value of the old Secret is in the target of its tier, byte for byte', async () => {
  const found: string[] = []
  for (const tier of world.model.tiers)
    for (const target of tier.externalSecrets) {
      const { data = {} } = (await world.secret(tier.namespace, target.name)) ?? {}
      for (const { variable } of specsOf(target)) {
        const isSame = digest(Buffer.from(data[variable] ?? '', 'base64')) === digest(values[variable] ?? '')
        found.push(`${tier.name}.${variable} ${isSame ? 'same' : 'other'}`)
      }
    }
  expect(found).toHaveLength(34)
  expect(found.filter((line) => line.endsWith('other'))).toEqual([])
})

test('--output yaml prints a patch for each workload that the API server takes, and no variable of theirs', async () => {
  const { exitCode, stdout } = await migrate('--output', 'yaml')
  expect(exitCode).toBe(0)
  expect(stdout).not.toContain(literal)
  const patches = parseYamlDocuments(stdout, 'patches') as Patch[]
  expect(patches.map(({ kind, metadata }) => `${kind}/${metadata.namespace}/${metadata.name}`)).toEqual([
    'Deployment/trackdechets-backend/api',
    'Deployment/trackdechets-backend/cron',
    'Deployment/trackdechets-backend/notifier',
    'Deployment/trackdechets-frontend/ui',
    'Job/trackdechets-backend/prisma-migrate',
  ])
  for (const patch of patches) {
    const kind = patch.kind === 'Job' ? kinds.job : kinds.deployment
    const from = { namespace: old.namespace, name: patch.metadata.name }
    await move(world.controlPlane, world.client, kind, from, patch)
  }
  const uses = async (namespace: string) =>
    (await readPodTemplates(world.client, namespace)).map(({ name, outline }) => {
      const mark = (optional: boolean) => (optional ? '?' : '')
      const variables = outline.containers.flatMap(({ envFrom, env }) => [
        ...envFrom.flatMap(({ object, optional }) =>
          object.kind === 'Secret' ? `${object.name}${mark(optional)}` : [],
        ),
        ...env.flatMap(({ from }) =>
          from.type === 'key' ? `${from.object.name}:${from.key}${mark(from.optional)}` : [],
        ),
      ])
      const files = outline.volumes.flatMap((volume) =>
        volume.files.map(({ secret, items, optional }) => {
          return `${secret}${items ? `:${items.map(({ key }) => key)}` : ''}${mark(optional)}`
        }),
      )
      return `${name} ${[...variables, ...files].join(' ')}`
    })
  expect((await uses('trackdechets-backend')).sort()).toEqual([
    'api backend-secrets:DATABASE_URL backend-secrets backend-optional-secrets?',
    'cron backend-secrets:TD_COMPANY_ELASTICSEARCH_CACERT backend-optional-secrets:SENTRY_DSN? backend-secrets backend-optional-secrets?',
    'notifier trackdechets-secrets:API_ENDPOINT',
    'prisma-migrate backend-secrets backend-optional-secrets?',
  ])
  expect(await uses('trackdechets-frontend')).toEqual([
    'ui frontend-secrets:API_ENDPOINT frontend-optional-secrets:SENTRY_DSN?',
  ])
  for (const tier of world.model.tiers) {
    const problems = verifyWorkloads(tier, await readPodTemplates(world.client, tier.namespace))
    expect(problems.filter(({ code }) => code.startsWith('POD_'))).toEqual([])
  }
})

test('a pod and a workload that are left keep the old Secret, whatever was confirmed', async () => {
  const { exitCode, stderr } = await migrate('--yes', '--confirm', old.name)
  expect([exitCode, codes(stderr)]).toEqual([3, ['LEGACY_IN_USE', 'LEGACY_IN_USE']])
  expect(await world.has(old.namespace, old.name)).toBe(true)
  await world.client.delete(kinds.cronJob, { namespace: old.namespace, name: 'report' })
  await world.client.delete(kinds.pod, { namespace: old.namespace, name: 'queues-runner-1-x' })
})

test('without its name typed, or without the passphrase of the backup, the old Secret stays', async () => {
  const unnamed = await migrate('--yes')
  expect([unnamed.exitCode, codes(unnamed.stderr)]).toEqual([3, ['DELETION_UNCONFIRMED']])
  const other = await migrate('--yes', '--confirm', 'trackdechets')
  expect([other.exitCode, codes(other.stderr)]).toEqual([2, ['WRONG_USAGE']])
  const locked = await world.run('migrate', ['--yes', '--confirm', old.name], { input: 'another passphrase' })
  expect([locked.exitCode, codes(locked.stderr)]).toEqual([3, ['SEAL_REFUSES']])
  expect(await world.has(old.namespace, old.name)).toBe(true)
})

test('when nothing reads it any more, the old Secret is deleted, and the migration is finished', async () => {
  const { exitCode, stderr } = await migrate('--yes', '--confirm', old.name)
  expect(stderr).toContain('left behind; from then on only in the backup: OLD_FEATURE_FLAG, SMTP_PASSWORD')
  expect(exitCode).toBe(0)
  expect(await world.has(old.namespace, old.name)).toBe(false)
  const again = await migrate('--yes', '--output', 'json')
  expect(again.exitCode).toBe(0)
  const result = JSON.parse(again.stdout)
  expect(result).toMatchObject({
    version: 1,
    environment: 'recette',
    over: true,
    problems: [],
    backup: 'migrate-backup-1',
  })
  expect(result.steps.map(({ name, state, doneAt }: Record<string, string>) => [name, state, typeof doneAt])).toEqual(
    stepNames.map((name) => [name, 'done', 'string']),
  )
})

test('--rollback brings the old Secret back as it was, from the cluster or from the file', async () => {
  const passphraseFile = join(folder, 'passphrase')
  await writeFile(passphraseFile, `${passphrase}\n`, { mode: 0o600 })
  const file = ['--backup', join(folder, 'backup.json'), '--passphrase-file', passphraseFile]
  const look = await migrate('--rollback', '--dry-run', ...file)
  expect([look.exitCode, await world.has(old.namespace, old.name)]).toEqual([0, false])
  expect(look.stdout).toContain('Deployment/trackdechets-backend/api reads the new Secrets, and is not changed')
  const blind = await world.run('migrate', ['--rollback', '--dry-run'], { input: '' })
  expect([blind.exitCode, blind.stdout]).toEqual([
    0,
    expect.stringMatching(
      /^Secret\/trackdechets-secrets\/migrate-backup-\d was sealed at 20\S+, and holds Secret\/trackdechets\/trackdechets-secrets.*\nSecret\/trackdechets\/trackdechets-secrets does not exist, and would be created; /,
    ),
  ])
  const outline = await world.run('migrate', ['--rollback', '--dry-run', '--output', 'json'], { input: '' })
  expect(JSON.parse(outline.stdout)).toMatchObject({ action: 'create', keys: null, written: false })
  const unasked = await world.run('migrate', ['--rollback', '--yes'], { input: '' })
  expect([unasked.exitCode, codes(unasked.stderr)]).toEqual([3, ['PASSPHRASE_MISSING']])
  for (const from of [file, []]) {
    const { exitCode, stdout } = await migrate('--rollback', '--yes', '--output', 'json', ...from)
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ action: 'create', keys: 35, written: true })
    const { metadata, type, data } = (await world.secret(old.namespace, old.name)) as SecretObject
    expect(digest(JSON.stringify(sorted(data)))).toBe(digest(JSON.stringify(sorted(encoded(values)))))
    expect([type, metadata.labels, metadata.annotations]).toEqual([
      'Opaque',
      { app: 'td' },
      { 'example.org/owner': 'équipe' },
    ])
    if (from.length > 0) await world.client.delete(kinds.secret, old)
  }
})

test('a rollback over what somebody has changed since seals that first', async () => {
  await world.client.mergePatch(kinds.secret, old, { data: encoded({ ADDED_LATER: 'added later by somebody' }) })
  const { exitCode, stdout } = await migrate('--rollback', '--yes')
  expect([exitCode, stdout]).toEqual([0, expect.stringContaining('exists, and differs from')])
  expect(stdout).toContain('in ADDED_LATER\n')
  const { data } = (await world.secret(old.namespace, old.name)) as SecretObject
  expect(digest(JSON.stringify(sorted(data)))).toBe(digest(JSON.stringify(sorted(encoded(values)))))
  expect(await world.has('trackdechets-secrets', 'migrate-before-rollback-1')).toBe(true)
  const again = await migrate('--rollback', '--yes', '--output', 'json')
  expect(JSON.parse(again.stdout)).toMatchObject({ action: 'nothing', written: false })
})

test('after a rollback the same command goes forward again', async () => {
  const { exitCode, stderr } = await migrate('--yes', '--confirm', old.name)
  expect([exitCode, codes(stderr)]).toEqual([0, []])
  expect(await world.has(old.namespace, old.name)).toBe(false)
})

test('no value is in any output, journal, event, log or sealed text', async () => {
  const { client, controlPlane } = world
  const [journals, events, leases, deployments] = await Promise.all(
    [kinds.configMap, kinds.event, kinds.lease, kinds.externalSecret].map((kind) =>
      client.list<KubernetesObject>(kind),
    ),
  )
  const sealed = await client.list<SecretObject>(kinds.secret, {
    namespace: 'trackdechets-secrets',
    labelSelector: 'tiered-secrets/backup',
  })
  const texts = sealed.items.map(({ data }) => Buffer.from(data?.['sealed.json'] ?? '', 'base64').toString())
  const places = {
    output: world.printed(),
    'objects of the cluster': JSON.stringify([journals, events, leases, deployments]),
    'sealed texts': texts.join('\n'),
    'log of the operator': await readFile(join(controlPlane.folder, 'external-secrets.log'), 'utf8'),
  }
  expect(texts).toHaveLength(2)
  expect(JSON.stringify(journals)).toContain('state.json')
  const secrets = [...tellTales(values), passphrase, ...[...world.keys.values()].flatMap((key) => Object.values(key))]
  expect(secrets.length).toBeGreaterThan(50)
  for (const [place, text] of Object.entries(places))
    expect([place, secrets.filter((secret) => text.includes(secret)).length]).toEqual([place, 0])
})

// --- internal ---

interface Patch {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace: string }
  readonly spec: { readonly template: object }
}

function sorted(data: Readonly<Record<string, string>> = {}): [string, string][] {
  return Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1))
}

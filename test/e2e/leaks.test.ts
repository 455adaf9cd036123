import { spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kinds, type SecretObject } from '../../scripts/kubernetes/kinds.ts'
import { cacheFolder } from '../../scripts/local/toolchain/cache.ts'
import { credentialKeys } from '../../scripts/model/names.ts'
import type { EnvironmentModel } from '../../scripts/model/resolve.ts'
import { createApiKey, findApplication } from '../../scripts/scaleway/iam.ts'
import { localContext } from '../../scripts/session/local-context.ts'
import { trackdechets } from '../fixtures/applications.ts'
import { testCertificate } from '../helpers/certificate.ts'
import { compiledCli } from '../helpers/cli.ts'
import { eventually } from '../helpers/eventually.ts'
import { hostedCli } from '../helpers/hosted-cli.ts'
import { forms, leaksIn, type Place, type Secret, shortest, written } from '../helpers/leaks.ts'
import { allArguments, newArguments } from '../helpers/processes.ts'
import { type Repository, userFolder } from '../helpers/repository.ts'
import { placesOfCluster, placesOfFolder, placesOfLogs } from './leak-places.ts'
import { oldValues, passphrase, putSecret } from './migration-world.ts'
import { startWorld, type World } from './world.ts'

const environment = 'recette'

/** Commands that are given no account and no cluster, or a stack of their own, and where it is looked for leaks. */
const elsewhere: Readonly<Record<string, string>> = {
  bench: 'measures with stacks and values of its own, and prints figures',
  check: 'reads the sources and renders the chart, as render does here',
  completion: 'prints a script for a shell',
  init: 'begins a folder that has no values yet; package.test.ts',
  'lint-chart': 'has ct read the chart and the committed values',
  pins: 'asks package registries, and neither a cluster nor an account',
  start: 'start.test.ts',
  'vendor-schemas': 'reads definitions of the operator',
}

let world: World
let repository: Repository
let model: EnvironmentModel
/** What we give to the commands: not searched. */
let given: string
/** The home and the temporary folder of every command. */
let home: string
let temporary: string
const outputs: Place[] = []
const processArguments = new Set<string>()
const youngArguments = newArguments()
const known = new Map<string, Secret>()

beforeAll(async () => {
  ;[given, home, temporary] = (await Promise.all(
    ['given', 'home', 'tmp'].map((name) => mkdtemp(join(tmpdir(), `ts-leaks-${name}-`))),
  )) as [string, string, string]
  const stateFile = join(given, 'emulator.json')
  ;[world, repository] = await Promise.all([
    startWorld({ application: trackdechets, environment, emulator: { stateFile } }),
    userFolder(),
  ])
  model = world.stack.model
  await world.install()
  await world.sync()
  const { controlPlane, emulator, keys } = world.stack
  for (const [tier, { secretKey }] of keys) keep(`secret key of ${tier}`, secretKey)
  keep('secret key of the owner', emulator.owner.secretKey)
  keep('token of the cluster', controlPlane.token)
  keep('passphrase', passphrase)
})
afterAll(async () => {
  await world?.[Symbol.asyncDispose]()
  for (const folder of [given, home, temporary]) await rm(folder, { recursive: true, force: true })
})

/** Adds to what must be nowhere. */
function keep(name: string, value: string): string {
  if (!known.has(value)) known.set(value, { name, value })
  return value
}

/** Every payload that Scaleway has, and every key that is in use. */
async function keepStored(): Promise<void> {
  await world.stack.emulator.save()
  const { secrets } = JSON.parse(await readFile(join(given, 'emulator.json'), 'utf8')) as {
    secrets: { name: string; versions: { revision: number; payload: string | null }[] }[]
  }
  for (const { name, versions } of secrets)
    for (const { revision, payload } of versions)
      for (const value of valuesIn(Buffer.from(payload ?? '', 'base64').toString()))
        keep(`${name}, version ${revision}`, value)
  for (const { name, namespace, credentialsSecret } of model.tiers) {
    const secret = await world.stack.client.get<SecretObject>(kinds.secret, { namespace, name: credentialsSecret })
    const value = secret?.data?.[credentialKeys.secretKey] ?? ''
    keep(`secret key of ${name}, in use`, Buffer.from(value, 'base64').toString())
  }
}

/** A payload, and what is in it where it is JSON. */
function valuesIn(payload: string): string[] {
  if (!payload.startsWith('{')) return [payload]
  return [payload, ...Object.values(JSON.parse(payload) as object).filter((value) => typeof value === 'string')]
}

interface Run {
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
  /** Ctrl-C as soon as this is on standard error. */
  readonly interruptAt?: RegExp
}

/** `npm run <args>`, without npm, with nothing of our environment but PATH. */
async function run({ args, env = {}, input = '', interruptAt }: Run): Promise<number> {
  const { controlPlane, emulator } = world.stack
  const own = {
    PATH: process.env.PATH,
    HOME: home,
    TMPDIR: temporary,
    TIERED_SECRETS_CACHE: cacheFolder(process.env),
    KUBECONFIG: controlPlane.kubeconfigPath,
    SCW_API_URL: emulator.url,
    SCW_SECRET_KEY: emulator.owner.secretKey,
    SCW_DEFAULT_ORGANIZATION_ID: emulator.owner.organizationId,
  }
  const line = { cwd: repository.folder, env: { ...own, ...env }, input }
  const sampling = setInterval(() => {
    for (const line of youngArguments()) processArguments.add(line)
  }, 25)
  const { exitCode, stdout, stderr } = interruptAt
    ? await interrupted(args, line, interruptAt)
    : await hostedCli(args, { ...line, env: { ...nothing, ...line.env } })
  clearInterval(sampling)
  for (const [name, text] of Object.entries({ stdout, stderr }))
    outputs.push({ name: `${name} of ${args.join(' ')}`, text })
  await keepStored()
  return exitCode
}

/** Takes every variable of ours away. */
const nothing = Object.fromEntries(Object.keys(process.env).map((name) => [name, undefined]))

/** A command line in a process of its own, with Ctrl-C as soon as something is on standard error. */
async function interrupted(
  args: readonly string[],
  { input, ...options }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly input: string },
  at: RegExp,
) {
  const child = spawn(process.execPath, [compiledCli, ...args], options)
  const shown = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => {
      shown[name] += text
      if (at.test(shown.stderr)) child.kill('SIGINT')
    })
  child.stdin.on('error', () => undefined).end(input)
  const [exitCode] = (await once(child, 'close')) as [number]
  return { exitCode, ...shown }
}

/** Of an environment's command. */
const here = (command: string, ...args: string[]) => [command, '--environment', environment, ...args]

async function file(name: string, text: string): Promise<string> {
  const path = join(given, name)
  await writeFile(path, text, { mode: 0o600 })
  return path
}

const random = (name: string) =>
  keep(name, `${randomBytes(12).toString('base64')}"\\/é&${randomBytes(6).toString('hex')}`)

/** Manifests that have secrets in the clear wherever somebody may write one, and a document that is not YAML. */
function clearManifests(): string {
  const namespace = model.tiers[0]?.namespace
  const clear = (place: string) => keep(`in the clear in ${place}`, randomBytes(18).toString('hex'))
  const container = {
    name: 'main',
    image: 'x',
    env: [{ name: 'API_TOKEN', value: clear('a variable') }],
    args: [`--password=${clear('an argument')}`],
  }
  const objects = [
    ['v1', 'ConfigMap', { data: { DB: `redis://:${clear('a URL')}@cache`, SMTP_PASSWORD: clear('a ConfigMap') } }],
    ['v1', 'Secret', { stringData: { A: clear('a Secret') }, data: { B: btoa(clear('data of a Secret')) } }],
    ['apps/v1', 'Deployment', { spec: { template: { spec: { containers: [container] } } } }],
    [
      'external-secrets.io/v1',
      'SecretStore',
      { spec: { provider: { scaleway: { projectId: clear('a project'), secretKey: { value: clear('a store') } } } } },
    ],
  ] as const
  const texts = objects.map(([apiVersion, kind, rest]) =>
    JSON.stringify({ apiVersion, kind, metadata: { name: 'clear', namespace }, ...rest }),
  )
  return [...texts, `A: {{ ${clear('what is not YAML')}`].join('\n---\n')
}

async function newKey(tierName: string) {
  const { emulator } = world.stack
  const { organizationId, secretKey } = emulator.owner
  const account = { apiUrl: emulator.url, secretKey }
  const tier = model.tiers.find(({ name }) => name === tierName)
  const application = await findApplication(account, organizationId, tier?.iamApplication ?? '')
  const expiresAt = new Date(Date.now() + 86_400_000)
  const key = await createApiKey(account, application?.id ?? '', { description: 'given by hand', expiresAt })
  keep(`new secret key of ${tierName}`, key.secret_key)
  return { accessKey: key.access_key, secretKey: key.secret_key }
}

const keyText = ({ accessKey, secretKey }: { accessKey: string; secretKey: string }) =>
  JSON.stringify({ access_key: accessKey, secret_key: secretKey })

/** Where a secret must not be, all of it as it is now. */
async function places(): Promise<Place[]> {
  const targets = model.tiers.flatMap((tier) =>
    [...tier.externalSecrets.map(({ name }) => name), tier.credentialsSecret].map(
      (name) => `${tier.namespace}/${name}`,
    ),
  )
  const holders = [...targets, `${model.legacy?.namespace}/${model.legacy?.secret}`]
  const holdsSecrets = ({ metadata }: SecretObject) => holders.includes(`${metadata.namespace}/${metadata.name}`)
  const folders = [home, temporary, ...['scripts', 'values', 'charts'].map((one) => join(repository.folder, one))]
  const top = (await readdir(repository.folder, { withFileTypes: true })).filter((entry) => entry.isFile())
  return [
    ...outputs,
    { name: 'arguments of processes', text: [...processArguments].join('\n') },
    ...(await placesOfLogs(world.stack)),
    ...(await placesOfCluster(world.stack, holdsSecrets)),
    ...(await Promise.all(folders.map(placesOfFolder))).flat(),
    ...(await Promise.all(top.map(async ({ name }) => ({ name, text: await repository.read(name) })))),
  ]
}

describe('every command, used well and badly, on one stack', () => {
  /** Exit codes, by command line. */
  const exits = new Map<string, number>()
  const runs = async (...list: readonly Run[]) => {
    for (const one of list) exits.set(one.args.join(' '), await run(one))
  }

  beforeAll(async () => {
    await putSecret(world.stack.client, legacyRef(), oldValues(model))
    const old = await world.stack.client.get<SecretObject>(kinds.secret, legacyRef())
    for (const [key, value] of Object.entries(old?.data ?? {}))
      keep(`old ${key}`, Buffer.from(value, 'base64').toString())
    await keepStored()
    await looking()
    await filling()
    await giving()
    await rotating()
    await migrating()
  }, 280_000)

  const legacyRef = () => ({ namespace: model.legacy?.namespace ?? '', name: model.legacy?.secret ?? '' })

  const looking = async () =>
    runs(
      ...[
        ['status', '--formats'],
        ['status', '--output', 'json'],
        ['doctor'],
        ['wait', '--timeout', '10s', '--output', 'json'],
        ['plan', '--output', 'markdown'],
        ['iam', '--format', 'scw'],
        ['iam', '--for', 'ci', '--format', 'scw'],
        ['rbac'],
        ['iam', '--verify'],
        ['network', '--verify'],
        ['render'],
        ['deploy', '--dry-run', '--show-manifests'],
        ['deploy', '--yes', '--timeout', '20s'],
        ['restart', '--dry-run'],
      ].map(([command = '', ...args]) => ({ args: here(command, ...args) })),
      { args: ['setup'] },
      { args: ['gen-values', '--check'] },
      { args: ['operator-values'] },
      { args: ['env-module', '--tier', 'backend'] },
      { args: ['package', '--version', '1.0.0', '--out', 'packed'] },
      { args: ['import', '--cluster', '--context', localContext, '--out', 'draft'] },
      { args: here('audit', '--live', '--manifests', await file('manifests.yaml', clearManifests())) },
      ...['json', 'sarif', 'gitlab', 'junit'].map((form) => ({
        args: here('audit', '--manifests', join(given, 'manifests.yaml'), '--output', form),
      })),
      {
        args: here('status', '--formats', '--output', 'json'),
        env: { SCW_SECRET_KEY: keep('unknown key', randomUUID()) },
      },
      { args: here('doctor', '--output', 'json'), env: { SCW_SECRET_KEY: random('malformed key') } },
      { args: here('plan'), env: { SCW_SECRET_KEY: `${keep('key with a line break', randomUUID())}\n` } },
    )

  async function filling() {
    const good = `SESSION_SECRET='${keep('given', randomBytes(32).toString('hex'))}'\n`
    await runs(
      { args: here('fill', '--tier', 'backend', '--replace', '--yes', '--from', await file('good.env', good)) },
      { args: here('fill', '--generate', '--yes', '--output', 'json') },
      {
        args: here(
          'fill',
          '--dry-run',
          '--from',
          await file('wrong.env', `DATABASE_URL='${random('no URL')}'\nNONE='${random('for nothing')}'\n`),
        ),
      },
      {
        args: here('fill', '--yes', '--from', '-'),
        input: `SESSION_SECRET="${keep('unreadable', randomBytes(20).toString('hex'))}\\q" x\n`,
      },
      { args: here('fill', '--yes', '--from-secret', `${legacyRef().namespace}/${legacyRef().name}`) },
    )
  }

  async function giving() {
    const backend = (...args: string[]) => here('credentials', '--tier', 'backend', ...args)
    const frontend = world.stack.keys.get('frontend')
    const unknown = { accessKey: 'SCW1234567890ABCDEFG', secretKey: keep('key of nobody', randomUUID()) }
    const broken = {
      ...unknown,
      secretKey: `${keep('half a key', randomUUID()).slice(0, 30)}\n${random('other half')}`,
    }
    await runs(
      { args: backend('--from', await file('key.json', keyText(await newKey('backend')))) },
      { args: backend('--dry-run'), input: keyText(frontend ?? unknown) },
      { args: backend('--output', 'json'), input: keyText(unknown) },
      { args: backend('--from', await file('broken.json', keyText(broken))) },
      { args: backend('--from', await file('cut.json', keyText(broken).slice(0, -9))) },
      {
        args: backend('--seal', await file('cert.pem', testCertificate().certificate)),
        input: keyText(await newKey('backend')),
      },
      { args: backend('--rotate', '--yes'), interruptAt: /./ },
      { args: backend('--rotate', '--yes', '--output', 'json') },
    )
  }

  const rotating = () =>
    runs(
      { args: here('rotate', 'backend.SESSION_SECRET', '--generate', '--yes', '--no-restart') },
      { args: here('rotate', 'backend.SESSION_SECRET', '--abort', '--yes', '--no-restart') },
      { args: here('rotate', 'backend.API_TOKEN_SECRET', '--generate', '--yes', '--no-restart'), interruptAt: /./ },
      { args: here('rotate', 'backend.API_TOKEN_SECRET', '--generate', '--yes', '--no-restart', '--probe', 'false') },
    )

  async function migrating() {
    const assign = ['--assign', 'SENTRY_DSN=backend,frontend']
    const secretFile = await file('passphrase', passphrase)
    await runs(
      { args: here('migrate', '--yes', '--replace', ...assign, '--passphrase-file', secretFile, '--timeout', '30s') },
      { args: here('migrate', '--rollback', '--dry-run'), input: keep('wrong passphrase', 'not the four words of it') },
      { args: here('migrate', '--rollback', '--dry-run', '--output', 'json', '--passphrase-file', secretFile) },
      {
        args: ['emulate', '--port', '0', '--admin-port', '0', '--key-file', join(given, 'owner.env')],
        interruptAt: /Ctrl-C/,
      },
    )
    for (const [, key = ''] of (await readFile(join(given, 'owner.env'), 'utf8').catch(() => '')).matchAll(
      /SECRET_KEY='?([\w-]+)/g,
    ))
      keep('key of the emulator', key)
  }

  test('was run, and what went well and badly is what was meant to', async () => {
    const files = (await readdir('scripts/commands')).map((name) => name.replace(/\.ts$/, ''))
    const seen = new Set([...exits.keys()].map((line) => line.split(' ')[0]?.replace(':', '-')))
    expect(files.filter((name) => !seen.has(name) && !(name in elsewhere))).toEqual([])
    expect(Object.keys(elsewhere).filter((name) => !files.includes(name) || seen.has(name))).toEqual([])
    expect([...exits].filter(([, code]) => code === 1)).toEqual([])
    expect([...exits.values()]).toContain(0)
    expect(new Set(exits.values()).size).toBeGreaterThan(1)
    expect(known.size).toBeGreaterThan(50)
  })

  test('no value and no key is in anything that could be read', async () => {
    expect(leaksIn(await places(), [...known.values()])).toEqual([])
  })
})

/** The operator would write it into an Event and its log. */
test('a malformed key never gets where the operator reads it, and is in nothing that could be read', async () => {
  const { client } = world.stack
  const tier = model.tiers.find(({ name }) => name === 'frontend')
  if (!tier) throw new Error('no frontend')
  const { namespace, credentialsSecret: name } = tier
  const secretKey = keep('malformed key in the cluster', `${randomUUID()}\n`)
  const data = {
    [credentialKeys.accessKey]: Buffer.from('SCW1234567890ABCDEFG').toString('base64'),
    [credentialKeys.secretKey]: Buffer.from(secretKey).toString('base64'),
  }
  const refused = await client.mergePatch(kinds.secret, { namespace, name }, { data }).catch(String)
  expect(refused).toContain('(CREDENTIALS_SECRET_KEY)')
  await run({ args: here('doctor') })
  await run({ args: here('status', '--output', 'json') })
  expect(leaksIn(await places(), [{ name: 'key', value: secretKey.trim() }])).toEqual([])
})

describe('the hunt', () => {
  test('finds a planted secret in every form and every kind of place', async () => {
    const planted = { name: 'planted', value: `p "1"/é+${randomBytes(16).toString('hex')} of the hunt` }
    expect(planted.value.length).toBeGreaterThan(shortest)
    const text = forms.map((form) => written(planted.value, form)).join('\n')
    const { client, controlPlane } = world.stack
    const namespace = model.tiers[0]?.namespace ?? ''
    const release = Buffer.from(
      gzipSync(JSON.stringify({ text: forms.map((form) => written(planted.value, form)) })).toString('base64'),
    )
    await client.create(kinds.event, {
      metadata: { namespace, name: 'planted' },
      involvedObject: { namespace },
      message: text,
    } as never)
    await client.create(kinds.configMap, { metadata: { namespace, name: 'planted' }, data: { text } } as never)
    await client.create(kinds.secret, {
      metadata: { namespace, name: 'sh.helm.release.v1.planted.v1', annotations: { text } },
      data: { release: release.toString('base64') },
    } as never)
    await appendFile(join(controlPlane.folder, 'external-secrets.log'), text)
    for (const folder of [home, temporary, join(repository.folder, 'values')]) {
      await mkdir(join(folder, 'planted'), { recursive: true })
      await writeFile(join(folder, 'planted', 'file'), text)
    }
    outputs.push({ name: 'stdout of planted', text })
    const program = 'setTimeout(() => undefined, 60_000)'
    const child = spawn(process.execPath, ['-e', program, '--', ...forms.map((form) => written(planted.value, form))])
    // A child has the arguments of its parent until it has become the program.
    await eventually(
      () => allArguments().includes(planted.value),
      (isThere) => isThere,
      { timeoutMs: 60_000 },
    )
    processArguments.add(allArguments())
    child.kill()
    const found = leaksIn(await places(), [planted])
    const kindsOfPlaces = [
      'Event/.*planted$',
      'ConfigMap/.*planted$',
      'Secret/.*planted.v1$',
      'Secret/.*planted.v1, release$',
      'external-secrets.log',
      'ts-leaks-home-',
      'ts-leaks-tmp-',
      'values/planted',
      'stdout of planted',
      'arguments of processes',
    ]
    const missed = kindsOfPlaces.flatMap((kind) =>
      forms
        .filter(
          (form) => !found.some((leak) => leak.startsWith(`planted as ${form} in `) && new RegExp(kind).test(leak)),
        )
        .map((form) => `${form} in ${kind}`),
    )
    expect(missed).toEqual([])
  })
})

import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { command } from '../../scripts/commands/fill.ts'
import type { CommandIo } from '../../scripts/lib/command.ts'
import type { Shown } from '../../scripts/lib/output.ts'
import { unstyled } from '../../scripts/lib/printable.ts'
import { ProblemError } from '../../scripts/lib/problems.ts'
import { writeDotenv } from '../../scripts/payload/dotenv.ts'
import { scalewayRequest } from '../../scripts/scaleway/http.ts'
import { createSecret, findSecret } from '../../scripts/scaleway/secrets.ts'
import { accessVersion, createVersion, disableVersion } from '../../scripts/scaleway/versions.ts'
import { bookshop, oneBundlePerTier, trackdechets } from '../fixtures/applications.ts'
import { applicationWith } from '../helpers/applications.ts'
import { temporaryFolder } from '../helpers/folders.ts'
import { startGate } from '../helpers/gate.ts'
import { root as product } from '../helpers/generating.ts'
import { hostedCli } from '../helpers/hosted-cli.ts'
import { problemOf } from '../helpers/problems.ts'
import { folderWith } from '../helpers/repository.ts'
import { type FillWorld, filled, named, startFillWorld, tellTale, type Values, valuesFor } from './fill-world.ts'

// The command that runs in this process finds the same application as the one in a process of its own.

const { folder: root } = await folderWith(trackdechets)
const recette = ['--environment', 'recette']

/** `npm run fill -- …`, without npm. */
function cli(world: FillWorld, args: readonly string[], input = '') {
  return hostedCli(['fill', ...recette, ...args], { cwd: root, env: world.env(), input })
}

const textOf = (text: Shown): string => unstyled(typeof text === 'function' ? text(undefined) : text)

/** The command in this process. `answer` is what somebody at the terminal types; without it there is none. */
async function run(
  world: FillWorld,
  options: object,
  { answer, piped = '' }: { answer?: string; piped?: string } = {},
) {
  const shown = { out: '', log: '', asked: '' }
  const io: CommandIo = {
    productFolder: product,
    userFolder: root,
    typedIn: root,
    env: world.env(),
    signal: new AbortController().signal,
    out(text) {
      shown.out += textOf(text)
    },
    log(line) {
      shown.log += `${line}\n`
    },
    tell(text) {
      shown.log += textOf(text)
    },
    isTerminal: false,
    commands: { titles: async () => [], load: async () => undefined },
    input: {
      isTerminal: answer !== undefined,
      read: async () => piped,
      async ask(question) {
        shown.asked += question
        return answer ?? ''
      },
    },
  }
  const exitCode = await command.run({ environment: 'recette', output: 'table', ...options } as never, io)
  return { exitCode, ...shown }
}

/** Values in a file that only its owner can read. */
async function envFile(values: Values, mode = 0o600): Promise<string> {
  const path = join(await temporaryFolder(), 'values.env')
  await writeFile(path, writeDotenv(named(values)), { mode })
  await chmod(path, mode)
  return path
}

const writesOf = ({ emulator }: FillWorld) =>
  emulator.requests().entries.flatMap(({ method, route }) => (method === 'GET' ? [] : [route]))

async function remoteOf({ account, model }: FillWorld, variable: string) {
  for (const { projectId, remoteSecrets } of model.tiers) {
    const remote = remoteSecrets.find(({ specs }) => specs.some((spec) => spec.variable === variable))
    const found = remote && (await findSecret(account, { region: model.region, projectId }, remote))
    if (found) return found
  }
  throw new Error(`no remote secret of ${variable}`)
}

describe('from an empty account', () => {
  test.each([
    ['Trackdéchets', trackdechets, 'recette'],
    ['Trackdéchets in bundles', oneBundlePerTier, 'production'],
    ['the bookshop in one project', bookshop, 'preview'],
    ['the bookshop in a project a tier', bookshop, 'live'],
  ])('everything of %s is filled, and a second run changes nothing', async (_, application, environment) => {
    await using world = await startFillWorld(application, environment)
    const values = valuesFor(world.model)
    await world.fill(values)
    expect(await world.contents(values)).toEqual(filled(world.model, 'enabled'))
    world.emulator.resetRequests()
    const { rows } = await world.fill(values, { replace: true, disablePrevious: true, prune: true })
    expect(new Set(rows.map(({ action }) => action))).toEqual(new Set(['unchanged']))
    expect(writesOf(world)).toEqual([])
  })

  test('the command line fills from a file, and shows no value', async () => {
    await using world = await startFillWorld(trackdechets, 'recette')
    const values = valuesFor(world.model)
    const from = ['--from', await envFile(values)]
    const planned = await cli(world, [...from, '--dry-run'])
    expect([planned.exitCode, writesOf(world)]).toEqual([0, []])
    const done = await cli(world, [...from, '--yes', '--output', 'json'])
    expect(done.exitCode).toBe(0)
    expect(await world.contents(values)).toEqual(filled(world.model, 'enabled'))
    const { written, variables } = JSON.parse(done.stdout)
    expect([written, variables.length]).toEqual([true, values.size])
    const again = await cli(world, [...from, '--yes'])
    expect(again).toMatchObject({ exitCode: 0, stderr: 'there is nothing to write' })
    const shown = [planned, done, again].map(({ stdout, stderr }) => stdout + stderr).join('')
    for (const value of [...tellTale(values), world.account.secretKey]) expect(shown.includes(value)).toBe(false)
    for (const { variable } of values.keys()) expect(planned.stdout).toContain(variable)
  })

  test('the command line fills from standard input, as JSON', async () => {
    await using world = await startFillWorld(trackdechets, 'recette')
    const values = valuesFor(world.model)
    const json = JSON.stringify(Object.fromEntries(named(values)))
    expect(await cli(world, ['--from', '-', '--yes'], json)).toMatchObject({ exitCode: 0 })
    expect(await world.contents(values)).toEqual(filled(world.model, 'enabled'))
  })
})

describe('what is there already', () => {
  test('is never written over without --replace, and nothing else is written then', async () => {
    await using world = await startFillWorld(bookshop, 'live')
    const first = valuesFor(world.model)
    await world.fill(new Map([...first].filter(([{ variable }]) => variable === 'BASKET_SEAL')))
    world.emulator.resetRequests()
    const problem = await problemOf(world.fill(valuesFor(world.model)))
    expect(problem).toMatchObject({ code: 'FILL_WOULD_REPLACE', where: '/bookshop-orders/basket-seal', exitCode: 3 })
    expect(problem.all).toHaveLength(1)
    expect(writesOf(world)).toEqual([])
  })

  test('becomes an older version that stays enabled until --disable-previous', async () => {
    await using world = await startFillWorld(trackdechets, 'recette')
    await world.fill(valuesFor(world.model))
    const values = new Map([...valuesFor(world.model)].filter(([spec]) => spec.variable === 'SESSION_SECRET'))
    await run(world, { from: await envFile(values), replace: true, yes: true })
    const line = async () => (await world.contents(values)).find((one) => one.includes('/session-secret'))
    expect(await line()).toMatch(/ enabled enabled as wanted$/)
    const done = await run(world, { only: ['SESSION_SECRET'], disablePrevious: true }, { answer: 'y' })
    expect(done.asked).toBe(`In recette (${world.emulator.url}): disable 1 version? [y/N] `)
    expect(await line()).toMatch(/ disabled enabled as wanted$/)
  })

  test('gets a version when it has none, or none that is enabled', async () => {
    await using world = await startFillWorld(bookshop, 'preview')
    const { account, model, emulator } = world
    const values = valuesFor(model)
    const [orders] = model.tiers.filter(({ name }) => name === 'orders')
    const scope = { region: model.region, projectId: orders?.projectId ?? '' }
    const path = orders?.remotePath ?? ''
    await createSecret(account, scope, { path, name: 'stock-db', type: 'opaque' })
    const { id } = await createSecret(account, scope, { path, name: 'basket-seal', type: 'opaque' })
    await disableVersion(account, model.region, id, await createVersion(account, model.region, id, 'withdrawn'))
    emulator.resetRequests()
    await world.fill(values)
    const lines = filled(model, 'enabled').map((line) => line.replace('seal opaque', 'seal opaque disabled'))
    expect(await world.contents(values)).toEqual(lines)
  })

  test.each([
    [
      '{"port":5432,"tls":true,"opts":{"a":1},"password":"old"}',
      '{"port":5432,"tls":true,"opts":{"a":1},"password":"new"}',
    ],
    ['{"tls":null,\n "id":12345678901234567890,"f":1.0,"port":1e3}', undefined],
    ['{"port":5432,"tls":true,"opts":{},"password":["old"]}', '{"port":5432,"tls":true,"opts":{},"password":"new"}'],
    ['["old"]', undefined],
  ])('keeps every field of a JSON that keeps its value, to the byte, or stays as it is: %s', async (before, after) => {
    const fields = ['port', 'tls', 'opts', 'password'].map((name) => {
      return { variable: name.toUpperCase(), remoteName: 'shared', property: [name], format: 'text' as const }
    })
    await using world = await startFillWorld(applicationWith({ secrets: fields }), 'dev')
    const { account, model } = world
    const [tier] = model.tiers
    const scope = { region: model.region, projectId: tier?.projectId ?? '' }
    const path = tier?.remotePath ?? ''
    const { id } = await createSecret(account, scope, { path, name: 'shared', type: 'opaque' })
    await createVersion(account, model.region, id, before)
    const specs = model.tiers.flatMap(({ remoteSecrets }) => remoteSecrets.flatMap((remote) => remote.specs))
    const values = new Map(specs.flatMap((spec) => (spec.variable === 'PASSWORD' ? [[spec, 'new'] as const] : [])))
    const done = await world.fill(values, { replace: true }).catch((error: unknown) => error)
    expect(done instanceof ProblemError).toBe(after === undefined)
    expect((await accessVersion(account, model.region, id, 'latest_enabled')).toString()).toBe(after ?? before)
  })

  test('is not read when it is ephemeral: the first access may be the last', async () => {
    await using world = await startFillWorld(bookshop, 'preview')
    const { account, model, emulator } = world
    const tier = model.tiers.find(({ name }) => name === 'mailer')
    const policy = { expires_once_accessed: true, action: 'delete' }
    const { id } = await scalewayRequest<{ id: string }>(account, {
      method: 'POST',
      path: `/secret-manager/v1beta1/regions/${model.region}/secrets`,
      body: { project_id: tier?.projectId, path: tier?.remotePath, name: 'no-reply-marker', ephemeral_policy: policy },
    })
    await createVersion(account, model.region, id, 'true')
    emulator.resetRequests()
    expect(await problemOf(world.fill(valuesFor(model)))).toMatchObject({ code: 'FILL_EPHEMERAL' })
    expect(Object.keys(emulator.requests().byRoute).filter((route) => route.startsWith('versions'))).toEqual([])
  })
})

describe('the limit of 20 versions', () => {
  test('is reported before anything is written, and lifted with --prune', async () => {
    await using world = await startFillWorld(bookshop, 'preview', { tier: 'orders' })
    const { fill, model, emulator } = world
    for (let version = 1; version <= 20; version++)
      await fill(valuesFor(model), { replace: true, disablePrevious: true })
    const values = valuesFor(model)
    emulator.resetRequests()
    const full = await problemOf(fill(values, { replace: true }))
    expect(full.all.map(({ code, where }) => [code, where])).toEqual(
      ['3ds-payment', 'basket-seal', 'stock-db'].map((name) => ['FILL_VERSIONS_FULL', `/bookshop-orders/${name}`]),
    )
    expect(writesOf(world)).toEqual([])
    // Here a deleted version counts until it is gone for good.
    const counted = await problemOf(fill(values, { replace: true, prune: true }))
    expect(counted.all.map(({ code }) => code)).toEqual(full.all.map(({ code }) => code))
    expect(counted.message).toContain('a deleted version may still count for 7 days')
    emulator.advanceClock(8 * 24 * 3600)
    await fill(values, { replace: true, prune: true })
    for (const line of await world.contents(values)) expect(line).toMatch(/ enabled enabled as wanted$/)
  })
})

describe('two at it at once', () => {
  test.each(['conflict', 'invalid'] as const)('a name that is taken meanwhile is used (%s)', async (duplicateName) => {
    await using world = await startFillWorld(bookshop, 'preview', { duplicateName })
    const values = valuesFor(world.model)
    await using gate = await startGate({ url: world.emulator.url }, async ({ method, url }, forward) => {
      if (method === 'POST' && url.endsWith('/secrets')) await forward()
      return forward()
    })
    await world.fill(values, { apiUrl: gate.url })
    expect(await world.contents(values)).toEqual(filled(world.model, 'enabled'))
  })

  test.each([
    ['the same values', true],
    ['other values', false],
  ])('with %s, nothing is lost and nothing is there twice', async (_, same) => {
    await using world = await startFillWorld(bookshop, 'preview')
    const [mine, theirs] = [valuesFor(world.model), valuesFor(world.model)]
    let first = true
    await using gate = await startGate({ url: world.emulator.url }, async ({ method }, forward) => {
      if (method !== 'GET' && first) {
        first = false
        await world.fill(same ? mine : theirs)
      }
      return forward()
    })
    const end = world.fill(mine, { apiUrl: gate.url })
    if (same) await end
    else expect(await problemOf(end)).toMatchObject({ code: 'FILL_CHANGED_MEANWHILE', exitCode: 3 })
    expect(await world.contents(same ? mine : theirs)).toEqual(filled(world.model, 'enabled'))
  })

  test('a version added in between is reported, and not disabled', async () => {
    await using world = await startFillWorld(bookshop, 'preview', { tier: 'orders' })
    const [first, mine, theirs] = [valuesFor(world.model), valuesFor(world.model), valuesFor(world.model)]
    await world.fill(first)
    let begun = false
    await using gate = await startGate({ url: world.emulator.url }, async ({ method }, forward) => {
      if (method !== 'GET' && !begun) {
        begun = true
        await world.fill(theirs, { replace: true })
      }
      return forward()
    })
    const options = { replace: true, disablePrevious: true, apiUrl: gate.url }
    expect(await problemOf(world.fill(mine, options))).toMatchObject({ code: 'FILL_CHANGED_MEANWHILE' })
    expect((await world.contents(mine))[0]).toMatch(/ enabled enabled enabled as wanted$/)
  })
})

test('versions are not disabled when the one that stays was disabled meanwhile: nothing would sync', async () => {
  await using world = await startFillWorld(bookshop, 'preview', { tier: 'orders' })
  const { account, model, fill } = world
  const values = valuesFor(model)
  await fill(valuesFor(model))
  await fill(values, { replace: true })
  await using gate = await startGate({ url: world.emulator.url }, async ({ url }, forward) => {
    const answer = await forward()
    const [, id = ''] = /secrets\/([^/]+)\/versions\/2\/access$/.exec(url) ?? []
    if (id !== '') await disableVersion(account, model.region, id, 2)
    return answer
  })
  const problem = await problemOf(fill(values, { disablePrevious: true, apiUrl: gate.url }))
  expect(problem.all.map(({ code }) => code)).toEqual(model.tiers[0]?.remoteSecrets.map(() => 'FILL_CHANGED_MEANWHILE'))
  for (const line of await world.contents(values)) expect(line).toMatch(/ enabled disabled another value$/)
})

describe('the command', () => {
  test('generates what may be generated, and says what has no value yet', async () => {
    await using world = await startFillWorld(trackdechets, 'recette')
    const done = await run(world, { generate: true, yes: true })
    expect(done.exitCode).toBe(0)
    expect(done.log).toMatch(
      /^warning: environment "recette": \d+ required variables have no value yet: .*\n {2}fix: .*\n {2}\(FILL_VALUES_MISSING\)\n?$/m,
    )
    expect(done.log.trimEnd()).toMatch(/\(FILL_VALUES_MISSING\)$/)
    expect(done.out).toMatch(/ SESSION_SECRET +\S+ +generated +create$/m)
    expect(done.out).toMatch(/ DATABASE_URL +\S+ +- +has no value yet$/m)
    const session = await remoteOf(world, 'SESSION_SECRET')
    await expect(remoteOf(world, 'DATABASE_URL')).rejects.toThrow()
    world.emulator.resetRequests()
    await run(world, { generate: true, replace: true, yes: true })
    expect([writesOf(world), (await remoteOf(world, 'SESSION_SECRET')).id]).toEqual([[], session.id])
  })

  test('asks before it writes, and writes nothing without a yes', async () => {
    await using world = await startFillWorld(trackdechets, 'recette')
    const values = valuesFor(world.model)
    const from = await envFile(values)
    for (const answer of ['', 'n', 'yeah']) {
      const { exitCode, log } = await run(world, { from }, { answer })
      expect([exitCode, log]).toEqual([0, expect.stringContaining('nothing was changed')])
    }
    expect(writesOf(world)).toEqual([])
    const { asked } = await run(world, { from }, { answer: 'yes' })
    expect(asked).toMatch(/^In recette \(http:\S+\): create \d+ remote secrets, add \d+ versions\? \[y\/N\] $/)
    expect(await world.contents(values)).toEqual(filled(world.model, 'enabled'))
  })

  test('tells every value that does not fit at once, and writes nothing', async () => {
    await using world = await startFillWorld(trackdechets, 'recette')
    const piped = 'DATABASE_URL=hunter2\nSESSION_SECRET=hunter2\nAPI_ENDPOINT=https://api.example\nSESION_SECRET=x\n'
    const problem = await problemOf(run(world, { yes: true }, { piped }))
    expect(problem.all.map(({ code, where }) => [code, where])).toEqual([
      ['FILL_VALUE_INVALID', 'standard input line 1 (backend.DATABASE_URL)'],
      ['FILL_VALUE_INVALID', 'standard input line 2 (backend.SESSION_SECRET)'],
      ['FILL_NAME_UNKNOWN', 'standard input line 4'],
    ])
    expect(JSON.stringify(problem)).not.toContain('hunter2')
    expect(writesOf(world)).toEqual([])
  })

  test('tells all problems of an input at once, by line as a number, whatever a line before them is', async () => {
    await using world = await startFillWorld(trackdechets, 'recette')
    const lines = [
      '// hunter2',
      'SIB_APIKEY=#hunter2',
      'REDIS_URL="redis://hunter2',
      ...Array.from({ length: 6 }, () => '#'),
    ]
    const text = [...lines, 'SESSION_SECRET=hunter2', 'frontend.SIB_APIKEY=x'].join('\n')
    const done = await cli(world, ['--yes'], text)
    expect([done.exitCode, writesOf(world)]).toEqual([3, []])
    expect(done.stderr.match(/^standard input.*?:/gm)).toEqual([
      'standard input line 1:',
      'standard input line 2 (backend.SIB_APIKEY):',
      'standard input line 3:',
      'standard input line 10 (backend.SESSION_SECRET):',
      'standard input line 11:',
    ])
    expect(done.stderr).toContain('quote it')
    expect(done.stderr).toContain('Did you mean "backend.SIB_APIKEY"?')
    expect(done.stderr).not.toContain('hunter2')
  })

  test('fills what was chosen in spite of a bad line, and leaves unknown names out when it is told to', async () => {
    await using world = await startFillWorld(trackdechets, 'recette')
    const others = Array.from({ length: 75 }, (_, index) => `OTHER_${index}=x`).join('\n')
    const only = await cli(world, ['--only', 'SIB_APIKEY', '--yes'], `// x\n${others}\nSIB_APIKEY=Kq3v9\n`)
    expect(only).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('warning: standard input line 1: ') })
    const all = `${others}\nQUEUE_MONITOR_TOKEN=Kq3v9\n`
    expect((await cli(world, ['--yes'], all)).exitCode).toBe(3)
    const done = await cli(world, ['--ignore-unknown', '--yes'], all)
    expect([done.exitCode, done.stderr]).toEqual([
      0,
      expect.stringContaining('75 names are not variables of this environment'),
    ])
    expect(done.stderr).not.toContain('OTHER_')
    expect(await remoteOf(world, 'SIB_APIKEY')).toBeDefined()
    expect(await remoteOf(world, 'QUEUE_MONITOR_TOKEN')).toBeDefined()
  })

  test('refuses a name twice in JSON, of which the parser would take the last', async () => {
    await using world = await startFillWorld(trackdechets, 'recette')
    const text = '{\n  "SIB_APIKEY": "hunter-1",\n  "SIB_APIKEY": "hunter-2"\n}'
    const problem = await problemOf(run(world, { yes: true }, { piped: text }))
    expect(problem).toMatchObject({ code: 'FILL_NAME_TWICE', where: 'standard input line 3', exitCode: 3 })
    expect([JSON.stringify(problem).includes('hunter'), writesOf(world)]).toEqual([false, []])
  })

  test('warns of a value that looks like a placeholder, and asks unless --yes is given', async () => {
    await using world = await startFillWorld(trackdechets, 'recette')
    const piped = 'DATABASE_URL=postgresql://USER:PWD@HOST:PORT/DB\nSIB_APIKEY=*********\n'
    const unattended = await problemOf(run(world, {}, { piped }))
    expect([unattended.code, unattended.exitCode]).toEqual(['WRONG_USAGE', 2])
    const file = join(await temporaryFolder(), 'x.env')
    await writeFile(file, piped, { mode: 0o600 })
    const no = await run(world, { from: [file] }, { answer: 'n' })
    expect([no.exitCode, no.log.match(/FILL_VALUE_PLACEHOLDER/g), no.asked]).toEqual([
      0,
      ['FILL_VALUE_PLACEHOLDER', 'FILL_VALUE_PLACEHOLDER'],
      expect.stringContaining('create 2 remote secrets'),
    ])
    expect(writesOf(world)).toEqual([])
    const done = await cli(world, ['--yes'], piped)
    expect([done.exitCode, done.stderr]).toEqual([
      0,
      expect.stringMatching(/^warning: standard input line 1 \(backend/m),
    ])
    expect(done.stdout + done.stderr).not.toMatch(/PWD|\*{3}/)
    expect(await remoteOf(world, 'DATABASE_URL')).toBeDefined()
  })

  test('takes one value from a file, beside others', async () => {
    await using world = await startFillWorld(trackdechets, 'recette')
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'token.txt'), 'Kq3v9\n', { mode: 0o600 })
    await writeFile(join(folder, 'x.env'), 'API_ENDPOINT=https://api.example\n', { mode: 0o600 })
    const [token, others] = ['token.txt', 'x.env'].map((name) => join(folder, name))
    const from = ['--from', others ?? '', '--from', `SIB_APIKEY=@${token}`]
    const done = await cli(world, [...from, '--yes', '--output', 'json'])
    expect([done.exitCode, JSON.parse(done.stdout).remoteSecrets.length]).toEqual([0, 2])
    const { id } = await remoteOf(world, 'SIB_APIKEY')
    expect(String(await accessVersion(world.account, world.model.region, id, 1))).toBe('Kq3v9')
    const wrong = await problemOf(
      run(world, { from: [`SIB_APIKEI=@${join(folder, 'token.txt')}`], ignoreUnknown: true, yes: true }),
    )
    expect(wrong).toMatchObject({ code: 'FILL_NAME_UNKNOWN', exitCode: 3 })
  })

  test('refuses a file that others may read, before anything is asked of Scaleway', async () => {
    await using world = await startFillWorld(trackdechets, 'recette')
    const open = await envFile(valuesFor(world.model), 0o640)
    const problem = await problemOf(run(world, { from: open, yes: true }))
    expect(problem).toMatchObject({ code: 'FILL_INPUT_OPEN_TO_OTHERS', where: open, exitCode: 3 })
    expect(problem.fix).toContain(`chmod 600 ${open}`)
    expect(world.emulator.requests().entries).toEqual([])
    await chmod(open, 0o600)
    expect((await run(world, { from: open, dryRun: true })).log).not.toContain('warning')
  })

  test.each<[string, object, { answer?: string; piped?: string }, string, number]>([
    ['nobody to confirm', { generate: true }, {}, 'WRONG_USAGE', 2],
    ['no values', {}, { answer: 'y' }, 'WRONG_USAGE', 2],
    ['two sources', { from: 'a', fromSecret: 'a/b', yes: true }, {}, 'WRONG_USAGE', 2],
    ['an unknown tier', { tier: 'bakend', generate: true, yes: true }, {}, 'WRONG_USAGE', 2],
    ['an unknown variable', { only: ['SESION_SECRET'], generate: true, yes: true }, {}, 'FILL_NAME_UNKNOWN', 2],
    ['a malformed Secret', { fromSecret: 'a', yes: true }, {}, 'WRONG_USAGE', 2],
    ['no such file', { from: '/nowhere/x.env', yes: true }, {}, 'FILL_INPUT_UNREADABLE', 3],
    ['a folder', { from: '/', yes: true }, {}, 'FILL_INPUT_UNREADABLE', 3],
    ['a line that is malformed', { yes: true }, { piped: 'x' }, 'DOTENV_INVALID', 3],
    ['bytes that are not UTF-8', { yes: true }, { piped: 'SESSION_SECRET=\ufffd' }, 'FILL_INPUT_UNREADABLE', 3],
    ['an unknown environment', { environment: 'recete', yes: true }, {}, 'ENVIRONMENT_UNKNOWN', 2],
  ])('refuses %s', async (_, options, input, code, exitCode) => {
    await using world = await startFillWorld(trackdechets, 'recette')
    expect(await problemOf(run(world, options, input))).toMatchObject({ code, exitCode })
    expect(world.emulator.requests().total).toBe(0)
  })

  test('tells a key that may not', async () => {
    await using world = await startFillWorld(trackdechets, 'recette')
    world.emulator.setKeyDisabled(world.emulator.owner.accessKey, true)
    expect(await problemOf(run(world, { generate: true, yes: true }))).toMatchObject({ exitCode: 4 })
  })
})

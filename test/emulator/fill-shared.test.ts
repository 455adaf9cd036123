import { expect, test } from 'vitest'
import { sharedFindings } from '../../scripts/inspect/status/shared-findings.ts'
import { surveyRemoteSecrets } from '../../scripts/inspect/survey/remote-secrets.ts'
import { keyedDigest } from '../../scripts/lib/keyed-digest.ts'
import { originOf } from '../../scripts/model/shared-values.ts'
import type { SecretSpec } from '../../scripts/model/types.ts'
import { readPayload } from '../../scripts/payload/payload.ts'
import { generateValue } from '../../scripts/payload/seed.ts'
import { readerOf } from '../../scripts/scaleway/connection.ts'
import { createSecret, findSecret } from '../../scripts/scaleway/secrets.ts'
import { accessVersion, createVersion, disableVersion } from '../../scripts/scaleway/versions.ts'
import { sharing } from '../fixtures/sharing.ts'
import { type Gatekeeper, startGate } from '../helpers/gate.ts'
import { hostedCli } from '../helpers/hosted-cli.ts'
import { problemOf } from '../helpers/problems.ts'
import { folderWith } from '../helpers/repository.ts'
import { type FillWorld, startFillWorld } from './fill-world.ts'

/** The first pair of tiers alone. */
const { catalogue } = sharing
const pair = (name: string) => name === 'web' || name === 'worker'
const application = {
  ...sharing,
  catalogue: {
    ...catalogue,
    tiers: Object.fromEntries(Object.entries(catalogue.tiers).filter(([name]) => pair(name))),
    secrets: catalogue.secrets.filter(({ tier }) => pair(tier)),
  },
}
const { folder } = await folderWith(application)
const start = () => startFillWorld(application, 'plain')

/** `npm run fill -- …`, without npm. */
function cli({ env }: FillWorld, args: readonly string[], input = '') {
  return hostedCli(['fill', '--environment', 'plain', ...args], { cwd: folder, env: env(), input })
}

/** The values that are there, by entry. */
async function values({ account, model }: FillWorld): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  for (const { name, projectId, remoteSecrets } of model.tiers)
    for (const remote of remoteSecrets) {
      const secret = await findSecret(account, { region: model.region, projectId }, remote)
      const bytes =
        secret && (await accessVersion(account, model.region, secret.id, 'latest_enabled').catch(() => undefined))
      if (!bytes) continue
      for (const spec of remote.specs) {
        const value = readPayload(remote, bytes).valueOf(spec)
        if (value !== undefined) found.set(`${name}.${spec.variable}`, value)
      }
    }
  return found
}

/** What `status` says of values that are shared. */
async function told({ account, model }: FillWorld) {
  const folders = await surveyRemoteSecrets(readerOf(account), model, { digest: keyedDigest() })
  return sharedFindings(model, folders)
}

const specsOf = ({ model }: FillWorld) =>
  model.tiers.flatMap(({ remoteSecrets }) => remoteSecrets.flatMap(({ specs }) => specs))

/** Entries that share a value and hold different ones, or only in part; whatever the model says of sharing. */
async function broken(world: FillWorld): Promise<string[]> {
  const there = await values(world)
  return specsOf(world).flatMap((spec) => {
    const [own, origin] = [there.get(`${spec.tier}.${spec.variable}`), there.get(originOf(spec))]
    return own === origin ? [] : [`${spec.tier}.${spec.variable}`]
  })
}

/** A line for each value that is its own, but not for what is optional. */
const lines = (world: FillWorld) =>
  specsOf(world)
    .filter(({ sameAs, optional }) => sameAs === undefined && !optional)
    .map((spec) => `${spec.tier}.${spec.variable}=${generateValue(spec)}\n`)
    .join('')

async function replace(world: FillWorld, name: string, value: string) {
  const [tier = '', remoteName = ''] = name.split('/')
  const { account, model } = world
  const own = model.tiers.find((one) => one.name === tier)
  const scope = { region: model.region, projectId: own?.projectId ?? '' }
  const found = await findSecret(account, scope, { path: own?.remotePath ?? '', name: remoteName })
  if (!found) throw new Error(`no ${name}`)
  return { id: found.id, revision: await createVersion(account, model.region, found.id, value) }
}

test('one line for each shared value fills all tiers; what differs later is reported with a command that mends it', async () => {
  await using world = await start()
  const input = lines(world)
  const filled = await cli(world, ['--yes', '--output', 'json'], input)
  expect([filled.exitCode, filled.stderr]).toEqual([0, expect.stringContaining('done:')])
  expect(await broken(world)).toEqual([])
  expect(await told(world)).toEqual([])
  const again = await cli(world, ['--generate', '--yes'])
  expect(again).toMatchObject({ exitCode: 0, stderr: 'there is nothing to write' })

  // Somebody changes one of them by hand.
  const before = (await values(world)).get('web.KEY_BASE')
  await replace(world, 'worker/relay', '{"host":"smtp.example","row":{"key":"another-value-than-the-other-tier-has"}}')
  const [finding, ...others] = await told(world)
  expect([others, finding]).toMatchObject([
    [],
    {
      code: 'SHARED_VALUES_DIFFER',
      where: '/tandem-web/key-base, /tandem-worker/relay',
      message: 'web.KEY_BASE, worker.ROW_KEY hold 2 different values. Expected one value in all of them.',
    },
  ])
  const command = /`npm run fill -- ([^`]* --share web\.KEY_BASE)`/.exec(finding?.fix ?? '')?.[1]?.split(' ') ?? []
  const mended = await cli(world, [...command.slice(2), '--yes'])
  expect([mended.exitCode, mended.stdout]).toEqual([0, expect.stringMatching(/ROW_KEY .* shared .*replace/)])
  expect([(await values(world)).get('worker.ROW_KEY') === before, await broken(world), await told(world)]).toEqual([
    true,
    [],
    [],
  ])
  const shown = [filled, again, mended].map(({ stdout, stderr }) => stdout + stderr).join('')
  for (const value of (await values(world)).values()) expect(value.length < 12 || !shown.includes(value)).toBe(true)
})

test('what is irreplaceable is replaced only by name, in all tiers at once', async () => {
  await using world = await start()
  await cli(world, ['--yes'], lines(world))
  const old = (await values(world)).get('web.ARCHIVE_KEY')
  const input = `ARCHIVE=1\nweb.ARCHIVE_KEY=${'k'.repeat(32)}\n`
  const args = ['--ignore-unknown', '--replace', '--yes']
  const refused = await cli(world, args, input)
  expect(refused.exitCode).toBe(3)
  expect(refused.stderr).toContain('which is irreplaceable: the archive can only be read with it. Expected it to stay.')
  expect((await values(world)).get('worker.ARCHIVE_KEY')).toBe(old)
  const done = await cli(world, [...args, '--replace-irreplaceable', 'web.ARCHIVE_KEY'], input)
  expect(done.exitCode).toBe(0)
  expect([(await values(world)).get('worker.ARCHIVE_KEY'), await broken(world)]).toEqual(['k'.repeat(32), []])

  // Only versions that are disabled: --generate does not put a new value before them.
  for (const tier of ['web', 'worker']) {
    const { id, revision } = await replace(world, `${tier}/archive-key`, 'x'.repeat(32))
    for (let one = revision; one > 0; one--) await disableVersion(world.account, world.model.region, id, one)
  }
  const generated = await cli(world, ['--generate', '--only', 'web.ARCHIVE_KEY', '--yes'])
  expect([generated.exitCode, generated.stderr]).toEqual([3, expect.stringContaining('Enable that version again')])
})

test('an optional value that is in one tier alone is reported, and completed', async () => {
  await using world = await start()
  await cli(world, ['--yes'], lines(world))
  expect(await told(world)).toEqual([])
  const { account, model } = world
  const tier = model.tiers.find(({ name }) => name === 'worker')
  const remote = tier?.remoteSecrets.find(({ name }) => name === 'hint')
  if (!tier || !remote) throw new Error('no hint')
  await cli(world, ['--only', 'worker.HINT', '--yes'], 'HINT=a-hint\n')
  const secret = await findSecret(account, { region: model.region, projectId: tier.projectId }, remote)
  await disableVersion(account, model.region, secret?.id ?? '', 1)
  const [finding] = await told(world)
  expect(finding?.message).toBe(
    'web.HINT holds a value, and worker.HINT holds none. Expected one value in all of them.',
  )
  const command = /`npm run fill -- ([^`]* --share web\.HINT)`/.exec(finding?.fix ?? '')?.[1]?.split(' ') ?? []
  expect((await cli(world, [...command.slice(2), '--yes'])).exitCode).toBe(0)
  expect([await told(world), await broken(world)]).toEqual([[], []])
})

test('who may list and not read is told that shared values are not compared', async () => {
  await using world = await start()
  await cli(world, ['--yes'], lines(world))
  const refuse: Gatekeeper = async ({ url }, forward) =>
    url.includes('/access') ? { status: 403, body: '{"message":"no","type":"denied_authentication"}' } : forward()
  await using gate = await startGate({ url: world.emulator.url }, refuse)
  const account = readerOf({ ...world.account, apiUrl: gate.url })
  const folders = await surveyRemoteSecrets(account, world.model, { digest: keyedDigest() })
  expect(sharedFindings(world.model, folders)).toEqual([])
  const unread = folders.flatMap(({ remotes }) => remotes.flatMap(({ unread }) => unread ?? []))
  expect([unread.length > 3, new Set(unread)]).toEqual([true, new Set(['forbidden'])])
  const asked = surveyRemoteSecrets(account, world.model, { digest: keyedDigest(), values: true })
  expect((await problemOf(asked)).code).toBe('SCALEWAY_REFUSED')
})

test('what shares a value with one that another run has just written is left for the next fill', async () => {
  await using world = await start()
  const { account, model } = world
  const tier = model.tiers.find(({ name }) => name === 'web')
  const scope = { region: model.region, projectId: tier?.projectId ?? '' }
  const theirs = `theirs-${'x'.repeat(32)}`
  let isDone = false
  await using gate = await startGate({ url: world.emulator.url }, async ({ method, body }, forward) => {
    if (method === 'POST' && body.includes('"key-base"') && !isDone) {
      isDone = true
      const place = { path: tier?.remotePath ?? '', name: 'key-base', type: 'opaque' as const }
      await createVersion(account, model.region, (await createSecret(account, scope, place)).id, theirs)
    }
    return forward()
  })
  const mine = new Map(specsOf(world).map((spec): [SecretSpec, string] => [spec, generateValue(spec)]))
  for (const [spec] of mine) if (spec.sameAs || spec.format === 'random-secret') mine.delete(spec)
  const problem = await problemOf(world.fill(mine, { generate: generateValue, apiUrl: gate.url }))
  expect(problem.code).toBe('FILL_CHANGED_MEANWHILE')
  expect([(await values(world)).get('worker.ROW_KEY'), (await broken(world)).includes('worker.ROW_KEY')]).toEqual([
    undefined,
    true,
  ])
  await world.fill(mine, { generate: generateValue })
  expect([(await values(world)).get('worker.ROW_KEY') === theirs, await broken(world)]).toEqual([true, []])
})

/** A run that gets nowhere after some of its requests, or whose answer to one of them is lost. */
test.each(['before', 'after'] as const)(
  'a fill that dies %s any request leaves nothing that the next one does not complete',
  {
    timeout: 120_000,
  },
  async (when) => {
    for (let at = 1; ; at++) {
      await using world = await start()
      const given = new Map<SecretSpec, string>(
        specsOf(world)
          .filter(({ sameAs, optional, format }) => !sameAs && !optional && format !== 'random-secret')
          .map((spec) => [spec, generateValue(spec)]),
      )
      let seen = 0
      await using gate = await startGate({ url: world.emulator.url }, async (_request, forward) => {
        seen++
        if (seen > at || (seen === at && when === 'before')) return 'reset'
        const answer = await forward()
        return seen === at ? 'reset' : answer
      })
      const failed = await world.fill(given, { generate: generateValue, apiUrl: gate.url }).then(
        () => false,
        () => true,
      )
      // Never two values, even where one of them is still missing.
      const there = await values(world)
      for (const spec of specsOf(world)) {
        const [own, origin] = [there.get(`${spec.tier}.${spec.variable}`), there.get(originOf(spec))]
        if (own !== undefined && origin !== undefined)
          expect([at, spec.variable, own === origin]).toEqual([at, spec.variable, true])
      }
      await world.fill(given, { generate: generateValue })
      expect([at, await broken(world), await told(world)]).toEqual([at, [], []])
      const kept = await values(world)
      for (const [name, value] of there) expect([at, name, kept.get(name) === value]).toEqual([at, name, true])
      if (!failed) break
      expect(at).toBeLessThan(200)
    }
  },
)

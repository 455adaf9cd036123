import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { WorkloadObject } from '../../scripts/cluster/pod-templates.ts'
import { type Kind, type KubernetesObject, kinds } from '../../scripts/kubernetes/kinds.ts'
import { findUnit } from '../../scripts/model/rotation-unit.ts'
import { createVersion, deleteVersion, disableVersion, enableVersion } from '../../scripts/scaleway/versions.ts'
import { rotating } from '../fixtures/rotating.ts'
import { compiledCli } from '../helpers/cli.ts'
import { eventually } from '../helpers/eventually.ts'
import { temporaryFolder } from '../helpers/folders.ts'
import { type PodObject, podsNamed } from '../helpers/kubelet.ts'
import { isRunning } from '../helpers/processes.ts'
import { deployWorkloads, workload } from '../helpers/workloads.ts'
import { controlRollout, defineRollouts } from './rollouts.ts'
import { type RotatingWorld, startRotatingWorld } from './rotating-world.ts'

let here: RotatingWorld
/** Everything a command line said. */
let said = ''
/** Everything that was, is or was to be a value. */
const values = new Set<string>()

beforeAll(async () => {
  here = await startRotatingWorld('plain')
  for (const name of ['red', 'green', 'blue']) await deployWorkloads(here.world.stack.client, here.tier(name))
  for (const spec of rotating.catalogue.secrets) values.add(here.world.valueFor(spec))
})
afterAll(() => here?.[Symbol.asyncDispose]())

/** `npm run rotate -- --environment plain <args>`, confirmed. */
async function rotate(args: readonly string[], input?: string) {
  const result = await here.cli('rotate', [...args, '--yes'], input === undefined ? {} : { input })
  said += result.stdout + result.stderr
  return result
}

/** The result as machines read it. */
async function rotated(args: readonly string[], input?: string) {
  const { exitCode, stdout, stderr } = await rotate([...args, '--output', 'json'], input)
  expect([exitCode, stderr]).toEqual([0, stderr])
  return JSON.parse(stdout)
}

/** The status of each version of a remote secret, and whether the target has what is to be delivered. */
async function statuses(tierName: string, name: string, variable: string) {
  const tier = here.tier(tierName)
  const payload = await here.payload(tier, name, 'latest_enabled')
  values.add(payload ?? '')
  const target = name === 'hint' ? `${tierName}-optional-secrets` : `${tierName}-secrets`
  const digests = await here.world.digests(tier.namespace, target)
  const value = valueIn(payload ?? '', variable)
  const isDelivered = digests?.[variable] === here.world.digest(value)
  const versions = await here.versions(tier, name)
  return [...versions.map(({ status }) => status), isDelivered ? 'delivered' : 'not delivered']
}

/** A bundle has its variables as keys, JSON its fields somewhere, and everything else is the value. */
function valueIn(payload: string, variable: string): string {
  if (!payload.startsWith('{')) return payload
  const parsed = JSON.parse(payload) as Record<string, unknown>
  if (variable in parsed) return String(parsed[variable])
  const { host, account } = parsed as { host: string; account: { user: string; key: string } }
  return { RELAY_HOST: host, RELAY_USER: account.user, RELAY_KEY: account.key }[variable] ?? ''
}

const podsOf = async (tier: string, name: string) =>
  (await podsNamed(here.world.stack.client, `ledger-${tier}`, name)).map(({ metadata }) => metadata.uid)

const journal = (name: string) => {
  const { lock } = findUnit(here.world.stack.model, name)
  return { namespace: 'ledger-secrets', name: lock }
}
const journalOf = (name: string) =>
  here.world.stack.client.get<KubernetesObject & { data: Record<string, string> }>(kinds.configMap, journal(name))

/** As if a rotation had come into its phase so long ago. */
async function letPass(name: string, hours: number): Promise<void> {
  const state = JSON.parse((await journalOf(name))?.data['state.json'] ?? '{}')
  const since = new Date(Date.parse(state.since) - hours * 3_600_000).toISOString()
  const patch = { data: { 'state.json': JSON.stringify({ ...state, since }) } }
  await here.world.stack.client.mergePatch(kinds.configMap, journal(name), patch)
}

describe('a value that is generated', () => {
  test('is shown step by step, and nothing is written by --dry-run', async () => {
    const { exitCode, stdout } = await here.cli('rotate', ['red.SEAL', '--generate', '--dry-run'])
    expect([exitCode, stdout.trimEnd().split('\n')]).toEqual([
      0,
      [
        'add a version to /ledger-red/seal, with SEAL generated',
        'have red-secrets refreshed, and compare it with the new version',
        'restart Deployment/server, and wait up to 5m until they are ready',
        'do not restart CronJob/nightly: the next run reads the current values',
        'disable version 1 of /ledger-red/seal',
      ],
    ])
    expect(await statuses('red', 'seal', 'SEAL')).toEqual(['enabled', 'delivered'])
    expect(await journalOf('red.SEAL')).toBe(undefined)
  })

  test('is delivered, read by the restarted consumers alone, and the old version is disabled', async () => {
    const [server, store] = [await podsOf('red', 'server'), await podsOf('red', 'store')]
    const result = await rotated(['red.SEAL', '--generate'])
    expect(result).toMatchObject({
      version: 1,
      application: 'ledger',
      environment: 'plain',
      tier: 'red',
      rotated: 'red.SEAL',
      outcome: 'rotated',
      variables: ['SEAL'],
      remoteSecrets: [{ remoteSecret: '/ledger-red/seal', oldVersions: [1], newVersion: 2 }],
      workloads: [
        { kind: 'Deployment', name: 'server', action: 'restart' },
        { kind: 'CronJob', name: 'nightly', action: 'none' },
      ],
    })
    expect(await statuses('red', 'seal', 'SEAL')).toEqual(['disabled', 'enabled', 'delivered'])
    expect(await here.payload(here.tier('red'), 'seal', 2)).toMatch(/^[a-z0-9]{64}$/)
    expect(await podsOf('red', 'server')).not.toEqual(server)
    expect(await podsOf('red', 'store')).toEqual(store)
  })

  test('is not generated again by the same command, whose end may have got lost', async () => {
    const result = await rotated(['red.SEAL', '--generate'])
    expect(result).toMatchObject({ outcome: 'nothing', steps: [], remoteSecrets: [{ newVersion: 2 }] })
    expect(await statuses('red', 'seal', 'SEAL')).toEqual(['disabled', 'enabled', 'delivered'])
  })

  test('gives way to the old one with --abort, also after that was disabled', async () => {
    const server = await podsOf('red', 'server')
    expect(await rotated(['red.SEAL', '--abort'])).toMatchObject({ outcome: 'returned' })
    expect(await statuses('red', 'seal', 'SEAL')).toEqual(['enabled', 'disabled', 'delivered'])
    expect(await podsOf('red', 'server')).not.toEqual(server)
    expect(await journalOf('red.SEAL')).toBe(undefined)
    expect(await rotated(['red.SEAL', '--abort'])).toMatchObject({ outcome: 'nothing' })
  })

  test('another rotation, when the last is long over, deletes first what that disabled', async () => {
    expect(await rotated(['red.SEAL', '--generate'])).toMatchObject({ outcome: 'rotated' })
    await letPass('red.SEAL', 2)
    const result = await rotated(['red.SEAL', '--generate'])
    expect(result.steps[0]).toBe('delete version 1 of /ledger-red/seal, which the last rotation disabled')
    expect(await statuses('red', 'seal', 'SEAL')).toEqual([
      'scheduled_for_deletion',
      'disabled',
      'disabled',
      'enabled',
      'delivered',
    ])
  })
})

describe('an identity', () => {
  const user = `user-${'u'.repeat(20)}`
  const key = `key-${'k'.repeat(40)}`
  const input = `LOGIN_USER=${user}\nLOGIN_KEY=${key}\nSEAL=${'x'.repeat(64)}\n`
  const both = async () => [
    await statuses('red', 'login-user', 'LOGIN_USER'),
    await statuses('red', 'login-key', 'LOGIN_KEY'),
  ]

  test('gets all its new versions, and keeps the old ones for its overlap', async () => {
    values.add(user).add(key)
    const result = await rotated(['red.LOGIN_KEY'], input)
    expect(result).toMatchObject({
      rotated: 'red.red-login',
      outcome: 'overlap',
      variables: ['LOGIN_KEY', 'LOGIN_USER'],
    })
    const hours = (Date.parse(result.overlapUntil) - Date.now()) / 3_600_000
    expect([hours > 35.9, hours <= 36]).toEqual([true, true])
    const kept = ['enabled', 'enabled', 'delivered']
    expect(await both()).toEqual([kept, kept])
    expect(await here.payload(here.tier('red'), 'login-user', 'latest_enabled')).toBe(user)
  })

  test('run again during the overlap, nothing changes, and the time is reported', async () => {
    const again = await rotate(['red-login'])
    expect([again.exitCode, again.stderr]).toEqual([
      0,
      expect.stringMatching(/stays enabled until \d{4}-.*run the same/),
    ])
    const kept = ['enabled', 'enabled', 'delivered']
    expect(await both()).toEqual([kept, kept])
    const unfinished = await rotate(['red-login', '--finish'])
    expect([unfinished.exitCode, unfinished.stderr]).toEqual([3, expect.stringContaining('(ROTATION_UNFINISHED)')])
  })

  test('takes the same values again during the overlap, and no other ones', async () => {
    const other = `LOGIN_USER=${user}\nLOGIN_KEY=key-${'o'.repeat(40)}\n`
    values.add(`key-${'o'.repeat(40)}`)
    for (const args of [['--no-overlap'], ['--dry-run'], []]) {
      const { exitCode, stdout, stderr } = await rotate(['red-login', ...args], other)
      expect([exitCode, stdout, stderr]).toEqual([3, '', expect.stringContaining('(ROTATION_OTHER_VALUES)')])
      expect(stderr).toMatch(/^red\.red-login: the values given for LOGIN_KEY differ from .*--no-overlap.*--abort/ms)
    }
    const kept = ['enabled', 'enabled', 'delivered']
    expect(await both()).toEqual([kept, kept])
    expect(await rotated(['red-login'], input)).toMatchObject({ outcome: 'overlap' })
    expect(await both()).toEqual([kept, kept])
  })

  test('run again after it, the old versions are disabled, and --finish deletes them', async () => {
    await letPass('red-login', 36)
    expect(await rotated(['red-login'])).toMatchObject({ outcome: 'rotated' })
    const over = ['disabled', 'enabled', 'delivered']
    expect(await both()).toEqual([over, over])
    const dry = await here.cli('rotate', ['red-login', '--finish', '--dry-run'])
    expect(dry.stdout.split('\n')).toHaveLength(2)
    expect(await both()).toEqual([over, over])
    expect(await rotated(['red-login', '--finish'])).toMatchObject({ outcome: 'finished', deletedVersions: 2 })
    const gone = ['scheduled_for_deletion', 'enabled', 'delivered']
    expect(await both()).toEqual([gone, gone])
    expect(await rotated(['red-login', '--finish'])).toMatchObject({ outcome: 'nothing', deletedVersions: 0 })
  })

  test('--no-overlap disables the old version of a leaked value at once', async () => {
    const result = await rotated(['green-login', '--generate', '--no-overlap', '--no-restart'])
    expect(result).toMatchObject({ outcome: 'rotated', variables: ['LOGIN_KEY'], workloads: [] })
    expect(await statuses('green', 'login-key', 'LOGIN_KEY')).toEqual(['disabled', 'enabled', 'delivered'])
    expect(await statuses('green', 'login-user', 'LOGIN_USER')).toEqual(['enabled', 'delivered'])
  })

  test('in a bundle takes over what is not given, from a file too', async () => {
    const shop = `shop-${'s'.repeat(20)}`
    values.add(shop)
    const file = join(await temporaryFolder(), 'shop.txt')
    await writeFile(file, `${shop}\n`, { mode: 0o600 })
    const kept = valueIn((await here.payload(here.tier('red'), 'red-pay', 1)) ?? '', 'PAY_KEY')
    expect(await rotated(['red-pay', '--from', `red.PAY_SHOP=@${file}`])).toMatchObject({
      outcome: 'rotated',
      variables: ['PAY_SHOP'],
    })
    expect(await statuses('red', 'red-pay', 'PAY_SHOP')).toEqual(['disabled', 'enabled', 'delivered'])
    expect(await statuses('red', 'red-pay', 'PAY_KEY')).toEqual(['disabled', 'enabled', 'delivered'])
    const payload = (await here.payload(here.tier('red'), 'red-pay', 2)) ?? ''
    expect([valueIn(payload, 'PAY_SHOP') === shop, valueIn(payload, 'PAY_KEY') === kept]).toEqual([true, true])
  })

  test('whose remote secret another entry shares waits for that to be finished', async () => {
    expect(await rotated(['red.RELAY_HOST'], 'RELAY_HOST=mail.ledger.example\n')).toMatchObject({
      outcome: 'rotated',
    })
    expect(await statuses('red', 'relay', 'RELAY_HOST')).toEqual(['disabled', 'enabled', 'delivered'])
    const other = await rotate(['red-relay', '--generate'])
    expect([other.exitCode, other.stderr]).toEqual([3, expect.stringContaining('(ROTATION_OF_ANOTHER)')])
    expect(await rotated(['red.RELAY_HOST', '--finish'])).toMatchObject({ outcome: 'finished' })
    expect(await rotated(['red-relay', '--generate'])).toMatchObject({ variables: ['RELAY_KEY'] })
    expect(await statuses('red', 'relay', 'RELAY_KEY')).toEqual([
      'scheduled_for_deletion',
      'disabled',
      'enabled',
      'delivered',
    ])
    expect(await statuses('red', 'relay', 'RELAY_USER')).toContain('delivered')
  })
})

test('an optional secret is rotated like any other', async () => {
  const result = await rotated(['red.HINT', '--generate'])
  expect(result.workloads).toMatchObject([{ kind: 'DaemonSet', name: 'agent', action: 'restart' }])
  expect(await statuses('red', 'hint', 'HINT')).toEqual(['disabled', 'enabled', 'delivered'])
})

describe('a probe', () => {
  test('that fails returns to the old version, and what it printed is not shown', async () => {
    const folder = await temporaryFolder()
    const seen = join(folder, 'seen')
    const server = await podsOf('green', 'server')
    const probe = `env >${seen}; echo hunter2; echo hunter2 >&2; exit 7`
    const { exitCode, stdout, stderr } = await rotate(['green.SEAL', '--generate', '--probe', probe])
    expect([exitCode, stdout]).toEqual([3, ''])
    expect(stderr).toMatch(/^--probe: ended with exit code 7\. Expected exit code 0 .*\(PROBE_FAILED\)$/ms)
    expect(stderr).not.toContain('hunter2')
    expect(await statuses('green', 'seal', 'SEAL')).toEqual(['enabled', 'disabled', 'delivered'])
    expect(await podsOf('green', 'server')).not.toEqual(server)
    expect(await journalOf('green.SEAL')).toBe(undefined)

    const env = await readFile(seen, 'utf8')
    expect(env).toMatch(/^TIERED_SECRETS_ROTATED=green\.SEAL$/m)
    expect(env).toMatch(/^KUBECONFIG=/m)
    expect(env).not.toMatch(/^SCW_/m)
    for (const value of [...values, here.env.SCW_SECRET_KEY ?? '']) expect(env.includes(value)).toBe(value === '')
  })

  test('that is content lets the rotation go on', async () => {
    const probe = `test "$TIERED_SECRETS_TIER/$TIERED_SECRETS_ENVIRONMENT/$TIERED_SECRETS_NAMESPACE" = green/plain/ledger-green`
    expect(await rotated(['green.SEAL', '--generate', '--probe', probe])).toMatchObject({ outcome: 'rotated' })
    expect(await statuses('green', 'seal', 'SEAL')).toEqual(['disabled', 'disabled', 'enabled', 'delivered'])
  })

  test('that takes too long has failed', async () => {
    const seen = join(await temporaryFolder(), 'seen')
    const probe = `sh -c 'echo $$ >${seen}; sleep 60'; true`
    const result = await rotate(['green.HINT', '--generate', '--no-restart', '--timeout', '1s', '--probe', probe])
    expect([result.exitCode, result.stderr]).toEqual([3, expect.stringContaining('(PROBE_FAILED)')])
    expect(result.stderr).toContain('--probe: took longer than 1 seconds. Expected exit code 0 within 1 seconds.')
    const pid = Number(await readFile(seen, 'utf8'))
    expect([pid > 1, isRunning(pid)]).toEqual([true, false])
    expect(await statuses('green', 'hint', 'HINT')).toEqual(['enabled', 'disabled', 'delivered'])
  })
})

describe('consumers', () => {
  const patch = (kind: Kind, name: string, spec: object) =>
    here.world.stack.client.mergePatch(kind, { namespace: 'ledger-blue', name }, { spec })

  test('that can not restart are reported before anything is written, and left alone by --no-restart', async () => {
    await patch(kinds.deployment, 'server', { paused: true })
    const { exitCode, stderr } = await rotate(['blue.SEAL', '--generate'])
    expect([exitCode, stderr]).toEqual([3, expect.stringMatching(/^Deployment\/ledger-blue\/server: it is paused, /m)])
    expect(await statuses('blue', 'seal', 'SEAL')).toEqual(['enabled', 'delivered'])
    expect(await rotated(['blue.SEAL', '--generate', '--no-restart'])).toMatchObject({ outcome: 'rotated' })
    expect(await statuses('blue', 'seal', 'SEAL')).toEqual(['disabled', 'enabled', 'delivered'])
    await patch(kinds.deployment, 'server', { paused: null })
  })

  test('that do not come up are reported with the way on and the way back', async () => {
    here.kubelet.hold('agent')
    const late = await rotate(['blue.HINT', '--generate', '--timeout', '1s'])
    expect([late.exitCode, late.stderr]).toEqual([
      3,
      expect.stringMatching(/DaemonSet\/ledger-blue\/agent: .*pods have the/),
    ])
    expect(late.stderr).toMatch(
      /then run the same command again\. --abort goes back to the old version\.\n {2}\(CONSUMERS_NOT/,
    )
    expect(await statuses('blue', 'hint', 'HINT')).toEqual(['enabled', 'enabled', 'delivered'])
    const dry = await here.cli('rotate', ['blue.HINT', '--dry-run', '--output', 'json'])
    expect(JSON.parse(dry.stdout)).toMatchObject({
      outcome: 'planned',
      phase: 'delivered',
      steps: [
        'restart DaemonSet/agent, and wait up to 5m until they are ready',
        'disable version 1 of /ledger-blue/hint',
      ],
    })
    here.kubelet.hold(undefined)
    expect(await rotated(['blue.HINT', '--generate'])).toMatchObject({ outcome: 'rotated' })
    expect(await statuses('blue', 'hint', 'HINT')).toEqual(['disabled', 'enabled', 'delivered'])
  })
})

describe('readers that the catalogue does not name', () => {
  const namespace = 'ledger-blue'
  // The same command soon after a rotation means that one.
  beforeEach(async () => expect((await rotate(['blue.SEAL', '--finish'])).exitCode).toBe(0))

  test('are named, refused with --yes alone, and restarted with --restart-unlisted', async () => {
    const { client } = here.world.stack
    const { kind, object } = workload(here.tier('blue'), 'Deployment', 'gerico')
    await client.create(kind, object)
    onTestFinished(async () => {
      await client.delete(kind, { namespace, name: 'gerico' })
    })
    const running = () =>
      eventually(
        () => podsNamed(client, namespace, 'gerico'),
        (pods) => pods.length === 1 && pods.every(({ status }) => status?.phase === 'Running'),
      )
    const before = await running()
    const old = await statuses('blue', 'seal', 'SEAL')
    const dry = await here.cli('rotate', ['blue.SEAL', '--generate', '--dry-run'])
    expect([dry.exitCode, dry.stdout.split('\n')[2]]).toEqual([
      0,
      'restart Deployment/server, Deployment/gerico (not catalogued), and wait up to 5m until they are ready',
    ])
    const refused = await rotate(['blue.SEAL', '--generate'])
    expect([refused.exitCode, refused.stderr]).toEqual([
      3,
      expect.stringMatching(/^Deployment\/ledger-blue\/gerico: .*--restart-unlisted\.\n {2}\(READER_UNLISTED\)$/ms),
    ])
    expect(await statuses('blue', 'seal', 'SEAL')).toEqual(old)
    expect(await running()).toEqual(before)
    const done = await rotated(['blue.SEAL', '--generate', '--restart-unlisted'])
    expect(done).toMatchObject({ outcome: 'rotated' })
    expect(done.workloads).toContainEqual({
      kind: 'Deployment',
      tier: 'blue',
      name: 'gerico',
      isCatalogued: false,
      action: 'restart',
      reason: '',
    })
    const after = await running()
    expect(after[0]?.metadata.uid).not.toBe(before[0]?.metadata.uid)
    const status = JSON.parse((await here.cli('status', ['--output', 'json'])).stdout)
    expect(status.problems.map(({ code, where }: { code: string; where: string }) => `${code} ${where}`)).toContain(
      'READER_UNCATALOGUED Deployment/ledger-blue/gerico',
    )
  })

  test('and that nothing restarts stop it before anything is written', async () => {
    const { client } = here.world.stack
    const { object } = workload(here.tier('blue'), 'Deployment', 'debug')
    const { template } = (object as WorkloadObject).spec ?? {}
    const pod = { metadata: { namespace, name: 'debug' }, spec: template?.spec }
    await client.create(kinds.pod, pod as KubernetesObject)
    onTestFinished(async () => {
      await client.delete(kinds.pod, { namespace, name: 'debug' })
    })
    await eventually(
      () => client.get<PodObject>(kinds.pod, { namespace, name: 'debug' }),
      (found) => found?.status?.phase === 'Running',
    )
    const old = await statuses('blue', 'seal', 'SEAL')
    const { exitCode, stderr } = await rotate(['blue.SEAL', '--generate', '--restart-unlisted'])
    expect([exitCode, stderr]).toEqual([3, expect.stringMatching(/^Pod\/ledger-blue\/debug: .*\(READER_STAYS\)$/ms)])
    expect(await statuses('blue', 'seal', 'SEAL')).toEqual(old)
  })

  test("Argo's Rollout, found by its pods, is restarted by its template", async () => {
    const { client, controlPlane } = here.world.stack
    await defineRollouts(client)
    const ref = { namespace, name: 'canary' }
    const { kind, object } = workload(here.tier('blue'), 'Rollout', 'canary')
    await client.create(kind, object)
    onTestFinished(async () => {
      await client.delete(kind, ref)
      for (const { metadata } of await podsNamed(client, namespace, 'canary'))
        await client.delete(kinds.pod, { namespace, name: metadata.name })
    })
    await using _ = controlRollout({ client, controlPlane }, ref)
    const running = () =>
      eventually(
        () => podsNamed(client, namespace, 'canary'),
        (pods) => pods.length === 1 && pods.every(({ status }) => status?.phase === 'Running'),
      )
    const before = await running()
    const done = await rotated(['blue.SEAL', '--generate', '--restart-unlisted'])
    expect(done.workloads).toContainEqual({
      ...{ tier: 'blue', kind: 'Rollout', name: 'canary', isCatalogued: false },
      ...{ action: 'restart', reason: '' },
    })
    expect((await running())[0]?.metadata.uid).not.toBe(before[0]?.metadata.uid)
  })
})

test('Ctrl-C ends it at once, gives the lease back, and the same command continues', async () => {
  here.kubelet.hold('server')
  const probe = ['--probe', 'true']
  const args = ['rotate', '--environment', 'plain', 'green.RELAY_HOST', '--yes', ...probe]
  const child = spawn(process.execPath, [compiledCli, ...args], {
    cwd: here.repository.folder,
    env: { ...process.env, ...here.env },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
  child.stdin.end('RELAY_HOST=mail.green.example\n')
  const closed = once(child, 'close')
  await eventually(
    () => output,
    (text) => text.includes('server: its pods are replaced'),
    { timeoutMs: 60_000 },
  )
  child.kill('SIGINT')
  expect(await closed).toEqual([130, null])
  said += output
  expect(output).toMatch(/^interrupted; the same command continues from there$/m)
  const lease = await here.world.stack.client.get<KubernetesObject & { spec?: { holderIdentity?: string } }>(
    kinds.lease,
    journal('green.RELAY_HOST'),
  )
  expect([lease !== undefined, lease?.spec?.holderIdentity]).toEqual([true, undefined])
  here.kubelet.hold(undefined)
  const unproved = await rotate(['green.RELAY_HOST'])
  expect([unproved.exitCode, unproved.stderr]).toEqual([3, expect.stringContaining('(ROTATION_PROBE_LEFT_OUT)')])
  const other = await rotate(['green.RELAY_HOST', ...probe], 'RELAY_HOST=other.green.example\n')
  expect([other.exitCode, other.stderr]).toEqual([3, expect.stringContaining('(ROTATION_OTHER_VALUES)')])
  expect(await statuses('green', 'relay', 'RELAY_HOST')).toEqual(['enabled', 'enabled', 'delivered'])
  const same = 'RELAY_HOST=mail.green.example\n'
  expect(await rotated(['green.RELAY_HOST', ...probe], same)).toMatchObject({ outcome: 'rotated' })
  expect(await statuses('green', 'relay', 'RELAY_HOST')).toEqual(['disabled', 'enabled', 'delivered'])

  // Moments after its end, the same values are the same rotation; other ones are another.
  expect(await rotated(['green.RELAY_HOST'], same)).toMatchObject({ outcome: 'nothing' })
  expect(await statuses('green', 'relay', 'RELAY_HOST')).toEqual(['disabled', 'enabled', 'delivered'])
  const next = await rotated(['green.RELAY_HOST'], 'RELAY_HOST=other.green.example\n')
  expect(next).toMatchObject({ outcome: 'rotated', remoteSecrets: [{ oldVersions: [2], newVersion: 3 }] })
  expect(await statuses('green', 'relay', 'RELAY_HOST')).toEqual([
    'scheduled_for_deletion',
    'disabled',
    'enabled',
    'delivered',
  ])
})

describe('somebody else', () => {
  const add = async (tier: string, name: string) => {
    const [version] = await here.versions(here.tier(tier), name)
    if (!version) throw new Error('no version')
    const payload = `stranger's ${'x'.repeat(40)}`
    values.add(payload)
    const { model } = here.world.stack
    await createVersion(here.owner, model.region, await here.idOf(here.tier(tier), name), payload)
  }

  test('who adds a version during the overlap is reported, and is not in the way of the end', async () => {
    expect(await rotated(['blue-login', '--generate', '--no-restart'])).toMatchObject({ outcome: 'overlap' })
    await add('blue', 'login-key')
    const back = await rotate(['blue-login', '--abort'])
    expect([back.exitCode, back.stderr]).toEqual([3, expect.stringContaining('(ROTATION_CHANGED_MEANWHILE)')])
    expect((await here.versions(here.tier('blue'), 'login-key')).map(({ status }) => status)).toEqual([
      'enabled',
      'enabled',
      'enabled',
    ])
    expect(await rotated(['blue-login', '--no-overlap', '--no-restart'])).toMatchObject({ outcome: 'rotated' })
    expect(await rotated(['blue-login', '--finish'])).toMatchObject({ outcome: 'finished', deletedVersions: 1 })
  })
})

describe('a version that is no longer what it was', () => {
  const change = async (name: string, revision: number, to: typeof disableVersion) =>
    to(here.owner, here.world.stack.model.region, await here.idOf(here.tier('blue'), name), revision)
  const all = async (name: string) => (await here.versions(here.tier('blue'), name)).map(({ status }) => status)

  test('keeps the old one from being disabled, deleted or returned to', async () => {
    const input = 'RELAY_HOST=mail.blue.example\n'
    expect(await rotated(['blue.RELAY_HOST', '--no-restart'], input)).toMatchObject({ outcome: 'rotated' })
    // Somebody needs the old one after all.
    await change('relay', 1, enableVersion)
    const alive = await rotate(['blue.RELAY_HOST', '--finish'])
    expect([alive.exitCode, alive.stderr]).toEqual([3, expect.stringContaining('(ROTATION_OLD_ENABLED)')])
    expect(await all('relay')).toEqual(['enabled', 'enabled'])
    // Somebody gives up the new one.
    await change('relay', 2, disableVersion)
    for (const end of ['--finish', '--yes']) {
      if (end === '--yes') await letPass('blue.RELAY_HOST', 2)
      const gone = await rotate(['blue.RELAY_HOST', ...(end === '--yes' ? ['--generate'] : [end])], input)
      expect([end, gone.exitCode]).toEqual([end, 3])
      expect(await all('relay')).toEqual(['enabled', 'disabled'])
    }
    // Somebody deletes the old one.
    await change('relay', 2, enableVersion)
    await change('relay', 1, disableVersion)
    await change('relay', 1, deleteVersion)
    const back = await rotate(['blue.RELAY_HOST', '--abort'])
    expect([back.exitCode, back.stderr]).toEqual([3, expect.stringContaining('(ROTATION_WAY_BACK_GONE)')])
    expect(await all('relay')).toEqual(['scheduled_for_deletion', 'enabled'])
    expect(await rotated(['blue.RELAY_HOST', '--finish'])).toMatchObject({ outcome: 'finished', deletedVersions: 0 })
  })

  test('keeps the old one enabled when the overlap is over', async () => {
    expect(await rotated(['green-login', '--finish'])).toMatchObject({ outcome: 'finished' })
    const result = await rotated(['green-login', '--generate', '--no-restart'])
    expect(result.outcome).toBe('overlap')
    const [{ newVersion }] = result.remoteSecrets
    const id = await here.idOf(here.tier('green'), 'login-key')
    await disableVersion(here.owner, here.world.stack.model.region, id, newVersion)
    await letPass('green-login', 36)
    const { exitCode, stderr } = await rotate(['green-login', '--no-restart'])
    expect([exitCode, stderr]).toEqual([3, expect.stringContaining('(ROTATION_CHANGED_MEANWHILE)')])
    const statuses = (await here.versions(here.tier('green'), 'login-key')).map(({ status }) => status)
    expect(statuses.slice(-2)).toEqual(['enabled', 'disabled'])
  })
})

// What the arguments alone say is refused in test/unit/change/rotation/command.test.ts.
describe('what is refused, with nothing written', () => {
  test.each<[string, readonly string[], string, string]>([
    ['no value', ['blue-relay'], '', '(ROTATION_VALUES_MISSING)'],
    ['a value of another format', ['blue-pay'], 'PAY_KEY=short\n', 'standard input line 1 (blue.PAY_KEY)'],
    ['a value that is mistyped', ['blue-pay'], `PAY_KEI=${'x'.repeat(40)}\n`, 'Did you mean "PAY_KEY"?'],
  ])('%s', async (_, args, input, told) => {
    const result = await rotate(args, input)
    expect([result.exitCode, result.stdout, result.stderr]).toEqual([3, '', expect.stringContaining(told)])
  })

  test('the value that is there', async () => {
    const now = await here.payload(here.tier('blue'), 'relay', 'latest_enabled')
    const before = await statuses('blue', 'relay', 'RELAY_USER')
    const input = `RELAY_USER=${valueIn(now ?? '', 'RELAY_USER')}\n`
    const { exitCode, stderr } = await rotate(['blue-relay'], input)
    expect([exitCode, stderr]).toEqual([3, expect.stringContaining('(ROTATION_VALUE_UNCHANGED)')])
    expect(await statuses('blue', 'relay', 'RELAY_USER')).toEqual(before)
  })

  test('what nothing would deliver', async () => {
    const { client } = here.world.stack
    const ref = { namespace: 'ledger-blue', name: 'blue-optional-secrets' }
    await client.delete(kinds.externalSecret, ref)
    await rotated(['blue.HINT', '--finish'])
    const { exitCode, stderr } = await rotate(['blue.HINT', '--generate'])
    expect([exitCode, stderr]).toEqual([3, expect.stringContaining('(NOT_DEPLOYED)')])
    expect((await here.versions(here.tier('blue'), 'hint')).map(({ status }) => status)).toEqual([
      'scheduled_for_deletion',
      'enabled',
    ])
  })
})

test('no value is in any output, journal, event or object', async () => {
  const { client } = here.world.stack
  const lists = await Promise.all(
    [kinds.configMap, kinds.lease, kinds.event, kinds.externalSecret, kinds.deployment, kinds.replicaSet].map((kind) =>
      client.list<KubernetesObject>(kind),
    ),
  )
  const text = `${said}${JSON.stringify(lists)}`
  const long = [...values].filter((value) => value.length > 11)
  expect(long.length).toBeGreaterThan(30)
  // Not the value itself in the message of a failing test.
  expect(long.filter((value) => text.includes(value)).length).toBe(0)
})

import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { WorkloadObject } from '../../scripts/cluster/pod-templates.ts'
import { readTarget } from '../../scripts/cluster/target.ts'
import { type KubernetesObject, kinds, type SecretObject } from '../../scripts/kubernetes/kinds.ts'
import type { TierModel } from '../../scripts/model/resolve.ts'
import type { EnvironmentSpec, RestartMode } from '../../scripts/model/types.ts'
import { rotating } from '../fixtures/rotating.ts'
import { eventually } from '../helpers/eventually.ts'
import { type PodObject, podsNamed } from '../helpers/kubelet.ts'
import { startReloader } from '../helpers/reloader.ts'
import { adoptApplication } from '../helpers/repository.ts'
import { requiredTarget } from '../helpers/targets.ts'
import { deployWorkloads, workload } from '../helpers/workloads.ts'
import { forceRefresh, replacePayload } from './refresh.ts'
import { type RotatingWorld, startRotatingWorld } from './rotating-world.ts'

const rolling = ['server', 'store', 'agent'] as const

const uids = (pods: readonly PodObject[]) => pods.map(({ metadata }) => metadata.uid).sort()

/** Deploys the workloads of a tier, and waits until their pods run. */
async function started(here: RotatingWorld, tier: TierModel, parts: Parameters<typeof deployWorkloads>[2] = {}) {
  await deployWorkloads(here.world.stack.client, tier, parts)
  for (const name of rolling) await running(here, tier, name)
}

/** The pods of a workload once all of them run. */
function running(here: RotatingWorld, { namespace }: TierModel, name: string): Promise<PodObject[]> {
  return eventually(
    () => podsNamed(here.world.stack.client, namespace, name),
    (pods) => pods.length > 0 && pods.every(({ status }) => status?.phase === 'Running'),
  )
}

/** Puts another value into Scaleway and has it delivered, in another second than what is there. */
async function change(here: RotatingWorld, tier: TierModel): Promise<void> {
  const { client } = here.world.stack
  const ref = { namespace: tier.namespace, name: requiredTarget(tier)?.name ?? '' }
  const view = () => readTarget(client, ref)
  const before = await view()
  await sleep(1_100)
  await replacePayload(here.world.stack, tier.name, 'seal', (seal) => [...seal].reverse().join(''))
  await forceRefresh(client, ref)
  await eventually(
    view,
    (now) => typeof now === 'object' && typeof before === 'object' && now.version !== before.version,
  )
}

const byReloader = { kind: 'Deployment', name: 'server', isCatalogued: true, action: 'reloader', reason: '' }

const rows = (stdout: string) =>
  (JSON.parse(stdout).workloads as { kind: string; name: string; action: string }[]).map(
    ({ kind, name, action }) => `${kind}/${name} ${action}`,
  )

let here: RotatingWorld
beforeAll(async () => {
  here = await startRotatingWorld('reloader')
})
afterAll(() => here?.[Symbol.asyncDispose]())

/** The same cluster, for an environment that has its workloads restarted in another way. */
async function restartBy(mode: RestartMode | undefined): Promise<void> {
  const { restart: _, ...environment } = rotating.environments.reloader as EnvironmentSpec
  const environments = { reloader: { ...environment, ...(mode ? { restart: mode } : {}) } as EnvironmentSpec }
  await adoptApplication(here.repository, { ...rotating, environments })
}

describe('npm run restart', () => {
  let red: TierModel
  const restart = (...args: string[]) => here.cli('restart', ['--tier', 'red', ...args])
  beforeAll(async () => {
    await restartBy(undefined)
    red = here.tier('red')
    await started(here, red)
  })

  test('leaves everything alone while no value has changed', async () => {
    const { exitCode, stdout } = await restart('--yes')
    expect(exitCode).toBe(0)
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.replace(/ {2,}/g, ' | ')),
    ).toEqual([
      'TIER | WORKLOAD | ACTION | BECAUSE',
      'red | Deployment/server | none | all pods started after the last change',
      'red | StatefulSet/store | none | all pods started after the last change',
      'red | DaemonSet/agent | none | all pods started after the last change',
      'red | CronJob/nightly | none | its next run reads the current values',
      'red | Job/migrate | none | it runs once',
    ])
  })

  test('restarts what runs since before a value changed, once, and waits for the new pods', async () => {
    await change(here, red)
    const before = await Promise.all(rolling.map((name) => running(here, red, name)))
    const dry = await restart('--dry-run', '--output', 'json')
    expect(dry.exitCode).toBe(0)
    const plan = JSON.parse(dry.stdout)
    expect(plan).toMatchObject({
      version: 1,
      application: 'ledger',
      environment: 'reloader',
      mode: null,
      written: false,
    })
    expect(rows(dry.stdout)).toEqual([
      'Deployment/server restart',
      'StatefulSet/store restart',
      'DaemonSet/agent restart',
      'CronJob/nightly none',
      'Job/migrate none',
    ])
    expect(await Promise.all(rolling.map((name) => running(here, red, name)))).toEqual(before)

    const done = await restart('--yes')
    expect([done.exitCode, done.stderr]).toEqual([0, expect.stringContaining('Deployment/ledger-red/server: ')])
    const after = await Promise.all(rolling.map((name) => running(here, red, name)))
    for (const [index, pods] of after.entries()) expect(uids(pods)).not.toEqual(uids(before[index] ?? []))
    expect(
      rows((await restart('--dry-run', '--output', 'json')).stdout).filter((row) => !row.endsWith('none')),
    ).toEqual([])
  })

  test('restarts what the catalogue does not name with --restart-unlisted alone, and names what nothing replaces', async () => {
    const { client } = here.world.stack
    const ref = { namespace: red.namespace }
    const { kind, object } = workload(red, 'Deployment', 'gerico')
    await client.create(kind, object)
    const { template } = (object as WorkloadObject).spec ?? {}
    await client.create(kinds.pod, { metadata: { ...ref, name: 'debug-x' }, spec: template?.spec } as KubernetesObject)
    onTestFinished(async () => {
      await client.delete(kind, { ...ref, name: 'gerico' })
      await client.delete(kinds.pod, { ...ref, name: 'debug-x' })
    })
    const [before] = await Promise.all([running(here, red, 'gerico'), running(here, red, 'debug')])
    await change(here, red)
    const refused = await restart('--yes')
    expect([refused.exitCode, refused.stderr]).toEqual([
      3,
      expect.stringMatching(/^Deployment\/ledger-red\/gerico: .*\(READER_UNLISTED\)$/ms),
    ])
    expect(uids(await running(here, red, 'gerico'))).toEqual(uids(before))
    const done = await restart('--yes', '--restart-unlisted')
    expect([done.exitCode, done.stdout]).toEqual([3, expect.stringContaining('Deployment/gerico (not catalogued)')])
    expect(done.stderr).toMatch(
      /^Pod\/debug-x \(not catalogued\) is not restarted: .*Deployment\/ledger-red\/gerico: /ms,
    )
    expect(done.stderr).toMatch(/^Pod\/ledger-red\/debug-x: .*\(READER_STAYS\)$/ms)
    expect(uids(await running(here, red, 'gerico'))).not.toEqual(uids(before))
  })

  test('interrupted while the pods are replaced, the next run waits for them and restarts nothing twice', async () => {
    await change(here, red)
    here.kubelet.hold('server')
    const begun = await restart('--yes', '--timeout', '0s')
    expect(begun.exitCode).toBe(3)
    expect(begun.stderr).toMatch(
      /^Deployment\/ledger-red\/server: .*Expected every pod to be replaced .*\(CONSUMERS_NOT_READY\)$/ms,
    )
    const deployment = () => here.world.stack.client.get(kinds.deployment, { namespace: red.namespace, name: 'server' })
    const generation = (await deployment())?.metadata.generation
    expect(rows((await restart('--dry-run', '--output', 'json')).stdout)[0]).toBe('Deployment/server wait')
    here.kubelet.hold(undefined)
    expect((await restart('--yes')).exitCode).toBe(0)
    expect((await deployment())?.metadata.generation).toBe(generation)
  })

  test('writes nothing that nobody confirms, and nothing for an unknown tier', async () => {
    expect(await restart()).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('confirmation needs a terminal'),
    })
    const wrong = await here.cli('restart', ['--tier', 'redd', '--yes'])
    expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining('Did you mean "red"?')])
  })
})

describe('with restart: checksum', () => {
  let green: TierModel
  const restart = (...args: string[]) => here.cli('restart', ['--tier', 'green', ...args])
  const checksumsOf = async (name: string) => {
    const found = await here.world.stack.client.get(kinds.deployment, { namespace: green.namespace, name })
    const { spec } = found as unknown as {
      spec: { template: { metadata: { annotations?: Record<string, string> } } }
    }
    return spec.template.metadata.annotations ?? {}
  }
  beforeAll(async () => {
    await restartBy('checksum')
    green = here.tier('green')
    await started(here, green)
  })

  test('every consumer names what its targets hold, by no value of them', async () => {
    const { exitCode, stdout } = await restart('--yes', '--output', 'json')
    expect([exitCode, rows(stdout).slice(0, 3)]).toEqual([
      0,
      ['Deployment/server restart', 'StatefulSet/store restart', 'DaemonSet/agent restart'],
    ])
    const annotations = await checksumsOf('server')
    expect(Object.keys(annotations)).toEqual(['tiered-secrets/checksum-green-secrets'])
    const target = await readTarget(here.world.stack.client, { namespace: green.namespace, name: 'green-secrets' })
    expect(Object.values(annotations)).toEqual([typeof target === 'object' ? target.version : ''])
    const secret = await here.world.stack.client.get<SecretObject>(kinds.secret, {
      namespace: green.namespace,
      name: 'green-secrets',
    })
    const values = Object.values(secret?.data ?? {}).map((data) => Buffer.from(data, 'base64'))
    const digests = ['sha1', 'sha256'].flatMap((algorithm) =>
      values.map((value) => createHash(algorithm).update(value).digest('hex')),
    )
    const ofOperator = secret?.metadata.annotations?.['reconcile.external-secrets.io/data-hash'] ?? ''
    expect([values.length, ofOperator]).toEqual([8, expect.stringMatching(/^[0-9a-f]{56}$/)])
    for (const digest of [...digests, ofOperator]) expect(JSON.stringify(annotations)).not.toContain(digest)
  })

  test('a refresh that brings nothing new changes neither the target nor its checksum', async () => {
    const { client } = here.world.stack
    const ref = { namespace: green.namespace, name: 'green-secrets' }
    const before = await client.get(kinds.secret, ref)
    const status = async () =>
      (await client.get<{ metadata: { name: string }; status?: { refreshTime?: string } }>(kinds.externalSecret, ref))
        ?.status?.refreshTime
    const refreshed = await status()
    await sleep(1_100)
    await forceRefresh(client, ref)
    await eventually(status, (now) => now !== refreshed)
    expect((await client.get(kinds.secret, ref))?.metadata).toEqual(before?.metadata)
    expect(
      rows((await restart('--dry-run', '--output', 'json')).stdout).filter((row) => !row.endsWith('none')),
    ).toEqual([])
  })

  test('a changed value restarts them, and so does a target that was made again', async () => {
    await change(here, green)
    const pods = await running(here, green, 'server')
    expect((await restart('--yes')).exitCode).toBe(0)
    expect(uids(await running(here, green, 'server'))).not.toEqual(uids(pods))
    const before = await checksumsOf('server')
    const { client } = here.world.stack
    await client.delete(kinds.secret, { namespace: green.namespace, name: 'green-secrets' })
    await here.world.sync()
    await eventually(
      () => client.get(kinds.secret, { namespace: green.namespace, name: 'green-secrets' }),
      (found) => found !== undefined,
    )
    expect((await restart('--yes')).exitCode).toBe(0)
    expect(await checksumsOf('server')).not.toEqual(before)
  })

  test('a rotation leaves the checksums of its consumers as they have to be', async () => {
    const before = await checksumsOf('server')
    await sleep(1_100)
    const { exitCode } = await here.cli('rotate', ['green.SEAL', '--generate', '--yes'])
    expect(exitCode).toBe(0)
    expect(await checksumsOf('server')).not.toEqual(before)
    expect(rows((await restart('--dry-run', '--output', 'json')).stdout)).toEqual([
      'Deployment/server none',
      // These read the target too, and none of the changed value.
      'StatefulSet/store restart',
      'DaemonSet/agent restart',
      'CronJob/nightly none',
      'Job/migrate none',
    ])
  })
})

describe('with restart: reloader', () => {
  let blue: TierModel
  const restart = (...args: string[]) => here.cli('restart', ['--tier', 'blue', ...args])
  beforeAll(async () => {
    await restartBy('reloader')
    blue = here.tier('blue')
    await started(here, blue, { store: { annotations: { 'secret.reloader.stakater.com/reload': 'blue-.*secrets' } } })
  })

  test('the operator puts the annotation on the targets, where Reloader looks for it', async () => {
    const { client } = here.world.stack
    for (const name of ['blue-secrets', 'blue-optional-secrets']) {
      const secret = await client.get(kinds.secret, { namespace: blue.namespace, name })
      expect(secret?.metadata.annotations).toMatchObject({ 'reloader.stakater.com/match': 'true' })
    }
  })

  test('tells which workloads Reloader does not know, with the patch, and makes them known', async () => {
    const dry = await restart('--dry-run', '--output', 'json')
    expect(rows(dry.stdout)).toEqual([
      'Deployment/server annotate',
      'StatefulSet/store none',
      'DaemonSet/agent annotate',
      'CronJob/nightly none',
      'Job/migrate none',
    ])
    expect(JSON.parse(dry.stdout).workloads[0].patch).toEqual({
      metadata: { annotations: { 'reloader.stakater.com/search': 'true' } },
    })
    const pods = await running(here, blue, 'server')
    expect((await restart('--yes')).exitCode).toBe(0)
    const { client } = here.world.stack
    const server = await client.get(kinds.deployment, { namespace: blue.namespace, name: 'server' })
    expect(server?.metadata.annotations).toMatchObject({ 'reloader.stakater.com/search': 'true' })
    expect(uids(await running(here, blue, 'server'))).toEqual(uids(pods))
    expect(rows((await restart('--dry-run', '--output', 'json')).stdout).slice(0, 3)).toEqual([
      'Deployment/server none',
      'StatefulSet/store none',
      'DaemonSet/agent none',
    ])
  })

  test('a restart is left to Reloader, waited for, and missed when it does not come', async () => {
    const pods = await running(here, blue, 'server')
    await change(here, blue)
    const late = await restart('--yes', '--timeout', '1s')
    expect([late.exitCode, late.stderr]).toEqual([3, expect.stringContaining('(RELOADER_BEHIND)')])
    expect(uids(await running(here, blue, 'server'))).toEqual(uids(pods))
    await using _ = await startReloader(here.world.stack.client, blue.namespace)
    await change(here, blue)
    expect((await restart('--yes')).exitCode).toBe(0)
    expect(uids(await running(here, blue, 'server'))).not.toEqual(uids(pods))
  })

  test('a rotation waits for Reloader too, and begins only where that knows every consumer', async () => {
    const { client } = here.world.stack
    const ref = { namespace: blue.namespace, name: 'server' }
    const search = (value: string | null) =>
      client.mergePatch(kinds.deployment, ref, {
        metadata: { annotations: { 'reloader.stakater.com/search': value } },
      })
    await search(null)
    const unknown = await here.cli('rotate', ['blue.SEAL', '--generate', '--yes'])
    expect([unknown.exitCode, unknown.stderr]).toEqual([
      3,
      expect.stringMatching(/^Deployment\/ledger-blue\/server: .*\(CONSUMER_UNKNOWN_TO_RELOADER\)$/ms),
    ])
    expect((await here.versions(blue, 'seal')).map(({ revision }) => revision)).toEqual([1, 2, 3])
    await search('true')
    const pods = await running(here, blue, 'server')
    await using _ = await startReloader(client, blue.namespace)
    // In another second than the last change, as any rotation is.
    await sleep(1_100)
    const { exitCode, stdout } = await here.cli('rotate', ['blue.SEAL', '--generate', '--yes', '--output', 'json'])
    expect([exitCode, JSON.parse(stdout)]).toEqual([
      0,
      expect.objectContaining({
        outcome: 'rotated',
        workloads: expect.arrayContaining([expect.objectContaining(byReloader)]),
      }),
    ])
    expect(uids(await running(here, blue, 'server'))).not.toEqual(uids(pods))
    const server = JSON.stringify(await client.get(kinds.deployment, ref))
    expect(server).not.toContain('restartedAt')
  })
})

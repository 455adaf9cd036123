import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { readSyncState } from '../../scripts/cluster/external-secrets.ts'
import { createClient, type KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { type KubernetesObject, kinds, type SecretObject } from '../../scripts/kubernetes/kinds.ts'
import { connectionOf, loadKubeconfig } from '../../scripts/kubernetes/kubeconfig.ts'
import { type ControlPlane, startControlPlane } from '../../scripts/local/stack/control-plane.ts'
import { startLocalStack } from '../../scripts/local/stack/stack.ts'
import { resolve } from '../../scripts/model/resolve.ts'
import { bookshop } from '../fixtures/applications.ts'
import { eventually } from '../helpers/eventually.ts'
import { temporaryFolder } from '../helpers/folders.ts'
import { localTools, startTestControlPlane, startTestOperator } from '../helpers/local-stack.ts'
import { problemOf } from '../helpers/problems.ts'
import { processesIn } from '../helpers/processes.ts'
import { sharedFolder } from '../helpers/shared-folder.ts'
import { toolchainIo } from '../helpers/tools.ts'

const example = '11111111-1111-4111-8111-111111111111'

describe('a running control plane', () => {
  let parent: string
  let controlPlane: ControlPlane
  let client: KubernetesClient

  beforeAll(async () => {
    parent = await sharedFolder()
    controlPlane = await startTestControlPlane({ parent })
    client = createClient(controlPlane)
    await client.create(kinds.namespace, { metadata: { name: 'a' } })
  })
  afterAll(async () => {
    client[Symbol.dispose]()
    await controlPlane[Symbol.asyncDispose]()
  })

  const secret = (name: string, owner?: KubernetesObject & { kind: string; apiVersion: string }) => ({
    metadata: {
      name,
      namespace: 'a',
      ...(owner
        ? {
            ownerReferences: [
              {
                apiVersion: owner.apiVersion,
                kind: owner.kind,
                name: owner.metadata.name,
                uid: owner.metadata.uid ?? '',
              },
            ],
          }
        : {}),
    },
    data: { KEY: Buffer.from('zażółć\n').toString('base64') },
  })

  test('stores a Secret and gives it back', async () => {
    await client.create(kinds.secret, secret('stored'))
    const stored = await client.get<SecretObject>(kinds.secret, { name: 'stored', namespace: 'a' })
    expect(Buffer.from(stored?.data?.KEY ?? '', 'base64').toString()).toBe('zażółć\n')
  })

  test('is reached through its kubeconfig, which only this user can read', async () => {
    expect((await stat(controlPlane.kubeconfigPath)).mode & 0o777).toBe(0o600)
    expect((await stat(controlPlane.folder)).mode & 0o777).toBe(0o700)
    const kubeconfig = await loadKubeconfig({ KUBECONFIG: controlPlane.kubeconfigPath })
    using other = createClient(await connectionOf(kubeconfig))
    expect(await other.get(kinds.namespace, { name: 'a' })).toBeDefined()
  })

  test('knows nobody without a token', async () => {
    using stranger = createClient({ server: controlPlane.server, ca: controlPlane.ca })
    await expect(stranger.list(kinds.secret)).rejects.toMatchObject({ status: 401 })
  })

  test('lets its administrator see what another user may do', async () => {
    using nobody = createClient({ ...controlPlane, impersonate: 'system:serviceaccount:a:frontend' })
    await expect(nobody.list(kinds.secret, { namespace: 'a' })).rejects.toMatchObject({ status: 403 })
  })

  test('shows no token in the arguments of its processes', async () => {
    const pids = processesIn(controlPlane.folder)
    const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8')))
    expect(lines.join('\n')).toContain('kube-apiserver')
    expect(lines.join('\n')).not.toContain(controlPlane.token)
  })

  test('tells changes to a watch', async () => {
    const { resourceVersion } = await client.list(kinds.configMap, { namespace: 'a' })
    const watch = client.watch(kinds.configMap, { namespace: 'a', resourceVersion })
    const first = watch.next()
    await client.create(kinds.configMap, { metadata: { name: 'watched', namespace: 'a' } })
    expect((await first).value).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'watched' } } })
    await watch.return()
  })

  test('applies and patches', async () => {
    const ref = { name: 'patched', namespace: 'a' }
    await client.apply(kinds.configMap, ref, { metadata: { ...ref, labels: { a: '1', b: '2' } } })
    const patched = await client.mergePatch(kinds.configMap, ref, { metadata: { labels: { a: null } } })
    expect(patched.metadata.labels).toEqual({ b: '2' })
  })

  test('deletes an object only as the one it was when it was read', async () => {
    const ref = { name: 'changed', namespace: 'a' }
    const { metadata } = await client.create<KubernetesObject>(kinds.secret, secret('changed'))
    await client.mergePatch(kinds.secret, ref, { metadata: { labels: { a: '1' } } })
    await expect(client.delete(kinds.secret, ref, undefined, metadata)).rejects.toMatchObject({ status: 409 })
    const { uid = '' } = metadata
    expect(await client.delete(kinds.secret, ref, undefined, { uid })).toBe(true)
  })

  test('collects a Secret whose owner is deleted', async () => {
    const owner = await client.create<KubernetesObject>(kinds.configMap, {
      metadata: { name: 'owner', namespace: 'a' },
    })
    await client.create(kinds.secret, secret('owned', { ...owner, kind: 'ConfigMap', apiVersion: 'v1' }))
    await client.delete(kinds.configMap, { name: 'owner', namespace: 'a' })
    await gone(client, 'owned')
  })

  test('collects a Secret whose ExternalSecret is deleted, without waiting for the next look at new kinds', async () => {
    const ref = { name: 'owner', namespace: 'a' }
    const owner = await client.apply<KubernetesObject>(kinds.externalSecret, ref, externalSecret('owner'))
    const { apiVersion, kind } = kinds.externalSecret
    await client.create(kinds.secret, secret('owned-2', { ...owner, apiVersion, kind }))
    await client.delete(kinds.externalSecret, ref)
    await gone(client, 'owned-2')
  })

  test('empties and deletes a namespace', async () => {
    await client.create(kinds.namespace, { metadata: { name: 'b' } })
    await client.create(kinds.secret, { metadata: { name: 'x', namespace: 'b' } })
    await client.delete(kinds.namespace, { name: 'b' })
    await eventually(
      () => client.get(kinds.namespace, { name: 'b' }),
      (namespace) => namespace === undefined,
    )
  })

  test('runs the operator, which says why an ExternalSecret is not synced', async () => {
    await using _operator = await startTestOperator(controlPlane)
    await client.apply(kinds.secret, { name: 'key', namespace: 'a' }, {
      metadata: { name: 'key', namespace: 'a' },
      stringData: { access: 'SCWXXXXXXXXXXXXXXXXX', secret: example },
    } as KubernetesObject)
    const store = { metadata: { name: 'store', namespace: 'a' }, spec: { provider: { scaleway: scaleway() } } }
    await client.apply(kinds.secretStore, { name: 'store', namespace: 'a' }, store)
    await client.apply(kinds.externalSecret, { name: 'es', namespace: 'a' }, externalSecret('es'))
    // The condition may be there before the event that says why.
    await eventually(
      () => readSyncState(client, { name: 'es', namespace: 'a' }),
      ({ state, message }) => state === 'failed' && message.includes('(key: path:/backend/x)'),
      { timeoutMs: 60_000 },
    )
  })

  // The last one.
  test('reports a part that has ended by itself, and leaves nothing running or on disk', async () => {
    process.kill(await pidOf(parent, 'kube-apiserver'), 'SIGKILL')
    const { problems } = await controlPlane.failure
    expect(problems[0]).toMatchObject({ code: 'PROCESS_EXITED', where: 'kube-apiserver' })
    expect(problems[0]?.message).toContain('was ended by SIGKILL while it was in use')
    await controlPlane[Symbol.asyncDispose]()
    expect(processesIn(parent)).toEqual([])
    expect(await readdir(parent)).toEqual([])
  })
})

describe('nothing is left running or on disk', () => {
  test('after it is stopped', async () => {
    const parent = await temporaryFolder()
    {
      await using controlPlane = await startTestControlPlane({ parent })
      expect(processesIn(parent).length).toBeGreaterThanOrEqual(4)
      await using _operator = await startTestOperator(controlPlane)
    }
    expect(processesIn(parent)).toEqual([])
    expect(await readdir(parent)).toEqual([])
  })

  test('after a part could not be started', async () => {
    const parent = await temporaryFolder()
    const start = startTestControlPlane({ parent, extraApiServerArgs: ['--no-such-flag'] })
    const problem = await problemOf(start)
    expect(problem).toMatchObject({ code: 'PROCESS_EXITED', where: 'kube-apiserver', exitCode: 4 })
    expect(problem.message).toContain('exited with 1 before it was ready.')
    expect(problem.all[0]?.lastLines?.join('\n')).toContain('unknown flag: --no-such-flag')
    expect(processesIn(parent)).toEqual([])
    expect(await readdir(parent)).toEqual([])
  })

  test('after the preparation of the cluster failed', async () => {
    const parent = await temporaryFolder()
    const prepare = () => Promise.reject(new Error('no CRDs'))
    await expect(startTestControlPlane({ parent, prepare })).rejects.toThrow('no CRDs')
    expect(processesIn(parent)).toEqual([])
    expect(await readdir(parent)).toEqual([])
  })

  test('after the account could not be filled, while the operator was starting', async () => {
    const parent = await temporaryFolder()
    const start = startLocalStack({
      io: toolchainIo,
      model: resolve(bookshop, 'preview'),
      seed: {
        valueFor() {
          throw new Error('no value')
        },
      },
      startControlPlane: (options) => startControlPlane({ ...options, parent }),
    })
    await expect(start).rejects.toThrow('no value')
    expect(processesIn(parent)).toEqual([])
    expect(await readdir(parent)).toEqual([])
  })

  test.each(['SIGTERM', 'SIGINT'] as const)(
    'after %s to the whole process group, as from a terminal',
    async (signal) => {
      const parent = await temporaryFolder()
      const stack = await startStackProcess(parent)
      await started(stack)
      process.kill(-(stack.pid ?? 0), signal)
      expect(await exitOf(stack)).toBe(130)
      expect(processesIn(parent)).toEqual([])
      expect(await readdir(parent)).toEqual([])
    },
  )

  test('after SIGINT in the middle of the start', async () => {
    const parent = await temporaryFolder()
    const stack = await startStackProcess(parent)
    await eventually(
      () => pidOf(parent, 'kube-apiserver'),
      (pid) => pid > 0,
    )
    process.kill(-(stack.pid ?? 0), 'SIGINT')
    expect(await exitOf(stack)).toBe(130)
    expect(processesIn(parent)).toEqual([])
    expect(await readdir(parent)).toEqual([])
  })

  test('soon after SIGKILL, which leaves us no time to stop anything', async () => {
    const parent = await temporaryFolder()
    const stack = await startStackProcess(parent)
    await started(stack)
    const [folder = ''] = await readdir(parent)
    process.kill(stack.pid ?? 0, 'SIGKILL')
    await eventually(
      () => ({ running: processesIn(join(parent, folder)), folder: existsSync(join(parent, folder)) }),
      (left) => left.running.length === 0 && !left.folder,
      { timeoutMs: 60_000 },
    )
  })
})

// --- internal ---

function externalSecret(name: string) {
  return {
    metadata: { name, namespace: 'a' },
    spec: {
      refreshInterval: '1h0m0s',
      secretStoreRef: { kind: 'SecretStore', name: 'store' },
      target: { name: `${name}-target` },
      data: [{ secretKey: 'KEY', remoteRef: { key: 'path:/backend/x' } }],
    },
  }
}

function scaleway() {
  return {
    region: 'fr-par',
    projectId: example,
    // Nobody listens there.
    apiUrl: 'http://127.0.0.1:1',
    accessKey: { secretRef: { name: 'key', key: 'access' } },
    secretKey: { secretRef: { name: 'key', key: 'secret' } },
  }
}

async function gone(client: KubernetesClient, name: string): Promise<void> {
  await eventually(
    () => client.get(kinds.secret, { name, namespace: 'a' }),
    (found) => found === undefined,
  )
}

async function startStackProcess(parent: string): Promise<ChildProcess> {
  const program = join(inject('compiled'), 'test/helpers/local-stack-process.js')
  return spawn(process.execPath, [program, parent, JSON.stringify(await localTools())], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

async function started(stack: ChildProcess): Promise<void> {
  const [text] = (await once(stack.stdout ?? stack, 'data')) as [Buffer]
  expect(String(text)).toBe('started\n')
}

async function exitOf(stack: ChildProcess): Promise<number | null> {
  if (stack.exitCode !== null) return stack.exitCode
  const [code] = (await once(stack, 'exit')) as [number | null]
  return code
}

/** Process id of a part that works below the folder; 0 when there is none. */
async function pidOf(folder: string, name: string): Promise<number> {
  for (const pid of processesIn(folder)) {
    const args = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    if (args.split('\0')[0]?.endsWith(`/${name}`)) return pid
  }
  return 0
}

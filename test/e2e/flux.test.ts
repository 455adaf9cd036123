import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { engineKinds } from '../../scripts/generate/engine-schemas.ts'
import { jsonText } from '../../scripts/generate/json-schema.ts'
import { applyCrds } from '../../scripts/kubernetes/crds.ts'
import { type Kind, type KubernetesObject, kinds } from '../../scripts/kubernetes/kinds.ts'
import { run } from '../../scripts/lib/exec.ts'
import { parseYamlDocuments } from '../../scripts/lib/yaml.ts'
import { seedSecret } from '../../scripts/local/stack/seed-account.ts'
import { writeTierCredentials } from '../../scripts/local/stack/tier-credentials.ts'
import { downloadModule } from '../../scripts/local/toolchain/go-command.ts'
import { type ChartKind, chartKinds } from '../../scripts/model/chart-objects.ts'
import { byFlux } from '../fixtures/delivered.ts'
import { chartOf } from '../helpers/chart.ts'
import { generatedFiles } from '../helpers/generating.ts'
import { recordedStatesFile } from '../helpers/recorded-states.ts'
import { folderWith } from '../helpers/repository.ts'
import { toolchainIo } from '../helpers/tools.ts'
import { ownedWorld, worldCli } from './owned-world.ts'
import { recordStates } from './record-states.ts'
import { startWorld, type World } from './world.ts'

const environment = 'production'
let world: World

beforeAll(async () => {
  const missing = ['session-key', 'analytics-token']
  world = await startWorld({ application: byFlux, environment, without: ({ name }) => missing.includes(name) })
})
afterAll(() => world?.[Symbol.asyncDispose]())

// Recorded again after a change of the operator or the chart: add `--update`.
test('the operator writes into each object what is recorded for its state', async () => {
  await expect(jsonText(await recordStates(world))).toMatchFileSnapshot(recordedStatesFile)
})

test('a real API server with the definitions of Flux takes its files, and refuses what their rules forbid', async () => {
  const { client } = world.stack
  const directory = join(toolchainIo.productFolder, 'scripts/local/toolchain/go/engines')
  const served: Kind[] = []
  for (const { module, file, apiVersion, kind } of engineKinds.filter(({ module }) => module.includes('fluxcd'))) {
    const folder = await downloadModule({ name: module, directory, io: toolchainIo }, module)
    const [, plural = ''] = /_(\w+)\.yaml$/.exec(file) ?? []
    const group = apiVersion.replace(/\/.*/, '')
    await applyCrds(client, join(folder, file), { names: [`${plural}.${group}`] })
    served.push({ apiVersion, kind, plural, namespaced: true })
  }
  await client.create(kinds.namespace, { metadata: { name: 'flux-system' } })
  const files = [...(await generatedFiles(byFlux))].filter(([path]) => path.startsWith(`gitops/flux/${environment}/`))
  const objects = files.flatMap(([path, text]) => parseYamlDocuments(text, path) as FluxObject[])
  expect(objects).toHaveLength(3)
  const take = (object: FluxObject) => {
    const kind = served.find((one) => one.kind === object.kind) as Kind
    return client.tryApply<FluxObject>(kind, object.metadata, object)
  }
  for (const object of objects) expect((await take(object)).spec).toMatchObject(object.spec)

  const release = objects.find(({ kind }) => kind === 'HelmRelease') as FluxObject
  const wrong = (more: object) => take({ ...release, spec: { ...release.spec, ...more } })
  await expect(wrong({ chartRef: { kind: 'OCIRepository', name: 'x' } })).rejects.toThrow(/either chart or chartRef/)
  const strategy = { name: 'RemediateOnFailure', retryInterval: '5m' }
  await expect(wrong({ install: { strategy } })).rejects.toThrow(/retryInterval/)
  await expect(wrong({ driftDetektion: {} })).rejects.toThrow(/driftDetektion/)
})

test('our commands find what Flux has released as if they had deployed it', async () => {
  const here = ownedWorld(world)
  const { client, model, owner, tier } = here
  await writeTierCredentials(client, model, world.stack.keys)
  const sessionKey = randomBytes(32).toString('base64url')
  const seed = { account: owner, organizationId: owner.organizationId, model, valueFor: () => sessionKey }
  for (const one of [tier('web'), tier('worker')])
    for (const remote of one.remoteSecrets.filter(({ name }) => name === 'session-key'))
      await seedSecret(seed, one, remote)
  await release()

  const user = await folderWith(byFlux)
  expect(await user.cli(['gen-values'])).toMatchObject({ exitCode: 0 })
  const cli = worldCli(here, user)
  const waited = await cli('wait', ['--timeout', '60s'])
  expect([waited.exitCode, waited.stderr]).toEqual([0, expect.not.stringContaining('NOT_DEPLOYED')])
  const status = await cli('status', [])
  expect([status.exitCode, status.stderr]).toEqual([0, expect.any(String)])
  const plan = await cli('plan', ['--output', 'json'])
  expect([plan.exitCode, plan.stderr]).toEqual([0, expect.not.stringMatching(/^fix:/m)])
  const { objects } = JSON.parse(plan.stdout) as { objects: { action: string }[] }
  expect([...new Set(objects.map(({ action }) => action))]).toEqual(['none'])
  expect((await cli('deploy', ['--yes'])).stderr).toContain('DELIVERED_BY_ENGINE')
})

// --- internal ---

interface FluxObject extends KubernetesObject {
  readonly spec: object
}

/**
 * The release as helm-controller makes it: from a package whose default values are the files that the HelmRelease lists, with a
 * digest in its version, and two labels on every object. Source: helm-controller 1.6.3, internal/postrender
 */
async function release(): Promise<void> {
  const { client, model, helm, emulator, controlPlane } = world.stack
  const { chart, values } = await chartOf(byFlux)
  const [defaults, own] = await Promise.all(
    [join(chart, 'values.yaml'), values(environment)].map(async (path) => {
      const [parsed] = parseYamlDocuments(await readFile(path, 'utf8'), path)
      return parsed as object
    }),
  )
  await writeFile(join(chart, 'values.yaml'), JSON.stringify({ ...defaults, ...own }))
  await run(helm, ['package', chart, '--version', '0.1.0+4d455e78c090.1', '--destination', chart])
  const { name, namespace } = model.release
  const args = ['upgrade', '--install', name, join(chart, 'tiered-secrets-0.1.0+4d455e78c090.1.tgz')]
  const more = ['--namespace', namespace, '--create-namespace', '--force-conflicts', '--set']
  await run(helm, [...args, ...more, `scaleway.apiUrl=${emulator.url}`], {
    env: { KUBECONFIG: controlPlane.kubeconfigPath },
  })
  const labels = { 'helm.toolkit.fluxcd.io/name': name, 'helm.toolkit.fluxcd.io/namespace': 'flux-system' }
  for (const kind of Object.values<ChartKind>(chartKinds)) {
    for (const { name, namespace } of kind.objects(model)) {
      const ref = namespace === undefined ? { name } : { name, namespace }
      if (await client.get(kind, ref)) await client.mergePatch(kind, ref, { metadata: { labels } })
    }
  }
}

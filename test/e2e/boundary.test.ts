import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readSyncState } from '../../scripts/cluster/external-secrets.ts'
import { createClient } from '../../scripts/kubernetes/client.ts'
import { KubernetesError } from '../../scripts/kubernetes/errors.ts'
import { kinds, type ObjectMeta, type SecretObject } from '../../scripts/kubernetes/kinds.ts'
import { tryRun } from '../../scripts/lib/exec.ts'
import { parseYamlDocuments } from '../../scripts/lib/yaml.ts'
import { startEmulator } from '../../scripts/local/emulator/emulator.ts'
import { seedAccount } from '../../scripts/local/stack/seed-account.ts'
import { resolve, type TierModel } from '../../scripts/model/resolve.ts'
import { checkApplication } from '../../scripts/model/rules/index.ts'
import type { Application, Environments, IsolationMode } from '../../scripts/model/types.ts'
import type { ScalewayAccount } from '../../scripts/scaleway/connection.ts'
import { ScalewayError, scalewayRequest } from '../../scripts/scaleway/http.ts'
import catalogue from '../fixtures/trackdechets/catalogue.ts'
import { chartOf, find, helm4, manifestsOf, tryTemplate, valuesFile } from '../helpers/chart.ts'
import { eventually } from '../helpers/eventually.ts'
import { temporaryFolder } from '../helpers/folders.ts'
import { tokenOf } from '../helpers/service-account.ts'
import { requiredTarget } from '../helpers/targets.ts'
import { withValue } from '../helpers/values.ts'
import { root, startWorld, type World } from './world.ts'

/*
 * The claim: a compromised frontend pod can't reach a backend secret. Each layer is shown to hold by itself, with the
 * layers before it switched off.
 */

const shared = {
  description: 'The boundary under test',
  region: 'fr-par',
  refreshInterval: '1h',
  example: true,
} as const
const projectIds = {
  backend: '0b9c3f42-6d1a-4f0e-8c55-7a2e9d4b1c02',
  frontend: 'e7a4d8b6-2c93-4b1f-a0d8-3c5f6e7a8b03',
}
const environments = {
  path: { ...shared, kubeContext: 'one', isolation: 'path', projectId: '5d1f6c1e-8a52-4c3b-9d77-0f6f5b1f2a01' },
  project: {
    ...shared,
    kubeContext: 'two',
    isolation: 'project',
    projectIds,
    iamApplications: { frontend: 'trackdechets-apart-frontend-secrets', backend: 'trackdechets-apart-backend-secrets' },
  },
} as const satisfies Environments

/** Trackdéchets in both isolation modes; all protections of the chart, or none of them. */
function applicationWithout(...without: ('admission' | 'rbac' | 'network-policies')[]): Application {
  return {
    environments: {
      path: { ...environments.path, without },
      project: { ...environments.project, without },
    },
    catalogue: {
      ...catalogue,
      secrets: catalogue.secrets.map((secret) => ({ ...secret, environments: ['path', 'project'] })),
    },
  }
}

const modes: readonly IsolationMode[] = ['path', 'project']
const tierOf = (tiers: readonly TierModel[], name: string) => tiers.find((tier) => tier.name === name) as TierModel
const frontendOf = (tiers: readonly TierModel[]) => tierOf(tiers, 'frontend')
const backendOf = (tiers: readonly TierModel[]) => tierOf(tiers, 'backend')

test('what is proved here is proved of all secrets of Trackdéchets', () => {
  expect(checkApplication(applicationWithout())).toEqual([])
  const { tiers } = resolve(applicationWithout(), 'path')
  expect(tiers.map(({ name }) => name)).toEqual(['backend', 'frontend'])
  expect(backendOf(tiers).remoteSecrets.flatMap(({ specs }) => specs)).toHaveLength(32)
})

describe.each(modes)("Scaleway refuses the frontend's key, in isolation mode %s:", (mode) => {
  const model = resolve(applicationWithout(), mode)
  const [own, other] = [frontendOf(model.tiers), backendOf(model.tiers)]
  const regional = `/secret-manager/v1beta1/regions/${model.region}`
  let emulator: Awaited<ReturnType<typeof startEmulator>>
  let owner: ScalewayAccount
  let frontend: ScalewayAccount

  beforeAll(async () => {
    emulator = await startEmulator()
    owner = { apiUrl: emulator.url, secretKey: emulator.owner.secretKey }
    const keys = await seedAccount({ account: owner, organizationId: emulator.owner.organizationId, model })
    frontend = { apiUrl: emulator.url, secretKey: keys.get('frontend')?.secretKey ?? '' }
  })
  afterAll(() => emulator[Symbol.asyncDispose]())

  const get = <T>(account: ScalewayAccount, path: string, query = {}) =>
    scalewayRequest<T>(account, { method: 'GET', path: regional + path, query })
  const list = (account: ScalewayAccount, query: object) =>
    get<{ secrets: { id: string; name: string; path: string }[] }>(account, '/secrets', query)
  const attempt = (path: string, query = {}) => get(frontend, path, query).then(() => 'opened', statusOf)
  const idOf = async ({ projectId }: TierModel, { path, name }: { path: string; name: string }) =>
    (await list(owner, { project_id: projectId, path, name })).secrets[0]?.id

  test('every version of every backend secret by its id, and the frontend reads its own', async () => {
    for (const revision of ['1', 'latest', 'latest_enabled']) {
      for (const secret of own.remoteSecrets) {
        expect(await attempt(`/secrets/${await idOf(own, secret)}/versions/${revision}/access`)).toBe('opened')
      }
      for (const secret of other.remoteSecrets) {
        expect(await attempt(`/secrets/${await idOf(other, secret)}/versions/${revision}/access`)).toBe(403)
        expect(await attempt(`/secrets/${await idOf(other, secret)}/versions/${revision}`)).toBe(403)
      }
    }
  })

  test('every backend secret by its path and name', async () => {
    for (const projectId of [own.projectId, other.projectId]) {
      for (const { path, name } of other.remoteSecrets) {
        const query = { secret_path: path, secret_name: name, project_id: projectId }
        const expected = projectId === other.projectId ? [403] : [403, 404]
        expect(expected).toContain(await attempt('/secrets-by-path/versions/latest_enabled/access', query))
      }
    }
  })

  test('every backend secret found by listing, by name or by folder', async () => {
    for (const { path, name } of other.remoteSecrets) {
      for (const filter of [{ name }, { path }, { path, name }]) {
        const query = { project_id: other.projectId, ...filter }
        const found = await list(frontend, query).catch((error) => statusOf(error))
        // Mode `path` gives the names away, and nothing more: the README says so.
        if (mode === 'project') expect(found).toBe(403)
        else if (typeof found === 'object') {
          expect(found.secrets.length).toBeGreaterThan(0)
          for (const secret of found.secrets.filter((one) => one.path === path)) {
            expect(await attempt(`/secrets/${secret.id}/versions/latest_enabled/access`)).toBe(403)
          }
        } else expect(found).toBe('a list')
      }
    }
  })
})

describe.each(modes)('the operator delivers nothing, without admission, in isolation mode %s:', (mode) => {
  let world: World
  let backend: TierModel
  let frontend: TierModel
  beforeAll(async () => {
    world = await startWorld({ application: applicationWithout('admission'), environment: mode })
    await world.install()
    expect((await world.sync()).map(({ state }) => state)).toEqual(['synced', 'synced', 'synced', 'synced'])
    const { tiers } = world.stack.model
    ;[backend, frontend] = [backendOf(tiers), frontendOf(tiers)]
  }, 120_000)
  afterAll(() => world?.[Symbol.asyncDispose]())

  type Store = {
    readonly metadata: ObjectMeta
    readonly spec: object
    readonly status?: { readonly conditions?: object[] }
  }

  /** A hand-written ExternalSecret in the frontend's namespace, once the operator has delivered it or fails as expected. */
  async function attempt(name: string, spec: object, reason = nothing): Promise<string> {
    const ref = { namespace: frontend.namespace, name }
    const { client } = world.stack
    const store = { secretStoreRef: { kind: 'SecretStore', name: frontend.secretStore } }
    await client.create(kinds.externalSecret, { metadata: ref, spec: { ...store, ...spec } } as {
      metadata: ObjectMeta
    })
    const { state, message } = await eventually(
      () => readSyncState(client, ref),
      // What it says before it has checked a new store is not an answer of Scaleway's.
      ({ state, message }) => state === 'synced' || (state === 'failed' && reason.test(message)),
      { timeoutMs: 60_000 },
    )
    expect((await world.digests(ref.namespace, name)) === undefined).toBe(state === 'failed')
    return state === 'synced' ? 'delivered' : message
  }
  /** A hand-written store in the frontend's namespace, once the operator has checked it. */
  async function storeOfTheirs(name: string, spec: object): Promise<{ secretStoreRef: object }> {
    const ref = { namespace: frontend.namespace, name }
    const { client } = world.stack
    await client.create(kinds.secretStore, { metadata: ref, spec } as { metadata: ObjectMeta })
    await eventually(
      () => client.get<Store>(kinds.secretStore, ref),
      (store) => (store?.status?.conditions ?? []).length > 0,
      { timeoutMs: 60_000 },
    )
    return { secretStoreRef: { kind: 'SecretStore', name } }
  }
  const specOf = async ({ namespace, secretStore }: TierModel) => {
    const store = await world.stack.client.get<Store>(kinds.secretStore, { namespace, name: secretStore })
    return store?.spec ?? {}
  }
  const single = (key: string) => ({ data: [{ secretKey: 'STOLEN', remoteRef: { key } }] })
  const nothing = /insufficient permissions|does not exist/

  test('but what is their own, through a store of their own', async () => {
    const [own] = frontend.remoteSecrets
    expect(await attempt('own', single(own?.remoteRef ?? ''))).toBe('delivered')
    const store = await storeOfTheirs('harmless', await specOf(frontend))
    expect(await attempt('through-harmless', { ...store, ...single(own?.remoteRef ?? '') })).toBe('delivered')
  })

  test('a reference to every backend secret, by folder', async () => {
    for (const { name, remoteRef } of backend.remoteSecrets) {
      expect(await attempt(`by-path-${name}`, single(remoteRef))).toMatch(nothing)
    }
  })

  test('a reference by id, by bare name, and to a whole bundle', async () => {
    const { emulator, model } = world.stack
    const account = { apiUrl: emulator.url, secretKey: emulator.owner.secretKey }
    const path = `/secret-manager/v1beta1/regions/${model.region}/secrets`
    for (const { name, remoteRef, path: folder } of backend.remoteSecrets.slice(0, 4)) {
      const query = { project_id: backend.projectId, path: folder, name }
      const { secrets } = await scalewayRequest<{ secrets: { id: string }[] }>(account, { method: 'GET', path, query })
      expect(await attempt(`by-id-${name}`, single(`id:${secrets[0]?.id}`))).toMatch(/insufficient permissions/)
      expect(await attempt(`by-name-${name}`, single(`name:${name}`))).toMatch(nothing)
      expect(await attempt(`whole-${name}`, { dataFrom: [{ extract: { key: remoteRef } }] })).toMatch(nothing)
    }
  })

  test('a search of the whole folder', async () => {
    const find = { path: backend.remotePath, name: { regexp: '.*' } }
    const reason = /Scaleway returned no key|insufficient permissions/
    expect(await attempt('search', { dataFrom: [{ find }] }, reason)).toMatch(reason)
  })

  test("a store of their own with the backend's project, or the backend's credential", async () => {
    const spec = await specOf(backend)
    const credential = (name: string, namespace?: string) => (object: object, half: string) =>
      withValue(object, `provider.scaleway.${half}.secretRef.${namespace ? 'namespace' : 'name'}`, namespace ?? name)
    const halves = ['accessKey', 'secretKey']
    const stores: Record<string, readonly [object, RegExp]> = {
      'own-key': [halves.reduce(credential(frontend.credentialsSecret), spec), /insufficient permissions/],
      // The operator can't find the credential, and does not try.
      'no-key': [spec, /is not ready/],
      'their-key': [halves.reduce(credential('', backend.namespace), spec), /is not ready/],
    }
    const remoteRef = backend.remoteSecrets[0]?.remoteRef ?? ''
    for (const [name, [store, reason]] of Object.entries(stores)) {
      const through = await storeOfTheirs(name, store)
      expect(await attempt(`through-${name}`, { ...through, ...single(remoteRef) }, reason)).toMatch(reason)
    }
  })
})

describe('an operator whose templates read every Secret of the cluster (0.20.4)', () => {
  let world: World
  let backend: TierModel
  let frontend: TierModel
  beforeAll(async () => {
    const operator = 'external-secrets-vulnerable'
    world = await startWorld({ application: applicationWithout(), environment: 'path', operator })
    await world.install()
    expect((await world.sync()).map(({ state }) => state)).toEqual(['synced', 'synced', 'synced', 'synced'])
    const { tiers } = world.stack.model
    ;[backend, frontend] = [backendOf(tiers), frontendOf(tiers)]
  }, 120_000)
  afterAll(() => world?.[Symbol.asyncDispose]())

  const target = () => ({ namespace: frontend.namespace, name: requiredTarget(frontend)?.name ?? '' })
  const write = (template: object) =>
    world.stack.client.mergePatch(kinds.externalSecret, target(), { spec: { target: { template } } }).then(
      () => 'let in',
      (error: unknown) => String(error),
    )
  const delivered = async () => (await world.digests(target().namespace, target().name))?.STOLEN
  const judgedBy = (rules: string) =>
    world.stack.client.mergePatch(
      kinds.secret,
      { namespace: world.stack.model.release.namespace, name: `boundary-${frontend.namespace}` },
      { metadata: { annotations: { rules } } },
    )

  test('delivers nothing of the backend, because admission refuses such a template; without admission it does', async () => {
    const call = `getSecretKey "${requiredTarget(backend)?.name}" "${backend.namespace}" "DATABASE_URL"`
    const attacks = {
      data: { data: { STOLEN: `{{ ${call} }}` } },
      literal: { templateFrom: [{ target: 'Data', literal: `STOLEN: {{ ${call} | toJson }}` }] },
      configMap: { templateFrom: [{ configMap: { name: 'a', items: [{ key: 'a' }] } }] },
    }
    const ofBackend = world.digest(world.valueFor({ tier: 'backend', variable: 'DATABASE_URL' }))
    const ofFrontend = world.digest(world.valueFor({ tier: 'frontend', variable: 'API_ENDPOINT' }))
    await eventually(
      () => write(attacks.data),
      (said) => said.includes('(EXTERNAL_SECRET_TEMPLATE)'),
    )
    for (const attack of [attacks.literal, attacks.configMap]) {
      // Without what was let in before the API server had seen the policies.
      expect(await write({ ...attack, data: null })).toContain('(EXTERNAL_SECRET_TEMPLATE_FROM)')
    }
    expect(await write({ data: { STOLEN: '{{ .API_ENDPOINT }}' } })).toBe('let in')
    await eventually(delivered, (digest) => digest === ofFrontend, { timeoutMs: 60_000 })

    await judgedBy('off')
    await eventually(
      () => write({ ...attacks.literal, data: null }),
      (said) => said === 'let in',
    )
    await eventually(delivered, (digest) => digest === ofBackend, { timeoutMs: 60_000 })
    expect(await write({ ...attacks.data, templateFrom: null })).toBe('let in')
  }, 120_000)
})

describe("the API server refuses the frontend's ServiceAccount, without admission and network policies:", () => {
  test('every backend Secret, to read, list or watch, and everything else that leads to one', async () => {
    const application = applicationWithout('admission', 'network-policies')
    await using world = await startWorld({ application, environment: 'path' })
    await world.install()
    await world.sync()
    const { client, controlPlane, model } = world.stack
    const [frontend, backend] = [frontendOf(model.tiers), backendOf(model.tiers)]
    using pod = createClient({
      ...controlPlane,
      token: await tokenOf(client, frontend.namespace, frontend.serviceAccount),
      skipVerify: false,
    })

    const targets = [backend.credentialsSecret, ...backend.externalSecrets.map(({ name }) => name)]
    expect(
      (await client.list<SecretObject>(kinds.secret, backend)).items.map(({ metadata }) => metadata.name).sort(),
    ).toEqual(targets.sort())
    const { namespace } = backend
    for (const name of targets) expect(await codeOf(pod.get(kinds.secret, { namespace, name }))).toBe(403)
    expect(await codeOf(pod.list(kinds.secret, { namespace }))).toBe(403)
    expect(await codeOf(pod.list(kinds.secret))).toBe(403)
    expect(await codeOf(pod.watch(kinds.secret, { namespace, resourceVersion: '0' }).next())).toBe(403)
    const metadata = { namespace, name: 'x' }
    for (const kind of [kinds.externalSecret, kinds.secretStore, kinds.roleBinding, kinds.serviceAccount]) {
      expect(await codeOf(pod.create(kind, { metadata }))).toBe(403)
    }
    expect(await codeOf(tokenOf(pod, backend.namespace, backend.serviceAccount))).toBe(403)
  }, 120_000)
})

describe("a backend ref in the frontend's values is refused, each time with the layers before switched off:", () => {
  const application = applicationWithout()
  const model = resolve(application, 'path')
  const stolen = backendOf(model.tiers).remoteSecrets.find(({ shape }) => shape === 'opaque')?.remoteRef ?? ''
  const place = 'tiers.frontend.required.data.API_ENDPOINT'

  test('by the compiler: the catalogue has no field for a ref, and none for a folder of an entry', async () => {
    const folder = await temporaryFolder()
    const program = (fields: string) =>
      `import catalogue from '${join(root, 'test/fixtures/trackdechets/catalogue.ts')}'\n` +
      `export const entry: (typeof catalogue)['secrets'][number] = { tier: 'frontend', variable: 'X', remoteName: 'x', format: 'token', description: 'x', ${fields} }\n`
    expect(await compiles(folder, program(''))).toEqual([])
    for (const field of [`remoteRef: '${stolen}'`, `path: '/trackdechets-backend'`]) {
      expect(await compiles(folder, program(field))).toEqual(['TS2353'])
    }
  })

  test('by the rules, where the compiler was not asked', () => {
    const entry = { ...application.catalogue.secrets[0], remoteName: '../trackdechets-backend/database-url' }
    const told = (change: object) =>
      checkApplication({ ...application, catalogue: { ...application.catalogue, ...change } } as Application).map(
        ({ code }) => code,
      )
    expect(told({ secrets: [entry] })).toEqual(['REMOTE_NAME_INVALID'])
    expect(told({ secrets: [{ ...application.catalogue.secrets[0], remoteRef: stolen }] })).toEqual(['SHAPE_INVALID'])
    const { tiers } = application.catalogue
    const moved = { ...tiers, frontend: { ...tiers.frontend, remotePath: '/trackdechets-backend' } }
    expect(told({ tiers: moved, secrets: [] })).toEqual(['TIER_PATHS_OVERLAP'])
  })

  test('by the schema, where the values were edited by hand; and by the chart, without the schema', async () => {
    const folder = await temporaryFolder()
    const { chart, values } = await chartOf(application)
    const [written] = parseYamlDocuments(await readFile(values('path'), 'utf8'), 'values')
    const edited = await valuesFile(folder, withValue(written as object, place, stolen))
    expect((await tryTemplate(helm4, chart, await valuesFile(folder, written))).exitCode).toBe(0)

    const bySchema = await tryTemplate(helm4, chart, edited)
    expect(bySchema.exitCode).not.toBe(0)
    expect(bySchema.stderr).toMatch(/tiers[./]frontend[./]required[./]data[./]API_ENDPOINT/)
    const byChart = await tryTemplate(helm4, chart, edited, '--skip-schema-validation')
    expect(byChart.stderr).toContain(
      `${place}: "${stolen}" is outside this tier. Expected a remote ref directly under "path:/trackdechets-frontend/".`,
    )
  })

  test('by the API server, where the manifest itself was edited', async () => {
    await using world = await startWorld({ application, environment: 'path' })
    await world.install()
    const { client } = world.stack
    const { chart, values } = await chartOf(application)
    const rendered = find(await manifestsOf(helm4, chart, values('path')), 'ExternalSecret', 'frontend-secrets')
    const ref = { namespace: 'trackdechets-frontend', name: 'frontend-secrets' }
    const edited = withValue(rendered, 'spec.data.0.remoteRef.key', stolen)
    const refusal = await eventually(
      () =>
        client.apply(kinds.externalSecret, ref, edited).then(
          () => undefined,
          (error: unknown) => error,
        ),
      (error) => error !== undefined,
      { timeoutMs: 60_000 },
    )
    expect(String(refusal)).toContain('trackdechets-external-secrets')
    expect(refusal).toMatchObject({ status: 403, message: expect.stringContaining('(EXTERNAL_SECRET_KEY)') })
    await client.apply(kinds.externalSecret, ref, rendered)
  }, 120_000)
})

function statusOf(error: unknown): number | string {
  return error instanceof ScalewayError ? error.status : String(error)
}

/** The status an API server answers with; `done` where it answers well. */
function codeOf(answer: Promise<unknown>): Promise<number | string> {
  return answer.then(
    () => 'done',
    (error: unknown) => (error instanceof KubernetesError ? error.status : String(error)),
  )
}

/** The codes of the compiler's errors in a program of one file. */
async function compiles(folder: string, text: string): Promise<string[]> {
  await writeFile(join(folder, 'entry.ts'), text)
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: join(root, 'tsconfig.json'),
      include: ['entry.ts'],
      compilerOptions: { typeRoots: [join(root, 'node_modules/@types')] },
    }),
  )
  const { stdout } = await tryRun(join(root, 'node_modules/.bin/tsc'), ['-p', folder, '--noEmit', '--singleThreaded'])
  return [...stdout.matchAll(/error (TS\d+)/g)].map(([, code]) => code ?? '')
}

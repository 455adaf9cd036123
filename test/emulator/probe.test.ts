import { describe, expect, test } from 'vitest'
import { keyFacts } from '../../scripts/inspect/doctor/observe/key.ts'
import { type Emulator, startEmulator } from '../../scripts/local/emulator/emulator.ts'
import { seedAccount } from '../../scripts/local/stack/seed-account.ts'
import { type EnvironmentModel, resolve, type TierModel } from '../../scripts/model/resolve.ts'
import type { EnvironmentSpec } from '../../scripts/model/types.ts'
import { readerOf, type ScalewayAccount } from '../../scripts/scaleway/connection.ts'
import { scalewayRequest } from '../../scripts/scaleway/http.ts'
import { createApiKey, createApplication, createPolicy } from '../../scripts/scaleway/iam.ts'
import { type Proof, probeKey, proofText } from '../../scripts/scaleway/probe-key.ts'
import { createSecret, findSecret, secretsPath } from '../../scripts/scaleway/secrets.ts'
import { createVersion, disableVersion, listVersions } from '../../scripts/scaleway/versions.ts'
import { applicationWith, environment, projectEnvironment } from '../helpers/applications.ts'
import { problemOf } from '../helpers/problems.ts'

/** Tier `api` with `TOKEN` and `LASTING`, tier `web` with `PAGE`; `without` names the remote secrets that are not there. */
interface World extends AsyncDisposable {
  readonly emulator: Emulator
  readonly model: EnvironmentModel
  readonly owner: ScalewayAccount & { readonly organizationId: string }
  tier(name: string): TierModel
  /** The key of the tier, or another, is tried for tier `api`. */
  probe(secretKey?: string, unproved?: boolean): Promise<Proof>
  /** A key with the rights on all projects of the environment. */
  wideKey(...sets: readonly string[]): Promise<string>
}

async function worldOf(spec: EnvironmentSpec, without: readonly string[] = []): Promise<World> {
  const secrets = [{ variable: 'TOKEN' }, { variable: 'LASTING' }, { variable: 'PAGE', tier: 'web' }]
  const model = resolve(applicationWith({ secrets, environments: { dev: spec } }), 'dev')
  const emulator = await startEmulator()
  const { organizationId, secretKey } = emulator.owner
  const owner = { apiUrl: emulator.url, secretKey, organizationId }
  const keys = await seedAccount({
    account: owner,
    organizationId,
    model,
    without: ({ name }) => without.includes(name),
  })
  const tier = (name: string) => {
    const found = model.tiers.find((one) => one.name === name)
    if (!found) throw new Error(`no tier ${name}`)
    return found
  }
  return {
    emulator,
    model,
    owner,
    tier,
    probe(secretKey = keys.get('api')?.secretKey ?? '', unproved = false) {
      const patience = { refusedMs: 0 }
      return probeKey({ account: { ...owner, secretKey }, accessKey: '', model, tier: tier('api'), unproved, patience })
    },
    async wideKey(...sets) {
      const { id } = await createApplication(owner, organizationId, 'wide')
      const project_ids = [...new Set(model.tiers.map(({ projectId }) => projectId))]
      const rules = [{ permission_set_names: sets, project_ids }]
      await createPolicy(owner, organizationId, { name: 'wide', applicationId: id, rules })
      const key = await createApiKey(owner, id, { description: '', expiresAt: new Date(Date.now() + 3_600_000) })
      return key.secret_key
    },
    [Symbol.asyncDispose]: () => emulator[Symbol.asyncDispose](),
  }
}

const all = ['SecretManagerReadOnly', 'SecretManagerSecretAccess'] as const
const modes: readonly (readonly [string, EnvironmentSpec])[] = [
  ['path', environment()],
  ['project', projectEnvironment()],
]

/** A remote secret whose version is used up by reading it. */
async function createFleeting({ owner, model }: World, tier: TierModel, name: string): Promise<string> {
  const ephemeral_policy = { expires_once_accessed: true, action: 'disable' }
  const { id } = await scalewayRequest<{ id: string }>(owner, {
    method: 'POST',
    path: secretsPath(model.region),
    body: { project_id: tier.projectId, path: tier.remotePath, name, ephemeral_policy },
  })
  await createVersion(owner, model.region, id, 'x')
  return id
}

/** The remote secret of tier `web`, with what is done to it. */
async function onPage(world: World, change: (id: string) => Promise<unknown>): Promise<void> {
  const { projectId, remotePath } = world.tier('web')
  const scope = { region: world.model.region, projectId }
  const found = await findSecret(world.owner, scope, { path: remotePath, name: 'page' })
  if (found) await change(found.id)
}

test('a key is proved by a lasting secret: an ephemeral one may be gone once it is read', async () => {
  await using world = await worldOf(environment(), ['token'])
  const id = await createFleeting(world, world.tier('api'), 'token')
  expect((await world.probe()).read).toBe('path:/shop-api/lasting')
  expect(await listVersions(world.owner, world.model.region, id)).toMatchObject([{ status: 'enabled' }])
})

test('a key that is too wide does not use up an ephemeral secret of another tier', async () => {
  await using world = await worldOf(environment(), ['page'])
  const id = await createFleeting(world, world.tier('web'), 'page')
  expect(await problemOf(world.probe(await world.wideKey(...all)))).toMatchObject({ code: 'NOTHING_TO_PROVE_WITH' })
  expect(await listVersions(world.owner, world.model.region, id)).toMatchObject([{ status: 'enabled' }])
})

describe.each(modes)('in isolation mode %s', (mode, spec) => {
  test('a key is proved by what it reads, and by what it is refused', async () => {
    await using world = await worldOf(spec)
    const proof = await world.probe()
    expect(proof).toEqual({ read: 'path:/shop-api/lasting', refusals: 1, untried: 0, unprovedTiers: [] })
    expect(proofText(proof)).toBe('reads path:/shop-api/lasting, and was refused 1 remote secret of other tiers')
  })

  test('another tier without any remote secret proves nothing, and that is not wrong', async () => {
    await using world = await worldOf(spec, ['page'])
    const problem = await problemOf(world.probe())
    expect(problem).toMatchObject({ code: 'NOTHING_TO_PROVE_WITH', message: expect.stringContaining('tier "web"') })
    expect(problem.fix).toBe('Fill the remote secrets of tier "web" first, or skip this check with --unproved.')
    const proof = await world.probe(undefined, true)
    expect(proof).toMatchObject({ refusals: 0, unprovedTiers: ['web'] })
    expect(proofText(proof)).toContain('not proved: that it opens nothing of "web"')
  })

  test('a remote secret without a version answers 404 to a key that may read it: no refusal', async () => {
    await using world = await worldOf(spec, ['page'])
    const { projectId, remotePath } = world.tier('web')
    const secret = { path: remotePath, name: 'page', type: 'opaque' } as const
    await createSecret(world.owner, { region: world.model.region, projectId }, secret)
    const wide = await world.wideKey(...all)
    const problem = await problemOf(world.probe(wide))
    // In a project of its own, that it is listed is wrong already.
    expect(problem.code).toBe(mode === 'path' ? 'NOTHING_TO_PROVE_WITH' : 'KEY_TOO_WIDE')
    if (mode === 'path') expect(await world.probe(wide, true)).toMatchObject({ refusals: 0, unprovedTiers: ['web'] })
    // The key of the tier is refused before anybody looks for a version.
    if (mode === 'path') expect(await world.probe()).toMatchObject({ refusals: 1, unprovedTiers: [] })
  })

  test('where no version is enabled, the newest one tells rights apart', async () => {
    await using world = await worldOf(spec)
    await onPage(world, (id) => disableVersion(world.owner, world.model.region, id, 1))
    expect(await world.probe()).toMatchObject({ refusals: 1, untried: 0 })
    const problem = await problemOf(world.probe(await world.wideKey(...all)))
    expect(problem).toMatchObject({ code: 'KEY_TOO_WIDE', message: expect.stringContaining('/shop-web/page') })
  })

  test('a key with nothing to read of its own is not told to be that of another tier', async () => {
    await using world = await worldOf(spec, ['token', 'lasting'])
    const problem = await problemOf(world.probe(await world.wideKey(...all)))
    expect(problem).toMatchObject({
      code: 'KEY_TOO_WIDE',
      message: expect.stringContaining('or it is a key of that tier'),
    })
  })

  test('a key that ends meanwhile is one that Scaleway does not know, and not one that opens something', async () => {
    await using world = await worldOf(spec)
    await onPage(world, async (id) => {
      world.emulator.faults.add({ kind: 'expired_key', path: mode === 'path' ? `*/${id}/*` : '*/secrets-by-path/*' })
    })
    expect(await problemOf(world.probe())).toMatchObject({ code: 'KEY_UNKNOWN' })
  })
})

describe('the diagnosis of a key that its tier refuses', () => {
  const opensOf = async (world: World, secretKey: string) => {
    const account = readerOf({ ...world.owner, secretKey })
    const look = { account, accessKey: '', model: world.model, tier: world.tier('api'), suspects: new Set<never>() }
    return (await keyFacts(look)).opens?.name
  }
  const keyOfWeb = async ({ owner, tier }: World) => {
    const { id } = await createApplication(owner, owner.organizationId, 'of web')
    const rules = [{ permission_set_names: ['SecretManagerReadOnly'], project_ids: [tier('web').projectId] }]
    await createPolicy(owner, owner.organizationId, { name: 'of web', applicationId: id, rules })
    return (await createApiKey(owner, id, { description: '', expiresAt: new Date(Date.now() + 3_600_000) })).secret_key
  }

  test('names the tier whose version it sees', async () => {
    await using world = await worldOf(projectEnvironment())
    expect(await opensOf(world, await keyOfWeb(world))).toBe('web')
  })

  test('does not take a remote secret without a version for one that it opens', async () => {
    await using world = await worldOf(projectEnvironment(), ['page'])
    const { projectId, remotePath } = world.tier('web')
    const secret = { path: remotePath, name: 'page', type: 'opaque' } as const
    await createSecret(world.owner, { region: world.model.region, projectId }, secret)
    expect(await opensOf(world, await keyOfWeb(world))).toBeUndefined()
  })
})

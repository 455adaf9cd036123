import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { largeApplication } from '../../scripts/bench/large-application.ts'
import { surveyRemoteSecrets, unreadValues } from '../../scripts/inspect/survey/remote-secrets.ts'
import { readerOf } from '../../scripts/scaleway/connection.ts'
import { scalewayRequest } from '../../scripts/scaleway/http.ts'
import {
  countSecrets,
  createSecret,
  findSecret,
  listSecrets,
  type RemoteSecret,
  secretsPath,
} from '../../scripts/scaleway/secrets.ts'
import { createVersion, disableVersion } from '../../scripts/scaleway/versions.ts'
import { bookshop, trackdechets } from '../fixtures/applications.ts'
import { applicationWith } from '../helpers/applications.ts'
import { type Gatekeeper, startGate } from '../helpers/gate.ts'
import { problemOf } from '../helpers/problems.ts'
import { type FillWorld, startFillWorld, tellTale, valuesFor } from './fill-world.ts'

async function filledWorld(application = trackdechets, environment = 'recette') {
  const world = await startFillWorld(application, environment)
  await world.fill(valuesFor(world.model))
  world.emulator.resetRequests()
  return world
}

const survey = ({ account, model }: FillWorld, options = {}) => surveyRemoteSecrets(readerOf(account), model, options)

/** What was seen of one remote secret of the backend. */
async function stateOf(world: FillWorld, name: string, options = {}) {
  const folders = await survey(world, options)
  const view = folders.flatMap(({ remotes }) => remotes).find(({ remote }) => remote.name === name)
  if (!view) throw new Error(`the model has no ${name}`)
  return view
}

async function secretOf({ account, model }: FillWorld, name: string): Promise<RemoteSecret> {
  const tier = model.tiers.find(({ remoteSecrets }) => remoteSecrets.some((remote) => remote.name === name))
  const scope = { region: model.region, projectId: tier?.projectId ?? '' }
  const found = await findSecret(account, scope, { path: tier?.remotePath ?? '', name })
  if (!found) throw new Error(`the account has no ${name}`)
  return found
}

describe('requests', () => {
  test('a list for each folder and a version for each remote secret, and no value', async () => {
    await using world = await filledWorld()
    const remotes = world.model.tiers.flatMap(({ remoteSecrets }) => remoteSecrets)
    await survey(world)
    expect(world.emulator.requests().byRoute).toEqual({ 'secrets.list': 2, 'versions.get': remotes.length })
  })

  test('with values one more for each, which leaves no value behind', async () => {
    await using world = await startFillWorld(trackdechets, 'recette')
    const values = valuesFor(world.model)
    await world.fill(values)
    world.emulator.resetRequests()
    const folders = await survey(world, { values: true })
    const { byRoute } = world.emulator.requests()
    expect(byRoute['versions.access']).toBe(byRoute['versions.get'])
    expect(
      folders.flatMap(({ remotes }) => remotes.map(({ faults }) => faults)).every((one) => one?.length === 0),
    ).toBe(true)
    const seen = JSON.stringify(folders)
    for (const value of tellTale(values)) expect(seen.includes(value)).toBe(false)
  })

  test('with values leaves an ephemeral version unread: the first read may be the last', async () => {
    await using world = await startFillWorld(trackdechets, 'recette')
    const [tier] = world.model.tiers
    const remote = tier?.remoteSecrets[0]
    if (!tier || !remote) throw new Error('no remote secret')
    const scope = { region: world.model.region, projectId: tier.projectId }
    const { id } = await scalewayRequest<{ id: string }>(world.account, {
      method: 'POST',
      path: secretsPath(scope.region),
      body: {
        project_id: scope.projectId,
        path: remote.path,
        name: remote.name,
        ephemeral_policy: { expires_once_accessed: true, action: 'delete' },
      },
    })
    await createVersion(world.account, scope.region, id, 'once')
    const folders = await survey(world, { values: true })
    expect(unreadValues(folders)).toEqual([
      `the value of ${remote.path}/${remote.name}; it is ephemeral, and may be gone once it is read`,
    ])
    expect(world.emulator.requests().byRoute['versions.access']).toBeUndefined()
  })

  test('an empty account costs as much: for each missing one a look for its name elsewhere', async () => {
    await using world = await startFillWorld(trackdechets, 'recette')
    const remotes = world.model.tiers.flatMap(({ remoteSecrets }) => remoteSecrets)
    await survey(world)
    expect(world.emulator.requests().byRoute).toEqual({ 'secrets.list': 2 + remotes.length })
  })

  test('a folder of more than a page is read page by page', async () => {
    await using world = await startFillWorld(largeApplication(1_250), 'staging')
    const tier = world.model.tiers[0]
    if (!tier) throw new Error('no tier')
    const scope = { region: world.model.region, projectId: tier.projectId }
    for (const { path, name } of tier.remoteSecrets)
      await createSecret(world.account, scope, { path, name, type: 'opaque' })
    const folders = await survey(world)
    const own = folders.find((folder) => folder.tier === tier)
    expect(own?.remotes.filter(({ found }) => found)).toHaveLength(tier.remoteSecrets.length)
  })

  test('a Scaleway that asks for patience is asked again when it says', async () => {
    await using world = await filledWorld()
    world.emulator.faults.add({ kind: 'too_many_requests', count: 6, retryAfterSeconds: 0 })
    const folders = await survey(world)
    expect(world.emulator.requests().byStatus[429]).toBe(6)
    expect(folders.flatMap(({ remotes }) => remotes).every(({ version }) => version?.revision === 1)).toBe(true)
  })
})

describe('what is seen', () => {
  test('the version that the operator delivers: the newest enabled one', async () => {
    await using world = await filledWorld()
    const { account, model } = world
    const { id } = await secretOf(world, 'redis-url')
    await createVersion(account, model.region, id, 'redis://two.example/')
    expect((await stateOf(world, 'redis-url')).version?.revision).toBe(2)
    await disableVersion(account, model.region, id, 2)
    expect((await stateOf(world, 'redis-url')).version?.revision).toBe(1)
    await disableVersion(account, model.region, id, 1)
    expect(await stateOf(world, 'redis-url')).toMatchObject({ found: { id }, elsewhere: [] })
    expect((await stateOf(world, 'redis-url')).version).toBeUndefined()
  })

  test('a remote secret in another folder of the project is found there, and one of another project is not', async () => {
    await using world = await startFillWorld(bookshop, Object.keys(bookshop.environments)[0] ?? '')
    const tier = world.model.tiers[0]
    const remote = tier?.remoteSecrets[0]
    if (!tier || !remote) throw new Error('no remote secret')
    const create = (path: string, projectId: string) =>
      createSecret(
        world.account,
        { region: world.model.region, projectId },
        { path, name: remote.name, type: 'opaque' },
      )
    await create('/old', tier.projectId)
    await create('/other', '11111111-2222-4333-8444-555555555555')
    expect(await stateOf(world, remote.name)).toEqual({ remote, elsewhere: ['/old'] })
  })

  test('names that no entry has', async () => {
    await using world = await filledWorld()
    const [tier] = world.model.tiers
    const scope = { region: world.model.region, projectId: tier?.projectId ?? '' }
    await createSecret(world.account, scope, { path: tier?.remotePath ?? '', name: 'forgotten', type: 'opaque' })
    const folders = await survey(world)
    expect(folders.map(({ uncatalogued }) => uncatalogued)).toEqual([['forgotten'], []])
  })

  test('a value that misfits, when values are asked for', async () => {
    await using world = await filledWorld()
    const { id } = await secretOf(world, 's3')
    await createVersion(world.account, world.model.region, id, '{"S3_BUCKET":"UPPER"}')
    const { faults = [] } = await stateOf(world, 's3', { values: true })
    expect(faults.filter(({ code }) => code === 'VALUE_MISFIT')).toMatchObject([{ specs: [{ variable: 'S3_BUCKET' }] }])
    expect(faults.filter(({ code }) => code === 'VALUE_MISSING')).toHaveLength(11)
    expect((await stateOf(world, 's3')).faults).toBeUndefined()
  })
})

test.each([
  ['{"password":"abc","timeout":1.0}', []],
  ['{"password":"abc","wait":1e3,"id":12345678901234567890,}', []],
  ['{"password":null,"timeout":1}', ['VALUE_MISSING']],
  ['password', ['VALUE_NOT_JSON']],
])('of a field of JSON, what the operator delivers is judged: %s', async (text, codes) => {
  const application = applicationWith({ secrets: [{ variable: 'PASSWORD', remoteName: 'db', property: ['password'] }] })
  await using world = await startFillWorld(application, 'dev')
  await world.fill(valuesFor(world.model))
  await createVersion(world.account, world.model.region, (await secretOf(world, 'db')).id, text)
  expect((await stateOf(world, 'db', { values: true })).faults?.map(({ code }) => code)).toEqual(codes)
})

test('a missing secret of one tier is not looked for where another tier has its own of that name', async () => {
  const token = { variable: 'TOKEN', optional: true }
  const secrets = [
    { ...token, tier: 'api' },
    { ...token, tier: 'web' },
  ]
  await using world = await startFillWorld(applicationWith({ secrets }), 'dev')
  const { account, model } = world
  const [api, web] = model.tiers
  const create = (path = '') => {
    const scope = { region: model.region, projectId: api?.projectId ?? '' }
    return createSecret(account, scope, { path, name: 'token', type: 'opaque' })
  }
  const elsewhere = async () => (await survey(world)).map(({ remotes }) => remotes[0]?.elsewhere)
  await create(web?.remotePath)
  expect(await elsewhere()).toEqual([[], []])
  await create('/shop-old')
  expect(await elsewhere()).toEqual([['/shop-old'], []])
})

test('a refusal is reported and nothing is taken for missing', async () => {
  await using world = await filledWorld()
  world.emulator.faults.add({ kind: 'expired_key', route: 'versions.get' })
  expect(await problemOf(survey(world))).toMatchObject({
    code: 'SCALEWAY_REFUSED',
    message: expect.stringContaining('401'),
  })
})

describe('a Scaleway in trouble', () => {
  const answer = (status: number, type: string) => async () => ({
    status,
    headers: { 'content-type': 'application/json', 'retry-after': '0' },
    body: JSON.stringify({ type }),
  })
  const troubles: readonly [string, Gatekeeper][] = [
    ['a 429', answer(429, 'too_many_requests')],
    ['a 500', answer(500, 'internal')],
    ['a 503 of a proxy', async () => ({ status: 503, body: '<html>busy</html>' })],
    ['a broken connection', async () => 'reset'],
    [
      'a slow answer',
      async (_, forward) => {
        await setTimeout(30)
        return forward()
      },
    ],
  ]

  test.each(troubles)('%s at any request is survived, and nothing is seen wrong', async (_, trouble) => {
    await using world = await filledWorld(bookshop, 'live')
    const healthy = await survey(world, { values: true })
    const { total } = world.emulator.requests()
    let at = 0
    let count = 0
    await using gate = await startGate(world.emulator, (request, forward) =>
      ++count === at ? trouble(request, forward) : forward(),
    )
    const account = readerOf({ ...world.account, apiUrl: gate.url })
    for (at = 1; at <= total; at++) {
      count = 0
      expect(await surveyRemoteSecrets(account, world.model, { values: true })).toEqual(healthy)
      expect(count).toBeGreaterThanOrEqual(total)
    }
    expect(total).toBeGreaterThan(15)
  })

  test.each(troubles.slice(0, 4))('%s that stays ends it with a sentence', async (_, trouble) => {
    await using world = await filledWorld(bookshop, 'live')
    await using gate = await startGate(world.emulator, (request, forward) =>
      request.url.includes('/versions/') ? trouble(request, forward) : forward(),
    )
    const problem = await problemOf(surveyRemoteSecrets(readerOf({ ...world.account, apiUrl: gate.url }), world.model))
    expect(problem.code).toMatch(/^SCALEWAY_(REFUSED|UNREACHABLE)$/)
    expect(problem.where).toContain('Scaleway GET /secret-manager/')
    expect(problem.fix.length).toBeGreaterThan(20)
  })
})

test('what is scheduled for deletion counts against the quota until it is gone', async () => {
  await using world = await filledWorld()
  const { account, model, emulator } = world
  const count = () => countSecrets(account, model.region, emulator.owner.organizationId)
  const before = await count()
  const { id } = await secretOf(world, 'redis-url')
  await scalewayRequest(account, { method: 'DELETE', path: `${secretsPath(model.region)}/${id}` })
  expect(
    await listSecrets(account, { region: model.region, organizationId: emulator.owner.organizationId }),
  ).toHaveLength(before - 1)
  expect(await count()).toBe(before)
})

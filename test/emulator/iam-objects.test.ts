import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { api, application, type Clients, clientsOf, project, raw, startWorld, statusOf, type World } from './clients.ts'

let world: World
let owner: Clients

beforeAll(async () => {
  world = await startWorld()
  owner = world.owner
})
afterAll(() => world[Symbol.asyncDispose]())

describe('applications, with the official client', () => {
  test('are created, read, listed by name, changed and deleted', async () => {
    const created = await owner.iam.createApplication({ name: 'shop front (eso)', description: 'reads', tags: ['a'] })
    expect(created).toMatchObject({
      name: 'shop front (eso)',
      description: 'reads',
      tags: ['a'],
      organizationId: world.emulator.owner.organizationId,
      editable: true,
      deletable: true,
      managed: false,
      nbApiKeys: 0,
    })
    const applicationId = created.id
    expect(await owner.iam.getApplication({ applicationId })).toEqual(created)
    const listed = await owner.iam.listApplications({ name: 'shop front' })
    expect(listed).toEqual({ applications: [created], totalCount: 1 })
    const updated = await owner.iam.updateApplication({ applicationId, name: 'other' })
    expect(updated).toMatchObject({ name: 'other', description: 'reads' })
    await owner.iam.deleteApplication({ applicationId })
    expect(await statusOf(owner.iam.getApplication({ applicationId }))).toBe(404)
  })

  test('take their keys with them, and leave their policies to nobody', async () => {
    const as = await application(world, { sets: ['SecretManagerReadOnly'] })
    const { applicationId = '' } = await owner.iam.getAPIKey({ accessKey: as.accessKey })
    expect(await statusOf(as.secrets.listTags())).toBe(200)
    await owner.iam.deleteApplication({ applicationId })
    expect(await statusOf(as.secrets.listTags())).toBe(401)
    expect(await statusOf(owner.iam.getAPIKey({ accessKey: as.accessKey }))).toBe(404)
    const { policies } = await owner.iam.listPolicies({ noPrincipal: true })
    expect(policies).toHaveLength(1)
    expect(policies[0]).toMatchObject({ noPrincipal: true })
  })

  test.each(['', 'a'.repeat(65), 'naïve', 'a/b'])('the name %j is refused', async (name) => {
    const body = { name, organization_id: world.emulator.owner.organizationId }
    const path = '/iam/v1alpha1/applications'
    expect((await raw(world.emulator, 'POST', path, { token: owner.secretKey, body })).status).toBe(400)
  })
})

describe('API keys', () => {
  test('tell their secret key once', async () => {
    const { id } = await owner.iam.createApplication({ name: 'keys', description: '' })
    const created = await owner.iam.createAPIKey({ applicationId: id, description: 'eso', defaultProjectId: project })
    expect(created.accessKey).toMatch(/^SCW[A-Z0-9]{17}$/)
    expect(created.secretKey).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/)
    expect(created).toMatchObject({ applicationId: id, defaultProjectId: project, description: 'eso' })
    const read = await owner.iam.getAPIKey({ accessKey: created.accessKey })
    expect(read).toEqual({ ...created, secretKey: null })
    const { apiKeys } = await owner.iam.listAPIKeys({ applicationId: id })
    expect(apiKeys).toEqual([{ ...created, secretKey: null }])
    expect((await owner.iam.getApplication({ applicationId: id })).nbApiKeys).toBe(1)
  })

  test('of the owner can be given to further tools', async () => {
    const { userId } = world.emulator.owner
    const key = await owner.iam.createAPIKey({ userId, description: '' })
    const as = clientsOf(world.emulator, { accessKey: key.accessKey, secretKey: key.secretKey ?? '' })
    expect(await statusOf(as.iam.listApplications())).toBe(200)
  })

  test('refuse an unknown bearer, a past expiry, and deleting themselves', async () => {
    const { id } = await owner.iam.createApplication({ name: 'refused', description: '' })
    const create = (more: object) => statusOf(owner.iam.createAPIKey({ description: '', ...more }))
    expect(await create({ applicationId: project })).toBe(404)
    expect(await create({ userId: project })).toBe(404)
    expect(await create({})).toBe(400)
    expect(await create({ applicationId: id, expiresAt: new Date(0) })).toBe(400)
    expect(await statusOf(owner.iam.deleteAPIKey({ accessKey: owner.accessKey }))).toBe(412)
  })
})

describe('policies and rules', () => {
  test('are created, read and counted', async () => {
    const { id } = await owner.iam.createApplication({ name: 'ruled', description: '' })
    const rules = [
      { permissionSetNames: ['SecretManagerReadOnly'], condition: '!has(resource.id)', projectIds: [project] },
      { permissionSetNames: ['SecretManagerSecretAccess'], condition: '', projectIds: [project] },
    ]
    const created = await owner.iam.createPolicy({ name: 'p', description: 'd', applicationId: id, rules })
    expect(created).toMatchObject({
      name: 'p',
      applicationId: id,
      nbRules: 2,
      nbScopes: 1,
      nbPermissionSets: 2,
      noPrincipal: undefined,
    })
    expect(await owner.iam.getPolicy({ policyId: created.id })).toEqual(created)
    expect((await owner.iam.listPolicies({ applicationIds: [id] })).policies).toEqual([created])
    const listed = await owner.iam.listRules({ policyId: created.id })
    expect(listed.totalCount).toBe(2)
    expect(
      listed.rules.map(({ permissionSetNames, condition, projectIds }) => [permissionSetNames, condition, projectIds]),
    ).toEqual(rules.map(({ permissionSetNames, condition, projectIds }) => [permissionSetNames, condition, projectIds]))
    expect(listed.rules[0]?.permissionSetsScopeType).toBe('projects')
  })

  test('refuse what Scaleway would not save', async () => {
    const { id: applicationId } = await owner.iam.createApplication({ name: 'wrong', description: '' })
    const { organizationId } = world.emulator.owner
    const create = (more: object, rule: object) =>
      statusOf(owner.iam.createPolicy({ name: 'p', description: '', applicationId, rules: [rule as never], ...more }))
    const condition = ''
    const good = { permissionSetNames: ['SecretManagerReadOnly'], condition, projectIds: [project] }
    expect(await create({}, good)).toBe(200)
    expect(await create({ name: 'a/b' }, good)).toBe(400)
    expect(await create({ applicationId: project }, good)).toBe(404)
    expect(await create({ applicationId: undefined }, good)).toBe(400)
    expect(await create({}, { ...good, permissionSetNames: [] })).toBe(400)
    expect(await create({}, { ...good, permissionSetNames: ['SecretManagerReadonly'] })).toBe(400)
    expect(await create({}, { ...good, permissionSetNames: ['IAMManager'] })).toBe(400)
    expect(await create({}, { ...good, projectIds: ['recette'] })).toBe(400)
    expect(await create({}, { ...good, projectIds: undefined })).toBe(400)
    expect(await create({}, { ...good, projectIds: undefined, organizationId })).toBe(200)
    expect(await create({}, { ...good, projectIds: undefined, organizationId: project })).toBe(403)
  })

  test('can be written for nobody, and handed to an application later', async () => {
    const rule = { permissionSetNames: ['SecretManagerReadOnly'], condition: '', projectIds: [project] }
    const created = await owner.iam.createPolicy({ name: 'later', description: '', noPrincipal: true, rules: [rule] })
    const as = await application(world)
    expect(await statusOf(as.secrets.listTags())).toBe(403)
    const { applicationId = '' } = await owner.iam.getAPIKey({ accessKey: as.accessKey })
    await owner.iam.updatePolicy({ policyId: created.id, applicationId })
    expect(await statusOf(as.secrets.listTags())).toBe(200)
  })
})

describe('rights on IAM itself', () => {
  test('come from rules of organization scope only', async () => {
    const reader = await application(world, { sets: ['IAMReadOnly'], projects: null })
    const manager = await application(world, { sets: ['IAMManager'], projects: null })
    const tier = await application(world, {
      sets: ['SecretManagerFullAccess', 'AllProductsFullAccess'],
      projects: null,
    })
    const create = ({ iam }: Clients) => statusOf(iam.createApplication({ name: 'made', description: '' }))
    for (const [as, list, make] of [
      [reader, 200, 403],
      [manager, 200, 200],
      [tier, 403, 403],
    ] as const) {
      expect(await statusOf(as.iam.listApplications())).toBe(list)
      expect(await statusOf(as.iam.listPermissionSets())).toBe(list)
      expect(await create(as)).toBe(make)
    }
  })

  test('permission sets are listed with their scope', async () => {
    const permissionSets = await owner.iam.listPermissionSets().all()
    expect((await owner.iam.listPermissionSets()).totalCount).toBe(permissionSets.length)
    const scopes = new Map(permissionSets.map(({ name, scopeType }) => [name, scopeType]))
    expect(scopes.get('SecretManagerReadOnly')).toBe('projects')
    expect(scopes.get('IAMManager')).toBe('organization')
  })

  test('a key that may do nothing learns nothing', async () => {
    const nobody = await application(world)
    for (const path of ['applications', 'policies', 'api-keys', 'permission-sets', `rules?policy_id=${project}`]) {
      const answer = await raw(world.emulator, 'GET', `/iam/v1alpha1/${path}`, { token: nobody.secretKey })
      expect(answer.status, path).toBe(403)
    }
    expect((await raw(world.emulator, 'GET', `${api}/tags`, { token: nobody.secretKey })).status).toBe(403)
  })
})

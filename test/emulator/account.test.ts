import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  application,
  type Clients,
  clientsOf,
  project,
  raw,
  seed,
  startWorld,
  statusOf,
  type World,
} from './clients.ts'

let world: World
let owner: Clients
let iam: Clients['iam']

beforeAll(async () => {
  world = await startWorld({ limits: { projects: 3 } })
  owner = world.owner
  iam = owner.iam
})
afterAll(() => world[Symbol.asyncDispose]())

const member = (name: string) =>
  iam.createUser({
    tags: ['team'],
    member: {
      ...{ email: `${name}@example.com`, username: name, password: 'x', firstName: 'A', lastName: '', phoneNumber: '' },
      ...{ locale: '', sendPasswordEmail: false, sendWelcomeEmail: false },
    },
  })

/** A key of a user, and its clients. */
const keyOf = async (userId: string) => {
  const { accessKey, secretKey } = await iam.createAPIKey({ userId, description: '' })
  return clientsOf(world.emulator, { accessKey, secretKey: secretKey ?? '' })
}

describe('users', () => {
  test('are the owner, until members are made', async () => {
    const fresh = await startWorld()
    await using _ = fresh
    const { users, totalCount } = await fresh.owner.iam.listUsers()
    expect(totalCount).toBe(1)
    expect(users).toMatchObject([{ id: fresh.emulator.owner.userId, type: 'owner', deletable: false, tags: [] }])
    expect(await fresh.owner.iam.getUser({ userId: users[0]?.id ?? '' })).toEqual(users[0])
  })

  test('are made, read, listed, changed and deleted', async () => {
    const { id: userId, ...user } = await member('first')
    expect(user).toMatchObject({ type: 'member', status: 'activated', locale: 'en_US', deletable: true, mfa: false })
    expect((await iam.listUsers({ tag: 'team' })).users).toMatchObject([{ id: userId }])
    expect((await iam.listUsers({ type: 'owner' })).totalCount).toBe(1)
    expect((await iam.listUsers({ mfa: true })).totalCount).toBe(0)
    expect((await iam.listUsers({ userIds: [userId], orderBy: 'username_desc' })).totalCount).toBe(1)
    const changed = { email: 'new@example.com', lastName: 'B', tags: [] }
    expect(await iam.updateUser({ userId, ...changed })).toMatchObject({ ...changed, firstName: 'A' })
    expect(await iam.updateUserUsername({ userId, username: 'renamed' })).toMatchObject({ username: 'renamed' })
    const { username } = await member('second')
    expect(await statusOf(iam.updateUserUsername({ userId, username }))).toBe(409)
    await iam.deleteUser({ userId })
    await expect(iam.getUser({ userId })).rejects.toMatchObject({ name: 'ResourceNotFoundError', resource: 'user' })
  })

  test('show the fields that were recorded, in their order', async () => {
    const { userId, secretKey: token } = world.emulator.owner
    const { body } = await raw(world.emulator, 'GET', `/iam/v1alpha1/users/${userId}`, { token })
    expect(Object.keys(body as object).join()).toBe(
      'id,email,username,first_name,last_name,phone_number,locale,created_at,updated_at,organization_id,deletable,' +
        'last_login_at,type,two_factor_enabled,status,mfa,account_root_user_id,tags,locked',
    )
  })

  test('have the rights of their policies alone, and lose their keys with themselves', async () => {
    const { id: userId } = await member('third')
    const as = await keyOf(userId)
    const list = () => statusOf(as.secrets.listTags())
    expect(await list()).toBe(403)
    const rules = [{ permissionSetNames: ['SecretManagerReadOnly'], condition: '', projectIds: [project] }]
    const { id: policyId } = await iam.createPolicy({ name: 'user', description: '', userId, rules })
    expect(await list()).toBe(200)
    const { id: groupId } = await iam.createGroup({ name: 'team', description: '' })
    await iam.updatePolicy({ policyId, groupId })
    expect(await list()).toBe(403)
    await iam.addGroupMember({ groupId, userId })
    expect(await list()).toBe(200)
    await iam.deleteUser({ userId })
    expect(await list()).toBe(401)
    expect(await iam.getGroup({ groupId })).toMatchObject({ userIds: [] })
  })

  test('that do not exist are named by no policy, key or group; the owner stays', async () => {
    const policy = iam.createPolicy({ name: 'p', description: '', userId: project, rules: [] })
    expect(await statusOf(policy)).toBe(404)
    expect(await statusOf(iam.createAPIKey({ userId: project, description: '' }))).toBe(404)
    expect(await statusOf(iam.deleteUser({ userId: world.emulator.owner.userId }))).toBe(412)
  })
})

describe('projects', () => {
  const send = (method: string, path: string, body?: unknown) =>
    raw(world.emulator, method, `/account/v3/projects${path}`, {
      token: world.emulator.owner.secretKey,
      ...(body !== undefined && { body }),
    })
  const list = async (query = '') => {
    const { body } = await send('GET', `?organization_id=${world.emulator.owner.organizationId}${query}`)
    return body as { projects: { id: string; name: string }[]; total_count: number }
  }

  test('are the default one, those that were made, and those that a secret or a rule names', async () => {
    const { organizationId } = world.emulator.owner
    const made = await send('POST', '', { name: 'shop', description: 'd', organization_id: organizationId })
    const { id } = made.body as { id: string }
    expect(Object.keys(made.body as object).join()).toBe(
      'id,name,organization_id,created_at,updated_at,description,qualification',
    )
    await seed(owner, '/projects/s')
    const other = '33333333-3333-4333-8333-333333333333'
    await application(world, { sets: ['SecretManagerReadOnly'], projects: [other] })
    const { projects, total_count } = await list('&order_by=created_at_asc')
    expect(projects.map((one) => [one.id, one.name])).toEqual([
      [organizationId, 'default'],
      [id, 'shop'],
      [project, project],
      [other, other],
    ])
    expect(total_count).toBe(4)
    expect((await list('&name=shop')).projects).toMatchObject([{ id }])
    expect((await list('&name=sho')).projects).toEqual([])
    expect((await list(`&project_ids=${id}&project_ids=${other}`)).total_count).toBe(2)
    expect((await send('GET', `/${id}`)).body).toEqual(made.body)
    expect(await send('PATCH', `/${project}`, { name: 'named' })).toMatchObject({
      body: { id: project, name: 'named' },
    })
    expect((await send('POST', '', { name: 'shop' })).status).toBe(409)
    expect((await send('POST', '', { name: 'one too many' })).body).toMatchObject({ type: 'quotas_exceeded' })
    expect((await send('DELETE', `/${id}`)).status).toBe(204)
    expect((await send('DELETE', `/${organizationId}`)).status).toBe(412)
    expect((await send('DELETE', `/${project}`)).status).toBe(412)
  })

  test('that are unknown are a 404 with the resource that was recorded', async () => {
    const id = '44444444-4444-4444-8444-444444444444'
    expect(await send('GET', `/${id}`)).toMatchObject({
      status: 404,
      body: { message: 'resource is not found', resource: 'project_id', resource_id: id, type: 'not_found' },
    })
  })
})

/** Written from the documentation of the permission sets: which calls each allows. */
const rights: readonly [string, readonly string[]][] = [
  ['IAMReadOnly', ['applications', 'groups', 'policies', 'api-keys', 'permission-sets', 'users']],
  ['IAMManager', ['applications', 'groups', 'policies', 'api-keys', 'permission-sets', 'users', 'projects']],
  ['OrganizationManager', ['applications', 'groups', 'policies', 'api-keys', 'permission-sets', 'users', 'projects']],
  ['IAMApplicationReadOnly', ['applications', 'api-keys of applications']],
  ['IAMApplicationManager', ['applications', 'api-keys of applications']],
  ['IAMUserReadOnly', ['api-keys of users', 'users']],
  ['IAMUserManager', ['api-keys of users', 'users']],
  ['IAMGroupReadOnly', ['groups']],
  ['IAMPolicyReadOnly', ['policies']],
  ['ProjectReadOnly', ['projects']],
  ['ProjectManager', ['projects']],
  ['OrganizationReadOnly', []],
  ['BillingManager', []],
]

describe('a permission set of organization scope', () => {
  test.each(rights)('%s allows its lists and no other', async (set, allowed) => {
    await using own = await startWorld()
    const { secretKey: token } = await application(own, { sets: [set], projects: null })
    const organization = `organization_id=${own.emulator.owner.organizationId}`
    const paths: Record<string, string> = {
      ...Object.fromEntries(
        ['applications', 'groups', 'policies', 'api-keys', 'permission-sets', 'users'].map((name) => [
          name,
          `iam/v1alpha1/${name}?${organization}`,
        ]),
      ),
      'api-keys of applications': `iam/v1alpha1/api-keys?${organization}&bearer_type=application`,
      'api-keys of users': `iam/v1alpha1/api-keys?${organization}&bearer_type=user`,
      projects: `account/v3/projects?${organization}`,
    }
    const both = allowed.includes('api-keys') ? ['api-keys of applications', 'api-keys of users'] : []
    const answers: string[] = []
    for (const [name, path] of Object.entries(paths))
      if ((await raw(own.emulator, 'GET', `/${path}`, { token })).status === 200) answers.push(name)
    expect(answers.sort()).toEqual([...allowed, ...both].sort())
  })

  test('needs a rule for the organization, whatever it is for', async () => {
    for (const set of ['BillingReadOnly', 'IAMPolicyManager', 'ProjectManager', 'SupportTicketManager']) {
      const rules = [{ permissionSetNames: [set], condition: '', projectIds: [project] }]
      expect(await statusOf(iam.createPolicy({ name: 'p', description: '', noPrincipal: true, rules }))).toBe(400)
    }
  })
})

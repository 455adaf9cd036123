import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { application, type Clients, clientsOf, project, raw, startWorld, statusOf, type World } from './clients.ts'

let world: World
let owner: Clients
let iam: Clients['iam']

beforeAll(async () => {
  world = await startWorld()
  owner = world.owner
  iam = owner.iam
})
afterAll(() => world[Symbol.asyncDispose]())

const idOf = async ({ accessKey }: Clients) => (await iam.getAPIKey({ accessKey })).applicationId ?? ''

/** A policy of a group that lets its members list secrets. */
const letList = (groupId: string) => {
  const rule = { permissionSetNames: ['SecretManagerReadOnly'], condition: '', projectIds: [project] }
  return iam.createPolicy({ name: 'of a group', description: '', groupId, rules: [rule] })
}

describe('groups, with the official client', () => {
  test('are created, read, listed, changed and deleted', async () => {
    const created = await iam.createGroup({ name: 'readers', description: 'read', tags: ['a'] })
    expect(created).toMatchObject({
      name: 'readers',
      description: 'read',
      tags: ['a'],
      organizationId: world.emulator.owner.organizationId,
      userIds: [],
      applicationIds: [],
    })
    const groupId = created.id
    expect(await iam.getGroup({ groupId })).toEqual(created)
    expect(await iam.listGroups({ name: 'read' })).toEqual({ groups: [created], totalCount: 1 })
    expect(await iam.updateGroup({ groupId, description: 'other' })).toMatchObject({ description: 'other' })
    await iam.deleteGroup({ groupId })
    expect(await statusOf(iam.getGroup({ groupId }))).toBe(404)
  })

  test('have a name of their own in the organization', async () => {
    await iam.createGroup({ name: 'taken', description: '' })
    const other = await iam.createGroup({ name: 'free', description: '' })
    expect(await statusOf(iam.createGroup({ name: 'taken', description: '' }))).toBe(409)
    expect(await statusOf(iam.updateGroup({ groupId: other.id, name: 'taken' }))).toBe(409)
    expect(await statusOf(iam.updateGroup({ groupId: other.id, name: 'free' }))).toBe(200)
  })

  test('take and lose members: one, several, or all at once', async () => {
    const [first, second] = await Promise.all([application(world), application(world)])
    const [a, b] = [await idOf(first), await idOf(second)]
    const { userId } = world.emulator.owner
    const { id: groupId } = await iam.createGroup({ name: 'members', description: '' })
    expect(await iam.addGroupMember({ groupId, applicationId: a })).toMatchObject({ applicationIds: [a] })
    expect(await iam.addGroupMembers({ groupId, userIds: [userId], applicationIds: [a, b] })).toMatchObject({
      userIds: [userId],
      applicationIds: [a, b],
    })
    expect((await iam.listGroups({ applicationIds: [b] })).groups.map(({ id }) => id)).toEqual([groupId])
    expect(await iam.removeGroupMember({ groupId, applicationId: a })).toMatchObject({ applicationIds: [b] })
    expect(await iam.setGroupMembers({ groupId, userIds: [], applicationIds: [a] })).toMatchObject({
      userIds: [],
      applicationIds: [a],
    })
    await iam.deleteApplication({ applicationId: a })
    expect(await iam.getGroup({ groupId })).toMatchObject({ applicationIds: [] })
    for (const unknown of [{ applicationId: project }, { userId: project }])
      expect(await statusOf(iam.addGroupMember({ groupId, ...unknown }))).toBe(404)
  })

  test('are nothing to a key without rights on IAM', async () => {
    const { iam: nobody } = await application(world)
    expect(await statusOf(nobody.listGroups())).toBe(403)
    expect(await statusOf(nobody.createGroup({ name: 'mine', description: '' }))).toBe(403)
  })
})

describe('a policy of a group', () => {
  test('counts for its members, as long as they are in it and it exists', async () => {
    const as = await application(world)
    const applicationId = await idOf(as)
    const { id: groupId } = await iam.createGroup({ name: 'listers', description: '' })
    const list = () => statusOf(as.secrets.listTags())
    const policy = await letList(groupId)
    expect(policy.groupId).toBe(groupId)
    expect(await list()).toBe(403)
    await iam.addGroupMember({ groupId, applicationId })
    expect(await list()).toBe(200)
    await iam.removeGroupMember({ groupId, applicationId })
    expect(await list()).toBe(403)
    await iam.addGroupMember({ groupId, applicationId })
    await iam.deleteGroup({ groupId })
    expect(await list()).toBe(403)
    expect(await iam.getPolicy({ policyId: policy.id })).toMatchObject({ noPrincipal: true })
  })

  test('needs a group that exists', async () => {
    expect(await statusOf(letList(project))).toBe(404)
  })

  test('counts after a restart too', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'emulator-groups-'))
    const stateFile = join(folder, 'state.json')
    try {
      const first = await startWorld({ stateFile })
      const as = await application(first)
      const { applicationId = '' } = await first.owner.iam.getAPIKey({ accessKey: as.accessKey })
      const { id: groupId } = await first.owner.iam.createGroup({ name: 'kept', description: '' })
      await first.owner.iam.addGroupMember({ groupId, applicationId })
      const rule = { permissionSetNames: ['SecretManagerReadOnly'], condition: '', projectIds: [project] }
      await first.owner.iam.createPolicy({ name: 'kept', description: '', groupId, rules: [rule] })
      await first[Symbol.asyncDispose]()
      await using second = await startWorld({ stateFile })
      expect(await statusOf(clientsOf(second.emulator, as).secrets.listTags())).toBe(200)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})

describe('the two groups of everyone', () => {
  const everyone = async () => {
    const { groups } = await iam.listGroups()
    return {
      users: groups.find(({ name }) => name === 'All users')?.id ?? '',
      applications: groups.find(({ name }) => name === 'All applications')?.id ?? '',
    }
  }
  /** The SDK here is older than the two fields. */
  const shown = async (groupId: string) =>
    (await raw(world.emulator, 'GET', `/iam/v1alpha1/groups/${groupId}`, { token: owner.secretKey })).body

  test('are there from the start, marked, and list nobody', async () => {
    const { users, applications } = await everyone()
    const empty = { user_ids: [], application_ids: [], editable: false, deletable: false }
    expect(await shown(users)).toMatchObject({ ...empty, all_users: true, all_applications: false })
    expect(await shown(applications)).toMatchObject({ ...empty, all_users: false, all_applications: true })
    const { id } = await iam.createGroup({ name: 'ordinary', description: '' })
    expect(await shown(id)).toMatchObject({ all_users: false, all_applications: false, editable: true })
  })

  test('give every application, or every member, the rights of their policies', async () => {
    const { users, applications } = await everyone()
    const as = await application(world)
    const list = () => statusOf(as.secrets.listTags())
    const { id: policyId } = await letList(users)
    expect(await list()).toBe(403)
    await iam.updatePolicy({ policyId, groupId: applications })
    expect(await list()).toBe(200)
    await iam.deletePolicy({ policyId })
    expect(await list()).toBe(403)
  })

  test('cannot be changed, left, joined or deleted', async () => {
    const { applications: groupId } = await everyone()
    const applicationId = await idOf(await application(world))
    for (const change of [
      () => iam.updateGroup({ groupId, name: 'mine' }),
      () => iam.addGroupMember({ groupId, applicationId }),
      () => iam.removeGroupMember({ groupId, applicationId }),
      () => iam.setGroupMembers({ groupId, userIds: [], applicationIds: [] }),
      () => iam.deleteGroup({ groupId }),
    ])
      expect(await statusOf(change())).toBe(412)
    expect((await iam.listGroups()).groups.some(({ id }) => id === groupId)).toBe(true)
  })

  test('are the same ones after a restart', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'emulator-groups-'))
    const stateFile = join(folder, 'state.json')
    try {
      const first = await startWorld({ stateFile })
      const before = await first.owner.iam.listGroups()
      await first[Symbol.asyncDispose]()
      await using second = await startWorld({ stateFile })
      expect(before.totalCount).toBe(2)
      expect(await second.owner.iam.listGroups()).toEqual(before)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})

test('who is not in a group cannot be removed from it: a 404 of no resource, as recorded', async () => {
  const { id: groupId } = await iam.createGroup({ name: 'without', description: '' })
  const id = await idOf(await application(world))
  const path = `/iam/v1alpha1/groups/${groupId}/remove-member`
  const answer = await raw(world.emulator, 'POST', path, { token: owner.secretKey, body: { application_id: id } })
  expect(answer).toMatchObject({ status: 404, body: { resource: '', resource_id: id, type: 'not_found' } })
})

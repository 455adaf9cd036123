import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { application, base64, project, seed, startWorld, type World } from './clients.ts'
import { type PythonSdk, startPython } from './python-sdk.ts'

let world: World
let python: PythonSdk

beforeAll(async () => {
  world = await startWorld({ limits: { secrets: 1000 } })
  python = await startPython(world.emulator, world.emulator.owner)
})
afterAll(async () => {
  await python?.[Symbol.asyncDispose]()
  await world[Symbol.asyncDispose]()
})

const latest = { revision: 'latest_enabled' }

describe("Scaleway's SDK for Python", () => {
  test('lists secrets: its False and True are booleans', async () => {
    const listed = await python.call('secret', 'create_secret', { name: 'listed', path: '/list', protected: false })
    const deleted = await python.call('secret', 'create_secret', { name: 'deleted', path: '/list', protected: false })
    await python.call('secret', 'delete_secret', { secret_id: deleted.id })
    const ids = async (filters: object) =>
      (await python.call('secret', 'list_secrets', { path: '/list', ...filters })).secrets.map(
        ({ id }: { id: string }) => id,
      )
    expect(await ids({ scheduled_for_deletion: false })).toEqual([listed.id])
    expect(await ids({ scheduled_for_deletion: true })).toEqual([deleted.id])
    expect(await ids({ scheduled_for_deletion: false, ephemeral: true })).toEqual([])
    expect(await ids({ scheduled_for_deletion: false, ephemeral: false, type_: 'opaque' })).toEqual([listed.id])
  })

  test('reads all pages until one is empty', async () => {
    const ids = new Set<string>()
    for (let index = 0; index < 45; index++) ids.add(await seed(world.owner, `/pages/s${index}`))
    const list = { scheduled_for_deletion: false, path: '/pages' }
    const all = await python.call('secret', 'list_secrets_all', list)
    expect(new Set(all.map(({ id }: { id: string }) => id))).toEqual(ids)
    expect(await python.call('secret', 'list_secrets_all', { ...list, page_size: 7 })).toHaveLength(45)
  })

  test('writes, reads and ends secrets and their versions', async () => {
    const place = { path: '/life', name: 'one' }
    const { id: secret_id } = await python.call('secret', 'create_secret', {
      ...place,
      protected: true,
      type_: 'key_value',
      tags: ['a', 'b'],
      description: 'first',
    })
    const data = base64('{"user":"u"}')
    const version = await python.call('secret', 'create_secret_version', { secret_id, data, disable_previous: true })
    expect(version).toMatchObject({ revision: 1, status: 'enabled', latest: true })
    const byPath = { secret_path: place.path, secret_name: place.name, ...latest }
    expect(await python.call('secret', 'access_secret_version', { secret_id, ...latest })).toMatchObject({ data })
    expect(await python.call('secret', 'access_secret_version_by_path', byPath)).toMatchObject({ data, revision: 1 })
    const first = { secret_id, revision: '1' }
    expect(await python.call('secret', 'disable_secret_version', first)).toMatchObject({ status: 'disabled' })
    expect(await python.call('secret', 'enable_secret_version', first)).toMatchObject({ status: 'enabled' })
    await python.call('secret', 'update_secret_version', { ...first, description: 'changed' })
    expect(await python.call('secret', 'list_secret_versions_all', { secret_id, status: ['enabled'] })).toMatchObject([
      { description: 'changed' },
    ])
    expect(await python.refused('secret', 'delete_secret', { secret_id })).toEqual({
      status: 412,
      type: 'precondition_failed',
    })
    await python.call('secret', 'unprotect_secret', { secret_id })
    expect(await python.call('secret', 'update_secret', { secret_id, tags: ['c'], name: 'two' })).toMatchObject({
      name: 'two',
      tags: ['c'],
      description: 'first',
    })
    expect(await python.call('secret', 'list_tags_all')).toContain('c')
    expect(await python.call('secret', 'list_secret_types_all')).toContain('key_value')
    expect((await python.call('secret', 'browse_secrets', { prefix: '/life' })).items).toMatchObject([{ name: 'two' }])
    await python.call('secret', 'delete_secret_version', first)
    expect(await python.call('secret', 'restore_secret_version', first)).toMatchObject({ status: 'enabled' })
    await python.call('secret', 'delete_secret', { secret_id })
    expect(await python.call('secret', 'restore_secret', { secret_id })).toMatchObject({ deletion_requested_at: null })
  })

  test('raises its error with the status and the type of an answer', async () => {
    const secret_id = project
    expect(await python.refused('secret', 'get_secret', { secret_id })).toEqual({ status: 404, type: 'not_found' })
    expect(await python.refused('secret', 'create_secret', { name: 'a/b', protected: false })).toEqual({
      status: 400,
      type: 'invalid_arguments',
    })
    await using tier = await startPython(world.emulator, await application(world))
    expect(await tier.refused('secret', 'list_secrets', { scheduled_for_deletion: false })).toEqual({
      status: 403,
      type: 'permissions_denied',
    })
  })

  test('manages applications, keys, policies and groups', async () => {
    const named = { name: 'python', description: '' }
    const { id: application_id } = await python.call('iam', 'create_application', named)
    const expires = new Date(Date.now() + 86_400_000)
    const key = await python.call('iam', 'create_api_key', {
      application_id,
      description: '',
      expires_at: { time: expires.toISOString().replace('Z', '+00:00') },
    })
    expect(new Date(key.expires_at)).toEqual(expires)
    const keys = await python.call('iam', 'list_api_keys_all', { bearer_id: application_id, expired: false })
    expect(keys).toMatchObject([{ access_key: key.access_key, secret_key: null }])
    const rule = (fields: object) => ({ class: 'RuleSpecs', condition: '', ...fields })
    const { id: policy_id } = await python.call('iam', 'create_policy', {
      ...named,
      application_id,
      rules: [rule({ permission_set_names: ['SecretManagerReadOnly'], project_ids: [project] })],
    })
    const wide = rule({
      permission_set_names: ['IAMReadOnly'],
      project_ids: null,
      organization_id: world.emulator.owner.organizationId,
    })
    await python.call('iam', 'set_rules', { policy_id, rules: [wide] })
    expect(await python.call('iam', 'list_rules_all', { policy_id })).toMatchObject([
      { permission_set_names: ['IAMReadOnly'], permission_sets_scope_type: 'organization' },
    ])
    const attached = await python.call('iam', 'list_policies_all', { no_principal: false, editable: true })
    expect(attached.map(({ id }: { id: string }) => id)).toEqual([policy_id])
    const { id: group_id } = await python.call('iam', 'create_group', named)
    expect(await python.call('iam', 'add_group_member', { group_id, application_id })).toMatchObject({
      application_ids: [application_id],
      all_users: false,
      all_applications: false,
    })
    const groups = await python.call('iam', 'list_groups_all', { application_ids: [application_id] })
    expect(groups.map(({ id }: { id: string }) => id)).toEqual([group_id])
    await python.call('iam', 'delete_application', { application_id })
    expect(await python.call('iam', 'list_policies_all', { no_principal: true })).toMatchObject([{ id: policy_id }])
  })

  test('reads permission sets, users and projects', async () => {
    const sets = await python.call('iam', 'list_permission_sets_all')
    expect(sets.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining(['AllProductsFullAccess', 'SupportTicketReadOnly']),
    )
    const [owner] = await python.call('iam', 'list_users_all', { mfa: false })
    expect(owner).toMatchObject({ id: world.emulator.owner.userId, type_: 'owner', deletable: false })
    expect(await python.call('iam', 'get_user', { user_id: owner.id })).toEqual(owner)
    const [byDefault] = await python.call('account', 'list_projects_all')
    expect(byDefault).toMatchObject({ name: 'default', id: world.emulator.owner.organizationId })
    expect(await python.call('account', 'get_project', { project_id: byDefault.id })).toEqual(byDefault)
  })
})

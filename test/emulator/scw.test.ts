import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { temporaryFolder } from '../helpers/folders.ts'
import { root } from '../helpers/generating.ts'
import { application, otherProject, project, startWorld, type World } from './clients.ts'
import { type Scw, scwOf } from './scw.ts'

let world: World

beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world[Symbol.asyncDispose]())

interface Named {
  readonly id: string
}

/** Of each call of a test so far: `namespace resource verb`, and the same with the name of each argument. */
const ran = new Set<string>()

/** The owner's `scw`; what is called is noted. */
async function owners(): Promise<Scw> {
  const scw = await scwOf(world.emulator, world.emulator.owner)
  const noted = <R>(call: (...args: readonly string[]) => R) => {
    return (...args: readonly string[]) => {
      const command = args.slice(0, 3).join(' ')
      ran.add(command)
      for (const arg of args.slice(3)) ran.add(`${command} ${arg.split('=', 1)}`)
      return call(...args)
    }
  }
  return { ...scw, tried: noted(scw.tried), text: noted(scw.text), json: noted(scw.json) as Scw['json'] }
}

describe('scw', () => {
  test('reads and manages IAM', async () => {
    const scw = await owners()
    const app = await scw.json<Named>(
      'iam',
      'application',
      'create',
      'name=shop',
      'description=of the shop',
      'tags.0=t',
    )
    const list = await scw.text('iam', 'application', 'list', 'name=shop', '-o', 'template={{ .ID }} {{ .Name }}')
    expect(list).toBe(`${app.id} shop`)
    const condition = 'resource.name.startsWith("/shop/") || !has(resource.id)'
    const policy = await scw.json<Named>(
      ...['iam', 'policy', 'create', 'name=shop', `application-id=${app.id}`],
      ...['rules.0.permission-set-names.0=SecretManagerReadOnly', `rules.0.project-ids.0=${project}`],
      `rules.0.condition=${condition}`,
    )
    expect(await scw.json<Named[]>('iam', 'policy', 'list', `application-ids.0=${app.id}`)).toMatchObject([policy])
    const template = 'template={{ .ID }} {{ .Name }}'
    expect(await scw.text('iam', 'policy', 'list', '-o', template)).toBe(`${policy.id} shop`)
    expect(await scw.json('iam', 'policy', 'get', policy.id)).toMatchObject({ Rules: [{ condition }] })
    await scw.json(
      ...['iam', 'rule', 'update', policy.id, 'rules.0.permission-set-names.0=SecretManagerFullAccess'],
      ...[
        `rules.0.project-ids.0=${project}`,
        `rules.0.project-ids.1=${otherProject}`,
        `rules.0.condition=${condition}`,
      ],
    )
    const rules = ['iam', 'rule', 'list', policy.id] as const
    expect(await scw.text(...rules, '-o', 'template={{ .ProjectIDs }}')).toBe(`[${project} ${otherProject}]`)
    // As its sources say: it sends back the rules that are there without their conditions.
    await scw.json('iam', 'rule', 'create', policy.id, 'permission-set-names.0=IAMReadOnly', ...inOrganization())
    const both = await scw.json<Named[]>(...rules)
    expect(both).toMatchObject([{ condition: '' }, { condition: '' }])
    const key = await scw.json<{ access_key: string; expires_at: string }>(
      ...['iam', 'api-key', 'create', `application-id=${app.id}`, 'expires-at=+90d', 'description=of the shop'],
    )
    const days = (new Date(key.expires_at).getTime() - Date.now()) / 86_400_000
    expect(days).toBeGreaterThan(89)
    expect(days).toBeLessThan(91)
    const keys = ['iam', 'api-key', 'list', `bearer-id=${app.id}`, '-o', 'template={{ .AccessKey }}'] as const
    expect(await scw.text(...keys)).toBe(key.access_key)
    expect(await scw.text('iam', 'api-key', 'get', key.access_key)).toContain('IAMReadOnly')
    await scw.text('iam', 'api-key', 'delete', key.access_key)
    await scw.text('iam', 'rule', 'delete', policy.id, `rule-id=${both[1]?.id}`)
    expect(await scw.json<Named[]>(...rules)).toHaveLength(1)
    expect(await scw.text(...keys)).toBe('')
    const { id: groupId } = await scw.json<Named>('iam', 'group', 'create', 'name=readers')
    expect(await scw.json('iam', 'policy', 'update', policy.id, `group-id=${groupId}`)).toMatchObject({
      group_id: groupId,
    })
    await scw.text('iam', 'group', 'delete', groupId)
    await scw.text('iam', 'policy', 'delete', policy.id)
    await scw.text('iam', 'application', 'delete', app.id)
    expect(await scw.tried('iam', 'application', 'get', app.id)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("Cannot find resource 'application'"),
    })
  })

  test('lists permission sets, users, groups and projects, and reads them', async () => {
    const scw = await owners()
    const sets = await scw.json<{ name: string }[]>('iam', 'permission-set', 'list', 'order-by=created_at_asc')
    expect(sets.map(({ name }) => name)).toEqual(expect.arrayContaining(['IAMManager', 'SecretManagerReadOnly']))
    expect(await scw.json<object[]>('iam', 'permission-set', 'list')).toHaveLength(sets.length)
    const { userId, organizationId } = world.emulator.owner
    expect(await scw.json<object[]>('iam', 'user', 'list')).toMatchObject([{ id: userId, type: 'owner' }])
    expect(await scw.json('iam', 'user', 'get', userId)).toMatchObject({ id: userId })
    const member = await scw.json<Named>(
      ...['iam', 'user', 'create', 'member.email=m@example.com', 'member.username=m', 'member.password=secret'],
    )
    await scw.json('iam', 'user', 'update', member.id, 'tags.0=team')
    const group = await scw.json<Named>('iam', 'group', 'create', 'name=team')
    await scw.json('iam', 'group', 'add-member', group.id, `user-id=${member.id}`)
    expect(await scw.json('iam', 'group', 'get', group.id)).toMatchObject({ user_ids: [member.id] })
    await scw.json('iam', 'group', 'remove-member', group.id, `user-id=${member.id}`)
    const { id: applicationId } = await scw.json<Named>('iam', 'application', 'create', 'name=member')
    await scw.json('iam', 'group', 'add-member', group.id, `application-id=${applicationId}`)
    await scw.json('iam', 'group', 'remove-member', group.id, `application-id=${applicationId}`)
    expect(await scw.json('iam', 'group', 'get', group.id)).toMatchObject({ user_ids: [], application_ids: [] })
    const everyone = (await scw.json<{ all_users: boolean; all_applications: boolean }[]>('iam', 'group', 'list')).map(
      (one) => [one.all_users, one.all_applications],
    )
    expect(everyone).toEqual([
      [true, false],
      [false, true],
      [false, false],
    ])
    await scw.text('iam', 'user', 'delete', member.id)
    const made = await scw.json<Named>('account', 'project', 'create', 'name=annex')
    expect(await scw.json('account', 'project', 'get', `project-id=${made.id}`)).toMatchObject({ name: 'annex' })
    await scw.json('account', 'project', 'update', `project-id=${made.id}`, 'name=renamed')
    expect(await scw.json<object[]>('account', 'project', 'list')).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ id: organizationId, name: 'default' }),
        expect.objectContaining({ id: made.id, name: 'renamed' }),
      ]),
    )
    await scw.text('account', 'project', 'delete', `project-id=${made.id}`)
  })

  test('writes, reads and moves secrets', async () => {
    const scw = await owners()
    const payload = join(await temporaryFolder(), 'payload.json')
    await writeFile(payload, '{"user":"u","password":"p"}')
    const { id } = await scw.json<Named>(
      ...['secret', 'secret', 'create', 'name=db', 'path=/shop', 'type=key_value', 'protected=true', 'tags.0=shop'],
    )
    await scw.json('secret', 'version', 'create', id, `data=@${payload}`, 'description=first')
    await scw.json('secret', 'version', 'create', id, `data=@${payload}`, 'disable-previous=true')
    const access = ['secret', 'version', 'access', id, 'revision=latest_enabled'] as const
    expect(await scw.text(...access, 'raw=true')).toBe('{"user":"u","password":"p"}')
    expect(await scw.text(...access, 'field=password', 'raw=true')).toBe('p')
    const byPath = ['secret', 'version', 'access-by-path', 'secret-path=/shop', 'secret-name=db', 'revision=2'] as const
    expect(await scw.json(...byPath)).toMatchObject({ revision: 2 })
    expect(await scw.json<object[]>('secret', 'version', 'list', id, 'status.0=enabled')).toHaveLength(1)
    await scw.json('secret', 'version', 'enable', id, 'revision=1', 'region=fr-par')
    expect(await scw.json<object[]>('secret', 'version', 'list', id, 'status.0=enabled')).toHaveLength(2)
    for (const filter of ['scheduled-for-deletion=false', 'path=/shop', 'tags.0=shop', 'type=key_value', 'name=db'])
      expect(await scw.json<object[]>('secret', 'secret', 'list', filter), filter).toHaveLength(1)
    expect(await scw.json<object[]>('secret', 'secret', 'list', 'scheduled-for-deletion=true')).toEqual([])
    expect(
      await scw.json('secret', 'secret', 'update', id, 'name=database', 'path=/other', 'region=fr-par'),
    ).toMatchObject({
      name: 'database',
      path: '/other',
      tags: ['shop'],
    })
    expect(await scw.tried('secret', 'secret', 'delete', id)).toMatchObject({ exitCode: 1 })
    await scw.json('secret', 'secret', 'unprotect', id)
    await scw.text('secret', 'version', 'delete', id, 'revision=1')
    await scw.text('secret', 'secret', 'delete', id, 'region=fr-par')
    expect(await scw.json<object[]>('secret', 'secret', 'list', 'scheduled-for-deletion=true')).toHaveLength(1)
  })

  test('says what it may not, and that a key is unknown', async () => {
    const tier = await scwOf(world.emulator, await application(world))
    expect(await tier.tried('secret', 'secret', 'list')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('insufficient permissions: list secret'),
    })
    const stranger = await scwOf(world.emulator, { accessKey: 'SCWXXXXXXXXXXXXXXXXX', secretKey: project })
    expect(await stranger.tried('secret', 'secret', 'list')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('denied authentication'),
    })
  })

  test('is run here with every command that this project tells its users, and with each argument of it', async () => {
    const told = new Set<string>()
    for (const file of await textsForUsers()) {
      const text = await readFile(join(root, file), 'utf8')
      for (const [, call = '', rest = ''] of text.matchAll(
        /\bscw ((?:iam|secret|account) [a-z-]+ [a-z-]+)([^`\n]*)/g,
      )) {
        told.add(call)
        for (const [, name = ''] of rest.matchAll(/\s([a-z][a-z-]*(?:\.\d+)?)=/g)) told.add(`${call} ${name}`)
      }
    }
    expect([...told]).toEqual(expect.arrayContaining(['iam policy create', 'secret secret update region']))
    expect([...told].filter((call) => !ran.has(call))).toEqual([])
  })
})

/** The documentation, and the sources, whose messages hold commands too. */
async function textsForUsers(): Promise<string[]> {
  const below = async (folder: string, pattern: RegExp) =>
    (await readdir(join(root, folder), { recursive: true }))
      .filter((path) => pattern.test(path))
      .map((path) => join(folder, path))
  const found = await Promise.all([below('docs', /\.md$/), below('charts', /\.md$/), below('scripts', /\.ts$/)])
  return ['README.md', ...found.flat()]
}

function inOrganization(): string[] {
  return [`organization-id=${world.emulator.owner.organizationId}`]
}

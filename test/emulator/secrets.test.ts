import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Clients, otherProject, project, seed, startWorld, statusOf, type World } from './clients.ts'

let world: World
let owner: Clients

beforeAll(async () => {
  world = await startWorld({ limits: { secrets: 1000 } })
  owner = world.owner
})
afterAll(() => world[Symbol.asyncDispose]())

const listed = { scheduledForDeletion: false }

describe('one secret, with the official client', () => {
  test('is created with every field, read back, and counted', async () => {
    const created = await owner.secrets.createSecret({
      name: 'db',
      path: '/shop/backend/',
      tags: ['shop', 'db'],
      description: 'the database',
      type: 'key_value',
      protected: true,
    })
    expect(created).toMatchObject({
      projectId: project,
      name: 'db',
      path: '/shop/backend',
      tags: ['shop', 'db'],
      description: 'the database',
      type: 'key_value',
      protected: true,
      managed: false,
      status: 'ready',
      versionCount: 0,
      usedBy: [],
      region: 'fr-par',
    })
    expect(created.createdAt).toBeInstanceOf(Date)
    expect(await owner.secrets.getSecret({ secretId: created.id })).toEqual(created)
  })

  test('is opaque, in the root folder and unprotected unless told otherwise', async () => {
    const created = await owner.secrets.createSecret({ name: 'plain', protected: false })
    expect(created).toMatchObject({ type: 'opaque', path: '/', protected: false, tags: [] })
  })

  test('is renamed, moved, tagged and described by a patch that leaves the rest', async () => {
    const secretId = await seed(owner, '/patch/old')
    const patched = await owner.secrets.updateSecret({ secretId, name: 'new', path: '/patch/deeper/', tags: ['a'] })
    expect(patched).toMatchObject({ name: 'new', path: '/patch/deeper', tags: ['a'], description: '' })
    const described = await owner.secrets.updateSecret({ secretId, description: 'said' })
    expect(described).toMatchObject({ name: 'new', path: '/patch/deeper', tags: ['a'], description: 'said' })
    const found = await owner.secrets.listSecrets({ ...listed, name: 'new', path: '/patch/deeper' })
    expect(found.secrets.map(({ id }) => id)).toEqual([secretId])
    expect((await owner.secrets.listSecrets({ ...listed, name: 'old', path: '/patch' })).totalCount).toBe(0)
    const access = { secretName: 'old', secretPath: '/patch', revision: '1' }
    await expect(owner.secrets.accessSecretVersionByPath(access)).rejects.toMatchObject({ resource: 'secret' })
    await seed(owner, '/patch/old')
  })

  test('refuses deletion while it is protected, not versions', async () => {
    const secretId = await seed(owner, '/protected/s', 'one')
    await owner.secrets.protectSecret({ secretId })
    expect(await statusOf(owner.secrets.deleteSecret({ secretId }))).toBe(412)
    await owner.secrets.deleteSecretVersion({ secretId, revision: '1' })
    expect(await owner.secrets.unprotectSecret({ secretId })).toMatchObject({ protected: false })
    await owner.secrets.deleteSecret({ secretId })
  })

  test('names the products that own it', async () => {
    const secretId = await seed(owner, '/owned/s')
    await owner.secrets.addSecretOwner({ secretId, product: 's2s_vpn' })
    expect(await owner.secrets.getSecret({ secretId })).toMatchObject({ usedBy: ['s2s_vpn'] })
  })

  test('lives in its region only', async () => {
    const secretId = await seed(owner, '/region/s')
    expect(await statusOf(owner.secrets.getSecret({ secretId, region: 'nl-ams' }))).toBe(404)
    const elsewhere = await owner.secrets.createSecret({
      name: 's',
      path: '/region',
      region: 'pl-waw',
      protected: false,
    })
    expect(elsewhere.region).toBe('pl-waw')
  })
})

describe('a name that is taken', () => {
  test('is refused in the same path of the same project and region only', async () => {
    await seed(owner, '/taken/s')
    const again = (more: object) => owner.secrets.createSecret({ name: 's', path: '/taken', protected: false, ...more })
    await expect(again({})).rejects.toMatchObject({ name: 'AlreadyExistsError', status: 409, resource: 'secret' })
    await expect(again({ path: '/taken/' })).rejects.toMatchObject({ status: 409 })
    await again({ path: '/taken/deeper' })
    await again({ projectId: otherProject })
    await again({ region: 'nl-ams' })
  })

  test('is refused to a secret that moves there', async () => {
    await seed(owner, '/occupied/a')
    const secretId = await seed(owner, '/occupied/b')
    expect(await statusOf(owner.secrets.updateSecret({ secretId, name: 'a' }))).toBe(409)
    expect(await statusOf(owner.secrets.updateSecret({ secretId, name: 'b' }))).toBe(200)
  })

  test('is refused with the 400 public clients know when asked for', async () => {
    await using strict = await startWorld({ duplicateName: 'invalid' })
    await seed(strict.owner, '/taken/s')
    await expect(seed(strict.owner, '/taken/s')).rejects.toMatchObject({
      name: 'InvalidArgumentsError',
      body: { details: [{ argument_name: 'name', help_message: 'cannot have same secret name in same path' }] },
    })
  })
})

describe('names and paths', () => {
  const create = (name: string, path = '/names') => owner.secrets.createSecret({ name, path, protected: false })

  test.each(['a/b', 'a b', 'é', 'a'.repeat(256), 'a\n', '*'])('the name %j is refused', async (name) => {
    expect(await statusOf(create(name))).toBe(400)
  })

  test.each(['names', '/a//b', '/a b', '/é', `/${'a'.repeat(256)}`])('the path %j is refused', async (path) => {
    expect(await statusOf(create('x', path))).toBe(400)
  })

  test.each(['a', 'A-b_c.9', 'a'.repeat(255)])('the name %j is taken', async (name) => {
    expect(await statusOf(create(name))).toBe(200)
  })
})

describe('lists', () => {
  let lists: World
  let time = Date.parse('2026-01-01T00:00:00Z')
  const tick = () => {
    time += 1000
    return new Date(time)
  }
  const names = async (query: object) => {
    const { secrets } = await lists.owner.secrets.listSecrets({ ...listed, projectId: project, ...query })
    return secrets.map(({ path, name }) => `${path === '/' ? '' : path}/${name}`)
  }

  beforeAll(async () => {
    // Each secret is a second younger than the one before.
    lists = await startWorld({ now: tick })
    const { secrets } = lists.owner
    const plain = { protected: false, projectId: project }
    await secrets.createSecret({ ...plain, name: 'b', path: '/one', tags: ['x'] })
    await secrets.createSecret({ ...plain, name: 'a', path: '/two', tags: ['x', 'y'], type: 'key_value' })
    await secrets.createSecret({ ...plain, name: 'a', path: '/one' })
    const ephemeralPolicy = { timeToLive: '3600s', action: 'disable' } as const
    await secrets.createSecret({ ...plain, name: 'c', path: '/one/deeper', ephemeralPolicy })
    await secrets.createSecret({ ...plain, name: 'd', projectId: otherProject })
    await secrets.createSecret({ ...plain, name: 'elsewhere', path: '/one', region: 'nl-ams', tags: ['z'] })
  })
  afterAll(() => lists[Symbol.asyncDispose]())

  test.each([
    [{}, ['/one/a', '/two/a', '/one/b', '/one/deeper/c']],
    [{ orderBy: 'name_desc' }, ['/one/deeper/c', '/one/b', '/one/a', '/two/a']],
    [{ orderBy: 'created_at_asc' }, ['/one/b', '/two/a', '/one/a', '/one/deeper/c']],
    [{ orderBy: 'updated_at_desc' }, ['/one/deeper/c', '/one/a', '/two/a', '/one/b']],
    [{ name: 'a' }, ['/one/a', '/two/a']],
    [{ name: '' }, []],
    [{ path: '/one' }, ['/one/a', '/one/b']],
    [{ path: '/one/' }, []],
    [{ path: '/one', name: 'a' }, ['/one/a']],
    [{ tags: ['x'] }, ['/two/a', '/one/b']],
    [{ tags: ['x', 'y'] }, ['/two/a']],
    [{ type: 'key_value' }, ['/two/a']],
    [{ type: 'unknown_type' }, ['/one/a', '/two/a', '/one/b', '/one/deeper/c']],
    [{ ephemeral: true }, ['/one/deeper/c']],
    [{ ephemeral: false }, ['/one/a', '/two/a', '/one/b']],
    [{ scheduledForDeletion: true }, []],
    [{ projectId: otherProject }, ['/d']],
    [{ page: 2, pageSize: 3 }, ['/one/deeper/c']],
    [{ page: 9 }, []],
  ])('filtered by %j', async (query, expected) => {
    expect(await names(query)).toEqual(expected)
  })

  test('cover the organization when no project is named', async () => {
    const { organizationId } = lists.emulator.owner
    const all = await lists.owner.secrets.listSecrets({ ...listed, organizationId }).all()
    expect(all.map(({ name }) => name)).toEqual(['a', 'a', 'b', 'c', 'd'])
  })

  test('refuse an order, a page size or a type that does not exist', async () => {
    for (const query of [{ orderBy: 'size_asc' }, { pageSize: 101 }, { pageSize: -1 }, { type: 'password' }])
      expect(await statusOf(names(query))).toBe(400)
  })

  test('browse shows the secrets of a folder and the folders below it', async () => {
    const browse = (prefix: string) => lists.owner.secrets.browseSecrets({ prefix, projectId: project })
    const root = await browse('/')
    expect(root).toMatchObject({ currentPath: '/', totalCount: 2 })
    expect(root.items.map(({ name, folder }) => [name, folder !== undefined])).toEqual([
      ['one', true],
      ['two', true],
    ])
    const one = await browse('/one/')
    expect(one.currentPath).toBe('/one')
    expect(one.items.map(({ name, secret }) => [name, secret?.type])).toEqual([
      ['a', 'opaque'],
      ['b', 'opaque'],
      ['deeper', undefined],
    ])
  })

  test('tags and types in use are listed once each', async () => {
    expect(await lists.owner.secrets.listTags({ projectId: project })).toEqual({ tags: ['x', 'y'], totalCount: 2 })
    const types = await lists.owner.secrets.listSecretTypes({ projectId: project })
    expect(types).toEqual({ types: ['key_value', 'opaque'], totalCount: 2 })
  })
})

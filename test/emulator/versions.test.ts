import { crc32 } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { base64, type Clients, otherProject, project, seed, startWorld, statusOf, type World } from './clients.ts'

let world: World
let owner: Clients

beforeAll(async () => {
  world = await startWorld({ limits: { secrets: 1000 } })
  owner = world.owner
})
afterAll(() => world[Symbol.asyncDispose]())

const read = async (secretId: string, revision: string) => {
  const { data } = await owner.secrets.accessSecretVersion({ secretId, revision })
  return Buffer.from(data, 'base64').toString()
}
const revisionOf = async (secretId: string, revision: string) =>
  (await owner.secrets.getSecretVersion({ secretId, revision })).revision

describe('versions', () => {
  test('are numbered from 1, the newest being the latest', async () => {
    const secretId = await seed(owner, '/versions/numbered', 'one', 'two')
    expect(await owner.secrets.getSecretVersion({ secretId, revision: '1' })).toMatchObject({
      revision: 1,
      secretId,
      status: 'enabled',
      latest: false,
      description: '',
      region: 'fr-par',
    })
    expect(await owner.secrets.getSecretVersion({ secretId, revision: '2' })).toMatchObject({ latest: true })
    expect(await owner.secrets.getSecret({ secretId })).toMatchObject({ versionCount: 2 })
  })

  test('are listed newest first, by page and by status', async () => {
    const secretId = await seed(owner, '/versions/listed', 'one', 'two', 'three')
    await owner.secrets.disableSecretVersion({ secretId, revision: '2' })
    const revisions = async (query: object) => {
      const { versions, totalCount } = await owner.secrets.listSecretVersions({ secretId, ...query })
      return { revisions: versions.map(({ revision }) => revision), totalCount }
    }
    expect(await revisions({})).toEqual({ revisions: [3, 2, 1], totalCount: 3 })
    expect(await revisions({ pageSize: 2, page: 2 })).toEqual({ revisions: [1], totalCount: 3 })
    expect(await revisions({ status: ['enabled'] })).toEqual({ revisions: [3, 1], totalCount: 2 })
    expect(await revisions({ status: ['enabled', 'disabled'] })).toEqual({ revisions: [3, 2, 1], totalCount: 3 })
    expect(await statusOf(revisions({ status: ['lost'] }))).toBe(400)
  })

  test('keep their payload, and take a new description', async () => {
    const secretId = await seed(owner, '/versions/described', 'kept')
    const patched = await owner.secrets.updateSecretVersion({ secretId, revision: '1', description: 'said' })
    expect(patched).toMatchObject({ description: 'said' })
    expect(await read(secretId, '1')).toBe('kept')
  })

  test('can disable the one before them, which is not an error without one', async () => {
    const secretId = await seed(owner, '/versions/previous')
    for (const payload of ['one', 'two', 'three'])
      await owner.secrets.createSecretVersion({ secretId, data: base64(payload), disablePrevious: true })
    const { versions } = await owner.secrets.listSecretVersions({ secretId })
    expect(versions.map(({ status }) => status)).toEqual(['enabled', 'disabled', 'disabled'])
  })

  test('can be enabled and disabled again and again', async () => {
    const secretId = await seed(owner, '/versions/toggled', 'one')
    const version = { secretId, revision: '1' }
    expect(await owner.secrets.disableSecretVersion(version)).toMatchObject({ status: 'disabled' })
    expect(await owner.secrets.disableSecretVersion(version)).toMatchObject({ status: 'disabled' })
    expect(await statusOf(read(secretId, '1'))).toBe(412)
    expect(await owner.secrets.enableSecretVersion(version)).toMatchObject({ status: 'enabled' })
    expect(await read(secretId, '1')).toBe('one')
  })
})

describe('selectors', () => {
  test('latest is the newest whatever its status, latest_enabled the newest that can be read', async () => {
    const secretId = await seed(owner, '/selectors/s', 'one', 'two', 'three')
    await owner.secrets.disableSecretVersion({ secretId, revision: 'latest' })
    expect(await revisionOf(secretId, 'latest')).toBe(3)
    expect(await revisionOf(secretId, 'latest_enabled')).toBe(2)
    expect(await read(secretId, 'latest_enabled')).toBe('two')
    await expect(read(secretId, 'latest')).rejects.toMatchObject({ name: 'PreconditionFailedError' })
  })

  test('find nothing in a secret without versions, or without enabled ones', async () => {
    const secretId = await seed(owner, '/selectors/empty')
    for (const revision of ['1', 'latest', 'latest_enabled']) expect(await statusOf(read(secretId, revision))).toBe(404)
    await owner.secrets.createSecretVersion({ secretId, data: base64('x') })
    await owner.secrets.disableSecretVersion({ secretId, revision: '1' })
    expect(await statusOf(read(secretId, 'latest_enabled'))).toBe(404)
  })

  test.each(['0', '-1', '1.5', 'newest', '01'])('%j is refused', async (revision) => {
    const secretId = await seed(owner, `/selectors/refused-${Buffer.from(revision).toString('hex')}`, 'one')
    expect(await statusOf(read(secretId, revision))).toBe(400)
  })
})

describe('access', () => {
  test('by path and name gives what access by id gives', async () => {
    const secretId = await seed(owner, '/by-path/deep/s', 'value')
    const place = { secretPath: '/by-path/deep', secretName: 's', projectId: project, revision: 'latest_enabled' }
    const byPath = await owner.secrets.accessSecretVersionByPath(place)
    expect(byPath).toEqual(await owner.secrets.accessSecretVersion({ secretId, revision: '1' }))
    const refused = (more: object) => statusOf(owner.secrets.accessSecretVersionByPath({ ...place, ...more }))
    expect(await refused({ secretName: 'other' })).toBe(404)
    expect(await refused({ secretPath: '/by-path' })).toBe(404)
    expect(await refused({ secretPath: '/by-path/deep/' })).toBe(404)
    expect(await refused({ projectId: otherProject })).toBe(404)
    expect(await refused({ region: 'nl-ams' })).toBe(404)
  })

  test('tells the type, the revision, and the checksum only when one was supplied', async () => {
    const secretId = await seed(owner, '/access/checksum', 'without')
    const without = await owner.secrets.accessSecretVersion({ secretId, revision: '1' })
    expect(without).toMatchObject({ secretId, revision: 1, type: 'opaque', dataCrc32: null })
    await owner.secrets.createSecretVersion({ secretId, data: base64('with'), dataCrc32: crc32('with') })
    const withSum = await owner.secrets.accessSecretVersion({ secretId, revision: '2' })
    expect(withSum.dataCrc32).toBe(crc32('with'))
  })

  test('a checksum that does not match is refused and nothing is stored', async () => {
    const secretId = await seed(owner, '/access/mismatch')
    const wrong = owner.secrets.createSecretVersion({ secretId, data: base64('with'), dataCrc32: crc32('other') })
    await expect(wrong).rejects.toMatchObject({ status: 400, body: { details: [{ argument_name: 'data_crc32' }] } })
    expect((await owner.secrets.getSecret({ secretId })).versionCount).toBe(0)
  })

  test.each(['', '!!!!', 'YQ', 'YQ=', 'a b=', 'YQ==YQ=='])('data %j is not base64 of something', async (data) => {
    const secretId = await seed(owner, `/access/base64-${Buffer.from(data).toString('hex')}x`)
    expect(await statusOf(owner.secrets.createSecretVersion({ secretId, data }))).toBe(400)
  })
})

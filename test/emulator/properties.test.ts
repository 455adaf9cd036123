import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Clients, seed, startWorld, statusOf, type World } from './clients.ts'

let world: World
let owner: Clients

beforeAll(async () => {
  world = await startWorld({ limits: { secrets: 100_000, versions: 1000 } })
  owner = world.owner
})
afterAll(() => world[Symbol.asyncDispose]())

let count = 0
const newPath = () => {
  count++
  return `/p${count}`
}

test('the pages of a list cover every secret exactly once, whatever their size and order', async () => {
  const path = newPath()
  for (let index = 0; index < 37; index++) await seed(owner, `${path}/s${index % 13}-${index}`)
  const orders = ['name_asc', 'name_desc', 'created_at_asc', 'created_at_desc', 'updated_at_asc'] as const
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 40 }), fc.constantFrom(...orders), async (pageSize, orderBy) => {
      const seen: string[] = []
      for (let page = 1; ; page++) {
        const answer = await owner.secrets.listSecrets({ path, page, pageSize, orderBy, scheduledForDeletion: false })
        expect(answer.totalCount).toBe(37)
        if (answer.secrets.length === 0) break
        seen.push(...answer.secrets.map(({ id }) => id))
      }
      expect(seen).toHaveLength(37)
      expect(new Set(seen).size).toBe(37)
    }),
    { numRuns: 25 },
  )
})

test('every payload comes back byte for byte', async () => {
  const secretId = await seed(owner, `${newPath()}/s`)
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 65_536, size: 'max' }), async (bytes) => {
      const data = Buffer.from(bytes).toString('base64')
      const { revision } = await owner.secrets.createSecretVersion({ secretId, data })
      const access = await owner.secrets.accessSecretVersion({ secretId, revision: String(revision) })
      expect(Buffer.from(access.data, 'base64').equals(Buffer.from(bytes))).toBe(true)
    }),
    { numRuns: 60 },
  )
})

test('every name and path of the documented charset finds its secret, and only it', async () => {
  const segment = fc.stringMatching(/^[A-Za-z0-9._-]{1,20}$/)
  await fc.assert(
    fc.asyncProperty(fc.array(segment, { maxLength: 4 }), segment, async (folders, name) => {
      const path = `${newPath()}/${folders.join('/')}`.replace(/\/$/, '')
      const secretId = await seed(owner, `${path}/${name}`, name)
      const listed = await owner.secrets.listSecrets({ path, name, scheduledForDeletion: false })
      expect(listed.secrets.map(({ id }) => id)).toEqual([secretId])
      const place = { secretPath: path, secretName: name, revision: 'latest_enabled' }
      expect(await owner.secrets.accessSecretVersionByPath(place)).toMatchObject({ secretId })
    }),
    { numRuns: 60 },
  )
})

type Status = 'enabled' | 'disabled' | 'scheduled'
type Step = { readonly act: 'create' | 'replace' | 'enable' | 'disable' | 'delete' | 'restore'; readonly pick: number }

/** What the documentation says of versions, in its shortest form: the emulator is compared with it. */
function applyStep(model: { status: Status; before: Status }[], { act, pick }: Step): number {
  if (act === 'create' || act === 'replace') {
    const last = model.at(-1)
    if (act === 'replace' && last?.status === 'enabled') last.status = 'disabled'
    model.push({ status: 'enabled', before: 'enabled' })
    return 200
  }
  const version = model[pick % (model.length + 1)]
  if (!version) return 404
  if ((act === 'restore') !== (version.status === 'scheduled')) return 412
  if (act === 'delete') Object.assign(version, { before: version.status, status: 'scheduled' })
  else if (act === 'restore') version.status = version.before
  else version.status = act === 'enable' ? 'enabled' : 'disabled'
  return 200
}

test('after any sequence of steps the selectors agree with the versions', async () => {
  const step = fc.record({
    act: fc.constantFrom('create', 'replace', 'enable', 'disable', 'delete', 'restore'),
    pick: fc.nat(20),
  }) satisfies fc.Arbitrary<Step>
  const { secrets } = owner
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 15 }), async (steps) => {
      const secretId = await seed(owner, `${newPath()}/s`)
      const model: { status: Status; before: Status }[] = []
      for (const { act, pick } of steps) {
        const version = { secretId, revision: String((pick % (model.length + 1)) + 1) }
        const data = Buffer.from(`payload ${model.length + 1}`).toString('base64')
        const call = {
          create: () => secrets.createSecretVersion({ secretId, data }),
          replace: () => secrets.createSecretVersion({ secretId, data, disablePrevious: true }),
          enable: () => secrets.enableSecretVersion(version),
          disable: () => secrets.disableSecretVersion(version),
          delete: () => secrets.deleteSecretVersion(version),
          restore: () => secrets.restoreSecretVersion(version),
        }[act]
        expect(await statusOf(call())).toBe(applyStep(model, { act, pick }))
      }
      const { versions } = await secrets.listSecretVersions({ secretId, pageSize: 100 })
      expect(versions.map(({ status }) => status.replace('_for_deletion', '')).reverse()).toEqual(
        model.map(({ status }) => status),
      )
      expect(versions.filter(({ latest }) => latest).map(({ revision }) => revision)).toEqual(
        model.length > 0 ? [model.length] : [],
      )
      const enabled = model.findLastIndex(({ status }) => status === 'enabled') + 1
      const access = secrets.accessSecretVersion({ secretId, revision: 'latest_enabled' })
      if (enabled === 0) expect(await statusOf(access)).toBe(404)
      else {
        const { revision, data } = await access
        expect([revision, Buffer.from(data, 'base64').toString()]).toEqual([enabled, `payload ${enabled}`])
      }
    }),
    { numRuns: 60 },
  )
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  application,
  base64,
  type Clients,
  otherProject,
  policy,
  project,
  seed,
  startWorld,
  statusOf,
  type World,
} from './clients.ts'

let world: World
let owner: Clients

beforeAll(async () => {
  world = await startWorld({ limits: { secrets: 5000, applications: 1000, policies: 1000, apiKeys: 1000 } })
  owner = world.owner
})
afterAll(() => world[Symbol.asyncDispose]())

let count = 0
const newSecret = (...payloads: string[]) => {
  count++
  return seed(owner, `/table/s${count}`, ...payloads)
}

/** Every action on secrets, tried on a fresh secret made by the owner. */
const actions: Record<string, (as: Clients) => Promise<unknown>> = {
  'list secrets': ({ secrets }) => secrets.listSecrets({ projectId: project, scheduledForDeletion: false }),
  'browse secrets': ({ secrets }) => secrets.browseSecrets({ projectId: project, prefix: '/' }),
  'list tags': ({ secrets }) => secrets.listTags(),
  'list types': ({ secrets }) => secrets.listSecretTypes(),
  'read secret': async ({ secrets }) => secrets.getSecret({ secretId: await newSecret() }),
  'list versions': async ({ secrets }) => secrets.listSecretVersions({ secretId: await newSecret('x') }),
  'read version': async ({ secrets }) => secrets.getSecretVersion({ secretId: await newSecret('x'), revision: '1' }),
  'access version': async ({ secrets }) =>
    secrets.accessSecretVersion({ secretId: await newSecret('x'), revision: 'latest_enabled' }),
  'access by path': async ({ secrets }) => {
    await newSecret('x')
    return secrets.accessSecretVersionByPath({ secretPath: '/table', secretName: `s${count}`, revision: '1' })
  },
  'create secret': ({ secrets }) => {
    count++
    return secrets.createSecret({ name: `s${count}`, path: '/table', protected: false })
  },
  'create version': async ({ secrets }) =>
    secrets.createSecretVersion({ secretId: await newSecret(), data: base64('x') }),
  'create version, disabling': async ({ secrets }) =>
    secrets.createSecretVersion({ secretId: await newSecret('x'), data: base64('y'), disablePrevious: true }),
  'write secret': async ({ secrets }) => secrets.updateSecret({ secretId: await newSecret(), description: 'x' }),
  'protect secret': async ({ secrets }) => secrets.protectSecret({ secretId: await newSecret() }),
  'unprotect secret': async ({ secrets }) => secrets.unprotectSecret({ secretId: await newSecret() }),
  'add owner': async ({ secrets }) => secrets.addSecretOwner({ secretId: await newSecret() }),
  'write version': async ({ secrets }) =>
    secrets.updateSecretVersion({ secretId: await newSecret('x'), revision: '1', description: 'x' }),
  'enable version': async ({ secrets }) =>
    secrets.enableSecretVersion({ secretId: await newSecret('x'), revision: '1' }),
  'disable version': async ({ secrets }) =>
    secrets.disableSecretVersion({ secretId: await newSecret('x'), revision: '1' }),
  'delete version': async ({ secrets }) =>
    secrets.deleteSecretVersion({ secretId: await newSecret('x'), revision: '1' }),
  'delete secret': async ({ secrets }) => secrets.deleteSecret({ secretId: await newSecret() }),
  'restore version': async ({ secrets }) => {
    const version = { secretId: await newSecret('x'), revision: '1' }
    await owner.secrets.deleteSecretVersion(version)
    return secrets.restoreSecretVersion(version)
  },
  'restore secret': async ({ secrets }) => {
    const secretId = await newSecret()
    await owner.secrets.deleteSecret({ secretId })
    return secrets.restoreSecret({ secretId })
  },
}

const metadata = ['list secrets', 'browse secrets', 'list tags', 'list types', 'read secret', 'list versions']
const readOnly = [...metadata, 'read version']
const write = ['write secret', 'protect secret', 'unprotect secret', 'add owner', 'write version']
const switches = ['enable version', 'disable version']

/** Written from the documentation, not from the code: what each set permits. */
const table: [sets: string[], permitted: string[]][] = [
  [[], []],
  [['SecretManagerReadOnly'], readOnly],
  [['SecretManagerSecretAccess'], ['access version', 'access by path']],
  [['SecretManagerSecretCreate'], ['create secret', 'create version']],
  [['SecretManagerSecretWrite'], [...write, ...switches]],
  [['SecretManagerSecretDelete'], ['delete version', 'delete secret']],
  [['SecretManagerSecretRestore'], ['restore version', 'restore secret']],
  [['SecretManagerFullAccess'], Object.keys(actions)],
  [['AllProductsFullAccess'], Object.keys(actions)],
  [['AllProductsReadOnly'], readOnly],
  [['ObjectStorageFullAccess'], []],
  [
    ['SecretManagerSecretCreate', 'SecretManagerSecretWrite'],
    ['create secret', 'create version', 'create version, disabling', ...write, ...switches],
  ],
]

describe('permission sets', () => {
  test.each(table)('%j permits exactly what its documentation says', async (sets, permitted) => {
    const as = await application(world, ...(sets.length > 0 ? [{ sets }] : []))
    const answers: string[] = []
    for (const [name, action] of Object.entries(actions)) {
      const status = await statusOf(action(as))
      expect([200, 403], name).toContain(status)
      if (status === 200) answers.push(name)
    }
    expect(answers.sort()).toEqual([...permitted].sort())
  })

  test('the owner may do everything without a policy', async () => {
    for (const [name, action] of Object.entries(actions)) expect(await statusOf(action(owner)), name).toBe(200)
  })
})

describe('scope', () => {
  test('a rule covers the projects it names and no other', async () => {
    const as = await application(world, { sets: ['SecretManagerFullAccess'] })
    const elsewhere = await owner.secrets.createSecret({ name: 'e', projectId: otherProject, protected: false })
    expect(await statusOf(as.secrets.getSecret({ secretId: await newSecret() }))).toBe(200)
    expect(await statusOf(as.secrets.getSecret({ secretId: elsewhere.id }))).toBe(403)
    const list = (projectId: string) => as.secrets.listSecrets({ projectId, scheduledForDeletion: false })
    expect(await statusOf(list(project))).toBe(200)
    expect(await statusOf(list(otherProject))).toBe(403)
    const create = as.secrets.createSecret({ name: 'x', projectId: otherProject, protected: false })
    expect(await statusOf(create)).toBe(403)
  })

  test('a list without a project asks for a right on the whole organization', async () => {
    const { organizationId } = world.emulator.owner
    const list = (as: Clients) => as.secrets.listSecrets({ organizationId, scheduledForDeletion: false })
    expect(await statusOf(list(await application(world, { sets: ['SecretManagerReadOnly'] })))).toBe(403)
    const wide = await application(world, { sets: ['SecretManagerReadOnly'], projects: null })
    expect(await statusOf(list(wide))).toBe(200)
    expect(await statusOf(wide.secrets.listSecrets({ projectId: otherProject, scheduledForDeletion: false }))).toBe(200)
  })

  test('a list of another organization is refused', async () => {
    const list = owner.secrets.listSecrets({ organizationId: otherProject, scheduledForDeletion: false })
    expect(await statusOf(list)).toBe(403)
  })

  test('policies add up, and stop counting once they are deleted', async () => {
    const as = await application(world, { sets: ['SecretManagerReadOnly'] })
    const { applicationId } = await owner.iam.getAPIKey({ accessKey: as.accessKey })
    const secretId = await newSecret('x')
    const access = () => statusOf(as.secrets.accessSecretVersion({ secretId, revision: '1' }))
    expect(await access()).toBe(403)
    const policyId = await policy(world, applicationId ?? '', { sets: ['SecretManagerSecretAccess'] })
    expect(await access()).toBe(200)
    await owner.iam.deletePolicy({ policyId })
    expect(await access()).toBe(403)
  })

  test('rules of another application grant nothing', async () => {
    const reader = await application(world, { sets: ['SecretManagerFullAccess'] })
    const other = await application(world)
    const secretId = await newSecret('x')
    expect(await statusOf(reader.secrets.getSecret({ secretId }))).toBe(200)
    expect(await statusOf(other.secrets.getSecret({ secretId }))).toBe(403)
  })

  test('replacing the rules of a policy takes the old rights away', async () => {
    const as = await application(world)
    const { applicationId } = await owner.iam.getAPIKey({ accessKey: as.accessKey })
    const policyId = await policy(world, applicationId ?? '', { sets: ['SecretManagerReadOnly'] })
    const list = () => statusOf(as.secrets.listTags())
    expect(await list()).toBe(200)
    const rules = [{ permissionSetNames: ['SecretManagerSecretAccess'], condition: '', projectIds: [project] }]
    await owner.iam.setRules({ policyId, rules })
    expect(await list()).toBe(403)
  })
})

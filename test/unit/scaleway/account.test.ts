import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { apiUrlOf, isLocalApi, loadAccount, organizationOf } from '../../../scripts/scaleway/account.ts'
import { temporaryFolder } from '../../helpers/folders.ts'
import { problemOf } from '../../helpers/problems.ts'

const secretKey = '5c7d3b1e-64aa-4f0c-9d38-2b8e71f6a094'
const other = 'e1f4b8a2-7c93-4d06-8b5f-90d2c6a7e318'
const organizationId = '9b1d7c52-30f8-4e6a-b5c9-71f2a8e4d603'

/** An environment whose config file holds this text. */
async function withConfig(text: string) {
  const folder = await temporaryFolder()
  const path = join(folder, 'config.yaml')
  await writeFile(path, text)
  return { SCW_CONFIG_PATH: path }
}

const config = `secret_key: ${secretKey}
default_organization_id: ${organizationId}
profiles:
  staging:
    secret_key: ${other}
`

const problemsOf = async (load: () => Promise<unknown>) => (await problemOf(load())).all

test('a wait that Scaleway asks of several requests is reported once, and the next one again', async () => {
  const lines: string[] = []
  const env = { SCW_SECRET_KEY: secretKey, ...(await withConfig('')) }
  const { onWait } = await loadAccount(env, undefined, (line) => void lines.push(line))
  onWait?.(30)
  onWait?.(29)
  expect(lines).toEqual(['Scaleway asks to wait 30 s'])
  vi.useFakeTimers({ now: Date.now() + 31_000, toFake: ['Date'] })
  onWait?.(5)
  vi.useRealTimers()
  expect(lines).toEqual(['Scaleway asks to wait 30 s', 'Scaleway asks to wait 5 s'])
})

describe('an account comes from', () => {
  test("the variables of Scaleway's own tools", async () => {
    const env = { HOME: '/nowhere', SCW_SECRET_KEY: secretKey, SCW_DEFAULT_ORGANIZATION_ID: organizationId }
    expect(await loadAccount(env)).toEqual({
      apiUrl: 'https://api.scaleway.com',
      secretKey,
      organizationId,
      isLocal: false,
    })
  })

  test('the config file of scw, with its profiles', async () => {
    const env = await withConfig(config)
    expect(await loadAccount(env)).toMatchObject({ secretKey, organizationId })
    expect(await loadAccount({ ...env, SCW_PROFILE: 'staging' })).toMatchObject({ secretKey: other, organizationId })
    const active = await withConfig(`active_profile: staging\n${config}`)
    expect(await loadAccount(active)).toMatchObject({ secretKey: other })
  })

  test.each(['default', '"default"'])('the top level of the file, which is the profile %s', async (name) => {
    const active = await withConfig(`active_profile: ${name}\n${config}`)
    expect(await loadAccount(active)).toMatchObject({ secretKey, organizationId })
    const chosen = { ...(await withConfig(`active_profile: staging\n${config}`)), SCW_PROFILE: 'default' }
    expect(await loadAccount(chosen)).toMatchObject({ secretKey, organizationId })
    // A section of this name is not read, as scw does not read it either.
    const section = await withConfig(`active_profile: ${name}\n${config}  default:\n    secret_key: ${other}\n`)
    expect(await loadAccount(section)).toMatchObject({ secretKey })
  })

  test('a profile, with what it lacks from the top level', async () => {
    const env = { ...(await withConfig(`${config}    default_organization_id:\n  empty:\n`)), SCW_PROFILE: 'staging' }
    expect(await loadAccount(env)).toMatchObject({ secretKey: other, organizationId })
    expect(await loadAccount({ ...env, SCW_PROFILE: 'empty' })).toMatchObject({ secretKey, organizationId })
  })

  test('config.yml, where there is no config.yaml', async () => {
    const folder = await temporaryFolder()
    await mkdir(join(folder, 'scw'))
    await writeFile(join(folder, 'scw', 'config.yml'), config)
    expect(await loadAccount({ XDG_CONFIG_HOME: folder })).toMatchObject({ secretKey })
    await writeFile(join(folder, 'scw', 'config.yaml'), `secret_key: ${other}`)
    expect(await loadAccount({ XDG_CONFIG_HOME: folder })).toMatchObject({ secretKey: other })
  })

  test('a variable before the file', async () => {
    const env = await withConfig(config)
    expect(await loadAccount({ ...env, SCW_SECRET_KEY: other })).toMatchObject({ secretKey: other, organizationId })
  })

  test('never from the file for an emulator: its key is not a key of Scaleway', async () => {
    const env = { ...(await withConfig(config)), SCW_API_URL: 'http://127.0.0.1:9999/' }
    expect(await problemsOf(() => loadAccount(env))).toMatchObject([{ code: 'SCALEWAY_KEY_MISSING' }])
    expect(await loadAccount({ ...env, SCW_SECRET_KEY: other })).toEqual({
      apiUrl: 'http://127.0.0.1:9999',
      secretKey: other,
      organizationId: undefined,
      isLocal: true,
    })
  })
})

test.each([
  ['http://127.0.0.1:8080', true],
  ['http://localhost:8080/', true],
  ['https://[::1]', true],
  ['https://api.scaleway.com', false],
  ['http://127.0.0.1.example.org', false],
  ['http://127.0.0.1@example.org', false],
  ['http://localhost:8080/path', false],
  ['', false],
])('%s is on this machine: %s', (SCW_API_URL, expected) => {
  expect(isLocalApi({ SCW_API_URL })).toBe(expected)
})

test('all that is wrong is reported at once, and no key with it', async () => {
  const env = {
    HOME: '/nowhere',
    SCW_API_URL: 'http://example.org',
    SCW_SECRET_KEY: 'half-of-a-key',
    SCW_DEFAULT_ORGANIZATION_ID: 'ours',
  }
  const problems = await problemsOf(() => loadAccount(env))
  expect(problems.map(({ code }) => code)).toEqual([
    'SCALEWAY_API_URL_INVALID',
    'SCALEWAY_KEY_MALFORMED',
    'SCALEWAY_ORGANIZATION_MALFORMED',
  ])
  expect(JSON.stringify(problems)).not.toContain('half-of')
})

test.each([
  ['quotes', (value: string) => `"${value}"`],
  ['single quotes', (value: string) => `'${value}'`],
  ['a line break', (value: string) => `${value}\r\n`],
  ['quotes with spaces inside and around', (value: string) => ` " ${value} " `],
])('%s around the key and the organization are trimmed, in a variable and in the file', async (_, around) => {
  const env = {
    HOME: '/nowhere',
    SCW_SECRET_KEY: around(secretKey),
    SCW_DEFAULT_ORGANIZATION_ID: around(organizationId),
  }
  expect(await loadAccount(env)).toMatchObject({ secretKey, organizationId })
  const [key, organization] = [around(secretKey), around(organizationId)].map((value) => JSON.stringify(value))
  const file = await withConfig(`secret_key: ${key}\ndefault_organization_id: ${organization}\n`)
  expect(await loadAccount(file)).toMatchObject({ secretKey, organizationId })
})

test('an organization that is empty is none, and a field of the file that is not text is missing', async () => {
  const env = { HOME: '/nowhere', SCW_SECRET_KEY: secretKey, SCW_DEFAULT_ORGANIZATION_ID: '""' }
  expect(await loadAccount(env)).toMatchObject({ organizationId: undefined })
  const file = await withConfig(`secret_key: 12\nactive_profile: 3\nprofiles: []\n`)
  expect(await problemsOf(() => loadAccount(file))).toMatchObject([{ code: 'SCALEWAY_KEY_MISSING' }])
})

test('a profile that is not there is reported with the nearest', async () => {
  const env = { ...(await withConfig(config)), SCW_PROFILE: 'stagign' }
  const [problem] = await problemsOf(() => loadAccount(env))
  expect(problem).toMatchObject({ code: 'SCALEWAY_PROFILE_UNKNOWN', message: expect.stringContaining('"staging"') })
})

test('a config file that is not YAML is reported without what is in it', async () => {
  const env = await withConfig(`secret_key: ${secretKey}\n  bad: [`)
  const problems = await problemsOf(() => loadAccount(env))
  expect(problems).toMatchObject([{ code: 'SCALEWAY_CONFIG_UNREADABLE' }])
  expect(JSON.stringify(problems)).not.toContain(secretKey)
})

test('the address alone needs no key', async () => {
  expect(await apiUrlOf({ HOME: '/nowhere' })).toBe('https://api.scaleway.com')
  expect(await apiUrlOf({ HOME: '/nowhere', SCW_API_URL: 'http://localhost:1/' })).toBe('http://localhost:1')
})

test.each([
  ['of the environment, whoever runs it', false, 'env', 'own', 'env'],
  ['of the account, where the environment names none', false, undefined, 'own', 'own'],
  ['of the emulator, whatever the environment names', true, 'env', 'own', 'own'],
  ['unknown, where nobody names it', false, undefined, undefined, undefined],
])('the organization is that %s', (_, isLocal, ofEnvironment, ofAccount, expected) => {
  expect(organizationOf({ isLocal, organizationId: ofAccount }, { organizationId: ofEnvironment })).toBe(expected)
})

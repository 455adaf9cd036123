import { beforeAll, describe, expect, test } from 'vitest'
import type { RunResult } from '../../scripts/lib/exec.ts'
import { iamPlan } from '../../scripts/model/iam.ts'
import { resolve } from '../../scripts/model/resolve.ts'
import { createSecret } from '../../scripts/scaleway/secrets.ts'
import { trackdechets } from '../fixtures/applications.ts'
import { hostedCli, runCliMany } from '../helpers/hosted-cli.ts'
import { folderWith } from '../helpers/repository.ts'
import { sharedFolder } from '../helpers/shared-folder.ts'
import { type AccountWorld, dayMs, emptyAccount, plannedAccount } from './iam-account.ts'

const { folder: root } = await folderWith(trackdechets)
const plan = iamPlan(resolve(trackdechets, 'recette'))

/** Nothing of the account of whoever runs the tests. */
async function noAccount(): Promise<Readonly<Record<string, string | undefined>>> {
  const none = { SCW_API_URL: undefined, SCW_SECRET_KEY: undefined, SCW_DEFAULT_ORGANIZATION_ID: undefined }
  const home = {
    HOME: await sharedFolder(),
    XDG_CONFIG_HOME: undefined,
    SCW_CONFIG_PATH: undefined,
    SCW_PROFILE: undefined,
  }
  return { ...none, ...home }
}

/** `npm run iam -- …` without npm. */
async function iam(args: readonly string[], env: Readonly<Record<string, string>>): Promise<RunResult> {
  return hostedCli(['iam', ...args], { cwd: root, env: { ...(await noAccount()), ...env } })
}

const accountOf = ({ account, organizationId }: AccountWorld) => ({
  SCW_API_URL: account.apiUrl,
  SCW_SECRET_KEY: account.secretKey,
  SCW_DEFAULT_ORGANIZATION_ID: organizationId,
})

const recette = ['--environment', 'recette']
const verify = [...recette, '--verify']

describe('npm run iam', () => {
  const forms = [recette, ...['json', 'scw', 'terraform'].map((form) => [...recette, '--format', form])]
  const refused = [
    [['--environment', 'recete'], 'ENVIRONMENT_UNKNOWN', 2],
    [[...recette, '--format', 'hcl'], 'WRONG_USAGE', 2],
    [[...verify, '--format', 'scw'], 'WRONG_USAGE', 2],
    [verify, 'ENVIRONMENT_IS_EXAMPLE', 3],
  ] as const
  let results: readonly RunResult[] = []
  beforeAll(async () => {
    const lines = [...forms, ...refused.map(([args]) => args)].map((args) => ['iam', ...args])
    results = await runCliMany(lines, await noAccount())
  })

  test('prints the plan in four forms, without an account', () => {
    const [table, json, scw, terraform] = results
    for (const result of [table, json, scw, terraform]) {
      expect(result?.exitCode).toBe(0)
      expect(result?.stderr).toContain('Environment "recette" is an example')
      for (const { name } of plan.tiers) expect(result?.stdout).toContain(name)
    }
    expect(table?.stdout).toContain('What mode "path" does not protect:')
    expect(JSON.parse(json?.stdout ?? '')).toMatchObject({ version: 1, environment: 'recette' })
    expect(scw?.stdout).toMatch(/^#!\/bin\/sh\n/)
    expect(terraform?.stdout).toContain('required_providers')
  })

  test.each(refused)('%j is refused', (args, code, exitCode) => {
    const result = results[forms.length + refused.findIndex(([line]) => line === args)]
    expect([result?.exitCode, result?.stdout]).toEqual([exitCode, ''])
    expect(result?.stderr).toContain(`(${code})`)
  })
})

test('npm run iam -- --format terraform-imports reads what the account has', async () => {
  await using world = await plannedAccount(plan)
  const [tier] = plan.tiers
  const [remote] = resolve(trackdechets, 'recette').tiers[0]?.remoteSecrets ?? []
  const secret = { name: remote?.name ?? '', path: remote?.path ?? '', type: 'opaque' as const }
  const { id } = await createSecret(world.account, { region: 'fr-par', projectId: tier?.projectIds[0] ?? '' }, secret)
  const { exitCode, stdout } = await iam([...recette, '--format', 'terraform-imports'], accountOf(world))
  expect(exitCode).toBe(0)
  for (const { applicationId, policyId } of world.made.values())
    for (const made of [applicationId, policyId]) expect(stdout).toContain(`id = "${made}"`)
  expect(stdout).toContain(`to = scaleway_secret.remote["${secret.path}/${secret.name}"]\n  id = "fr-par/${id}"`)
  // It has no version: whoever applies gives it its value.
  expect(stdout).not.toContain('filled_secrets')
})

describe('npm run iam -- --verify', () => {
  test('ends with 0 and a table when the account is as planned', async () => {
    await using world = await plannedAccount(plan)
    const { exitCode, stdout, stderr } = await iam(verify, accountOf(world))
    expect([exitCode, stderr]).toEqual([0, ''])
    for (const { tier, name } of plan.tiers)
      expect(stdout).toMatch(new RegExp(`^${tier} +${name} +20\\d\\d-\\d\\d-\\d\\d$`, 'm'))
    expect(stdout).toContain('The account is as planned')
    const json = await iam([...verify, '--format', 'json'], accountOf(world))
    const keyExpires = expect.stringMatching(/^20\d\d-\d\d-\d\d$/)
    const applications = plan.tiers.map(({ tier, name }) => ({ tier, name, keyExpires, groups: ['All applications'] }))
    expect(JSON.parse(json.stdout)).toEqual({ version: 1, environment: 'recette', applications, problems: [] })
  })

  test('ends with 3 and every finding at once when it is not', async () => {
    await using world = await plannedAccount(plan)
    const { applicationId = '' } = world.made.get('backend') ?? {}
    const { accessKey = '' } = world.made.get('frontend') ?? {}
    const rules = [
      { permissionSetNames: ['AllProductsFullAccess'], condition: '', organizationId: world.organizationId },
    ]
    await world.iam.createPolicy({ name: 'wide', description: '', applicationId, rules })
    await world.iam.deleteAPIKey({ accessKey })
    const { exitCode, stdout, stderr } = await iam(verify, accountOf(world))
    expect([exitCode, stdout]).toEqual([3, ''])
    for (const code of ['IAM_POLICY_EXTRA', 'IAM_KEY_MISSING']) expect(stderr).toContain(`(${code})`)
    const json = await iam([...verify, '--format', 'json'], accountOf(world))
    expect(json.exitCode).toBe(3)
    expect(JSON.parse(json.stdout).problems.map(({ code }: { code: string }) => code)).toEqual([
      'IAM_POLICY_EXTRA',
      'IAM_KEY_MISSING',
    ])
  })

  test('a warning is shown and fails nothing', async () => {
    await using world = await plannedAccount(plan)
    const { applicationId = '' } = world.made.get('backend') ?? {}
    await world.iam.createAPIKey({ applicationId, description: '', expiresAt: new Date(Date.now() + 20 * dayMs) })
    const { exitCode, stdout, stderr } = await iam(verify, accountOf(world))
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('The account is as planned')])
    for (const code of ['IAM_KEYS_SEVERAL', 'IAM_KEY_EXPIRES_SOON']) expect(stderr).toContain(`(${code})`)
  })

  test('tells no key in any form', async () => {
    await using world = await plannedAccount(plan)
    const { applicationId = '' } = world.made.get('backend') ?? {}
    const added = await world.iam.createAPIKey({ applicationId, description: '' })
    const results = [await iam(verify, accountOf(world)), await iam([...verify, '--format', 'json'], accountOf(world))]
    const shown = results.map(({ stdout, stderr }) => stdout + stderr).join('')
    expect(shown).toContain(`…${added.accessKey.slice(-4)}`)
    const accessKeys = [...world.made.values()].map(({ accessKey }) => accessKey)
    for (const key of [...accessKeys, added.accessKey, added.secretKey ?? '', world.account.secretKey])
      expect(shown).not.toContain(key)
  })

  test.each([
    ['no secret key', { SCW_SECRET_KEY: '' }, 'SCALEWAY_KEY_MISSING', 3],
    ['a malformed one', { SCW_SECRET_KEY: 'mine' }, 'SCALEWAY_KEY_MALFORMED', 3],
    ['one nobody has', { SCW_SECRET_KEY: '0b8cc93b-dfd2-4427-b674-8d27affb0334' }, 'SCALEWAY_REFUSED', 4],
    ['no organization', { SCW_DEFAULT_ORGANIZATION_ID: '' }, 'ORGANIZATION_ID_MISSING', 3],
    ['another organization', { SCW_DEFAULT_ORGANIZATION_ID: plan.tiers[0]?.projectIds[0] ?? '' }, 'IAM_UNREADABLE', 4],
    ['nobody at the address', { SCW_API_URL: 'http://127.0.0.1:1' }, 'SCALEWAY_UNREACHABLE', 4],
  ])('%s ends with a sentence', async (_, env, code, expected) => {
    await using world = await emptyAccount()
    const { exitCode, stdout, stderr } = await iam(verify, { ...accountOf(world), ...env })
    expect([exitCode, stdout]).toEqual([expected, ''])
    expect(stderr).toContain(`(${code})`)
  })
})

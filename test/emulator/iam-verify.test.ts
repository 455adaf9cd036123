import { describe, expect, test } from 'vitest'
import { isError } from '../../scripts/lib/problems.ts'
import { type IamPlan, iamPlan } from '../../scripts/model/iam.ts'
import { resolve, resolveAll } from '../../scripts/model/resolve.ts'
import { readLiveIam } from '../../scripts/scaleway/live-iam.ts'
import { verifyIam } from '../../scripts/scaleway/verify-iam.ts'
import { bookshop } from '../fixtures/applications.ts'
import { application } from './clients.ts'
import { type AccountWorld, dayMs, emptyAccount, makeTier, plannedAccount } from './iam-account.ts'

const preview = iamPlan(resolve(bookshop, 'preview'))
const rehearsal = iamPlan(resolve(bookshop, 'rehearsal'))
const environmentOf = (projectId: string) =>
  resolveAll(bookshop).find(({ tiers }) => tiers.some((tier) => tier.projectId === projectId))?.environment

async function findings(world: AccountWorld, plan: IamPlan = preview, now = new Date()) {
  const live = await readLiveIam(world.account, world.organizationId, plan)
  return verifyIam(plan, live, { now, environmentOf })
}

const codes = async (...args: Parameters<typeof findings>) => (await findings(...args)).map(({ code }) => code)

const orders = (plan: IamPlan) => {
  const tier = plan.tiers.find(({ tier: name }) => name === 'orders')
  if (!tier) throw new Error('no tier orders')
  return tier
}
const made = (world: AccountWorld, tier = 'orders') => {
  const found = world.made.get(tier)
  if (!found) throw new Error(`nothing made for ${tier}`)
  return found
}

interface RuleInput {
  readonly sets: readonly string[]
  readonly condition?: string
  /** Default: the project of the tier `orders`; null is the whole organization. */
  readonly projects?: readonly string[] | null
}

const specs = (world: AccountWorld, plan: IamPlan, rules: readonly RuleInput[]) =>
  rules.map(({ sets, condition = '', projects = orders(plan).projectIds }) => ({
    permissionSetNames: [...sets],
    condition,
    ...(projects === null ? { organizationId: world.organizationId } : { projectIds: [...projects] }),
  }))

/** The tier's own policy with other rules. */
const withRules = async (plan: IamPlan, ...rules: readonly RuleInput[]) => {
  const world = await plannedAccount(plan)
  await world.iam.setRules({ policyId: made(world).policyId, rules: specs(world, plan, rules) })
  return world
}

const [list, access] = orders(preview).rules.map(({ permissionSet, condition = '' }) => ({
  sets: [permissionSet],
  condition,
})) as RuleInput[] as [RuleInput, RuleInput]

describe.each([
  ['path', preview],
  ['project', rehearsal],
])('in mode "%s"', (_, plan) => {
  test('an account that has what is planned has no finding', async () => {
    await using world = await plannedAccount(plan)
    expect(await findings(world, plan)).toEqual([])
  })

  test('an empty account lacks every application', async () => {
    await using world = await emptyAccount()
    expect(await findings(world, plan)).toMatchObject(
      plan.tiers.map(({ tier, name }) => ({
        code: 'IAM_APPLICATION_MISSING',
        where: `IAM application "${name}" (${tier})`,
      })),
    )
  })

  test('a second policy on the application is reported, with or without a condition', async () => {
    for (const condition of ['', 'resource.name.startsWith("/bookshop-orders/")']) {
      await using world = await plannedAccount(plan)
      const rules = specs(world, plan, [{ sets: ['SecretManagerReadOnly'], condition }])
      const { applicationId } = made(world)
      const { id } = await world.iam.createPolicy({ name: 'by hand', description: '', applicationId, rules })
      const [finding, ...others] = await findings(world, plan)
      expect(others).toEqual([])
      expect(finding).toMatchObject({ code: 'IAM_POLICY_EXTRA', fix: `Run \`scw iam policy delete ${id}\`.` })
      expect(finding?.message).toContain(condition === '' ? 'without a condition' : `if ${condition}`)
    }
  })

  test('a policy of a group the application is in is reported, and gone with its membership', async () => {
    await using world = await plannedAccount(plan)
    const { applicationId } = made(world)
    const { id: groupId } = await world.iam.createGroup({ name: 'everybody', description: '' })
    const rules = specs(world, plan, [{ sets: ['AllProductsFullAccess'], projects: null }])
    await world.iam.createPolicy({ name: 'of everybody', description: '', groupId, rules })
    expect(await findings(world, plan)).toEqual([])
    await world.iam.addGroupMember({ groupId, applicationId })
    const [finding, ...others] = await findings(world, plan)
    expect(others).toEqual([])
    expect(finding?.code).toBe('IAM_GROUP_POLICY')
    expect(finding?.message).toContain('AllProductsFullAccess on the whole organization without a condition')
    expect(finding?.fix).toBe(`Run \`scw iam group remove-member ${groupId} application-id=${applicationId}\`.`)
    await world.iam.removeGroupMember({ groupId, applicationId })
    expect(await findings(world, plan)).toEqual([])
  })

  test('a rule too many in its own policy is reported for what it is', async () => {
    const planned = orders(plan).rules.map(({ permissionSet, condition = '' }) => ({
      sets: [permissionSet],
      condition,
    }))
    const live = resolve(bookshop, 'live').tiers.find(({ name }) => name === 'orders')?.projectId ?? ''
    const cases: [RuleInput, string][] = [
      [{ sets: ['SecretManagerSecretWrite'] }, 'IAM_WRITE_PERMISSION'],
      [{ sets: ['SecretManagerSecretCreate'] }, 'IAM_WRITE_PERMISSION'],
      [{ sets: ['SecretManagerSecretDelete'] }, 'IAM_WRITE_PERMISSION'],
      [{ sets: ['SecretManagerSecretRestore'] }, 'IAM_WRITE_PERMISSION'],
      [{ sets: ['SecretManagerFullAccess'] }, 'IAM_WRITE_PERMISSION'],
      [{ sets: ['IAMManager'], projects: null }, 'IAM_WRITE_PERMISSION'],
      [{ sets: ['AllProductsFullAccess'] }, 'IAM_ALL_PRODUCTS'],
      [{ sets: ['AllProductsReadOnly'] }, 'IAM_ALL_PRODUCTS'],
      [{ sets: ['ObjectStorageReadOnly'] }, 'IAM_PERMISSION_UNPLANNED'],
      [{ sets: ['SecretManagerSecretAccess'], projects: null }, 'IAM_ORGANIZATION_SCOPE'],
      [{ sets: ['SecretManagerSecretAccess'], projects: [live] }, 'IAM_OTHER_PROJECT'],
    ]
    await using world = await plannedAccount(plan)
    for (const [rule, code] of cases) {
      const rules = specs(world, plan, [...planned, rule])
      await world.iam.setRules({ policyId: made(world).policyId, rules })
      expect([rule, await codes(world, plan)]).toEqual([rule, [code]])
    }
    expect((await findings(world, plan))[0]?.message).toContain(`project ${live} (environment "live")`)
  })
})

describe('rules of mode "path"', () => {
  test('one that is missing is reported', async () => {
    await using world = await withRules(preview, list)
    expect(await findings(world)).toMatchObject([
      { code: 'IAM_RULE_MISSING', message: expect.stringContaining('SecretManagerSecretAccess on project') },
    ])
  })

  test('one without its condition reads every tier, and is reported once', async () => {
    await using world = await withRules(preview, list, { sets: access.sets })
    expect(await codes(world)).toEqual(['IAM_RULE_UNCONDITIONED'])
  })

  test('one whose prefix has no slash at its end also matches other folders', async () => {
    const condition = 'resource.name.startsWith("/bookshop-orders")'
    await using world = await withRules(preview, list, { sets: access.sets, condition })
    expect(await codes(world)).toEqual(['IAM_CONDITION_WITHOUT_SLASH'])
  })

  test.each([
    ['the escape on the rule for values', access.sets, `${access.condition} || !has(resource.id)`],
    ['another folder', access.sets, 'resource.name.startsWith("/bookshop-storefront/")'],
    ['a narrower folder', access.sets, 'resource.name.startsWith("/bookshop-orders/db/")'],
  ])('%s is another condition', async (_, sets, condition) => {
    await using world = await withRules(preview, list, { sets, condition })
    expect(await codes(world)).toEqual(['IAM_CONDITION_DIFFERS'])
  })

  test('white space in a condition means nothing', async () => {
    await using world = await withRules(
      preview,
      { ...list, condition: ` ${list.condition?.replace('||', '\n  ||')} ` },
      access,
    )
    expect(await findings(world)).toEqual([])
  })

  test('both sets in one rule, with the escape, is wider than planned', async () => {
    const both = { sets: [...list.sets, ...access.sets], condition: list.condition ?? '' }
    await using world = await withRules(preview, both)
    expect(await codes(world)).toEqual(['IAM_CONDITION_DIFFERS'])
  })
})

describe('rules of mode "project"', () => {
  test('both sets in one rule are the same rights', async () => {
    await using world = await withRules(rehearsal, { sets: [...list.sets, ...access.sets] })
    expect(await findings(world, rehearsal)).toEqual([])
  })

  test('a condition makes a rule narrower than planned', async () => {
    await using world = await withRules(rehearsal, { sets: list.sets }, access)
    expect(await codes(world, rehearsal)).toEqual(['IAM_CONDITION_DIFFERS'])
  })

  test('the project of another tier instead of its own is wrong both ways', async () => {
    const other = rehearsal.tiers.find(({ tier }) => tier === 'mailer')?.projectIds[0] ?? ''
    await using world = await withRules(rehearsal, { sets: list.sets }, { sets: access.sets, projects: [other] })
    expect(await codes(world, rehearsal)).toEqual(['IAM_RULE_MISSING', 'IAM_OTHER_PROJECT'])
  })
})

describe('applications and policies', () => {
  test('a policy that is missing, or only called otherwise, is reported', async () => {
    await using world = await plannedAccount(preview)
    const { policyId } = made(world)
    await world.iam.updatePolicy({ policyId, name: 'renamed' })
    expect(await codes(world)).toEqual(['IAM_POLICY_MISSING', 'IAM_POLICY_EXTRA'])
    await world.iam.deletePolicy({ policyId })
    expect(await codes(world)).toEqual(['IAM_POLICY_MISSING'])
  })

  test('two applications of one name are reported; a name that only contains it is another', async () => {
    await using world = await plannedAccount(preview)
    const { name } = orders(preview)
    await world.iam.createApplication({ name: `${name}-old`, description: '' })
    expect(await findings(world)).toEqual([])
    await world.iam.createApplication({ name, description: '' })
    expect(await codes(world)).toEqual(['IAM_APPLICATION_DUPLICATE'])
  })

  test('one application for two tiers is one key for both', async () => {
    const shared = { ...preview, tiers: preview.tiers.map((tier) => ({ ...tier, name: 'bookshop-secrets' })) }
    await using world = await emptyAccount()
    const [finding] = await findings(world, shared)
    expect(finding).toMatchObject({ code: 'IAM_APPLICATION_SHARED', where: 'IAM application "bookshop-secrets"' })
    expect(finding?.message).toContain('mailer and orders and storefront')
  })

  test('what is on the second page of a list counts too', async () => {
    await using world = await emptyAccount({ limits: { applications: 300, apiKeys: 300, policies: 300, groups: 300 } })
    for (let index = 0; index < 100; index++) {
      await world.iam.createApplication({ name: `a${index}`, description: '' })
      await world.iam.createGroup({ name: `g${index}`, description: '' })
      await world.iam.createPolicy({ name: 'p', description: '', noPrincipal: true, rules: [] })
    }
    for (const tier of preview.tiers) await makeTier(world, preview, tier)
    expect(await findings(world)).toEqual([])
    const { applicationId } = made(world)
    for (let index = 0; index < 101; index++) await world.iam.createAPIKey({ applicationId, description: '' })
    const { id: groupId } = await world.iam.createGroup({ name: 'last', description: '' })
    await world.iam.addGroupMember({ groupId, applicationId })
    await world.iam.createPolicy({ name: 'last', description: '', groupId, rules: [] })
    const told = await codes(world)
    expect(told.filter((code) => code === 'IAM_KEY_WITHOUT_EXPIRY')).toHaveLength(101)
    expect(told).toContain('IAM_GROUP_POLICY')
  })
})

describe('keys', () => {
  const inDays = (days: number) => new Date(Date.now() + days * dayMs)

  test('none is an error', async () => {
    await using world = await plannedAccount(preview)
    await world.iam.deleteAPIKey({ accessKey: made(world).accessKey })
    expect(await findings(world)).toMatchObject([{ code: 'IAM_KEY_MISSING' }])
  })

  test('one that expires within the warning time is a warning, and once it has expired an error', async () => {
    await using world = await plannedAccount(preview)
    expect(await findings(world, preview, inDays(59))).toEqual([])
    const soon = await findings(world, preview, inDays(61))
    expect(soon.map(({ code }) => code)).toEqual(preview.tiers.map(() => 'IAM_KEY_EXPIRES_SOON'))
    expect(soon.some(isError)).toBe(false)
    expect(soon[0]?.fix).toContain('npm run credentials -- --environment preview --tier mailer --rotate')
    const over = await findings(world, preview, inDays(91))
    expect(over.map(({ code }) => code)).toEqual(preview.tiers.map(() => 'IAM_KEY_EXPIRED'))
    expect(over.every(isError)).toBe(true)
  })

  test('one that never expires is an error', async () => {
    await using world = await plannedAccount(preview)
    const { applicationId, accessKey } = made(world)
    await world.iam.createAPIKey({ applicationId, description: '' })
    await world.iam.deleteAPIKey({ accessKey })
    expect(await findings(world)).toMatchObject([{ code: 'IAM_KEY_WITHOUT_EXPIRY' }])
  })

  test('two that work, and an expired one beside one that works, are warnings', async () => {
    await using world = await plannedAccount(preview)
    const { applicationId } = made(world)
    await world.iam.createAPIKey({ applicationId, description: '', expiresAt: inDays(40) })
    expect(await findings(world)).toMatchObject([{ code: 'IAM_KEYS_SEVERAL', severity: 'warning' }])
    const later = await findings(world, preview, inDays(50))
    expect(later).toMatchObject([{ code: 'IAM_KEY_EXPIRED', severity: 'warning' }])
  })

  test('no access key is ever told in full', async () => {
    await using world = await plannedAccount(preview)
    const { applicationId } = made(world)
    const second = await world.iam.createAPIKey({ applicationId, description: '', expiresAt: inDays(3) })
    const text = JSON.stringify([await findings(world), await findings(world, preview, inDays(99))])
    expect(text).toContain(`…${second.accessKey.slice(-4)}`)
    for (const { accessKey } of [made(world), second]) expect(text).not.toContain(accessKey)
  })
})

test('an account that may not read IAM is reported which permission set it lacks', async () => {
  await using world = await plannedAccount(preview)
  const tier = await application(world, { sets: ['SecretManagerFullAccess'] })
  const reader = await application(world, { sets: ['IAMReadOnly'], projects: null })
  const as = (secretKey: string) =>
    readLiveIam({ ...world.account, secretKey }, world.organizationId, preview).catch((error: unknown) => error)
  expect(await as(tier.secretKey)).toMatchObject({ exitCode: 4, problems: [{ code: 'IAM_UNREADABLE' }] })
  expect(await as(reader.secretKey)).toHaveLength(preview.tiers.length)
})

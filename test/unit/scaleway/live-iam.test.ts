import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isError } from '../../../scripts/lib/problems.ts'
import { iamPlan } from '../../../scripts/model/iam.ts'
import { resolve } from '../../../scripts/model/resolve.ts'
import { readLiveIam } from '../../../scripts/scaleway/live-iam.ts'
import { verifyIam } from '../../../scripts/scaleway/verify-iam.ts'
import { applicationWith } from '../../helpers/applications.ts'

const whole = iamPlan(resolve(applicationWith(), 'dev'))
const plan = { ...whole, tiers: whole.tiers.slice(0, 1) }
const [tier] = plan.tiers
const now = new Date('2026-11-29T00:00:00Z')
const application = '2f5b1b06-6a3e-4a3b-9a3c-6f1de0a2b4c1'
const other = '77a1c0de-0b1d-4c2e-8f3a-5d6e7f809102'
const organization = '9b1d7c52-30f8-4e6a-b5c9-71f2a8e4d603'

type Fields = Readonly<Record<string, unknown>>

/** Lists as Scaleway answers them; the fields of August 2026 and whatever a test adds. */
interface Account {
  readonly groups?: readonly Fields[]
  readonly policies?: readonly Fields[]
  /** Rules by id of the policy. */
  readonly rules?: Readonly<Record<string, readonly Fields[]>>
  /** Fields of the rules of the planned policy. */
  readonly ruleFields?: Fields
}

let account: Account = {}
const server = createServer((request, response) => {
  const url = new URL(request.url ?? '', 'http://localhost')
  const list = url.pathname.split('/').at(-1) ?? ''
  const items = itemsOf(list, url.searchParams.get('policy_id') ?? '')
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ [list.replace('-', '_')]: items, total_count: items.length }))
})

function itemsOf(list: string, policyId: string): readonly Fields[] {
  const planned = (tier?.rules ?? []).map(({ permissionSet, projectId, condition }) => ({
    id: 'r',
    permission_set_names: [permissionSet],
    project_ids: [projectId],
    condition: condition ?? '',
    ...account.ruleFields,
  }))
  const key = { access_key: 'SCWAAAAAAAAAAAAAAAAA', description: '', expires_at: '2027-01-31T00:00:00Z' }
  const lists: Readonly<Record<string, readonly Fields[]>> = {
    applications: [{ id: application, name: tier?.name, managed: false }],
    policies: [policy({ id: 'planned', name: tier?.name, application_id: application }), ...(account.policies ?? [])],
    groups: account.groups ?? [],
    rules: policyId === 'planned' ? planned : (account.rules?.[policyId] ?? [wideRule]),
    'api-keys': [key],
  }
  return lists[list] ?? []
}

const policy = (fields: Fields) => ({
  id: 'wide',
  name: 'of everybody',
  description: '',
  nb_rules: 1,
  tags: [],
  ...fields,
})
const group = (fields: Fields) => ({
  id: 'g',
  name: 'crowd',
  user_ids: [],
  application_ids: [],
  all_users: false,
  all_applications: false,
  ...fields,
})
const wideRule = {
  permission_set_names: ['SecretManagerSecretAccess'],
  permission_sets_scope_type: 'projects',
  organization_id: organization,
  condition: '',
}

beforeAll(() => new Promise<void>((done) => void server.listen(0, '127.0.0.1', done)))
afterAll(() => new Promise((done) => server.close(done)))

const live = async (with_: Account) => {
  account = with_
  const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return readLiveIam({ apiUrl, secretKey: other }, organization, plan)
}
const findings = async (with_: Account) => verifyIam(plan, await live(with_), { now })

test('an account as planned has no finding, whatever else is in it', async () => {
  const elsewhere = [policy({ application_id: other }), policy({ user_id: other }), policy({ no_principal: true })]
  const groups = [group({ application_ids: [other] }), group({ id: 'users', all_users: true, user_ids: [other] })]
  expect(await findings({ policies: [...elsewhere, policy({ group_id: 'users' })], groups })).toEqual([])
})

describe('a policy that counts for the application', () => {
  const wide = 'gives it SecretManagerSecretAccess on the whole organization without a condition'
  test.each<[string, Account, string, string[], string]>([
    [
      'is of a group that holds every application',
      { groups: [group({ all_applications: true })], policies: [policy({ group_id: 'g' })] },
      'IAM_GROUP_POLICY',
      ['the group "crowd", which holds every application of the organization', 'policy "of everybody"', wide],
      'scw iam policy update wide',
    ],
    [
      'is of a group that lists it',
      { groups: [group({ application_ids: [other, application] })], policies: [policy({ group_id: 'g' })] },
      'IAM_GROUP_POLICY',
      ['the group "crowd", whose policy "of everybody"', wide],
      `scw iam group remove-member g application-id=${application}`,
    ],
    [
      'is of a group that names it in a field to come',
      { groups: [group({ members: [{ application: { id: application } }] })], policies: [policy({ group_id: 'g' })] },
      'IAM_GROUP_POLICY',
      ['the group "crowd", as a field of it says that is not known here', wide],
      'console',
    ],
    [
      'is attached to it a second time, under the planned name',
      { policies: [policy({ name: tier?.name, application_id: application })] },
      'IAM_POLICY_EXTRA',
      [wide],
      'scw iam policy delete wide',
    ],
    [
      'names it in a field to come',
      { policies: [policy({ application_ids: [application] })] },
      'IAM_PRINCIPAL_UNKNOWN',
      ['the policy "of everybody"', 'application_ids', 'SecretManagerSecretAccess on the whole organization'],
      'scw iam policy get wide',
    ],
    [
      'is of a user, and names it in a field to come',
      { policies: [policy({ user_id: other, also: { [application]: true } })] },
      'IAM_PRINCIPAL_UNKNOWN',
      ['also'],
      'scw iam policy get wide',
    ],
    [
      'is attached to something that is not known here',
      { policies: [policy({ all_applications: true })] },
      'IAM_PRINCIPAL_UNKNOWN',
      ['all_applications'],
      'scw iam policy get wide',
    ],
    [
      'does not say to whom it is attached',
      { policies: [policy({ no_principal: false })] },
      'IAM_PRINCIPAL_UNKNOWN',
      ['no field of it tells whom'],
      'scw iam policy get wide',
    ],
  ])('%s', async (_, with_, code, texts, fix) => {
    const errors = (await findings(with_)).filter(isError)
    expect(errors).toMatchObject([{ code, where: expect.stringContaining(`"${tier?.name}"`) }])
    for (const text of texts) expect(errors[0]?.message).toContain(text)
    expect(errors[0]?.fix).toContain(fix)
  })
})

describe('what is not known here', () => {
  test.each<[string, Account, string, string]>([
    [
      'a field of a group with a policy',
      { groups: [group({ nested: ['x'] })], policies: [policy({ group_id: 'g' })] },
      'IAM group "crowd"',
      'nested',
    ],
    [
      'a field of a policy',
      { policies: [policy({ user_id: other, expires_at: '2027-01-01' })] },
      'IAM policy "of everybody"',
      'expires_at',
    ],
    ['a field of a rule', { ruleFields: { effect: 'deny' } }, `IAM policy "${tier?.name}", a rule`, 'effect'],
  ])('%s is a warning', async (_, with_, where, field) => {
    const [finding, ...others] = await findings(with_)
    expect(others).toEqual([])
    expect(finding).toMatchObject({ code: 'IAM_FIELD_UNKNOWN', severity: 'warning', where })
    expect(finding?.message).toContain(`"${field}"`)
  })

  test('is not a warning while it has no value, nor in a group that has no policy', async () => {
    const empty = { a: null, b: false, c: '', d: [], e: 0, f: { g: null } }
    const policies = [policy({ group_id: 'g', ...empty })]
    expect(
      await findings({ groups: [group(empty), group({ id: 'h', nested: [1] })], policies, ruleFields: empty }),
    ).toEqual([])
  })

  test('is reported once for each field', async () => {
    const policies = ['a', 'b'].map((id) => policy({ id, user_id: other, fresh: 'x' }))
    expect(await findings({ policies })).toHaveLength(1)
  })
})

test('a group without a policy is reported with the application, and gives nothing', async () => {
  const groups = [group({ all_applications: true }), group({ id: 'h', name: 'old', application_ids: [application] })]
  const [found] = await live({ groups })
  expect(found?.groups).toEqual([
    { id: 'g', name: 'crowd', by: 'everybody' },
    { id: 'h', name: 'old', by: 'listed' },
  ])
  expect(await findings({ groups })).toEqual([])
})

test('a list of members that is missing or null holds nobody', async () => {
  const groups = [group({ application_ids: null }), group({ id: 'h', application_ids: undefined })]
  expect(await findings({ groups, policies: [policy({ group_id: 'g' }), policy({ group_id: 'h' })] })).toEqual([])
})

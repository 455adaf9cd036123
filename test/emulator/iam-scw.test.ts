import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { iamScwScript } from '../../scripts/generate/iam-scw.ts'
import { type RunResult, tryRun } from '../../scripts/lib/exec.ts'
import { type IamPlan, iamPlan } from '../../scripts/model/iam.ts'
import { resolve } from '../../scripts/model/resolve.ts'
import { readLiveIam } from '../../scripts/scaleway/live-iam.ts'
import { verifyIam } from '../../scripts/scaleway/verify-iam.ts'
import { bookshop } from '../fixtures/applications.ts'
import { executable, temporaryFolder } from '../helpers/folders.ts'
import { root } from '../helpers/generating.ts'
import { type AccountWorld, dayMs, emptyAccount, makeTier, plannedAccount } from './iam-account.ts'

/** Two tiers are enough to tell them apart. */
const planOf = (environment: string) => {
  const plan = iamPlan(resolve(bookshop, environment))
  return { ...plan, tiers: plan.tiers.slice(0, 2) }
}
const preview = planOf('preview')
const rehearsal = planOf('rehearsal')

interface Workplace {
  /** Runs the script of the plan; `scw`, `npm` and `sleep` are ours. */
  run(plan: IamPlan, env?: Record<string, string>): Promise<RunResult>
  /** The command lines of `scw`, `sleep` and `npm` since the last call. */
  calls(): Promise<string[][]>
  /** What `npm run credentials` was given on standard input, by its arguments. */
  credentials(): Promise<{ readonly args: string[]; readonly key: Record<string, unknown> }[]>
}

async function workplace(world: AccountWorld): Promise<Workplace> {
  const folder = await temporaryFolder()
  const bin = join(folder, 'bin')
  const log = join(folder, 'calls')
  const given = join(folder, 'credentials')
  await mkdir(bin)
  await copyFile(join(root, 'test/fixtures/scw.mjs'), join(bin, 'scw.mjs'))
  const logged = `printf '["%s"' "$(basename "$0")" >>"$SCW_LOG"; printf ',"%s"' "$@" >>"$SCW_LOG"; echo ']' >>"$SCW_LOG"\n`
  const programs = {
    scw: `exec '${process.execPath}' '${join(bin, 'scw.mjs')}' "$@"\n`,
    sleep: logged,
    npm: `${logged}[ -z "\${NPM_FAIL:-}" ] || exit 3\nprintf '%s\\n' "$*" >>'${given}'\nkey=$(cat)\n[ -n "$key" ] || exit 3\nprintf '%s\\n' "$key" >>'${given}'\n`,
  }
  for (const [name, text] of Object.entries(programs)) await executable(join(bin, name), text)
  const lines = async (path: string) =>
    (await readFile(path, 'utf8').catch(() => '')).split('\n').filter((l) => l !== '')
  return {
    async run(plan, env = {}) {
      const script = join(folder, 'iam.sh')
      await writeFile(script, iamScwScript(plan))
      return tryRun('sh', [script], {
        cwd: folder,
        env: {
          PATH: `${bin}:${process.env.PATH}`,
          SCW_LOG: log,
          SCW_API_URL: world.account.apiUrl,
          SCW_SECRET_KEY: world.account.secretKey,
          SCW_DEFAULT_ORGANIZATION_ID: world.organizationId,
          ...env,
        },
      })
    },
    async calls() {
      const found = (await lines(log)).map((line) => JSON.parse(line) as string[])
      await writeFile(log, '')
      return found
    },
    async credentials() {
      const all = await lines(given)
      return all.flatMap((line, index) =>
        index % 2 === 0 ? [{ args: line.split(' '), key: JSON.parse(all[index + 1] ?? '{}') }] : [],
      )
    },
  }
}

const changes = (calls: readonly string[][]) =>
  calls.filter((call) => call[0] !== 'iam' || !['list', 'get'].includes(call[2] ?? '')).map((call) => call.slice(0, 3))

const verified = async (world: AccountWorld, plan: IamPlan) =>
  verifyIam(plan, await readLiveIam(world.account, world.organizationId, plan), { now: new Date() })

describe.each([
  ['path', preview],
  ['project', rehearsal],
])('the script of a plan in mode "%s"', (_, plan) => {
  test('makes an empty account what is planned, and changes nothing when it is run again', async () => {
    await using world = await emptyAccount()
    const place = await workplace(world)
    expect(await place.run(plan)).toMatchObject({ exitCode: 0, stdout: '' })
    expect(await verified(world, plan)).toEqual([])
    const first = await place.calls()
    const perTier = (call: string[]) => plan.tiers.map(() => call)
    expect(changes(first).filter(([, , verb]) => verb === 'create')).toEqual(
      expect.arrayContaining([
        ...perTier(['iam', 'application', 'create']),
        ...perTier(['iam', 'policy', 'create']),
        ...perTier(['iam', 'api-key', 'create']),
      ]),
    )
    expect(first).toContainEqual(['sleep', '60'])

    expect(await place.run(plan)).toEqual({ exitCode: 0, stdout: '', stderr: '' })
    expect(changes(await place.calls())).toEqual([])
    expect(await verified(world, plan)).toEqual([])
  })

  test('hands each key to `npm run credentials` and to nobody else', async () => {
    await using world = await emptyAccount()
    const place = await workplace(world)
    const { stdout, stderr } = await place.run(plan)
    const credentials = await place.credentials()
    expect(credentials.map(({ args }) => args.join(' '))).toEqual(
      plan.tiers.map(({ tier }) => `run --silent credentials -- --environment ${plan.environment} --tier ${tier}`),
    )
    const shown = `${stdout}${stderr}${JSON.stringify(await place.calls())}`
    for (const { key } of credentials) {
      expect(key).toMatchObject({ access_key: expect.any(String), secret_key: expect.any(String) })
      expect(new Date(String(key.expires_at)).getTime()).toBeGreaterThan(
        Date.now() + (plan.keyLifetimeDays - 1) * dayMs,
      )
      expect(shown).not.toContain(key.secret_key)
      expect(shown).not.toContain(key.access_key)
    }
    expect(new Set(credentials.map(({ key }) => key.application_id)).size).toBe(plan.tiers.length)
  })

  test('puts rules that were changed by hand right', async () => {
    await using world = await plannedAccount(plan)
    const place = await workplace(world)
    const { policyId = '' } = world.made.get('orders') ?? {}
    const projectIds = plan.tiers.filter(({ tier }) => tier === 'orders').map(({ projectId }) => projectId)
    const rule = { permissionSetNames: ['SecretManagerFullAccess'], condition: '', projectIds }
    await world.iam.setRules({ policyId, rules: [rule] })
    expect(await verified(world, plan)).not.toEqual([])
    expect(await place.run(plan)).toMatchObject({ exitCode: 0 })
    expect(changes(await place.calls())).toEqual([
      ['iam', 'rule', 'update'],
      ['sleep', '60'],
    ])
    expect(await verified(world, plan)).toEqual([])
  })
})

describe('the script', () => {
  test('makes a key where none works any more, and only there', async () => {
    // To an emulator that lives in the past, a key that expired yesterday is one that can still be made.
    await using world = await plannedAccount(preview, { now: () => new Date(Date.now() - 30 * dayMs) })
    const place = await workplace(world)
    const { accessKey = '', applicationId = '' } = world.made.get('orders') ?? {}
    await world.iam.deleteAPIKey({ accessKey })
    await world.iam.createAPIKey({ applicationId, description: '', expiresAt: new Date(Date.now() - dayMs) })
    expect(await place.run(preview)).toMatchObject({ exitCode: 0 })
    expect((await place.credentials()).map(({ args }) => args.at(-1))).toEqual(['orders'])
  })

  test('lets a key without an expiry be: a running tier may use it', async () => {
    await using world = await plannedAccount(preview)
    const place = await workplace(world)
    const { accessKey = '', applicationId = '' } = world.made.get('orders') ?? {}
    await world.iam.deleteAPIKey({ accessKey })
    await world.iam.createAPIKey({ applicationId, description: '' })
    expect(await place.run(preview)).toEqual({ exitCode: 0, stdout: '', stderr: '' })
    expect(await place.credentials()).toEqual([])
  })

  test('refuses an application that serves another project, and leaves its policy as it is', async () => {
    const elsewhere: IamPlan = {
      ...preview,
      environment: 'elsewhere',
      tiers: preview.tiers.map((tier) => ({
        ...tier,
        rules: tier.rules.map((rule) => ({ ...rule, projectId: '6c1f0a4e-93b7-4d25-8e0f-b2a97c53d184' })),
      })),
    }
    await using world = await plannedAccount(elsewhere)
    const place = await workplace(world)
    const { exitCode, stderr } = await place.run(preview)
    expect(exitCode).toBe(3)
    expect(stderr).toContain('is for project 6c1f0a4e-93b7-4d25-8e0f-b2a97c53d184 too')
    expect(stderr).toContain('iamApplications')
    expect(changes(await place.calls())).toEqual([])
    expect(await verified(world, elsewhere)).toEqual([])
  })

  test('takes nothing that is only called alike for its own', async () => {
    await using world = await emptyAccount()
    const place = await workplace(world)
    for (const { name } of preview.tiers) await world.iam.createApplication({ name: `${name}-old`, description: '' })
    expect(await place.run(preview)).toMatchObject({ exitCode: 0 })
    expect(await verified(world, preview)).toEqual([])
  })

  test('refuses two applications of one name', async () => {
    await using world = await plannedAccount(preview)
    const place = await workplace(world)
    const [first] = preview.tiers
    if (!first) throw new Error('no tier')
    await makeTier(world, preview, first)
    const { exitCode, stderr } = await place.run(preview)
    expect([exitCode, stderr]).toEqual([3, expect.stringContaining(`There are two called "${first.name}"`)])
    expect(changes(await place.calls())).toEqual([])
  })

  test.each(['application list', 'policy list', 'rule list', 'rule update', 'api-key list'])(
    'ends when `scw iam %s` fails, and makes no key',
    async (failing) => {
      await using world = await plannedAccount(preview)
      const place = await workplace(world)
      const { policyId = '' } = world.made.get('orders') ?? {}
      if (failing === 'rule update') await world.iam.setRules({ policyId, rules: [] })
      const { exitCode, stderr } = await place.run(preview, { SCW_FAIL: failing })
      expect(exitCode).not.toBe(0)
      expect(stderr).toContain('http error 500')
      expect(await place.credentials()).toEqual([])
    },
  )

  test('says which key to delete when it could not be written', async () => {
    await using world = await emptyAccount()
    const place = await workplace(world)
    const { exitCode, stderr } = await place.run(preview, { NPM_FAIL: 'yes' })
    expect(exitCode).toBe(3)
    expect(stderr).toContain('No key was written for tier mailer. Delete the lost one (scw iam api-key list bearer-id=')
  })

  test('of an example environment runs against an emulator on this machine alone', async () => {
    await using world = await plannedAccount(preview)
    const place = await workplace(world)
    const example = { ...preview, example: true }
    expect(await place.run(example)).toMatchObject({ exitCode: 0 })
    await place.calls()
    for (const url of [
      'https://api.scaleway.com',
      '',
      'http://127.0.0.1.example.com:80',
      'http://localhost.example.com',
    ]) {
      const { exitCode, stderr } = await place.run(example, { SCW_API_URL: url })
      expect([url, exitCode, stderr]).toEqual([url, 3, expect.stringContaining('is an example')])
    }
    expect(await place.calls()).toEqual([])
  })
})

import { appendFile, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
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

/** Two tiers are enough to tell them apart. The organization is the emulator's, whatever the fixture says. */
const planOf = (environment: string) => {
  const plan = { ...iamPlan(resolve(bookshop, environment)), organizationId: undefined }
  return { ...plan, tiers: plan.tiers.slice(0, 2) }
}
const preview = planOf('preview')
const rehearsal = planOf('rehearsal')

interface Workplace {
  /** Runs the script of the plan; `scw`, `npm` and `sleep` are ours. */
  run(plan: IamPlan, env?: Record<string, string>): Promise<RunResult>
  /** The command lines of `scw`, `sleep` and `npm` since the last call. */
  calls(): Promise<string[][]>
  /** As if the key of a tier were in the cluster already, as far as `npm run credentials -- --check` can see. */
  hasKey(...tiers: readonly string[]): Promise<void>
  /** What `npm run credentials` was given on standard input, by its arguments. */
  credentials(): Promise<{ readonly args: string[]; readonly key: Record<string, unknown> }[]>
}

/**
 * What `npm run credentials` says and does, as far as the script sees it: `--check` looks for a tier in the file `cluster`,
 * else a key on standard input is kept in the file `credentials`, and the tier in `cluster`. `NPM_CHECK` is what the look
 * says instead, `NPM_SAYS` what a failure says of the key (`NPM_SAYS_OF`: of this tier alone); with `NPM_KILLED` nothing is said.
 */
function credentialsStub(folder: string): string {
  return `
name=$(printf '%s ' "$@" | sed 's/.*--tier \\([^ ]*\\) .*/\\1/')
case " $* " in
  *' --check '*)
    [ -z "\${NPM_CHECK:-}" ] || { echo "$NPM_CHECK" >&2; exit 3; }
    grep -qx "$name" '${folder}/cluster' 2>/dev/null && exit 0
    echo 'Secret: does not exist. (CREDENTIALS_MISSING)' >&2
    exit 3
    ;;
esac
key=$(cat)
[ -n "$key" ] || { echo '(KEY_MISSING)' >&2; exit 3; }
[ -z "\${NPM_KILLED:-}" ] || exit 137
if [ -n "\${NPM_SAYS:-}" ] && [ "\${NPM_SAYS_OF:-$name}" = "$name" ]; then
  end=$(printf '%s' "$key" | sed 's/.*"access_key":"[A-Z0-9]*\\([A-Z0-9]\\{4\\}\\)".*/\\1/')
  printf 'key: API key …%s\\nsecret: a/b\\n%s\\n' "$end" "$NPM_SAYS"
  case "$NPM_SAYS" in *true*) echo "$name" >>'${folder}/cluster' ;; esac
  exit 3
fi
printf '%s\\n%s\\n' "$*" "$key" >>'${folder}/credentials'
echo "$name" >>'${folder}/cluster'
printf 'key: API key …\\nwritten: true\\n'
`
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
    npm: `${logged}${credentialsStub(folder)}`,
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
    hasKey: (...tiers) => appendFile(join(folder, 'cluster'), tiers.map((tier) => `${tier}\n`).join('')),
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

/** All but the questions. */
const changes = (calls: readonly string[][]) =>
  calls
    .filter((call) => (call[0] === 'iam' ? !['list', 'get'].includes(call[2] ?? '') : !call.includes('--check')))
    .map((call) => call.slice(0, 3))

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
    await place.hasKey(...plan.tiers.map(({ tier }) => tier))
    const { policyId = '' } = world.made.get('orders') ?? {}
    const projectIds = plan.tiers.filter(({ tier }) => tier === 'orders').flatMap((tier) => tier.projectIds)
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
  test('makes a key where the cluster has none that works, and only there', async () => {
    await using world = await plannedAccount(preview)
    const place = await workplace(world)
    await place.hasKey('mailer')
    const { accessKey = '' } = world.made.get('orders') ?? {}
    const { exitCode, stderr } = await place.run(preview)
    expect([exitCode, (await place.credentials()).map(({ args }) => args.at(-1))]).toEqual([0, ['orders']])
    expect(stderr).toContain(`It has had keys before, ending in …${accessKey.slice(-4)}: delete those that nobody uses`)
    expect(stderr).not.toContain(accessKey)
    await place.calls()
    expect(await place.run(preview)).toEqual({ exitCode: 0, stdout: '', stderr: '' })
  })

  test('makes another key where the one in the cluster is not known to Scaleway', async () => {
    await using world = await plannedAccount(preview)
    const place = await workplace(world)
    expect(await place.run(preview, { NPM_CHECK: 'API key …AAAA: is not known. (KEY_UNKNOWN)' })).toMatchObject({
      exitCode: 0,
    })
    expect(await place.credentials()).toHaveLength(2)
  })

  test('takes rules in another order for the same', async () => {
    await using world = await plannedAccount(preview)
    const place = await workplace(world)
    await place.hasKey('mailer', 'orders')
    for (const { tier, rules } of preview.tiers) {
      const { policyId = '' } = world.made.get(tier) ?? {}
      const reversed = [...rules].reverse().map(({ permissionSet, projectId, condition = '' }) => {
        return { permissionSetNames: [permissionSet], projectIds: [projectId], condition }
      })
      await world.iam.setRules({ policyId, rules: reversed })
    }
    expect(await place.run(preview)).toEqual({ exitCode: 0, stdout: '', stderr: '' })
    expect(changes(await place.calls())).toEqual([])
  })

  test.each([
    ['the kube context is another one', 'environment "preview": the current kube context is … (KUBE_CONTEXT_DIFFERS)'],
    ['the key is sealed', 'a: is sealed. (CREDENTIALS_SEALED)\n\nb: is not known. (KEY_UNKNOWN)'],
    ['npm does not run', 'sh: npm: not found'],
  ])('ends before any key is made when %s', async (_, told) => {
    await using world = await emptyAccount()
    const place = await workplace(world)
    const { exitCode, stdout, stderr } = await place.run(preview, { NPM_CHECK: told })
    expect([exitCode, stdout]).toEqual([3, ''])
    expect(stderr).toContain(told)
    expect(stderr).toMatch(/It could not be found out whether tier mailer needs a key, .*\nNo key was made\.$/)
    expect(await world.iam.listAPIKeys({ organizationId: world.organizationId })).toMatchObject({ totalCount: 1 })
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

  const steps = ['application list', 'application create', 'policy list', 'policy create', 'rule list', 'rule update']

  test.each([...steps, 'api-key list'])(
    'ends when `scw iam %s` fails, and says that no key was made',
    async (failing) => {
      const creates = failing.endsWith('create')
      await using world = creates ? await emptyAccount() : await plannedAccount(preview)
      const place = await workplace(world)
      const { policyId = '' } = world.made.get('orders') ?? {}
      if (failing === 'rule update') await world.iam.setRules({ policyId, rules: [] })
      const { exitCode, stderr } = await place.run(preview, { SCW_FAIL: failing })
      expect(exitCode).not.toBe(0)
      expect(stderr).toMatch(/http error 500[\s\S]*\nNo key was made\.$/)
      expect(await place.credentials()).toEqual([])
    },
  )

  test('continues where it failed', async () => {
    await using world = await emptyAccount()
    const place = await workplace(world)
    expect(await place.run(preview, { SCW_FAIL: 'policy create' })).not.toMatchObject({ exitCode: 0 })
    expect(await place.run(preview)).toMatchObject({ exitCode: 0 })
    expect(await verified(world, preview)).toEqual([])
  })

  /** Makes the account, so that only keys are left to make. */
  const withoutKeys = async () => {
    const world = await plannedAccount(preview)
    for (const { accessKey } of world.made.values()) await world.iam.deleteAPIKey({ accessKey })
    return world
  }
  const keysOf = async (world: AccountWorld, tier: string) => {
    const bearerId = world.made.get(tier)?.applicationId ?? ''
    const { apiKeys } = await world.iam.listAPIKeys({ organizationId: world.organizationId, bearerId })
    return apiKeys.map(({ accessKey }) => accessKey)
  }

  test('says that no key was made when Scaleway refuses to make one', async () => {
    await using world = await withoutKeys()
    const place = await workplace(world)
    const { exitCode, stderr } = await place.run(preview, { SCW_FAIL: 'api-key create' })
    expect([exitCode, await keysOf(world, 'mailer')]).toEqual([3, []])
    expect(stderr).toMatch(/No key of tier mailer was made\. Run this again\.$/)
  })

  test('says which key nobody has when it was made and not written, and makes another one the next time', async () => {
    await using world = await withoutKeys()
    const place = await workplace(world)
    const { exitCode, stderr } = await place.run(preview, { NPM_SAYS: 'written: false' })
    const [lost = ''] = await keysOf(world, 'mailer')
    expect(exitCode).toBe(3)
    const end = `…${lost.slice(-4)}`
    expect(stderr).toContain(
      `A key of tier mailer was made, ${end}, and was not written: nobody has it. Delete it (scw iam`,
    )
    expect(stderr).not.toContain(lost)
    expect(await place.run(preview)).toMatchObject({ exitCode: 0 })
    expect((await place.credentials()).map(({ args }) => args.at(-1))).toEqual(['mailer', 'orders'])
  })

  test('says that a key is to be kept when it was written and something later failed', async () => {
    await using world = await withoutKeys()
    const place = await workplace(world)
    const { exitCode, stderr } = await place.run(preview, { NPM_SAYS: 'written: true' })
    expect(exitCode).toBe(3)
    expect(stderr).toContain('The new key of tier mailer is in the cluster: keep it. The next step failed')
    expect(stderr).not.toMatch(/delete/i)
    await place.calls()
    expect(await place.run(preview)).toMatchObject({ exitCode: 0 })
    expect((await place.credentials()).map(({ args }) => args.at(-1))).toEqual(['orders'])
  })

  test.each([
    ['nothing is said of it', { NPM_KILLED: 'yes' }],
    ['the answer to the write was lost', { NPM_SAYS: 'written: unknown' }],
  ])('says that it does not know when %s, and how to find out', async (_, env) => {
    await using world = await withoutKeys()
    const place = await workplace(world)
    const { exitCode, stderr } = await place.run(preview, env)
    const [made = ''] = await keysOf(world, 'mailer')
    expect(exitCode).toBe(3)
    expect(stderr).toContain(`A key of tier mailer was made: …${made.slice(-4)} (scw iam api-key list bearer-id=`)
    expect(stderr).toContain('It is not known what became of the key of tier mailer. Before any key is deleted')
    expect(stderr).toMatch(/credentials -- --environment preview --tier mailer --check$/)
  })

  test('names the keys that were written before a later tier failed', async () => {
    await using world = await withoutKeys()
    const place = await workplace(world)
    const { stderr } = await place.run(preview, { NPM_SAYS: 'written: false', NPM_SAYS_OF: 'orders' })
    expect(stderr).toContain('A key of tier orders was made')
    expect(stderr).toMatch(/Written to the cluster by this run, and to be kept, is the key of: mailer\.$/)
  })

  test('of an example environment runs against an emulator on this machine alone', async () => {
    await using world = await plannedAccount(preview)
    const place = await workplace(world)
    const example = { ...preview, example: true }
    await place.hasKey('mailer', 'orders')
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

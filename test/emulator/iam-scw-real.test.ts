import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
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
import { tools } from '../helpers/tools.ts'
import { type AccountWorld, emptyAccount } from './iam-account.ts'
import { scwOf } from './scw.ts'

/** Keeps the key of each tier as the cluster would; with `--check` it tells whether there is one. */
const npm = `tier=
check=
while [ $# -gt 0 ]; do
  case "$1" in
    --tier) tier=$2; shift ;;
    --check) check=yes ;;
  esac
  shift
done
if [ -n "$check" ]; then
  [ -s "$KEYS/$tier" ] || { echo 'error: no key (CREDENTIALS_MISSING)' >&2; exit 3; }
  exit 0
fi
cat >"$KEYS/$tier"
[ -s "$KEYS/$tier" ] && echo 'written: true'`

interface Workplace {
  run(plan: IamPlan): Promise<RunResult>
  /** The key that a tier was given. */
  keyOf(tier: string): Promise<Readonly<Record<string, unknown>>>
}

/** The script is run by the system's own shell, with Scaleway's own tool; the cluster and the minute of waiting are ours. */
async function workplace({ emulator }: AccountWorld): Promise<Workplace> {
  const folder = await temporaryFolder()
  const bin = join(folder, 'bin')
  const keys = join(folder, 'keys')
  for (const path of [bin, keys]) await mkdir(path)
  await symlink((await tools('scw')).scw.path, join(bin, 'scw'))
  await executable(join(bin, 'npm'), npm)
  await executable(join(bin, 'sleep'), '')
  const { env } = await scwOf(emulator, emulator.owner)
  const script = join(folder, 'iam.sh')
  return {
    async run(plan) {
      await writeFile(script, iamScwScript(plan))
      return tryRun('sh', [script], {
        cwd: folder,
        env: { ...env, PATH: `${bin}:${env.PATH}`, KEYS: keys },
        onlyEnv: true,
      })
    },
    keyOf: async (tier) => JSON.parse(await readFile(join(keys, tier), 'utf8')),
  }
}

/** The organization is the emulator's, whatever the fixture says. */
const planOf = (environment: string) => {
  const plan = { ...iamPlan(resolve(bookshop, environment)), organizationId: undefined }
  return plan
}

describe.each(['preview', 'rehearsal'])("with Scaleway's own scw, the script of %s", (environment) => {
  test('makes an empty account what is planned, and run again changes nothing', async () => {
    await using world = await emptyAccount()
    const plan = planOf(environment)
    const place = await workplace(world)
    const verified = async () =>
      verifyIam(plan, await readLiveIam(world.account, world.organizationId, plan), { now: new Date() })
    const changes = () => world.emulator.requests().entries.filter(({ method }) => method !== 'GET')

    expect(await place.run(plan)).toMatchObject({ exitCode: 0, stdout: '' })
    expect(await verified()).toEqual([])
    expect(changes()).toHaveLength(3 * plan.tiers.length)
    const { apiKeys } = await world.iam.listAPIKeys({ bearerType: 'application' })
    for (const { tier } of plan.tiers) {
      const { access_key, secret_key } = await place.keyOf(tier)
      expect(apiKeys.map(({ accessKey }) => accessKey)).toContain(access_key)
      expect(secret_key).toEqual(expect.any(String))
    }

    world.emulator.resetRequests()
    expect(await place.run(plan)).toMatchObject({ exitCode: 0, stdout: '' })
    expect(world.emulator.requests().total).toBeGreaterThan(0)
    expect(changes()).toEqual([])
    expect(await verified()).toEqual([])
  })

  test('puts rules that were changed by hand right', async () => {
    await using world = await emptyAccount()
    const plan = planOf(environment)
    const place = await workplace(world)
    await place.run(plan)
    const { policies } = await world.iam.listPolicies()
    const [policy] = policies
    if (!policy) throw new Error('no policy')
    const rules = [{ permissionSetNames: ['IAMReadOnly'], condition: '', organizationId: world.organizationId }]
    const projectIds = plan.tiers.filter(({ name }) => name === policy.name).flatMap((tier) => tier.projectIds)
    await world.iam.setRules({
      policyId: policy.id,
      rules: [{ permissionSetNames: ['SecretManagerFullAccess'], condition: '', projectIds }],
    })
    expect(await place.run(plan)).toMatchObject({ exitCode: 0 })
    const live = await readLiveIam(world.account, world.organizationId, plan)
    expect(verifyIam(plan, live, { now: new Date() })).toEqual([])
    // Rights on the organization are not another project, and are replaced as well.
    await world.iam.setRules({ policyId: policy.id, rules })
    expect(await place.run(plan)).toMatchObject({ exitCode: 0 })
    const again = await readLiveIam(world.account, world.organizationId, plan)
    expect(verifyIam(plan, again, { now: new Date() })).toEqual([])
  })
})

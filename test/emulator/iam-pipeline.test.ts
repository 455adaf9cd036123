import { readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { pipelineScwScript } from '../../scripts/generate/iam-pipeline.ts'
import { type RunResult, tryRun } from '../../scripts/lib/exec.ts'
import { pipelineIamPlan } from '../../scripts/model/iam.ts'
import { resolve } from '../../scripts/model/resolve.ts'
import { readLiveIam } from '../../scripts/scaleway/live-iam.ts'
import { listFolder } from '../../scripts/scaleway/secrets.ts'
import { verifyIam } from '../../scripts/scaleway/verify-iam.ts'
import { bookshop } from '../fixtures/applications.ts'
import { executable, temporaryFolder } from '../helpers/folders.ts'
import { tools } from '../helpers/tools.ts'
import { type AccountWorld, emptyAccount } from './iam-account.ts'
import { scwOf } from './scw.ts'

/*
 * The script for a pipeline, run by the system's own shell with Scaleway's own tool.
 */

/** The script with what stands for the command that stores the key; undefined: without one. */
async function runScript({ emulator }: AccountWorld, environment: string, store?: string) {
  const folder = await temporaryFolder()
  await symlink((await tools('scw')).scw.path, join(folder, 'scw'))
  const kept = join(folder, 'kept')
  const { env } = await scwOf(emulator, emulator.owner)
  const command = store === undefined ? [] : [await executable(join(folder, 'store'), store)]
  await writeFile(join(folder, 'iam.sh'), pipelineScwScript(planOf(environment)))
  const options = { cwd: folder, env: { ...env, PATH: `${folder}:${env.PATH}`, KEPT: kept }, onlyEnv: true }
  const run: RunResult = await tryRun('sh', ['iam.sh', ...command], options)
  return { ...run, kept: await readFile(kept, 'utf8').catch(() => undefined) }
}

const planOf = (environment: string) => ({
  ...pipelineIamPlan(resolve(bookshop, environment)),
  // The emulator's, whatever the fixture says.
  organizationId: undefined,
})

const keysOf = async (world: AccountWorld) => (await world.iam.listAPIKeys({ bearerType: 'application' })).apiKeys

describe.each(['preview', 'rehearsal'])('the script for a pipeline of %s', (environment) => {
  const plan = planOf(environment)
  const verified = async (world: AccountWorld) =>
    verifyIam(plan, await readLiveIam(world.account, world.organizationId, plan), { now: new Date() })

  test('makes what is planned, and gives its key to the command that stores it and to nobody else', async () => {
    await using world = await emptyAccount()
    const without = await runScript(world, environment)
    expect(without).toMatchObject({ exitCode: 0, stdout: '', kept: undefined })
    expect(without.stderr).toMatch(/No key was made: there was no command to store it\.$/)
    expect((await verified(world)).map(({ code }) => code)).toEqual(['IAM_KEY_MISSING'])

    const made = await runScript(world, environment, 'cat >"$KEPT"')
    expect([made.exitCode, made.stdout, made.stderr]).toEqual([
      0,
      '',
      expect.stringMatching(/^stored a key for application "bookshop-/),
    ])
    expect(await verified(world)).toEqual([])
    const [key] = await keysOf(world)
    expect(`${made.stderr}`).not.toContain(made.kept)
    expect(`${made.stderr}`).not.toContain(key?.accessKey)
    const [tier] = resolve(bookshop, environment).tiers
    const account = { ...world.account, secretKey: made.kept ?? '' }
    const scope = { region: 'fr-par', projectId: tier?.projectId ?? '' }
    expect(await listFolder(account, scope, tier?.remotePath ?? '')).toEqual([])
  })

  test('deletes a key that could not be stored', async () => {
    await using world = await emptyAccount()
    const failed = await runScript(world, environment, 'cat >/dev/null; exit 7')
    expect([failed.exitCode, failed.stderr]).toEqual([
      3,
      expect.stringMatching(/The key was not stored, because the command failed: .*\. It was deleted again\.$/),
    ])
    expect(await keysOf(world)).toEqual([])
  })

  test('tells of a key that was there before', async () => {
    await using world = await emptyAccount()
    for (const _ of [1, 2]) expect(await runScript(world, environment, 'cat >"$KEPT"')).toMatchObject({ exitCode: 0 })
    const { stderr } = await runScript(world, environment, 'cat >"$KEPT"')
    expect(stderr).toMatch(/It has had keys before, ending in …\w{4} …\w{4}: delete those that nobody uses/)
    expect((await verified(world)).map(({ code, severity }) => [code, severity])).toEqual([
      ['IAM_KEYS_SEVERAL', 'warning'],
    ])
  })
})

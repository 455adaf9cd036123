import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { prepare } from '../../scripts/change/rotation/prepare.ts'
import { rotate } from '../../scripts/change/rotation/rotate-unit.ts'
import { isError } from '../../scripts/lib/problems.ts'
import { generateValue } from '../../scripts/payload/seed.ts'
import { createVersion } from '../../scripts/scaleway/versions.ts'
import { cutRun } from '../helpers/killed-run.ts'
import { type Disturbed, type InterruptedRotations, nextRun } from './interrupted-rotation.ts'
import type { UnitRotation } from './rotation-world.ts'
import { expectShared, startSharedRotations } from './shared-rotation.ts'

let all: InterruptedRotations

beforeAll(async () => {
  all = await startSharedRotations()
}, 120_000)
afterAll(() => all?.[Symbol.asyncDispose]())

/** The three units by their kind. */
const workers = () => all.workers as readonly [Disturbed, Disturbed, Disturbed]

/** `npm run <command> -- --environment plain <args>`. */
async function cli(command: string, args: readonly string[], input?: string) {
  const result = await all.here.cli(command, args, input === undefined ? {} : { input })
  all.trace(result.stdout + result.stderr)
  return result
}

/** The same, and that this is what is delivered. */
async function expectInUse(login: UnitRotation, what: string) {
  await login.expectInUse(await expectShared(login, what), what)
}

describe('the command line', () => {
  test('tells every step in every tier, and writes nothing by --dry-run', async () => {
    const { exitCode, stdout } = await cli('rotate', ['worker.ROW_KEY', '--generate', '--dry-run'])
    expect([exitCode, stdout.trimEnd().split('\n')]).toEqual([
      0,
      [
        'add a version to /tandem-web/key-base, with KEY_BASE generated',
        'add a version to /tandem-worker/relay, with ROW_KEY generated',
        'have web-secrets, worker-secrets refreshed, and compare it with the new version',
        'restart Deployment/tandem-web/server, Deployment/tandem-worker/server, and wait up to 5m until they are ready',
        'disable version 1 of /tandem-web/key-base, version 1 of /tandem-worker/relay',
      ],
    ])
  })

  test('rotates to one generated value in all tiers, and comes back in all of them', async () => {
    const [{ login }] = workers()
    const [old, restarts] = [await login.current(), await login.restarts()]
    const { exitCode, stdout } = await cli('rotate', ['web.KEY_BASE', '--generate', '--yes', '--output', 'json'])
    expect([exitCode, JSON.parse(stdout)]).toMatchObject([
      0,
      {
        tier: 'web',
        tiers: ['web', 'worker'],
        rotated: 'web.KEY_BASE',
        outcome: 'rotated',
        variables: ['web.KEY_BASE', 'worker.ROW_KEY'],
        remoteSecrets: [{ remoteSecret: '/tandem-web/key-base' }, { remoteSecret: '/tandem-worker/relay' }],
        workloads: [
          { tier: 'web', name: 'server', action: 'restart' },
          { tier: 'worker', name: 'server', action: 'restart' },
        ],
      },
    ])
    await expectInUse(login, 'rotated')
    expect((await login.current())['web.KEY_BASE'] === old['web.KEY_BASE']).toBe(false)
    expect(await login.restarts()).toBe(restarts + 2)
    expect((await cli('status', [])).stderr).not.toContain('SHARED_VALUES_DIFFER')
    expect((await cli('rotate', ['worker.ROW_KEY', '--abort', '--yes'])).exitCode).toBe(0)
    await login.expectInUse(old, 'back')
    expect(await login.statuses()).toEqual([
      ['enabled', 'disabled'],
      ['enabled', 'disabled'],
    ])
    await login.forget()
  })

  test('puts the old value back in all tiers when the probe fails, which is told about all of them', async () => {
    const [{ login }] = workers()
    const old = await login.current()
    const probe =
      'test "$TIERED_SECRETS_TIERS $TIERED_SECRETS_NAMESPACES" = "web worker tandem-web tandem-worker" && exit 7'
    const { exitCode, stderr } = await cli('rotate', ['web.KEY_BASE', '--generate', '--probe', probe, '--yes'])
    expect([exitCode, stderr]).toEqual([3, expect.stringContaining('ended with exit code 7')])
    await login.expectInUse(old, 'back')
    await login.forget()
  })

  test('refuses different values for one, and takes one line for all', async () => {
    const [, { login }] = workers()
    const differing = ['shop', 'desk'].map((tier) => `${tier}.DB_USER=user-of-${tier}\n`).join('')
    const refused = await cli('rotate', ['desk-db', '--yes'], differing)
    expect([refused.exitCode, refused.stderr]).toEqual([3, expect.stringContaining('FILL_SHARED_VALUES_DIFFER')])
    const done = await cli('rotate', ['desk-db', '--no-overlap', '--yes'], 'DB_USER=user-of-both\n')
    expect([done.exitCode, done.stderr]).toEqual([0, expect.stringContaining('shop.shop-login is rotated')])
    await expectInUse(login, 'one line')
    expect((await login.current())['desk.DB_USER']).toBe('user-of-both')
    await login.finish(login.context())
  })

  test('does not replace what is irreplaceable without its name, in whichever tier it is named', async () => {
    for (const args of [['desk.ARCHIVE_KEY'], ['shop.ARCHIVE_KEY', '--generate']]) {
      const { exitCode, stderr } = await cli('rotate', [...args, '--yes'])
      expect([exitCode, stderr]).toEqual([3, expect.stringContaining('irreplaceable: the archive can only be read')])
      expect(stderr).toContain('`--replace-irreplaceable shop.ARCHIVE_KEY`')
    }
    const { exitCode, stdout } = await cli('rotate', [
      'desk.ARCHIVE_KEY',
      '--generate',
      '--replace-irreplaceable',
      'desk.ARCHIVE_KEY',
      '--dry-run',
    ])
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('add a version to /tandem-shop/archive-key')])
  })

  test('status tells values that differ, and its fix mends them', async () => {
    const [, , { login }] = workers()
    const { owner, model, idOf, tier } = all.here
    await createVersion(owner, model.region, await idOf(tier('lab'), 'key-base'), `strange-${'x'.repeat(32)}`)
    const { exitCode, stderr } = await cli('status', ['--tier', 'yard'])
    expect([exitCode, stderr]).toEqual([3, expect.stringContaining('(SHARED_VALUES_DIFFER)')])
    const fix = / fill (?:-- )?([^`]* --share yard\.ROW_KEY)`/.exec(stderr)?.[1]?.split(' ').slice(2)
    if (!fix) throw new Error(`no command in ${stderr}`)
    expect((await cli('fill', [...fix, '--yes'])).exitCode).toBe(0)
    expect((await cli('status', ['--tier', 'yard'])).stderr).not.toContain('SHARED_VALUES_DIFFER')
    await login.forget()
  })
})

test('what is generated is the same in all tiers, wherever its rotation was cut off', async () => {
  const [worker] = workers()
  const { login, gates, context } = worker
  for (let at = 1; at <= 3; at++) {
    const what = `cut off after write ${at}`
    const run = async (own: typeof context) => {
      const options = { readValues: async () => new Map(), generate: generateValue, restart: true }
      const preparation = await prepare(own, options)
      expect([what, preparation.problems.filter(isError)]).toEqual([what, []])
      await rotate(own, { ...preparation, restart: true, overlap: false })
    }
    const { isCut } = await cutRun(gates, { side: 'scaleway', at, when: 'after' }, (signal) =>
      run(nextRun({ ...context, signal })),
    )
    expect([what, isCut]).toEqual([what, true])
    await login.runOutLease()
    await run(nextRun(context))
    await expectInUse(login, what)
    await login.forget()
  }
})

test('no value is in any output, argument, journal, event, log or file', () => all.expectNoLeaks(5))

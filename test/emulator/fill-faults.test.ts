import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { mapConcurrently } from '../../scripts/lib/concurrent.ts'
import { ProblemError } from '../../scripts/lib/problems.ts'
import type { FaultKind } from '../../scripts/local/emulator/admin/faults.ts'
import { type EmulatorOptions, startEmulator } from '../../scripts/local/emulator/emulator.ts'
import { writeDotenv } from '../../scripts/payload/dotenv.ts'
import { bookshop } from '../fixtures/applications.ts'
import { compiledCli } from '../helpers/cli.ts'
import { temporaryFolder } from '../helpers/folders.ts'
import { type Gatekeeper, startGate } from '../helpers/gate.ts'
import { adoptApplication, userFolder } from '../helpers/repository.ts'
import { type FillWorld, filled, named, startFillWorld, tellTale, type Values, valuesFor } from './fill-world.ts'

const environment = 'preview'
/** Two single values and a bundle. */
const tier = 'orders'
const housekeeping = { replace: true, disablePrevious: true, prune: true }

/** What is filled, from what, and how the account looks when that is done. */
const scenarios = [
  { name: 'an empty account', isEmpty: true, options: {}, args: [], after: ['enabled'] },
  {
    name: 'a full account with other values',
    isEmpty: false,
    options: housekeeping,
    args: ['--replace', '--disable-previous', '--prune'],
    after: ['scheduled_for_deletion', 'disabled', 'enabled'],
  },
] as const

type Scenario = (typeof scenarios)[number]

/** An account as the scenario wants it: a full one has a disabled version, then an enabled one, of other values. */
async function worldFor(
  { isEmpty }: Scenario,
  options: EmulatorOptions = {},
): Promise<{ world: FillWorld; values: Values }> {
  const world = await startFillWorld(bookshop, environment, { ...options, tier })
  if (!isEmpty) {
    await world.fill(valuesFor(world.model))
    await world.fill(valuesFor(world.model), { replace: true, disablePrevious: true })
  }
  world.emulator.resetRequests()
  return { world, values: valuesFor(world.model) }
}

/** How many requests the undisturbed run makes, and how many of them write. */
async function requestsOf(scenario: Scenario): Promise<{ total: number; writes: number }> {
  const { world, values } = await worldFor(scenario)
  await using _ = world
  await world.fill(values, scenario.options)
  const { total, entries } = world.emulator.requests()
  expect(await world.contents(values)).toEqual(filled(world.model, ...scenario.after))
  return { total, writes: entries.filter(({ method }) => method !== 'GET').length }
}

/** Only a problem may end a run: what else is thrown is a bug. */
async function endsWell(run: Promise<unknown>): Promise<'done' | 'told'> {
  try {
    await run
    return 'done'
  } catch (error) {
    if (error instanceof ProblemError) return 'told'
    throw error
  }
}

const numbersTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

describe.each(scenarios)('filling $name', (scenario) => {
  test.each<FaultKind>(['too_many_requests', 'internal_error', 'reset'])(
    'a fault at every request in turn loses and doubles nothing: %s',
    async (kind) => {
      const { total } = await requestsOf(scenario)
      expect(total).toBeGreaterThan(6)
      const ends = await mapConcurrently(numbersTo(total), 20, async (number) => {
        const { world, values } = await worldFor(scenario)
        await using _ = world
        let seen = 0
        await using gate = await startGate({ url: world.emulator.url }, (_request, forward) => {
          seen++
          if (seen === number) world.emulator.faults.add({ kind, count: 1 })
          return forward()
        })
        const end = await endsWell(world.fill(values, { ...scenario.options, apiUrl: gate.url }))
        expect(world.emulator.requests().entries.filter(({ fault }) => fault).length).toBe(1)
        await world.fill(values, scenario.options)
        expect(await world.contents(values)).toEqual(filled(world.model, ...scenario.after))
        return end
      })
      expect(ends).toEqual(ends.map(() => 'done'))
    },
    120_000,
  )

  test('answers that get lost after every request in turn are found out', async () => {
    const { total } = await requestsOf(scenario)
    await mapConcurrently(numbersTo(total), 10, async (number) => {
      const { world, values } = await worldFor(scenario)
      await using _ = world
      let seen = 0
      await using gate = await startGate({ url: world.emulator.url }, async (_request, forward) => {
        const answer = await forward()
        seen++
        return seen === number ? 'reset' : answer
      })
      expect(await endsWell(world.fill(values, { ...scenario.options, apiUrl: gate.url }))).toBe('done')
      expect(await world.contents(values)).toEqual(filled(world.model, ...scenario.after))
    })
  }, 120_000)

  test('a key that is revoked at every request in turn is told, and with one that works it goes on', async () => {
    const { total } = await requestsOf(scenario)
    await mapConcurrently(numbersTo(total), 10, async (number) => {
      const { world, values } = await worldFor(scenario)
      await using _ = world
      const { emulator } = world
      let seen = 0
      await using gate = await startGate({ url: emulator.url }, (_request, forward) => {
        if (++seen === number) emulator.setKeyDisabled(emulator.owner.accessKey, true)
        return forward()
      })
      const end = await endsWell(world.fill(values, { ...scenario.options, apiUrl: gate.url }))
      emulator.setKeyDisabled(emulator.owner.accessKey, false)
      expect([number, end]).toEqual([number, 'told'])
      await world.fill(values, scenario.options)
      expect(await world.contents(values)).toEqual(filled(world.model, ...scenario.after))
    })
  }, 120_000)

  test('Scaleway that goes away at every request in turn, and comes back, has lost and doubled nothing', async () => {
    const folder = await temporaryFolder()
    const { total } = await requestsOf(scenario)
    // One after the other: another one could take the port meanwhile.
    for (const number of numbersTo(total)) {
      const stateFile = join(folder, `${number}.json`)
      const { world, values } = await worldFor(scenario, { stateFile })
      await using _ = world
      const { url, owner, stop } = world.emulator
      let seen = 0
      await using gate = await startGate({ url }, async (_request, forward) => {
        if (++seen < number) return forward()
        await stop()
        return 'reset'
      })
      const end = await endsWell(world.fill(values, { ...scenario.options, apiUrl: gate.url }))
      expect([number, end]).toEqual([number, 'told'])
      const { accessKey, secretKey } = owner
      await using _back = await startEmulator({
        port: Number(new URL(url).port),
        owner: { accessKey, secretKey },
        stateFile,
        limits: { secrets: 1000 },
      })
      await world.fill(values, scenario.options)
      expect(await world.contents(values)).toEqual(filled(world.model, ...scenario.after))
    }
  }, 120_000)

  test('answers that are slow, and those that come too late, lose and double nothing', async () => {
    const { total } = await requestsOf(scenario)
    await mapConcurrently(numbersTo(total), 10, async (number) => {
      const { world, values } = await worldFor(scenario)
      await using _ = world
      world.emulator.faults.add({ kind: 'latency', delayMs: 5 })
      let seen = 0
      // It is done, and nobody hears of it in time.
      await using gate = await startGate({ url: world.emulator.url }, async (_request, forward) => {
        const answer = await forward()
        return ++seen === number ? 'hang' : answer
      })
      const parts = { ...scenario.options, apiUrl: gate.url, timeoutMs: 1_500 }
      expect([number, await endsWell(world.fill(values, parts))]).toEqual([number, 'done'])
      expect(await world.contents(values)).toEqual(filled(world.model, ...scenario.after))
    })
  }, 120_000)

  test('killed after every write in turn, it goes on where it ended', async () => {
    const repository = await userFolder()
    await adoptApplication(repository, bookshop)
    const folder = await temporaryFolder()
    const { writes } = await requestsOf(scenario)
    expect(writes).toBeGreaterThan(5)
    await mapConcurrently(numbersTo(writes), 2, async (number) => {
      const { world, values } = await worldFor(scenario)
      await using _ = world
      const file = join(folder, `${number}.env`)
      await writeFile(file, writeDotenv(named(values)), { mode: 0o600 })
      let seen = 0
      let shown = ''
      const gatekeeper: Gatekeeper = async ({ method }, forward) => {
        const answer = await forward()
        if (method === 'GET' || ++seen < number) return answer
        shown += readFileSync(`/proc/${child.pid}/cmdline`, 'utf8')
        child.kill('SIGKILL')
        return 'hang'
      }
      await using gate = await startGate({ url: world.emulator.url }, gatekeeper)
      const args = ['fill', '--environment', environment, '--tier', tier, '--from', file, '--yes', ...scenario.args]
      const child = spawn(process.execPath, [compiledCli, ...args], {
        cwd: repository.folder,
        env: { ...process.env, ...world.env(gate.url) },
      })
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (shown += String(text)))
      const [, signal] = await once(child, 'close')
      expect([number, signal]).toEqual([number, 'SIGKILL'])
      for (const value of tellTale(values)) expect(shown.includes(value)).toBe(false)
      await world.fill(values, scenario.options)
      expect(await world.contents(values)).toEqual(filled(world.model, ...scenario.after))
    })
  }, 240_000)
})

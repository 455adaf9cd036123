import { readFile, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { defaultWaits, type RotationContext } from '../../../../scripts/change/rotation/rotation-context.ts'
import { runProbe } from '../../../../scripts/change/rotation/run-probe.ts'
import { resolve } from '../../../../scripts/model/resolve.ts'
import { findUnit } from '../../../../scripts/model/rotation-unit.ts'
import { applicationWith } from '../../../helpers/applications.ts'
import { eventually } from '../../../helpers/eventually.ts'
import { temporaryFolder } from '../../../helpers/folders.ts'
import { problemOf } from '../../../helpers/problems.ts'
import { isRunning } from '../../../helpers/processes.ts'

const model = resolve(applicationWith({ secrets: [{ variable: 'TOKEN' }] }), 'dev')

function contextWith({ signal = new AbortController().signal, probeMs = 60_000 }): RotationContext {
  const parts = {
    model,
    unit: findUnit(model, 'TOKEN'),
    signal,
    waits: { ...defaultWaits, probeMs },
    log: () => undefined,
  }
  return parts as unknown as RotationContext
}

/** A command that lasts, and the process it has started. */
async function lasting() {
  const file = join(await temporaryFolder(), 'pid')
  const read = async () => Number(await readFile(file, 'utf8').catch(() => ''))
  return { probe: { command: `sh -c 'echo $$ >${file}; sleep 60'; true`, env: process.env, folder: '/' }, pid: read }
}

test('it is given the way to the network, and none of the keys', async () => {
  const env = {
    PATH: process.env.PATH,
    HTTPS_PROXY: 'http://proxy.example:3128',
    https_proxy: 'http://proxy.example:3129',
    HTTP_PROXY: 'http://proxy.example:3130',
    http_proxy: 'http://proxy.example:3131',
    NO_PROXY: 'a.example',
    no_proxy: 'b.example',
    SCW_SECRET_KEY: 'hunter2',
  }
  const file = join(await temporaryFolder(), 'env')
  await runProbe(contextWith({}), { command: `env >${file}`, env, folder: '/' })
  const given = (await readFile(file, 'utf8')).split('\n')
  const { SCW_SECRET_KEY: _, ...handed } = env
  expect(given).toEqual(expect.arrayContaining(Object.entries(handed).map(([name, value]) => `${name}=${value}`)))
  expect(given.filter((line) => line.includes('hunter2'))).toEqual([])
})

test('one that takes too long is ended with what it has started, and is reported as late', async () => {
  const { probe, pid } = await lasting()
  const problem = await problemOf(runProbe(contextWith({ probeMs: 2_000 }), probe))
  expect(problem).toMatchObject({
    code: 'PROBE_FAILED',
    message: 'took longer than 2 seconds. Expected exit code 0 within 2 seconds.',
  })
  expect([(await pid()) > 1, isRunning(await pid())]).toEqual([true, false])
})

test('one that is interrupted is ended with what it has started, and has not failed', async () => {
  const interrupt = new AbortController()
  const { probe, pid } = await lasting()
  const end = runProbe(contextWith({ signal: interrupt.signal }), probe).catch((reason: unknown) => reason)
  await eventually(pid, (found) => found > 1)
  interrupt.abort('SIGINT')
  expect(await end).toBe('SIGINT')
  expect(isRunning(await pid())).toBe(false)
})

test('it runs where it was typed', async () => {
  const folder = await temporaryFolder()
  await runProbe(contextWith({}), { command: 'pwd >here', env: process.env, folder })
  expect((await readFile(join(folder, 'here'), 'utf8')).trim()).toBe(await realpath(folder))
})

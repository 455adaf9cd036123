import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type ProcessOptions, startProcess } from '../../../../scripts/local/stack/process.ts'
import { eventually } from '../../../helpers/eventually.ts'
import { temporaryFolder } from '../../../helpers/folders.ts'
import { problemOf } from '../../../helpers/problems.ts'
import { isRunning } from '../../../helpers/processes.ts'

async function shell(script: string, options: Partial<ProcessOptions> = {}): Promise<ProcessOptions> {
  const cwd = await temporaryFolder()
  return {
    name: 'part',
    file: '/bin/sh',
    args: ['-c', script],
    env: { PATH: '/usr/bin:/bin' },
    cwd,
    logFile: join(cwd, 'part.log'),
    ready: async () => (await stat(join(cwd, 'ready'))).isFile(),
    pollMs: 10,
    ...options,
  }
}

test('a process is ready when it says so, and is gone after it is disposed', async () => {
  const options = await shell('sleep 0.1; touch ready; exec sleep 60')
  const part = await startProcess(options)
  expect(isRunning(part.pid)).toBe(true)
  await part[Symbol.asyncDispose]()
  expect(isRunning(part.pid)).toBe(false)
})

test('an early exit is reported as such, with its last lines', async () => {
  const options = await shell('echo "cannot bind" >&2; exit 7', { timeoutMs: 5000 })
  const problem = await problemOf(startProcess(options))
  expect(problem).toMatchObject({ code: 'PROCESS_EXITED', where: 'part', exitCode: 4 })
  expect(problem.message).toBe('exited with 7 before it was ready. Expected it to keep running. Its last lines:')
  expect(problem.lastLines).toEqual(['cannot bind'])
})

test('an early end by a signal is reported as such', async () => {
  const problem = await problemOf(startProcess(await shell('kill -9 $$')))
  expect(problem.message).toBe(
    'was ended by SIGKILL before it was ready. Expected it to keep running. It wrote nothing.',
  )
})

test('a program that is not there is reported as such', async () => {
  const problem = await problemOf(startProcess(await shell('', { file: '/nowhere/etcd' })))
  expect(problem.message).toContain("can't be started (ENOENT) before it was ready")
})

test('a timeout is reported as a timeout, and leaves nothing running', async () => {
  let pid = 0
  const options = await shell('echo starting; exec sleep 60', { timeoutMs: 100, onSpawn: (id) => (pid = id) })
  const problem = await problemOf(startProcess(options))
  expect(problem).toMatchObject({ code: 'PROCESS_TIMEOUT', exitCode: 4 })
  expect(problem.message).toContain('is running but was not ready after 0.1 s. Expected it to answer by then.')
  expect(problem.lastLines).toEqual(['starting'])
  expect(isRunning(pid)).toBe(false)
})

test('an interruption while it starts leaves nothing running', async () => {
  let pid = 0
  const interrupt = new AbortController()
  const options = await shell('exec sleep 60', { signal: interrupt.signal, onSpawn: (id) => (pid = id) })
  setTimeout(() => interrupt.abort(new Error('interrupted')), 50)
  await expect(startProcess(options)).rejects.toThrow('interrupted')
  expect(isRunning(pid)).toBe(false)
})

test('a process that ignores SIGTERM is killed after the grace time, with its children', async () => {
  const options = await shell('trap "" TERM; sleep 61 & touch ready; while :; do sleep 0.1; done', { graceMs: 100 })
  const part = await startProcess(options)
  const started = Date.now()
  await part[Symbol.asyncDispose]()
  expect(Date.now() - started).toBeGreaterThanOrEqual(95)
  await eventually(
    () => isRunning(-part.pid),
    (running) => !running,
  )
})

test('an end during use is reported once, a stop of ours never', async () => {
  const dies = await startProcess(await shell('touch ready; sleep 0.1; echo "disk full"; exit 3'))
  expect((await dies.failure).problems[0]?.message).toContain('exited with 3 while it was in use')
  const stopped = await startProcess(await shell('touch ready; exec sleep 60'))
  await stopped[Symbol.asyncDispose]()
  const silence = new Promise((resolve) => setTimeout(resolve, 50, 'silence'))
  expect(await Promise.race([stopped.failure, silence])).toBe('silence')
})

test('nothing of the environment of this process is inherited', async () => {
  process.env.SCW_SECRET_KEY = 'must-not-leak'
  const options = await shell('env > ready; exec sleep 60')
  await using _part = await startProcess(options)
  delete process.env.SCW_SECRET_KEY
  const { readFile } = await import('node:fs/promises')
  expect(await readFile(join(options.cwd, 'ready'), 'utf8')).not.toContain('must-not-leak')
})

import { describe, expect, test } from 'vitest'
import { lastLines, run, tryRun } from '../../../scripts/lib/exec.ts'
import { problemOf } from '../../helpers/problems.ts'
import { isRunning } from '../../helpers/processes.ts'

const node = (code: string): [string, string[]] => [process.execPath, ['-e', code]]

test('a program has its output, its errors and its exit code', async () => {
  const result = await tryRun(...node('console.log("out"); console.error("err"); process.exit(7)'))
  expect(result).toEqual({ stdout: 'out', stderr: 'err', exitCode: 7 })
})

test('a program reads what it is given, and nothing from the terminal', async () => {
  const echo = 'process.stdin.pipe(process.stdout)'
  expect(await run(...node(echo), { input: 'given' })).toBe('given')
  expect(await run(...node(echo))).toBe('')
})

test('arguments are not shell text', async () => {
  expect(await run(process.execPath, ['-e', 'console.log(process.argv[1])', '$HOME `id` "x"'])).toBe('$HOME `id` "x"')
})

test('a failing program is reported with its command, exit code and last lines', async () => {
  const problem = await problemOf(
    run(...node('for (let i = 0; i < 20; i++) console.error("line", i); process.exit(2)')),
  )
  expect(problem).toMatchObject({ code: 'TOOL_FAILED', exitCode: 3 })
  expect(problem.where).toMatch(/^node -e 'for/)
  expect(problem.message).toMatch(/^ended with exit code 2\. Expected 0\. Its last lines:$/)
  expect(problem.lastLines).toEqual(Array.from({ length: 12 }, (_, index) => `line ${index + 8}`))
})

test('a failure may have an exit code and a remedy of its own', async () => {
  const problem = await problemOf(run(...node('process.exit(1)'), { exitCode: 4, fix: 'Plug it in.' }))
  expect(problem).toMatchObject({ exitCode: 4, fix: 'Plug it in.' })
})

test('a program that is not there is a missing tool', async () => {
  expect(await problemOf(tryRun('/nowhere/helm', []))).toMatchObject({
    code: 'TOOL_MISSING',
    where: '/nowhere/helm',
    exitCode: 5,
  })
})

test('a program that is ended by a signal counts as interrupted', async () => {
  const interrupt = new AbortController()
  const running = tryRun(...node('console.error("up"); setInterval(() => {}, 1000)'), {
    signal: interrupt.signal,
    onStderrLine: () => interrupt.abort(),
  })
  expect((await running).exitCode).toBe(130)
})

test.each([
  ['by the signal that ends it', 'setInterval(() => {}, 1000)'],
  ['in a way of its own', 'process.on("SIGTERM", () => process.exit(1)); setInterval(() => {}, 1000)'],
])('an interruption is not a failure of the program, which ends %s', async (_, code) => {
  const interrupt = new AbortController()
  const running = run(...node(`${code}; console.error("up")`), {
    signal: interrupt.signal,
    onStderrLine: () => interrupt.abort('SIGINT'),
  })
  await expect(running).rejects.toBe('SIGINT')
})

test('what a program said before it was interrupted at its very end still counts', async () => {
  const interrupt = new AbortController()
  const code = 'process.on("SIGTERM", () => { console.log("done"); process.exit(0) }); setInterval(() => {}, 1000)'
  const running = run(...node(`${code}; console.error("up")`), {
    signal: interrupt.signal,
    onStderrLine: () => interrupt.abort('SIGINT'),
  })
  expect(await running).toBe('done')
})

test('a program that takes too long is ended', async () => {
  const result = await tryRun(...node('setInterval(() => {}, 1000)'), { timeoutMs: 200 })
  expect(result).toMatchObject({ exitCode: 130, wasLate: true })
})

describe('a program with a group of its own', () => {
  /** A shell that waits for a program of its own, which no polite signal ends. */
  const stubborn = [
    '-c',
    `${process.execPath} -e 'process.on("SIGTERM", () => {}); console.error(process.pid); setInterval(() => {}, 1000)'; true`,
  ]
  test('is ended with everything it has started, when it takes too long', async () => {
    let pid = 0
    const onStderrLine = (line: string) => {
      pid = Number(line)
    }
    const result = await tryRun('/bin/sh', stubborn, { isGroup: true, timeoutMs: 2_000, onStderrLine })
    expect(result).toMatchObject({ wasLate: true })
    expect([pid > 1, isRunning(pid)]).toEqual([true, false])
  })

  test('and when it is interrupted', async () => {
    const interrupt = new AbortController()
    let pid = 0
    const onStderrLine = (line: string) => {
      pid = Number(line)
      interrupt.abort()
    }
    const result = await tryRun('/bin/sh', stubborn, { isGroup: true, signal: interrupt.signal, onStderrLine })
    expect(result.wasLate).toBe(undefined)
    expect([pid > 1, isRunning(pid)]).toEqual([true, false])
    const late = await tryRun('/bin/sh', ['-c', 'sleep 60'], { isGroup: true, signal: interrupt.signal })
    expect(late.exitCode).toBe(130)
  })

  test('ends by itself like any other', async () => {
    const options = { isGroup: true, timeoutMs: 60_000, signal: new AbortController().signal }
    expect(await tryRun('/bin/sh', ['-c', 'echo out; exit 3'], options)).toEqual({
      stdout: 'out',
      stderr: '',
      exitCode: 3,
    })
    expect(await problemOf(tryRun('/nowhere/helm', [], options))).toMatchObject({ code: 'TOOL_MISSING' })
  })
})

test('its lines of progress are handed on as they come', async () => {
  const lines: string[] = []
  await tryRun(...node('console.error("one"); console.error("two")'), { onStderrLine: (line) => void lines.push(line) })
  expect(lines).toEqual(['one', 'two'])
})

test('the last lines are without empty ones at the end', () => {
  expect(lastLines('a\nb\nc\n\n', 2)).toEqual(['b', 'c'])
})

test('a program sees the environment of this process, unless it is given another', async () => {
  const program = node('console.log(Object.keys(process.env).filter((name) => name !== "PWD").join())')
  expect((await run(...program)).split(',')).toContain('PATH')
  expect(await run(...program, { env: { ONLY: 'x' }, onlyEnv: true })).toBe('ONLY')
})

test('a silent program shows nothing, and nobody waits for what it leaves running', async () => {
  const silent = { isSilent: true, env: process.env }
  expect(await tryRun('/bin/sh', ['-c', 'echo out; echo err >&2; sleep 60 & exit 3'], silent)).toEqual({
    stdout: '',
    stderr: '',
    exitCode: 3,
  })
})

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { compile } from '../../build/compile.ts'
import { tryRun } from '../../scripts/lib/exec.ts'
import { cliOfPackage } from '../helpers/cli.ts'
import { eventually } from '../helpers/eventually.ts'
import { temporaryFolder } from '../helpers/folders.ts'
import { type Repository, repositoryCopy } from '../helpers/repository.ts'

let repository: Repository
/** What Node is given to start the command line, compiled with the two commands. */
let compiled: string
beforeAll(async () => {
  repository = await repositoryCopy()
  await repository.write('scripts/commands/lab-rat.ts', labRat)
  await repository.write('scripts/commands/lab-cat.ts', labCat)
  const programs = ['scripts/cli.ts', 'scripts/commands/lab-rat.ts', 'scripts/commands/lab-cat.ts']
  await compile(programs, join(repository.folder, 'dist/lab'), repository.folder)
  compiled = join(repository.folder, 'dist/lab/scripts/cli.js')
})

/** A command that does what its option says. */
const labRat = `
import { once } from 'node:events'
import { defineCommand } from '../lib/command.ts'
import { lines, styled, together } from '../lib/printable.ts'
import { formatProblems, ProblemError } from '../lib/problems.ts'

const problem = (where: string, severity: 'error' | 'warning' = 'error') =>
  ({ code: 'LAB', where, message: 'is so. Expected otherwise.', fix: 'Change it.', severity })

export const command = defineCommand<{ readonly act: string }>({
  name: 'lab:rat', summary: 'Does.', example: 'npm run lab:rat', options: [{ flags: '--act <act>', description: 'what' }],
  leaves: 'half a maze',
  async run({ act }, io) {
    if (act === 'throw') throw new TypeError('not foreseen')
    if (act === 'refuse') throw new ProblemError([problem('b'), problem('c', 'warning'), problem('a')], 4)
    if (act === 'colour') { io.out(together(styled('OK', 'good'), lines(''))); io.tell(formatProblems([problem('a')])); return 0 }
    if (act === 'finish') { io.out('result'); io.log('progress'); return 3 }
    if (act === 'print') { for (let i = 0; i < 1e5; i++) io.out('a line of the result\\n'); return 0 }
    const keepAlive = setInterval(() => undefined, 1000)
    io.log('up')
    await once(io.signal, 'abort')
    if (act === 'be stuck') { io.log('stuck'); await new Promise(() => undefined) }
    if (act === 'say') io.log('ended by ' + io.signal.reason)
    clearInterval(keepAlive)
    if (act === 'stop') return 0
    if (act === 'stop-badly') throw new ProblemError(problem('left over'))
    throw io.signal.reason
  },
})
`

/** A command that says what it was reported. */
const labCat = `
import { defineCommand } from '../lib/command.ts'

export const command = defineCommand<{ readonly mouse: string; readonly loud?: boolean }>({
  name: 'lab:cat', summary: 'Says.', example: 'npm run lab:cat -- x',
  argument: { name: 'mouse', description: 'which' },
  options: [{ flags: '--loud', description: 'how' }, { flags: '--hole <file>', description: 'where' }],
  async run(options, io) { io.out(JSON.stringify(options)); return 0 },
})
`

/** A command line in a process of its own, to its end. */
const cli = (args: readonly string[], env: Readonly<Record<string, string>> = {}, program = [compiled]) =>
  tryRun(process.execPath, [...program, ...args], { cwd: repository.folder, env })

const labRatDoes = (act: string, program?: string[]) => cli(['lab:rat', '--act', act], {}, program)

/** The same, running. */
function labRatStarts(act: string): { child: ChildProcess; stderr(): string } {
  const child = spawn(process.execPath, [compiled, 'lab:rat', '--act', act], {
    cwd: repository.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk
  })
  return { child, stderr: () => stderr }
}

test.each([
  ['compiled', undefined],
  ['TypeScript', [...cliOfPackage]],
])(
  "the result goes to standard output and progress to standard error, and the exit code is the command's: %s",
  async (_, program) => {
    expect(await labRatDoes('finish', program)).toEqual({ exitCode: 3, stdout: 'result', stderr: 'progress' })
  },
)

test('problems are reported together, sorted, with the exit code they were thrown with', async () => {
  const { exitCode, stdout, stderr } = await labRatDoes('refuse')
  const text = (where: string) => `${where}: is so. Expected otherwise.\n  fix: Change it.\n  (LAB)`
  expect(stderr).toBe([text('a'), text('b'), text('warning: c')].join('\n'))
  expect([exitCode, stdout]).toEqual([4, ''])
})

test('any other thrown error is our bug: exit code 1, and the lines to report', async () => {
  const { exitCode, stdout, stderr } = await labRatDoes('throw')
  expect(stderr).toMatch(
    /^This is a bug of tiered-secrets, please report it with the lines below\.\n\| TypeError: not foreseen\n\| +at /,
  )
  expect([exitCode, stdout]).toEqual([1, ''])
})

test.each([
  ['SIGINT', 'hang', 130, ''],
  ['SIGTERM', 'hang', 130, ''],
  ['SIGHUP', 'hang', 130, ''],
  ['SIGINT', 'stop', 0, ''],
  ['SIGINT', 'stop-badly', 3, 'left over: is so. Expected otherwise.\n  fix: Change it.\n  (LAB)\n'],
] as const)('after %s a command that would %s ends with exit code %i', async (signal, act, exitCode, message) => {
  const { child, stderr } = labRatStarts(act)
  const exited = once(child, 'close')
  await eventually(stderr, (text) => text === 'up\n')
  child.kill(signal)
  expect(await exited).toEqual([exitCode, null])
  expect(stderr()).toBe(`up\n${message}`)
})

test('at a second Ctrl-C a command that does not end is ended at once, and what it leaves is reported', async () => {
  const { child, stderr } = labRatStarts('be stuck')
  const exited = once(child, 'close')
  await eventually(stderr, (text) => text === 'up\n')
  child.kill('SIGINT')
  await eventually(stderr, (text) => text.includes('stuck'))
  // npm passes on the one that the terminal has sent us as well.
  child.kill('SIGINT')
  const hint = 'interrupted: ending in order; Ctrl-C once more ends it at once'
  await eventually(stderr, (text) => text.includes(hint))
  child.kill('SIGINT')
  expect(await exited).toEqual([130, null])
  expect(stderr()).toBe(`up\nstuck\n${hint}\nended at once: half a maze\n`)
})

test.each(['npm', 'a shell of npm'])('a command whose npm is killed ends in order (%s)', async (how) => {
  const line = 'node --import tsx scripts/cli.ts lab:rat --act say'
  const script = how === 'npm' ? line : `${line} || exit 1; echo over`
  await repository.write('package.json', JSON.stringify({ type: 'module', scripts: { rat: script } }))
  const npm = spawn('npm', ['run', '--silent', 'rat'], { cwd: repository.folder, stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => void npm.kill('SIGKILL'))
  let stderr = ''
  npm.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk
  })
  await eventually(
    () => stderr,
    (text) => text === 'up\n',
  )
  npm.kill('SIGKILL')
  // It has our pipe until it ends.
  await once(npm.stderr, 'close')
  expect(stderr).toBe('up\nended by SIGHUP\n')
})

test('a broken package.json ends a command before it runs, but not one that asks for help', async () => {
  const other = await temporaryFolder()
  await writeFile(join(other, 'package.json'), '{')
  const typed = (...args: string[]) => tryRun(process.execPath, [compiled, ...args], { cwd: other })
  const { exitCode, stderr } = await typed('lab:rat', '--act', 'say')
  expect([exitCode, stderr]).toEqual([
    3,
    expect.stringMatching(/^package\.json: is not JSON: .*\n.*\n {2}\(JSON_INVALID\)$/),
  ])
  expect(await typed('lab:rat', '--help')).toMatchObject({ exitCode: 0 })
})

test('a reader that has read enough, such as `head`, is not an error', async () => {
  const { child, stderr } = labRatStarts('print')
  const exited = once(child, 'close')
  child.stdout?.once('data', () => child.stdout?.destroy())
  expect(await exited).toEqual([0, null])
  expect(stderr()).toBe('')
})

test('a command is found by the name the user types, and by no other', async () => {
  const { exitCode, stderr } = await cli(['lab-rat'])
  expect(stderr).toContain('lab-rat: there is no such command. Did you mean "lab:rat"?')
  expect(exitCode).toBe(2)
})

test('what a command is reported by its place is handed on by its name, wherever the options are', async () => {
  for (const line of [
    ['pip', '--loud'],
    ['--loud', 'pip'],
  ]) {
    const { exitCode, stdout } = await cli(['lab:cat', ...line])
    expect([exitCode, JSON.parse(stdout)]).toEqual([0, { mouse: 'pip', loud: true }])
  }
  const help = await cli(['lab:cat', '--help'])
  expect(help.stdout).toMatch(/^Usage: npm run lab:cat -- \[options\] <mouse>$/m)
  expect(help.stdout).toMatch(/^ {2}mouse +which$/m)
})

test.each([
  [[], "missing required argument 'mouse'."],
  [['pip', 'pup'], 'too many arguments. Expected 1 argument but got 2.'],
])('told by %j it says what is wrong, with exit code 2', async (line, message) => {
  const { exitCode, stdout, stderr } = await cli(['lab:cat', ...line])
  expect(stderr).toContain(`npm run lab:cat: ${message}\n  fix: `)
  expect([exitCode, stdout]).toEqual([2, ''])
})

test('without a terminal there is no colour, unless it is forced', async () => {
  const shown = async (env: Readonly<Record<string, string>>) => {
    const { stdout, stderr } = await cli(['lab:rat', '--act', 'colour'], { FORCE_COLOR: '0', ...env })
    return `${stdout}${stderr}`.split('\u001b').length - 1
  }
  expect(await shown({})).toBe(0)
  expect(await shown({ FORCE_COLOR: '1' })).toBe(2 * 4)
})

test('a path is whole when a command gets it, and counts from where npm was typed', async () => {
  const hole = async (path: string, env: Readonly<Record<string, string>>) => {
    const { stdout } = await cli(['lab:cat', 'pip', '--hole', path], env)
    return JSON.parse(stdout).hole
  }
  const npm = { INIT_CWD: '/home/ada/deploy', npm_package_json: `${repository.folder}/package.json` }
  expect(await hole('../a.env', npm)).toBe('/home/ada/a.env')
  expect(await hole('-', npm)).toBe('-')
  expect(await hole('a.env', { INIT_CWD: '/home/ada/deploy', npm_package_json: '/elsewhere/package.json' })).toBe(
    `${repository.folder}/a.env`,
  )
})

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { type CommandSpec, contextOption } from '../../scripts/lib/command.ts'
import { commandLine } from '../../scripts/lib/command-line.ts'
import { takingContext, withoutScript } from '../../scripts/lib/command-names.ts'
import type { RunResult } from '../../scripts/lib/exec.ts'
import { runCli } from '../helpers/cli.ts'
import { committedEnvironments } from '../helpers/committed.ts'
import { runCliMany } from '../helpers/hosted-cli.ts'

const files = readdirSync('scripts/commands').filter((file) => file.endsWith('.ts'))
const commands = await Promise.all(
  files.map(async (file) => {
    const path = join(process.cwd(), 'scripts/commands', file)
    const module: { command: CommandSpec<unknown> } = await import(path)
    return { file, command: module.command }
  }),
)
const names = commands.map(({ command }) => command.name)

const [environment = ''] = committedEnvironments

/** Scripts of package.json that are not commands of ours. */
const otherScripts = ['format', 'help', 'prepack', 'test']

let overview: RunResult | undefined
const help = new Map<string, RunResult>()
beforeAll(async () => {
  const [first, ...others] = await runCliMany([['help'], ...names.map((name) => [name, '--help'])])
  overview = first
  for (const [index, result] of others.entries()) help.set(names[index] ?? '', result)
}, 60_000)

describe('the overview', () => {
  test('lists every command with what it does, and the exit codes', () => {
    const { exitCode, stdout = '', stderr } = overview ?? {}
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    for (const { command } of commands) {
      expect(stdout).toMatch(new RegExp(`^ {2}${commandLine`${command.name}`} +\\S`, 'm'))
      expect(stdout).toContain(command.summary)
    }
    expect(stdout).toContain('2 wrong usage')
  })
})

test('--version tells which version it is, as a result', async () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
  for (const result of await runCliMany([['--version'], ['-V']]))
    expect(result).toMatchObject({ exitCode: 0, stdout: `tiered-secrets ${version}\n`, stderr: '' })
})

test('the commands whose lines name a kube context are those that take one', () => {
  const taking = commands.filter(({ command }) => command.options.some(({ flags }) => flags === contextOption.flags))
  expect(taking.map(({ command }) => command.name).sort()).toEqual([...takingContext].sort())
})

describe.each(commands)('$file', ({ file, command }) => {
  test('is named as the user types it', () => {
    expect(file).toBe(`${command.name.replaceAll(':', '-')}.ts`)
  })

  test('says in a sentence what it does', () => {
    expect(command.summary).toMatch(/^[A-Z].*\.$/)
    // It is written into the package, whose users type it otherwise.
    expect(command.summary).not.toMatch(/\bnpm|npx\b/)
    for (const { flags, description } of command.options) expect(description, flags).toMatch(/^[\w`].*[^.]$/)
  })

  test('names the value of an option that is a path so that it is taken for one', () => {
    for (const { flags, description } of command.options)
      if (/mode 0600|path|folder|certificate|\bcopy of\b/i.test(`${flags} ${description}`))
        expect(flags).toMatch(/(file|folder)>$/)
  })

  test('--help has every option, an example and the exit codes, and is the result', () => {
    const { exitCode, stdout, stderr } = help.get(command.name) ?? {}
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toContain(`\nExample:\n  ${command.example}\n`)
    expect(stdout).toMatch(/Exit codes: 0 fine, .*\n.*\n.*130 interrupted\./)
    for (const { flags } of command.options) expect(stdout).toContain(`  ${flags}`)
  })

  test('has an example that runs this command with options it has', () => {
    const line = command.example.split(/ \| | > |(?<=\bsource )<\(/).find((part) => /^np[mx] /.test(part)) ?? ''
    if (withoutScript.includes(command.name)) {
      expect(line).toMatch(new RegExp(`^npx tiered-secrets ${command.name} `))
      return
    }
    const [npm, ...words] = line.split(' ').filter((word) => word !== 'run' && word !== '--silent')
    const [name, dashes, ...rest] = words
    expect([npm, name]).toEqual(['npm', command.name])
    expect(dashes === undefined || dashes === '--').toBe(true)
    const flags = command.options.flatMap((option) => option.flags.split(/[ ,]+/))
    for (const word of rest.filter((one) => one.startsWith('-'))) expect(flags).toContain(word)
  })

  test('is a script of package.json and is in the README', () => {
    if (withoutScript.includes(command.name)) {
      expect(scriptsOfPackage()[command.name]).toBeUndefined()
      expect(readFileSync('README.md', 'utf8')).toContain(`npx tiered-secrets ${command.name}`)
      return
    }
    expect(scriptsOfPackage()[command.name]).toBe(`node --import tsx scripts/cli.ts ${command.name}`)
    const typed = command.name === 'start' ? /`?npm start\b/ : new RegExp(`npm run (--silent )?${command.name}\\b`)
    expect(readFileSync('README.md', 'utf8')).toMatch(typed)
  })
})

test('every script of package.json is a command, or is known not to be', () => {
  const scripts = Object.keys(scriptsOfPackage())
  const expected = names.filter((name) => !withoutScript.includes(name))
  expect(scripts.filter((name) => !otherScripts.includes(name)).sort()).toEqual(expected.sort())
})

describe('wrong usage is reported in one sentence, with exit code 2 and nothing on standard output', () => {
  const cases: readonly (readonly [string, readonly string[], string])[] = [
    [
      'an unknown command names the nearest',
      ['rendr'],
      `rendr: there is no such command. Did you mean "render"? Expected one of: ${names.join(', ')}.`,
    ],
    [
      'an unknown command that is near nothing names all',
      ['launch-rockets'],
      `launch-rockets: there is no such command. Expected one of: ${names.join(', ')}.`,
    ],
    [
      'a path is not a command, whatever file is there',
      ['../application'],
      `../application: there is no such command. Expected one of: ${names.join(', ')}.`,
    ],
    [
      'an unknown option names the nearest',
      ['start', '--onec'],
      `npm start: unknown option '--onec'. Did you mean "--once"?`,
    ],
    [
      'a missing environment is named',
      ['render'],
      "npm run render: required option '-e, --environment <name>' not specified.",
    ],
    [
      'an option is not the value of another',
      ['restart', '--environment', '--dry-run'],
      "npm run restart: option '-e, --environment <name>' argument missing.",
    ],
    [
      'nor one of its values',
      ['fill', '--environment', environment, '--only', '--generate'],
      "npm run fill: option '--only <variables...>' argument missing.",
    ],
    [
      'an unknown environment names the nearest',
      ['render', '--environment', `${environment}x`],
      `--environment ${environment}x: there is no such environment. Did you mean "${environment}"? Expected one of: ${committedEnvironments.join(', ')}.`,
    ],
    [
      'a wrong choice names the right ones',
      ['start', '--output', 'xml'],
      "npm start: option '--output <form>' argument 'xml' is invalid. Allowed choices are table, json.",
    ],
    [
      'one of two environments is not taken in silence',
      ['render', '-e', environment, '--environment', environment],
      "npm run render: option '-e, --environment <name>' is given twice.",
    ],
    ['an argument nobody asked for is refused', ['check', 'everything'], 'npm run check: too many arguments.'],
  ]
  let results: RunResult[]
  beforeAll(async () => {
    results = await runCliMany(cases.map(([_title, args]) => args))
  }, 60_000)

  test.each(cases.map((one, index) => [...one, index] as const))('%s', (_title, _args, message, index) => {
    const { exitCode, stdout, stderr } = results[index] ?? {}
    expect(stderr?.split('\n')[0]).toContain(message)
    expect(stderr).toMatch(/\n {2}fix: .+\n {2}\([A-Z_]+\)\n?$/)
    expect(stderr).not.toMatch(/^\s+at |node:internal|bug of tiered-secrets/m)
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
  })

  test('the exit code is that of the process', async () => {
    const { exitCode, stdout, stderr } = await runCli(['start', '--onec'])
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toContain('(WRONG_USAGE)')
  })
})

// --- internal ---

function scriptsOfPackage(): Readonly<Record<string, string>> {
  return (JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }).scripts
}

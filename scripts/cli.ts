import { setMaxListeners } from 'node:events'
import { readdir } from 'node:fs/promises'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Command, CommanderError, Option } from 'commander'
import type { CommandIo, CommandSpec } from './lib/command.ts'
import { beforeOptions, commandLine } from './lib/command-line.ts'
import { findProductFolder, findUserFolder } from './lib/folders.ts'
import { didYouMean } from './lib/nearest.ts'
import { commandWithDashes } from './lib/npm-options.ts'
import { output } from './lib/output.ts'
import { lines, type Printable } from './lib/printable.ts'
import { exitCodes, formatProblems, ProblemError } from './lib/problems.ts'
import { commandInput } from './lib/terminal.ts'
import { typedIn, wholePath } from './lib/typed-path.ts'

const thisFile = fileURLToPath(import.meta.url)
const folders = { productFolder: findProductFolder(thisFile), userFolder: findUserFolder(process.cwd()) }
const say = output(process.stdout, process.stderr, process.env)
const standing = typedIn(process.env, process.cwd())
const commandsFolder = join(dirname(thisFile), 'commands')
/** `.ts`, or `.js` of what was compiled. */
const extension = extname(thisFile)

const exitCodeHelp = `
Exit codes: 0 fine, 1 a bug in this program, 2 wrong usage, 3 problems or drift found,
4 Scaleway or the cluster unreachable or refusing, 5 a tool is missing, 130 interrupted.`

process.exitCode = await main(process.argv.slice(2))

async function main(argv: readonly string[]): Promise<number> {
  const interrupt = new AbortController()
  // Every request in progress listens to it.
  setMaxListeners(0, interrupt.signal)
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => interrupt.abort(name))
  ignoreClosedPipe()
  try {
    return await dispatch(argv, interrupt.signal)
  } catch (error) {
    if (interrupt.signal.aborted && !(error instanceof ProblemError)) return exitCodes.interrupted
    return report(error)
  }
}

async function dispatch(argv: readonly string[], signal: AbortSignal): Promise<number> {
  const [name, ...rest] = argv
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    say.out(overview(await allCommands()))
    return exitCodes.ok
  }
  const command = await loadCommand(name)
  if (command) return runCommand(command, rest, signal)
  const names = (await allCommands()).map((spec) => spec.name)
  throw new ProblemError(
    {
      code: 'UNKNOWN_COMMAND',
      where: name,
      message: `there is no such command.${didYouMean(name, names)} Expected one of: ${names.join(', ')}.`,
      fix: `Run \`${commandLine`help`}\` to see what each of them does.`,
    },
    exitCodes.usage,
  )
}

/** Commander silently uses the last of two values, and so the wrong environment. */
function refuseTwice(program: Command, option: Option): void {
  if (!option.required || option.variadic) return
  let count = 0
  program.on(`option:${option.name()}`, () => {
    if (++count > 1) program.error(`option '${option.flags}' is given twice`)
  })
}

async function runCommand(spec: CommandSpec<unknown>, argv: readonly string[], signal: AbortSignal): Promise<number> {
  let exitCode: number = exitCodes.ok
  const { argument } = spec
  const program = new Command(beforeOptions(spec.name))
    .description(spec.summary)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .addHelpText('after', `\nExample:\n  ${spec.example}\n${exitCodeHelp}`)
    .allowExcessArguments(false)
    .action(async () => {
      const named = argument ? { [argument.name]: program.processedArgs[0] } : {}
      exitCode = await spec.run({ ...program.opts(), ...named }, commandIo(signal))
    })
  if (argument) program.argument(`<${argument.name}>`, argument.description)
  for (const { flags, description, default: value, choices, required } of spec.options) {
    const option = new Option(flags, description)
    if (choices) option.choices([...choices])
    if (value !== undefined) option.default(value)
    if (/file>$/.test(flags)) option.argParser((path: string) => wholePath(path, standing))
    program.addOption(option.makeOptionMandatory(required === true))
    refuseTwice(program, option)
  }
  const names = program.options.map((option) => option.name().replace(/^no-/, ''))
  const meant = commandWithDashes(spec.name, names, argv, process.env)
  if (meant !== undefined) {
    const where = commandLine`${spec.name}`
    const message = 'npm has used options of this command as its own. Expected `--` before the options.'
    throw new ProblemError({ code: 'WRONG_USAGE', where, message, fix: `Type \`${meant}\`.` }, exitCodes.usage)
  }
  try {
    await program.parseAsync([...argv], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return exitCodes.ok
    throw new ProblemError(
      {
        code: 'WRONG_USAGE',
        where: commandLine`${spec.name}`,
        message: sentence(error.message),
        fix: `Run \`${commandLine`${spec.name} --help`}\`, or for example: ${spec.example}`,
      },
      exitCodes.usage,
    )
  }
  return exitCode
}

function commandIo(signal: AbortSignal): CommandIo {
  return {
    ...folders,
    env: process.env,
    typedIn: standing,
    signal,
    ...say,
    // Created when it is needed: the open stream alone can keep a process alive.
    get input() {
      return commandInput(process.stdin, process.stderr, {
        signal,
        interrupt: () => process.kill(process.pid, 'SIGINT'),
      })
    },
  }
}

/** A command's file is named as the user types it, with `-` for `:`. Only the file of the wanted command is loaded. */
async function loadCommand(name: string): Promise<CommandSpec<unknown> | undefined> {
  const file = `${name.replaceAll(':', '-')}${extension}`
  if (!(await readdir(commandsFolder)).includes(file)) return undefined
  const module: { command: CommandSpec<unknown> } = await import(pathToFileURL(join(commandsFolder, file)).href)
  return module.command.name === name ? module.command : undefined
}

async function allCommands(): Promise<CommandSpec<unknown>[]> {
  const files = (await readdir(commandsFolder)).filter((file) => file.endsWith(extension)).sort()
  const modules: { command: CommandSpec<unknown> }[] = await Promise.all(
    files.map((file) => import(pathToFileURL(join(commandsFolder, file)).href)),
  )
  return modules.map((module) => module.command)
}

function overview(specs: readonly CommandSpec<unknown>[]): Printable {
  const typed = specs.map(({ name, summary }) => ({ line: commandLine`${name}`, summary }))
  const width = Math.max(...typed.map(({ line }) => line.length))
  const commands = typed.map(({ line, summary }) => `  ${line.padEnd(width)}  ${summary}`)
  const help = exitCodeHelp.split('\n')
  return lines(
    `Usage: ${commandLine`<command> [options]`}`,
    '',
    ...commands,
    '',
    'Each command has --help, with an example.',
    ...help,
  )
}

function report(error: unknown): number {
  if (error instanceof ProblemError) {
    say.tell(formatProblems(error.problems))
    return error.exitCode
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
  say.tell(
    lines(
      'This is a bug of tiered-secrets, please report it with the lines below.',
      ...detail.split('\n').map((line) => `| ${line}`),
    ),
  )
  return exitCodes.bug
}

/** `npm run render | head` closes our output early; that is not an error. */
function ignoreClosedPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(exitCodes.ok)
  })
}

/** commander says `error: unknown option '--onec'\n(Did you mean --once?)`. */
function sentence(message: string): string {
  const text = message.replace(/^error: /, '').replace(/\n\(Did you mean (.+)\?\)$/, '. Did you mean "$1"?')
  return /[.?!]$/.test(text) ? text : `${text}.`
}

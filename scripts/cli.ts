import { Console } from 'node:console'
import { readdir } from 'node:fs/promises'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { type CommandIo, type CommandSpec, type CommandTitle, type OptionSpec, sentence } from './lib/command.ts'
import { beforeOptions, commandLine, learnBeginnings, learnContext } from './lib/command-line.ts'
import { withoutApplication } from './lib/command-names.ts'
import { endedEarly } from './lib/early-end.ts'
import { readIfExists } from './lib/files.ts'
import { findProductFolder, versionOf } from './lib/folders.ts'
import { exitCodeHelp, overview } from './lib/help-text.ts'
import { interruption } from './lib/interruption.ts'
import { refuseBrokenManifest } from './lib/manifest.ts'
import { didYouMean } from './lib/nearest.ts'
import { commandWithDashes } from './lib/npm-options.ts'
import { output } from './lib/output.ts'
import { lines } from './lib/printable.ts'
import { bugText, exitCodes, formatProblems, ProblemError } from './lib/problems.ts'
import { chooseUserFolder, commandFirst, rootOf, rootOption } from './lib/root-option.ts'
import { watchRunner } from './lib/runner.ts'
import { commandInput } from './lib/terminal.ts'
import { typedIn, wholePath, wholePaths } from './lib/typed-path.ts'

const thisFile = fileURLToPath(import.meta.url)
const typed = commandFirst(process.argv.slice(2))
const standing = typedIn(process.env, process.cwd())
const root = rootOf(typed)
const folders = {
  productFolder: findProductFolder(thisFile),
  userFolder: chooseUserFolder(root, standing, process.cwd()),
}
const say = output(process.stdout, process.stderr, process.env)
// What data files print: standard output is the result of a command, which others read.
globalThis.console = new Console(process.stderr)
learnBeginnings(folders, process.env, { typedIn: standing, root })
const commandsFolder = join(dirname(thisFile), 'commands')
/** `.ts`, or `.js` of what was compiled. */
const extension = extname(thisFile)

/** The command, once it runs. */
let running: CommandSpec<unknown> | undefined

process.exitCode = await main(typed)

async function main(argv: readonly string[]): Promise<number> {
  const onExit = () => {
    process.exitCode = report(endedEarly)
  }
  process.once('exit', onExit)
  const done = () => process.off('exit', onExit)
  ignoreClosedPipe(done)
  const { signal, interrupt } = interruption({
    on: (name, listener) => process.on(name, listener),
    log: say.log,
    left: () => running?.leaves,
    end: () => done().exit(exitCodes.interrupted),
  })
  using _watch = watchRunner({ env: process.env, parent: () => process.ppid, onGone: () => interrupt('SIGHUP') })
  try {
    return await dispatch(argv, signal)
  } catch (error) {
    if (signal.aborted && !(error instanceof ProblemError)) return exitCodes.interrupted
    return report(error)
  } finally {
    done()
  }
}

async function dispatch(argv: readonly string[], signal: AbortSignal): Promise<number> {
  const [name, ...rest] = argv
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const commands = await allCommands()
    say.out((columns) => overview(commands, columns))
    return exitCodes.ok
  }
  if (name === '--version' || name === '-V') {
    say.out(lines(`tiered-secrets ${await versionOf(folders)}`))
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

/** Of a required option and the one that stands for it. */
function requireOneOf(program: Command, specs: readonly OptionSpec[]): void {
  const given = program.opts()
  for (const { flags, required } of specs) {
    const name = new Option(flags).attributeName()
    const other = specs.find(({ insteadOf }) => insteadOf?.includes(name))
    if (!required || !other || given[name] !== undefined || given[new Option(other.flags).attributeName()]) continue
    program.error(`required option '${flags}' or '${other.flags}' not specified`)
  }
}

/** Of an empty variable it would become the folder in which the user stands. */
function readPath(text: string): string {
  if (text === '') throw new InvalidArgumentError('Expected a path.')
  return wholePath(text, standing)
}

/** Commander silently uses the last of two values, and so the wrong environment. */
function refuseTwice(program: Command, option: Option): void {
  if (!option.required || option.variadic) return
  let count = 0
  program.on(`option:${option.name()}`, () => {
    if (++count > 1) program.error(`option '${option.flags}' is given twice`)
  })
}

/** Commander takes whatever follows: `--tiers --environments prod` would begin a tier `--environments`. */
function refuseOptionAsValue(program: Command, option: Option): void {
  if (!option.required) return
  program.on(`option:${option.name()}`, (value: unknown) => {
    const [word = ''] = typeof value === 'string' ? value.split('=') : []
    const isOption = ['-h', '--help', ...program.options.flatMap(({ short, long }) => [short, long])].includes(word)
    if (isOption) program.error(`option '${option.flags}' argument missing`)
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
      running = spec
      learnContext(program.opts().context)
      requireOneOf(program, spec.options)
      if (!withoutApplication.includes(spec.name)) refuseBrokenManifest(standing, folders.userFolder)
      exitCode = await spec.run({ ...program.opts(), ...named }, commandIo(signal))
    })
  if (argument) program.argument(`<${argument.name}>`, argument.description)
  for (const { flags, description, default: value, choices, required, isRepeatable, insteadOf } of [
    ...spec.options,
    rootOption,
  ]) {
    const option = new Option(flags, description)
    if (choices) option.choices([...choices])
    if (value !== undefined) option.default(value)
    const read = /(file|folder)>$/.test(flags) ? readPath : (text: string) => text
    if (isRepeatable) option.argParser((text: string, before: readonly string[] = []) => [...before, read(text)])
    else if (read === readPath) option.argParser(read)
    if (insteadOf) option.conflicts([...insteadOf])
    const isAlone = !spec.options.some((other) => other.insteadOf?.includes(option.attributeName()))
    refuseOptionAsValue(program, option)
    program.addOption(option.makeOptionMandatory(required === true && isAlone))
    if (!isRepeatable) refuseTwice(program, option)
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
    root,
    env: wholePaths(process.env, standing),
    typedIn: standing,
    signal,
    commands: { titles: allCommands, load: loadCommand },
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

/** All commands, without loading them where a list was made when they were compiled. */
async function allCommands(): Promise<readonly CommandTitle[]> {
  const list = await readIfExists(join(commandsFolder, 'overview.json'))
  if (list !== undefined) return JSON.parse(list) as CommandTitle[]
  const files = (await readdir(commandsFolder)).filter((file) => file.endsWith(extension)).sort()
  const modules: { command: CommandSpec<unknown> }[] = await Promise.all(
    files.map((file) => import(pathToFileURL(join(commandsFolder, file)).href)),
  )
  return modules.map((module) => module.command)
}

function report(error: unknown): number {
  if (error instanceof ProblemError) {
    say.tell(formatProblems(error.problems))
    return error.exitCode
  }
  say.tell(bugText(error))
  return exitCodes.bug
}

/**
 * `npm run render | head` closes our output early; that is not an error. Who no longer reads our progress must not keep us from
 * ending in order.
 */
function ignoreClosedPipe(done: () => NodeJS.Process): void {
  process.stderr.on('error', () => undefined)
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    done().exit(exitCodes.ok)
  })
}

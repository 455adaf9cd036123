import { commandLine } from './command-line.ts'
import type { Folders } from './folders.ts'
import type { Output } from './output.ts'
import { type ExitCode, exitCodes, ProblemError } from './problems.ts'
import type { CommandInput } from './terminal.ts'

/** One option of a command, as commander reads it. */
export interface OptionSpec {
  /**
   * `--environment <name>`, `--once`, `-e, --environment <name>`. What is named `<file>`, or ends so, is a path: the command
   * gets it whole, whatever folder it was typed in.
   */
  readonly flags: string
  readonly description: string
  readonly default?: string | boolean
  readonly choices?: readonly string[]
  readonly required?: boolean
}

/** An argument that is given by position and not by name: `<secret>`. */
export interface ArgumentSpec {
  /** As in `--help`, and the field of the options it fills: `secret`. */
  readonly name: string
  readonly description: string
}

/** A command's access to the outside world. Only `cli.ts` creates one. */
export interface CommandIo extends Output, Folders {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The folder in which the user typed the command. */
  readonly typedIn: string
  /** Aborted on Ctrl-C and SIGTERM. A command stops what it started, then returns. */
  readonly signal: AbortSignal
  readonly input: CommandInput
}

/** A command as data: the whole interface of `npm run <name>`. */
export interface CommandSpec<Options> {
  /** As the user types it: `lint:chart`. Its file is `commands/lint-chart.ts`. */
  readonly name: string
  readonly summary: string
  /** One command line that can be pasted. */
  readonly example: string
  readonly options: readonly OptionSpec[]
  /** Default: none, and one that is given is refused. Otherwise it is required. */
  readonly argument?: ArgumentSpec
  run(options: Options, io: CommandIo): Promise<ExitCode>
}

/** Keeps the option type of one command; the command line is checked against `options` before `run` sees it. */
export function defineCommand<Options>(spec: CommandSpec<Options>): CommandSpec<Options> {
  return spec
}

/**
 * The error for options that can't be combined, or are invalid.
 *
 * @param command its name, as the user types it
 */
export function wrongUsage(command: string, where: string, message: string): ProblemError {
  const fix = `Run \`${commandLine`${command} --help`}\`.`
  return new ProblemError({ code: 'WRONG_USAGE', where, message, fix }, exitCodes.usage)
}

/** The option most commands have. */
export const environmentOption: OptionSpec = {
  flags: '-e, --environment <name>',
  description: 'an environment of scripts/environments.ts',
  required: true,
}

/** For commands whose result machines read too. */
export const outputOption: OptionSpec = {
  flags: '--output <form>',
  description: 'how the result is printed',
  choices: ['table', 'json'],
  default: 'table',
}

import { commandLine } from './command-line.ts'
import type { Folders } from './folders.ts'
import type { Output } from './output.ts'
import { type ExitCode, exitCodes, ProblemError } from './problems.ts'
import type { CommandInput } from './terminal.ts'

/** One option of a command, as commander reads it. */
export interface OptionSpec {
  /**
   * `--environment <name>`, `--once`, `-e, --environment <name>`. What is named `<file>` or `<folder>`, or ends so, is a path: the command
   * gets it whole, whatever folder it was typed in.
   */
  readonly flags: string
  readonly description: string
  readonly default?: string | boolean
  readonly choices?: readonly string[]
  readonly required?: boolean
  /** Names of options that it stands for: they can't be given with it, and need not. */
  readonly insteadOf?: readonly string[]
  /** It may be given several times, and the command gets a list. Default: false, and a second one is refused */
  readonly isRepeatable?: boolean
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
  /** Of `--root`, as it is typed; undefined where it is not given. */
  readonly root?: string | undefined
  /** Aborted on Ctrl-C and SIGTERM. A command stops what it started, then returns. */
  readonly signal: AbortSignal
  readonly input: CommandInput
  readonly commands: CommandList
}

/** The commands there are. */
export interface CommandList {
  titles(): Promise<readonly CommandTitle[]>
  load(name: string): Promise<CommandSpec<unknown> | undefined>
}

/** What the overview tells of a command. */
export type CommandTitle = Pick<CommandSpec<unknown>, 'name' | 'summary'>

/** A command as data: the whole interface of `npm run <name>`. */
export interface CommandSpec<Options> {
  /** As the user types it: `lint:chart`. Its file is `commands/lint-chart.ts`. */
  readonly name: string
  readonly summary: string
  /** One command line that can be pasted. */
  readonly example: string
  readonly options: readonly OptionSpec[]
  /**
   * What it leaves when it is ended at once, in the middle of its work: a few words without a final period.
   *
   * Default: nothing
   */
  readonly leaves?: string
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

/** commander says `error: unknown option '--onec'\n(Did you mean --once?)`. */
export function sentence(message: string): string {
  const text = message.replace(/^error: /, '').replace(/\n\(Did you mean (.+)\?\)$/, '. Did you mean "$1"?')
  return /[.?!]$/.test(text) ? text : `${text}.`
}

/** The option most commands have. */
export const environmentOption: OptionSpec = {
  flags: '-e, --environment <name>',
  description: 'an environment of scripts/environments.ts',
  required: true,
}

/** Of every command that opens the cluster of its environment. */
export const contextOption: OptionSpec = {
  flags: '--context <name>',
  description: 'a context of your kubeconfig, in place of the current one',
}

/** All environments, each with its own kube context. */
export const allOption: OptionSpec = {
  flags: '--all',
  description: 'all environments, each with its own kube context: one table, and the exit code of the worst',
  insteadOf: ['environment', 'context'],
}

/** For commands whose result machines read too. */
export const outputOption: OptionSpec = {
  flags: '--output <form>',
  description: 'how the result is printed',
  choices: ['table', 'json'],
  default: 'table',
}

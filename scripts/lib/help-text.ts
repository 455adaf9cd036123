import type { CommandTitle } from './command.ts'
import { commandLine } from './command-line.ts'
import { lines, type Printable } from './printable.ts'
import { fold } from './text-width.ts'

/** Below the help of each command, and below the overview. */
export const exitCodeHelp = `
Exit codes: 0 fine, 1 a bug in this program, 2 wrong usage,
3 problems or drift found, 4 Scaleway or the cluster unreachable or refusing,
5 a tool is missing, 130 interrupted.`

/**
 * Every command with what it does.
 *
 * @param columns of the terminal: a summary that is longer continues below itself. Default: any number
 */
export function overview(specs: readonly CommandTitle[], columns = Number.POSITIVE_INFINITY): Printable {
  const typed = specs.map(({ name, summary }) => ({ line: commandLine`${name}`, summary }))
  const width = Math.max(...typed.map(({ line }) => line.length)) + 4
  const commands = typed.flatMap(({ line, summary }) =>
    fold(summary, Math.max(columns - width, 20)).map(
      (part, index) => `${(index === 0 ? `  ${line}` : '').padEnd(width)}${part}`,
    ),
  )
  const help = exitCodeHelp.split('\n')
  return lines(
    `Usage: ${commandLine`<command> [options]`}`,
    '',
    ...commands,
    '',
    'Each command has --help, with an example; --version tells the version.',
    ...help,
  )
}

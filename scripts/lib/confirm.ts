import { type CommandIo, wrongUsage } from './command.ts'
import { commandLine } from './command-line.ts'

/**
 * Ends a command that writes, before it does anything, when there is no terminal to confirm it.
 *
 * @throws ProblemError `WRONG_USAGE`
 */
export function refuseUnattended(
  command: string,
  { yes = false, dryRun = false }: { readonly yes?: boolean; readonly dryRun?: boolean },
  { input }: Pick<CommandIo, 'input'>,
): void {
  if (yes || dryRun || input.isTerminal) return
  const message = 'confirmation needs a terminal. Expected a terminal, --yes or --dry-run.'
  throw wrongUsage(command, commandLine`${command}`, message)
}

/** Asks at the terminal, and says that nothing was changed unless the answer is yes. */
export async function confirm(question: string, { input, log }: Pick<CommandIo, 'input' | 'log'>): Promise<boolean> {
  const answer = await input.ask(`${question} [y/N] `)
  if (/^y(es)?$/i.test(answer.trim())) return true
  log('nothing was changed')
  return false
}

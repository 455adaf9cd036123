import { shell } from './shell.ts'

/**
 * A command of ours as the user types it: commandLine`status --environment ${name}`. The only place that knows how one is
 * begun, here by npm. What is put into it is quoted for a shell, as by `shell`.
 */
export function commandLine(
  command: TemplateStringsArray,
  ...values: readonly (string | number | readonly string[])[]
): string {
  return typed(shell(command, ...values), 'npm run')
}

/** The same where another program or a file takes the result, so that nothing else may be printed. */
export function pipedCommandLine(
  command: TemplateStringsArray,
  ...values: readonly (string | number | readonly string[])[]
): string {
  return typed(shell(command, ...values), 'npm run --silent')
}

/** How a command is begun that options follow: `npm run status --`. */
export function beforeOptions(name: string): string {
  return commandLine`${name} …`.replace(/ …$/, '')
}

// --- internal ---

function typed(command: string, start: string): string {
  const [name = '', ...options] = command.trim().split(' ')
  // npm has a name of its own for this one.
  const begun = name === 'start' ? 'npm start' : `${start} ${name}`
  return [begun, ...(options.length > 0 ? ['--', ...options] : [])].join(' ')
}

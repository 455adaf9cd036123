import { beforeOptions } from './command-line.ts'

/** Options that npm knows itself: their variables may come from the user's settings. Source: npm 11, `npm help config`. */
const npmsOwn = ['yes', 'force', 'json', 'version', 'dry-run', 'proxy']

/** What the variable of such an option holds only when it was typed: a command must not write for want of `--dry-run`. */
const typedValues: Readonly<Record<string, string>> = { 'dry-run': 'true', proxy: '' }

/**
 * The command as it should have been typed, when npm took our options for its own because there was no `--` before them:
 * npm passes them on as variables, and values after a space as words. Undefined when it took none.
 *
 * @param options names of the command's options, without dashes
 * @param words what came through
 */
export function commandWithDashes(
  command: string,
  options: readonly string[],
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (env.npm_lifecycle_event !== command) return undefined
  const variable = (option: string) => env[`npm_config_${option.replaceAll('-', '_')}`]
  const isTaken = (option: string) =>
    npmsOwn.includes(option) ? variable(option) === (typedValues[option] ?? null) : variable(option) !== undefined
  // One that is given behind `--` as well has arrived.
  const [first, ...others] = options.filter((option) => isTaken(option) && !words.includes(`--${option}`))
  if (first === undefined) return undefined
  const value = variable(first)
  const typed = value === 'true' ? `--${first}` : value === '' ? `--no-${first}` : `--${first}=${value}`
  // With several, it is unknown which word belongs to which; and a part of a command must not be run.
  const isWhole = others.length === 0 && !npmsOwn.some((option) => option !== first && variable(option) === 'true')
  return [beforeOptions(command), typed, ...(isWhole ? words : ['…'])].join(' ')
}

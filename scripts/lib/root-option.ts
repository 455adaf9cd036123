import { resolve } from 'node:path'
import type { OptionSpec } from './command.ts'
import { findUserFolder } from './folders.ts'
import { isInside } from './typed-path.ts'

/** Every command has it. A variable would do the same unseen, and so for the wrong application. */
export const rootOption: OptionSpec = {
  flags: '--root <folder>',
  description: 'the folder of an application, where a repository has several',
}

/** How many words `--root` takes where it stands before the command. */
export function leadingRoot([first = '']: readonly string[]): number {
  return first === '--root' ? 2 : first.startsWith('--root=') ? 1 : 0
}

/** The words of a command line with its command first. */
export function commandFirst(words: readonly string[]): string[] {
  const count = leadingRoot(words)
  const command = words[count]
  return command === undefined ? [...words] : [command, ...words.slice(0, count), ...words.slice(count + 1)]
}

/** What `--root` says, as it is typed; undefined where it is not given, or nothing follows it. */
export function rootOf(words: readonly string[]): string | undefined {
  const end = words.indexOf('--')
  const before = end === -1 ? words : words.slice(0, end)
  const index = before.findIndex((word) => word === '--root' || word.startsWith('--root='))
  const value = before[index]?.includes('=') ? before[index].slice('--root='.length) : words[index + 1]
  return index === -1 || value === '' ? undefined : value
}

/**
 * The user's folder: the one that `--root` names; else the nearest with data files, from where they stand upwards. Who has npm
 * run a script of another repository (`npm --prefix`) means the application there.
 *
 * @param standing where the command is typed
 * @param workingFolder of this process: npm runs a script in the folder of its package
 */
export function chooseUserFolder(root: string | undefined, standing: string, workingFolder: string): string {
  if (root !== undefined) return resolve(standing, root)
  return findUserFolder(isInside(standing, workingFolder) ? standing : workingFolder)
}

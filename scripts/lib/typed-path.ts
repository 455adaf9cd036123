import { dirname, resolve } from 'node:path'

/**
 * The folder in which the user typed the command. npm runs a script in the folder of its package, and tells the user's as
 * `INIT_CWD`; a process that is in another folder by now was put there on purpose, and counts from there.
 */
export function typedIn(env: Readonly<Record<string, string | undefined>>, workingFolder: string): string {
  const { INIT_CWD: folder, npm_package_json: manifest } = env
  if (folder === undefined || folder === '') return workingFolder
  return manifest === undefined || dirname(manifest) === workingFolder ? folder : workingFolder
}

/** A path as the user means it, whole. `-` is standard input, and stays. */
export function wholePath(path: string, folder: string): string {
  return path === '-' ? path : resolve(folder, path)
}

import { delimiter, dirname, isAbsolute, relative, resolve, sep } from 'node:path'

/**
 * The folder in which the user typed the command. npm runs a script in the folder of its package, and tells the user's as
 * `INIT_CWD`; a process that is in another folder by now was put there on purpose, and counts from there.
 */
export function typedIn(env: Readonly<Record<string, string | undefined>>, workingFolder: string): string {
  const { INIT_CWD: folder, npm_package_json: manifest } = env
  if (folder === undefined || folder === '') return workingFolder
  return manifest === undefined || dirname(manifest) === workingFolder ? folder : workingFolder
}

/** `NAME=@path`: the file that holds the value of a name. A file that is called so is named `./NAME=@path`. */
export const valueOfFilePattern = /^([A-Za-z_][A-Za-z0-9_.-]*)=@(.+)$/s

/** A path as the user means it, whole, also after `NAME=@`. `-` is standard input, and stays. */
export function wholePath(path: string, folder: string): string {
  const [, name, file] = valueOfFilePattern.exec(path) ?? []
  if (name !== undefined && file !== undefined) return `${name}=@${wholePath(file, folder)}`
  return path === '-' ? path : resolve(folder, path)
}

/** Whether a path is a folder, or something below it. */
export function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path)
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

/**
 * The environment with the paths of other programs' files whole, which a user means from where the command is typed:
 * `KUBECONFIG` (a list), `SCW_CONFIG_PATH`.
 */
export function wholePaths(
  env: Readonly<Record<string, string | undefined>>,
  folder: string,
): Readonly<Record<string, string | undefined>> {
  const { KUBECONFIG, SCW_CONFIG_PATH } = env
  const whole = (path: string) => (path === '' ? '' : resolve(folder, path))
  return {
    ...env,
    ...(KUBECONFIG ? { KUBECONFIG: KUBECONFIG.split(delimiter).map(whole).join(delimiter) } : {}),
    ...(SCW_CONFIG_PATH ? { SCW_CONFIG_PATH: whole(SCW_CONFIG_PATH) } : {}),
  }
}

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

/** Variables that name one file or folder: of `scw`, of a program to use, of the folder that built programs are in. */
const pathVariables = /^(?:SCW_CONFIG_PATH|\w+_BIN|KUBEBUILDER_ASSETS|EXTERNAL_SECRETS_CRDS|TIERED_SECRETS_CACHE)$/

/**
 * The environment with whole paths, which a user means from where the command is typed: in the variables above, and in
 * `KUBECONFIG`, which is a list.
 */
export function wholePaths(
  env: Readonly<Record<string, string | undefined>>,
  folder: string,
): Readonly<Record<string, string | undefined>> {
  const whole = (path: string) => (path === '' ? '' : resolve(folder, path))
  const changed = Object.entries(env).flatMap(([name, value]) => {
    if (value === undefined) return []
    if (name === 'KUBECONFIG') return [[name, value.split(delimiter).map(whole).join(delimiter)]]
    return pathVariables.test(name) ? [[name, whole(value)]] : []
  })
  return { ...env, ...Object.fromEntries(changed) }
}

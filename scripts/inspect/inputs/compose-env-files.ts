import { realpath } from 'node:fs/promises'
import { dirname, relative, resolve, sep } from 'node:path'
import type { Problem } from '../../lib/problems.ts'
import { isRecord } from '../../lib/record.ts'
import { parseDotenv } from '../../payload/dotenv.ts'
import { at, type FoundDocument, type NamedVariable, recordAt, textAt } from './found-object.ts'
import { codeOf, readText } from './read-text.ts'
import { refusal, unreadable } from './refusal.ts'
import { isSecretVariable } from './secret-variable.ts'

/** Where a compose file is, and what may be read beside it. */
export interface ComposePlace {
  /** The compose file, from the root of the machine. */
  readonly whole: string
  /** The folder that was named: nothing outside of it is read. */
  readonly root: string
  readonly shown: (path: string) => string
}

/**
 * A compose file with the names of the variables that its `env_file`s give. Their values are forgotten.
 * Source: Compose Specification, env_file.
 */
export async function withEnvFiles(
  document: FoundDocument,
  place: ComposePlace,
): Promise<{ readonly document: FoundDocument; readonly refusals: readonly Problem[] }> {
  const files = Object.values(recordAt(document.value, 'services')).flatMap(envFilesOf)
  const envFiles = new Map<string, readonly NamedVariable[]>()
  const refusals = new Map<string, Problem>()
  for (const { path, isRequired } of files) {
    // A name that the machine completes is not known.
    if (envFiles.has(path) || path.includes('$')) continue
    const read = await readEnvFile(path, place)
    if (read.names) envFiles.set(path, read.names)
    if (read.problem && (isRequired || !read.isMissing)) refusals.set(path, read.problem)
  }
  return { document: { ...document, envFiles }, refusals: [...refusals.values()] }
}

/** The files of a service: a path, a list of paths, or of paths that may be missing. */
export function envFilesOf(service: unknown): { readonly path: string; readonly isRequired: boolean }[] {
  return [at(service, 'env_file')].flat().flatMap((one) => {
    const path = isRecord(one) ? textAt(one, 'path') : one
    return typeof path === 'string' ? [{ path, isRequired: at(one, 'required') !== false }] : []
  })
}

// --- internal ---

interface EnvFile {
  readonly names?: readonly NamedVariable[]
  readonly problem?: Problem
  readonly isMissing?: boolean
}

async function readEnvFile(path: string, { whole, root, shown }: ComposePlace): Promise<EnvFile> {
  const file = resolve(dirname(whole), path)
  const where = shown(file)
  try {
    const way = relative(await realpath(root), await realpath(file))
    if (way === '..' || way.startsWith(`..${sep}`))
      return { problem: unreadable(where, `is outside of ${shown(root)}, and is not read`, 'a file within the folder') }
  } catch (error) {
    const fact = `is named by ${shown(whole)} and can't be read (${codeOf(error)})`
    return { problem: unreadable(where, fact), isMissing: true }
  }
  const read = await readText(file, where)
  if ('refusal' in read) return { problem: read.refusal }
  const { values, problems } = parseDotenv(read.text, where)
  const names = [...values].map(([name, { value }]) => ({ name, isSecret: isSecretVariable({ name, value }) }))
  if (problems.length === 0) return { names }
  const fact = `has ${problems.length} ${problems.length === 1 ? 'line that is' : 'lines that are'} not NAME=value, which are passed over`
  return { names, problem: refusal('INPUT_INVALID', where, fact, 'NAME=value on each line', 'Correct them.') }
}

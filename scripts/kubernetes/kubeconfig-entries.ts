import { resolve } from 'node:path'
import { readIfExists } from '../lib/files.ts'
import { ProblemError } from '../lib/problems.ts'
import { isRecord } from '../lib/record.ts'

/** A cluster, user or context of a kubeconfig. */
export interface Entry {
  /** For messages: `user "admin"`. */
  readonly title: string
  readonly body: Readonly<Record<string, unknown>>
  /** Folder of the file it came from: relative paths start there. */
  readonly folder: string
  /** The file it came from. */
  readonly file: string
}

export type Section = 'clusters' | 'users' | 'contexts'
export type Entries = Readonly<Record<Section, Map<string, Entry>>>

export function noEntries(): Entries {
  return { clusters: new Map(), users: new Map(), contexts: new Map() }
}

/**
 * Adds what one file has; entries that are known already stay.
 *
 * @throws ProblemError `BAD_KUBECONFIG` when a name is in the file twice, as client-go
 */
export function addTo(entries: Entries, file: Readonly<Record<string, unknown>>, path: string, folder: string): void {
  for (const section of ['clusters', 'users', 'contexts'] as const) {
    const own = new Set<string>()
    for (const item of Array.isArray(file[section]) ? file[section] : []) {
      if (!isRecord(item) || typeof item.name !== 'string') continue
      const { name } = item
      const title = `${singular[section]} "${name}"`
      if (own.has(name)) throw bad(path, `${title} is in it twice. Expected each name once.`)
      own.add(name)
      const content = item[singular[section]]
      const body = isRecord(content) ? content : {}
      if (!entries[section].has(name)) entries[section].set(name, { title, body, folder, file: path })
    }
  }
}

/**
 * The text of a field; undefined when it is not set, or empty.
 *
 * @throws ProblemError `BAD_KUBECONFIG` when it is something else than a text, which kubectl does not read either
 */
export function text(entry: Entry, key: string): string | undefined {
  const value = entry.body[key] ?? ''
  if (typeof value !== 'string') throw badField(entry, key, 'is not a text. Expected one, in quotes if it is a number')
  return value === '' ? undefined : value
}

/** A field that is true or false; false when it is not set. */
export function flag(entry: Entry, key: string): boolean {
  const value = entry.body[key] ?? false
  if (typeof value !== 'boolean') throw badField(entry, key, 'is not a boolean. Expected true or false, without quotes')
  return value
}

/** A field that is a list of texts; empty when it is not set. */
export function texts(entry: Entry, key: string, value: unknown = entry.body[key]): readonly string[] {
  const items: unknown = value ?? []
  if (!Array.isArray(items) || !items.every((item) => typeof item === 'string'))
    throw badField(entry, key, 'is not a list of texts. Expected one')
  return items
}

/**
 * `<key>-data` in base64, or the file that `<key>` names.
 *
 * @throws ProblemError `BAD_KUBECONFIG` when both are set, as client-go
 */
export async function pem(entry: Entry, key: string): Promise<string | undefined> {
  const data = text(entry, `${key}-data`)
  if (data === undefined) return fileText(entry, key)
  if (text(entry, key) !== undefined) throw badField(entry, key, `is set, and ${key}-data too. Expected one of them`)
  return Buffer.from(data, 'base64').toString('utf8')
}

/** The content of the file that a field names. */
export async function fileText(entry: Entry, key: string): Promise<string | undefined> {
  const path = filePath(entry, key)
  if (path === undefined) return undefined
  const content = await readIfExists(path).catch((error: unknown) => {
    if (!(error instanceof ProblemError)) throw error
    const where = `${entry.file}: ${entry.title}: ${key} ${path}`
    throw new ProblemError(error.problems.map((problem) => ({ ...problem, where })))
  })
  if (content === undefined)
    throw badField(entry, key, `names ${text(entry, key)}, which doesn't exist. Expected a readable file`)
  return content
}

/** The file that a field names, from the folder of the kubeconfig. */
export function filePath(entry: Entry, key: string): string | undefined {
  const path = text(entry, key)
  return path === undefined ? undefined : resolve(entry.folder, path)
}

/** @param fact completes "<field> …", without its last full stop. Never a value. */
export function badField({ file, title }: Entry, key: string, fact: string): ProblemError {
  return bad(file, `${title}: ${key} ${fact}.`)
}

export function bad(where: string, message: string): ProblemError {
  return new ProblemError({ code: 'BAD_KUBECONFIG', where, message, fix: 'Correct the file, or download it again.' })
}

// --- internal ---

const singular = { clusters: 'cluster', users: 'user', contexts: 'context' } as const

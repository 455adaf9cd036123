import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { unreadable } from './files.ts'
import { nearestWith } from './folders.ts'
import { jsonMistake } from './json-mistake.ts'
import { ProblemError } from './problems.ts'
import { isRecord } from './record.ts'

/** A `package.json`, as far as it tells how our commands are typed. */
export interface Manifest {
  readonly folder: string
  /** Names of its scripts that start us: `status` where that is `tiered-secrets status`. */
  readonly scripts: ReadonlySet<string>
}

/** The one that npm finds from a folder. */
export function nearestManifest(folder: string): Manifest | undefined {
  const found = nearestWith('package.json', folder)
  return found === undefined ? undefined : { folder: found, scripts: scriptsOf(contentOf(found)) }
}

/** The nearest, from a folder upwards, that depends on our package or starts it. */
export function nearestOfOurs(folder: string): Manifest | undefined {
  const found = nearestManifest(folder)
  if (!found || isOfOurs(contentOf(found.folder))) return found
  const above = dirname(found.folder)
  return above === found.folder ? undefined : nearestOfOurs(above)
}

/**
 * Ends a command where a `package.json` that says how commands are typed can't be read: each generated file with a command in it would
 * be stale.
 *
 * @throws ProblemError `JSON_INVALID`, `FILE_UNREADABLE`
 */
export function refuseBrokenManifest(typedIn: string, userFolder: string): void {
  const read = (folder: string) => readContent(folder, relative(typedIn, join(folder, 'package.json')))
  const here = nearestWith('package.json', typedIn)
  if (here !== undefined) read(here)
  for (let folder: string | undefined = userFolder; folder !== undefined; ) {
    const found = nearestWith('package.json', folder)
    if (found === undefined || isOfOurs(read(found))) return
    folder = dirname(found) === found ? undefined : dirname(found)
  }
}

/**
 * The content of a `package.json`.
 *
 * @throws ProblemError `JSON_INVALID`
 */
export function parseManifest(text: string, where: string): Readonly<Record<string, unknown>> {
  // npm passes over a byte order mark too.
  const json = text.replace(/^\uFEFF/, '')
  const wrong = (message: string) =>
    new ProblemError({
      code: 'JSON_INVALID',
      where,
      message: `${message} Expected what npm can read.`,
      fix: 'Correct the file, then run the same command again.',
    })
  let content: unknown
  try {
    content = JSON.parse(json)
  } catch {
    const { line, column, isCutOff } = jsonMistake(json)
    throw wrong(`is not JSON: ${isCutOff ? 'it ends too early, ' : ''}at line ${line}, column ${column}.`)
  }
  if (!isRecord(content)) throw wrong('is JSON, and not an object.')
  return content
}

/** Whether the content of a `package.json` names our package. */
export function dependsOnUs(content: Readonly<Record<string, unknown>>): boolean {
  return ['dependencies', 'devDependencies'].some((field) => {
    const packages = content[field]
    return isRecord(packages) && 'tiered-secrets' in packages
  })
}

// --- internal ---

function scriptsOf({ scripts }: Readonly<Record<string, unknown>>): ReadonlySet<string> {
  const texts = isRecord(scripts) ? scripts : {}
  return new Set(Object.keys(texts).filter((name) => texts[name] === `tiered-secrets ${name}`))
}

function isOfOurs(content: Readonly<Record<string, unknown>>): boolean {
  return scriptsOf(content).size > 0 || dependsOnUs(content)
}

/** Of one that can't be read nothing is known; `refuseBrokenManifest` says so before it matters. */
function contentOf(folder: string): Readonly<Record<string, unknown>> {
  try {
    return readContent(folder, 'package.json')
  } catch {
    return {}
  }
}

function readContent(folder: string, where: string): Readonly<Record<string, unknown>> {
  return parseManifest(readText(join(folder, 'package.json'), where), where)
}

function readText(path: string, where: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw error instanceof Error ? new ProblemError(unreadable(where, error)) : error
  }
}

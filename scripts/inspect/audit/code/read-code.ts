import { relative } from 'node:path'
import { compare, type Problem } from '../../../lib/problems.ts'
import { refusal } from '../../inputs/refusal.ts'
import { type CodeFiles, codeFiles, isJavaScript } from './code-files.ts'
import type { CodeRead, CodeReading, DynamicRead, FileReading } from './code-read.ts'
import { readByPatterns } from './patterns.ts'

/** All that a folder of code reads from the environment. */
export interface FolderReading extends CodeReading {
  /** How many files were read. */
  readonly files: number
  /** Words that may be the name of a variable, wherever they stand: a program may read them in a way that is not known. */
  readonly words: ReadonlySet<string>
  /** What was not read, or only in part. */
  readonly refusals: readonly Problem[]
}

/**
 * Reads the code below a folder: TypeScript and JavaScript by a parser, other languages by patterns. Paths in the result
 * are relative to `base`.
 */
export async function readCode(folder: string, base: string = folder): Promise<FolderReading> {
  const [reading] = await readFolders([folder], base)
  return reading ?? { files: 0, words: new Set(), reads: [], dynamic: [], refusals: [] }
}

/** The same of several folders, of which one may call functions and use schemas of another. */
export async function readFolders(folders: readonly string[], base: string): Promise<FolderReading[]> {
  const shownPath = (path: string) => relative(base, path) || '.'
  const shown = <T extends { readonly file: string }>(place: T): T => ({ ...place, file: shownPath(place.file) })
  const found: CodeFiles[] = []
  for (const folder of folders) found.push(await codeFiles(folder, shownPath))
  const readings = await readTexts(new Map(found.flatMap(({ texts }) => [...texts])))
  return found.map(({ texts, refusals }) => {
    const own = [...texts.keys()].flatMap((file) => readings.get(file) ?? [])
    const mistakes = own.flatMap(({ file, mistake }) =>
      mistake === undefined ? [] : unparsed(shownPath(file), mistake),
    )
    return {
      files: texts.size,
      words: wordsOf(texts.values()),
      reads: once(own.flatMap(({ reads }) => reads)).map(shown),
      dynamic: own.flatMap(({ dynamic }) => dynamic).map<DynamicRead>(shown),
      refusals: [...refusals, ...mistakes],
    }
  })
}

// --- internal ---

/**
 * What each file reads; those that read nothing may be left out. The parser of JavaScript has a part for each kind of machine:
 * where npm could not install it, other languages are read all the same.
 */
async function readTexts(texts: ReadonlyMap<string, string>): Promise<ReadonlyMap<string, FileReading>> {
  const readings = new Map<string, FileReading>()
  for (const [file, text] of texts)
    if (!isJavaScript(file))
      readings.set(file, { file, reads: readByPatterns(file, text), dynamic: [], mistake: undefined })
  if (readings.size === texts.size) return readings
  const { readScripts } = await import('./read-scripts.ts')
  return new Map([...readings, ...readScripts(texts)])
}

function wordsOf(texts: Iterable<string>): ReadonlySet<string> {
  const words = new Set<string>()
  for (const text of texts)
    if (!namesAll.test(text))
      for (const [word] of text.matchAll(/\b(?:[A-Z]{3,}|[A-Za-z][A-Za-z0-9]*_\w+)\b/g)) words.add(word)
  return words
}

/** The catalogue, and a module that is generated from it. */
const namesAll = /\bdefineCatalogue\b|^\/\/ Generated from scripts\/catalogue\.ts/

function unparsed(where: string, mistake: string): Problem {
  const fix = 'Correct it, or search it for variables by hand.'
  return refusal(
    'CODE_UNPARSED',
    where,
    `does not parse, so some of it is missing: ${mistake}`,
    'code that parses',
    fix,
  )
}

/** A schema in another file is reached from each place that uses it, and each of its fields told once. */
function once(reads: readonly CodeRead[]): CodeRead[] {
  const seen = new Set<string>()
  return reads
    .filter(({ file, line, column, name }) => {
      const key = `${file} ${line} ${column} ${name}`
      return !seen.has(key) && seen.add(key)
    })
    .sort((a, b) => compare(a.file, b.file) || a.line - b.line || a.column - b.column)
}

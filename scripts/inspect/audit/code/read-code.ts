import { relative } from 'node:path'
import { compare, type Problem } from '../../../lib/problems.ts'
import { refusal } from '../../inputs/refusal.ts'
import { type CodeFiles, codeFiles, isJavaScript } from './code-files.ts'
import type { CodeRead, CodeReading, DynamicRead } from './code-read.ts'
import { readJavaScript } from './javascript.ts'
import { Names } from './modules.ts'
import { aliasesOf } from './path-aliases.ts'
import { readByPatterns } from './patterns.ts'
import { parse, type Syntax } from './syntax.ts'
import { wrapperNames } from './wrappers.ts'

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
  const readings = readTexts(new Map(found.flatMap(({ texts }) => [...texts])))
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

interface FileReading extends CodeReading {
  readonly file: string
  /** Why it does not parse. */
  readonly mistake: string | undefined
}

/** What each file reads; those that read nothing may be left out. */
function readTexts(texts: ReadonlyMap<string, string>): Map<string, FileReading> {
  const scripts = [...texts.keys()].filter(isJavaScript)
  const syntaxes = new Recent((file) => {
    const text = texts.get(file)
    return text === undefined ? undefined : parse(file, text)
  })
  const names = new Names({ has: (file) => texts.has(file), syntaxOf: (file) => syntaxes.get(file) }, aliasesOf(texts))
  const readings = new Map<string, FileReading>()
  // All that is asked of a file is asked at once: its syntax tree is not kept for long.
  const read = (file: string) => {
    const reading = readJavaScript(names, file)
    readings.set(file, { ...reading, file, mistake: syntaxes.get(file)?.mistakes[0] })
  }
  const direct = new Set(scripts.filter((file) => mentionsEnvironment.test(texts.get(file) ?? '')))
  // Who else calls a function that reads a variable by its name, or checks the environment by a schema of another file.
  const called = new Set<string>()
  for (const file of direct) {
    read(file)
    for (const name of wrapperNames(names, file)) called.add(name)
  }
  const isCaller = called.size > 0 ? new RegExp(`\\b(?:${[...called].join('|')})\\b`) : undefined
  for (const file of scripts) if (!direct.has(file) && isCaller?.test(texts.get(file) ?? '')) read(file)
  for (const [file, text] of texts)
    if (!isJavaScript(file))
      readings.set(file, { file, reads: readByPatterns(file, text), dynamic: [], mistake: undefined })
  return readings
}

const mentionsEnvironment =
  /\benv\b|\bgetenv\b|ProcessEnv|loadEnv|createEnv|cleanEnv|[cC]onfig(?:Service)?\.(?:get|require)/

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

/** The syntax trees that were used last: all of them at once would need gigabytes. */
class Recent {
  readonly #make: (file: string) => Syntax | undefined
  readonly #kept = new Map<string, Syntax | undefined>()

  constructor(make: (file: string) => Syntax | undefined) {
    this.#make = make
  }

  get(file: string): Syntax | undefined {
    const syntax = this.#kept.has(file) ? this.#kept.get(file) : this.#make(file)
    this.#kept.delete(file)
    this.#kept.set(file, syntax)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > 100 && oldest !== undefined) this.#kept.delete(oldest)
    return syntax
  }
}

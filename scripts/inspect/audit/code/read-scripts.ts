import { isJavaScript } from './code-files.ts'
import type { FileReading } from './code-read.ts'
import { readJavaScript } from './javascript.ts'
import { Names } from './modules.ts'
import { aliasesOf } from './path-aliases.ts'
import { parse, type Syntax } from './syntax.ts'
import { wrapperNames } from './wrappers.ts'

/**
 * What the JavaScript and TypeScript among these files reads; files that read nothing may be left out.
 *
 * @param texts by their absolute paths; the others tell what paths of modules stand for
 */
export function readScripts(texts: ReadonlyMap<string, string>): ReadonlyMap<string, FileReading> {
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
  return readings
}

// --- internal ---

const mentionsEnvironment =
  /\benv\b|\bgetenv\b|ProcessEnv|loadEnv|createEnv|cleanEnv|[cC]onfig(?:Service)?\.(?:get|require)/

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

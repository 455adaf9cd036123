import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { importsOf } from './boundaries.ts'

/** Whatever reads files of this repository, or starts its command line, may depend on the application it holds. */
const readsTheRepository =
  /\b(?:readFileSync|readdirSync|readFile|readdir|repositoryFile|repositoryCopy|userFolder|process\.cwd|compiledCli|runCli|root)\b/

/**
 * The test files whose result may depend on the application that this repository holds: those that read files of the
 * repository, or import a file of the tests that does.
 *
 * @param texts the text of every file of the tests by its path from the root of the repository
 */
export function dependentTests(texts: ReadonlyMap<string, string>): string[] {
  const depends = new Map<string, boolean>()
  const check = (path: string): boolean => {
    const known = depends.get(path)
    if (known !== undefined) return known
    // For files that import each other: the others of the circle decide.
    depends.set(path, false)
    const text = texts.get(path) ?? ''
    const imported = importsOf(text).flatMap(({ from }) => (from?.startsWith('.') ? [join(dirname(path), from)] : []))
    const result = readsTheRepository.test(text) || imported.some((one) => texts.has(one) && check(one))
    depends.set(path, result)
    return result
  }
  return [...texts.keys()].filter((path) => path.endsWith('.test.ts') && check(path)).sort()
}

/** The texts of all files of the tests. */
export function testTexts(): ReadonlyMap<string, string> {
  const paths = readdirSync('test', { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'))
  return new Map(paths.map((path) => [join('test', path), readFileSync(join('test', path), 'utf8')]))
}

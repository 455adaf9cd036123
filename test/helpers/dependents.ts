import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { importsOf } from './boundaries.ts'

/** What stands for files of this repository, or for its command line. */
const ofTheRepository =
  /\b(?:repositoryFile|repositoryCopy|userFolder|folderWith|process\.cwd|compiledCli|hostedCli|runCli\w*|root|import\.meta)\b/
const reads = /\b(?:readFileSync|readdirSync|readFile|readdir|cp)\b/
/** A path in it, wherever that is counted from. */
const ownPath = /(?:scripts|charts|values|docs|schema|test|README\.md|CHANGELOG\.md|package\.json)(?:\/|['"`])/

/**
 * Those that work in a folder of their own with an application of their own, and have from this repository what is the same
 * for each: programs, templates, pages. Each of them would be long, and the other files of the same folders do run again.
 */
export const withOwnApplication: readonly string[] = [
  'test/chart/check-environments.test.ts',
  'test/chart/check-failures.test.ts',
  'test/chart/import.test.ts',
  'test/chart/installed-package.test.ts',
  'test/chart/kustomize.test.ts',
  'test/chart/pipeline-image.test.ts',
  'test/chart/publish.test.ts',
  'test/generated/broken-data.test.ts',
  'test/generated/full-disk.test.ts',
  'test/generated/init-ci.test.ts',
  'test/generated/init.test.ts',
  'test/generated/package.test.ts',
  'test/generated/several-applications.test.ts',
  'test/unit/cli-process.test.ts',
]

/** Whether a file may read what depends on the application; files of other folders, as tests make them, don't. */
function readsTheRepository(text: string): boolean {
  const own = text.replace(/\bfrom '[^']*'|\bimport\('[^']*'\)/g, '')
  return ofTheRepository.test(own) || (reads.test(own) && ownPath.test(own))
}

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
    const result = readsTheRepository(text) || imported.some((one) => texts.has(one) && check(one))
    depends.set(path, result)
    return result
  }
  return [...texts.keys()]
    .filter((path) => path.endsWith('.test.ts') && !withOwnApplication.includes(path) && check(path))
    .sort()
}

/** The texts of all files of the tests. */
export function testTexts(): ReadonlyMap<string, string> {
  const paths = readdirSync('test', { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'))
  return new Map(paths.map((path) => [join('test', path), readFileSync(join('test', path), 'utf8')]))
}

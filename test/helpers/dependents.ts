import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * Parts of helpers that name the repository, and give each test the same whatever application it holds; each with the reason.
 * What else a helper or a test has of the repository's folder makes it depend on the application.
 */
export const sameForEach: Readonly<Record<string, string>> = {
  'test/helpers/generating.ts root': 'a name: who uses it is looked at',
  'test/helpers/generating.ts productFolder': 'given to what reads the product alone',
  'test/helpers/generating.ts repositoryFile': 'who calls it names the file',
  'test/helpers/generating.ts generatorSources': 'of the pages, what is generated is put there anew',
  'test/helpers/chart.ts chartOf': 'without the schema and the values of this application',
  'test/helpers/repository.ts repositoryCopy': 'without the files of this application',
  'test/helpers/repository.ts userFolder': 'has an application of its own; the product is the same',
  'test/helpers/tools.ts toolchainIo': 'the pinned sources of the tools',
}

/** Files with what depends on the application, and folders with such files. */
const ofTheApplication =
  /^(?:\.{1,2}\/)*(?:\.{1,2}|scripts|scripts\/(?:catalogue|environments)\b.*|values(?:\/.*)?|docs(?:\/.*)?|README\.md|charts(?:\/|\/tiered-secrets\/?|\/tiered-secrets\/(?:ci|values\.schema).*)?)$/
const repositoryFolder = /\b(?:root|ourChart|process\.cwd\(\))(?!\w|: )/
/** `join(root, 'image/Dockerfile')` and `${root}/image/Dockerfile`. */
const placeBelow =
  /\bjoin\((?:root|productFolder|ourChart|process\.cwd\(\)|import\.meta\.dirname), '([^']+)'|\$\{(?:root|productFolder)\}\/([^`$]+)/g
const reading = /(?<!\w|[^.]\.)(?:readFileSync|readdirSync|readFile|readdir|cp)\(\s*(?:join\(\s*([\w.]+))?/g
/** `repositoryFile('a.txt')`, `repositoryFile(`a/${name}`)` and `repositoryFile(path)`. */
const repositoryFiles = /\brepositoryFile\((?:['`]([^'`$]+)|(\w*))/g
const elsewhere = /\bjoin\(([\w.]+), ['`][^'`$]*/g
const toMethod = /\.\w+\(['`][^'`$]*|\bread\(\w+, '[^']*'/g
const quoted = /'([^'\n]*)'|`([^`$\n]*)[`$]/g

/**
 * The test files whose result may depend on the application that this repository holds: those that name its folder, run a
 * command there, or read a file that depends on it, and those that use a part of a helper that does.
 *
 * @param texts the text of every file of the tests by its path from the root of the repository
 * @param except parts of helpers, as `sameForEach`
 */
export function dependentTests(
  texts: ReadonlyMap<string, string>,
  except: Readonly<Record<string, string>> = sameForEach,
): string[] {
  const files = new Map([...texts].map(([path, text]) => [path, parse(path, text)]))
  const known = new Map<Part, boolean>()
  const depends = (path: string, names: readonly string[] | 'all'): boolean => {
    const file = files.get(path)
    return file !== undefined && reached(file, names).some((part) => partDepends(file, part))
  }
  const partDepends = (file: File, part: Part): boolean => {
    const before = known.get(part)
    if (before !== undefined) return before
    // For files that import each other: the others of the circle decide.
    known.set(part, false)
    const result =
      !(`${file.path} ${part.name}` in except) &&
      (namesTheRepository(part.text, file) ||
        file.imports.some(({ from, names }) => {
          if (names === 'all') return depends(from, names)
          const used = names.filter(([local]) => mentions(part.text, local)).map(([, name]) => name)
          return used.length > 0 && depends(from, used)
        }))
    known.set(part, result)
    return result
  }
  return [...texts.keys()].filter((path) => path.endsWith('.test.ts') && depends(path, 'all')).sort()
}

/** The texts of all files of the tests. */
export function testTexts(): ReadonlyMap<string, string> {
  const paths = readdirSync('test', { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'))
  return new Map(paths.map((path) => [join('test', path), readFileSync(join('test', path), 'utf8')]))
}

// --- internal ---

/** A declaration, or any other statement, which has no name. */
interface Part {
  readonly name: string | undefined
  readonly text: string
}

interface File {
  readonly path: string
  readonly parts: readonly Part[]
  /** What it imports of other files of the tests: the name here, and the name there. */
  readonly imports: readonly { readonly from: string; readonly names: 'all' | readonly (readonly [string, string])[] }[]
}

function parse(path: string, text: string): File {
  const code = text.replace(/^ *(?:\/\*\*|\*|\/\/).*$/gm, '')
  const imports: File['imports'][number][] = []
  const target = (from: string) => join(dirname(path), from)
  const own = code.replace(
    /^(import|export)( type)? ([^'"=]*?) ?from '([^']+)'$/gm,
    (_, how: string, isType: string | undefined, list: string, from: string) => {
      const names = how === 'export' ? 'all' : namesIn(list)
      if (from.startsWith('.') && isType === undefined) imports.push({ from: target(from), names })
      return ''
    },
  )
  for (const [, from = ''] of own.matchAll(/\bimport\('(\.[^']+)'\)|^import '(\.[^']+)'/gm))
    imports.push({ from: target(from), names: 'all' })
  const parts = own.split(/^(?=[a-z@])/m).filter((part) => part.trim() !== '')
  // One part more, for what is imported whole and has no other.
  return { path, parts: ['', ...parts].map((part) => ({ name: nameOf(part), text: part })), imports }
}

/** `{ a, type B, c as d }`; of what is imported whole, or handed on, everything counts. */
function namesIn(list: string): 'all' | (readonly [string, string])[] {
  const inner = /^\{([\s\S]*)\}$/.exec(list.trim())?.[1]
  if (inner === undefined) return 'all'
  const names = inner.split(',').map((one) => one.trim())
  return names
    .filter((one) => one !== '' && !one.startsWith('type '))
    .map((one) => {
      const [name = '', local = name] = one.split(' as ')
      return [local, name] as const
    })
}

function nameOf(part: string): string | undefined {
  return /^(?:export )?(?:declare )?(?:async )?(?:function\*?|const|let|class|interface|type) (\w+)/.exec(part)?.[1]
}

/** The parts that use of some names needs: those of the names, what they mention, and what runs when the file is loaded. */
function reached({ parts }: File, names: readonly string[] | 'all'): Part[] {
  if (names === 'all') return [...parts]
  const found = new Set(parts.filter(({ name }) => name === undefined || names.includes(name)))
  for (const part of found)
    for (const other of parts) if (other.name !== undefined && mentions(part.text, other.name)) found.add(other)
  return [...found]
}

function mentions(text: string, name: string): boolean {
  if (!text.includes(name)) return false
  return new RegExp(`(?<![\\w.'])${name.replaceAll('$', '\\$')}(?!\\w)`).test(text)
}

function namesTheRepository(whole: string, file: File): boolean {
  // A `root` of its own is another folder.
  const isName = (name: string | undefined) => /^(?:root|ourChart)$/.test(name ?? '')
  const isOurs =
    file.path === 'test/helpers/generating.ts' ||
    file.imports.some(({ names }) => names !== 'all' && names.some(([, name]) => isName(name)))
  const text = isOurs ? whole : whole.replace(/\b(?:root|ourChart)\b/g, '')
  const places = Array.from(text.matchAll(placeBelow), ([, joined, inText]) => joined ?? inText ?? '')
  const rest = text.replace(placeBelow, '')
  return (
    places.some((place) => ofTheApplication.test(place)) ||
    repositoryFolder.test(rest.replace(/'[^'\n]*'/g, "''")) ||
    Array.from(rest.matchAll(repositoryFiles)).some(([, path, name = '']) => {
      const known = path ?? constant(file, name)
      return known === undefined || ofTheApplication.test(known)
    }) ||
    (/\bexecPath, \[compiledCli\b/.test(rest) && !/\bcwd\b/.test(rest)) ||
    (readsWithin(rest, file) && literalsOf(rest, file).some((one) => ofTheApplication.test(one)))
  )
}

/** Whether a file is read, other than in a folder that is known when the test runs. */
function readsWithin(text: string, file: File): boolean {
  const bases = Array.from(text.matchAll(reading), ([, base]) => base)
  return bases.some((base) => base === undefined || constant(file, base) !== undefined)
}

/** What stands in a name that is a text written down in the file. */
function constant({ parts }: File, name: string): string | undefined {
  const pattern = new RegExp(`\\b${name} = ['\`]([^'\`$]+)`)
  return name === '' ? undefined : parts.map(({ text }) => pattern.exec(text)?.[1]).find((text) => text !== undefined)
}

/** The texts in it and in what it mentions, without those below a folder known when the test runs, or given to a method. */
function literalsOf(text: string, file: File): string[] {
  const mentioned = file.parts.filter(({ name }) => name !== undefined && mentions(text, name))
  const own = [text, ...mentioned.map((part) => part.text)]
    .join('\n')
    .replace(elsewhere, (whole, base: string) => (constant(file, base) === undefined ? '' : whole))
    .replace(toMethod, '')
  return Array.from(own.matchAll(quoted), ([, one, other]) => one ?? other ?? '').filter((one) => one !== '')
}

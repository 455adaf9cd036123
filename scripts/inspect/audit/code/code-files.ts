import { compare, type Problem } from '../../../lib/problems.ts'
import { walkFolder } from '../../inputs/walk-folder.ts'
import { hasPatterns } from './patterns.ts'

export interface CodeFiles {
  /** Texts by whole path, sorted: of the program itself, and `tsconfig.json` and `package.json`, which say what imports mean. */
  readonly texts: ReadonlyMap<string, string>
  readonly refusals: readonly Problem[]
}

/**
 * The source files below a folder. What others wrote (`node_modules`, `vendor`), what is built, and tests are passed over; a
 * link is not followed, so that nothing outside of the folder is read.
 *
 * @param shown how paths are told
 */
export async function codeFiles(folder: string, shown: (path: string) => string): Promise<CodeFiles> {
  const { files, refusals } = await walkFolder(folder, shown, {
    // Larger ones are generated, or hold data.
    maxBytes: 2 * 1024 * 1024,
    isAnyEncoding: true,
    isPassedOver: (name) => passedOver.test(name),
    isWanted: (name) => isSettings(name) || (isSource(name) && !isTest.test(name)),
  })
  const texts = files.map(({ whole, text }) => [whole, text] as const)
  return { texts: new Map(texts.sort(([a], [b]) => compare(a, b))), refusals }
}

export function isJavaScript(file: string): boolean {
  return /\.[cm]?[jt]sx?$/.test(file)
}

// --- internal ---

const passedOver =
  /^(?:node_modules|bower_components|vendor|third_party|dist|build|out|target|coverage|__pycache__|__tests__|__mocks__|__snapshots__|tests?|specs?|e2e|cypress|fixtures|\..+|venv|site-packages)$/
const isTest = /(?:[._-](?:test|tests|spec|stories|cy)\.[a-z]+$)|^test_.*\.py$|^.*_test\.(?:go|py|rb|exs)$/

function isSettings(name: string): boolean {
  return /^(?:tsconfig|jsconfig|package)\.json$/.test(name)
}

function isSource(name: string): boolean {
  const isGenerated = /\.d\.[cm]?ts$|\.min\.[cm]?js$|^(?:package-lock|npm-shrinkwrap)\.json$|\.map$/.test(name)
  return !isGenerated && (isJavaScript(name) || hasPatterns(name))
}

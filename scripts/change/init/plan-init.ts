import { readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { catalogueText, environmentsText } from '../../generate/data-file-text.ts'
import { learnBeginnings, type Typing } from '../../lib/command-line.ts'
import { ofProductRepository } from '../../lib/command-names.ts'
import { readIfExists } from '../../lib/files.ts'
import { dataFile, type Folders } from '../../lib/folders.ts'
import { isError, type Problem, ProblemError } from '../../lib/problems.ts'
import type { FileChange } from '../../lib/write-together.ts'
import { checkApplication } from '../../model/rules/index.ts'
import type { Application, Catalogue, Environments } from '../../model/types.ts'
import { loadOwn } from '../../session/application.ts'
import { generateFor } from '../../session/generated-files.ts'
import { type PackageJson, packageJson } from './package-json.ts'

/** What the data files are to say. */
export interface BegunApplication {
  readonly application: Application
  /** Their texts. Default: written from it */
  readonly files?: DataFileTexts
}

/** What `init` would do in a folder. */
export interface InitPlan {
  readonly application: Application
  /** Their paths count from the folder of `package.json`. */
  readonly changes: readonly FileChange[]
  /** Files that are there already, and stay as they are. Paths as those of the changes. */
  readonly kept: readonly string[]
  readonly packageJson: PackageJson
  /** In the order they are written down. */
  readonly environments: readonly string[]
}

/**
 * Every file of a user's repository that is not there yet, the generated ones included. A data file that is there counts
 * instead of the new one.
 *
 * @param packageFolder of `package.json`: the user's folder, or one above it that several applications share
 * @throws ProblemError with all that is wrong with the application, or `JSON_INVALID`
 */
export async function planInit(
  folders: Folders,
  begun: BegunApplication,
  { packageFolder, ...typing }: Omit<Typing, 'manifest'> & { readonly packageFolder: string },
): Promise<InitPlan> {
  const { productFolder, userFolder } = folders
  const application = await withOwnFiles(begun.application, userFolder)
  const problems = checkApplication(application).filter(isError)
  const isWritten = begun.files !== undefined || ownDataFiles(userFolder).length > 0
  if (problems.length > 0) throw new ProblemError(isWritten ? problems : problems.map(withOtherNames))

  const before = {
    package: await readIfExists(join(packageFolder, 'package.json')),
    ignored: await readOwn('.gitignore'),
  }
  const product = JSON.parse(await readFile(join(productFolder, 'package.json'), 'utf8')) as ProductPackage
  const manifest = packageJson(before.package, {
    application: application.catalogue.application,
    version: product.version,
    commands: commandsOf(product),
  })
  learnBeginnings(folders, {}, { ...typing, manifest: { folder: packageFolder, scripts: manifest.scripts } })

  const { files } = await generateFor(application, folders)
  const news = [
    ...missingDataFiles(begun.files ?? dataFileTexts(application), userFolder),
    { path: 'scripts/tsconfig.json', content: compilerOptions },
    ...(await Promise.all(ofChartTesting.map(async (path) => ({ path, content: await readProduct(path) })))),
    ...files,
  ]
  const found = await Promise.all(news.map(async (file) => ({ ...file, before: await readOwn(file.path) })))
  const edited = [
    { path: at('.gitignore'), content: withLines(before.ignored ?? '', ignoredFiles), before: before.ignored },
    { path: 'package.json', content: manifest.text, before: before.package },
  ]
  return {
    application,
    changes: [
      ...edited.filter((file) => file.content !== file.before),
      ...found.filter((file) => file.before === undefined).map((file) => ({ ...file, path: at(file.path) })),
    ],
    kept: [
      ...ownDataFiles(userFolder).map(at),
      ...found.flatMap(({ path, before: text }) => (text === undefined ? [] : [at(path)])),
    ],
    packageJson: manifest,
    environments: Object.keys(application.environments),
  }

  function at(path: string): string {
    return join(relative(packageFolder, userFolder), path)
  }

  function readOwn(path: string): Promise<string | undefined> {
    return readIfExists(join(userFolder, path))
  }

  function readProduct(path: string): Promise<string> {
    return readFile(join(productFolder, path), 'utf8')
  }
}

// --- internal ---

type DataFileTexts = Readonly<Record<'catalogue' | 'environments', string>>

interface ProductPackage {
  readonly version: string
  readonly scripts: Readonly<Record<string, string>>
}

/** Read by `ct lint`. */
const ofChartTesting = ['ct.yaml', '.ci/lintconf.yaml', '.ci/chart-schema.yaml']

/** What is written on the way, and must never be committed. */
const ignoredFiles = [
  'node_modules/',
  '*.tmp',
  '*.tgz',
  '*.env',
  '.env',
  '!.env.example',
  '*key.json',
  '*.key',
  '*.kubeconfig',
  'iam*.sh',
  '.emulator/',
]

/** For editors, and for `check` where there is a compiler: the data files alone. */
const compilerOptions = `${JSON.stringify(
  {
    compilerOptions: {
      target: 'es2023',
      module: 'nodenext',
      strict: true,
      noEmit: true,
      allowImportingTsExtensions: true,
      skipLibCheck: true,
      types: [],
    },
    files: ['catalogue.ts', 'environments.ts'],
  },
  null,
  2,
)}\n`

/** There is no data file yet that could be corrected: what is wrong with a new application are the names that it was given. */
function withOtherNames(problem: Problem): Problem {
  if (/delivery/.test(problem.where)) return problem
  return { ...problem, fix: 'Give other names with --application, --tiers and --environments.' }
}

/** The commands that the package has, by the scripts of our own repository. */
function commandsOf({ scripts }: ProductPackage): string[] {
  return Object.keys(scripts).filter(
    (name) => scripts[name]?.endsWith(` scripts/cli.ts ${name}`) && !ofProductRepository.includes(name),
  )
}

const dataFileNames = ['environments', 'catalogue'] as const

function ownDataFiles(userFolder: string): string[] {
  return dataFileNames.flatMap((name) => dataFile(userFolder, name)?.slice(userFolder.length + 1) ?? [])
}

async function withOwnFiles(application: Application, userFolder: string): Promise<Application> {
  const own = async (name: (typeof dataFileNames)[number]) =>
    dataFile(userFolder, name) === undefined ? application[name] : await loadOwn({ userFolder }, name)
  return {
    catalogue: (await own('catalogue')) as Catalogue,
    environments: (await own('environments')) as Environments,
  }
}

function dataFileTexts({ catalogue, environments }: Application): DataFileTexts {
  return { environments: environmentsText(environments), catalogue: catalogueText(catalogue) }
}

/** The catalogue last: with it a folder is a user's, and complete. */
function missingDataFiles(texts: DataFileTexts, userFolder: string) {
  return dataFileNames
    .filter((name) => dataFile(userFolder, name) === undefined)
    .map((name) => ({ path: `scripts/${name}.ts`, content: texts[name] }))
}

/** The text with the lines it lacks at its end. */
function withLines(text: string, wanted: readonly string[]): string {
  const lines = text.split(/\r?\n/).map((line) => line.trim())
  const missing = wanted.filter((line) => !lines.includes(line))
  if (missing.length === 0) return text
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${missing.join('\n')}\n`
}

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { compare } from '../../lib/problems.ts'
import { recipes } from './recipes.ts'

/** One version that this repository fixes. */
export interface Pin {
  /** Whose client knows its releases. */
  readonly kind: 'go' | 'python' | 'npm'
  /** As its client names it: `helm.sh/helm/v4`. */
  readonly name: string
  /** Without a leading `v`. */
  readonly version: string
  /** The file that fixes it, below the root folder. */
  readonly file: string
}

/** Why a pin stays where it is, whatever is released. */
export interface Hold {
  /** The first version it must not have. Default: it stays at the pinned one */
  readonly below?: string
  /** A sentence without its period. */
  readonly reason: string
}

/** Pins whose newer releases are not reported. */
export const holds: Readonly<Record<string, Hold>> = {
  'github.com/external-secrets/external-secrets': {
    reason: '0.20.1 lacks the faults of 0.20.4, and later ones are not a single Go module',
  },
  'sigs.k8s.io/kustomize/kustomize/v5': { below: '5.8.3', reason: '5.8.3 needs Go 1.27' },
  '@types/node': { below: '21.0.0', reason: 'Node 20 is the oldest that package.json allows' },
}

/**
 * Every pin: the module of each tool and what its go.mod requires besides by itself, the Python packages, and those of
 * package.json.
 */
export async function readPins(root: string): Promise<Pin[]> {
  const folders = [...new Set([...Object.values(recipes).map(({ folder }) => folder), onlyRead])].sort(compare)
  const files = folders.map((folder) => ({ kind: kindOf(folder), file: fileOf(folder) }))
  const read = async ({ kind, file }: Pick<Pin, 'kind' | 'file'>) =>
    pinsOf[kind](await readFile(join(root, file), 'utf8'), file).map(([name, version]) => ({
      kind,
      name,
      version,
      file,
    }))
  const pins = await Promise.all([...files, { kind: 'npm', file: 'package.json' } as const].map(read))
  return pins.flat()
}

// --- internal ---

/** Modules of which nothing is built: their definitions are what `vendor-schemas` reads. */
const onlyRead = 'go/engines'

/** The module of each tool, behind the file that pins it. */
const toolModules = new Set(Object.values(recipes).map(({ folder, pin }) => `${fileOf(folder)} ${pin}`))

function kindOf(folder: string): 'python' | 'go' {
  return folder.startsWith('python') ? 'python' : 'go'
}

function fileOf(folder: string): string {
  const file = kindOf(folder) === 'python' ? 'requirements.txt' : 'go.mod'
  return `scripts/local/toolchain/${folder}/${file}`
}

type NamedVersion = readonly [name: string, version: string]

const pinsOf: Readonly<Record<Pin['kind'], (text: string, file: string) => NamedVersion[]>> = {
  // A module that is required for a program of its own alone counts as indirect for Go.
  go: (text, file) =>
    matches(
      text,
      /^(?:require )?\s*(?<name>[\w./-]+) v(?<version>\S+)(?<indirect> \/\/ indirect)?$/gm,
      ({ name, indirect }) => indirect === undefined || toolModules.has(`${file} ${name}`),
    ),
  python: (text) => matches(text, /^(?<name>[\w.-]+)==(?<version>\S+)/gm),
  npm(text) {
    const {
      dependencies = {},
      optionalDependencies = {},
      devDependencies = {},
    } = JSON.parse(text) as Readonly<
      Record<'dependencies' | 'optionalDependencies' | 'devDependencies', Readonly<Record<string, string>> | undefined>
    >
    return [
      ...Object.entries(dependencies),
      ...Object.entries(optionalDependencies),
      ...Object.entries(devDependencies),
    ]
  },
}

type Groups = Readonly<Record<string, string | undefined>>

function matches(text: string, pattern: RegExp, isWanted: (groups: Groups) => boolean = () => true): NamedVersion[] {
  return [...text.matchAll(pattern)]
    .map(({ groups = {} }): Groups => groups)
    .filter(isWanted)
    .map(({ name = '', version = '' }) => [name, version])
}

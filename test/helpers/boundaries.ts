import { dirname, join } from 'node:path/posix'
import { groupBy } from '../../scripts/lib/group.ts'

/** Source files by their path from the repository's root, with forward slashes. */
export type Sources = ReadonlyMap<string, string>

/** What pure code stands on. */
const pure = ['payload', 'model', 'lib']

/** Whoever talks to Scaleway and the cluster, or renders the chart, about one application. */
const outside = ['local/toolchain', 'chart', 'cluster', 'scaleway', 'kubernetes', ...pure]

/**
 * Rooms that each room of `scripts/` may import, besides itself. A file on top of `scripts/` is a room of its own, and so is
 * each folder of `scripts/local/`.
 */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  'cli.ts': ['lib'],
  commands: ['bench', 'change', 'local/stack', 'local/emulator', 'inspect', 'session', 'generate', ...outside],
  bench: ['local/stack', 'local/emulator', 'session', 'generate', ...outside],
  change: ['inspect', 'session', 'generate', ...outside],
  inspect: ['session', 'generate', ...outside],
  session: ['generate', ...outside],
  'local/stack': ['local/emulator', 'session', ...outside],
  'local/toolchain': ['lib'],
  // It imitates Scaleway: what it shared with us would hide our mistakes.
  'local/emulator': ['lib'],
  generate: [...pure, 'schema/chart-values.ts'],
  chart: pure,
  cluster: ['scaleway', 'kubernetes', ...pure],
  scaleway: pure,
  kubernetes: pure,
  payload: ['model', 'lib'],
  'catalogue.ts': ['environments.ts', 'model'],
  'environments.ts': ['model'],
  // The entry of the package for a user's data files.
  'index.ts': ['model'],
  model: ['lib'],
  lib: [],
}

/** Single imports that no room allows, each with its reason. */
const allowedImports: Readonly<Record<string, string>> = {
  'scripts/session/generated-files.ts scripts/local/emulator/open-questions.ts': 'the data of a generated table',
  'scripts/session/generated-files.ts scripts/inspect/status/states.ts': 'the data of a generated table',
  'scripts/session/generated-files.ts scripts/inspect/doctor/cause-codes.ts': 'the data of a generated table',
}

/** Files that may import what they find out at run time, each with its reason. */
const computedImports: Readonly<Record<string, string>> = {
  'scripts/cli.ts': 'the file of a command',
  'scripts/session/data-file.ts': "the user's data files",
}

/** The files a user edits are data, and as long as the application makes them. */
const maxLines = 250

/**
 * Folders in which a file is called as the subject that it is about elsewhere: `rules/network.ts` are the rules of
 * `network/network.ts`. The emulator has names of its own, as it imitates what is not ours.
 */
const bySubject =
  /\/index\.ts$|^scripts\/(?:commands|bench|model\/rules|chart\/policy|inspect\/audit\/rules|inspect\/doctor\/(?:causes|observe)|change\/migration\/steps|local\/emulator)\//

/** Names that several other files have, each with what makes them the same. */
const sameNames: Readonly<Record<string, string>> = {
  'application.ts': "the user's, and the object of that name in Argo CD",
  'iam.ts': 'as it is planned, and as Scaleway has it',
  'names.ts': 'of all objects, and of those for Argo CD',
  'shape.ts': 'of the data files, and of their parts',
  'spec.ts': 'a part of the data files each',
}

/** Ways for a foreign text to the terminal as it is, or into a command. A file that may is listed with its reason. */
const aroundOutput: readonly {
  readonly pattern: RegExp
  readonly told: string
  readonly except: Readonly<Record<string, string>>
}[] = [
  {
    pattern: /\bas (?:unknown as )?Printable\b/g,
    told: 'only lib/printable.ts says what is printable',
    except: { 'scripts/lib/printable.ts': 'makes it' },
  },
  {
    pattern: /\bdocument\(/g,
    told: 'a text whose writer does not quote what is in it is made of lines(), table() or jsonDocument()',
    except: {
      'scripts/lib/printable.ts': 'makes it',
      'scripts/lib/markdown.ts': 'escapes what is in it',
      'scripts/inspect/every-environment/report.ts': 'Markdown, of lib/markdown.ts',
      'scripts/inspect/plan/plan-report.ts': 'Markdown, of lib/markdown.ts',
      'scripts/change/migration/migration-report.ts': 'YAML, of lib/yaml.ts',
      'scripts/change/key-rotation/seal-key.ts': 'YAML, of lib/yaml.ts',
      'scripts/commands/render.ts': 'YAML, of Helm',
      'scripts/commands/deploy.ts': 'YAML, of Helm',
      'scripts/commands/gen-values.ts': 'a difference of generated files',
      'scripts/commands/vendor-schemas.ts': 'a difference of generated files',
      'scripts/commands/operator-values.ts': 'YAML with comments of our own',
      'scripts/commands/rbac.ts': 'YAML, whose generator quotes',
      'scripts/commands/env-module.ts': 'code, whose generator quotes',
      'scripts/commands/iam.ts': 'a script or HCL, whose generators quote',
      'scripts/commands/lint-chart.ts': 'all that ct says of our own chart',
    },
  },
  {
    pattern: /\bnpm (?:run|start)\b/g,
    told: 'a command of ours is written by commandLine`…` of lib/command-line.ts',
    except: { 'scripts/lib/command-line.ts': 'writes it' },
  },
  {
    pattern: /\blog\(\s*(?:formatProblems?|lines|together|\w*[tT]able|\w*Text)\(/g,
    told: 'log() is for one line, tell() for several',
    except: {},
  },
  {
    pattern: /['"]inherit['"]/g,
    told: 'what a program says is read, and shown by us',
    except: {},
  },
  {
    pattern: /(?<!shell`[^`\n]*)\b(?:kubectl|scw|helm|curl) [\w-][^`\n]*\$\{(?!shell|commandLine|pipedCommandLine)/g,
    told: 'a command to paste is made by shell`…` of lib/shell.ts',
    except: {
      'scripts/generate/iam-scw.ts': 'a script, with variables of its own',
      'scripts/generate/iam-scw-rights.ts': 'a part of it',
      'scripts/generate/iam-pipeline.ts': 'the same for a pipeline',
      'scripts/generate/operator-values.ts': 'a version of ours',
      'scripts/generate/tier-operator-values.ts': 'a version and a namespace of ours, in a comment',
      'scripts/kubernetes/exec-login-problems.ts': 'a sentence about kubectl',
      'scripts/bench/helm-template.ts': 'a title',
    },
  },
  {
    pattern: /\bshell`(?:kubectl (?!config |kustomize )|helm (?!push ))/g,
    told: 'a line of kubectl or Helm names the context of the run: kubectl`…` or helm`…` of lib/command-line.ts',
    except: { 'scripts/kubernetes/exec-login-problems.ts': 'names another context, which is about to be tried' },
  },
]

/** Files that name what the process has, each with its reason. */
const processUsers: Readonly<Record<string, string>> = {
  'scripts/cli.ts': 'hands it on as CommandIo',
  'scripts/generate/env-module/typescript.ts': "writes the text of somebody else's program",
}

/** The files a user edits; everything but `session/application.ts` takes an application as an argument. */
const editedFiles = ['scripts/catalogue.ts', 'scripts/environments.ts']

/** Imports that cross a boundary of the design, one sentence each. */
export function importProblems(sources: Sources): string[] {
  return [...sources].flatMap(([path, text]) =>
    importsOf(text)
      .map((found) => refusal(path, found))
      .filter(isText),
  )
}

/** What a source imports: the path, or undefined where it is computed. */
export function importsOf(text: string): { readonly from: string | undefined; readonly dynamic: boolean }[] {
  const code = withoutComments(text)
  const statics = code.matchAll(/\b(?:from|import)\s*(['"])(?<from>.+?)\1/g)
  const dynamics = code.matchAll(/\b(?:import|require)\s*\(\s*(?:(['"`])(?<from>[^'"`$]+)\1\s*\))?/g)
  return [
    ...Array.from(statics, ({ groups }) => ({ from: groups?.from, dynamic: false })),
    ...Array.from(dynamics, ({ groups }) => ({ from: groups?.from, dynamic: true })),
  ]
}

/** Names of types that can write, in the room that only reads; one sentence each. */
export function writerProblems(sources: Sources): string[] {
  return [...sources]
    .filter(([path]) => path.startsWith('scripts/inspect/'))
    .flatMap(([path, text]) =>
      [
        ...withoutComments(text).matchAll(
          /\b(?:KubernetesClient|ScalewayAccount|OperatorAccount|ScalewayConnection)\b/g,
        ),
      ].map(([name]) => `${path} names ${name}, which can write; inspect gets a ClusterReader and a ScalewayReader`),
    )
}

/** Files that import each other in a circle, one sentence a circle. */
export function circleProblems(sources: Sources): string[] {
  const targets = (path: string) =>
    importsOf(sources.get(path) ?? '')
      .flatMap(({ from }) => (from?.startsWith('.') ? [join(dirname(path), from)] : []))
      .filter((target) => sources.has(target))
  const circles = new Map<string, readonly string[]>()
  const finished = new Set<string>()
  const walk = (path: string, way: readonly string[]): void => {
    const start = way.indexOf(path)
    if (start >= 0) {
      const circle = way.slice(start)
      circles.set([...circle].sort().join(' '), [...circle, path])
    }
    if (start >= 0 || finished.has(path)) return
    for (const target of targets(path)) walk(target, [...way, path])
    finished.add(path)
  }
  for (const path of sources.keys()) walk(path, [])
  return [...circles.values()].map((circle) => `${circle.join(' imports ')}; cut the circle`)
}

/** Arguments, output, exit and environment of the process outside of `cli.ts`, one sentence each. */
export function processProblems(sources: Sources): string[] {
  const pattern =
    /\bprocess\s*\??\.\s*(?:argv|env|exit|exitCode|stdin|stdout|stderr)\b|\bconsole\s*\.|['"]node:process['"]/g
  return [...sources]
    .filter(([path]) => !(path in processUsers))
    .flatMap(([path, text]) =>
      [...withoutComments(text).matchAll(pattern)].map(
        ([use]) => `${path} uses ${use}; only scripts/cli.ts may, and hands it on as CommandIo`,
      ),
    )
}

/** Signals that may never abort, and waits whose error does not tell why they ended, one sentence each. */
export function signalProblems(sources: Sources): string[] {
  const told = [
    { pattern: /\bAbortSignal\s*\.\s*(?:any|timeout)\b/g, instead: 'scripts/lib/signals.ts has what Node keeps' },
    {
      pattern: /\bsleep\([^)]*\bsignal\b/g,
      instead: 'pause of scripts/lib/pause.ts ends with the reason of the signal',
    },
  ]
  return [...sources]
    .filter(([path]) => path !== 'scripts/lib/pause.ts')
    .flatMap(([path, text]) =>
      told.flatMap(({ pattern, instead }) =>
        [...withoutComments(text).matchAll(pattern)].map(([use]) => `${path} uses ${use}; ${instead}`),
      ),
    )
}

/** Output that goes around `lib/printable.ts`, and commands to paste that go around `lib/shell.ts`, one sentence each. */
export function outputProblems(sources: Sources): string[] {
  return [...sources].flatMap(([path, text]) => {
    const code = withoutComments(text)
    return aroundOutput
      .filter(({ except }) => !(path in except))
      .flatMap(({ pattern, told }) => [...code.matchAll(pattern)].map(([use]) => `${path} has ${use.trim()}; ${told}`))
  })
}

/** Files named after nothing, and files too long to be about one thing, one sentence each. */
export function fileProblems(sources: Sources): string[] {
  return [...sources].flatMap(([path, text]) => {
    const lines = text.trimEnd().split('\n').length
    const isVague = path.split('/').some((part) => /^_?(utils?|helpers?|common|misc|shared)(\.|$)/i.test(part))
    return [
      ...(isVague ? [`${path} is named after nothing; name it after what it knows`] : []),
      ...(lines > maxLines && !editedFiles.includes(path)
        ? [`${path} has ${lines} lines; split it by question, at most ${maxLines} are allowed`]
        : []),
    ]
  })
}

/** Files of one name about different things, one sentence each. */
export function nameProblems(sources: Sources): string[] {
  const names = groupBy(
    [...sources.keys()].filter((path) => !bySubject.test(path)),
    (path) => path.split('/').at(-1) ?? '',
  )
  return [...names]
    .filter(([name, paths]) => paths.length > 1 && !(name in sameNames))
    .map(([name, paths]) => `${paths.join(' and ')} are called ${name}; name each after what it alone knows`)
}

/** Exceptions nothing makes use of any more, one sentence each. */
export function unusedExceptions(sources: Sources): string[] {
  const unusedImports = Object.keys(allowedImports).filter((pair) => {
    const [path = '', target = ''] = pair.split(' ')
    return !importsOf(sources.get(path) ?? '').some(({ from }) => from && join(dirname(path), from) === target)
  })
  const unusedOutput = aroundOutput.flatMap(({ pattern, except }) =>
    Object.keys(except).filter((path) => !withoutComments(sources.get(path) ?? '').match(pattern)),
  )
  const unusedNames = Object.keys(sameNames).filter(
    (name) => [...sources.keys()].filter((path) => path.endsWith(`/${name}`) && !bySubject.test(path)).length < 2,
  )
  return [...unusedImports, ...unusedOutput, ...unusedNames].map(
    (exception) => `the exception "${exception}" is not used; remove it`,
  )
}

/**
 * `chart` of `scripts/chart/policy/index.ts`, `local/stack` of a file in that folder; a file on top of `scripts/` and a file
 * outside of it are themselves.
 */
export function roomOf(path: string): string {
  const [top, room = '', folder = ''] = path.split('/')
  if (top !== 'scripts') return path
  return room === 'local' && folder.includes('.') === false ? `local/${folder}` : room
}

// --- internal ---

function refusal(path: string, { from }: ReturnType<typeof importsOf>[number]): string | undefined {
  const room = roomOf(path)
  if (from === undefined) {
    if (path in computedImports) return undefined
    return `${path} imports a computed path; only ${listed(Object.keys(computedImports))} may`
  }
  if (!from.startsWith('.')) return undefined
  const target = join(dirname(path), from)
  if (`${path} ${target}` in allowedImports) return undefined
  if (editedFiles.includes(target) && !editedFiles.includes(path)) {
    return `${path} imports ${target}; only scripts/session/application.ts loads it, from the user's folder`
  }
  const allowed = mayImport[room]
  if (allowed === undefined) return `${path} is in no room of the design; list "${room}" with what it may import`
  const targetRoom = roomOf(target)
  if (allowed.includes(targetRoom) || (targetRoom === room && room !== 'commands')) return undefined
  return `${path} imports ${target}; ${room} may import ${listed(allowed)}`
}

function listed(rooms: readonly string[]): string {
  if (rooms.length === 0) return 'nothing of ours'
  return rooms.length === 1 ? (rooms[0] ?? '') : `${rooms.slice(0, -1).join(', ')} and ${rooms.at(-1)}`
}

/** Comments may name anything. A `//` after a colon is an address. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"`])\/\/.*$/gm, '$1')
}

function isText(value: string | undefined): value is string {
  return value !== undefined
}

import { stat } from 'node:fs/promises'
import { basename, dirname, relative, sep } from 'node:path'
import { exitCodes, type Problem, ProblemError } from '../../lib/problems.ts'
import { valueOfFilePattern } from '../../lib/typed-path.ts'
import { withEnvFiles } from './compose-env-files.ts'
import { byEnvironmentFolder, productionLast } from './environment-folders.ts'
import { type FoundDocument, type FoundFile, type Inputs, together } from './found-object.ts'
import { findKustomize, type KustomizeIo, type Renderer, renderFolder, renderParts, rootFolders } from './kustomize.ts'
import { parseDocuments } from './parse-documents.ts'
import { refusal } from './refusal.ts'
import { isExample, type Walked, walk } from './walk-files.ts'

/** What was read of one file or folder, and the environment it is of, where that is known. */
export interface InputSet {
  readonly environment: string | undefined
  readonly inputs: Inputs
}

/** A file or folder that the user named, whole, and the environment that was named with it. */
export interface NamedInput {
  readonly environment: string | undefined
  readonly path: string
}

/** `/k8s`, or `production=@/k8s/overlays/production`. */
export function namedInput(text: string): NamedInput {
  const [, environment, path] = valueOfFilePattern.exec(text) ?? []
  return path === undefined ? { environment: undefined, path: text } : { environment, path }
}

/** The same as it would be typed from where the user stands. */
export function typedInput(text: string, typedIn: string): string {
  const { environment, path } = namedInput(text)
  const shown = shownFrom(typedIn)(path)
  return environment === undefined ? shown : `${environment}=@${shown}`
}

/**
 * Everything that some files and folders hold. Several kustomize folders below one are one environment each, and so are
 * folders of plain manifests that are called as environments are.
 *
 * @param option that named them
 * @throws ProblemError `WRONG_USAGE` for one that does not exist
 */
export async function readInputs(
  named: readonly NamedInput[],
  io: KustomizeIo & { readonly typedIn: string },
  option = '--from',
): Promise<InputSet[]> {
  const missing: Problem[] = []
  for (const { path } of named)
    if (!(await exists(path))) missing.push(notThere(`${option} ${shownFrom(io.typedIn)(path)}`))
  if (missing.length > 0) throw new ProblemError(missing, exitCodes.usage)
  const sets: InputSet[] = []
  let found: Promise<Renderer> | undefined
  // It may have to be built, which nobody should wait for in vain.
  const renderer = () => (found ??= findKustomize(io))
  for (const one of named) sets.push(...(await readOne(one, renderer, io)))
  const isUnnamed = (set: InputSet) => set.environment === undefined
  if (!sets.some(isUnnamed)) return sets
  const unnamed = together(sets.filter(isUnnamed).map(({ inputs }) => inputs))
  return [...sets.filter((set) => !isUnnamed(set)), ...byEnvironmentFolder(unnamed)]
}

// --- internal ---

const shownFrom = (typedIn: string) => (path: string) => relative(typedIn, path) || '.'

async function readOne(
  { environment, path }: NamedInput,
  renderer: () => Promise<Renderer>,
  io: KustomizeIo & { readonly typedIn: string },
): Promise<InputSet[]> {
  const shown = shownFrom(io.typedIn)
  const walked = await walk(path, shown)
  const folders = walked.rendered.filter(({ by }) => by === 'kustomize').map(({ folder }) => folder)
  const roots = productionLast(await rootFolders(folders))
  const results = new Map<string, FoundFile | Problem>()
  const render = async (folder: string) => {
    const result = results.get(folder) ?? (await renderFolder(folder, shown(folder), renderer, io))
    results.set(folder, result)
    return result
  }
  const rendered: InputSet[] = []
  for (const root of roots) {
    const result = await render(root)
    const parts = 'text' in result ? [result] : await renderParts(root, folders, render)
    const inputs = together([read(parts), nothing('text' in result ? [] : [result])])
    rendered.push({ environment: environment ?? (roots.length > 1 ? basename(root) : undefined), inputs })
  }
  const [first, ...others] = rendered
  const plain = await withComposeFiles(read(plainFiles(walked, folders, shown)), walked, path, shown)
  const own = { environment, inputs: together([plain, nothing(refused(walked, shown))]) }
  // One kustomize folder is the environment of what lies beside it; of several, what lies beside them is all of theirs.
  if (first === undefined) return [own]
  if (others.length === 0) return [{ ...first, inputs: together([first.inputs, own.inputs]) }]
  return [...rendered, own].filter(({ inputs }) => Object.values(inputs).some((list) => list.length > 0))
}

/** All but the manifests that kustomize reads. */
function plainFiles({ files }: Walked, folders: readonly string[], shown: (path: string) => string): FoundFile[] {
  const roots = folders.map(shown)
  const isPart = (path: string) => roots.some((root) => root === '.' || path.startsWith(`${root}${sep}`))
  return files.filter(({ path }) => isExample(path) || isCompose(path) || !isPart(path))
}

function read(files: readonly FoundFile[]): Inputs {
  const examples = files.filter(({ path }) => isExample(path))
  const parsed = files.filter(({ path }) => !isExample(path)).map(parseDocuments)
  return together([{ ...nothing([]), examples }, ...parsed.map((one) => ({ ...one, examples: [] }))])
}

/** @param named the file or folder that the user named */
async function withComposeFiles(
  inputs: Inputs,
  { files }: Walked,
  named: string,
  shown: (path: string) => string,
): Promise<Inputs> {
  const compose: FoundDocument[] = []
  const refusals = [...inputs.refusals]
  for (const document of inputs.compose) {
    const file = files.find(({ path }) => document.where.startsWith(`${path}:`))
    const root = file?.whole === named ? dirname(named) : named
    const read = file ? await withEnvFiles(document, { whole: file.whole, root, shown }) : { document, refusals: [] }
    compose.push(read.document)
    refusals.push(...read.refusals)
  }
  return { ...inputs, compose, refusals }
}

function nothing(refusals: readonly Problem[]): Inputs {
  return { objects: [], compose: [], examples: [], refusals }
}

function refused({ refusals, rendered }: Walked, shown: (path: string) => string): Problem[] {
  const charts = rendered.filter(({ by, folder }) => by === 'helm' && !ownChart.test(folder))
  return [
    ...refusals,
    ...charts.map(({ folder }) =>
      refusal(
        'INPUT_UNRENDERED',
        shown(folder),
        'is a Helm chart, and is not read as it is',
        'what it renders',
        'Render it with `helm template` and your values, and name the file.',
      ),
    ),
  ]
}

/** What it renders is what the catalogue says. */
const ownChart = /[/\\]charts[/\\]tiered-secrets$/

const isCompose = (path: string) => /^(docker-)?compose([.-][\w-]+)*\.ya?ml$/.test(basename(path))

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

function notThere(where: string): Problem {
  return {
    code: 'WRONG_USAGE',
    where,
    message: 'there is no such file or folder. Expected one that exists.',
    fix: 'Correct the path; it counts from the folder in which the command is typed.',
  }
}

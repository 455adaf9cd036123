import { readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { ClusterReader } from '../../../kubernetes/client.ts'
import { kinds } from '../../../kubernetes/kinds.ts'
import { wrongUsage } from '../../../lib/command.ts'
import { didYouMean } from '../../../lib/nearest.ts'
import { exitCodes, type Problem, ProblemError } from '../../../lib/problems.ts'
import type { EnvironmentModel } from '../../../model/resolve.ts'
import { type FoundObject, together } from '../../inputs/found-object.ts'
import type { KustomizeIo } from '../../inputs/kustomize.ts'
import { readCluster } from '../../inputs/read-cluster.ts'
import { type InputSet, type NamedInput, namedInput, readInputs } from '../../inputs/read-inputs.ts'
import { readFolders } from '../code/read-code.ts'
import { at, type Finding, placeOf, type Severity } from '../finding.ts'
import type { KustomizeFolder } from './kustomize-folder.ts'
import { readKustomize } from './read-kustomize.ts'
import { namespacesOf, type Schema, type TierCode, type World, worldOf } from './world.ts'

export interface WorldSources {
  readonly model: EnvironmentModel
  /** Files and folders, whole. */
  readonly manifests: readonly string[]
  /** Folders, whole, also as `backend=@/back`. */
  readonly code: readonly string[]
  /** Of the cluster; undefined: it is not asked. */
  readonly live?: ClusterReader | undefined
}

export interface ReadWorld {
  readonly world: World
  /** What of the input was not read, as findings: it is never taken for clean. */
  readonly unread: readonly Finding[]
  /** What could not be compared, in sentences. */
  readonly unseen: readonly string[]
}

/**
 * Reads all that the rules judge.
 *
 * @throws ProblemError `WRONG_USAGE` for a path that does not exist, or a tier or an environment that the catalogue does not have
 */
export async function readWorld(
  { model, manifests, code, live }: WorldSources,
  io: KustomizeIo & { readonly typedIn: string; readonly productFolder: string },
): Promise<ReadWorld> {
  const folders = code.map(namedInput).map((named) => ofTier(model, named, io.typedIn))
  const named = manifests.map(namedInput)
  const sets = ofEnvironment(model, await readInputs(named, io, '--manifests'))
  const inputs = together(sets.map((set) => set.inputs))
  const kustomize = await readKustomize(
    named.map(({ path }) => path),
    io.typedIn,
  )
  const cluster = live ? await readCluster(live, io.signal, [kinds.configMap]) : undefined
  const objects = withCluster(
    model,
    inputs.objects.map((object) => atSource(object, kustomize)),
    cluster?.objects ?? [],
  )
  const readings = folders.length === 0 ? [] : await readTiers(folders, io.typedIn)
  const schemas = await readSchemas(io.productFolder)
  const isLive = cluster?.refusals.length === 0
  // A kustomize folder that does not render is told by itself, and what lies beside it is applied as it is.
  const isPartial = inputs.refusals.some(({ code }) => code.startsWith('INPUT_'))
  const world = worldOf({ model, objects, code: readings, kustomize, schemas, isLive, isPartial })
  return {
    world,
    unseen: unseenTiers(world),
    unread: [
      ...inputs.refusals.map((one) => inFile(refused(one), kustomize)),
      ...(cluster?.refusals ?? []).map((one) => refused(one)),
      ...readings.flatMap(({ reading }) => reading.refusals.map((one) => refused(one, 'note'))),
    ],
  }
}

// --- internal ---

/** Those that were cut from the pinned operator. */
async function readSchemas(productFolder: string): Promise<World['schemas']> {
  const read = ['SecretStore', 'ExternalSecret'].map(async (kind) => {
    const file = join(productFolder, 'schema/external-secrets.io', `${kind.toLowerCase()}_v1.json`)
    return [`external-secrets.io/v1 ${kind}`, JSON.parse(await readFile(file, 'utf8')) as Schema] as const
  })
  return Object.fromEntries(await Promise.all(read))
}

/** What is in the manifests is going to be in the cluster: it counts. Namespaces of others are not judged. */
function withCluster(
  { tiers }: EnvironmentModel,
  manifests: readonly FoundObject[],
  cluster: readonly FoundObject[],
): FoundObject[] {
  const own = new Set([...tiers, ...manifests].map(({ namespace }) => namespace))
  const near = cluster.filter(({ namespace }) => namespace === undefined || own.has(namespace))
  const idOf = ({ kind, namespace, name }: FoundObject) => `${kind}/${namespace ?? ''}/${name}`
  const known = new Set(manifests.map(idOf))
  const isHeld = ({ kind }: FoundObject) => kind === 'Secret' || kind === 'ConfigMap'
  return [...manifests, ...near.filter((object) => isHeld(object) || !known.has(idOf(object)))]
}

/** A rendered object where somebody wrote it: what kustomize prints has no lines that anybody can open. */
function atSource(object: FoundObject, folders: readonly KustomizeFolder[]): FoundObject {
  const folder = folders.find((one) => object.where.startsWith(`${one.folder}:`))
  if (!folder) return object
  const same = folder.objects.filter(({ kind }) => kind === object.kind)
  const source = same.find(({ name }) => name === object.name) ?? same.find(({ name }) => object.name.includes(name))
  return { ...object, where: source?.where ?? `${folder.file}:1` }
}

/** A folder that does not render is shown at its kustomization, which can be opened. */
function inFile(finding: Finding, folders: readonly KustomizeFolder[]): Finding {
  const own = folders.find(({ folder }) => folder === finding.file)
  return own ? { ...finding, file: own.file, object: own.file } : finding
}

type CodeFolder = { readonly tier: string | undefined; readonly path: string }

async function readTiers(folders: readonly CodeFolder[], typedIn: string): Promise<TierCode[]> {
  const paths = folders.map(({ path }) => path)
  const readings = await readFolders(paths, typedIn).catch((error: unknown) => {
    throw parserMissing(error)
  })
  return folders.flatMap(({ tier, path }, index) => {
    const reading = readings[index]
    return reading ? [{ tier, folder: relative(typedIn, path) || '.', reading }] : []
  })
}

function parserMissing(error: unknown): unknown {
  const text = error instanceof Error ? error.message : ''
  if (!/oxc-parser|native binding/i.test(text)) return error
  const problem = {
    code: 'PARSER_MISSING',
    where: '--code',
    message: 'the parser of JavaScript and TypeScript is not installed. Expected the package oxc-parser.',
    fix: 'Run `npm install --save-dev oxc-parser`, or leave the folders with JavaScript or TypeScript out.',
  }
  return new ProblemError(problem, exitCodes.toolMissing)
}

function ofTier({ tiers }: EnvironmentModel, { environment: tier, path }: NamedInput, typedIn: string): CodeFolder {
  const names = tiers.map(({ name }) => name)
  if (tier !== undefined && !names.includes(tier)) {
    const message = `there is no tier "${tier}".${didYouMean(tier, names)} Expected one of: ${names.join(', ')}.`
    throw wrongUsage('audit', `--code ${tier}=@${relative(typedIn, path)}`, message)
  }
  return { tier, path }
}

/** Of several overlays only those of the environment. */
function ofEnvironment({ environment }: EnvironmentModel, sets: readonly InputSet[]): InputSet[] {
  const own = sets.filter((set) => set.environment === undefined || set.environment === environment)
  const named = sets.flatMap((set) => set.environment ?? [])
  if (named.length > 0 && !named.includes(environment)) {
    const message = `these are the folders of ${named.join(', ')}. Expected one of the environment ${environment}, or to be told which it is: --manifests ${environment}=@k8s/${named[0]}.`
    throw wrongUsage('audit', '--manifests', message)
  }
  return own
}

function unseenTiers(world: World): string[] {
  return world.model.tiers
    .filter((tier) => namespacesOf(world, tier).every(({ pods }) => pods.length === 0))
    .map(({ name, namespace }) => `the workloads of tier ${name}: no manifest that was read has pods in ${namespace}`)
}

function refused({ code, where, message, fix, lastLines = [] }: Problem, severity: Severity = 'warning'): Finding {
  const [fact = message, expected = 'it to be read'] = message.replace(/\.$/, '').split('. Expected ')
  const { file, line } = placeOf(where)
  const told = [fact, ...lastLines.map((one) => one.trim())].join(' ')
  const isOverlay = code === 'KUSTOMIZE_FAILED'
  return isOverlay
    ? at({ file, line }, file, 'OVERLAY_UNRENDERED', { key: code, fact: told, expected, fix })
    : at({ file, line }, file, 'INPUT_UNREAD', { severity, key: code, fact: told, expected, fix })
}

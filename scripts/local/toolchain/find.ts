import { join } from 'node:path'
import type { CommandIo } from '../../lib/command.ts'
import { findOpenEntry } from '../../lib/open-entry.ts'
import { logProblems, type Problem, ProblemError } from '../../lib/problems.ts'
import { passedOverWarning } from '../../lib/programs.ts'
import { buildRecipe } from './build.ts'
import { cacheFolder, isPresent } from './cache.ts'
import { fromPath, fromVariable, type Located, untestedOnPath, wanted } from './locate.ts'
import { type PinnedRecipe, type RecipeName, readRecipe } from './recipes.ts'
import { withWhereabouts } from './searched-places.ts'
import { type Tool, type ToolName, tools } from './tools.ts'

/** What finding a tool needs from the outside world. */
export interface ToolchainIo extends Pick<CommandIo, 'productFolder' | 'env' | 'signal' | 'log' | 'isTerminal'> {
  /** Of PATH only versions that the tests run with are taken, and else one is built. Default: see `takesSupported` */
  readonly onlyTested?: boolean
}

/**
 * One tool, found or built.
 *
 * @throws ProblemError (exit code 5) when it can be neither found nor built.
 */
export async function findTool(name: ToolName, io: ToolchainIo): Promise<Tool> {
  return (await findTools([name], io))[name]
}

/**
 * One tool, if it is available: nothing is built.
 *
 * @throws ProblemError (exit code 5) for a wrong environment variable
 */
export async function findPresent(
  name: ToolName,
  io: Pick<ToolchainIo, 'productFolder' | 'env' | 'log' | 'onlyTested'>,
): Promise<Tool | undefined> {
  const found = await lookUp(name, io)
  warn(found.warnings, io)
  return 'tool' in found ? found.tool : undefined
}

/**
 * The named tools and no others. Lookup order for each: its environment variable (a wrong one is an error),
 * PATH if the version is tested, the user's cache folder, for some PATH if the version is supported, else a build from the
 * pinned sources, one after the other.
 * A program that another user of the machine could replace is skipped with a warning, and so is such a cache.
 *
 * @throws ProblemError (exit code 5) with every wrong environment variable at once, before anything is built;
 *   or with what kept a build from succeeding.
 */
export async function findTools<Name extends ToolName>(
  names: readonly Name[],
  io: ToolchainIo,
): Promise<Record<Name, Tool>> {
  const found = new Map<ToolName, Tool>()
  const missing: Missing[] = []
  const problems: Problem[] = []
  const warnings: Problem[] = []
  const results = await Promise.allSettled(names.map((name) => lookUp(name, io)))
  for (const result of results) {
    if (result.status === 'rejected') {
      if (!(result.reason instanceof ProblemError)) throw result.reason
      problems.push(...result.reason.problems)
      continue
    }
    warnings.push(...result.value.warnings)
    if ('tool' in result.value) found.set(result.value.tool.name, result.value.tool)
    else missing.push(result.value)
  }
  warn(warnings, io)
  if (problems.length > 0) throw new ProblemError(unique(problems), 5)
  const built = new Set<RecipeName>()
  for (const one of missing) {
    if (await buildMissing(one, io)) built.add(one.recipe.name)
    found.set(one.name, built.has(one.recipe.name) ? { ...one.cached, source: 'built' } : one.cached)
  }
  return Object.fromEntries(names.map((name) => [name, found.get(name)])) as Record<Name, Tool>
}

// --- internal ---

interface Missing extends Omit<Located, 'tool'> {
  readonly name: ToolName
  readonly recipe: PinnedRecipe
  readonly cached: Tool
}

type Found = Located & { readonly tool: Tool }

async function lookUp(
  name: ToolName,
  io: Pick<ToolchainIo, 'productFolder' | 'env' | 'onlyTested'>,
): Promise<Found | Missing> {
  const given = await fromVariable(name, io.env)
  if (isFound(given)) return given
  const onPath = await fromPath(name, io.env)
  if (isFound(onPath)) return onPath
  const { untested, unfit, warnings } = onPath
  const recipe = await readRecipe(tools[name].recipe, io.productFolder)
  const path = join(cacheFolder(io.env), recipe.key, tools[name].file)
  const cached = { name, path, version: recipe.pins.get(name) ?? recipe.version, source: 'cache' }
  const isCached = await isPresent(path)
  const open = isCached ? await findOpenEntry(path) : undefined
  if (isCached && !open) return { tool: cached, unfit, warnings }
  if (untested && !io.onlyTested) return { tool: untested, unfit, warnings: [...warnings, untestedOnPath(untested)] }
  if (!open) return { name, recipe, cached, unfit, warnings }
  const passedOver = passedOverWarning({ path, open }, 'let it be built again')
  return { name, recipe, cached, unfit, warnings: [...warnings, passedOver] }
}

function isFound(located: Located | undefined): located is Found {
  return located?.tool !== undefined
}

/** False when it existed after all: another process, or a recipe for several tools, was faster. */
async function buildMissing({ name, recipe, cached, unfit }: Missing, io: ToolchainIo): Promise<boolean> {
  io.signal.throwIfAborted()
  const isUsable = async () => (await isPresent(cached.path)) && !(await findOpenEntry(cached.path))
  if (await isUsable()) return false
  for (const fact of unfit) io.log(`${name}: ${fact}, not ${wanted(name)}`)
  return buildRecipe(recipe, cacheFolder(io.env), io, isUsable).catch((error: unknown) => {
    throw error instanceof ProblemError ? withWhereabouts(error, { name, unfit, env: io.env }) : error
  })
}

function warn(warnings: readonly Problem[], { log }: Pick<ToolchainIo, 'log'>): void {
  logProblems(unique(warnings), log)
}

/** Several tools share one environment variable. */
function unique(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [`${problem.where} ${problem.message}`, problem])).values()]
}

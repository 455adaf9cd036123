import { chmod, copyFile, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type RunResult, tryRun } from '../../lib/exec.ts'
import { closedSearchPath } from '../../lib/programs.ts'
import type { BuildContext } from './build-context.ts'
import { downloadModule, findGo, type Go, goFailure } from './go-command.ts'

/** Builds a recipe's program from its pinned modules. */
export async function buildWithGo(context: BuildContext): Promise<void> {
  await goBuild(context, context.recipe.directory, context.recipe.package ?? '.')
}

/**
 * Builds the operator with the Scaleway provider alone. Its controllers import every provider (hundreds of modules),
 * and `go build -overlay` is refused for files of the module cache; hence a writable copy with a shorter import list.
 */
export async function buildOperator(context: BuildContext): Promise<void> {
  const source = await writableCopy(context)
  const list = join(source, 'pkg/provider/register/register.go')
  await writeFile(list, onlyScaleway(await readFile(list, 'utf8')))
  await goBuild(context, source, '.')
  await rm(source, { recursive: true })
}

/**
 * Builds Scaleway's command line tool with the commands of IAM, Secret Manager and the account alone. Those of all products
 * need four times as many packages, and change nothing about these.
 */
export async function buildScw(context: BuildContext): Promise<void> {
  const source = await writableCopy(context)
  await copyFile(join(context.recipe.directory, 'commands.go'), join(source, 'commands/commands.go'))
  await goBuild(context, source, './cmd/scw')
  await rm(source, { recursive: true })
}

/** Takes the operator's CRDs from the same pinned, checksummed module as its program. */
export async function copyOperatorCrds(context: BuildContext): Promise<void> {
  const module = await pinnedModule(context)
  const target = join(context.folder, 'crds.yaml')
  await copyFile(join(module, 'deploy/crds/bundle.yaml'), target)
  await chmod(target, 0o644)
}

/** The list of provider imports with nothing but Scaleway's left. */
export function onlyScaleway(source: string): string {
  return source
    .split('\n')
    .filter((line) => !/^\s*_ ".*\/pkg\/provider\//.test(line) || line.includes('/pkg/provider/scaleway"'))
    .join('\n')
}

// --- internal ---

async function goBuild(context: BuildContext, cwd: string, package_: string): Promise<void> {
  const { recipe, folder, progress } = context
  const go = await findGo({ ...context.recipe, directory: cwd, io: context.io })
  const bin = join(folder, 'bin')
  await mkdir(bin)
  const variable = recipe.versionVariable ? ` -X ${recipe.versionVariable}=v${recipe.version}` : ''
  const ldflags = `-s -w${variable}`
  const packages = context.io.isTerminal ? await packagesToCompile(context, go, cwd, package_) : new Set<string>()
  let done = 0
  const onLine = (line: string) => {
    if (!packages.has(line)) return
    if (++done < packages.size) progress.count(done, packages.size)
    // The last package is the program itself: what comes now is its linking, mostly.
    else progress.phase('linking')
  }
  progress.phase('building')
  // As many packages at a time as there are cores, which is Go's default, keep them busy: builds run one after the other.
  const verbose = packages.size > 0 ? ['-v'] : []
  const args = ['build', ...verbose, '-ldflags', ldflags, '-o', `${bin}/`, package_]
  const result = await goRun(context, go, args, cwd, onLine)
  if (result.exitCode === 0) return
  const stderr = result.stderr.split('\n').filter((line) => !packages.has(line))
  throw goFailure({ ...recipe, io: context.io }, { ...result, stderr: stderr.join('\n') })
}

/**
 * The packages that Go has not compiled before, as `go build -v` names each of them when its turn comes. Their sources are
 * downloaded for that. Empty when Go can't tell: why, the build itself tells better.
 */
async function packagesToCompile(
  context: BuildContext,
  go: Go,
  cwd: string,
  package_: string,
): Promise<ReadonlySet<string>> {
  context.progress.phase('loading its sources')
  const format =
    '{{if .Stale}}{{if ne .StaleReason "not installed but available in build cache"}}{{.ImportPath}}{{end}}{{end}}'
  const { exitCode, stdout } = await goRun(context, go, ['list', '-deps', '-f', format, package_], cwd)
  return new Set(exitCode === 0 ? stdout.split('\n').filter((line) => line !== '') : [])
}

/** The sources of the recipe's module, in a folder of the build where they can be changed. */
async function writableCopy(context: BuildContext): Promise<string> {
  const module = await pinnedModule(context)
  const source = join(context.folder, 'source')
  context.progress.phase('copying the sources')
  await cp(module, source, { recursive: true, mode: 0 })
  // Folders of the module cache are read-only, and so are their copies.
  await tryRun('chmod', ['-R', 'u+w', source], { env: { PATH: await closedSearchPath(context.io.env.PATH) } })
  return source
}

/** With the committed go.sum beside it, a module that was tampered with is refused. */
function pinnedModule({ recipe, io }: BuildContext): Promise<string> {
  return downloadModule({ ...recipe, io }, recipe.pin)
}

/** @param onLine called for each line of standard error that is not about a download */
async function goRun(
  context: BuildContext,
  go: Go,
  args: string[],
  cwd: string,
  onLine?: (line: string) => void,
): Promise<RunResult> {
  const { io, folder, progress } = context
  let downloads = 0
  const onStderrLine = (line: string) => {
    if (line.startsWith('go: downloading ')) progress.phase(`downloading modules (${++downloads} so far)`)
    else onLine?.(line)
  }
  // An interrupted Go leaves its temporary files behind; in our own folder they go with it.
  const temporary = join(folder, 'tmp')
  await mkdir(temporary, { recursive: true })
  const env = { ...go.env, GOTMPDIR: temporary }
  const result = await tryRun(go.file, args, { cwd, env, onlyEnv: true, signal: io.signal, onStderrLine })
  await rm(temporary, { recursive: true, force: true, maxRetries: 3 })
  io.signal.throwIfAborted()
  return result
}

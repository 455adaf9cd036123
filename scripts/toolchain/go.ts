import { chmod, copyFile, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { lastLines, type RunResult, tryRun } from '../lib/exec.ts'
import { exitCodes, ProblemError } from '../lib/problems.ts'
import type { BuildContext, BuildIo } from './build.ts'
import { onPath } from './locate.ts'
import { parseVersion, satisfies } from './versions.ts'

/** Builds a recipe's program from its pinned modules. */
export async function buildWithGo(context: BuildContext): Promise<void> {
  await goBuild(context, context.recipe.directory, context.recipe.package ?? '.')
}

/**
 * Builds the operator with the Scaleway provider alone. Its controllers import every provider (hundreds of modules),
 * and `go build -overlay` is refused for files of the module cache; hence a writable copy with a shorter import list.
 */
export async function buildOperator(context: BuildContext): Promise<void> {
  const module = await operatorModule(context)
  const source = join(context.folder, 'source')
  context.progress.phase('copying the sources')
  await cp(module, source, { recursive: true, mode: 0 })
  // Folders of the module cache are read-only, and so are their copies.
  await tryRun('chmod', ['-R', 'u+w', source])
  const list = join(source, 'pkg/provider/register/register.go')
  await writeFile(list, onlyScaleway(await readFile(list, 'utf8')))
  await goBuild(context, source, '.')
  await rm(source, { recursive: true })
}

/** Takes the operator's CRDs from the same pinned, checksummed module as its program. */
export async function copyOperatorCrds(context: BuildContext): Promise<void> {
  const module = await operatorModule(context)
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

/** Oldest Go that can fetch a newer one by itself. */
const oldestSelfUpdating = '>=1.21.0'

async function goBuild(context: BuildContext, cwd: string, package_: string): Promise<void> {
  const { recipe, folder, progress } = context
  const go = await findGo(context, join(cwd, 'go.mod'))
  const bin = join(folder, 'bin')
  await mkdir(bin)
  const variable = recipe.versionVariable ? ` -X ${recipe.versionVariable}=v${recipe.version}` : ''
  const ldflags = `-s -w${variable}`
  progress.phase('building')
  const result = await goRun(context, go, ['build', '-ldflags', ldflags, '-o', `${bin}/`, package_], cwd)
  if (result.exitCode !== 0) throw failed(context, result)
}

async function operatorModule(context: BuildContext): Promise<string> {
  const { directory, pin } = context.recipe
  const go = await findGo(context, join(directory, 'go.mod'))
  // With the committed go.sum beside it, a module that was tampered with is refused.
  const result = await goRun(context, go, ['mod', 'download', '-json', pin], directory)
  const answer = result.stdout ? (JSON.parse(result.stdout) as { Dir?: string; Error?: string }) : {}
  if (result.exitCode !== 0 || answer.Dir === undefined) {
    throw failed(context, { ...result, stderr: `${result.stderr}\n${answer.Error ?? ''}`.trim() })
  }
  return answer.Dir
}

async function goRun(context: BuildContext, go: string, args: string[], cwd: string): Promise<RunResult> {
  const { io, folder, progress } = context
  let downloads = 0
  const onStderrLine = (line: string) => {
    if (line.startsWith('go: downloading ')) progress.phase(`building (${++downloads} modules downloaded)`)
  }
  // An interrupted Go leaves its temporary files behind; in our own folder they go with it.
  const temporary = join(folder, 'tmp')
  await mkdir(temporary, { recursive: true })
  const env = { ...goEnvironment(io), GOTMPDIR: temporary }
  const result = await tryRun(go, args, { cwd, env, signal: io.signal, onStderrLine })
  await rm(temporary, { recursive: true, force: true, maxRetries: 3 })
  io.signal.throwIfAborted()
  return result
}

/** The caller's settings must not change what is built: no workspace, no vendoring, no other platform. */
function goEnvironment({ env }: Pick<BuildIo, 'env'>): Record<string, string | undefined> {
  return {
    ...env,
    CGO_ENABLED: '0',
    GOFLAGS: '-mod=readonly -trimpath -buildvcs=false',
    GOWORK: 'off',
    GOOS: undefined,
    GOARCH: undefined,
  }
}

async function findGo({ recipe, io }: BuildContext, goMod: string): Promise<string> {
  const needed = /^go (\S+)/m.exec(await readFile(goMod, 'utf8'))?.[1] ?? '1.21'
  const [go] = await onPath(['go'], io.env)
  const fix =
    'Install Go from https://go.dev/dl/ or with your package manager, or give the finished program (README, `npm run setup`).'
  if (go === undefined) {
    const message = `there is no \`go\` on PATH, and ${recipe.name} must be built. Expected Go ${needed} or newer.`
    throw new ProblemError({ code: 'GO_MISSING', where: 'Go', message, fix }, exitCodes.toolMissing)
  }
  const { stdout } = await tryRun(go, ['env', '-json', 'GOVERSION', 'GOTOOLCHAIN'], { env: goEnvironment(io) })
  const answer = (stdout ? JSON.parse(stdout) : {}) as { GOVERSION?: string; GOTOOLCHAIN?: string }
  const version = (answer.GOVERSION ?? '').replace(/^go/, '')
  const range = answer.GOTOOLCHAIN === 'local' ? `>=${needed}` : oldestSelfUpdating
  if (parseVersion(version) === undefined || !satisfies(version, range)) {
    const message = `${go} is version ${version || 'unknown'}, too old to build ${recipe.name}. Expected Go ${needed} or newer.`
    throw new ProblemError({ code: 'GO_TOO_OLD', where: 'Go', message, fix }, exitCodes.toolMissing)
  }
  return go
}

function failed({ recipe, io, destination }: BuildContext, result: RunResult): ProblemError {
  const text = result.stderr || result.stdout
  const known = /no space left on device/.test(text)
    ? {
        code: 'DISK_FULL',
        fact: 'the disk is full',
        fix: 'Free disk space (a build needs up to 5 GB), then run it again.',
      }
    : /dial tcp|no such host|i\/o timeout|network is unreachable|TLS handshake timeout|proxyconnect/.test(text)
      ? {
          code: 'DOWNLOAD_FAILED',
          fact: `its modules can't be downloaded from ${io.env.GOPROXY || 'proxy.golang.org'}`,
          fix: 'Connect to the network, or set GOPROXY to a proxy you can reach; then run the same command again.',
        }
      : {
          code: 'BUILD_FAILED',
          fact: 'the build failed',
          fix: `Read the lines above. Pins: ${recipe.directory}; it would have become ${destination}.`,
        }
  const problem = {
    code: known.code,
    where: recipe.name,
    message: `${known.fact}. Expected a finished build. The last lines:`,
    lastLines: lastLines(text),
    fix: known.fix,
  }
  return new ProblemError(problem, exitCodes.toolMissing)
}

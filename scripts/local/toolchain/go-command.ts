import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { lastLines, type RunResult, tryRun } from '../../lib/exec.ts'
import { exitCodes, logProblems, type Problem, ProblemError } from '../../lib/problems.ts'
import { closedSearchPath, findPrograms, passedOverWarning } from '../../lib/programs.ts'
import type { BuildIo } from './build-context.ts'
import { refuseOpenCache } from './cache.ts'
import type { Environment } from './locate.ts'
import { parseVersion, satisfies } from './pinned-versions.ts'

/** Go of this machine, and the whole environment it is run with. */
export interface Go {
  readonly file: string
  readonly env: Environment
}

/** The tool that needs Go, and the folder of its pins. */
export interface GoWork {
  /** As messages name it: `helm`. */
  readonly name: string
  /** Default: `build helm`, of its name */
  readonly purpose?: string
  /** The folder with go.mod and go.sum. */
  readonly directory: string
  readonly io: Pick<BuildIo, 'env' | 'signal' | 'log'>
}

/**
 * The first Go on PATH. Of the user's settings for Go it keeps where modules come from and where they are stored, and no
 * other: the committed go.sum alone decides what is built.
 *
 * @throws ProblemError `GO_MISSING`, `GO_TOO_OLD`, `CACHE_OPEN_TO_OTHERS`
 */
export async function findGo(work: GoWork): Promise<Go> {
  const { name, purpose = `build ${name}`, directory, io } = work
  const needed = /^go (\S+)/m.exec(await readFile(join(directory, 'go.mod'), 'utf8'))?.[1] ?? '1.21'
  const { usable, passedOver } = await findPrograms(['go'], io.env.PATH)
  const [file] = usable
  const expected = `Expected Go ${needed} or newer.`
  const open = passedOver.map((program) => passedOverWarning(program, 'install Go elsewhere'))
  if (file === undefined) {
    const message = `there is no \`go\` on PATH${open.length > 0 ? ' that can be used' : ''}, and it is needed to ${purpose}. ${expected}`
    throw new ProblemError([goProblem('GO_MISSING', message), ...open], exitCodes.toolMissing)
  }
  logProblems(open, io.log)
  const env = { ...withoutGo(io.env), PATH: await closedSearchPath(io.env.PATH) }
  const settings = await readSettings(file, env, work)
  const version = (settings.GOVERSION ?? '').replace(/^go/, '')
  if (parseVersion(version) === undefined || !satisfies(version, `>=${needed}`)) {
    const message = `${file} is version ${version || 'unknown'}, too old to ${purpose}. ${expected}`
    throw new ProblemError(goProblem('GO_TOO_OLD', message), exitCodes.toolMissing)
  }
  for (const variable of ['GOMODCACHE', 'GOCACHE'] as const) {
    const folder = settings[variable]
    if (folder) await refuseOpenCache(folder, variable)
  }
  return { file, env: { ...env, ...kept(settings), ...fixed } }
}

/**
 * Downloads the sources of a pinned module and returns their folder.
 *
 * @throws ProblemError as `findGo`; `TOOLCHAIN_DAMAGED`, `DOWNLOAD_FAILED`, `DISK_FULL`, `BUILD_FAILED`
 */
export async function downloadModule(work: GoWork, module: string): Promise<string> {
  const { directory, io } = work
  await requireSums(directory, module)
  const go = await findGo(work)
  const args = ['mod', 'download', '-json', module]
  const result = await tryRun(go.file, args, { cwd: directory, env: go.env, onlyEnv: true, signal: io.signal })
  io.signal.throwIfAborted()
  const answer = result.stdout ? (JSON.parse(result.stdout) as { Dir?: string; Error?: string }) : {}
  if (result.exitCode === 0 && answer.Dir !== undefined) return answer.Dir
  throw goFailure(work, { ...result, stderr: `${result.stderr}\n${answer.Error ?? ''}`.trim() })
}

/** The problem for a failed run of Go. */
export function goFailure({ name, directory, io }: GoWork, result: RunResult): ProblemError {
  const text = result.stderr || result.stdout
  const known = knownFailures.find(({ pattern }) => pattern.test(text))
  const { code, fact, fix } = known?.told(io.env) ?? {
    code: 'BUILD_FAILED',
    fact: 'the build failed',
    fix: `Read the lines above. Its pins are in ${directory}.`,
  }
  const message = `${fact}. Expected a finished build. The last lines:`
  return new ProblemError({ code, where: name, message, lastLines: lastLines(text), fix }, exitCodes.toolMissing)
}

// --- internal ---

/** Settings that say where modules come from and where they are stored. None of them changes what go.sum accepts. */
const keptSettings = ['GOPROXY', 'GONOPROXY', 'GOAUTH', 'GOMODCACHE', 'GOCACHE'] as const

type Settings = Partial<Record<(typeof keptSettings)[number] | 'GOVERSION', string>>

/**
 * No settings file, workspace or vendoring; no other Go, because a downloaded one can't be listed in go.sum; and no
 * checksum database, because `-mod=readonly` refuses to load, before it is downloaded, what go.sum does not list.
 */
const fixed = {
  GOENV: 'off',
  GOFLAGS: '-mod=readonly -trimpath -buildvcs=false',
  GOWORK: 'off',
  GOTOOLCHAIN: 'local',
  GOSUMDB: 'off',
  CGO_ENABLED: '0',
} as const

/** Source: `go help environment`. */
function withoutGo(env: Environment): Environment {
  const isGo = (name: string) => /^(GO[A-Z0-9]*|CGO_\w+|CC|CXX|FC|AR|GCCGO|PKG_CONFIG)$/.test(name)
  return Object.fromEntries(Object.entries(env).filter(([name]) => !isGo(name)))
}

/** As Go itself finds them: in the environment, else in the user's settings file (`go env -w`), else its own defaults. */
async function readSettings(file: string, env: Environment, work: GoWork): Promise<Settings> {
  const { GOFLAGS, GOWORK, GOTOOLCHAIN } = fixed
  // Two more on which a default of them depends, and where the settings file is.
  const asked = ['GOENV', 'GOPRIVATE', 'GOPATH', ...keptSettings].map((name) => [name, work.io.env[name]])
  const result = await tryRun(file, ['env', '-json', 'GOVERSION', ...keptSettings], {
    env: { ...env, ...Object.fromEntries(asked), GOFLAGS, GOWORK, GOTOOLCHAIN },
    onlyEnv: true,
    signal: work.io.signal,
  })
  work.io.signal.throwIfAborted()
  if (result.exitCode !== 0) throw goFailure(work, result)
  return JSON.parse(result.stdout) as Settings
}

function kept(settings: Settings): Environment {
  return Object.fromEntries(keptSettings.flatMap((name) => (settings[name] ? [[name, settings[name]]] : [])))
}

/** `go mod download` of a named module would write a missing checksum into go.sum instead of refusing it. */
async function requireSums(directory: string, module: string): Promise<void> {
  const path = join(directory, 'go.sum')
  const lines = (await readFile(path, 'utf8')).split('\n')
  if (lines.some((line) => line.startsWith(`${module} v`) && !/^\S+ \S+\/go\.mod /.test(line))) return
  throw new ProblemError(
    {
      code: 'TOOLCHAIN_DAMAGED',
      where: path,
      message: `has no checksum of ${module}. Expected one for everything that is downloaded.`,
      fix: `Restore the file: git checkout -- ${path}`,
    },
    exitCodes.toolMissing,
  )
}

const knownFailures = [
  {
    pattern: /no space left on device/,
    told: () => ({
      code: 'DISK_FULL',
      fact: 'the disk is full',
      fix: 'Free disk space (a build needs up to 5 GB), then run it again.',
    }),
  },
  {
    pattern: /checksum mismatch|missing go\.sum entry/,
    told: () => ({
      code: 'CHECKSUM_MISMATCH',
      fact: 'a module is not the one that its go.sum lists',
      fix: 'Find out what changed it: the module proxy (GOPROXY), or the folder named above. Nothing was built.',
    }),
  },
  {
    pattern: /dial tcp|no such host|i\/o timeout|network is unreachable|TLS handshake timeout|proxyconnect/,
    told: ({ GOPROXY }: Environment) => ({
      code: 'DOWNLOAD_FAILED',
      fact: `its modules can't be downloaded from the module proxy${GOPROXY ? ` (GOPROXY is ${withoutCredentials(GOPROXY)})` : ''}`,
      fix: 'Connect to the network, or set GOPROXY to a proxy you can reach; then run the same command again.',
    }),
  },
]

/** Of each address in GOPROXY the host only: the rest may hold a name, a password or a token. */
function withoutCredentials(proxies: string): string {
  return proxies.replace(/[^,|]+/g, (proxy) => {
    if (!URL.canParse(proxy.trim())) return proxy.trim() === 'direct' || proxy.trim() === 'off' ? proxy.trim() : '…'
    const { protocol, host } = new URL(proxy.trim())
    return `${protocol}//${host}`
  })
}

function goProblem(code: string, message: string): Problem {
  const fix =
    'Install Go from https://go.dev/dl/ or with your package manager, or give the finished program (docs/development.md).'
  return { code, where: 'Go', message, fix }
}

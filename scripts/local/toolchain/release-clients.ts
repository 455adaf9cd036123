import { join } from 'node:path'
import type { CommandIo } from '../../lib/command.ts'
import { mapConcurrently } from '../../lib/concurrent.ts'
import { lastLines, type RunResult, tryRun } from '../../lib/exec.ts'
import { type Problem, ProblemError } from '../../lib/problems.ts'
import { findPrograms } from '../../lib/programs.ts'
import { cacheFolder, isPresent } from './cache.ts'
import { findGo } from './go-command.ts'
import type { Pin } from './pins.ts'
import { readRecipe } from './recipes.ts'

/** What asking for releases needs of the outside world. */
export type ReleasesIo = Pick<CommandIo, 'productFolder' | 'env' | 'signal' | 'log'>

/** Versions that were published, or why they are not known. */
export type Answer = { readonly versions: readonly string[]; readonly latest?: string | undefined } | Problem

/** Asks one client for the releases of its pins; the answers are in their order. */
export const ask: Readonly<Record<Pin['kind'], (pins: readonly Pin[], io: ReleasesIo) => Promise<Answer[]>>> = {
  async go(pins, io) {
    // Any of the folders with pins would do: that one asks for the oldest Go.
    const directory = join(io.productFolder, 'scripts/local/toolchain/go/hclcheck')
    const go = await findGo({ name: 'pins', purpose: 'list the releases of modules', directory, io })
    const names = [...new Set(pins.map(({ name }) => name))]
    const result = await tryRun(go.file, ['list', '-m', '-e', '-versions', '-json', ...names], {
      ...{ cwd: io.productFolder, env: go.env, onlyEnv: true, signal: io.signal, timeoutMs },
    })
    const modules = new Map(jsonValues(result.stdout).map((module) => [module.Path, module]))
    return pins.map((pin) => {
      const module = modules.get(pin.name)
      if (module === undefined) return failed(pin, result)
      return module.Error ? failed(pin, { ...result, stderr: module.Error.Err }) : { versions: module.Versions ?? [] }
    })
  },

  async npm(pins, io) {
    const { usable } = await findPrograms(['npm'], io.env.PATH)
    const [npm] = usable
    if (npm === undefined) throw new ProblemError(clientMissing('npm', 'Node with npm'))
    return mapConcurrently(pins, atOnce, async (pin) => {
      const args = ['view', pin.name, 'versions', 'dist-tags', '--json']
      const result = await tryRun(npm, args, { cwd: io.productFolder, env: io.env, signal: io.signal, timeoutMs })
      const [answer] = result.exitCode === 0 ? jsonValues(result.stdout) : []
      if (answer === undefined) return failed(pin, result)
      const { versions = [], 'dist-tags': tags } = answer
      return { versions: typeof versions === 'string' ? [versions] : versions, latest: tags?.latest }
    })
  },

  async python(pins, io) {
    const python = await pythonWithPip(io)
    return mapConcurrently(pins, atOnce, async (pin) => {
      const args = ['-I', '-m', 'pip', 'index', 'versions', pin.name, '--disable-pip-version-check', '--no-input']
      const result = await tryRun(python, args, { cwd: io.productFolder, env: io.env, signal: io.signal, timeoutMs })
      const line = /^Available versions: (.+)$/m.exec(result.stdout)?.[1]
      return line === undefined ? failed(pin, result) : { versions: line.split(', ') }
    })
  },
}

/** Why the releases of a pin are not known. */
export function releasesUnknown({ kind, name, file }: Pin, fact: string, lines: readonly string[]): Problem {
  const { command, setting } = clients[kind]
  return {
    code: 'RELEASES_UNKNOWN',
    where: `${file} ${name}`,
    message: `its releases are not known: ${fact}. Expected what \`${command}\` lists.${lines.length > 0 ? ' The last lines:' : ''}`,
    ...(lines.length > 0 ? { lastLines: lines } : {}),
    fix: `Connect to the network, or ${setting}; then run the same command again.`,
  }
}

// --- internal ---

/** Requests at the same time, of each client. */
const atOnce = 4

const timeoutMs = 60_000

/** What the three clients answer with. */
interface ClientAnswer {
  readonly Path?: string
  readonly Versions?: readonly string[]
  readonly Error?: { readonly Err: string }
  readonly versions?: readonly string[] | string
  readonly 'dist-tags'?: { readonly latest?: string }
}

/** Go prints one JSON object behind the other. */
function jsonValues(text: string): ClientAnswer[] {
  try {
    return JSON.parse(`[${text.replace(/\}\n\{/g, '},\n{')}]`) as ClientAnswer[]
  } catch {
    return []
  }
}

/** Of the environment with the linters, which has pip for sure, else of PATH. */
async function pythonWithPip({ productFolder, env, signal }: ReleasesIo): Promise<string> {
  const { key } = await readRecipe('yaml-linters', productFolder)
  const own = join(cacheFolder(env), key, 'bin', 'python3')
  const { usable } = await findPrograms(['python3', 'python'], env.PATH)
  for (const python of [...((await isPresent(own)) ? [own] : []), ...usable]) {
    const { exitCode } = await tryRun(python, ['-I', '-m', 'pip', '--version'], { env, signal, timeoutMs })
    if (exitCode === 0) return python
  }
  throw new ProblemError(clientMissing('pip', 'Python 3 with pip'))
}

function clientMissing(client: string, expected: string): Problem {
  const message = `there is no \`${client}\` on PATH that can be used. Expected ${expected}.`
  return { code: 'CLIENT_MISSING', where: client, message, fix: 'Install it.' }
}

function failed(pin: Pin, { stderr, stdout, wasLate }: RunResult): Problem {
  return releasesUnknown(
    pin,
    wasLate ? 'the answer takes longer than a minute' : 'asking failed',
    lastLines(stderr || stdout, 3),
  )
}

const clients = {
  go: { command: 'go list -m -versions', setting: 'set GOPROXY to a proxy that lists the releases of a module' },
  npm: { command: 'npm view', setting: 'set the `registry` of npm to one you can reach' },
  python: { command: 'pip index versions', setting: 'set PIP_INDEX_URL to an index you can reach' },
} as const

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { lastLines, type RunResult, tryRun } from '../../lib/exec.ts'
import { exitCodes, logProblems, ProblemError } from '../../lib/problems.ts'
import { closedSearchPath, findPrograms, passedOverWarning } from '../../lib/programs.ts'
import type { BuildContext } from './build-context.ts'
import { satisfies } from './pinned-versions.ts'
import type { PinnedRecipe } from './recipes.ts'
import { tools } from './tools.ts'

/** What the pinned packages ask for. */
const range = '>=3.10'

/**
 * Makes a virtual environment with the pinned, hash-checked packages. The index may be the user's own: the hashes decide.
 * Packages built from sources are refused, because the downloads of such a build have no hash.
 */
export async function installWithPip(context: BuildContext): Promise<void> {
  const { recipe, folder, destination, progress } = context
  const python = await findPython(context)
  progress.phase('making a virtual environment')
  await step(context, python, ['-I', '-m', 'venv', folder])
  progress.phase('installing packages')
  const requirements = join(recipe.directory, 'requirements.txt')
  const quiet = ['--quiet', '--disable-pip-version-check', '--no-input']
  const pinned = ['--require-hashes', '--only-binary=:all:', '--no-deps', '--requirement', requirements]
  await step(context, join(folder, 'bin', 'python3'), ['-I', '-m', 'pip', 'install', ...quiet, ...pinned])
  for (const command of recipe.pins.keys()) await relocate(join(folder, 'bin', command), folder, destination)
}

// --- internal ---

/** pip writes the absolute path of the interpreter into the first line of a command; the folder is renamed afterwards. */
async function relocate(script: string, from: string, to: string): Promise<void> {
  const text = await readFile(script, 'utf8').catch(() => undefined)
  if (text !== undefined) await writeFile(script, text.replaceAll(from, to))
}

async function step(context: BuildContext, file: string, args: readonly string[]): Promise<void> {
  const { env, signal } = context.io
  const PATH = await closedSearchPath(env.PATH)
  const result = await tryRun(file, args, {
    env: { ...env, PATH, PYTHONHOME: undefined, PYTHONPATH: undefined },
    signal,
  })
  signal.throwIfAborted()
  if (result.exitCode !== 0) throw failed(context, result)
}

async function findPython({ io, recipe }: BuildContext): Promise<string> {
  const script =
    'import sys,importlib.util as u;print("%d.%d"%sys.version_info[:2],all(map(u.find_spec,("venv","ensurepip"))))'
  let seen: string | undefined
  const { usable, passedOver } = await findPrograms(['python3', 'python'], io.env.PATH)
  const open = passedOver.map((program) => passedOverWarning(program, 'install Python elsewhere'))
  for (const python of usable) {
    const { stdout } = await tryRun(python, ['-I', '-c', script], { env: io.env, signal: io.signal })
    const [version = '', complete] = stdout.trim().split(' ')
    if (!satisfies(version, range)) continue
    if (complete === 'True') {
      logProblems(open, io.log)
      return python
    }
    seen ??= `${python} is Python ${version} without the modules venv and pip`
  }
  const absent = `there is no Python 3 on PATH${open.length > 0 ? ' that can be used' : ''}`
  const problem = {
    code: seen ? 'PYTHON_WITHOUT_VENV' : 'PYTHON_MISSING',
    where: 'Python',
    message: `${seen ?? absent}, and ${recipe.name} needs it. Expected Python 3.10 or newer with venv and pip.`,
    fix: `Install it (Debian, Ubuntu: apt install python3-venv), or set ${variablesOf(recipe).join(' and ')}.`,
  }
  throw new ProblemError([problem, ...open], exitCodes.toolMissing)
}

/** The variables that name what the recipe makes. */
function variablesOf({ name }: PinnedRecipe): string[] {
  return Object.values(tools).flatMap(({ recipe, variable }) => (recipe === name ? [variable] : []))
}

function failed({ recipe }: BuildContext, { stderr, stdout }: RunResult): ProblemError {
  const text = stderr || stdout
  const noNetwork = /NewConnectionError|Max retries exceeded|Temporary failure in name resolution|timed out/.test(text)
  const code = noNetwork ? 'DOWNLOAD_FAILED' : 'BUILD_FAILED'
  const fact = noNetwork ? "its packages can't be downloaded from the Python index" : 'its installation failed'
  const fix = noNetwork
    ? 'Connect to the network, or set PIP_INDEX_URL to an index you can reach; then run the same command again.'
    : `Read the lines above. The pins are in ${recipe.directory}.`
  const message = `${fact}. Expected ${recipe.pin} ${recipe.version}. The last lines:`
  return new ProblemError({ code, where: recipe.name, message, lastLines: lastLines(text), fix }, exitCodes.toolMissing)
}

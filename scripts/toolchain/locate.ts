import { constants } from 'node:fs'
import { access, readdir, readFile, stat } from 'node:fs/promises'
import { delimiter, isAbsolute, join, resolve } from 'node:path'
import { lastLines, tryRun } from '../lib/exec.ts'
import { exitCodes, ProblemError } from '../lib/problems.ts'
import { optionalInFolder, type Tool, type ToolName, type ToolSpec, tools } from './tools.ts'
import { satisfies } from './versions.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * The tool that an environment variable names; undefined when the variable is not set.
 * A variable that is set and wrong is never skipped: whoever set it wants that file.
 *
 * @throws ProblemError `TOOL_NOT_FOUND` (no such file) or `TOOL_VERSION` (not a version we run with).
 */
export async function fromVariable(name: ToolName, env: Environment): Promise<Tool | undefined> {
  const spec: ToolSpec = tools[name]
  const value = env[spec.variable]
  if (!value) return undefined
  const path = resolve(spec.variableNames === 'folder' ? join(value, name) : value)
  if (spec.variableNames === 'folder' && optionalInFolder.includes(name) && !(await isExecutable(path))) {
    return undefined
  }
  if (spec.probe === undefined) {
    await requireCrds(path, spec.variable)
    return { name, path, version: 'unknown', source: spec.variable }
  }
  if (!(await isExecutable(path))) {
    throw wrong(spec, 'TOOL_NOT_FOUND', `names ${path}, which is no executable file. Expected ${name}.`)
  }
  const version = await probeVersion(path, spec)
  if (version === undefined) {
    throw wrong(spec, 'TOOL_VERSION', `names ${path}, which doesn't answer like ${name}. Expected ${wanted(name)}.`)
  }
  if (!fits(spec, version)) {
    throw wrong(spec, 'TOOL_VERSION', `names ${path}, which is version ${version}. Expected ${wanted(name)}.`)
  }
  return { name, path, version, source: spec.variable }
}

/** What PATH holds of a tool: the first one of a fitting version, and the others that were passed over. */
export async function fromPath(name: ToolName, env: Environment): Promise<{ tool?: Tool; passedOver: string[] }> {
  const spec: ToolSpec = tools[name]
  const passedOver: string[] = []
  for (const path of await onPath(spec.onPath, env)) {
    const version = await probeVersion(path, spec)
    if (version !== undefined && fits(spec, version)) {
      return { tool: { name, path, version, source: 'PATH' }, passedOver }
    }
    passedOver.push(`${path} is ${version ?? 'of no known version'}`)
  }
  return { passedOver }
}

/** Executable files with one of these names, in PATH's order. Relative PATH entries are ignored. */
export async function onPath(names: readonly string[], env: Environment): Promise<string[]> {
  const folders = (env.PATH ?? '').split(delimiter).filter(isAbsolute)
  const candidates = folders.flatMap((folder) => names.map((name) => join(folder, name)))
  const usable = await Promise.all(candidates.map(isExecutable))
  return [...new Set(candidates.filter((_, index) => usable[index]))]
}

/** `helm >=4.3.0 <5.0.0`, or the name alone. */
export function wanted(name: ToolName): string {
  const { accepts }: ToolSpec = tools[name]
  return accepts === undefined ? name : `${name} ${accepts}`
}

export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}

// --- internal ---

async function probeVersion(path: string, { probe }: ToolSpec): Promise<string | undefined> {
  if (!probe) return undefined
  const { stdout, stderr } = await tryRun(path, probe.args, { timeoutMs: 20_000 }).catch(() => ({
    stdout: '',
    stderr: '',
  }))
  const match = probe.pattern.exec(stdout) ?? probe.pattern.exec(stderr)
  return match ? (match[1] ?? 'unknown') : undefined
}

function fits({ accepts }: ToolSpec, version: string): boolean {
  return accepts === undefined || satisfies(version, accepts)
}

async function requireCrds(path: string, variable: string): Promise<void> {
  const marker = 'name: externalsecrets.external-secrets.io'
  try {
    const isFolder = (await stat(path)).isDirectory()
    const files = isFolder
      ? (await readdir(path)).filter((file) => file.endsWith('.yaml')).map((file) => join(path, file))
      : [path]
    for (const file of files) if ((await readFile(file, 'utf8')).includes(marker)) return
  } catch (error) {
    throw missingCrds(variable, path, `can't be read: ${lastLines(String(error), 1)[0]?.trim()}`)
  }
  throw missingCrds(variable, path, `does not hold the definition of ExternalSecret`)
}

function missingCrds(variable: string, path: string, fact: string): ProblemError {
  const message = `names ${path}, which ${fact}. Expected the operator's CRDs: one YAML file, or a folder of them.`
  return wrong({ variable }, 'TOOL_NOT_FOUND', message)
}

function wrong({ variable }: Pick<ToolSpec, 'variable'>, code: string, message: string): ProblemError {
  const fix = `Correct ${variable}, or unset it to let \`npm run setup\` find or build the tool.`
  return new ProblemError({ code, where: variable, message, fix }, exitCodes.toolMissing)
}

import { readdir, readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { commandLine } from '../../lib/command-line.ts'
import { lastLines, tryRun } from '../../lib/exec.ts'
import { findOpenEntry, type OpenEntry } from '../../lib/open-entry.ts'
import { exitCodes, type Problem, ProblemError } from '../../lib/problems.ts'
import { findPrograms, isExecutable, passedOverWarning } from '../../lib/programs.ts'
import { satisfies } from './pinned-versions.ts'
import type { ToolSpec } from './tool-spec.ts'
import { optionalInFolder, type Tool, type ToolName, tools, variableHint } from './tools.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** The result of searching one place for a tool. */
export interface Located {
  readonly tool?: Tool
  /** A tool that is supported and not tested, to be used in place of a build. */
  readonly untested?: Tool
  /** Programs of that name that were not used, each with the reason. */
  readonly unfit: readonly string[]
  /** Programs that other users of this machine could replace, and a version that our tests don't run with. */
  readonly warnings: readonly Problem[]
}

/**
 * The tool that an environment variable names; undefined when the variable is not set. A variable that is set and wrong
 * is never skipped. What it names is used where others may write, and in every version that is supported, tested or not,
 * with a warning: whoever set it wants that file.
 *
 * @throws ProblemError `TOOL_NOT_FOUND` (no such file) or `TOOL_VERSION` (not a supported version).
 */
export async function fromVariable(name: ToolName, env: Environment): Promise<Located | undefined> {
  const tool = await givenTool(name, env)
  if (!tool) return undefined
  const open = await findOpenEntry(tool.path)
  const { variable, tested }: ToolSpec = tools[name]
  const isUntested = tested !== undefined && !satisfies(tool.version, tested)
  const warnings = [
    ...(open ? [openWarning(variable, open)] : []),
    ...(isUntested ? [untestedWarning(tool, tested)] : []),
  ]
  return { tool, unfit: [], warnings }
}

/** The tool on PATH: the first one with a tested version, and the first of those that are supported. A program that others could replace is not run to ask for its version. */
export async function fromPath(name: ToolName, env: Environment): Promise<Located> {
  const spec: ToolSpec = tools[name]
  const unfit: string[] = []
  let untested: Tool | undefined
  const { usable, passedOver } = await findPrograms(spec.onPath, env.PATH)
  const warnings = passedOver.map((program) =>
    passedOverWarning(program, `name the program with ${variableHint(name)}`),
  )
  for (const path of usable) {
    const version = await probeVersion(path, spec)
    if (version !== undefined && (spec.tested === undefined || satisfies(version, spec.tested))) {
      return { tool: { name, path, version, source: 'PATH' }, unfit, warnings }
    }
    unfit.push(`${path} is ${version ?? 'of no known version'}`)
    const isSupported = version !== undefined && spec.supported !== undefined && satisfies(version, spec.supported)
    if (spec.takesSupported && isSupported) untested ??= { name, path, version, source: 'PATH' }
  }
  return { ...(untested ? { untested } : {}), unfit, warnings }
}

/** What is said where an untested tool of PATH is used. */
export function untestedOnPath({ name, path, version }: Tool): Problem {
  const { tested = '' }: ToolSpec = tools[name]
  return {
    code: 'TOOL_UNTESTED',
    where: path,
    message: `is ${name} ${version}. It is used, but the tests run with ${tested}. Expected one of these versions.`,
    fix: `Nothing has to be done while it works; \`${commandLine`setup --only ${name}`}\` builds a tested one, which is used from then on.`,
    severity: 'warning',
  }
}

/** The versions that are used, wherever a tool is found: `helm >=3.16.0 <5.0.0`. */
export function usableVersions(name: ToolName): string {
  const range = supportedRange(tools[name])
  return range === undefined ? name : `${name} ${range}`
}

/** What is looked for on PATH: `helm >=4.3.0 <5.0.0`, or the name alone. */
export function wanted(name: ToolName): string {
  const { tested }: ToolSpec = tools[name]
  return tested === undefined ? name : `${name} ${tested}`
}

// --- internal ---

async function givenTool(name: ToolName, env: Environment): Promise<Tool | undefined> {
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
    throw wrong(spec, 'TOOL_NOT_FOUND', `names ${path}, which is not an executable file. Expected ${name}.`)
  }
  const version = await probeVersion(path, spec)
  const range = supportedRange(spec)
  const expected = `Expected ${[name, range ?? spec.probe.of].filter((part) => part !== undefined).join(' ')}.`
  if (version === undefined) {
    throw wrong(spec, 'TOOL_VERSION', `names ${path}, which doesn't answer like ${name}. ${expected}`)
  }
  if (range !== undefined && !satisfies(version, range)) {
    throw wrong(spec, 'TOOL_VERSION', `names ${path}, which is version ${version}. ${expected}`)
  }
  return { name, path, version, source: spec.variable }
}

async function probeVersion(path: string, { probe }: ToolSpec): Promise<string | undefined> {
  if (!probe) return undefined
  const { stdout, stderr } = await tryRun(path, probe.args, { timeoutMs: 20_000 }).catch(() => ({
    stdout: '',
    stderr: '',
  }))
  const match = probe.pattern.exec(stdout) ?? probe.pattern.exec(stderr)
  return match ? (match[1] ?? 'unknown') : undefined
}

function supportedRange({ supported, tested }: ToolSpec): string | undefined {
  return supported ?? tested
}

async function requireCrds(path: string, variable: string): Promise<void> {
  const marker = 'name: externalsecrets.external-secrets.io'
  let definition: string | undefined
  try {
    const isFolder = (await stat(path)).isDirectory()
    const files = isFolder
      ? (await readdir(path)).filter((file) => file.endsWith('.yaml')).map((file) => join(path, file))
      : [path]
    for (const file of files) {
      const documents = (await readFile(file, 'utf8')).split(/^---$/m)
      definition ??= documents.find((document) => document.includes(marker))
    }
  } catch (error) {
    throw missingCrds(variable, path, `can't be read: ${lastLines(String(error), 1)[0]?.trim()}`)
  }
  if (definition === undefined) throw missingCrds(variable, path, 'does not hold the definition of ExternalSecret')
  if (/^ +(- )?name: v1$/m.test(definition)) return
  const message = `names ${path}, which defines ExternalSecret without version v1. Expected the CRDs of operator 0.16.0 or newer.`
  throw wrong({ variable }, 'TOOL_VERSION', message)
}

function missingCrds(variable: string, path: string, fact: string): ProblemError {
  const message = `names ${path}, which ${fact}. Expected the operator's CRDs: one YAML file, or a folder of them.`
  return wrong({ variable }, 'TOOL_NOT_FOUND', message)
}

function wrong({ variable }: Pick<ToolSpec, 'variable'>, code: string, message: string): ProblemError {
  const fix = `Correct ${variable}, or unset it to let \`${commandLine`setup`}\` find or build the tool.`
  return new ProblemError({ code, where: variable, message, fix }, exitCodes.toolMissing)
}

function openWarning(variable: string, { path, fact, fix }: OpenEntry): Problem {
  return {
    code: 'TOOL_OPEN_TO_OTHERS',
    where: variable,
    message: `names a program that others could replace, because ${path} ${fact}. It is used, because the variable names it. Expected one that nobody but you and root can replace.`,
    fix: `${fix}.`,
    severity: 'warning',
  }
}

function untestedWarning({ name, path, version, source }: Tool, tested: string): Problem {
  return {
    code: 'TOOL_UNTESTED',
    where: source,
    message: `names ${path}, which is ${name} ${version}. It is used, but the tests run with ${tested}. Expected one of these versions.`,
    fix: `Nothing has to be done while it works; unset ${source} to let \`${commandLine`setup`}\` find or build a tested one.`,
    severity: 'warning',
  }
}

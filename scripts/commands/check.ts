import { existsSync } from 'node:fs'
import { join } from 'node:path'
import {
  checkCharts,
  checkData,
  checkStale,
  isOfEnvironment,
  uncheckedData,
} from '../inspect/check/check-environments.ts'
import { duplicateKeyProblems } from '../inspect/check/duplicate-keys.ts'
import { pipelineProblems } from '../inspect/check/pipelines.ts'
import type { EnvironmentRow } from '../inspect/every-environment/examine-all.ts'
import { allTable } from '../inspect/every-environment/report.ts'
import { type CommandIo, defineCommand } from '../lib/command.ts'
import { commandLine } from '../lib/command-line.ts'
import { count } from '../lib/count.ts'
import { lastLines, tryRun } from '../lib/exec.ts'
import { areOne, nearestWith } from '../lib/folders.ts'
import { lines } from '../lib/printable.ts'
import { exitCodes, formatProblems, isError, type Problem, ProblemError, sortProblems } from '../lib/problems.ts'
import { loadApplication } from '../session/application.ts'

export const command = defineCommand<{ readonly all?: boolean }>({
  name: 'check',
  summary: 'Everything that can be checked without a cluster: rules, stale files, types, chart, manifests.',
  example: commandLine`check`,
  options: [{ flags: '--all', description: 'prints a table of all environments; they are checked in any case' }],
  async run({ all = false }, io) {
    const problems: Problem[] = []
    try {
      await checkAll(io, problems, all)
    } catch (error) {
      // Where a step can't be done, as without a tool, what those before it have found counts all the same.
      throw error instanceof ProblemError ? new ProblemError([...problems, ...error.problems], error.exitCode) : error
    }
    if (problems.some(isError)) throw new ProblemError(problems)
    if (problems.length > 0) io.tell(formatProblems(problems))
    return exitCodes.ok
  },
})

// --- internal ---

/** @param problems gets what is found */
async function checkAll(io: CommandIo, problems: Problem[], all: boolean): Promise<void> {
  let data = uncheckedData
  await step(io, 'catalogue', problems, async () => {
    data = checkData(await loadApplication(io))
    return [...(await duplicateKeyProblems(io)), ...data.problems]
  })
  const types = compilerOf(io)
  if (types) {
    const args = [...tscArguments, '--project', types.project]
    await step(io, 'types', problems, () => checkWith(io, types.folder, 'tsc', args, 'TYPES'))
  } else io.log('left out  types: no TypeScript in node_modules; the step before has read every field')
  if (areOne(io)) {
    const biome = ['check', '--colors=off', '.']
    await step(io, 'format and lint', problems, () => checkWith(io, io.productFolder, 'biome', biome, 'LINT'))
  }
  const own = new Map(data.own)
  if (data.whole.length > 0) {
    if (own.size > 0) io.log(`left out  ${[...own.keys()].join(', ')}, and files that follow from all environments`)
    await step(io, 'generated files', problems, () => checkStale(io, data))
    await step(io, 'chart and manifests', problems, async () => {
      const found = await checkCharts(io, await loadApplication(io), data.whole)
      for (const [environment, ofChart] of found) own.set(environment, ofChart)
      return sortProblems([...found.values()].flat())
    })
  }
  const pipelines = await pipelineProblems(io.userFolder, data.whole)
  if (pipelines) await step(io, 'pipeline', problems, async () => pipelines)
  if (all && own.size > 0) io.out((columns) => allTable({ rows: rowsOf(own, problems) }, columns))
}

/** One thread: with several, the compiler has been seen to wait for itself for ever. */
const tscArguments = ['--pretty', 'false', '--singleThreaded']

/** Runs one step completely, whatever it finds, and reports it in one line. */
async function step(
  io: CommandIo,
  name: string,
  problems: Problem[],
  check: () => Promise<readonly Problem[]>,
): Promise<void> {
  io.signal.throwIfAborted()
  const found = await check().catch((error: unknown) => {
    if (error instanceof ProblemError && error.exitCode === exitCodes.problems) return error.problems
    throw error
  })
  problems.push(...found)
  const errors = found.filter(isError).length
  io.log(
    `${errors === 0 ? 'ok    ' : 'failed'}  ${name}${found.length > 0 ? `: ${count(found.length, 'problem')}` : ''}`,
  )
}

/** The compiler that checks the data files: ours, or the user's, where there is one with settings of its own. */
function compilerOf(io: CommandIo): { readonly folder: string; readonly project: string } | undefined {
  if (areOne(io)) return { folder: io.productFolder, project: '.' }
  const project = ['scripts', '.'].find((folder) => existsSync(join(io.userFolder, folder, 'tsconfig.json')))
  const folder = nearestWith('node_modules/.bin/tsc', io.userFolder)
  return project === undefined || folder === undefined ? undefined : { folder, project }
}

/** A program of `node_modules` that prints its own findings. */
async function checkWith(
  io: CommandIo,
  folder: string,
  program: string,
  args: readonly string[],
  code: string,
): Promise<Problem[]> {
  const { stdout, stderr, exitCode } = await tryRun(join(folder, 'node_modules/.bin', program), args, {
    cwd: io.userFolder,
    signal: io.signal,
    fix: 'Run `npm ci`.',
  })
  if (exitCode === 0) return []
  const message = 'found mistakes. Expected none. Its last lines:'
  const fix =
    program === 'biome'
      ? `Run \`${commandLine`format`}\`, then correct what is left.`
      : 'Correct the lines named above.'
  return [{ code: `${code}_FAILED`, where: program, message, lastLines: lastLines(`${stdout}\n${stderr}`, 40), fix }]
}

/** A row for each environment, and a last one for what is wrong with none of them alone. */
function rowsOf(own: ReadonlyMap<string, readonly Problem[]>, all: readonly Problem[]): EnvironmentRow[] {
  const environments = [...own.keys()].sort()
  const rows = environments.map((environment) => {
    const ofFiles = all.filter((problem) => isOfEnvironment(problem, environment))
    return { environment, problems: [...new Set([...(own.get(environment) ?? []), ...ofFiles])] }
  })
  const told = new Set(rows.flatMap(({ problems }) => problems))
  const common = all.filter((problem) => !told.has(problem))
  return [...rows, ...(common.length > 0 ? [{ environment: '(common)', problems: common }] : [])].map((row) => ({
    ...row,
    exitCode: row.problems.some(isError) ? exitCodes.problems : exitCodes.ok,
    summary: [...new Set(row.problems.map(({ code }) => code))].join(', ') || 'nothing is wrong',
    document: undefined,
    told: lines(),
  }))
}

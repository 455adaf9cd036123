import { join } from 'node:path'
import { lintChart, renderChart } from '../chart/helm.ts'
import { checkSchemas } from '../chart/kubeconform.ts'
import { parseManifests } from '../chart/manifests.ts'
import { checkManifests } from '../chart/policy/index.ts'
import { checkReachability } from '../chart/reachability-difference.ts'
import { generatedPaths } from '../generate/generate.ts'
import { findStale } from '../generate/stale-files.ts'
import { type CommandIo, defineCommand } from '../lib/command.ts'
import { commandLine } from '../lib/command-line.ts'
import { lastLines, tryRun } from '../lib/exec.ts'
import { exitCodes, isError, type Problem, ProblemError, sortProblems } from '../lib/problems.ts'
import { findTools } from '../local/toolchain/find.ts'
import { resolveAll } from '../model/resolve.ts'
import { checkApplication } from '../model/rules/index.ts'
import { loadApplication } from '../session/application.ts'
import { generateAll, staleProblem } from '../session/generated-files.ts'

export const command = defineCommand<object>({
  name: 'check',
  summary: 'Everything that can be checked without a cluster: rules, stale files, types, chart, manifests.',
  example: commandLine`check`,
  options: [],
  async run(_options, io) {
    const problems: Problem[] = []
    const broken = await step(io, 'catalogue', problems, async () => checkApplication(await loadApplication(io)))
    await step(io, 'types', problems, () => checkWith(io, 'tsc', tscArguments, 'TYPES'))
    await step(io, 'format and lint', problems, () => checkWith(io, 'biome', ['check', '--colors=off', '.'], 'LINT'))
    if (!broken) {
      await step(io, 'generated files', problems, () => checkStale(io))
      await step(io, 'chart and manifests', problems, () => checkChart(io))
    }
    if (problems.some(isError)) throw new ProblemError(problems)
    return exitCodes.ok
  },
})

// --- internal ---

/** One thread: with several, the compiler has been seen to wait for itself for ever. */
const tscArguments = ['--project', '.', '--pretty', 'false', '--singleThreaded']

/** Runs one step completely, whatever it finds, and reports it in one line. Returns whether it found errors. */
async function step(
  io: CommandIo,
  name: string,
  problems: Problem[],
  check: () => Promise<readonly Problem[]>,
): Promise<boolean> {
  io.signal.throwIfAborted()
  const found = await check().catch((error: unknown) => {
    if (error instanceof ProblemError && error.exitCode === exitCodes.problems) return error.problems
    throw error
  })
  problems.push(...found)
  const errors = found.filter(isError).length
  const count = (number: number, word: string) => `${number} ${word}${number === 1 ? '' : 's'}`
  io.log(
    `${errors === 0 ? 'ok    ' : 'failed'}  ${name}${found.length > 0 ? `: ${count(found.length, 'problem')}` : ''}`,
  )
  return errors > 0
}

/** A program of `node_modules` that prints its own findings. */
async function checkWith(io: CommandIo, program: string, args: readonly string[], code: string): Promise<Problem[]> {
  const { stdout, stderr, exitCode } = await tryRun(join(io.productFolder, 'node_modules/.bin', program), args, {
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

async function checkStale(io: CommandIo): Promise<Problem[]> {
  const { files } = await generateAll(io)
  return (await findStale(io.userFolder, files)).map(staleProblem)
}

/** Every environment as Helm sees it, and what comes out of it. */
async function checkChart(io: CommandIo): Promise<Problem[]> {
  const { productFolder, userFolder, signal } = io
  const tools = await findTools(['helm', 'kubeconform'], io)
  const application = await loadApplication(io)
  const { catalogue } = application
  const models = resolveAll(application)
  const problems: Problem[] = []
  for (const model of models) {
    const valuesFile = generatedPaths.values(model.environment)
    const release = { helm: tools.helm.path, productFolder, userFolder, signal, valuesFile, release: model.release }
    try {
      await lintChart(release)
      const manifests = await renderChart(release)
      const objects = parseManifests(manifests, valuesFile)
      problems.push(...checkManifests(objects, model))
      const invalid = await checkSchemas(tools.kubeconform.path, productFolder, manifests, valuesFile)
      problems.push(...(invalid.length > 0 ? invalid : checkReachability(objects, model, catalogue)))
    } catch (error) {
      if (!(error instanceof ProblemError) || error.exitCode !== exitCodes.problems) throw error
      problems.push(...error.problems)
    }
  }
  return sortProblems(problems)
}

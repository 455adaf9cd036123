import { audit } from '../bench/audit.ts'
import { type BenchmarkResult, reportJson, reportTable } from '../bench/bench-report.ts'
import type { Benchmark, BenchmarkIo } from '../bench/benchmark.ts'
import { environments } from '../bench/environments.ts'
import { genValues } from '../bench/gen-values.ts'
import { helmTemplate } from '../bench/helm-template.ts'
import { type BenchmarkName, benchmarkNames, isMet } from '../bench/measurement.ts'
import { packed } from '../bench/packed.ts'
import { scalewayRequests } from '../bench/scaleway-requests.ts'
import { start } from '../bench/start.ts'
import { status } from '../bench/status.ts'
import { wait } from '../bench/wait.ts'
import { defineCommand, outputOption } from '../lib/command.ts'
import { commandLine } from '../lib/command-line.ts'
import { exitCodes, ProblemError } from '../lib/problems.ts'

interface Options {
  readonly only?: BenchmarkName
  readonly runs: string
  readonly output: 'table' | 'json'
}

const benchmarks: readonly Benchmark[] = [
  genValues,
  packed,
  environments,
  helmTemplate,
  scalewayRequests,
  start,
  wait,
  status,
  audit,
]

export const command = defineCommand<Options>({
  name: 'bench',
  summary: 'Measures speed, memory and requests, and compares them with their targets; exits 3 when one is missed.',
  example: commandLine`bench --only helm-template`,
  options: [
    { flags: '--only <name>', description: 'one of the benchmarks', choices: benchmarkNames },
    {
      flags: '--runs <number>',
      description: 'measured runs of short programs, 1 to 99; 1 is a trial with a tenth of the secrets',
      default: '9',
    },
    outputOption,
  ],
  async run({ only, runs, output }, io) {
    const { productFolder, userFolder, env, signal, log, isTerminal } = io
    const benchmarkIo: BenchmarkIo = { productFolder, userFolder, env, signal, log, isTerminal, runs: readRuns(runs) }
    const results: BenchmarkResult[] = []
    for (const benchmark of benchmarks) {
      if (only !== undefined && benchmark.name !== only) continue
      log(`measuring ${benchmark.name}`)
      results.push({ benchmark: benchmark.name, measurements: await benchmark.run(benchmarkIo) })
    }
    io.out((columns) => (output === 'json' ? reportJson(results) : reportTable(results, columns)))
    return results.every(({ measurements }) => measurements.every(isMet)) ? exitCodes.ok : exitCodes.problems
  },
})

// --- internal ---

function readRuns(text: string): number {
  if (/^[1-9]\d?$/.test(text)) return Number(text)
  throw new ProblemError(
    {
      code: 'WRONG_USAGE',
      where: commandLine`bench --runs`,
      message: `"${text}" is not an allowed number. Expected 1 to 99.`,
      fix: `Run \`${commandLine`bench --help`}\`.`,
    },
    exitCodes.usage,
  )
}

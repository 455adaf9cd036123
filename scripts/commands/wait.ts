import { gateDocument, gateSummary, gateTable } from '../cluster/gate-report.ts'
import { type GateResult, timeoutMs, timeoutOption } from '../cluster/release-gate.ts'
import { awaitArrival } from '../inspect/doctor/arrival.ts'
import type { Explanation } from '../inspect/doctor/examine.ts'
import { examineAll } from '../inspect/every-environment/examine-all.ts'
import { printAll } from '../inspect/every-environment/report.ts'
import { allOption, contextOption, defineCommand, environmentOption, outputOption } from '../lib/command.ts'
import { commandLine } from '../lib/command-line.ts'
import { jsonDocument } from '../lib/printable.ts'
import { exitCodes } from '../lib/problems.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import { openCluster, openEnvironment } from '../session/access.ts'

interface Options {
  /** Not with `all`. */
  readonly environment: string
  readonly all?: boolean
  readonly context?: string
  readonly timeout: string
  readonly output: 'table' | 'json'
}

export const command = defineCommand<Options>({
  name: 'wait',
  summary: 'Waits until every required secret of an environment has arrived in its cluster; exits 3 when one has not.',
  example: commandLine`wait --environment recette --timeout 10m`,
  options: [environmentOption, allOption, contextOption, timeoutOption, outputOption],
  async run({ environment, all = false, context, timeout, output }, io) {
    timeoutMs(timeout)
    // All at once: each may take the whole time.
    if (all) return printAll(await examineAll(io, examineWithin(timeout), Number.POSITIVE_INFINITY), output, io)
    const model = await openEnvironment(environment, io)
    using client = await openCluster(model, io, context)
    const { result, hasArrived, told } = await awaitArrival(model, client, timeout, io)
    io.out((columns) =>
      output === 'json' ? jsonDocument(documentOf(model, result, told)) : gateTable(model, result, columns),
    )
    io.tell(told.text)
    return hasArrived ? exitCodes.ok : exitCodes.problems
  },
})

// --- internal ---

function examineWithin(timeout: string): Parameters<typeof examineAll>[1] {
  return async (model, io, context) => {
    using client = await openCluster(model, io, context)
    const { result, hasArrived, told } = await awaitArrival(model, client, timeout, io)
    return {
      exitCode: hasArrived ? exitCodes.ok : exitCodes.problems,
      summary: gateSummary(model, result),
      document: documentOf(model, result, told),
      told: told.text,
    }
  }
}

function documentOf(model: EnvironmentModel, result: GateResult, { problems }: Explanation): object {
  const { application, environment } = model
  return { version: 1, application, environment, ...gateDocument(model, result), problems }
}

import { gateDocument, gateTable } from '../cluster/gate-report.ts'
import { type GateResult, passGate, timeoutMs, timeoutOption } from '../cluster/release-gate.ts'
import { type Explanation, explain } from '../inspect/doctor/examine.ts'
import { clusterProblem } from '../kubernetes/errors.ts'
import { defineCommand, environmentOption, outputOption } from '../lib/command.ts'
import { commandLine } from '../lib/command-line.ts'
import { jsonDocument, type Printable } from '../lib/printable.ts'
import { exitCodes, formatProblems, isError } from '../lib/problems.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import { openCluster, openEnvironment } from '../session/access.ts'

interface Options {
  readonly environment: string
  readonly timeout: string
  readonly output: 'table' | 'json'
}

export const command = defineCommand<Options>({
  name: 'wait',
  summary: 'Waits until every required secret of an environment has arrived in its cluster; exits 3 when one has not.',
  example: commandLine`wait --environment recette --timeout 10m`,
  options: [environmentOption, timeoutOption, outputOption],
  async run({ environment, timeout, output }, io) {
    timeoutMs(timeout)
    const model = await openEnvironment(environment, io)
    using client = await openCluster(model, io)
    const result = await passGate(client, model, timeout, io).catch((error: unknown) => {
      throw clusterProblem(error)
    })
    const failed = result.problems.some(isError)
    const told = failed ? await explain(model, client, result, io) : plainly(result)
    io.out((columns) => (output === 'json' ? asJson(model, result, told) : gateTable(model, result, columns)))
    io.tell(told.text)
    return failed ? exitCodes.problems : exitCodes.ok
  },
})

// --- internal ---

function plainly({ problems }: GateResult): Explanation {
  return { text: formatProblems(problems), problems }
}

function asJson(model: EnvironmentModel, result: GateResult, { problems }: Explanation): Printable {
  const { application, environment } = model
  const body = { version: 1, application, environment, ...gateDocument(model, result), problems }
  return jsonDocument(body)
}

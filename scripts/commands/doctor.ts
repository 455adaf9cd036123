import { diagnosisJson, diagnosisText } from '../inspect/doctor/doctor-report.ts'
import { examine } from '../inspect/doctor/examine.ts'
import type { KubernetesClient } from '../kubernetes/client.ts'
import { type CommandIo, contextOption, defineCommand, environmentOption, outputOption } from '../lib/command.ts'
import { commandLine } from '../lib/command-line.ts'
import { exitCodes, formatProblems, ProblemError } from '../lib/problems.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import { openCluster, openEnvironment } from '../session/access.ts'

interface Options {
  readonly environment: string
  readonly context?: string
  readonly output: 'table' | 'json'
}

export const command = defineCommand<Options>({
  name: 'doctor',
  summary: 'Finds why secrets do not arrive: the cause, the evidence, and the command that fixes it. Only reads.',
  example: commandLine`doctor --environment recette`,
  options: [environmentOption, contextOption, outputOption],
  async run({ environment, context, output }, io) {
    const model = await openEnvironment(environment, io)
    const client = await clientOf(model, io, context)
    try {
      const { productFolder, userFolder, env, signal, log } = io
      const diagnosis = await examine(model, client, {
        productFolder,
        userFolder,
        env,
        signal,
        log,
        ...(io.isTerminal ? { onStep: io.log } : {}),
      })
      io.out(output === 'json' ? diagnosisJson(model, diagnosis) : diagnosisText(model, diagnosis))
      if (diagnosis.problems.length > 0) io.tell(formatProblems(diagnosis.problems))
      for (const line of diagnosis.unexamined) io.log(`not checked: ${line}`)
      return diagnosis.exitCode
    } finally {
      if (!(client instanceof ProblemError)) client[Symbol.dispose]()
    }
  },
})

// --- internal ---

/** A failing login is a cause; a cluster that is not the environment's is a mistake. */
async function clientOf(
  model: EnvironmentModel,
  io: CommandIo,
  context: string | undefined,
): Promise<KubernetesClient | ProblemError> {
  try {
    return await openCluster(model, io, context)
  } catch (error) {
    if (error instanceof ProblemError && error.exitCode === exitCodes.unreachable) return error
    throw error
  }
}

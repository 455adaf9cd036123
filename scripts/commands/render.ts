import { renderChart } from '../chart/helm.ts'
import { generatedPaths } from '../generate/generate.ts'
import { defineCommand, environmentOption } from '../lib/command.ts'
import { pipedCommandLine } from '../lib/command-line.ts'
import { document } from '../lib/printable.ts'
import { exitCodes } from '../lib/problems.ts'
import { findTool } from '../local/toolchain/find.ts'
import { loadEnvironment } from '../session/application.ts'
import { refuseStaleValues } from '../session/generated-files.ts'

interface Options {
  readonly environment: string
}

export const command = defineCommand<Options>({
  name: 'render',
  summary: 'Prints the manifests of one environment.',
  example: `${pipedCommandLine`render --environment recette`} | kubectl diff -f -`,
  options: [environmentOption],
  async run({ environment }, io) {
    const model = await loadEnvironment(io, environment)
    await refuseStaleValues(io, environment)
    const helm = await findTool('helm', io)
    const valuesFile = generatedPaths.values(environment)
    const { userFolder, signal } = io
    io.out(document(await renderChart({ helm: helm.path, userFolder, signal, release: model.release, valuesFile })))
    return exitCodes.ok
  },
})

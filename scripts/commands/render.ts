import { loadEnvironment } from '../application.ts'
import { generatedPaths } from '../emit/generate.ts'
import { refuseStaleValues } from '../generated-files.ts'
import { renderChart } from '../helm/helm.ts'
import { defineCommand, environmentOption } from '../lib/command.ts'
import { pipedCommandLine } from '../lib/command-line.ts'
import { document } from '../lib/printable.ts'
import { exitCodes } from '../lib/problems.ts'
import { findTool } from '../toolchain/find.ts'

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
    const { productFolder, userFolder, signal } = io
    io.out(
      document(
        await renderChart({ helm: helm.path, productFolder, userFolder, signal, release: model.release, valuesFile }),
      ),
    )
    return exitCodes.ok
  },
})

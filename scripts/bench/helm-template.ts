import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chartPath } from '../chart/helm.ts'
import { generatedPaths } from '../generate/generate.ts'
import { run } from '../lib/exec.ts'
import { findTool } from '../local/toolchain/find.ts'
import { loadApplication } from '../session/application.ts'
import { type Benchmark, type BenchmarkIo, sizeFor } from './benchmark.ts'
import { largeApplicationFiles } from './large-application.ts'
import { inTurns, tsx } from './measured-programs.ts'
import { describePairs, type Measurement, medianRatio } from './measurement.ts'
import { copyRepository } from './workspace.ts'

/** `helm template` of the chart with its schema, compared with a chart of one ConfigMap. */
export const helmTemplate: Benchmark = {
  name: 'helm-template',
  async run(io) {
    const helm = await findTool('helm', io)
    const { catalogue, environments } = await loadApplication(io)
    const [environment = ''] = Object.keys(environments)
    const large = sizeFor(io, 10_000)
    return [
      await measure(io, {
        helm: helm.path,
        environment,
        files: {},
        what: `helm template, ${catalogue.secrets.length} secrets`,
        target: 1.2,
      }),
      await measure(io, {
        helm: helm.path,
        environment: 'production',
        files: largeApplicationFiles(large),
        what: `helm template, ${large.toLocaleString('en')} secrets`,
        target: 6,
      }),
    ]
  },
}

// --- internal ---

interface Subject extends Pick<Measurement, 'what' | 'target'> {
  readonly helm: string
  readonly environment: string
  /** What is put in place of the user's files. */
  readonly files: Readonly<Record<string, string>>
}

async function measure(io: BenchmarkIo, { helm, environment, files, what, target }: Subject): Promise<Measurement> {
  await using workspace = await copyRepository(io, files)
  const cwd = workspace.folder
  const generate = tsx(cwd, 'scripts/cli.ts', 'gen-values')
  await run(generate.file, generate.args, { ...io, cwd })
  await writeFloorChart(join(cwd, 'floor'))
  const template = (...args: string[]) => ({ file: helm, args: ['template', 'bench', ...args], cwd })
  const pairs = await inTurns(
    template('floor'),
    template(chartPath, '--values', generatedPaths.values(environment)),
    // Runs are short, and a busy machine moves short ones most.
    { ...io, runs: 2 * io.runs - 1 },
  )
  return { what, value: medianRatio(pairs), unit: '×', target, how: describePairs(pairs) }
}

async function writeFloorChart(folder: string): Promise<void> {
  await mkdir(join(folder, 'templates'), { recursive: true })
  await writeFile(join(folder, 'Chart.yaml'), 'apiVersion: v2\nname: floor\nversion: 0.1.0\n')
  const configMap = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: floor\ndata:\n  key: value\n'
  await writeFile(join(folder, 'templates', 'configmap.yaml'), configMap)
}

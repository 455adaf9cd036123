import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { commandLine } from '../lib/command-line.ts'
import type { Folders } from '../lib/folders.ts'
import { findTools } from '../local/toolchain/find.ts'
import type { Benchmark, BenchmarkIo } from './benchmark.ts'
import { largeApplication } from './large-application.ts'
import { inTurns, type Program, tsx, wallMs } from './measured-programs.ts'
import { duration, growth, type Measurement, median, medianRatio, type Pairs } from './measurement.ts'

/** `check` of many environments, compared with that of one, in a folder of a user's. */
export const environments: Benchmark = {
  name: 'environments',
  async run(io) {
    await findTools(['helm', 'kubeconform'], io)
    await using one = await userFolder(1, io)
    const sizes: { readonly size: number; readonly pairs: Pairs }[] = []
    for (const size of counts) {
      io.log(`environments: ${size}`)
      await using many = await userFolder(size, io)
      const runs = Math.min(io.runs, slowRuns)
      sizes.push({
        size,
        pairs: await inTurns(cli(one.folder, io, 'check'), cli(many.folder, io, 'check'), { ...io, runs }),
      })
    }
    const points = sizes.map(({ size, pairs }) => ({ size, ms: median(pairs.subjectMs) }))
    const [small, middle, large] = points
    const how = points.map(({ size, ms }) => `${size}: ${duration(ms)}`).join(', ')
    const what = `${commandLine`check`}, ${large?.size} environments of ${secrets} secrets`
    const measured: Measurement[] = [
      { what, value: (large?.ms ?? Number.NaN) / 1000, unit: 's', target: 60, how },
      {
        what: `${what}, against one environment`,
        value: medianRatio(sizes.at(-1)?.pairs ?? { floorMs: [], subjectMs: [] }),
        unit: '×',
        target: large?.size ?? Number.NaN,
        how: `floor ${duration(median(sizes.flatMap(({ pairs }) => pairs.floorMs)))}`,
      },
      {
        what: 'check, cost of one more environment at 50 against 10',
        value: small && middle && large ? growth(small, middle, large) : Number.NaN,
        unit: '×',
        target: 1.5,
        how: `1× is linear, 2.1× quadratic; ${how}`,
      },
    ]
    return measured
  },
}

// --- internal ---

const counts = [10, 25, 50]
const secrets = 200
/** Runs of programs that take many seconds. */
const slowRuns = 2

function cli(folder: string, { productFolder }: Folders, command: string): Program {
  return tsx(folder, join(productFolder, 'scripts/cli.ts'), command)
}

/** With data files and all that is generated from them, gone when it is disposed of. */
async function userFolder(count: number, io: BenchmarkIo): Promise<AsyncDisposable & { readonly folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'tiered-secrets-bench-'))
  const user = { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
  try {
    const names = Array.from({ length: count }, (_, index) => `environment-${String(index + 1).padStart(2, '0')}`)
    const application = largeApplication(secrets, names)
    await mkdir(join(folder, 'scripts'))
    for (const name of ['catalogue', 'environments'] as const)
      await writeFile(join(folder, `scripts/${name}.mjs`), `export default ${JSON.stringify(application[name])}\n`)
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }\n')
    await symlink(join(io.productFolder, 'node_modules'), join(folder, 'node_modules'))
    // Not in this process: files tell how their user types a command.
    await wallMs(cli(folder, io, 'gen-values'), io)
    return user
  } catch (error) {
    await user[Symbol.asyncDispose]()
    throw error
  }
}

import { commandLine } from '../lib/command-line.ts'
import { localStackTools } from '../local/stack/stack.ts'
import { findTools } from '../local/toolchain/find.ts'
import { loadApplication } from '../session/application.ts'
import type { Benchmark } from './benchmark.ts'
import { tsx, wallMs } from './measured-programs.ts'
import { median } from './measurement.ts'
import { copyRepository, writeGenerated } from './workspace.ts'

/** `npm start -- --once` from the first line to everything synced and stopped again, with all tools built. */
export const start: Benchmark = {
  name: 'start',
  async run(io) {
    await findTools(localStackTools, io)
    await using workspace = await copyRepository(io)
    const application = await loadApplication(io)
    await writeGenerated(workspace, application)
    const [environment = ''] = Object.keys(application.environments)
    const program = tsx(workspace.folder, 'scripts/cli.ts', 'start', '--once', '--environment', environment)
    const times: number[] = []
    for (let index = 0; index < Math.min(io.runs, slowRuns); index++) {
      io.log(`start: run ${index + 1}`)
      times.push(await wallMs(program, io))
    }
    return [
      {
        what: `${commandLine`start --once`}, to everything synced and stopped`,
        value: median(times) / 1000,
        unit: 's',
        target: 15,
        how: `median of ${times.map((ms) => (ms / 1000).toFixed(1)).join(', ')} s`,
      },
    ]
  },
}

// --- internal ---

/** Runs of programs that take many seconds. */
const slowRuns = 3

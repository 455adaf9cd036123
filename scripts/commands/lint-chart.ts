import { defineCommand } from '../lib/command.ts'
import { commandLine } from '../lib/command-line.ts'
import { tryRun } from '../lib/exec.ts'
import { document } from '../lib/printable.ts'
import { exitCodes } from '../lib/problems.ts'
import { findTools } from '../local/toolchain/find.ts'
import { linkTools } from '../local/toolchain/link.ts'

export const command = defineCommand<object>({
  name: 'lint:chart',
  summary: 'Runs `ct lint` on the chart with the values of every environment.',
  example: commandLine`lint:chart`,
  options: [],
  async run(_options, io) {
    const tools = await findTools(['helm', 'ct', 'yamllint', 'yamale'], io)
    // ct calls the other three by name.
    await using linked = await linkTools([tools.helm, tools.yamllint, tools.yamale], io.env)
    const { stdout, stderr, exitCode } = await tryRun(tools.ct.path, ['lint', '--config', 'ct.yaml'], {
      cwd: io.userFolder,
      env: { PATH: linked.path },
      signal: io.signal,
    })
    io.out(document(`${stdout}\n`))
    if (stderr !== '') io.tell(document(`${stderr}\n`))
    return exitCode === 0 ? exitCodes.ok : exitCodes.problems
  },
})

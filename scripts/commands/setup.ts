import { defineCommand } from '../lib/command.ts'
import { commandLine } from '../lib/command-line.ts'
import { jsonDocument } from '../lib/printable.ts'
import { exitCodes } from '../lib/problems.ts'
import { table } from '../lib/table.ts'
import { findTools } from '../local/toolchain/find.ts'
import { commandTools, type ToolName, toolNames } from '../local/toolchain/tools.ts'

interface SetupOptions {
  readonly only?: readonly ToolName[]
  readonly forTests?: boolean
  readonly output: 'table' | 'json'
}

export const command = defineCommand<SetupOptions>({
  name: 'setup',
  summary: 'Finds or builds every tool that a command uses, and shows where each came from.',
  example: commandLine`setup --only helm kubeconform`,
  options: [
    { flags: '--only <tool...>', description: 'find or build these tools only', choices: toolNames },
    { flags: '--for-tests', description: 'those that only the tests of this project use as well' },
    { flags: '--output <format>', description: 'table or json', choices: ['table', 'json'], default: 'table' },
  ],
  async run({ only, forTests = false, output }, io) {
    const names = only ?? (forTests ? toolNames : commandTools)
    const found = await findTools(names, { ...io, onlyTested: true })
    const list = toolNames.filter((name) => names.includes(name)).map((name) => found[name])
    if (output === 'json') io.out(jsonDocument(list))
    else {
      const rows = list.map(({ name, version, source, path }) => [name, version, source, path])
      io.out((columns) => table(['TOOL', 'VERSION', 'FROM', 'PATH'], rows, { columns, below: 'PATH' }))
    }
    return exitCodes.ok
  },
})

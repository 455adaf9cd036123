import { join } from 'node:path'
import { findTools } from '../../scripts/toolchain/find.ts'
import { toolNames } from '../../scripts/toolchain/tools.ts'

/** Runs once before the levels that need tools, so that a first build is no test's timeout. A missing tool ends the run. */
export async function setup(): Promise<void> {
  await findTools(toolNames, {
    root: join(import.meta.dirname, '../..'),
    env: process.env,
    signal: new AbortController().signal,
    log: (line) => process.stderr.write(`${line}\n`),
    isTerminal: false,
  })
}

import { join } from 'node:path'
import { type Folders, oneFolder } from '../../scripts/lib/folders.ts'
import { findTools, type ToolchainIo } from '../../scripts/local/toolchain/find.ts'
import { type Tool, type ToolName, toolNames } from '../../scripts/local/toolchain/tools.ts'

/** What finding a tool needs, in a test. */
export const toolchainIo: ToolchainIo & Folders = {
  ...oneFolder(join(import.meta.dirname, '../..')),
  env: process.env,
  signal: new AbortController().signal,
  log: (line) => process.stderr.write(`${line}\n`),
  isTerminal: false,
  onlyTested: true,
}

/** Runs once before the levels that need tools, so that a first build is not a test's timeout. A missing tool ends the run. */
export async function setup(): Promise<void> {
  await findTools(toolNames, toolchainIo)
}

/** Tools by name; one that is missing is built, and one that can't be fails the test with the remedy. */
export function tools<Name extends ToolName>(...names: readonly Name[]): Promise<Record<Name, Tool>> {
  return findTools(names, toolchainIo)
}

import { findTools, type ToolchainIo } from '../../scripts/toolchain/find.ts'
import type { Tool, ToolName } from '../../scripts/toolchain/tools.ts'
import { root } from './generating.ts'

/** What a test lets the toolchain see: this process. */
export const toolchainIo: ToolchainIo = {
  root,
  env: process.env,
  signal: new AbortController().signal,
  log: () => undefined,
  isTerminal: false,
}

/** Tools by name; one that is missing is built, and one that can't be fails the test with the remedy. */
export function tools<Name extends ToolName>(...names: readonly Name[]): Promise<Record<Name, Tool>> {
  return findTools(names, toolchainIo)
}

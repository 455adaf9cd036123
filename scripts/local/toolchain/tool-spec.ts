import type { RecipeName } from './recipes.ts'

/** How to ask a tool for its version. */
export interface VersionProbe {
  readonly args: readonly string[]
  /** The first group is the version; a tool without a version has no group. */
  readonly pattern: RegExp
  /** Versions that match, for a tool without a version: `0.20.1 or newer`. */
  readonly of?: string
}

export interface ToolSpec {
  readonly recipe: RecipeName
  /** Where the recipe leaves it, relative to the recipe's folder in the cache. */
  readonly file: string
  /** The environment variable that names it, and whether it names the file or the folder that holds it. */
  readonly variable: string
  readonly variableNames: 'file' | 'folder'
  /** Names looked for on PATH. Empty: PATH is not searched, because a foreign copy can't be distinguished from ours. */
  readonly onPath: readonly string[]
  /** Versions our tests run with; taken from PATH as well. Undefined when the tool has no version. */
  readonly tested?: string
  /**
   * Versions an environment variable may name: what the chart and our commands need of it. Outside of `tested` with a warning.
   *
   * Default: `tested`
   */
  readonly supported?: string
  /**
   * A supported version on PATH that is not tested is used too, with a warning, where the cache has none: what it makes does
   * not depend on its version.
   *
   * Default: only a tested one is
   */
  readonly takesSupported?: true
  /** Undefined for a tool that is not a program. */
  readonly probe?: VersionProbe
  /** Used by this project's tests and by no command: whoever runs the commands alone does not need it. */
  readonly forTests?: true
}

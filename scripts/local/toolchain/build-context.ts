import type { CommandIo } from '../../lib/command.ts'
import type { Progress } from './progress.ts'
import type { PinnedRecipe } from './recipes.ts'

/** What a build needs from the command line. */
export type BuildIo = Pick<CommandIo, 'env' | 'signal' | 'log' | 'isTerminal'>

/** Everything a build step may use. */
export interface BuildContext {
  readonly recipe: PinnedRecipe
  /** An empty folder to fill; renamed to `destination` afterwards. */
  readonly folder: string
  readonly destination: string
  readonly io: BuildIo
  readonly progress: Progress
}

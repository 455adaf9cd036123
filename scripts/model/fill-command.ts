import { commandLine } from '../lib/command-line.ts'
import { shell } from '../lib/shell.ts'
import { formatDefinition } from './formats.ts'
import { originOf } from './shared-values.ts'
import type { SecretSpec } from './types.ts'

/** For which variables a `fill` is proposed. */
export interface FillProposal {
  readonly environment: string
  /** Default: the names imply it, or it does not matter. */
  readonly tier?: string
  /** As they are given to `--only`. Undefined: the whole tier */
  readonly only?: readonly string[]
  readonly specs: readonly (Pick<SecretSpec, 'format'> & Partial<SecretSpec>)[]
  /** Existing values are to be replaced. Default: false */
  readonly replace?: boolean
}

/**
 * The command that gives variables a value, with the source of the value: without that, `fill` has nothing to do. What
 * exists is never generated again, and what a third party issues is never generated at all.
 */
export function fillCommand({ environment, tier, only, specs, replace = false }: FillProposal): string {
  const mayBeMadeUp = specs.every(({ format }) => formatDefinition(format)?.generatable === true)
  return [
    commandLine`fill --environment ${environment}`,
    ...(tier === undefined ? [] : [`--tier ${tier}`]),
    ...(replace ? ['--replace'] : []),
    ...(only === undefined ? [] : [shell`--only ${only}`]),
    !replace && mayBeMadeUp ? '--generate' : '--from <file>',
    ...(replace ? losing(specs) : []),
  ].join(' ')
}

/** The command that disables or deletes versions of variables and adds none; the action is appended to it. */
export function housekeepingCommand({
  environment,
  tier,
  only,
}: Required<Pick<FillProposal, 'environment' | 'tier' | 'only'>>): string {
  return commandLine`fill --environment ${environment} --tier ${tier} --only ${only}`
}

// --- internal ---

/** What is irreplaceable is replaced only where it is named. */
function losing(specs: FillProposal['specs']): string[] {
  const names = specs.flatMap(({ tier, variable, sameAs, irreplaceable }) => {
    if (irreplaceable === undefined || tier === undefined || variable === undefined) return []
    return originOf({ tier, variable, ...(sameAs === undefined ? {} : { sameAs }) })
  })
  return [...new Set(names)].map((name) => shell`--replace-irreplaceable ${name}`)
}

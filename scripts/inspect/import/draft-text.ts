import { compare } from '../../lib/problems.ts'
import { Commented, literal } from '../../lib/typescript-literal.ts'
import { dataVersion } from '../../model/data-version.ts'
import type { Draft, Guessed } from './draft.ts'

/** The two data files of a draft, formatted as the files of this project. */
export interface DraftFiles {
  readonly catalogue: string
  readonly environments: string
}

/** @param types where the files import the product's types from: `tiered-secrets`, or a file of its sources */
export function draftFiles(draft: Draft, types: string): DraftFiles {
  return { catalogue: catalogueText(draft, types), environments: environmentsText(draft, types) }
}

// --- internal ---

function catalogueText(draft: Draft, types: string): string {
  const { application, owner, remoteSecretQuota, legacy, tiers, secrets, guesses } = draft
  const imports = [`import environments from './environments.ts'`, `import { defineCatalogue } from '${types}'`]
  const catalogue = {
    dataVersion,
    application,
    owner,
    remoteSecretQuota,
    legacy,
    tiers: Object.fromEntries([...tiers].map(([name, tier]) => [name, commented(tier)])),
    secrets: secrets.map(commented),
  }
  return `${sortedImports(imports)}
/**
 * Drafted by \`import\` from what was there: check each line that is marked as a guess. Data only.${marked(guesses)}
 */
export default defineCatalogue(environments, ${literal(catalogue)})
`
}

function environmentsText({ environments }: Draft, types: string): string {
  const all = Object.fromEntries([...environments].map(([name, spec]) => [name, commented(spec)]))
  return `import { defineEnvironments } from '${types}'

/**
 * Drafted by \`import\`: check each line that is marked as a guess. \`example: true\` marks project ids that are not real: such
 * an environment renders, lints and runs locally, and every command that would touch a real Scaleway account refuses it.
 */
export default defineEnvironments(${literal(all)})
`
}

/** In the order that the linter asks for: packages, then files by their paths. */
function sortedImports(lines: readonly string[]): string {
  const path = (line: string) => line.slice(line.indexOf("'") + 1)
  const rank = (line: string) => (path(line).startsWith('.') ? 1 : 0)
  return `${[...lines].sort((a, b) => rank(a) - rank(b) || compare(path(a), path(b))).join('\n')}\n`
}

function commented({ value, guesses }: Guessed<unknown>): Commented {
  return new Commented(value, guesses.length === 0 ? '' : `Guess: ${guesses.join('; ')}.`)
}

function marked(guesses: readonly string[]): string {
  return guesses.length === 0 ? '' : `\n * Guess: ${guesses.join(', ')}.`
}

import { writtenCommandLine } from '../lib/command-line.ts'
import { literal } from '../lib/typescript-literal.ts'
import type { Catalogue, Environments } from '../model/types.ts'

/** `scripts/catalogue.ts` with this content. */
export function catalogueText(catalogue: Catalogue): string {
  return `import { defineCatalogue } from 'tiered-secrets'
import environments from './environments.ts'

/**
 * Every secret of the application. Data only; \`${writtenCommandLine`gen-values`}\` makes all the rest from it.
 * A tier names its workloads, who may reach them, and where its pods may connect to.
 */
export default defineCatalogue(environments, ${literal(catalogue)})
`
}

/** `scripts/environments.ts` with this content. */
export function environmentsText(environments: Environments): string {
  return `import { defineEnvironments } from 'tiered-secrets'

/**
 * Where the application runs. The project ids are examples: put your own in their place and remove \`example: true\`, without
 * which no real account or cluster is touched.
 */
export default defineEnvironments(${literal(environments)})
`
}

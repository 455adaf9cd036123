import { applicationOf, type Draft } from '../../scripts/inspect/import/draft.ts'
import { namedTiers, prepareDraft } from '../../scripts/inspect/import/prepare-draft.ts'
import { parseDocuments } from '../../scripts/inspect/inputs/parse-documents.ts'
import type { SecretSpec } from '../../scripts/model/types.ts'

interface DraftOptions {
  readonly tiers?: readonly string[]
  /** The text of an example of a `.env`. */
  readonly example?: string
}

/** The draft of the manifests of each environment. */
export function draftOf(manifests: string | Readonly<Record<string, string>>, options: DraftOptions = {}): Draft {
  const { tiers = [], example } = options
  const texts = typeof manifests === 'string' ? { live: manifests } : manifests
  const sets = Object.entries(texts).map(([environment, text]) => ({
    environment,
    inputs: {
      ...parseDocuments({ path: `${environment}.yaml`, text }),
      examples: example === undefined ? [] : [{ path: '.env.example', text: example }],
    },
  }))
  return prepareDraft(sets, { application: undefined, tiers: namedTiers(tiers) })
}

/** Its entries by tier and variable, without what was guessed. */
export function entriesOf(draft: Draft): Record<string, Partial<SecretSpec>> {
  return Object.fromEntries(
    applicationOf(draft).catalogue.secrets.map(({ tier, variable, format: _, description: __, ...rest }) => [
      `${tier}.${variable}`,
      rest,
    ]),
  )
}

/** What could not be carried over, each in a line. */
export function leftoversOf({ leftovers }: Draft): string[] {
  return leftovers.map(({ code, what }) => `${code} ${what}`)
}

/** An ExternalSecret of a tier, of any version of the API. */
export function externalSecret(namespace: string, spec: string, apiVersion = 'external-secrets.io/v1'): string {
  const body = spec
    .trimEnd()
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')
  return `---\napiVersion: ${apiVersion}\nkind: ExternalSecret\nmetadata: { name: app, namespace: ${namespace} }\nspec:\n${body}\n`
}

/** A second tier, without which one namespace would tell nothing. */
export const otherTier = externalSecret(
  'shop-web',
  'data: [{ secretKey: TITLE, remoteRef: { key: path:/shop-web/title } }]',
)

/** A store of a provider, as every version has it. */
export function store(namespace: string, provider: string, settings = '{}'): string {
  return `---\napiVersion: external-secrets.io/v1\nkind: SecretStore\nmetadata: { name: store, namespace: ${namespace} }\nspec: { provider: { ${provider}: ${settings} } }\n`
}

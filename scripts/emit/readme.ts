import { markdownTable } from '../lib/markdown.ts'
import { ProblemError } from '../lib/problems.ts'
import { type FormatDefinition, formatDefinition, plainFormatNames } from '../model/formats.ts'
import type { EnvironmentModel, TierModel } from '../model/resolve.ts'
import { remoteNameOf } from '../model/resolve.ts'
import type { Application, SecretSpec } from '../model/types.ts'

/** A Markdown section by the name of its markers. */
export type Sections = Readonly<Record<string, string>>

/**
 * Replaces what is between `<!-- generated:NAME -->` and `<!-- /generated:NAME -->`.
 *
 * @throws ProblemError `README_MARKER_MISSING` for a section without markers
 */
export function fillSections(text: string, sections: Sections, path: string): string {
  return Object.entries(sections).reduce((readme, [name, content]) => {
    const [start, end] = [`<!-- generated:${name} -->`, `<!-- /generated:${name} -->`]
    const from = readme.indexOf(start)
    const to = readme.indexOf(end)
    if (from === -1 || to < from) {
      throw new ProblemError({
        code: 'README_MARKER_MISSING',
        where: path,
        message: `the lines ${start} and ${end} are missing or in the wrong order. Expected both, on lines of their own.`,
        fix: 'Put the two lines back where the table belongs.',
      })
    }
    return `${readme.slice(0, from + start.length)}\n\n${content.trim()}\n\n${readme.slice(to)}`
  }, text)
}

/** The tables that come from the catalogue. */
export function catalogueSections(
  { catalogue, environments }: Application,
  models: readonly EnvironmentModel[],
): Sections {
  const [model] = models
  const all = Object.keys(environments)
  const tiers = model?.tiers ?? []
  const rows = tiers.flatMap((tier) =>
    catalogue.secrets
      .filter((secret) => secret.tier === tier.name)
      .map((secret) => secretRow(tier, secret, catalogue.owner, all)),
  )
  return {
    secrets: markdownTable(['Tier', 'Variable', 'Remote ref', 'Format', 'What for', 'Notes'], rows),
    tiers: markdownTable(['', ...tiers.map((tier) => tier.name)], tierRows(tiers)),
    environments: markdownTable(
      ['Environment', 'Region', 'Isolation', 'Refresh', 'Kube context', 'Requests a refresh', 'Account'],
      models.map((m) => [
        m.environment,
        m.region,
        m.isolation,
        m.refreshInterval,
        `\`${m.kubeContext}\``,
        String(requestsPerRefresh(m)),
        m.example ? 'example ids' : 'real',
      ]),
    ),
    formats: markdownTable(['Format', 'Accepts', 'May be generated'], formatRows()),
  }
}

/** Scaleway requests one refresh of an environment costs: three a remote ref. Source: the operator's Scaleway provider. */
export function requestsPerRefresh(model: EnvironmentModel): number {
  const externalSecrets = model.tiers.flatMap((tier) => [tier.required, tier.optional])
  return 3 * externalSecrets.reduce((sum, e) => sum + (e ? e.singles.length + e.bundles.length : 0), 0)
}

// --- internal ---

function secretRow(tier: TierModel, secret: SecretSpec, owner: string, environments: readonly string[]): string[] {
  const field = secret.property ? `, field \`${secret.property.join('.')}\`` : ''
  const only = environments.filter((environment) => secret.environments?.includes(environment))
  const notes = [
    secret.optional ? 'optional' : '',
    secret.layout === 'bundle' ? `bundle ${secret.identity}` : secret.identity ? `identity ${secret.identity}` : '',
    secret.environments ? `only in ${only.join(', ')}` : '',
    secret.consumers ? `for ${secret.consumers.join(', ')}` : '',
    secret.owner && secret.owner !== owner ? `owner ${secret.owner}` : '',
    secret.rotation ? `rotate within ${secret.rotation.replace('d', ' days')}` : '',
    secret.overlap ? `old value good for ${secret.overlap.replace(/d$/, ' days')} more` : '',
  ]
  return [
    tier.name,
    `\`${secret.variable}\``,
    `\`path:${tier.remotePath}/${remoteNameOf(secret)}\`${field}`,
    formatDefinition(secret.format)?.title ?? secret.format,
    secret.description,
    notes.filter((note) => note !== '').join('; '),
  ]
}

function tierRows(tiers: readonly TierModel[]): string[][] {
  const row = (name: string, value: (tier: TierModel) => string) => [name, ...tiers.map(value)]
  const code = (text: string | undefined) => (text === undefined ? '–' : `\`${text}\``)
  return [
    row('Namespace', (tier) => code(tier.namespace)),
    row('SecretStore', (tier) => code(tier.secretStore)),
    row('Credentials Secret', (tier) => code(tier.credentialsSecret)),
    row('Target Secret', (tier) => code(tier.required?.name)),
    row('Target of the optional ones', (tier) => code(tier.optional?.name)),
    row('Scaleway IAM application', (tier) => code(tier.iamApplication)),
    row('Scaleway folder', (tier) => code(tier.remotePath)),
    row('Workloads', (tier) => Object.keys(tier.workloads).map(code).join(' ')),
  ]
}

function formatRows(): string[][] {
  const row = (name: string, definition: FormatDefinition | undefined) => [
    `\`${name}\``,
    definition?.expected ?? '',
    definition?.generatable ? 'yes' : '',
  ]
  return [
    ...plainFormatNames().map((name) => row(name, formatDefinition(name))),
    ['`exactly N characters`', 'exactly N characters on one line', 'yes'],
    ['`at least N characters`', 'N characters or more on one line', 'yes'],
  ]
}

import { groupBy } from '../lib/group.ts'
import { markdownTable } from '../lib/markdown.ts'
import { type Problem, ProblemError } from '../lib/problems.ts'
import { consumersOf } from '../model/consumers.ts'
import type { FormatDefinition } from '../model/formats/definition.ts'
import { lengthFamilies } from '../model/formats/length.ts'
import { formatDefinition, plainFormatNames } from '../model/formats.ts'
import { namedTarget } from '../model/names.ts'
import { requestsPerRefresh } from '../model/requests.ts'
import { type EnvironmentModel, mainTarget, type TierModel } from '../model/resolve.ts'
import { entryName, sharedValues, withOrigins } from '../model/shared-values.ts'
import { remoteNameOf } from '../model/specs.ts'
import type { Application, SecretSpec } from '../model/types.ts'

/** A Markdown section by the name of its markers. */
export type Sections = Readonly<Record<string, string>>

/** A page of the documentation by its path, with forward slashes. */
export type Pages = ReadonlyMap<string, string>

/** The page that holds a generated section, by the name of its markers. */
export const pageOf: Readonly<Record<string, string>> = {
  tiers: 'docs/catalogue.md',
  secrets: 'docs/catalogue.md',
  environments: 'docs/catalogue.md',
  formats: 'docs/catalogue.md',
  'shared-values': 'docs/boundary.md',
  states: 'docs/troubleshooting.md',
  causes: 'docs/troubleshooting.md',
  'open-questions': 'docs/emulator.md',
  advisories: 'docs/operator.md',
}

/** Every page with a generated section. */
export const pagePaths: readonly string[] = [...new Set(Object.values(pageOf))]

/**
 * Every page with its generated sections filled; sections of other pages are left out.
 *
 * @throws ProblemError `MARKER_MISSING` for each section whose page lacks its markers
 */
export function fillPages(pages: Pages, sections: Sections): Pages {
  const filled = new Map(pages)
  const problems: Problem[] = []
  for (const [name, content] of Object.entries(sections)) {
    const path = pageOf[name]
    if (path === undefined) throw new Error(`the section ${name} has no page`)
    if (!filled.has(path)) continue
    const text = fillSection(filled.get(path) ?? '', name, content)
    if (text === undefined) problems.push(markerMissing(path, name))
    else filled.set(path, text)
  }
  if (problems.length > 0) throw new ProblemError(problems)
  return filled
}

/** The tables that come from the catalogue. */
export function catalogueSections(
  { catalogue, environments }: Application,
  models: readonly EnvironmentModel[],
): Sections {
  const [model] = models
  const all = Object.keys(environments)
  const tiers = model?.tiers ?? []
  const secrets = withOrigins(catalogue.secrets)
  const rows = tiers.flatMap((tier) =>
    secrets
      .filter((secret) => secret.tier === tier.name)
      .map((secret) => secretRow(tier, secret, catalogue.owner, all)),
  )
  return {
    secrets: markdownTable(['Tier', 'Variable', 'Remote ref', 'Format', 'What for', 'Notes'], rows),
    tiers: markdownTable(['', ...tiers.map((tier) => tier.name)], tierRows(models)),
    environments: markdownTable(
      [
        'Environment',
        'Region',
        'Isolation',
        'Refresh',
        'Kube context',
        'Helm release',
        'Requests per refresh',
        'Account',
      ],
      models.map((m) => [
        m.environment,
        m.region,
        m.isolation,
        m.refreshInterval,
        `\`${m.kubeContext}\``,
        `\`${m.release.name}\``,
        String(requestsPerRefresh(m)),
        m.example ? 'example ids' : 'real',
      ]),
    ),
    formats: markdownTable(['Format', 'Accepts', 'May be generated'], formatRows()),
    'shared-values': sharedTable(secrets),
  }
}

// --- internal ---

function markersOf(name: string): readonly [string, string] {
  return [`<!-- generated:${name} -->`, `<!-- /generated:${name} -->`]
}

/** Undefined when the markers are missing or in the wrong order. */
function fillSection(page: string, name: string, content: string): string | undefined {
  const [start, end] = markersOf(name)
  const [from, to] = [page.indexOf(start), page.indexOf(end)]
  if (from === -1 || to < from) return undefined
  return `${page.slice(0, from + start.length)}\n\n${content.trim()}\n\n${page.slice(to)}`
}

function markerMissing(path: string, name: string): Problem {
  const [start, end] = markersOf(name)
  return {
    code: 'MARKER_MISSING',
    where: path,
    message: `the lines ${start} and ${end} are missing or in the wrong order. Expected both, on lines of their own.`,
    fix: 'Put the two lines back where the table belongs.',
  }
}

function secretRow(tier: TierModel, secret: SecretSpec, owner: string, environments: readonly string[]): string[] {
  const field = secret.property ? `, field \`${secret.property.join('.')}\`` : ''
  const only = environments.filter((environment) => secret.environments?.includes(environment))
  const notes = [
    secret.optional ? 'optional' : '',
    secret.layout === 'bundle' ? `bundle ${secret.identity}` : secret.identity ? `identity ${secret.identity}` : '',
    secret.environments ? `only in ${only.join(', ')}` : '',
    secret.target ? `target \`${namedTarget(tier.name, secret.target)}\`` : '',
    secret.key ? `key \`${secret.key}\`` : '',
    readersText(tier, secret),
    secret.owner && secret.owner !== owner ? `owner ${secret.owner}` : '',
    secret.rotation ? `rotate within ${secret.rotation.replace('d', ' days')}` : '',
    secret.sameAs ? `same value as \`${secret.sameAs}\`` : '',
    secret.irreplaceable ? `irreplaceable: ${secret.irreplaceable}` : '',
    secret.overlap ? `old value valid for ${secret.overlap.replace(/d$/, ' days')} more` : '',
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

/** Named where it is not every workload of the tier. */
function readersText(tier: TierModel, secret: SecretSpec): string {
  const readers = consumersOf(tier, [secret]).map(({ name }) => name)
  if (readers.length === Object.keys(tier.workloads).length || (readers.length === 0 && secret.target)) return ''
  return readers.length === 0 ? 'for no workload' : `for ${readers.join(', ')}`
}

/** In whichever environments: an entry that shares a value exists only where its origin does. */
function sharedTable(secrets: readonly SecretSpec[]): string {
  const crossing = sharedValues(secrets).filter(({ specs }) => new Set(specs.map(({ tier }) => tier)).size > 1)
  if (crossing.length === 0) return 'By the catalogue, no value is shared by tiers.'
  return markdownTable(
    ['Value', 'Also in', 'What for'],
    crossing.map(({ origin, specs: [first, ...others] }) => [
      `\`${origin}\``,
      others.map((spec) => `\`${entryName(spec)}\``).join(' '),
      first?.description ?? '',
    ]),
  )
}

function tierRows(models: readonly EnvironmentModel[]): string[][] {
  const tiers = models[0]?.tiers ?? []
  const row = (name: string, value: (tier: TierModel) => string) => [
    name,
    ...tiers.map(({ name: tier }) => byEnvironment(models, tier, value)),
  ]
  const code = (text: string | undefined) => (text === undefined ? '–' : `\`${text}\``)
  return [
    row('Namespace', (tier) => code(tier.namespace)),
    row('SecretStore', (tier) => code(tier.secretStore)),
    row('Credentials Secret', (tier) => code(tier.credentialsSecret)),
    row('Target Secret', (tier) => code(mainTarget(tier, { optional: false })?.name)),
    row('Target of the optional ones', (tier) => code(mainTarget(tier, { optional: true })?.name)),
    ...(models.some((model) => model.tiers.some((tier) => namedTargets(tier).length > 0))
      ? [row('Named targets', (tier) => namedTargets(tier).join(' ') || '–')]
      : []),
    row('Scaleway IAM application', (tier) => code(tier.iamApplication)),
    row('Scaleway folder', (tier) => code(tier.remotePath)),
    row('Workloads', (tier) => Object.keys(tier.workloads).map(code).join(' ')),
  ]
}

/** With their types; the ones of their optional entries follow from them. */
function namedTargets({ externalSecrets }: TierModel): string[] {
  return externalSecrets
    .filter(({ target }) => target !== undefined)
    .map(({ name, type }) => `\`${name}\`${type === 'Opaque' ? '' : ` (${type})`}`)
}

/** One text where it is the same in all environments, else each with those that have it. */
function byEnvironment(models: readonly EnvironmentModel[], tier: string, value: (tier: TierModel) => string): string {
  const groups = groupBy(models, ({ tiers }) =>
    tiers
      .filter(({ name }) => name === tier)
      .map(value)
      .join(),
  )
  if (groups.size === 1) return [...groups.keys()].join()
  return [...groups].map(([text, those]) => `${text} (${those.map((m) => m.environment).join(', ')})`).join(', ')
}

function formatRows(): string[][] {
  const row = (name: string, definition: FormatDefinition | undefined) => [
    `\`${name}\``,
    definition?.expected ?? '',
    definition?.generatable ? 'yes' : '',
  ]
  return [
    ...plainFormatNames().map((name) => row(name, formatDefinition(name))),
    ...lengthFamilies.map(({ name, expected }) => [`\`${name}\``, expected, 'yes']),
  ]
}

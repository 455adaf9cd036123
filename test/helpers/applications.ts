import type {
  Application,
  Catalogue,
  EnvironmentSpec,
  Environments,
  SecretSpec,
  TierSpec,
} from '../../scripts/model/types.ts'

/** What a test says of its small application; everything else is fine as it is. */
export interface ApplicationParts extends Partial<Omit<Catalogue, 'secrets'>> {
  readonly secrets?: readonly Partial<SecretSpec>[]
  readonly environments?: Readonly<Record<string, EnvironmentSpec>>
}

/** The application `shop` with the tiers `web` and `api` and the environment `dev`: valid, and nothing in it. */
export function applicationWith({
  secrets = [],
  environments = { dev: environment() },
  ...parts
}: ApplicationParts = {}) {
  const catalogue: Catalogue = {
    application: 'shop',
    owner: 'Shop team',
    tiers,
    ...parts,
    secrets: secrets.map(secret),
  }
  return { catalogue, environments: withTheirOwnIam(catalogue, environments) } satisfies Application
}

/** A valid entry of tier `api`; its remote name follows its variable. */
export function secret(fields: Partial<SecretSpec> = {}): SecretSpec {
  const variable = fields.variable ?? 'TOKEN'
  return {
    tier: 'api',
    variable,
    remoteName: variable.toLowerCase().replaceAll('_', '-'),
    format: 'token',
    description: `What ${variable} is for`,
    ...fields,
  }
}

/** A valid environment in isolation mode `path`. */
export function environment(fields: Partial<EnvironmentSpec> = {}): EnvironmentSpec {
  return {
    description: 'Where a test runs',
    region: 'fr-par',
    isolation: 'path',
    projectId: projects.dev,
    refreshInterval: '1h',
    kubeContext: 'shop-dev',
    ...fields,
  } as EnvironmentSpec
}

/** A valid environment in isolation mode `project`. */
export function projectEnvironment(fields: Partial<EnvironmentSpec> = {}): EnvironmentSpec {
  const { projectId: _, ...common } = environment() as { projectId: string } & EnvironmentSpec
  const projectIds = { web: projects.web, api: projects.api }
  return { ...common, isolation: 'project', projectIds, ...fields } as EnvironmentSpec
}

/** Ids that could be real. */
export const projects = {
  dev: '6c1f0a4e-93b7-4d25-8e0f-b2a97c53d184',
  other: 'e47d9b30-5a1c-4f86-a3d2-90bc17f6e825',
  web: '2f9e6b7a-d013-48c5-97ea-4c8b05d3f1a6',
  api: 'b85a3c92-1e64-4b0d-8f37-d6e2a90c7f41',
} as const

// --- internal ---

/** IAM applications for each environment but the first, unless the test says something of its own about them. */
function withTheirOwnIam({ application, tiers }: Catalogue, environments: Environments): Environments {
  const specs = Object.entries(environments).map(([name, spec], index): [string, EnvironmentSpec] => {
    if (index === 0 || 'iamApplications' in spec || 'organizationId' in spec) return [name, spec]
    const iamApplications = Object.keys(tiers).map((tier) => [tier, `${application}-${index}-${tier}`])
    return [name, { ...spec, iamApplications: Object.fromEntries(iamApplications) }]
  })
  return Object.fromEntries(specs)
}

const tiers: Readonly<Record<string, TierSpec>> = {
  web: { description: 'What the browser gets', workloads: { site: { kind: 'Deployment', port: 8080 } } },
  api: { description: 'What only we run', workloads: { server: { kind: 'Deployment' }, worker: { kind: 'CronJob' } } },
}

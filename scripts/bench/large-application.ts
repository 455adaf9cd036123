import type { Application, Catalogue, Environments } from '../model/types.ts'

/**
 * An application with that many `single` secrets.
 *
 * @param names of its environments
 */
export function largeApplication(secrets: number, names: readonly string[] = threeEnvironments): Application {
  return { catalogue: catalogue(secrets, names.length), environments: environments(names) }
}

/** The same as the two files of a user, to put in place of theirs. */
export function largeApplicationFiles(secrets: number): Readonly<Record<string, string>> {
  const define = quoted('./model/define.ts')
  return {
    'scripts/environments.ts': [
      `import { defineEnvironments } from ${define}`,
      `export default defineEnvironments(${JSON.stringify(environments(threeEnvironments), null, 2)})`,
      '',
    ].join('\n'),
    'scripts/catalogue.ts': [
      `import environments from ${quoted('./environments.ts')}`,
      `import { defineCatalogue } from ${define}`,
      `export default defineCatalogue(environments, ${JSON.stringify(catalogue(secrets, threeEnvironments.length), null, 2)})`,
      '',
    ].join('\n'),
  }
}

/** At 10,000 secrets 1,000 per tier, because a Kubernetes Secret is limited to 1 MiB. */
export const largeTiers = 10

// --- internal ---

const services = [
  'account',
  'billing',
  'catalog',
  'delivery',
  'events',
  'finance',
  'gateway',
  'history',
  'inventory',
  'journal',
  'ledger',
  'mailing',
  'network',
  'orders',
  'payments',
  'quotes',
  'reports',
  'search',
  'tracking',
  'uploads',
  'vouchers',
  'warehouse',
  'exports',
  'yearly',
  'zones',
]
const settings = [
  'database-url',
  'smtp-password',
  'api-token',
  'webhook-secret',
  'client-id',
  'client-secret',
  'cache-url',
  'signing-key',
]

const threeEnvironments = ['development', 'production', 'staging']
const tiers = Array.from({ length: largeTiers }, (_, index) => `tier-${index}`)

function catalogue(secrets: number, environmentCount: number): Catalogue {
  return {
    application: 'large',
    owner: 'Operations',
    remoteSecretQuota: 2 * environmentCount * secrets,
    tiers: Object.fromEntries(tiers.map((tier) => [tier, { description: `The tier ${tier}`, workloads: {} }])),
    secrets: Array.from({ length: secrets }, (_, index) => {
      const remoteName = name(Math.floor(index / largeTiers))
      return {
        tier: `tier-${index % largeTiers}`,
        variable: remoteName.toUpperCase().replaceAll('-', '_'),
        remoteName,
        format: 'text',
        description: `What ${remoteName} is for, in one sentence`,
      }
    }),
  }
}

/** `billing-1-api-token`: another for each number. */
function name(number: number): string {
  const service = services[number % services.length]
  const setting = settings[Math.floor(number / services.length) % settings.length]
  return `${service}-${Math.floor(number / services.length / settings.length)}-${setting}`
}

function environments(names: readonly string[]): Environments {
  return Object.fromEntries(
    names.map((environment, index) => [
      environment,
      {
        description: `The environment ${environment}`,
        region: 'fr-par',
        isolation: 'path',
        projectId: `00000000-0000-4000-8000-${String(index + 1).padStart(12, '0')}`,
        refreshInterval: '1h',
        kubeContext: `large-${environment}`,
        iamApplications: Object.fromEntries(tiers.map((tier) => [tier, `large-${environment}-${tier}-secrets`])),
        example: true,
      },
    ]),
  )
}

/** Kept apart from the word `from`: to the test of import directions this would be an import. */
function quoted(path: string): string {
  return `'${path}'`
}

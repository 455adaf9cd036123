import { randomUUID } from 'node:crypto'
import { dataVersion } from '../../model/data-version.ts'
import { withIamApplicationsApart } from '../../model/rules/own-names.ts'
import type { Application, Catalogue, DeliverySpec, Environments, SecretSpec } from '../../model/types.ts'

/** What `init` asks for. */
export interface Wanted {
  readonly application: string
  readonly tiers: readonly string[]
  readonly environments: readonly string[]
  /** What applies the chart in every environment. Default: `deploy` */
  readonly delivery?: DeliverySpec | undefined
}

/**
 * The application that `init` begins with: one secret in each tier, so that there is something to check and to see at work,
 * and example ids, with which no real account or cluster is ever touched.
 */
export function newApplication({ application, tiers, environments, delivery }: Wanted): Application {
  return {
    catalogue: newCatalogue(application, tiers),
    environments: newEnvironments(application, tiers, environments, delivery),
  }
}

/** A name that the application may have, from the name of a folder. */
export function nameFrom(folder: string): string {
  const plain = folder.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
  const name = plain.replace(/[^a-z0-9]+/g, '-').replace(/^[^a-z]+|-+$/g, '')
  return name.slice(0, 20).replace(/-+$/, '') || 'application'
}

// --- internal ---

function newCatalogue(application: string, tiers: readonly string[]): Catalogue {
  const secrets = tiers.map(
    (tier): SecretSpec => ({
      tier,
      variable: 'EXAMPLE_SECRET',
      remoteName: 'example-secret',
      format: 'at least 32 characters',
      description: 'An example; put your own in its place',
    }),
  )
  const spec = (tier: string) => ({ description: `Describe ${tier} here`, workloads: {} })
  return {
    dataVersion,
    application,
    owner: application,
    tiers: Object.fromEntries(tiers.map((tier) => [tier, spec(tier)])),
    secrets,
  }
}

function newEnvironments(
  application: string,
  tiers: readonly string[],
  names: readonly string[],
  delivery: DeliverySpec | undefined,
): Environments {
  const environments: Environments = Object.fromEntries(
    names.map((name) => [
      name,
      {
        description: `Describe ${name} here`,
        region: 'fr-par',
        isolation: 'path',
        projectId: randomUUID(),
        refreshInterval: '1h',
        kubeContext: `${application}-${name}`,
        ...(delivery ? { delivery } : {}),
        example: true,
      },
    ]),
  )
  return withIamApplicationsApart(application, tiers, environments)
}

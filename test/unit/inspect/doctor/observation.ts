import { type ExternalSecretObject, syncState } from '../../../../scripts/cluster/external-secrets.ts'
import type { Observation } from '../../../../scripts/inspect/doctor/observation.ts'
import type { ClusterFacts } from '../../../../scripts/inspect/doctor/observe/cluster.ts'
import type { RemoteFacts } from '../../../../scripts/inspect/doctor/observe/remotes.ts'
import type { ScalewayFacts } from '../../../../scripts/inspect/doctor/observe/scaleway.ts'
import type { ExternalSecretFacts, TierFacts } from '../../../../scripts/inspect/doctor/observe/tier.ts'
import { type EnvironmentModel, resolve, targetKeys } from '../../../../scripts/model/resolve.ts'
import { applicationWith } from '../../../helpers/applications.ts'

export const now = new Date('2026-11-24T12:00:00Z')
export const ago = (seconds: number) => new Date(now.getTime() - 1000 * seconds)

/** Two tiers: one with a required and an optional variable, the other with one. */
export const model = resolve(
  applicationWith({
    secrets: [{ variable: 'TOKEN' }, { variable: 'TRACKING', optional: true }, { tier: 'web', variable: 'DSN' }],
  }),
  'dev',
)
export const api = tierOf(model, 'api')

/** An ExternalSecret as the operator leaves it; `failing`: since when, and with which words last. */
export interface State {
  readonly failing?: { readonly since: Date; readonly last: Date; readonly message: string; readonly count?: number }
  readonly refreshed?: Date
  readonly spec?: object
}

/** An environment in which nothing is wrong, but for what is reported. */
export function observation(parts: Partial<Observation> = {}): Observation {
  return {
    model,
    now,
    apiUrl: 'https://api.scaleway.com',
    isLocal: false,
    cluster: cluster(),
    scaleway: scaleway(),
    admission: { value: [] },
    drift: { value: { drifted: [], unseen: [] } },
    ...parts,
  }
}

export function cluster(
  change: (facts: TierFacts) => TierFacts = (facts) => facts,
  parts: Partial<ClusterFacts> = {},
): ClusterFacts {
  return {
    kinds: [{ kind: 'ExternalSecret', state: 'served' }],
    operators: { value: [] },
    pace: { answers: 1, fastestMs: 1, skewMs: 0 },
    tiers: model.tiers.map((tier) => change(tierFacts(tier))),
    ...parts,
  }
}

export function tierFacts(tier: EnvironmentModel['tiers'][number], state: State = {}): TierFacts {
  const provider = {
    region: model.region,
    projectId: tier.projectId,
    accessKey: { secretRef: { name: tier.credentialsSecret, key: 'access-key' } },
    secretKey: { secretRef: { name: tier.credentialsSecret, key: 'secret-key' } },
  }
  const condition = { type: 'Ready', status: 'True', reason: 'Valid', lastTransitionTime: ago(3600).toISOString() }
  const store = {
    metadata: { name: tier.secretStore },
    spec: { provider: { scaleway: provider } },
    status: { conditions: [condition] },
  }
  return {
    tier,
    namespace: { value: { state: 'there', remaining: [] } },
    store: { value: { object: store, warning: undefined } },
    credentials: {
      value: {
        names: ['access-key', 'secret-key'],
        accessKey: key.accessKey,
        secretKey: key.secretKey,
        halves: undefined,
        isLeftToController: false,
      },
    },
    externalSecrets: {
      value: tier.externalSecrets.map((externalSecret) =>
        externalSecretFacts(tier, externalSecret, !externalSecret.optional ? state : {}),
      ),
    },
    quotas: { value: [] },
    events: { value: [] },
    templates: { value: [] },
  }
}

export function scaleway(
  remotes: readonly Partial<RemoteFacts>[] = [],
  parts: Partial<ScalewayFacts> = {},
): ScalewayFacts {
  return {
    outage: undefined,
    pace: { answers: 9, fastestMs: 20, skewMs: 0 },
    hasAccount: true,
    accountRefusal: undefined,
    tiers: new Map(
      model.tiers.map(({ name, remoteSecrets }) => {
        const facts = remoteSecrets.map((remote) => ({
          remote,
          told: 'Scaleway GET /secrets answers 200 (request 7f3a)',
          ...remotes.find((one) => one.remote === remote),
        }))
        return [name, { key: workingKey, remotes: { value: facts } }]
      }),
    ),
    iam: undefined,
    ...parts,
  }
}

export const key = { accessKey: 'SCWZ7H3Q9T2B5M8K4X1W', secretKey: '0b8cc93b-dfd2-4427-b674-8d27affb0334' }

export const workingKey = {
  accessKey: key.accessKey,
  listing: { status: 200, value: [], told: '' },
  versions: new Map(),
  values: new Map(),
  opens: undefined,
} as const

export function tierOf({ tiers }: EnvironmentModel, name: string) {
  const found = tiers.find((tier) => tier.name === name)
  if (!found) throw new Error(`no tier ${name}`)
  return found
}

// --- internal ---

function externalSecretFacts(
  tier: EnvironmentModel['tiers'][number],
  externalSecret: ExternalSecretFacts['model'],
  { failing, refreshed = ago(60), spec = {} }: State,
): ExternalSecretFacts {
  const object: ExternalSecretObject = {
    metadata: { name: externalSecret.name, namespace: tier.namespace, generation: 1 },
    spec: { refreshInterval: '1h0m0s', ...spec },
    status: {
      conditions: [
        failing
          ? {
              type: 'Ready',
              status: 'False',
              reason: 'SecretSyncedError',
              message: 'could not get secret data from provider',
              lastTransitionTime: failing.since.toISOString(),
            }
          : {
              type: 'Ready',
              status: 'True',
              reason: 'SecretSynced',
              message: 'secret synced',
              lastTransitionTime: refreshed.toISOString(),
            },
      ],
      refreshTime: refreshed.toISOString(),
      syncedResourceVersion: '1-ab',
    },
  }
  return {
    ref: { namespace: tier.namespace, name: externalSecret.name },
    model: externalSecret,
    isOptional: externalSecret.optional,
    object,
    sync: syncState(object),
    drift: [],
    warning: failing && { message: failing.message, at: failing.last },
    failures: failing ? [{ first: failing.since, last: failing.last, count: failing.count ?? 1 }] : [],
    target: {
      value: {
        keys: targetKeys(externalSecret),
        controller: { kind: 'ExternalSecret', name: externalSecret.name },
        type: 'Opaque',
        isImmutable: false,
        suspects: [],
      },
    },
    keys: undefined,
  }
}

import { describeObject, type KubernetesObject, kinds } from '../../../kubernetes/kinds.ts'
import { commandLine } from '../../../lib/command-line.ts'
import type { EnvironmentModel } from '../../../model/resolve.ts'
import { type Cause, causeOf } from '../cause.ts'
import { isSeen, seenOr } from '../fact.ts'
import type { ClusterFacts } from '../observe/cluster.ts'

/** Whose the stores and ExternalSecrets of a cluster are, where all of them say that they are of one other environment. */
export interface OtherEnvironment {
  readonly environment: string
  /** `SecretStore/shop-api/api-secretstore` */
  readonly places: readonly string[]
}

/** Undefined: there is an object of this environment, or none that says whose it is, or they disagree. */
export function otherEnvironment(
  { environment }: Pick<EnvironmentModel, 'environment'>,
  { tiers }: Pick<ClusterFacts, 'tiers'>,
): OtherEnvironment | undefined {
  const owned = tiers
    .flatMap(({ tier: { namespace, secretStore }, store, externalSecrets }) => [
      ...(isSeen(store) && store.value.object
        ? [{ place: describeObject(kinds.secretStore, { namespace, name: secretStore }), object: store.value.object }]
        : []),
      ...seenOr(externalSecrets, []).flatMap(({ ref, object }) =>
        object ? [{ place: describeObject(kinds.externalSecret, ref), object }] : [],
      ),
    ])
    .flatMap(({ place, object }) => {
      const owner = ownerOf(object)
      return owner === undefined ? [] : [{ place, owner }]
    })
  const owners = [...new Set(owned.map(({ owner }) => owner))]
  const [only] = owners
  if (only === undefined || owners.length > 1 || only === environment) return undefined
  return { environment: only, places: owned.map(({ place }) => place) }
}

/** Measured by this environment everything in the cluster is wrong, and none of it needs a fix. */
export function environmentCause(
  { environment, application }: Pick<EnvironmentModel, 'environment' | 'application'>,
  other: OtherEnvironment,
): Cause {
  return causeOf({
    code: 'ENVIRONMENT_DIFFERS',
    where: 'the cluster',
    message: `runs environment "${other.environment}" of ${application}. Expected environment "${environment}", or none.`,
    evidence: other.places.map((place) => `label ${ownerLabel} of ${place}: ${other.environment}`),
    fix: `\`${commandLine`doctor --environment ${other.environment}`}\` looks at that one. For "${environment}", have its kube context lead to its own cluster: KUBECONFIG, and kubeContext in scripts/environments.ts.`,
  })
}

// --- internal ---

/** The chart puts it on every object it renders. */
const ownerLabel = 'tiered-secrets/environment'

function ownerOf({ metadata: { labels = {} } }: Pick<KubernetesObject, 'metadata'>): string | undefined {
  return labels['app.kubernetes.io/name'] === 'tiered-secrets' ? labels[ownerLabel] : undefined
}

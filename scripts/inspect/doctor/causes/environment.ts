import { type OtherEnvironment, otherEnvironment, otherEnvironmentText } from '../../../cluster/environment-owner.ts'
import { environmentLabel } from '../../../cluster/ownership.ts'
import { describeObject, kinds } from '../../../kubernetes/kinds.ts'
import type { EnvironmentModel } from '../../../model/resolve.ts'
import { type Cause, causeOf } from '../cause.ts'
import { isSeen, seenOr } from '../fact.ts'
import type { ClusterFacts } from '../observe/cluster.ts'

/** Of the stores and ExternalSecrets that were seen. */
export function otherEnvironmentSeen(
  { environment }: Pick<EnvironmentModel, 'environment'>,
  { tiers }: Pick<ClusterFacts, 'tiers'>,
): OtherEnvironment | undefined {
  const objects = tiers.flatMap(({ tier: { namespace, secretStore }, store, externalSecrets }) => [
    ...(isSeen(store) && store.value.object
      ? [{ place: describeObject(kinds.secretStore, { namespace, name: secretStore }), object: store.value.object }]
      : []),
    ...seenOr(externalSecrets, []).flatMap(({ ref, object }) =>
      object ? [{ place: describeObject(kinds.externalSecret, ref), object }] : [],
    ),
  ])
  return otherEnvironment(environment, objects)
}

export function environmentCause(
  model: Pick<EnvironmentModel, 'environment' | 'application'>,
  other: OtherEnvironment,
): Cause {
  return causeOf({
    ...otherEnvironmentText(model, other, 'doctor'),
    evidence: other.places.map((place) => `label ${environmentLabel} of ${place}: ${other.environment}`),
  })
}

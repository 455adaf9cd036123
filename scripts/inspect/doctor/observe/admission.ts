import { storeState } from '../../../cluster/stores.ts'
import { type TrialClient, tryOut } from '../../../cluster/try-out.ts'
import { describeObject, type Kind, type KubernetesObject, kinds } from '../../../kubernetes/kinds.ts'
import type { EnvironmentModel } from '../../../model/resolve.ts'
import { type Fact, isSeen } from '../fact.ts'
import type { ClusterFacts } from './cluster.ts'
import type { TierFacts } from './tier.ts'

/** Renders the chart. */
export type Render = () => Promise<Fact<readonly KubernetesObject[]>>

/** An object the API server would not accept. */
export interface Refusal {
  readonly namespace: string
  readonly name: string
  /** `ExternalSecret/shop-api/api-secrets` */
  readonly place: string
  /** The message of the API server. */
  readonly message: string
}

/**
 * Asks the API server whether it would accept the chart's version of objects that are missing or differ. Nothing is stored.
 *
 * @throws every error but a refusal
 */
export async function admissionFacts(
  client: TrialClient,
  model: EnvironmentModel,
  cluster: ClusterFacts,
  render: Render,
  signal: AbortSignal,
): Promise<Fact<readonly Refusal[]>> {
  const wanted = cluster.kinds.every(({ state }) => state === 'served')
    ? cluster.tiers.flatMap((facts) => notAsRendered(model, facts))
    : []
  if (wanted.length === 0) return { value: [] }
  const rendered = await render()
  if (!isSeen(rendered)) return rendered
  const refusals: Refusal[] = []
  for (const { kind, namespace, name } of wanted) {
    const ref = { namespace, name }
    const object = rendered.value.find(
      (one) => one.kind === kind.kind && one.metadata.namespace === namespace && one.metadata.name === name,
    )
    const said = object && (await refusalOf(client, kind, object, signal))
    if (typeof said === 'object') return said
    if (said !== undefined) refusals.push({ ...ref, place: describeObject(kind, ref), message: said })
  }
  return { value: refusals }
}

// --- internal ---

interface Place {
  readonly kind: Kind
  readonly namespace: string
  readonly name: string
}

function notAsRendered(model: EnvironmentModel, { tier, namespace, store, externalSecrets }: TierFacts): Place[] {
  if (isSeen(namespace) && namespace.value.state !== 'there') return []
  const view = isSeen(store) ? storeState(model, tier, store.value.object) : undefined
  const isStoreWrong = view !== undefined && (view.state === 'absent' || view.differences.length > 0)
  const wrong = isSeen(externalSecrets)
    ? externalSecrets.value.filter((one) => !one.object || one.drift.length > 0)
    : []
  return [
    ...(isStoreWrong ? [{ kind: kinds.secretStore, namespace: tier.namespace, name: tier.secretStore }] : []),
    ...wrong.map(({ ref }) => ({ kind: kinds.externalSecret, ...ref })),
  ]
}

/** Undefined: it would be accepted. Without a clear response it is not known. */
async function refusalOf(
  client: TrialClient,
  kind: Kind,
  object: KubernetesObject,
  signal: AbortSignal,
): Promise<string | { readonly unseen: string } | undefined> {
  const trial = await tryOut(client, kind, object, { signal })
  if (trial.says === 'refused') return trial.error.message
  if (trial.says === 'no-right')
    return { unseen: `you may not apply ${kind.plural} in namespace ${object.metadata.namespace}` }
  if (trial.says !== 'unanswered') return undefined
  const place = describeObject(kind, object.metadata)
  return { unseen: `not known: whether the API server accepts ${place}: ${trial.error.message.replace(/\.$/, '')}` }
}

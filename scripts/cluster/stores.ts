import type { ClusterReader } from '../kubernetes/client.ts'
import type { FieldChange } from '../kubernetes/difference.ts'
import { kinds, type WithConditions } from '../kubernetes/kinds.ts'
import type { EnvironmentModel, TierModel } from '../model/resolve.ts'
import { secretStoreSpec, specChanges } from './expected-spec.ts'

/** A tier's SecretStore against the model. */
export interface StoreState {
  /** `ready` only says that its settings are well-formed, not that the key works. */
  readonly state: 'absent' | 'unready' | 'ready'
  /** The operator's message, without a final period; may be empty. Never a key. */
  readonly message: string
  /** Fields that differ from the model; `apiUrl` is not compared, because no model has it. */
  readonly differences: readonly FieldChange[]
}

export interface StoreObject extends WithConditions {
  readonly spec?: { readonly provider?: { readonly scaleway?: ScalewayProvider } }
}

/** @throws KubernetesError when the API server refuses to show it */
export async function readStore(
  client: Pick<ClusterReader, 'get'>,
  model: Pick<EnvironmentModel, 'region' | 'operator'>,
  tier: TierModel,
  signal?: AbortSignal,
): Promise<StoreState> {
  const ref = { namespace: tier.namespace, name: tier.secretStore }
  return storeState(model, tier, await client.get<StoreObject>(kinds.secretStore, ref, signal))
}

/** @param object undefined when there is none */
export function storeState(
  model: Pick<EnvironmentModel, 'region' | 'operator'>,
  tier: TierModel,
  object: StoreObject | undefined,
): StoreState {
  if (!object) return { state: 'absent', message: '', differences: [] }
  const ready = object.status?.conditions?.find(({ type }) => type === 'Ready')
  const isReady = ready === undefined || ready.status === 'True'
  return {
    state: isReady ? 'ready' : 'unready',
    message: ready ? `${ready.reason ?? 'no reason'}: ${ready.message ?? 'no message'}` : '',
    differences: specChanges(object, secretStoreSpec(model, tier)).filter(({ path }) => path !== `${provider}.apiUrl`),
  }
}

/** The setting in a path: `region` of `spec.provider.scaleway.region`. */
export function settingOf({ path }: FieldChange): string {
  return path.startsWith(`${provider}.`) ? path.slice(provider.length + 1) : path
}

// --- internal ---

interface KeyRef {
  readonly secretRef?: { readonly name?: string; readonly key?: string }
}

interface ScalewayProvider {
  readonly apiUrl?: string
  readonly region?: string
  readonly projectId?: string
  readonly accessKey?: KeyRef
  readonly secretKey?: KeyRef
}

const provider = 'spec.provider.scaleway'

import { credentialKeys } from '../model/names.ts'
import type { EnvironmentModel, TierModel } from '../model/resolve.ts'
import type { KubernetesClient } from './client.ts'
import { kinds, type WithConditions } from './kinds.ts'

/** A tier's SecretStore against the model. */
export interface StoreSight {
  /** `ready` says that its settings are well-formed, and nothing of whether the key works. */
  readonly state: 'absent' | 'unready' | 'ready'
  /** The operator's words, without a final period; empty when it has none. Never a key. */
  readonly message: string
  /** Settings that differ from the model. */
  readonly differences: readonly StoreDifference[]
}

export interface StoreDifference {
  readonly field: 'provider' | 'region' | 'projectId' | 'accessKey' | 'secretKey'
  readonly found: string
  readonly wanted: string
}

/** `region is "nl-ams", not "fr-par"` */
export function differenceText({ field, found, wanted }: StoreDifference): string {
  return `${field} is "${found}", not "${wanted}"`
}

export interface StoreObject extends WithConditions {
  readonly spec?: { readonly provider?: { readonly scaleway?: ScalewayProvider } }
}

/** @throws KubernetesError when the API server refuses to show it */
export async function readStore(
  client: Pick<KubernetesClient, 'get'>,
  model: Pick<EnvironmentModel, 'region'>,
  tier: TierModel,
  signal?: AbortSignal,
): Promise<StoreSight> {
  const ref = { namespace: tier.namespace, name: tier.secretStore }
  return storeSight(model, tier, await client.get<StoreObject>(kinds.secretStore, ref, signal))
}

/** @param object undefined when there is none */
export function storeSight(
  { region }: Pick<EnvironmentModel, 'region'>,
  tier: TierModel,
  object: StoreObject | undefined,
): StoreSight {
  if (!object) return { state: 'absent', message: '', differences: [] }
  const ready = object.status?.conditions?.find(({ type }) => type === 'Ready')
  const isReady = ready === undefined || ready.status === 'True'
  const { scaleway } = object.spec?.provider ?? {}
  return {
    state: isReady ? 'ready' : 'unready',
    message: ready ? `${ready.reason ?? 'no reason'}: ${ready.message ?? 'no message'}` : '',
    differences: scaleway
      ? providerDifferences(scaleway, region, tier)
      : [{ field: 'provider', found: Object.keys(object.spec?.provider ?? {}).join(', '), wanted: 'scaleway' }],
  }
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

function providerDifferences(provider: ScalewayProvider, region: string, tier: TierModel): StoreDifference[] {
  const refText = ({ secretRef }: KeyRef = {}) => `${secretRef?.name ?? ''}/${secretRef?.key ?? ''}`
  const all: StoreDifference[] = [
    { field: 'region', found: provider.region ?? '', wanted: region },
    { field: 'projectId', found: provider.projectId ?? '', wanted: tier.projectId },
    {
      field: 'accessKey',
      found: refText(provider.accessKey),
      wanted: `${tier.credentialsSecret}/${credentialKeys.accessKey}`,
    },
    {
      field: 'secretKey',
      found: refText(provider.secretKey),
      wanted: `${tier.credentialsSecret}/${credentialKeys.secretKey}`,
    },
  ]
  return all.filter(({ found, wanted }) => found !== wanted)
}

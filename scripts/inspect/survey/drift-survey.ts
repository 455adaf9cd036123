import { type TrialClient, tryOut } from '../../cluster/try-out.ts'
import { fieldChangeText } from '../../kubernetes/difference.ts'
import { describeObject, type KubernetesObject, kindOf, kinds } from '../../kubernetes/kinds.ts'
import { mapConcurrently } from '../../lib/concurrent.ts'
import { shortList } from '../../lib/short-list.ts'
import type { TierModel } from '../../model/resolve.ts'

/** An object of the chart that is not as rendered. */
export interface DriftedObject {
  /** `Role/shop-api/secrets-viewer` */
  readonly place: string
  /** What is true now, and what was expected. */
  readonly message: string
  /** The fix, where a deployment does not restore it. */
  readonly fix?: string
}

export interface DriftSurvey {
  readonly drifted: readonly DriftedObject[]
  /** What could not be checked: sentences without their period. */
  readonly unseen: readonly string[]
}

/**
 * Checks what the chart renders besides stores and ExternalSecrets, about which the model says more: roles, quotas, network
 * and admission policies with their parameters. Where none of it is in the cluster, nothing is deployed, which is reported for
 * stores and ExternalSecrets. Nothing is stored, but the dry run needs the right to update the object.
 *
 * @throws every error but a refusal
 */
export async function surveyDrift(
  client: TrialClient,
  manifests: readonly KubernetesObject[],
  signal?: AbortSignal,
): Promise<DriftSurvey> {
  const others = manifests.filter(({ kind }) => kind !== kinds.externalSecret.kind && kind !== kinds.secretStore.kind)
  const looks = await mapConcurrently(others, concurrentRequests, (manifest) => lookAt(client, manifest, signal))
  const isDeployed = looks.some(({ state }) => state === 'there')
  return {
    drifted: isDeployed ? looks.flatMap(({ drifted }) => drifted ?? []) : [],
    unseen: [...new Set(looks.flatMap(({ unseen }) => unseen ?? []))],
  }
}

/** Those that are in none of these tiers' namespaces, such as namespaces that are gone, which explains what is missing in them. */
export function driftOutside(
  drifted: readonly DriftedObject[],
  tiers: readonly { readonly tier: Pick<TierModel, 'namespace'> }[],
): DriftedObject[] {
  return drifted.filter(({ place }) => !tiers.some(({ tier }) => place.split('/')[1] === tier.namespace))
}

// --- internal ---

const concurrentRequests = 8

interface Look {
  readonly state: 'there' | 'absent' | 'unknown'
  readonly drifted?: DriftedObject
  readonly unseen?: string
}

async function lookAt(client: TrialClient, manifest: KubernetesObject, signal?: AbortSignal): Promise<Look> {
  const kind = kindOf(manifest)
  if (!kind) throw new Error(`no kind ${manifest.kind}`)
  const { metadata } = manifest
  const place = describeObject(kind, metadata)
  const where = metadata.namespace === undefined ? '' : ` in namespace ${metadata.namespace}`
  const trial = await tryOut(client, kind, manifest, { adds: false, signal })
  // A namespace may have been created by somebody else; that it exists says nothing.
  const state = kind === kinds.namespace ? 'unknown' : 'there'
  if (trial.says === 'absent')
    return { state: 'absent', drifted: { place, message: 'does not exist. Expected what the chart renders.' } }
  if (trial.says === 'replaced')
    return { state, drifted: { place, message: trial.problem.message, fix: trial.problem.fix } }
  if (trial.says === 'there') {
    if (trial.fields.length === 0) return { state }
    const texts = shortList(trial.fields.map(fieldChangeText))
    return { state, drifted: { place, message: `is not as rendered: ${texts}. Expected nothing else in it.` } }
  }
  if (trial.says === 'no-right')
    return { state: 'unknown', unseen: `you may not make a dry run of changes to ${kind.plural}${where}` }
  return { state: 'unknown', unseen: `whether ${place} is as rendered: ${trial.error.message.replace(/\.$/, '')}` }
}

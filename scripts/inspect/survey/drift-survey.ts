import { driftOf, replacedRole } from '../../cluster/drift.ts'
import type { KubernetesClient } from '../../kubernetes/client.ts'
import { fieldChangeText } from '../../kubernetes/difference.ts'
import { isRightMissing, KubernetesError } from '../../kubernetes/errors.ts'
import { describeObject, type KubernetesObject, kindOf, kinds } from '../../kubernetes/kinds.ts'
import { mapConcurrently } from '../../lib/concurrent.ts'
import { shortList } from '../../lib/short-list.ts'

/** An object of the chart that is not as rendered. */
export interface DriftedObject {
  /** `Role/shop-api/secrets-viewer` */
  readonly place: string
  /** What is true of it, and what was expected. */
  readonly message: string
  /** Where a deployment does not put it back. */
  readonly fix?: string
}

export interface DriftSurvey {
  readonly drifted: readonly DriftedObject[]
  /** What could not be looked at: sentences without their period. */
  readonly unseen: readonly string[]
}

/**
 * Looks at what the chart renders besides stores and ExternalSecrets, of which the model says more: roles, quotas, network
 * and admission policies with their parameters. Where none of it is in the cluster, nothing is deployed, which is told of
 * those two. Nothing is stored; but it takes the right to update an object to try out what it has to be.
 *
 * @throws what is no refusal
 */
export async function surveyDrift(
  client: Pick<KubernetesClient, 'get' | 'replace'>,
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

// --- internal ---

const concurrentRequests = 8

interface Look {
  readonly state: 'there' | 'absent' | 'unknown'
  readonly drifted?: DriftedObject
  readonly unseen?: string
}

async function lookAt(
  client: Pick<KubernetesClient, 'get' | 'replace'>,
  manifest: KubernetesObject,
  signal?: AbortSignal,
): Promise<Look> {
  const kind = kindOf(manifest)
  if (!kind) throw new Error(`no kind ${manifest.kind}`)
  const { metadata } = manifest
  const place = describeObject(kind, metadata)
  const where = metadata.namespace === undefined ? '' : ` in namespace ${metadata.namespace}`
  try {
    const live = await client.get<KubernetesObject>(kind, metadata, signal)
    if (!live)
      return { state: 'absent', drifted: { place, message: 'does not exist. Expected what the chart renders.' } }
    // Whoever made a namespace need not be the one who deploys; that it is there says nothing.
    const state = kind === kinds.namespace ? 'unknown' : 'there'
    const replaced = replacedRole(kind, live, manifest)
    if (replaced) return { state, drifted: { place, message: replaced.message, fix: replaced.fix } }
    const fields = await driftOf(client, kind, live, manifest, signal)
    if (fields.length === 0) return { state }
    const texts = shortList(fields.map(fieldChangeText))
    return { state, drifted: { place, message: `is not as rendered: ${texts}. Expected nothing else in it.` } }
  } catch (error) {
    if (isRightMissing(error))
      return { state: 'unknown', unseen: `you may not try out changes of ${kind.plural}${where}` }
    if (!(error instanceof KubernetesError)) throw error
    return { state: 'unknown', unseen: `whether ${place} is as rendered: ${error.message.replace(/\.$/, '')}` }
  }
}

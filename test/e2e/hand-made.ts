import type { KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { type KubernetesObject, kinds } from '../../scripts/kubernetes/kinds.ts'
import { credentialKeys } from '../../scripts/model/names.ts'
import type { EnvironmentModel, TierModel } from '../../scripts/model/resolve.ts'
import { requiredTarget } from '../helpers/targets.ts'

/** How a person applies manifests: fields are owned by kubectl, which notes what it applied. */
const byHand = { fieldManager: 'kubectl-client-side-apply' }

/**
 * What a team applies by hand before it has this chart: a namespace for each tier, a SecretStore, and one ExternalSecret that reads
 * each required variable by its path. None of it has a label.
 */
export async function applyByHand(client: KubernetesClient, model: EnvironmentModel, apiUrl: string): Promise<void> {
  for (const tier of model.tiers) {
    await unmark(client, tier.namespace)
    for (const [kind, object] of [
      [kinds.secretStore, handMadeStore(model, tier, apiUrl)],
      [kinds.externalSecret, handMadeExternalSecret(tier)],
    ] as const) {
      const metadata = { ...object.metadata, annotations: { [lastApplied]: JSON.stringify(object) } }
      await client.apply(kind, metadata, { ...object, metadata }, byHand)
    }
  }
}

/** `backend-secrets`, with the required variables of the tier; another target or more entries where they are given. */
export function handMadeExternalSecret(tier: TierModel): KubernetesObject {
  const { namespace, secretStore } = tier
  const required = requiredTarget(tier)
  if (!required) throw new Error('a tier without secrets')
  const { name, singles, bundles } = required
  const data = [
    ...singles.map(({ spec, remoteRef, property }) => entry(spec.variable, remoteRef, property)),
    ...bundles.flatMap(({ remoteRef, specs }) => specs.map(({ variable }) => entry(variable, remoteRef, variable))),
  ]
  const spec = {
    refreshInterval: '1h',
    secretStoreRef: { name: secretStore, kind: 'SecretStore' },
    target: { name, creationPolicy: 'Owner' },
    data,
  }
  return { metadata: { namespace, name }, spec } as KubernetesObject
}

// --- internal ---

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'

/** The namespaces of a test came with the credentials, marked for Helm. */
async function unmark(client: KubernetesClient, name: string): Promise<void> {
  const annotations = { 'meta.helm.sh/release-name': null, 'meta.helm.sh/release-namespace': null }
  const labels = { 'app.kubernetes.io/managed-by': null }
  await client.mergePatch(kinds.namespace, { name }, { metadata: { annotations, labels } })
}

function handMadeStore(
  { region }: EnvironmentModel,
  { namespace, secretStore, projectId, credentialsSecret }: TierModel,
  apiUrl: string,
): KubernetesObject {
  const half = (key: string) => ({ secretRef: { name: credentialsSecret, key } })
  const keys = { accessKey: half(credentialKeys.accessKey), secretKey: half(credentialKeys.secretKey) }
  const spec = { provider: { scaleway: { region, projectId, apiUrl, ...keys } } }
  return { metadata: { namespace, name: secretStore }, spec } as KubernetesObject
}

function entry(secretKey: string, key: string, property: string | undefined) {
  return { secretKey, remoteRef: { key, ...(property === undefined ? {} : { property }) } }
}

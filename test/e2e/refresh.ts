import type { ExternalSecretObject } from '../../scripts/cluster/external-secrets.ts'
import type { KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { kinds, type NamespacedRef } from '../../scripts/kubernetes/kinds.ts'
import type { LocalStack } from '../../scripts/local/stack/stack.ts'
import { scalewayRequest } from '../../scripts/scaleway/http.ts'
import { findSecret } from '../../scripts/scaleway/secrets.ts'
import { createVersion } from '../../scripts/scaleway/versions.ts'
import { eventually } from '../helpers/eventually.ts'

/** What `kubectl annotate externalsecret … force-sync=…` does: any change of an annotation makes the operator read again. */
export async function forceRefresh(client: KubernetesClient, ref: NamespacedRef): Promise<void> {
  const annotations = { 'force-sync': String(Date.now()) }
  await client.mergePatch(kinds.externalSecret, ref, { metadata: { annotations } })
}

/** The same, and waits until the operator has read and written each again: it writes down which annotations it has seen. */
export async function refreshAll(
  client: KubernetesClient,
  refs: readonly NamespacedRef[],
  { timeoutMs = 60_000 }: { timeoutMs?: number } = {},
): Promise<void> {
  const seen = async (ref: NamespacedRef) =>
    (await client.get<ExternalSecretObject>(kinds.externalSecret, ref))?.status?.syncedResourceVersion
  await Promise.all(
    refs.map(async (ref) => {
      const before = await seen(ref)
      await forceRefresh(client, ref)
      await eventually(
        () => seen(ref),
        (now) => now !== undefined && now !== before,
        { timeoutMs },
      )
    }),
  )
}

/** Adds a version to a remote secret, made from the one that is there. */
export async function replacePayload(
  { emulator, model }: LocalStack,
  tierName: string,
  name: string,
  change: (payload: string) => string,
): Promise<void> {
  const account = { apiUrl: emulator.url, secretKey: emulator.owner.secretKey }
  const tier = model.tiers.find((one) => one.name === tierName)
  if (!tier) throw new Error(`no tier ${tierName}`)
  const scope = { region: model.region, projectId: tier.projectId }
  const secret = await findSecret(account, scope, { path: tier.remotePath, name })
  if (!secret) throw new Error(`no remote secret ${name}`)
  const { data } = await scalewayRequest<{ data: string }>(account, {
    method: 'GET',
    path: `/secret-manager/v1beta1/regions/${model.region}/secrets/${secret.id}/versions/latest_enabled/access`,
  })
  await createVersion(account, model.region, secret.id, change(Buffer.from(data, 'base64').toString()))
}

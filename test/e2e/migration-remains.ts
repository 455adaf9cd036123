import { journalRef } from '../../scripts/change/migration/migration-state.ts'
import type { KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { kinds, type SecretObject } from '../../scripts/kubernetes/kinds.ts'
import type { Digest } from '../../scripts/lib/keyed-digest.ts'
import type { EnvironmentModel } from '../../scripts/model/resolve.ts'
import { payloadOf } from '../../scripts/payload/seed.ts'
import type { ScalewayAccount } from '../../scripts/scaleway/connection.ts'
import { scalewayRequest } from '../../scripts/scaleway/http.ts'
import { listFolder } from '../../scripts/scaleway/secrets.ts'
import { accessVersion, listVersions } from '../../scripts/scaleway/versions.ts'

/** Removes the old Secret and everything that a migration leaves, but the targets. */
export async function emptyCluster(
  client: KubernetesClient,
  model: EnvironmentModel,
  legacy: { readonly namespace: string; readonly name: string },
): Promise<void> {
  const ref = journalRef(model)
  await client.delete(kinds.configMap, ref)
  await client.delete(kinds.lease, ref)
  await client.delete(kinds.secret, legacy)
  const labelSelector = 'tiered-secrets/backup'
  const { items } = await client.list<SecretObject>(kinds.secret, { namespace: ref.namespace, labelSelector })
  for (const { metadata } of items) await client.delete(kinds.secret, metadata)
  for (const tier of model.tiers)
    for (const { name } of tier.externalSecrets)
      await client.delete(kinds.secret, { namespace: tier.namespace, name: `${name}-before-migration` })
}

/** Deletes every remote secret. */
export async function emptyAccount(account: ScalewayAccount, { region, tiers }: EnvironmentModel): Promise<void> {
  for (const { projectId, remotePath } of tiers)
    for (const { id } of await listFolder(account, { region, projectId }, remotePath))
      await scalewayRequest(account, {
        method: 'DELETE',
        path: `/secret-manager/v1beta1/regions/${region}/secrets/${id}`,
      })
}

/** A line a remote secret, with the status of each version and whether the newest is as wanted. */
export async function remoteSecrets(
  account: ScalewayAccount,
  { region, tiers }: EnvironmentModel,
  values: Readonly<Record<string, string>>,
  digest: Digest,
): Promise<string[]> {
  const lines: string[] = []
  for (const { projectId, remotePath, remoteSecrets } of tiers)
    for (const { id, name } of await listFolder(account, { region, projectId }, remotePath)) {
      const remote = remoteSecrets.find((one) => one.name === name)
      const versions = await listVersions(account, region, id)
      // One that was only just created has none.
      const value = versions.length === 0 ? '' : await accessVersion(account, region, id, 'latest_enabled')
      const wanted = remote ? payloadOf(remote, ({ variable }) => values[variable] ?? '') : ''
      lines.push(
        `${remotePath}/${name} ${versions.map(({ status }) => status).join(' ')} ${digest(value) === digest(wanted)}`,
      )
    }
  return lines.sort()
}

/** The lines `remoteSecrets` gives when everything was filled once. */
export function expectedRemotes({ tiers }: EnvironmentModel): string[] {
  return tiers
    .flatMap(({ remotePath, remoteSecrets }) => remoteSecrets.map(({ name }) => `${remotePath}/${name} enabled true`))
    .sort()
}

/** As if somebody had waited until nobody believed in the lease of a killed run, which then is given back. */
export async function runOutLease(client: KubernetesClient, model: EnvironmentModel): Promise<void> {
  const ref = journalRef(model)
  const spec = { holderIdentity: null, renewTime: null }
  if (await client.get(kinds.lease, ref)) await client.mergePatch(kinds.lease, ref, { spec })
}

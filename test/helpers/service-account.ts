import type { KubernetesClient } from '../../scripts/kubernetes/client.ts'

/** A token of a ServiceAccount, as a pod would have it if one were mounted. */
export async function tokenOf(client: KubernetesClient, namespace: string, name: string): Promise<string> {
  const kind = {
    apiVersion: 'v1',
    kind: 'TokenRequest',
    plural: `serviceaccounts/${name}/token`,
    namespaced: true,
  }
  const request = { apiVersion: 'authentication.k8s.io/v1', metadata: { namespace, name }, spec: {} }
  const { status } = await client.create<typeof request & { status?: { token: string } }>(kind, request)
  return status?.token ?? ''
}

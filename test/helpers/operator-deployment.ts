import type { KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { type KubernetesObject, kinds } from '../../scripts/kubernetes/kinds.ts'

export const operatorPlace = { namespace: 'external-secrets', name: 'external-secrets' }

export interface OperatorDeploymentParts {
  /** Default: `registry.example/external-secrets/external-secrets:v2.9.0` */
  readonly image?: string
  readonly args?: readonly string[]
  /** Default: the one by which the operator's own chart names it */
  readonly labels?: Readonly<Record<string, string>>
  readonly metadata?: { readonly namespace: string; readonly name: string }
}

/** A Deployment of the operator as its own chart makes one, as far as anybody here reads it. No pod comes of it. */
export function operatorDeployment({
  image = 'registry.example/external-secrets/external-secrets:v2.9.0',
  args = [],
  labels = { 'app.kubernetes.io/name': 'external-secrets' },
  metadata = operatorPlace,
}: OperatorDeploymentParts): KubernetesObject {
  const selected = { operator: 'made-by-a-test' }
  const pod = { containers: [{ name: 'external-secrets', image, args }] }
  const template = { metadata: { labels: selected }, spec: pod }
  const spec = { replicas: 1, selector: { matchLabels: selected }, template }
  return { metadata: { ...metadata, labels }, spec } as KubernetesObject
}

/** Puts one into a cluster while something is done, with its namespace where there is none. */
export async function withOperator<T>(
  client: KubernetesClient,
  parts: OperatorDeploymentParts,
  act: () => Promise<T>,
): Promise<T> {
  const { namespace } = operatorPlace
  if (!(await client.get(kinds.namespace, { name: namespace }))) {
    await client.create(kinds.namespace, { metadata: { name: namespace } })
  }
  await client.create(kinds.deployment, operatorDeployment(parts))
  try {
    return await act()
  } finally {
    await client.delete(kinds.deployment, operatorPlace)
  }
}

/** What tells which cluster an environment has. */
export interface ClusterNames {
  readonly kubeContext: string
  /** UID of its namespace `kube-system`. */
  readonly cluster?: string | undefined
}

/**
 * The same text for environments of one cluster. Its UID, also when only another environment with the same kube context
 * names it; the kube context where nobody does.
 */
export function clusterKey({ kubeContext, cluster }: ClusterNames, all: readonly ClusterNames[]): string {
  return cluster ?? all.find((other) => other.kubeContext === kubeContext && other.cluster)?.cluster ?? kubeContext
}

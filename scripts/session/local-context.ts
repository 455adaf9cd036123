/** The kube context of the local stack's cluster. */
export const localContext = 'tiered-secrets-local'

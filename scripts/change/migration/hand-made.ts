import type { KubernetesClient } from '../../kubernetes/client.ts'
import { kinds, type NamespacedRef, type OwnerReference, type SecretObject } from '../../kubernetes/kinds.ts'
import type { EnvironmentModel, ExternalSecretModel, TierModel } from '../../model/resolve.ts'

/** A Secret that has the name of a target and was not written by the operator. */
export interface HandMade {
  readonly tier: TierModel
  readonly target: ExternalSecretModel
  readonly ref: NamespacedRef
  readonly secret: SecretObject
}

/** @throws KubernetesError when the API server refuses to show one */
export async function readHandMade(
  client: Pick<KubernetesClient, 'get'>,
  { tiers }: Pick<EnvironmentModel, 'tiers'>,
  signal?: AbortSignal,
): Promise<HandMade[]> {
  const targets = tiers.flatMap((tier) => tier.externalSecrets.map((target) => ({ tier, target })))
  const found = await Promise.all(
    targets.map(async ({ tier, target }) => {
      const ref = { namespace: tier.namespace, name: target.name }
      const secret = await client.get<SecretObject>(kinds.secret, ref, signal)
      return secret && !isOperators(secret) ? [{ tier, target, ref, secret }] : []
    }),
  )
  return found.flat()
}

/** What else writes the Secret; the operator then does not overwrite it. */
export function otherController({ secret, target }: HandMade): OwnerReference | undefined {
  return secret.metadata.ownerReferences?.find((owner) => owner.controller === true && !isExternalSecret(owner, target))
}

/** `backend-secrets-before-migration`: what the operator would remove. */
export function copyRef({ ref }: Pick<HandMade, 'ref'>): NamespacedRef {
  return { namespace: ref.namespace, name: `${ref.name}-before-migration` }
}

// --- internal ---

/** With the policy Owner, the operator sets itself as the controller of what it writes. */
function isOperators({ metadata }: SecretObject): boolean {
  return (metadata.ownerReferences ?? []).some((owner) => isExternalSecret(owner, metadata))
}

function isExternalSecret({ apiVersion, kind, name }: OwnerReference, named: { readonly name: string }): boolean {
  return apiVersion.startsWith('external-secrets.io/') && kind === kinds.externalSecret.kind && name === named.name
}

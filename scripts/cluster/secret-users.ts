import type { ClusterReader } from '../kubernetes/client.ts'
import { isForbidden, isNotFound } from '../kubernetes/errors.ts'
import { type Kind, type KubernetesObject, kinds } from '../kubernetes/kinds.ts'

/** What names a Secret of its namespace besides pods. */
export interface SecretUser {
  readonly kind: string
  readonly name: string
  readonly secrets: readonly string[]
  /** What it does without the Secret: `serves without its certificate`. */
  readonly effect: string
  /** Nobody sees a difference, as long as the images can be had otherwise. */
  readonly optional: boolean
}

/** Besides those of pods. */
export const userKinds: readonly Kind[] = [kinds.ingress, kinds.gateway]

/**
 * What serves a certificate, or gives pods what their images are fetched with, out of a Secret. Of a kind that is not served, or
 * may not be listed, there is nothing.
 */
export async function readSecretUsers(
  client: Pick<ClusterReader, 'list'>,
  namespace: string,
  signal?: AbortSignal,
): Promise<SecretUser[]> {
  const options = { namespace, ...(signal ? { signal } : {}) }
  const lists = await Promise.all(
    [...userKinds, kinds.serviceAccount].map(async (kind) => {
      const { items } = await client.list<UserObject>(kind, options).catch((error: unknown) => {
        if (isNotFound(error) || isForbidden(error)) return { items: [] }
        throw error
      })
      return items.map((object) => userOf(kind, object))
    }),
  )
  return lists.flat().filter(({ secrets }) => secrets.length > 0)
}

// --- internal ---

interface UserObject extends KubernetesObject {
  readonly imagePullSecrets?: readonly { readonly name?: string }[]
  readonly spec?: {
    readonly tls?: readonly { readonly secretName?: string }[]
    readonly listeners?: readonly {
      readonly tls?: {
        readonly certificateRefs?: readonly { readonly name?: string; readonly namespace?: string }[]
      }
    }[]
  }
}

function userOf({ kind }: Kind, { metadata, spec = {}, imagePullSecrets = [] }: UserObject): SecretUser {
  const { namespace, name } = metadata
  const certificates = (spec.listeners ?? []).flatMap(({ tls }) => tls?.certificateRefs ?? [])
  const names = [
    ...(spec.tls ?? []).map(({ secretName }) => secretName),
    ...certificates.filter((one) => (one.namespace ?? namespace) === namespace).map((one) => one.name),
    ...imagePullSecrets.map((one) => one.name),
  ]
  const isAccount = kind === kinds.serviceAccount.kind
  const effect = isAccount ? 'its pods fetch their images without it' : 'serves without its certificate'
  return { kind, name, secrets: [...new Set(names.flatMap((one) => one || []))], effect, optional: isAccount }
}

import type { ClusterReader } from '../kubernetes/client.ts'
import { isRightMissing } from '../kubernetes/errors.ts'
import { describeObject, type KubernetesObject, kinds, type SecretObject } from '../kubernetes/kinds.ts'
import { kubectl } from '../lib/command-line.ts'
import type { Problem } from '../lib/problems.ts'

/**
 * What lets the sealed-secrets controller take over a Secret that it did not make. It then owns it, and replaces
 * everything in it. Source: sealed-secrets, pkg/controller/controller.go, `unseal`.
 */
export const leftToController = { 'sealedsecrets.bitnami.com/managed': 'true' } as const

/** Whether the controller writes this Secret for a SealedSecret of its name. */
export function isLeftToController(secret: Pick<KubernetesObject, 'metadata'>): boolean {
  const { annotations = {} } = secret.metadata
  const isAnnotated = ['managed', 'patch'].some((word) => annotations[`sealedsecrets.bitnami.com/${word}`] === 'true')
  return isOfSealedSecret(secret) || isAnnotated
}

/** Whether the controller has made or taken over this Secret: it undoes what others write, and it goes with the SealedSecret. */
export function isOfSealedSecret({ metadata }: Pick<KubernetesObject, 'metadata'>): boolean {
  const { ownerReferences = [] } = metadata
  return ownerReferences.some(
    ({ kind, name, controller }) => kind === 'SealedSecret' && name === metadata.name && controller,
  )
}

/** Where a Secret has to be annotated, as a command. */
export function leaveToController({ namespace = '', name }: KubernetesObject['metadata']): string {
  return kubectl`annotate secret ${name} --namespace ${namespace} sealedsecrets.bitnami.com/managed=true`
}

/**
 * Rendered SealedSecrets that would come to nothing: a Secret of the same name exists, and the controller refuses to take
 * it over. Without the right to read a Secret nothing is said of it.
 */
export async function takeoverProblems(
  client: Pick<ClusterReader, 'get'>,
  manifests: readonly KubernetesObject[],
  signal?: AbortSignal,
): Promise<Problem[]> {
  const problems: Problem[] = []
  for (const { metadata } of manifests.filter(({ kind }) => kind === kinds.sealedSecret.kind)) {
    const secret = await client.get<SecretObject>(kinds.secret, metadata, signal).catch((error: unknown) => {
      if (isRightMissing(error)) return undefined
      throw error
    })
    if (!secret || isLeftToController(secret)) continue
    const isDeployed = (await client.get(kinds.sealedSecret, metadata, signal)) !== undefined
    problems.push({
      code: 'SEALED_KEY_UNUSED',
      where: describeObject(kinds.secret, metadata),
      message:
        'exists and does not belong to the SealedSecret of its name: the sealed-secrets controller leaves it as it is, and the sealed key is not used. Expected the annotation sealedsecrets.bitnami.com/managed: "true".',
      fix: `Run \`${leaveToController(metadata)}\`${isDeployed ? `, then ${againText}` : ''}.`,
    })
  }
  return problems
}

/** It tries a few times, and then waits for a change of the SealedSecret or its own start. */
export const againText = 'restart the sealed-secrets controller, which has given up'

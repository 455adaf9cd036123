import { isDeployersMark, type Owner, ownerOf } from '../../cluster/ownership.ts'
import type { ClusterReader } from '../../kubernetes/client.ts'
import { isForbidden } from '../../kubernetes/errors.ts'
import { describeObject, kinds, type NamespacedRef, type SecretObject } from '../../kubernetes/kinds.ts'
import { kubectl } from '../../lib/command-line.ts'
import type { Problem } from '../../lib/problems.ts'
import type { EnvironmentModel } from '../../model/resolve.ts'
import { type LiveExternalSecret, targetOf } from './key-destination.ts'

/**
 * What keeps the operator from writing a target: another ExternalSecret that writes it, another controller, or that it is
 * immutable; and whose deployments write it besides. A Secret that may not be read is not judged.
 *
 * @param live ExternalSecrets as they are now
 * @param removed those that the deployment removes
 */
export async function otherWriterProblems(
  client: Pick<ClusterReader, 'get'>,
  model: Pick<EnvironmentModel, 'tiers' | 'release' | 'environment' | 'application'>,
  live: readonly LiveExternalSecret[],
  removed: readonly { readonly namespace?: string; readonly name: string }[],
  signal?: AbortSignal,
): Promise<Problem[]> {
  const all = await Promise.all(
    model.tiers.flatMap((tier) => {
      const rendered = tier.externalSecrets.map(({ name }) => name)
      const stays = ({ metadata: { namespace, name } }: LiveExternalSecret) =>
        namespace === tier.namespace &&
        !rendered.includes(name) &&
        !removed.some((one) => one.namespace === namespace && one.name === name)
      return rendered.map(async (name) => {
        const others = live.filter((one) => stays(one) && targetOf(one) === name && policyOf(one) !== 'None')
        return [
          ...others.map((one) => sharedProblem(one, name)),
          ...(await controlled(client, model, { namespace: tier.namespace, name }, signal)),
        ]
      })
    }),
  )
  return all.flat()
}

// --- internal ---

type Release = Parameters<typeof ownerOf>[1]

function policyOf({ spec }: LiveExternalSecret): string {
  return spec?.target?.creationPolicy ?? 'Owner'
}

/** An owner takes its Secret with it, so that it has to let go first. */
function sharedProblem(other: LiveExternalSecret, target: string): Problem {
  const { namespace = '', name } = other.metadata
  const patch = JSON.stringify({ spec: { target: { creationPolicy: 'Orphan', deletionPolicy: 'Retain' } } })
  const release = `\`${kubectl`patch externalsecret ${name} --namespace ${namespace} --type merge --patch ${patch}`}\`; once Secret ${target} has no ownerReferences any more: `
  const remove = `\`${kubectl`delete externalsecret ${name} --namespace ${namespace}`}\``
  return {
    code: 'TARGET_OF_OTHER',
    where: describeObject(kinds.externalSecret, other.metadata),
    message: `writes Secret ${target}, which ExternalSecret "${target}" of the chart is to write. Expected one ExternalSecret for each Secret.`,
    fix: `${policyOf(other) === 'Owner' ? release : ''}${remove}, which keeps the Secret. Or give it another target.`,
  }
}

/** Whoever deployed a Secret writes it again, or deletes it once it is not part of the deployment any more. */
function deployed(model: Release, where: string, { metadata }: SecretObject): Problem[] {
  const { namespace = '', name } = metadata
  const owner = ownerOf({ metadata: { ...metadata, ownerReferences: [] } }, model)
  const keep = keepMarks[owner.by]
  const names = Object.keys({ ...metadata.annotations, ...metadata.labels }).filter(isDeployersMark)
  if (keep === undefined || names.length === 0) return []
  const of = (all: object = {}) => names.filter((mark) => mark in all).map((mark) => `${mark}-`)
  const remove = (['annotate', 'label'] as const).flatMap((verb) => {
    const marks = of(verb === 'label' ? metadata.labels : metadata.annotations)
    return marks.length > 0
      ? [`\`${kubectl`${verb} secret ${name} --namespace ${namespace}`} ${marks.join(' ')}\``]
      : []
  })
  return [
    {
      code: 'TARGET_OF_OTHER',
      where,
      message: `belongs to ${owner.text}, whose next deployment writes it again, or deletes it. Expected the operator alone to write it.`,
      fix: `Give it \`${keep}\` there and deploy that, then take it out there; then ${remove.join(' and ')}. The Secret stays all the time.`,
      severity: 'warning',
    },
  ]
}

/** What has a deployer leave an object that it does not have any more. */
const keepMarks: Partial<Record<Owner['by'], string>> = {
  helm: 'helm.sh/resource-policy: keep',
  flux: 'kustomize.toolkit.fluxcd.io/prune: disabled',
  argocd: 'argocd.argoproj.io/sync-options: Prune=false',
}

async function controlled(
  client: Pick<ClusterReader, 'get'>,
  model: Release,
  ref: NamespacedRef,
  signal?: AbortSignal,
): Promise<Problem[]> {
  const { namespace, name } = ref
  const secret = await client.get<SecretObject>(kinds.secret, ref, signal).catch((error: unknown) => {
    if (!isForbidden(error)) throw error
    return undefined
  })
  const where = describeObject(kinds.secret, ref)
  const controller = secret?.metadata.ownerReferences?.find((owner) => owner.controller === true)
  const isForeign = controller !== undefined && controller.kind !== kinds.externalSecret.kind
  return [
    ...(isForeign
      ? [
          {
            code: 'TARGET_CONTROLLED',
            where,
            message: `is controlled by ${controller.kind} "${controller.name}", and the operator does not write it. Expected the operator alone to control it.`,
            fix: `Have ${controller.kind} "${controller.name}" no longer write it, and keep the Secret: remove that owner from its ownerReferences.`,
          },
        ]
      : []),
    ...(secret?.immutable === true
      ? [
          {
            code: 'TARGET_IMMUTABLE',
            where,
            message: "is immutable, so that the operator can't write it. Expected a Secret that can be changed.",
            fix: `\`${kubectl`delete secret ${name} --namespace ${namespace}`}\` after the deployment: the operator creates it again at once, and running pods keep what they have read.`,
            severity: 'warning' as const,
          },
        ]
      : []),
    ...(secret ? deployed(model, where, secret) : []),
  ]
}

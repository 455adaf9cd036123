import { kinds } from '../../../kubernetes/kinds.ts'
import { kubectl } from '../../../lib/command-line.ts'
import { deployStep } from '../../../model/delivery/deploy-step.ts'
import type { EnvironmentModel } from '../../../model/resolve.ts'
import { type Cause, causeOf } from '../cause.ts'
import { isSeen, seenOr } from '../fact.ts'
import type { ClusterTrouble } from '../observation.ts'
import type { ClusterFacts } from '../observe/cluster.ts'
import type { KindFacts } from '../observe/operator.ts'
import type { TierFacts } from '../observe/tier.ts'
import { paste } from '../paste.ts'

/** Why the cluster can't be read. */
export function troubleCause({ code, problem }: ClusterTrouble): Cause {
  return causeOf({ ...problem, code, evidence: [] })
}

/** Kinds of the operator that the cluster lacks, or has only in a version we can't use. */
export function kindCauses({ kinds: facts, tiers }: Pick<ClusterFacts, 'kinds' | 'tiers'>): Cause[] {
  const all = tiers.flatMap(({ externalSecrets }) => seenOr(externalSecrets, []))
  const scene = { where: 'the cluster', explains: all, specs: [], isOptional: false }
  const of = (state: KindFacts['state']) => facts.filter((one) => one.state === state).map(({ kind }) => kind)
  const [absent, old] = [of('absent'), of('too-old')]
  return [
    ...(absent.length > 0
      ? [
          causeOf({
            code: 'KIND_ABSENT',
            ...scene,
            message: `lacks the kind${absent.length > 1 ? 's' : ''} ${absent.join(' and ')} of external-secrets.io. Expected the definitions of the External Secrets Operator.`,
            evidence: absent.map((kind) => `the API server returns 404 to a list of ${kind} in v1 and in v1beta1`),
            fix: `${paste.operatorValues()}, then install the operator with it: its first lines show the command.`,
          }),
        ]
      : []),
    ...(old.length > 0
      ? [
          causeOf({
            code: 'KIND_TOO_OLD',
            ...scene,
            message: `serves ${old.join(' and ')} as external-secrets.io/v1beta1 only. Expected v1, which the operator has since 0.16.`,
            evidence: old.map((kind) => `the API server returns 404 to a list of ${kind} in v1, and 200 for v1beta1`),
            fix: `${paste.operatorValues()}, then upgrade the operator with it, one minor version after the other.`,
          }),
        ]
      : []),
  ]
}

/** A namespace that is missing or being deleted: nothing can arrive in it. */
export function namespaceCause(
  model: EnvironmentModel,
  { tier, namespace, externalSecrets }: TierFacts,
): Cause | undefined {
  if (!isSeen(namespace) || namespace.value.state === 'there') return undefined
  const where = `${kinds.namespace.kind}/${tier.namespace}`
  const scene = { where, explains: seenOr(externalSecrets, []), isOptional: false }
  if (namespace.value.state === 'absent')
    return causeOf({
      code: 'NAMESPACE_ABSENT',
      ...scene,
      message: `does not exist. Expected the namespace of tier "${tier.name}".`,
      evidence: [`the API server returns 404 for ${where}`],
      fix: `${deployStep(model, 'find out why your GitOps engine has not created it')}.`,
    })
  return causeOf({
    code: 'NAMESPACE_ENDING',
    ...scene,
    message: `is being deleted, so that nothing can be created in it. Expected the namespace of tier "${tier.name}".`,
    evidence: namespace.value.remaining.map((text) => `condition of ${where}: ${text}`),
    fix: `${paste.look(kubectl`describe namespace ${tier.namespace}`)} shows what holds it back, such as ExternalSecrets that the operator still has to clean up; when the namespace is deleted, ${deployStep(model)}.`,
  })
}

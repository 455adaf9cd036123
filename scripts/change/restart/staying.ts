import type { PodTemplate } from '../../cluster/pod-templates.ts'
import { kinds } from '../../kubernetes/kinds.ts'
import { kubectl } from '../../lib/command-line.ts'
import type { Problem } from '../../lib/problems.ts'

/** Why nothing replaces the pods of a workload, without a final period. */
export function stayingReason({ kind }: Pick<PodTemplate, 'kind'>): string {
  if (kind === kinds.cronJob.kind) return 'its next run reads the current values'
  if (kind === kinds.job.kind) return 'it runs once'
  if (kind === kinds.pod.kind) return 'it is a pod that nothing makes again'
  return `a ${kind} does not replace its pods`
}

/** `READER_STAYS`: a workload keeps what it has read until a person replaces its pods. */
export function readerStays(namespace: string, template: Pick<PodTemplate, 'kind' | 'name'>, otherwise = ''): Problem {
  const { kind, name } = template
  const fix =
    kind === kinds.pod.kind
      ? `Let a Deployment make it, or delete it and create it again: \`${kubectl`delete pod ${name} --namespace ${namespace}`}\`.`
      : 'Let a Deployment make its pods, or delete them, so that it makes new ones.'
  return {
    code: 'READER_STAYS',
    where: `${kind}/${namespace}/${name}`,
    message: `reads what changes, and ${stayingReason(template)}. Expected a reader that can be restarted.`,
    fix: `${fix}${otherwise}`,
  }
}

import { groupBy } from '../../lib/group.ts'
import { shortList } from '../../lib/short-list.ts'
import { readsFor, readsText } from '../../model/consumers.ts'
import { formatDefinition } from '../../model/formats.ts'
import { type ExternalSecretModel, specsOf, type TierModel } from '../../model/resolve.ts'
import { keyOf } from '../../model/specs.ts'
import type { SecretSpec } from '../../model/types.ts'
import type { ConsumerState } from '../survey/readers.ts'
import { type Finding, finding } from './status-finding.ts'

/** A workload of the catalogue, what it is to read, and what its pods get. */
export interface ReadsOfWorkload {
  readonly tier: TierModel
  readonly kind: string
  readonly name: string
  /** Whether it is to read an entry. */
  counts(spec: SecretSpec): boolean
  /** Whether its pods get an entry. */
  gets(spec: SecretSpec): boolean
}

/** What the pods of a workload get beyond what it reads according to the catalogue, one for each target. */
export function moreThanSaid({ tier, kind, name, counts, gets }: ReadsOfWorkload): Finding[] {
  const all = tier.externalSecrets.flatMap(specsOf)
  return tier.externalSecrets.flatMap((target) => {
    const more = specsOf(target).filter((spec) => gets(spec) && !counts(spec))
    if (more.length === 0) return []
    const reads = readsFor(
      all.filter((spec) => counts(spec) || more.includes(spec)),
      all,
    )
    const words = reads === undefined ? 'remove its `reads`' : `give it \`${readsText(reads)}\``
    return finding({
      code: 'CONSUMER_READS_MORE',
      where: `${kind}/${tier.namespace}/${name}`,
      message: `gets ${shortList(more.map(({ variable }) => variable))} of Secret ${target.name}, which it does not read according to the catalogue. Expected only what it reads.`,
      fix: `Take ${more.length === 1 ? 'it' : 'them'} out of its pod template, or ${words} in scripts/catalogue.ts.`,
      specs: more,
    })
  })
}

/** Whether the kubelet fetches the images of a workload's pods with this target; a ServiceAccount may name it for them. */
export function isPulled({ template, pods, runs = [] }: ConsumerState, { name, type }: ExternalSecretModel): boolean {
  if (type !== 'kubernetes.io/dockerconfigjson') return false
  const outlines = [...(template ? [template.outline] : []), ...[...pods, ...runs].map(({ outline }) => outline)]
  return outlines.some(({ pullSecrets }) => pullSecrets.includes(name))
}

/** What to add to a pod template for entries of a target that it does not read, without a final period. */
export function howToRead(
  { name, optional, type, ...target }: ExternalSecretModel,
  missing: readonly SecretSpec[],
  wanted: readonly SecretSpec[],
): string {
  if (type === 'kubernetes.io/dockerconfigjson')
    return `Add \`imagePullSecrets: [{ name: ${name} }]\` to its pod template`
  const more = optional ? ', optional: true' : ''
  const isWhole = wanted.length === specsOf({ name, optional, type, ...target }).length
  if (isWhole && missing.every((spec) => keyOf(spec) === spec.variable))
    return `Add \`envFrom: [{ secretRef: { name: ${name}${more} } }]\` to its containers`
  const { variables = [], files = [] } = Object.fromEntries(
    groupBy(missing, (spec) => (isVariable(spec) ? 'variables' : 'files')),
  )
  const keyed = variables.map((spec) => {
    return `{ name: ${spec.variable}, valueFrom: { secretKeyRef: { name: ${name}, key: ${keyOf(spec)}${more} } } }`
  })
  const items = files.map((spec) => `{ key: ${keyOf(spec)}, path: ${keyOf(spec)} }`)
  return [
    ...(keyed.length > 0 ? [`Add \`env: [${keyed.join(', ')}]\` to its containers`] : []),
    ...(items.length > 0
      ? [`Mount the volume \`{ name: ${name}, secret: { secretName: ${name}, items: [${items.join(', ')}]${more} } }\``]
      : []),
  ].join('; ')
}

// --- internal ---

/** Whether it is read as a variable: what has many lines under a name of its own is a file. */
function isVariable(spec: SecretSpec): boolean {
  return keyOf(spec) === spec.variable || formatDefinition(spec.format)?.isOneLine === true
}

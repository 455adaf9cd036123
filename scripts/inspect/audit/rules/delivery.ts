import { keyReads } from '../../../cluster/key-reads.ts'
import { namesSecret, type ObjectName } from '../../../cluster/pod-outline.ts'
import { shortList } from '../../../lib/short-list.ts'
import { consumes } from '../../../model/consumers.ts'
import { type ExternalSecretModel, specsOf, type TierModel } from '../../../model/resolve.ts'
import { keyOf } from '../../../model/specs.ts'
import { isCatalogueKind } from '../../../model/workload-kinds.ts'
import { type FoundObject, listAt } from '../../inputs/found-object.ts'
import { howToRead } from '../../status/reads-findings.ts'
import { about, at, type Finding, nameOf } from '../finding.ts'
import type { FoundPods } from '../world/found-pods.ts'
import { type FoundNamespace, namespacesOf, type World } from '../world/world.ts'

/** What the containers of a tier get of its secrets, against the catalogue. */
export function delivery(world: World): Finding[] {
  return world.model.tiers.flatMap((tier) => {
    const found = namespacesOf(world, tier)
    if (found.every(({ pods }) => pods.length === 0)) return []
    return [
      ...found.flatMap((namespace) => namespace.pods.flatMap((pods) => uncatalogued(tier, pods))),
      ...found.flatMap((namespace) => namespace.pods.flatMap((pods) => undelivered(tier, namespace, pods))),
      ...undeployed(tier, found),
    ]
  })
}

// --- internal ---

function isCatalogued({ workloads }: TierModel, { object }: FoundPods): boolean {
  return workloads[object.name]?.kind === object.kind
}

function uncatalogued(tier: TierModel, pods: FoundPods): Finding[] {
  const read = tier.externalSecrets.filter(({ name }) => namesSecret(pods.template.outline, name))
  if (read.length === 0 || isCatalogued(tier, pods)) return []
  const other = tier.workloads[pods.object.name]
  return [
    about(pods.object, 'WORKLOAD_UNCATALOGUED', {
      fact: other
        ? `it is a ${pods.object.kind}, and the catalogue has a ${other.kind} of this name`
        : `it reads ${read.map(({ name }) => name).join(' and ')}, and the catalogue does not have it`,
      expected:
        'every workload that reads secrets of a tier in the catalogue: nothing else restarts it after a rotation or lets it be reached',
      fix: other
        ? `Correct kind of workload "${pods.object.name}" of tier "${tier.name}" in scripts/catalogue.ts.`
        : isCatalogueKind(pods.object.kind)
          ? `Add "${pods.object.name}" to the workloads of tier "${tier.name}" in scripts/catalogue.ts.`
          : 'Let it read another Secret, or let a workload that the catalogue can name make its pods.',
    }),
  ]
}

/** What the catalogue says it reads, and no container gets. A shadowed key is told by a rule of its own. */
function undelivered(tier: TierModel, { known, objects }: FoundNamespace, pods: FoundPods): Finding[] {
  if (!isCatalogued(tier, pods)) return []
  const { name } = pods.object
  const reads = keyReads(pods.template.outline, known)
  return tier.externalSecrets.flatMap((target) => {
    const wanted = specsOf(target).filter((spec) => consumes(tier, name, spec))
    const got = new Set(reads.flatMap(({ secret, key }) => (secret === target.name ? key : [])))
    const missing = wanted.filter((spec) => !got.has(keyOf(spec)))
    if (missing.length === 0 || isPulled(target, pods, objects)) return []
    const keys = missing.map(keyOf)
    const others = [...new Set(reads.flatMap(({ secret, key }) => (keys.includes(key) ? secret : [])))]
    const instead = others.length > 0 ? `; they have such keys of Secret ${others.join(', ')}` : ''
    // Whole for whole: nothing else of it would be lost, and nothing else of the target got.
    const isNoMore = (one: string) =>
      wanted.length === specsOf(target).length && reads.every(({ secret, key }) => secret !== one || keys.includes(key))
    const [only = ''] = others
    const [other] = others.length === 1 && (isNamedAlone(pods, only) || isNoMore(only)) ? others : []
    const isAllOfIt = keys.every((key) => reads.some((read) => read.secret === other && read.key === key))
    return about(pods.object, 'KEY_UNDELIVERED', {
      key: `${target.name} ${keys.join(' ')}`,
      ...(target.optional ? { severity: 'warning' as const } : {}),
      fact: `none of its containers gets ${shortList(keys)} of Secret ${target.name}${instead}`,
      expected: 'what the catalogue says it reads',
      fix: `${other !== undefined && isAllOfIt ? inPlaceOf(other, target, keys) : howToRead(target, missing, wanted)}, or say in its \`reads\` in scripts/catalogue.ts what it reads.`,
    })
  })
}

/** Whether pods name each key that they take of a Secret, so that another Secret may take its place. */
function isNamedAlone({ template: { outline } }: FoundPods, secret: string): boolean {
  const isWhole = ({ object }: { readonly object: ObjectName }) => object.kind === 'Secret' && object.name === secret
  return (
    !outline.containers.some(({ envFrom }) => envFrom.some(isWhole)) &&
    !outline.volumes.some(({ files }) => files.some((one) => one.secret === secret && one.items === undefined))
  )
}

/** What they call the variable or the file stays as it is. */
function inPlaceOf(other: string, { name, optional }: ExternalSecretModel, keys: readonly string[]): string {
  const more = optional ? ', with `optional: true`' : ''
  return `Name ${name} in place of ${other} where its pods take ${shortList(keys)}${more}`
}

/** Whether the kubelet fetches the images of some pods with a target, which a ServiceAccount may name for them. */
function isPulled(
  { name, type }: ExternalSecretModel,
  { template }: FoundPods,
  objects: readonly FoundObject[],
): boolean {
  if (type !== 'kubernetes.io/dockerconfigjson') return false
  const accounts = objects.filter(({ kind }) => kind === 'ServiceAccount')
  const named = accounts.flatMap(({ raw }) => listAt(raw, 'imagePullSecrets').map((one) => one.name))
  return template.outline.pullSecrets.includes(name) || named.includes(name)
}

function undeployed(tier: TierModel, found: readonly FoundNamespace[]): Finding[] {
  const present = found.flatMap(({ pods }) => pods.map(({ object }) => object.name))
  return Object.entries(tier.workloads).flatMap(([name, { kind }]) => {
    if (present.includes(name)) return []
    const object = { kind, namespace: tier.namespace, name }
    return at({ file: 'scripts/catalogue.ts', line: 1 }, nameOf(object), 'WORKLOAD_UNDEPLOYED', {
      fact: `the catalogue has this workload of tier ${tier.name}, and no manifest that was read does`,
      expected: 'a manifest of each workload of the catalogue',
      fix: `Name its manifest with --manifests too, or take "${name}" out of the workloads of tier "${tier.name}".`,
    })
  })
}

import { type PodOutline, podOutline } from '../../cluster/pod-outline.ts'
import type { WorkloadKind } from '../../model/types.ts'
import { isCatalogueKind } from '../../model/workload-kinds.ts'
import { at, type FoundObject, listAt, recordAt, textAt, textsAt } from '../inputs/found-object.ts'
import type { FoundUse, FoundWorkload, Leftover } from './facts.ts'

/** Of the groups in which each kind is at home. */
export function isWorkload({ apiVersion, kind }: FoundObject): boolean {
  return /^(apps|batch|argoproj\.io)\//.test(apiVersion) && isCatalogueKind(kind)
}

/** The template of its pods. */
export const podsOf = (raw: unknown) =>
  recordAt(raw, 'spec', 'jobTemplate', 'spec', 'template', 'spec').containers
    ? at(raw, 'spec', 'jobTemplate', 'spec', 'template')
    : at(raw, 'spec', 'template')

/** What the catalogue says of a workload. No value of a variable is kept. */
export function readWorkload({ kind, name, namespace, raw, where }: FoundObject): FoundWorkload {
  const pods = podsOf(raw)
  const containers = ['initContainers', 'containers'].flatMap((field) => listAt(pods, 'spec', field))
  const ports = containers.flatMap((container) => listAt(container, 'ports')).flatMap(portOf)
  const labels = textsAt(pods, 'metadata', 'labels')
  const selector = textsAt(raw, 'spec', 'selector', 'matchLabels')
  return {
    namespace: namespace ?? '',
    kind: kind as WorkloadKind,
    name,
    // A Job's own selector is a label that the API server made up.
    podLabels: Object.keys(selector).length > 0 && kind !== 'Job' ? selector : labels,
    labels,
    ports: ports.filter(({ port }, index) => ports.findIndex((other) => other.port === port) === index),
    uses: usesOf(pods) ?? [],
    where,
  }
}

/** Pod templates that can't be read, and those of kinds that the catalogue does not have, if they read Secrets. */
export function unreadWorkload(object: FoundObject): Leftover[] {
  const { kind, name, raw, where } = object
  const uses = usesOf(kind === 'Pod' ? raw : podsOf(raw))
  const what = `${kind} ${name}`
  if (uses === undefined)
    return [{ code: 'POD_INVALID', where, what, why: 'its pods are not as Kubernetes has them', todo: 'Correct it.' }]
  if (isWorkload(object) || uses.length === 0) return []
  const secrets = [...new Set(uses.map(({ secret }) => secret))].join(', ')
  const why = `it reads ${secrets}, and the catalogue does not have its kind`
  return [
    { code: 'KIND_UNSUPPORTED', where, what, why, todo: 'Nothing: it may read the Secrets of its tier all the same.' },
  ]
}

// --- internal ---

function portOf(port: unknown): FoundWorkload['ports'] {
  const number = at(port, 'containerPort')
  return typeof number === 'number'
    ? [{ name: textAt(port, 'name'), port: number, protocol: textAt(port, 'protocol') ?? 'TCP' }]
    : []
}

/** Undefined: something in it is of another type than Kubernetes has it. */
function usesOf(pods: unknown): FoundUse[] | undefined {
  try {
    return secretsOf(podOutline(recordAt(pods, 'spec')))
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}

function secretsOf({ containers, volumes }: PodOutline): FoundUse[] {
  return [
    ...containers.flatMap(({ envFrom, env }) => [
      ...envFrom.flatMap(({ object, optional }) => use(object, undefined, optional)),
      ...env.flatMap(({ from }) => (from.type === 'key' ? use(from.object, [from.key], from.optional) : [])),
    ]),
    ...volumes.flatMap(({ files }) =>
      files.map(({ secret, items, optional }) => ({ secret, keys: items?.map(({ key }) => key), optional })),
    ),
  ]
}

function use(
  { kind, name }: { kind: string; name: string },
  keys: string[] | undefined,
  optional: boolean,
): FoundUse[] {
  return kind === 'Secret' ? [{ secret: name, keys, optional }] : []
}

import { podOutline, type SourcesSpec } from '../../scripts/cluster/pod-outline.ts'
import type { PodTemplate } from '../../scripts/cluster/pod-templates.ts'
import type { RunningPod } from '../../scripts/cluster/running-pods.ts'
import { type Kind, kinds } from '../../scripts/kubernetes/kinds.ts'

const byName: Readonly<Record<string, Kind>> = Object.fromEntries(Object.values(kinds).map((one) => [one.kind, one]))

/** The Deployment `server`, or what is said, whose pods have this spec. */
export function podTemplate(parts: Partial<PodTemplate> = {}, spec: SourcesSpec = {}): PodTemplate {
  const { kind = 'Deployment' } = parts
  const resource = byName[kind] ?? { apiVersion: 'example.com/v1', kind, plural: `${kind}s`, namespaced: true }
  return {
    kind,
    resource,
    name: 'server',
    labels: {},
    annotations: {},
    podAnnotations: {},
    selector: {},
    ports: [],
    hostNetwork: false,
    isOver: false,
    runs: [],
    made: [],
    outline: podOutline(spec),
    ...parts,
  }
}

/** A pod whose containers all started then; undefined: none has. */
export function runningPod(
  name: string,
  startedAt: Date | undefined,
  spec: SourcesSpec = {},
  parts: Partial<RunningPod> = {},
): RunningPod {
  const outline = podOutline(spec)
  const starts = outline.containers.flatMap((one) => (startedAt ? [[one.name, startedAt] as const] : []))
  return { name, labels: {}, outline, starts: new Map(starts), ...parts }
}

/** One container, which gets all keys of these Secrets as variables. */
export function reading(...secrets: readonly string[]): SourcesSpec {
  return { containers: [{ name: 'main', envFrom: secrets.map((name) => ({ secretRef: { name } })) }] }
}

/** One container, which gets all keys of these Secrets as files. */
export function mounting(...secrets: readonly string[]): SourcesSpec {
  return {
    containers: [{ name: 'main', volumeMounts: secrets.map((name) => ({ name, mountPath: `/${name}` })) }],
    volumes: secrets.map((name) => ({ name, secret: { secretName: name } })),
  }
}

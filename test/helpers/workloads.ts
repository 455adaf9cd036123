import type { KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { type Kind, type KubernetesObject, kinds } from '../../scripts/kubernetes/kinds.ts'
import { consumes } from '../../scripts/model/consumers.ts'
import { specsOf, type TierModel } from '../../scripts/model/resolve.ts'
import { keyOf } from '../../scripts/model/specs.ts'
import type { WorkloadKind } from '../../scripts/model/types.ts'

/** What a test says of a workload; the rest is what the README shows. */
export interface WorkloadParts {
  /** Of the workload itself. */
  readonly annotations?: Readonly<Record<string, string>>
  readonly replicas?: number
  readonly spec?: object
  /** How its pods read the targets. Default: `variables` */
  readonly reads?: 'variables' | 'files' | 'nothing'
  /** Variables in place of those of the catalogue. */
  readonly env?: readonly object[]
}

export const workloadKinds: Readonly<Record<WorkloadKind, Kind>> = {
  Deployment: kinds.deployment,
  StatefulSet: kinds.statefulSet,
  DaemonSet: kinds.daemonSet,
  Rollout: kinds.rollout,
  Job: kinds.job,
  CronJob: kinds.cronJob,
}

/** A workload that reads the targets of its tier, and may run in a namespace that is `restricted`. */
export function workload(tier: TierModel, kind: WorkloadKind, name: string, parts: WorkloadParts = {}) {
  const { annotations = {}, replicas = 1, spec = {}, reads = 'variables', env } = parts
  const labels = { app: name }
  const targets = readBy(tier, name)
  const container = {
    name: 'main',
    image: 'example.invalid/main',
    ...(env ? { env } : reads === 'variables' ? variables(targets) : {}),
    ...(reads === 'files'
      ? { volumeMounts: targets.map(({ name: of }) => ({ name: of, mountPath: `/etc/${of}` })) }
      : {}),
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
  }
  const volumes = targets.map(({ name: secretName, keys }) => {
    const items = keys?.map((key) => ({ key, path: key }))
    return { name: secretName, secret: { secretName, ...(items ? { items } : {}) } }
  })
  const template = {
    metadata: { labels },
    spec: {
      containers: [container],
      ...(reads === 'files' ? { volumes } : {}),
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      ...(kind === 'Job' || kind === 'CronJob' ? { restartPolicy: 'Never' } : {}),
    },
  }
  const selector = { matchLabels: labels }
  const specs: Readonly<Record<WorkloadKind, object>> = {
    Deployment: { replicas, selector, template, progressDeadlineSeconds: 600, ...spec },
    StatefulSet: { replicas, serviceName: name, selector, template, ...spec },
    DaemonSet: { selector, template, ...spec },
    Rollout: { replicas, selector, template, ...spec },
    Job: { template, ...spec },
    CronJob: { schedule: '0 3 * * *', jobTemplate: { spec: { template } }, ...spec },
  }
  const metadata = { namespace: tier.namespace, name, annotations }
  return { kind: workloadKinds[kind], object: { metadata, spec: specs[kind] } as KubernetesObject }
}

/** What a workload reads of a target. */
interface Read {
  readonly name: string
  readonly optional: boolean
  /** Undefined: all of them. */
  readonly keys: readonly string[] | undefined
}

/** What the catalogue says; all, where it does not name the workload. */
function readBy(tier: TierModel, name: string): Read[] {
  const isListed = Object.hasOwn(tier.workloads, name)
  return tier.externalSecrets.flatMap((target): Read[] => {
    const specs = specsOf(target)
    const read = specs.filter((spec) => !isListed || consumes(tier, name, spec))
    const keys = read.length === specs.length ? undefined : read.map(keyOf)
    return read.length === 0 ? [] : [{ name: target.name, optional: target.optional, keys }]
  })
}

/** Whole targets as the README shows, and of others single keys. */
function variables(targets: readonly Read[]) {
  const whole = targets.filter(({ keys }) => keys === undefined)
  const env = targets.flatMap(({ name, optional, keys = [] }) =>
    keys.map((key) => ({ name: key, valueFrom: { secretKeyRef: { name, key, optional } } })),
  )
  return { envFrom: whole.map(({ name, optional }) => ({ secretRef: { name, optional } })), env }
}

/** Creates every workload of a tier. */
export async function deployWorkloads(
  client: KubernetesClient,
  tier: TierModel,
  parts: Readonly<Record<string, WorkloadParts>> = {},
): Promise<void> {
  for (const [name, spec] of Object.entries(tier.workloads)) {
    const { kind, object } = workload(tier, spec.kind, name, parts[name])
    await client.create(kind, object)
  }
}

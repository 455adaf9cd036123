import type { KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { type Kind, type KubernetesObject, kinds } from '../../scripts/kubernetes/kinds.ts'
import { externalSecrets, type TierModel } from '../../scripts/model/resolve.ts'
import type { WorkloadKind } from '../../scripts/model/types.ts'

/** What a test says of a workload; the rest is what the README shows. */
export interface WorkloadParts {
  /** Of the workload itself. */
  readonly annotations?: Readonly<Record<string, string>>
  readonly replicas?: number
  readonly spec?: object
  /** How its pods read the targets. Default: `variables` */
  readonly reads?: 'variables' | 'files' | 'nothing'
}

export const workloadKinds: Readonly<Record<WorkloadKind, Kind>> = {
  Deployment: kinds.deployment,
  StatefulSet: kinds.statefulSet,
  DaemonSet: kinds.daemonSet,
  Job: kinds.job,
  CronJob: kinds.cronJob,
}

/** A workload that reads the targets of its tier, and may run in a namespace that is `restricted`. */
export function workload(tier: TierModel, kind: WorkloadKind, name: string, parts: WorkloadParts = {}) {
  const { annotations = {}, replicas = 1, spec = {}, reads = 'variables' } = parts
  const labels = { app: name }
  const targets = externalSecrets(tier)
  const container = {
    name: 'main',
    image: 'example.invalid/main',
    ...(reads === 'variables'
      ? { envFrom: targets.map((one) => ({ secretRef: { name: one.name, optional: one === tier.optional } })) }
      : {}),
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
  }
  const volumes = targets.map((target) => ({ name: target.name, secret: { secretName: target.name } }))
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
    Job: { template, ...spec },
    CronJob: { schedule: '0 3 * * *', jobTemplate: { spec: { template } }, ...spec },
  }
  const metadata = { namespace: tier.namespace, name, annotations }
  return { kind: workloadKinds[kind], object: { metadata, spec: specs[kind] } as KubernetesObject }
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

import type { KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { type Kind, type KubernetesObject, kinds, resourcePath } from '../../scripts/kubernetes/kinds.ts'
import { openTransport } from '../../scripts/kubernetes/transport.ts'
import type { ClusterAccess } from '../../scripts/local/stack/api-server.ts'
import type { TierModel } from '../../scripts/model/resolve.ts'
import type { WorkloadKind } from '../../scripts/model/types.ts'
import { workloadKinds } from '../helpers/workloads.ts'

/** Every workload of a tier, reading its targets as the README says. Nothing runs them here. */
export async function createConsumers(client: KubernetesClient, tier: TierModel): Promise<void> {
  for (const name of Object.keys(tier.workloads)) await createConsumer(client, tier, name)
}

/** @param envFrom what its container reads. Default: the targets of the tier */
export async function createConsumer(
  client: KubernetesClient,
  tier: TierModel,
  name: string,
  envFrom: readonly object[] = targetsOf(tier),
): Promise<void> {
  const { kind = 'Deployment', port } = tier.workloads[name] ?? {}
  const { namespace } = tier
  const labels = { app: name }
  const template = { metadata: { labels }, spec: podSpec(envFrom, port) }
  const job = { template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } } }
  const specs: Readonly<Record<WorkloadKind, object>> = {
    Deployment: { selector: { matchLabels: labels }, template },
    StatefulSet: { serviceName: name, selector: { matchLabels: labels }, template },
    DaemonSet: { selector: { matchLabels: labels }, template },
    Rollout: { selector: { matchLabels: labels }, template },
    Job: job,
    CronJob: { schedule: '0 3 * * *', jobTemplate: { spec: job } },
  }
  const object = { metadata: { namespace, name, labels }, spec: specs[kind] }
  await client.apply(workloadKinds[kind], { namespace, name }, object as KubernetesObject)
}

/** A pod of a workload whose container has run since then: what a kubelet would report. */
export async function runPod(
  access: ClusterAccess,
  client: KubernetesClient,
  tier: TierModel,
  workload: string,
  startedAt: Date,
): Promise<void> {
  const { namespace } = tier
  const name = `${workload}-pod`
  await client.delete(kinds.pod, { namespace, name })
  const kind = workloadKinds[tier.workloads[workload]?.kind ?? 'Deployment']
  const owner = await client.get(kind, { namespace, name: workload })
  const { apiVersion } = kind
  const ownerReferences = [{ apiVersion, kind: kind.kind, name: workload, uid: owner?.metadata.uid ?? '' }]
  const metadata = { namespace, name, labels: { app: workload }, ownerReferences }
  await client.create(kinds.pod, { metadata, spec: podSpec(targetsOf(tier)) } as KubernetesObject)
  const running = { state: { running: { startedAt: startedAt.toISOString() } } }
  const container = { name: 'c', image: 'c', imageID: '', ready: true, restartCount: 0, ...running }
  await patchStatus(access, kinds.pod, namespace, name, { phase: 'Running', containerStatuses: [container] })
}

/** Writes what only a controller or a kubelet writes otherwise. */
export async function patchStatus(
  access: ClusterAccess,
  kind: Kind,
  namespace: string,
  name: string,
  status: object,
): Promise<void> {
  using transport = openTransport(access)
  const answer = await transport.send({
    method: 'PATCH',
    path: `${resourcePath(kind, namespace, name)}/status`,
    contentType: 'application/merge-patch+json',
    body: JSON.stringify({ status }),
  })
  answer.resume()
  if (answer.statusCode !== 200) throw new Error(`the status of ${kind.kind}/${name} was answered ${answer.statusCode}`)
}

// --- internal ---

function targetsOf(tier: TierModel): object[] {
  return tier.externalSecrets.map((one) => ({ secretRef: { name: one.name, optional: one.optional } }))
}

/** What Pod Security `restricted` takes. */
function podSpec(envFrom: readonly object[], port?: number) {
  const securityContext = {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    runAsNonRoot: true,
    seccompProfile: { type: 'RuntimeDefault' },
  }
  const ports = port === undefined ? [] : [{ containerPort: port }]
  return { containers: [{ name: 'c', image: 'c', envFrom, ports, securityContext }] }
}

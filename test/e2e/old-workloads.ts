import type { PodsPart, WorkloadObject } from '../../scripts/cluster/pod-templates.ts'
import type { KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { type Kind, type KubernetesObject, kinds, resourcePath } from '../../scripts/kubernetes/kinds.ts'
import { openTransport } from '../../scripts/kubernetes/transport.ts'
import type { ControlPlane } from '../../scripts/local/stack/control-plane.ts'

/** A value in a workload itself, which is nobody's business. */
export const literal = 'literal-value-of-a-workload'

/** Workloads of Trackdéchets as they read the one Secret, each in another way, and one that nobody catalogued. */
export function oldWorkloads(namespace: string, secret: string) {
  const metadata = (name: string) => ({ name, namespace })
  const labels = (name: string) => ({ metadata: { labels: { app: name } } })
  const whole = { envFrom: [{ configMapRef: { name: 'settings' } }, { secretRef: { name: secret } }] }
  const key = (name: string, from = name) => ({ name, valueFrom: { secretKeyRef: { name: secret, key: from } } })
  const image = { name: 'main', image: 'example.org/main' }
  const pods = (name: string, spec: object) => ({ template: { ...labels(name), spec } })
  const deployment = (name: string, spec: object) => ({
    kind: kinds.deployment as Kind,
    object: { metadata: metadata(name), spec: { selector: { matchLabels: { app: name } }, ...pods(name, spec) } },
  })
  const certificate = { key: 'TD_COMPANY_ELASTICSEARCH_CACERT', path: 'ca.pem', mode: 0o400 }
  return [
    deployment('api', {
      initContainers: [{ ...image, name: 'wait', env: [key('URL', 'DATABASE_URL')] }],
      containers: [
        { ...image, ...whole, env: [{ name: 'GREETING', value: literal }] },
        { ...image, name: 'sidecar' },
      ],
    }),
    deployment('ui', {
      serviceAccountName: 'ui',
      containers: [{ ...image, env: [key('API_ENDPOINT'), key('SENTRY_DSN')] }],
    }),
    deployment('cron', {
      containers: [
        {
          ...image,
          volumeMounts: [
            { name: 'files', mountPath: '/etc/files' },
            { name: 'more', mountPath: '/etc/more' },
          ],
        },
      ],
      volumes: [
        { name: 'files', secret: { secretName: secret, items: [certificate, { key: 'SENTRY_DSN', path: 'dsn' }] } },
        { name: 'more', projected: { sources: [{ configMap: { name: 'settings' } }, { secret: { name: secret } }] } },
      ],
    }),
    deployment('notifier', { containers: [{ ...image, env: [key('ENDPOINT', 'API_ENDPOINT')] }] }),
    {
      kind: kinds.job as Kind,
      object: {
        metadata: metadata('prisma-migrate'),
        spec: pods('prisma-migrate', { restartPolicy: 'Never', containers: [{ ...image, ...whole }] }),
      },
    },
    {
      kind: kinds.cronJob as Kind,
      object: {
        metadata: metadata('report'),
        spec: {
          schedule: '0 0 * * *',
          jobTemplate: { spec: pods('report', { restartPolicy: 'Never', containers: [{ ...image, ...whole }] }) },
        },
      },
    },
  ]
}

/** A pod that runs as its workload was before, which reads nothing by now. */
export async function runningPod(client: KubernetesClient, namespace: string, secret: string): Promise<void> {
  const labels = { app: 'queues-runner' }
  const container = { name: 'main', image: 'example.org/main' }
  const name = 'queues-runner-1'
  const template = { metadata: { labels }, spec: { containers: [container] } }
  const spec = { selector: { matchLabels: labels }, template }
  const { metadata } = await client.create<KubernetesObject>(kinds.replicaSet, {
    metadata: { name, namespace },
    spec,
  } as never)
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name, uid: metadata.uid ?? '' }
  await client.create(kinds.pod, {
    metadata: { name: `${name}-x`, namespace, labels, ownerReferences: [owner] },
    spec: { containers: [{ ...container, envFrom: [{ secretRef: { name: secret } }] }] },
  } as never)
}

/** Has a workload made in another namespace with a strategic merge patch, which the API server carries out. */
export async function move(
  controlPlane: ControlPlane,
  client: KubernetesClient,
  kind: Kind,
  from: { readonly namespace: string; readonly name: string },
  patch: {
    readonly metadata: { readonly namespace: string; readonly name: string }
    readonly spec: { readonly template: object }
  },
): Promise<void> {
  const old = await client.get<WorkloadObject>(kind, from)
  const template = await patched(controlPlane, client, from, old?.spec?.template ?? {}, patch.spec.template)
  const { selector } = (old?.spec ?? {}) as { readonly selector?: object }
  await client.create(kind, {
    metadata: patch.metadata,
    spec: { ...(kind === kinds.job ? {} : { selector }), template },
  } as never)
  await client.delete(kind, from)
}

// --- internal ---

/** Its template can always be changed, which that of a Job can not. */
const podTemplate: Kind = { apiVersion: 'v1', kind: 'PodTemplate', plural: 'podtemplates', namespaced: true }

async function patched(
  controlPlane: ControlPlane,
  client: KubernetesClient,
  ref: { readonly namespace: string; readonly name: string },
  template: PodsPart,
  patch: object,
): Promise<PodsPart> {
  const labels = Object.entries(template.metadata?.labels ?? {}).filter(([name]) => name === 'app')
  const own = { ...template, metadata: { labels: Object.fromEntries(labels) } }
  await client.create(podTemplate, { metadata: ref, template: own } as never)
  using transport = openTransport({ ...controlPlane, skipVerify: false })
  const response = await transport.send({
    method: 'PATCH',
    path: resourcePath(podTemplate, ref.namespace, ref.name),
    contentType: 'application/strategic-merge-patch+json',
    body: JSON.stringify({ template: patch }),
  })
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) text += String(chunk)
  if (response.statusCode !== 200) throw new Error(`${response.statusCode}: ${text}`)
  return (JSON.parse(text) as { readonly template: PodsPart }).template
}

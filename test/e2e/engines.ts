import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Manifest, parseManifests } from '../../scripts/chart/manifests.ts'
import type { KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { type Kind, type KubernetesObject, kindOf, kinds } from '../../scripts/kubernetes/kinds.ts'
import { run } from '../../scripts/lib/exec.ts'
import { argoCdApplication } from '../../scripts/model/delivery/deploy-step.ts'
import type { EnvironmentModel } from '../../scripts/model/resolve.ts'
import { helm4 } from '../helpers/chart.ts'
import { helmOfUser, type Registry } from '../helpers/registry.ts'
import type { Repository } from '../helpers/repository.ts'
import { sharedFolder } from '../helpers/shared-folder.ts'

/** An environment of a user's folder, for a program that applies its chart. */
export interface ToApply {
  /** With the chart and the values. */
  readonly folder: string
  readonly model: EnvironmentModel
  /** Values over those of the file. */
  readonly set: Readonly<Record<string, string>>
  readonly kubeconfig: string
}

/**
 * What Argo CD makes of the chart: `helm template`, and on each object which Application it is of. Source: Argo CD 3.5.1,
 * util/helm/cmd.go; docs/user-guide/resource_tracking.md.
 */
export async function manifestsForArgoCd({ folder, model, set }: ToApply): Promise<KubernetesObject[]> {
  const { name, namespace } = model.release
  const args = ['template', name, 'charts/tiered-secrets', '--namespace', namespace, ...valuesOf(model, set)]
  const text = await run(helm4, [...args, '--kube-version', '1.37.0'], { cwd: folder })
  return trackedByArgoCd(parseManifests(text, 'charts/tiered-secrets'), model)
}

/** As the chart renders it, and as a cluster takes it. */
export type RenderedObject = Manifest & KubernetesObject

/** On each object which Application it is of, as Argo CD writes it by default. Source: docs/user-guide/resource_tracking.md. */
export function trackedByArgoCd(manifests: readonly Manifest[], model: EnvironmentModel): RenderedObject[] {
  const { namespace } = model.release
  return manifests.map(({ metadata, ...manifest }) => {
    const group = manifest.apiVersion.includes('/') ? manifest.apiVersion.replace(/\/.*/, '') : ''
    const place = `${metadata.namespace ?? namespace}/${metadata.name}`
    const id = `${argoCdApplication(model)}:${group}/${manifest.kind}:${place}`
    const annotations = { ...metadata.annotations, 'argocd.argoproj.io/tracking-id': id }
    return { ...manifest, metadata: { ...metadata, annotations } } as RenderedObject
  })
}

/** As whom Argo CD applies and compares. Source: Argo CD 3.5.1, common/common.go, `ArgoCDSSAManager`. */
export const argoCdManager = 'argocd-controller'

/** The kind of an object of the chart. */
export function requiredKind(object: KubernetesObject): Kind {
  const kind = kindOf(object)
  if (!kind) throw new Error(`no kind ${object.kind}`)
  return kind
}

/** Server-side apply, wave by wave, and the namespace of the release first. Source: Argo CD, gitops-engine/pkg/sync. */
export async function syncAsArgoCd(
  client: KubernetesClient,
  manifests: readonly KubernetesObject[],
  { release: { namespace: name } }: EnvironmentModel,
): Promise<void> {
  const options = { fieldManager: argoCdManager }
  await client.apply(kinds.namespace, { name }, { metadata: { name } }, options)
  const waveOf = ({ metadata }: KubernetesObject) => Number(metadata.annotations?.['argocd.argoproj.io/sync-wave'] ?? 0)
  for (const wave of [...new Set(manifests.map(waveOf))].sort((a, b) => a - b)) {
    for (const manifest of manifests.filter((one) => waveOf(one) === wave)) {
      await client.apply(requiredKind(manifest), manifest.metadata, manifest, options)
    }
  }
}

/**
 * What the helm-controller of Flux does with a chart of a registry: an upgrade by Helm, and on each object which HelmRelease it is of.
 * Source: Flux, helm-controller v1.6.3, internal/postrender/origin_labels.go.
 *
 * @param chart with its digest: `oci://127.0.0.1:5000/kiosk/tiered-secrets@sha256:…`
 */
export async function releaseAsFlux(toApply: ToApply, chart: string, registry: Registry): Promise<void> {
  const { folder, model, set, kubeconfig } = toApply
  const { release, delivery } = model
  if (delivery?.engine !== 'flux') throw new Error('Flux does not deliver it')
  const plugins = await postRenderer({
    'helm.toolkit.fluxcd.io/name': release.name,
    'helm.toolkit.fluxcd.io/namespace': delivery.namespace,
  })
  const helm = await helmOfUser(helm4, folder, { KUBECONFIG: kubeconfig, HELM_PLUGINS: plugins })
  const login = ['registry', 'login', registry.host, '--plain-http', '--username', registry.user, '--password-stdin']
  const upgrade = ['upgrade', '--install', release.name, chart, '--namespace', release.namespace, '--create-namespace']
  const more = ['--plain-http', '--post-renderer', 'origin-labels', ...valuesOf(model, set)]
  for (const [args, input] of [[login, registry.password], [[...upgrade, ...more]]] as const) {
    const { exitCode, stderr } = await helm(args, input)
    if (exitCode !== 0) throw new Error(`helm ${args[0]}: ${stderr}`)
  }
}

/** Packs the chart of a user's folder and pushes it. Returns its address, with the digest that Helm prints. */
export async function publish(repository: Repository, registry: Registry, version: string): Promise<string> {
  const { stdout, stderr, exitCode } = await repository.cli(['package', '--version', version, '--output', 'json'])
  if (exitCode !== 0) throw new Error(stderr)
  const { file } = JSON.parse(stdout) as { readonly file: string }
  const helm = await helmOfUser(helm4, repository.folder)
  const login = ['registry', 'login', registry.host, '--plain-http', '--username', registry.user, '--password-stdin']
  await helm(login, registry.password)
  const place = `oci://${registry.host}/kiosk`
  const pushed = await helm(['push', file, place, '--plain-http'])
  const [, digest] = /Digest: (sha256:[0-9a-f]{64})/.exec(`${pushed.stdout}\n${pushed.stderr}`) ?? []
  if (digest === undefined) throw new Error(pushed.stderr)
  return `${place}/tiered-secrets@${digest}`
}

// --- internal ---

function valuesOf({ environment }: EnvironmentModel, set: Readonly<Record<string, string>>): string[] {
  const overrides = Object.entries(set).flatMap(([name, value]) => ['--set-string', `${name}=${value}`])
  return ['--values', `values/${environment}.yaml`, ...overrides]
}

/** A folder of plugins of Helm 4 with one that adds labels to each object. */
async function postRenderer(labels: Readonly<Record<string, string>>): Promise<string> {
  const plugins = await sharedFolder()
  const folder = join(plugins, 'origin-labels')
  await mkdir(folder)
  const plugin = {
    ...{ apiVersion: 'v1', name: 'origin-labels', type: 'postrenderer/v1', version: '0.1.0', runtime: 'subprocess' },
    runtimeConfig: { platformCommand: [{ command: `$HELM_PLUGIN_DIR/label` }] },
  }
  await writeFile(join(folder, 'plugin.yaml'), JSON.stringify(plugin))
  const library = import.meta.resolve('yaml')
  const script = `#!${process.execPath}
import(${JSON.stringify(library)}).then(({ parseAllDocuments, stringify }) => {
  const documents = parseAllDocuments(require('fs').readFileSync(0, 'utf8')).map((one) => one.toJS()).filter(Boolean)
  for (const { metadata } of documents) metadata.labels = { ...metadata.labels, ...${JSON.stringify(labels)} }
  console.log(documents.map((one) => stringify(one, { aliasDuplicateObjects: false })).join('---\\n'))
})
`
  await writeFile(join(folder, 'label'), script)
  await chmod(join(folder, 'label'), 0o755)
  return plugins
}

import type { ClusterReader } from '../kubernetes/client.ts'
import { type Kind, type KubernetesObject, kindOf, type ObjectMeta } from '../kubernetes/kinds.ts'
import { mapConcurrently } from '../lib/concurrent.ts'
import { argoCdApplication, type Delivered, engineOf } from '../model/delivery/deploy-step.ts'
import type { EnvironmentModel } from '../model/resolve.ts'

/** To whom an object in the cluster belongs. */
export interface Owner {
  /**
   * `release`: the Helm release of this environment. `nobody`: it was made by hand, or by a tool that leaves no mark.
   * `environment`: the chart's, for another environment. `controller`: it goes with another object, or is made by it.
   */
  readonly by: 'release' | 'nobody' | 'environment' | 'helm' | 'flux' | 'argocd' | 'controller' | 'tool'
  /** As `--adopt-from` takes it: `helm/shop/shop-app`, `argocd/shop`; also for machines. */
  readonly id: string
  /** Completes "belongs to …": `the Helm release "shop-app" of namespace shop`. */
  readonly text: string
  /** The labels and annotations by which the owner knows it, which go when it is taken over. */
  readonly marks: Required<Pick<ObjectMeta, 'labels' | 'annotations'>>
}

type Release = Pick<EnvironmentModel, 'release' | 'environment' | 'application'>

/** By the marks that each tool leaves on its objects. Pure. */
export function ownerOf({ metadata }: Pick<KubernetesObject, 'metadata'>, model: Release): Owner {
  const { labels = {}, annotations = {}, ownerReferences = [] } = metadata
  const [reference] = ownerReferences
  if (reference) {
    const { kind, name } = reference
    return owner('controller', `controller/${kind}/${name}`, `${kind} "${name}", with which it goes`)
  }
  const environment = environmentOf({ metadata })
  if (environment !== undefined && environment !== model.environment)
    return owner('environment', `environment/${environment}`, `environment "${environment}" of ${model.application}`)
  const release = annotations[helmMarks.name]
  if (release !== undefined) {
    const namespace = annotations[helmMarks.namespace] ?? ''
    if (release === model.release.name && namespace === model.release.namespace)
      return engineOwner(metadata, model) ?? own
    return owner('helm', `helm/${namespace}/${release}`, `the Helm release "${release}" of namespace ${namespace}`, {
      labels: ownMarks(labels, /^helm\.toolkit\.fluxcd\.io\//),
    })
  }
  return fluxOwner(labels) ?? argoOwner(metadata, model) ?? toolOwner(labels) ?? nobody
}

/** Whether it is the engine that an environment names as its delivery. */
export function isOfEngine({ by, id }: Owner, model: Delivered): boolean {
  const delivery = engineOf(model)
  if (delivery?.engine !== by) return false
  if (by === 'flux') return id === `flux/${delivery.namespace}/${model.release.name}`
  const name = argoCdApplication(model)
  return [name, `${delivery.namespace}_${name}`].includes(id.slice('argocd/'.length))
}

/** The environment whose object of the chart it is; undefined: it is none of the chart. */
export function environmentOf({ metadata: { labels = {} } }: Pick<KubernetesObject, 'metadata'>): string | undefined {
  return labels[chartLabels.name] === chartName ? labels[environmentLabel] : undefined
}

/** The chart puts it on every object it renders. */
export const environmentLabel = 'tiered-secrets/environment'

/**
 * Selects the objects of an environment by the chart's own labels, so that it does not matter who deployed them. The label
 * `app.kubernetes.io/instance` is not among them: Argo CD may write its Application there.
 */
export function chartSelector({ application, environment }: Pick<EnvironmentModel, 'application' | 'environment'>) {
  return [
    `${chartLabels.name}=${chartName}`,
    `app.kubernetes.io/part-of=${application}`,
    `${environmentLabel}=${environment}`,
  ].join(',')
}

/** The label in which Argo CD keeps its Application on an object of the chart that it has deployed: there it is its own. */
export function trackingLabel({ metadata }: Pick<KubernetesObject, 'metadata'>): Readonly<Record<string, string>> {
  const { labels = {}, annotations = {} } = metadata
  const instance = labels[chartLabels.instance]
  if (instance === undefined || helmMarks.name in annotations || environmentOf({ metadata }) === undefined) return {}
  return { [chartLabels.instance]: instance }
}

/** Whether a label or an annotation is one by which a deployer knows its objects: no chart renders it. */
export function isDeployersMark(name: string): boolean {
  return /^(meta\.helm\.sh|(helm|kustomize)\.toolkit\.fluxcd\.io)\/|^argocd\.argoproj\.io\/(tracking-id|installation-id|instance)$/.test(
    name,
  )
}

/** A rendered object that is in the cluster, and whose it is. */
export interface OwnedObject {
  readonly kind: Kind
  readonly live: KubernetesObject
  readonly owner: Owner
  /** Helm would recognise it as its own. */
  readonly isMarked: boolean
}

/** Those of the rendered objects that the cluster has. @throws KubernetesError when one may not be read */
export async function readOwners(
  client: Pick<ClusterReader, 'get'>,
  model: Release,
  manifests: readonly KubernetesObject[],
  signal?: AbortSignal,
): Promise<OwnedObject[]> {
  const found = await mapConcurrently(manifests, concurrentRequests, async (manifest): Promise<OwnedObject[]> => {
    const kind = kindOf(manifest)
    const live = kind && (await client.get<KubernetesObject>(kind, manifest.metadata, signal))
    return kind && live ? [ownedObject(kind, live, model)] : []
  })
  return found.flat()
}

export function ownedObject(kind: Kind, live: KubernetesObject, model: Release): OwnedObject {
  return { kind, live, owner: ownerOf(live, model), isMarked: isMarked(live) }
}

// --- internal ---

const concurrentRequests = 8
const chartName = 'tiered-secrets'

const chartLabels = {
  name: 'app.kubernetes.io/name',
  instance: 'app.kubernetes.io/instance',
  managedBy: 'app.kubernetes.io/managed-by',
} as const

/** Source: Helm, pkg/action/validate.go. */
const helmMarks = { name: 'meta.helm.sh/release-name', namespace: 'meta.helm.sh/release-namespace' } as const

function isMarked({ metadata: { labels = {}, annotations = {} } }: KubernetesObject): boolean {
  return labels[chartLabels.managedBy] === 'Helm' && helmMarks.name in annotations && helmMarks.namespace in annotations
}

function owner(by: Owner['by'], id: string, text: string, marks: Partial<Owner['marks']> = {}): Owner {
  return { by, id, text, marks: { labels: {}, annotations: {}, ...marks } }
}

const own = owner('release', 'release', 'this release')
const nobody = owner('nobody', 'nobody', 'nobody')

function ownMarks(marks: Readonly<Record<string, string>>, pattern: RegExp): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(marks).filter(([name]) => pattern.test(name)))
}

/** Source: Flux, kustomize-controller and helm-controller: the labels by which they find what they applied. */
function fluxOwner(labels: Readonly<Record<string, string>>): Owner | undefined {
  for (const kind of ['Kustomization', 'HelmRelease'] as const) {
    const prefix = `${kind === 'Kustomization' ? 'kustomize' : 'helm'}.toolkit.fluxcd.io/`
    const name = labels[`${prefix}name`]
    if (name === undefined) continue
    const namespace = labels[`${prefix}namespace`] ?? ''
    const marks = { labels: ownMarks(labels, new RegExp(`^${prefix.replaceAll('.', '\\.')}`)) }
    return owner('flux', `flux/${namespace}/${name}`, `${kind} "${name}" of Flux in namespace ${namespace}`, marks)
  }
  return undefined
}

/**
 * Argo CD tracks by an annotation, or by a label: `app.kubernetes.io/instance` unless another one is set, which the chart
 * and others write too. Source: Argo CD, docs/user-guide/resource_tracking.md.
 */
function argoOwner({ labels = {}, annotations = {} }: ObjectMeta, { release }: Release): Owner | undefined {
  const [tracked] = (annotations['argocd.argoproj.io/tracking-id'] ?? '').split(':')
  const instance = labels[chartLabels.instance]
  const name = tracked || labels['argocd.argoproj.io/instance'] || (instance === release.name ? undefined : instance)
  if (!name) return undefined
  const isSure = tracked || 'argocd.argoproj.io/instance' in labels
  const other = isSure ? '' : `, or whoever else has written its label ${chartLabels.instance}`
  const marks = {
    labels: {
      ...ownMarks(labels, /^argocd\.argoproj\.io\//),
      ...(instance === name ? { [chartLabels.instance]: name } : {}),
    },
    annotations: ownMarks(annotations, /^argocd\.argoproj\.io\/(tracking-id|installation-id)$/),
  }
  return owner('argocd', `argocd/${name}`, `Application "${name}" of Argo CD${other}`, marks)
}

/**
 * Flux, which deploys with Helm, or an Argo CD that has taken over from Helm: both leave the marks of Helm, which alone would make it
 * the object of a command. A tracking id that was copied from another object counts for nothing, as for Argo CD.
 */
function engineOwner(metadata: ObjectMeta, model: Release): Owner | undefined {
  const { labels = {}, annotations = {}, name, namespace } = metadata
  const [, , place = ''] = (annotations['argocd.argoproj.io/tracking-id'] ?? '').split(':')
  // Of an object without a namespace it names that of the Application.
  const isTracked = namespace === undefined ? place.endsWith(`/${name}`) : place === `${namespace}/${name}`
  return fluxOwner(labels) ?? (isTracked ? argoOwner(metadata, model) : undefined)
}

/** Pulumi, kapp and others write who manages an object. */
function toolOwner(labels: Readonly<Record<string, string>>): Owner | undefined {
  const tool = labels[chartLabels.managedBy]
  if (tool === undefined || tool === '' || tool === 'Helm' || tool === chartName) return undefined
  return owner('tool', `tool/${tool}`, `"${tool}", as its label ${chartLabels.managedBy} says`)
}

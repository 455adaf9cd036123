/** A Secret or a ConfigMap of the namespace. */
export interface ObjectName {
  readonly kind: 'Secret' | 'ConfigMap'
  readonly name: string
}

/** Where the containers of a pod get their variables and files from: names alone, no variable's value. */
export interface PodOutline {
  /** In the order they start. */
  readonly containers: readonly ContainerOutline[]
  /** Those that a container mounts: the kubelet ignores the others, whatever they name. */
  readonly volumes: readonly VolumeOutline[]
  /** Names of Secrets. */
  readonly pullSecrets: readonly string[]
}

export interface ContainerOutline {
  readonly name: string
  /** A `sidecar` is an init container that stays running; an `ephemeral` one is added to a running pod, and never starts again. */
  readonly role: 'init' | 'sidecar' | 'main' | 'ephemeral'
  readonly envFrom: readonly WholeSource[]
  readonly env: readonly VariableOutline[]
  readonly mounts: readonly MountOutline[]
}

/** Every key of an object, as variables. */
export interface WholeSource {
  readonly object: ObjectName
  readonly prefix: string
  readonly optional: boolean
}

export interface VariableOutline {
  readonly name: string
  readonly from: KeySource | ValueSource | OtherSource
}

export interface KeySource {
  readonly type: 'key'
  readonly object: ObjectName
  readonly key: string
  readonly optional: boolean
}

/** A value in the pod template. */
export interface ValueSource {
  readonly type: 'value'
  readonly isEmpty: boolean
  /** Variables whose values it takes in, as `$(NAME)`. */
  readonly names: readonly string[]
}

/** A field of the pod, or a limit of a container. */
export interface OtherSource {
  readonly type: 'other'
}

export interface MountOutline {
  readonly volume: string
  readonly path: string
  /** A part of the volume, which is bound when the container starts and never refreshed. */
  readonly subPath?: string
}

export interface VolumeOutline {
  readonly name: string
  readonly files: readonly FilesOutline[]
  /** Secrets that its driver asks for. */
  readonly drivers: readonly string[]
}

/** Files of a volume, one for each key of a Secret. */
export interface FilesOutline {
  readonly secret: string
  /** Default: every key, under its own name */
  readonly items?: readonly { readonly key: string; readonly path: string }[]
  readonly optional: boolean
}

/** The parts of a pod's spec that name Secrets and ConfigMaps. Source: Kubernetes API, core/v1 PodSpec. */
export interface SourcesSpec {
  readonly initContainers?: readonly (ContainerSources & { readonly restartPolicy?: string })[]
  readonly containers?: readonly ContainerSources[]
  readonly ephemeralContainers?: readonly ContainerSources[]
  readonly volumes?: readonly VolumeSources[]
  readonly imagePullSecrets?: readonly Reference[]
}

export interface ContainerSources {
  readonly name?: string
  readonly envFrom?: readonly {
    readonly prefix?: string
    readonly secretRef?: Reference
    readonly configMapRef?: Reference
  }[]
  readonly env?: readonly {
    readonly name?: string
    readonly value?: string
    readonly valueFrom?: { readonly secretKeyRef?: KeyReference; readonly configMapKeyRef?: KeyReference }
  }[]
  readonly volumeMounts?: readonly {
    readonly name: string
    readonly mountPath?: string
    readonly subPath?: string
    readonly subPathExpr?: string
  }[]
}

/** Source: Kubernetes, pkg/api/v1/pod/util.go, `VisitPodSecretNames`, for the volumes whose drivers ask for a Secret. */
export interface VolumeSources {
  readonly name?: string
  readonly secret?: Items & { readonly secretName?: string }
  readonly projected?: { readonly sources?: readonly { readonly secret?: Items & { readonly name?: string } }[] }
  readonly azureFile?: { readonly secretName?: string }
  readonly csi?: { readonly nodePublishSecretRef?: Reference }
  readonly cephfs?: DriverSource
  readonly cinder?: DriverSource
  readonly flexVolume?: DriverSource
  readonly iscsi?: DriverSource
  readonly rbd?: DriverSource
  readonly scaleIO?: DriverSource
  readonly storageos?: DriverSource
}

/** Leaves out every value. Pure. */
export function podOutline(spec: SourcesSpec): PodOutline {
  const { initContainers = [], containers = [], ephemeralContainers = [], volumes = [], imagePullSecrets = [] } = spec
  const outlines = [
    ...initContainers.map((one) => containerOutline(one, one.restartPolicy === 'Always' ? 'sidecar' : 'init')),
    ...containers.map((one) => containerOutline(one, 'main')),
    ...ephemeralContainers.map((one) => containerOutline(one, 'ephemeral')),
  ]
  const mounted = new Set(outlines.flatMap(({ mounts }) => mounts.map(({ volume }) => volume)))
  return {
    containers: outlines,
    volumes: volumes.map(volumeOutline).filter(({ name }) => mounted.has(name)),
    pullSecrets: imagePullSecrets.flatMap(({ name }) => name || []),
  }
}

/** Every Secret and ConfigMap that an outline names, each once. Pure. */
export function objectsOf({ containers, volumes, pullSecrets }: PodOutline): ObjectName[] {
  const all: ObjectName[] = [
    ...containers.flatMap(({ envFrom, env }) => [
      ...envFrom.map(({ object }) => object),
      ...env.flatMap(({ from }) => (from.type === 'key' ? from.object : [])),
    ]),
    ...volumes.flatMap(({ files, drivers }) => [...files.map(({ secret }) => secret), ...drivers].map(secretNamed)),
    ...pullSecrets.map(secretNamed),
  ]
  return [...new Map(all.map((object) => [`${object.kind}/${object.name}`, object])).values()]
}

/** Whether an outline names a Secret in any way that matters to its pods. Pure. */
export function namesSecret(outline: PodOutline, secret: string): boolean {
  return objectsOf(outline).some(({ kind, name }) => kind === 'Secret' && name === secret)
}

// --- internal ---

interface Reference {
  readonly name?: string
  readonly optional?: boolean
}

interface KeyReference extends Reference {
  readonly key: string
}

interface Items {
  readonly items?: readonly { readonly key: string; readonly path?: string }[]
  readonly optional?: boolean
}

interface DriverSource {
  readonly secretRef?: Reference
}

function secretNamed(name: string): ObjectName {
  return { kind: 'Secret', name }
}

function containerOutline(container: ContainerSources, role: ContainerOutline['role']): ContainerOutline {
  const { name = '', envFrom = [], env = [], volumeMounts = [] } = container
  return {
    name,
    role,
    envFrom: envFrom.flatMap(({ prefix = '', secretRef, configMapRef }): WholeSource[] => {
      const ref = secretRef ?? configMapRef
      if (!ref?.name) return []
      const kind = secretRef ? 'Secret' : 'ConfigMap'
      return [{ object: { kind, name: ref.name }, prefix, optional: ref.optional === true }]
    }),
    env: env.map((variable) => ({ name: variable.name ?? '', from: sourceOf(variable) })),
    mounts: volumeMounts.map(({ name: volume, mountPath = '', subPath, subPathExpr }) => {
      const part = subPath || subPathExpr
      return { volume, path: mountPath, ...(part ? { subPath: part } : {}) }
    }),
  }
}

function sourceOf({ value = '', valueFrom }: NonNullable<ContainerSources['env']>[number]): VariableOutline['from'] {
  if (value !== '' || !valueFrom) return { type: 'value', isEmpty: value === '', names: namesIn(value) }
  const { secretKeyRef, configMapKeyRef } = valueFrom
  const ref = secretKeyRef ?? configMapKeyRef
  if (!ref?.name) return { type: 'other' }
  const kind = secretKeyRef ? 'Secret' : 'ConfigMap'
  return { type: 'key', object: { kind, name: ref.name }, key: ref.key, optional: ref.optional === true }
}

/** `$$` stands for a dollar: `$$(NAME)` takes nothing in. Source: Kubernetes, third_party/forked/golang/expansion. */
function namesIn(value: string): string[] {
  const found = value.matchAll(/\$\$|\$\(([^)]*)\)/g)
  return [...new Set([...found].flatMap(([, name]) => (name === undefined ? [] : [name])))]
}

function volumeOutline(volume: VolumeSources): VolumeOutline {
  const { name = '', secret, projected, azureFile, csi, ...drivers } = volume
  const { cephfs, cinder, flexVolume, iscsi, rbd, scaleIO, storageos } = drivers
  const sources = (projected?.sources ?? []).map((source) => ({ of: source.secret, named: source.secret?.name }))
  const refs = [csi?.nodePublishSecretRef, ...[cephfs, cinder, flexVolume, iscsi, rbd, scaleIO, storageos].map(refOf)]
  return {
    name,
    files: [{ of: secret, named: secret?.secretName }, ...sources].flatMap(({ of, named }) => {
      if (!of || !named) return []
      const items = of.items?.map(({ key, path = key }) => ({ key, path }))
      return [{ secret: named, ...(items ? { items } : {}), optional: of.optional === true }]
    }),
    drivers: [azureFile?.secretName, ...refs.map((ref) => ref?.name)].flatMap((found) => found || []),
  }
}

function refOf(driver: DriverSource | undefined): Reference | undefined {
  return driver?.secretRef
}

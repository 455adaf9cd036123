import type { Labels, WorkloadKind } from '../../model/types.ts'
import type { NetworkFacts } from './network-facts.ts'
import type { FoundSettings } from './read-settings.ts'

/** A store that the operator reads, of any provider. */
export interface FoundStore {
  /** Undefined: for the whole cluster. */
  readonly namespace: string | undefined
  readonly name: string
  /** `scaleway`, `aws`, `vault`, … */
  readonly provider: string
  readonly region: string | undefined
  readonly projectId: string | undefined
  /** Secrets with which it opens its provider. */
  readonly credentials: readonly string[]
  /** `k8s/api.yaml:12`, as every `where`. */
  readonly where: string
}

/** How an ExternalSecret names a secret of its provider. */
export interface FoundRef {
  readonly key: string
  readonly property: string | undefined
}

/** A JSON object that is read whole, with what is put before each of its names. */
export interface FoundWhole {
  readonly ref: FoundRef
  readonly prefix: string
}

/** A key of a target Secret and where its value comes from. */
export interface FoundEntry {
  readonly key: string
  /** What the value is called before a template gives it its key; undefined: as the key. */
  readonly valueName?: string
  readonly ref: FoundRef
  /** It is a field of a JSON object that is read whole. */
  readonly isBundled: boolean
  readonly where: string
}

export interface FoundExternalSecret {
  readonly namespace: string
  readonly name: string
  /** The Secret it writes. */
  readonly target: string
  /** Type of the Secret; undefined: Opaque. */
  readonly type: string | undefined
  readonly store: { readonly name: string; readonly isClusterWide: boolean } | undefined
  readonly refreshInterval: string | undefined
  /** What is missing at the provider is left out, and holds nothing back. */
  readonly leavesOutMissing: boolean
  readonly entries: readonly FoundEntry[]
  /** JSON objects that become keys of the target, whichever they have. */
  readonly wholes: readonly FoundWhole[]
  /** Other keys come from sources whose keys nobody can tell. */
  readonly hasUnknownSource: boolean
  readonly where: string
}

/** What stands for the variables of programs that run on a machine, until the catalogue has them. */
export const variablesFile = '.env'

/** A Secret that somebody wrote: the names of its keys alone. */
export interface FoundSecret {
  readonly namespace: string
  readonly name: string
  readonly type: string | undefined
  readonly keys: readonly string[]
  /** The operator writes it. */
  readonly isManaged: boolean
  /** It stands for a file of values on a machine: there is no such Secret. Default: false */
  readonly isFile?: boolean
  readonly where: string
}

/** How the pods of a workload name a key of a Secret, or the whole of it. */
export interface FoundUse {
  readonly secret: string
  /** Undefined: all keys. */
  readonly keys: readonly string[] | undefined
  readonly optional: boolean
}

export interface FoundWorkload {
  readonly namespace: string
  readonly kind: WorkloadKind
  readonly name: string
  /** Labels by which the workload finds its own pods; all of theirs, where it has none. */
  readonly podLabels: Labels
  /** All labels of its pods. */
  readonly labels: Labels
  readonly ports: readonly { readonly name: string | undefined; readonly port: number; readonly protocol: string }[]
  readonly uses: readonly FoundUse[]
  readonly where: string
}

/** A Secret that something besides a container names. */
export interface SecretName {
  readonly namespace: string
  readonly secret: string
  /** `the imagePullSecrets of web` */
  readonly by: string
  /** Whose pods are meant; undefined: not those of one workload. */
  readonly workload?: string
  /** Images are pulled with it. */
  readonly isForImages: boolean
  readonly where: string
}

/** Something that has no place in the catalogue, or another one. */
export interface Leftover {
  /** Stable. */
  readonly code: string
  readonly where: string
  readonly what: string
  readonly why: string
  readonly todo: string
}

/** What this project's own chart says of its objects. */
export interface OwnNames {
  readonly application: string | undefined
  readonly environment: string | undefined
  /** By namespace. */
  readonly tiers: ReadonlyMap<string, string>
}

/** What the input of one environment says. */
export interface Facts {
  readonly stores: readonly FoundStore[]
  readonly externalSecrets: readonly FoundExternalSecret[]
  readonly secrets: readonly FoundSecret[]
  readonly workloads: readonly FoundWorkload[]
  readonly names: readonly SecretName[]
  readonly leftovers: readonly Leftover[]
  readonly own: OwnNames
  readonly network: NetworkFacts
  readonly settings: (namespace: string) => FoundSettings
}

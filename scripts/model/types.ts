import type { DeliverySpec } from './delivery/spec.ts'
import type { Format } from './formats.ts'
import type {
  AddressesSpec,
  DnsSpec,
  EgressSpec,
  Labels,
  OneOrMore,
  PodsSpec,
  WorkloadNetworkSpec,
} from './network/spec.ts'
import type { ReadsSpec, TargetSpec } from './target-types.ts'
import type { ContainerDefaults, PodSecurityLevel } from './tier-settings.ts'

export type { ContainerDefaults, DeliverySpec, EgressSpec, Labels, PodSecurityLevel, ReadsSpec, TargetSpec }

/** How the tiers of one environment are kept apart in Scaleway. */
export type IsolationMode = 'path' | 'project'

/** `single`: one remote secret per variable. `bundle`: one JSON remote secret for all variables of an identity. */
export type Layout = 'single' | 'bundle'

export type WorkloadKind = 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'Rollout' | 'Job' | 'CronJob'

/** A workload that may read the secrets of its tier. */
export interface WorkloadSpec extends WorkloadNetworkSpec {
  readonly kind: WorkloadKind
  /** What it reads of its tier. Default: the main target, `{ targets: ['main'] }` */
  readonly reads?: ReadsSpec
  /** As that of the tier, with the variables that this workload reads. Default: nowhere */
  readonly envModule?: string
}

/** A trust boundary. Its names follow the convention of `names.ts`, except where given here. */
export interface TierSpec {
  readonly description: string
  readonly workloads: Readonly<Record<string, WorkloadSpec>>
  /**
   * Secrets besides the main one, `<tier>-secrets`, for entries that not every workload gets, or that need a type. Each is
   * named `<tier>-<target>`. Default: none
   */
  readonly targets?: Readonly<Record<string, TargetSpec>>
  /** Folder of the tier's remote secrets. Default: `/<application>-<tier>` */
  readonly remotePath?: string
  /** `open`: its pods reach each other on every port. Default: `closed` */
  readonly internalTraffic?: 'open' | 'closed'
  /** What its pods may connect to besides DNS and workloads that are reachable from here, by name. Default: nothing */
  readonly egress?: Readonly<Record<string, EgressSpec>>
  /** Pod Security level that is enforced in its namespace. Default: `restricted` */
  readonly podSecurity?: PodSecurityLevel
  /** ResourceQuota of its namespace: `{ secrets: '10' }`. Default: none */
  readonly quota?: Readonly<Record<string, string>>
  readonly containerDefaults?: ContainerDefaults
  /**
   * Where `npm run gen-values` writes the module with which its programs read their variables: a `.ts` file, or a JSON
   * Schema with `.json`. Default: nowhere
   */
  readonly envModule?: string
}

/** A period in days. */
export type Days = `${number}d`

/** How the workloads of an environment get a new value: by Stakater Reloader, or by a changed pod template. */
export type RestartMode = 'reloader' | 'checksum'

/** One entry of the catalogue: one variable of one tier. */
export interface SecretSpec<
  Tier extends string = string,
  Environment extends string = string,
  Target extends string = string,
> {
  readonly tier: Tier
  /** The variable the workload reads. The entry is called so in commands and `.env` files, whatever its key. */
  readonly variable: string
  /** The Secret of the tier that holds it. Default: the main one */
  readonly target?: Target
  /** Key in the target Secret: `tls.crt`, `key.pem`. Default: the variable */
  readonly key?: string
  /** Name of the remote secret in the tier's folder. A bundled secret keeps it in case it becomes `single` again. */
  readonly remoteName: string
  readonly format: Format
  readonly description: string
  /** May be absent from Scaleway without blocking anything. Default: `false` */
  readonly optional?: boolean
  /** Where the secret exists. Default: every environment */
  readonly environments?: readonly Environment[]
  /** Values that must change together carry one identity. Default: none */
  readonly identity?: string
  /** Default: `single` */
  readonly layout?: Layout
  /** Field of a JSON remote secret, as path segments: `['smtp', 'password']`. Default: the whole value */
  readonly property?: readonly string[]
  /** Who supplies and rotates it. Default: the owner of the application */
  readonly owner?: string
  /** Longest age of a value before it has to be rotated. Default: no limit */
  readonly rotation?: Days
  /**
   * How long a value stays valid beside the next one, in days or as a Go duration: `7d`, `36h`. The same for all entries
   * of an identity. Default: not at all
   */
  readonly overlap?: string
  /**
   * The entry whose value this one has too, `<tier>.<variable>`: each tier keeps a remote secret of its own, and `fill`,
   * `rotate` and `status` treat all of them as one value. Its format is the same; `rotation`, `overlap` and `irreplaceable`
   * are taken from there. Default: a value of its own
   */
  readonly sameAs?: `${Tier}.${string}`
  /** Why data is lost with the value, such as what it encrypts: nothing replaces it without being told to. Default: it is not */
  readonly irreplaceable?: string
}

/** The one Secret that all tiers shared before: what `npm run migrate` starts from. */
export interface LegacySpec {
  readonly namespace: string
  readonly secret: string
}

/** The full typed list of secrets: `scripts/catalogue.ts`. */
export interface Catalogue {
  /** Version of the form of both data files, which a later package may no longer read. Default: 1 */
  readonly dataVersion?: 1
  /** Base of every name. */
  readonly application: string
  /** The owner of secrets that name no owner. */
  readonly owner: string
  /** Remote secrets the Scaleway organization may hold. Default: 100, Scaleway's own default */
  readonly remoteSecretQuota?: number
  /** Default: there was none */
  readonly legacy?: LegacySpec
  readonly tiers: Readonly<Record<string, TierSpec>>
  readonly secrets: readonly SecretSpec[]
}

/** Who is given a role: a user, a group, or a service account of a namespace. */
export type SubjectSpec =
  | { readonly kind: 'User' | 'Group'; readonly name: string }
  | { readonly kind: 'ServiceAccount'; readonly name: string; readonly namespace: string }

/** Who may manage the secrets of a tier in the cluster. None of them can read a Secret. */
export interface TierAccessSpec {
  /**
   * May see stores, ExternalSecrets and Events. The operator writes a malformed key unencrypted into Events, which only
   * admission keeps out of the credentials Secret.
   */
  readonly viewers?: readonly SubjectSpec[]
  /** May also make the operator read Scaleway now. Empty where admission is switched off. */
  readonly operators?: readonly SubjectSpec[]
}

/** A tier's Scaleway API key, each half sealed for the cluster: `npm run credentials -- --seal`. */
export interface SealedCredentialsSpec {
  readonly accessKey: string
  readonly secretKey: string
}

/** The ServiceAccount the External Secrets Operator runs as. */
export interface OperatorSpec {
  readonly namespace: string
  readonly name: string
}

/** The protections of the chart, each of which can be switched off. */
export type Protection = 'admission' | 'network-policies' | 'rbac'

interface EnvironmentBase {
  readonly description: string
  /** Scaleway region, e.g. `fr-par`. */
  readonly region: string
  /** How often the operator reads Scaleway, as a Go duration: `1h`, `30m`. */
  readonly refreshInterval: string
  /** The kubeconfig context of its cluster; any other is refused, unless `cluster` is set. */
  readonly kubeContext: string
  /**
   * Which cluster it is, whatever its kubeconfig context is called: the UID of the namespace `kube-system`, which
   * `npm run status` prints. Default: the name of the context decides
   */
  readonly cluster?: string
  /**
   * Base of all its names in the cluster: namespaces, Helm release, admission policies. Needed where environments share a
   * cluster. Default: the application
   */
  readonly baseName?: string
  /** Namespaces that differ from the convention, by tier. */
  readonly namespaces?: Readonly<Record<string, string>>
  /** Scaleway organization. Default: the one of the account that runs a command */
  readonly organizationId?: string
  /** IAM applications that differ from the convention, by tier: needed where environments share an organization. */
  readonly iamApplications?: Readonly<Record<string, string>>
  /** How long a new API key of a tier is valid. Default: `90d` */
  readonly keyLifetime?: Days
  /** Default: the credentials Secrets are written by `npm run credentials` and not by the chart */
  readonly sealedCredentials?: Readonly<Record<string, SealedCredentialsSpec>>
  /** By tier. Default: nobody */
  readonly access?: Readonly<Record<string, TierAccessSpec>>
  /** Namespace of the ingress controller. Default: `ingress-nginx` */
  readonly ingressNamespace?: string
  /**
   * Instead of `ingressNamespace`, by name: several controllers, some pods of a namespace, or the addresses of the nodes of
   * one on the host network. `ingress-controller` in the catalogue then means all of them.
   */
  readonly ingressControllers?: Readonly<Record<string, OneOrMore<PodsSpec | AddressesSpec>>>
  /**
   * What answers DNS in its cluster. Default: the pods labelled `k8s-app: kube-dns` in `kube-system`, as kubeadm and Scaleway
   * Kapsule install CoreDNS
   */
  readonly dns?: OneOrMore<DnsSpec>
  /**
   * The External Secrets Operator that serves the tiers; admission keeps its Secrets to their targets. `per-tier`: each
   * tier has one of its own, from `npm run operator-values -- --tier <name>`. Default: `external-secrets` in the namespace
   * `external-secrets`, as `npm run operator-values` installs it
   */
  readonly operator?: OperatorSpec | 'per-tier'
  /** Protections that are switched off in the chart. Default: none */
  readonly without?: readonly Protection[]
  /** How workloads get a new value. Default: when `npm run restart` or `npm run rotate` restarts them */
  readonly restart?: RestartMode
  /** Where its old Secret differs from the catalogue's; `none`: it never had one. */
  readonly legacy?: LegacySpec | 'none'
  /**
   * The GitOps engine that applies its chart: `npm run gen-values` writes what it reads into `gitops/`. Default: it is
   * deployed with `npm run deploy` or Helm
   */
  readonly delivery?: DeliverySpec
  /** Renders, lints and runs locally; refused by every command that would touch a real account. */
  readonly example?: boolean
}

/** One environment. `path`: the tiers share a project; `project`: one project per tier. */
export type EnvironmentSpec = EnvironmentBase &
  (
    | { readonly isolation: 'path'; readonly projectId: string }
    | { readonly isolation: 'project'; readonly projectIds: Readonly<Record<string, string>> }
  )

/** All environments: `scripts/environments.ts`. */
export type Environments = Readonly<Record<string, EnvironmentSpec>>

/** The two files a user edits, together. */
export interface Application {
  readonly catalogue: Catalogue
  readonly environments: Environments
}

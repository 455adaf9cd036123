import type { Format } from './formats.ts'

/** How the tiers of one environment are kept apart in Scaleway. */
export type IsolationMode = 'path' | 'project'

/** `single`: one remote secret per variable. `bundle`: one JSON remote secret for all variables of an identity. */
export type Layout = 'single' | 'bundle'

export type WorkloadKind = 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'Job' | 'CronJob'

/** A workload that may consume the secrets of its tier. */
export interface WorkloadSpec {
  readonly kind: WorkloadKind
  /** The port it listens on, if any. */
  readonly port?: number
}

/** A trust boundary. Its names follow the convention of `names.ts`, except where given here. */
export interface TierSpec {
  readonly description: string
  readonly workloads: Readonly<Record<string, WorkloadSpec>>
  /** Folder of the tier's remote secrets. Default: `/<application>-<tier>` */
  readonly remotePath?: string
}

/** A period in days. */
export type Days = `${number}d`

/** One entry of the catalogue: one variable of one tier. */
export interface SecretSpec<
  Tier extends string = string,
  Environment extends string = string,
  Consumer extends string = string,
> {
  readonly tier: Tier
  /** The variable the workload reads; the key in the target Secret. */
  readonly variable: string
  /** Name of the remote secret in the tier's folder. A bundled secret keeps it for the day it is `single` again. */
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
  /** Workloads that read it. Default: every workload of the tier */
  readonly consumers?: readonly Consumer[]
  /** Who supplies and rotates it. Default: the owner of the application */
  readonly owner?: string
  /** Longest age of a value before it has to change. Default: no limit */
  readonly rotation?: Days
}

/** The full typed list of secrets: `scripts/catalogue.ts`. */
export interface Catalogue {
  /** Base of every name. */
  readonly application: string
  /** Who answers for secrets that name no owner. */
  readonly owner: string
  /** Remote secrets the Scaleway organization may hold. Default: 100, Scaleway's own default */
  readonly remoteSecretQuota?: number
  readonly tiers: Readonly<Record<string, TierSpec>>
  readonly secrets: readonly SecretSpec[]
}

interface EnvironmentBase {
  readonly description: string
  /** Scaleway region, e.g. `fr-par`. */
  readonly region: string
  /** How often the operator reads Scaleway, as a Go duration: `1h`, `30m`. */
  readonly refreshInterval: string
  /** The kubeconfig context of its cluster; `deploy` refuses any other. */
  readonly kubeContext: string
  /** Namespaces that differ from the convention, by tier. */
  readonly namespaces?: Readonly<Record<string, string>>
  /** Renders, lints and runs locally; refused by every command that would touch a real account. */
  readonly example?: boolean
}

/** One environment. `path`: the tiers share a project; `project`: one project a tier. */
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

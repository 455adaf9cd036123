/** What the catalogue and an environment say of their networks. */

export type Labels = Readonly<Record<string, string>>

export type OneOrMore<T> = T | readonly T[]

/** Pods of a namespace; without labels, all of them. */
export interface PodsSpec {
  readonly namespace: string
  readonly podLabels?: Labels
}

/** Addresses that do not belong to pods: outside the cluster, of its nodes, or of what runs on their network. */
export interface AddressesSpec {
  readonly cidr: string
}

/** A number alone means TCP. */
export type PortSpec = number | { readonly port: number; readonly protocol?: 'TCP' | 'UDP' }

/** A port of a workload: its name in `ports`, or its number. */
export type PortChoice = string | number

/**
 * Who may connect to a workload. As a text: `ingress-controller`, one of several as `ingress-controller/internal`, a tier,
 * one workload of a tier as `frontend/ui`, or `internet` for every public address. Otherwise the same with some of the
 * ports, pods of a namespace that is not a tier's, or addresses.
 */
export type SourceSpec =
  | string
  | (({ readonly from: string } | PodsSpec | AddressesSpec) & {
      /** Default: the workload's `port`, or else all of its `ports` */
      readonly ports?: readonly PortChoice[]
    })

/** What of a workload concerns its connections. */
export interface WorkloadNetworkSpec {
  /** The port its pods listen on, by TCP, if any. A source that names no ports reaches this one. */
  readonly port?: number
  /**
   * The ports its pods listen on, or those besides `port`, by name: `{ http: 3000, stream: { port: 5000, protocol: 'UDP' } }`.
   * Default: none
   */
  readonly ports?: Readonly<Record<string, PortSpec>>
  /**
   * Who may connect to its ports from outside its tier. Inside a tier that is `closed`, also its own tier or workloads of
   * it. Default: none
   */
  readonly reachableFrom?: readonly SourceSpec[]
  /** Labels its pods carry; network policies find them by these. Default: `app: <name of the workload>` */
  readonly podLabels?: Labels
}

/** Where the pods of a tier may connect to. */
export type EgressSpec = OutsideEgressSpec | TierEgressSpec

/** To a destination outside the tiers. */
export interface OutsideEgressSpec {
  readonly description: string
  /** `internet`: every public address. Otherwise a network such as `10.0.0.0/8`, or pods of a namespace. */
  readonly to: 'internet' | AddressesSpec | PodsSpec
  readonly ports: readonly number[]
  /** Default: `TCP` */
  readonly protocol?: 'TCP' | 'UDP'
}

/**
 * To a workload of a tier, or to all that are reachable there. Its `reachableFrom` allows the connection; this gives it a
 * name, and keeps it to some of the ports.
 */
export interface TierEgressSpec {
  readonly description: string
  readonly to: { readonly tier: string; readonly workload?: string }
  /** Default: all that are open to this tier */
  readonly ports?: readonly PortChoice[]
}

/** What answers DNS in a cluster. Pods are found by labels: a whole namespace would be too much. */
export type DnsSpec = (Required<PodsSpec> | AddressesSpec) & {
  /** The port it listens on, by UDP and TCP; of pods, theirs and not that of the Service. Default: 53 */
  readonly port?: number
}

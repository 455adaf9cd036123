// Generated from schema/values.base.schema.json by `npm run gen-values`. Do not edit.
// schema e6349778b8a1aa53, types 0525fe113aa4b69e

/**
 * A key of a Kubernetes Secret.
 */
export type SecretKey = string
/**
 * A DNS-1123 label.
 */
export type KubernetesName = string
/**
 * A network in CIDR notation.
 */
export type Cidr = string
/**
 * A port number.
 */
export type Port = number
/**
 * Text in base64 that only the cluster's sealed-secrets controller can open.
 */
export type Sealed = string
/**
 * A Kubernetes quantity.
 */
export type Quantity = string
/**
 * The other ends of connections.
 *
 * @minItems 1
 */
export type Peers = [PodPeerValues | NetworkPeerValues, ...(PodPeerValues | NetworkPeerValues)[]]
/**
 * Port numbers, each once.
 *
 * @minItems 1
 */
export type PortNumbers = [Port, ...Port[]]
/**
 * A remote secret by folder and name. Never `name:`, which searches every folder of the project, and never `id:`, which reaches other projects.
 */
export type RemoteRef = string
/**
 * The name of an environment variable.
 */
export type Variable = string

/**
 * Values of the chart tiered-secrets. `npm run gen-values` writes them from the catalogue; nobody needs to write them by hand.
 */
export interface ChartValues {
  /**
   * Name of the application: the label app.kubernetes.io/part-of of every object. Empty only while there are no tiers.
   */
  application: string
  /**
   * Base of the names of the admission policies and their bindings, which are in no namespace: another one for each environment of a cluster. Default: the application.
   */
  baseName?: string
  /**
   * Name of the environment these values belong to: a label of every object. Empty only while there are no tiers.
   */
  environment: string
  /**
   * How the tiers are kept apart in Scaleway. `path`: one project, and an IAM condition on the folder of each tier. `project`: one project per tier.
   */
  isolation: 'path' | 'project'
  /**
   * Settings shared by the SecretStores of all tiers.
   */
  scaleway: {
    /**
     * Scaleway region of the remote secrets.
     */
    region: string
    /**
     * For local use only: the URL of an emulator, on this machine or inside the cluster. Anything else would receive the API key of the tier.
     */
    apiUrl?: string
  }
  /**
   * How often the operator reads Scaleway, as Go writes a duration (`1h0m0s`). Three requests for each remote ref each time. Zero would freeze the Secrets, so it is refused.
   */
  refreshInterval: string
  /**
   * The namespaces of the tiers.
   */
  namespaces: {
    /**
     * Whether the chart creates them. They are kept when the release is uninstalled.
     */
    create: boolean
    /**
     * Labels added to each of them. Those of the chart can't be replaced.
     */
    labels?: {
      /**
       * This interface was referenced by `undefined`'s JSON-Schema definition
       * via the `patternProperty` "^(app\.kubernetes\.io|tiered-secrets|pod-security\.kubernetes\.io)/".
       */
      [k: string]: never | string
    }
    /**
     * Annotations added to each of them. That the namespaces are kept can't be changed, nor what Argo CD is told.
     */
    annotations?: {
      /**
       * This interface was referenced by `undefined`'s JSON-Schema definition
       * via the `patternProperty` "^(helm\.sh|argocd\.argoproj\.io)/".
       */
      [k: string]: never | string
    }
  }
  /**
   * Keys of the credentials Secret of every tier.
   */
  credentialKeys: {
    /**
     * Key that holds the access key (SCW…).
     */
    accessKey: SecretKey
    /**
     * Key that holds the secret key (a UUID).
     */
    secretKey: SecretKey
  }
  /**
   * The External Secrets Operator that serves the tiers. It is not part of this chart.
   */
  operator: {
    /**
     * ServiceAccounts it runs as. Admission keeps the Secrets they write in the tiers to the targets.
     *
     * @minItems 1
     */
    accounts: [OperatorAccountValues, ...OperatorAccountValues[]]
    /**
     * Class of the operators that serve the stores; those of another class ignore them. Without it, every operator serves them.
     */
    controllerClass?: KubernetesName
  }
  /**
   * ValidatingAdmissionPolicies for the namespaces of the tiers: what the API server refuses for every user.
   */
  admission: {
    /**
     * Whether the chart renders them.
     */
    enabled: boolean
  }
  /**
   * Roles of the tiers. They are granted only to the viewers and operators that a tier names.
   */
  rbac: {
    /**
     * Whether the chart renders the Roles and their bindings.
     */
    enabled: boolean
  }
  /**
   * NetworkPolicies of the tiers: all connections are denied, in both directions, except DNS and what each tier lists.
   */
  networkPolicies: {
    /**
     * Whether the chart renders them.
     */
    enabled: boolean
    /**
     * What answers DNS: pods, or addresses such as those of NodeLocal DNSCache.
     *
     * @minItems 1
     */
    dns: [DnsValues, ...DnsValues[]]
  }
  /**
   * Stakater Reloader, which restarts workloads when a target changes. It is not part of this chart.
   */
  reloader: {
    /**
     * Whether the targets carry the annotation `reloader.stakater.com/match`: workloads with `reloader.stakater.com/search` are restarted when a target they read changes.
     */
    enabled: boolean
  }
  /**
   * Argo CD, where it applies the chart. It is not part of this chart.
   */
  argocd?: {
    /**
     * Whether objects carry the annotations that Argo CD reads: `argocd.argoproj.io/sync-wave`, by which namespaces come before admission policies, these before stores, and stores before ExternalSecrets; and on namespaces `argocd.argoproj.io/sync-options`, by which it deletes none.
     */
    enabled: boolean
  }
  /**
   * The tiers by name. Each has a namespace, a SecretStore with a credential of its own, and up to two ExternalSecrets for each target.
   */
  tiers: {
    [k: string]: TierValues
  }
  /**
   * Ignored. A chart around this one names it as `condition: tiered-secrets.enabled` of the dependency.
   */
  enabled?: boolean
  /**
   * Ignored. Helm passes it to every subchart, so a closed schema has to accept it.
   */
  global?: {}
}
/**
 * A ServiceAccount of the operator.
 */
export interface OperatorAccountValues {
  /**
   * Namespace of the ServiceAccount, which is not a tier's.
   */
  namespace: KubernetesName
  /**
   * Name of the ServiceAccount.
   */
  name: KubernetesName
}
/**
 * One that answers DNS, by UDP and TCP.
 */
export interface DnsValues {
  /**
   * Some pods of a namespace, or a network.
   */
  to: PodPeerValues | NetworkPeerValues
  /**
   * The port it listens on; of pods, theirs and not that of the Service.
   */
  port: Port
}
/**
 * Pods of a namespace.
 */
export interface PodPeerValues {
  /**
   * Name of the namespace.
   */
  namespace: KubernetesName
  /**
   * Labels of the pods. Without them, all pods of the namespace.
   */
  podLabels?: Labels
}
/**
 * Labels that a pod must all have.
 */
export interface Labels {
  [k: string]: string
}
/**
 * Addresses outside the cluster.
 */
export interface NetworkPeerValues {
  /**
   * The network.
   */
  cidr: Cidr
  /**
   * Networks inside it that stay denied.
   *
   * @minItems 1
   */
  except?: [Cidr, ...Cidr[]]
}
/**
 * One trust boundary.
 */
export interface TierValues {
  /**
   * Namespace of everything of this tier.
   */
  namespace: KubernetesName
  /**
   * Scaleway project of the tier's remote secrets.
   */
  projectId: string
  /**
   * Scaleway folder of the tier's remote secrets. Every remote ref has to be in it.
   */
  remotePath: string
  /**
   * Name of the SecretStore, in the tier's own namespace.
   */
  secretStore: KubernetesName
  /**
   * Name of the Secret with the tier's Scaleway API key, in the tier's own namespace. The chart does not create it.
   */
  credentialsSecret: KubernetesName
  /**
   * The tier's Scaleway API key, sealed for this cluster, namespace and name. With it the chart renders a SealedSecret with the name of the credentials Secret.
   */
  sealedCredentials?: {
    /**
     * The access key, sealed.
     */
    accessKey: Sealed
    /**
     * The secret key, sealed.
     */
    secretKey: Sealed
  }
  /**
   * ServiceAccount for the workloads of the tier: no token is mounted, and it has no rights.
   */
  serviceAccount: KubernetesName
  /**
   * Pod Security level that is enforced in the namespace. What `restricted` would refuse is warned about and audited.
   */
  podSecurity: 'restricted' | 'baseline' | 'privileged'
  /**
   * Hard limits of the namespace's ResourceQuota, as `secrets: "10"`. Without them there is none.
   */
  quota?: {
    [k: string]: Quantity
  }
  /**
   * Defaults for a container without requests or limits, which a quota on these would refuse.
   */
  containerDefaults?: {
    /**
     * Default requests, as `cpu: 500m`.
     */
    requests?: {
      [k: string]: Quantity
    }
    /**
     * Default limits, as `memory: 2Gi`.
     */
    limits?: {
      [k: string]: Quantity
    }
  }
  /**
   * Who may see the stores, ExternalSecrets and Events of the tier, and no Secret. Events hold all that the operator says: without admission, also a malformed key.
   */
  viewers?: SubjectValues[]
  /**
   * Who may also make the operator read Scaleway now. Must be empty without admission.
   */
  operators?: SubjectValues[]
  network: NetworkValues
  /**
   * Secrets the workloads can't start without. One that is missing in Scaleway holds back the whole target.
   */
  required?: ExternalSecretValues
  /**
   * Secrets that may be missing in Scaleway. They have a target of their own, so that they hold nothing back.
   */
  optional?: ExternalSecretValues
  /**
   * Targets besides these two, by their name in the catalogue: for what not every workload gets, or for Secrets of a type.
   */
  targets?: {
    [k: string]: TargetValues
  }
}
/**
 * Who is bound to a Role.
 */
export interface SubjectValues {
  /**
   * What kind of subject it is.
   */
  kind: 'User' | 'Group' | 'ServiceAccount'
  /**
   * Name of the user, the group or the ServiceAccount.
   */
  name: string
  /**
   * Namespace of the ServiceAccount; for no other kind.
   */
  namespace?: KubernetesName
}
/**
 * Connections of the tier's pods; all others are denied.
 */
export interface NetworkValues {
  /**
   * Whether the pods of the tier reach each other on every port.
   */
  open: boolean
  /**
   * Connections into the tier, by name of the NetworkPolicy.
   */
  ingress?: {
    [k: string]: IngressValues
  }
  /**
   * Connections out of the tier, by name of the NetworkPolicy.
   */
  egress?: {
    [k: string]: EgressValues
  }
}
/**
 * Connections to some pods.
 */
export interface IngressValues {
  /**
   * Labels of the pods.
   */
  podLabels: Labels
  /**
   * What is let in.
   *
   * @minItems 1
   */
  rules: [
    {
      /**
       * The pods or networks that may connect.
       */
      from: Peers
      /**
       * The ports they may connect to.
       */
      ports: PortsValues
    },
    ...{
      /**
       * The pods or networks that may connect.
       */
      from: Peers
      /**
       * The ports they may connect to.
       */
      ports: PortsValues
    }[]
  ]
}
/**
 * Ports by protocol.
 */
export interface PortsValues {
  /**
   * Ports by TCP.
   */
  TCP?: PortNumbers
  /**
   * Ports by UDP.
   */
  UDP?: PortNumbers
}
/**
 * Connections of the tier's pods to some destinations.
 */
export interface EgressValues {
  /**
   * Labels of the pods that may connect. Without them, all pods of the tier.
   */
  podLabels?: Labels
  /**
   * What is let out.
   *
   * @minItems 1
   */
  rules: [
    {
      /**
       * Pods of the cluster, or networks outside it.
       */
      to: Peers
      /**
       * Ports of the destinations.
       */
      ports: PortsValues
    },
    ...{
      /**
       * Pods of the cluster, or networks outside it.
       */
      to: Peers
      /**
       * Ports of the destinations.
       */
      ports: PortsValues
    }[]
  ]
}
/**
 * An ExternalSecret and the target Secret it writes.
 */
export interface ExternalSecretValues {
  /**
   * Name of the ExternalSecret and of its target.
   */
  target: KubernetesName
  /**
   * Remote ref of each variable: `path:/folder/name`. Three Scaleway requests each per refresh.
   */
  data?: {
    [k: string]: RemoteRef
  }
  /**
   * Variables read from a field of a JSON remote secret. Three Scaleway requests each per refresh, also when several fields share a remote secret.
   */
  fields?: {
    [k: string]: FieldValues
  }
  /**
   * Flat JSON remote secrets by identity, each for all variables of it. Three Scaleway requests each per refresh, whatever the number of variables.
   */
  bundles?: {
    [k: string]: BundleValues
  }
  /**
   * Keys in the target by variable, where they differ from it: `TLS_CERT: tls.crt`.
   */
  keys?: {
    [k: string]: SecretKey
  }
}
/**
 * A field of a JSON remote secret.
 */
export interface FieldValues {
  /**
   * Remote ref of the JSON value.
   */
  remoteRef: RemoteRef
  /**
   * Path of the field for gjson: names with dots between them. A backslash stands before every sign in a name but `_`, `-` and `:`.
   */
  property: string
}
/**
 * A flat JSON remote secret, reduced to the keys listed.
 */
export interface BundleValues {
  /**
   * Remote ref of the JSON value.
   */
  remoteRef: RemoteRef
  /**
   * Keys of the JSON value that are delivered, and no others. Each is the name of a variable.
   *
   * @minItems 1
   */
  keys: [Variable, ...Variable[]]
}
/**
 * One more target of a tier.
 */
export interface TargetValues {
  /**
   * Type of the Secret; without it, Opaque. Kubernetes never changes the type of a Secret that exists.
   */
  type?: 'kubernetes.io/tls' | 'kubernetes.io/dockerconfigjson' | 'kubernetes.io/basic-auth' | 'kubernetes.io/ssh-auth'
  /**
   * Secrets of which none may be missing in Scaleway, as for the tier.
   */
  required?: ExternalSecretValues
  /**
   * Secrets that may be missing in Scaleway, in a Secret of type Opaque.
   */
  optional?: ExternalSecretValues
}

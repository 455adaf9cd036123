import { commandLine } from '../lib/command-line.ts'
import { groupBy } from '../lib/group.ts'
import { compare } from '../lib/problems.ts'
import { clusterKey } from '../model/clusters.ts'
import { durationSeconds } from '../model/duration.ts'
import { tierOperator } from '../model/operator.ts'
import type { EnvironmentModel, TierModel } from '../model/resolve.ts'
import { operatorObjectsText, tierOperatorObjectsText } from './operator-objects.ts'
import { type OperatorProxy, operatorProxyText } from './operator-proxy.ts'
import {
  definitionsAlone,
  definitionsElsewhere,
  definitionsHeader,
  tierHeader,
  tierScope,
} from './tier-operator-values.ts'

/**
 * Helm values of the operator's own chart, as YAML with a reason for every line. Always the same text for the same
 * application: an operator serves a whole cluster, and all clusters get the same.
 * Source of the facts: charts and flags of operator 0.20.1 and 2.9.0; the memory was measured with 0.20.4.
 *
 * @param models every environment: sizes follow the cluster with most ExternalSecrets
 * @param version of the operator and of its chart, e.g. `2.9.0`
 * @param proxy through which Scaleway is reached. Default: none
 */
export function operatorValuesText(
  models: readonly EnvironmentModel[],
  version: string,
  proxy?: OperatorProxy,
): string {
  const load = heaviestLoad(models, ({ tiers }) => tiers)
  const sections = [header(models[0]?.application ?? '', version), definitions, reconcilers]
  const objects = operatorObjectsText(
    models.flatMap(({ dns }) => dns),
    proxy?.port,
  )
  return [...sections, work(load), ...operatorProxyText(proxy), pod, services, rights, objects].join('\n')
}

/**
 * The same for an operator that serves one tier, with rights in its namespace alone: it can't read another tier's
 * Secrets, even when it is misused.
 *
 * @param models environments in which the tier has this namespace
 */
export function tierOperatorValuesText(
  models: readonly EnvironmentModel[],
  tier: TierModel,
  version: string,
  proxy?: OperatorProxy,
): string {
  const load = heaviestLoad(models, ({ tiers }) => tiers.filter(({ name }) => name === tier.name))
  const [{ application } = { application: '' }] = models
  const { namespace } = tierOperator(tier.namespace)
  const header = tierHeader({ application, tier: tier.name, namespace, tierNamespace: tier.namespace, version })
  const scope = tierScope(tier.namespace, application)
  const objects = tierOperatorObjectsText(
    tier.namespace,
    models.flatMap(({ dns }) => dns),
    proxy?.port,
  )
  const own = [header, definitionsElsewhere, scope, reconcilers, work(load), ...operatorProxyText(proxy)]
  return [...own, pod, services, rights, objects].join('\n')
}

/** The same for a release of the definitions alone, which the operators of the tiers need once per cluster. */
export function operatorDefinitionsText(version: string): string {
  return [definitionsHeader(version), definitions, definitionsAlone, services].join('\n')
}

/** ExternalSecrets worked on at the same time; more would only reach Scaleway's rate limit sooner. */
export const maxConcurrent = 8

// --- internal ---

interface Load {
  /** Kube context. */
  readonly cluster: string
  /** ExternalSecrets. */
  readonly objects: number
  /** Remote refs; each costs three Scaleway requests per refresh. */
  readonly refs: number
  /** The shortest. */
  readonly interval: string
}

const noLoad: Load = { cluster: 'none', objects: 1, refs: 0, interval: '1h0m0s' }

type TiersOf = (model: EnvironmentModel) => readonly TierModel[]

/** Of the cluster with most ExternalSecrets. */
function heaviestLoad(models: readonly EnvironmentModel[], tiersOf: TiersOf): Load {
  const clusters = [...groupBy(models, (model) => clusterKey(model, models)).values()].map((inside) =>
    loadOf(inside[0]?.kubeContext ?? '', inside, tiersOf),
  )
  const [load = noLoad] = clusters.sort((a, b) => b.objects - a.objects || compare(a.cluster, b.cluster))
  return load
}

function loadOf(cluster: string, models: readonly EnvironmentModel[], tiersOf: TiersOf): Load {
  const objects = models.flatMap((model) => tiersOf(model).flatMap((tier) => tier.externalSecrets))
  const intervals = models.map(({ refreshInterval }) => refreshInterval)
  const seconds = (text: string) => durationSeconds(text) ?? 0
  return {
    cluster,
    objects: objects.length,
    refs: objects.reduce((sum, { singles, bundles }) => sum + singles.length + bundles.length, 0),
    interval: intervals.sort((a, b) => seconds(a) - seconds(b))[0] ?? '',
  }
}

function header(application: string, version: string): string {
  return `# Values of the External Secrets Operator's own Helm chart, version ${version}, for ${application}.
# Printed by \`${commandLine`operator-values`}\`. Checked by hand with that version; the tests run an older one with them:
#   helm upgrade --install external-secrets external-secrets/external-secrets --version ${version} \\
#     --namespace external-secrets --create-namespace --values <this file>
# What the chart can't switch off: the metrics port (closed by the NetworkPolicy below) and the definitions of the
# generators (no rights are granted on them; admission refuses them in the namespaces of the tiers).
`
}

const definitions = `# The definitions are installed and removed with the matching operator.
installCRDs: true
crds:
  # A store, a generator or an ExternalSecret of the whole cluster reaches across tiers. Without its definition nobody
  # can make one, not even a cluster administrator by mistake.
  createClusterExternalSecret: false
  createClusterSecretStore: false
  createClusterGenerator: false
  # Pushing writes Secrets of the cluster to Scaleway; a tier's read-only key can't, and it may leak values.
  createClusterPushSecret: false
  createPushSecret: false
  conversion:
    # Converting asks the webhook, which is off below. There is one served version, so there is nothing to convert.
    enabled: false
`

const reconcilers = `# The operator must not wait for missing definitions: the operator would stop after two minutes.
processClusterExternalSecret: false
processClusterStore: false
processClusterGenerator: false
processClusterPushSecret: false
processPushSecret: false
genericTargets:
  # A target is a Secret. A ConfigMap would show its values to everyone who may read ConfigMaps.
  enabled: false
extraArgs:
  # No generator is used, so there is no state of one to clean up. In quotes: the chart takes a bare false for true.
  enable-generator-state: "false"
`

function work({ cluster, objects, refs, interval }: Load): string {
  return `# ${cluster}: ${objects} ExternalSecrets with ${refs} remote refs, read every ${interval}.
# A tier whose reads hang must not hold up the others. Each of these asks Scaleway one thing at a time.
concurrent: ${Math.min(Math.max(objects, 1), maxConcurrent)}
# The Secrets it wrote are kept when it stops, so a second replica would only help to refresh sooner.
replicaCount: 1
# During an upgrade two run for a moment, and both would write the same Secrets.
leaderElect: true
podDisruptionBudget:
  # With one replica it would stop every drain of a node.
  enabled: false
# Old ReplicaSets are for \`kubectl rollout undo\`; use Helm's own history to go back.
revisionHistoryLimit: 2
resources:
  requests:
    cpu: 10m
    # Measured: 62 MiB when idle, 72 MiB with 160 values, 80 MiB with 4,000. It caches the Secrets it writes and no
    # others, so the size of the cluster does not count. The published program has more providers in it.
    memory: 128Mi
  limits:
    # No limit on the CPU: throttling only delays a refresh.
    memory: 256Mi
log:
  # \`debug\` adds nothing about causes. No level prints a value; a malformed Scaleway key, however, is logged
  # as an error at all levels, which is why \`${commandLine`credentials`}\` lets none through.
  level: info
  timeEncoding: rfc3339
`
}

const pod = `livenessProbe:
  # Off by default; a hung operator would stop all refreshing unseen.
  enabled: true
# All of this fits the Pod Security level \`restricted\`; written out, so that no default loosens it.
securityContext:
  enabled: true
  allowPrivilegeEscalation: false
  capabilities:
    drop:
      - ALL
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  runAsUser: 1000
  seccompProfile:
    type: RuntimeDefault
# On the network of the node no NetworkPolicy holds.
hostNetwork: false
`

const services = `webhook:
  # It repeats what the catalogue, the chart's schema and the admission policies check, and is not a security control.
  # While it is down nobody can write an ExternalSecret, so every upgrade would have to wait for it.
  create: false
certController:
  # It serves the webhook alone, and needs to read and change every Secret of the cluster for that.
  create: false
serviceMonitor:
  # No series of it counts Scaleway requests, and the definition of ServiceMonitor may be missing. To turn it on, also
  # let the monitoring namespace in below, to port 8080.
  enabled: false
metrics:
  service:
    # They are not used.
    enabled: false
`

const rights = `rbac:
  # The chart's own rights can't be narrowed enough: they let the operator change stores, delete Secrets and read every
  # ConfigMap, and they give whoever has the built-in \`admin\` of a namespace stores, pushing and generators. Those below
  # take their place.
  create: false
  # In case \`create\` is switched on again; Scaleway asks for no token of a ServiceAccount.
  serviceAccountTokenCreate: false
  aggregateToView: false
  aggregateToEdit: false
  aggregateToAdmin: false
  servicebindings:
    # No operator of servicebinding.io reads ExternalSecrets here.
    create: false
serviceAccount:
  create: true
  # It uses the API server all the time.
  automount: true
`

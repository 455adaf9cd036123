import { commandLine } from '../lib/command-line.ts'

/**
 * The sections of the operator's values in which an operator of one tier differs from one of the whole cluster.
 */

export interface TierHeader {
  readonly application: string
  readonly tier: string
  /** Of the operator. */
  readonly namespace: string
  readonly tierNamespace: string
  readonly version: string
}

export function tierHeader({ application, tier, namespace, tierNamespace, version }: TierHeader): string {
  return `# Values of the External Secrets Operator's own Helm chart, version ${version}, for tier ${tier} of ${application}.
# Printed by \`${commandLine`operator-values --tier ${tier}`}\`. Every tier has a release of its own, in a namespace of its own:
#   helm upgrade --install external-secrets external-secrets/external-secrets --version ${version} \\
#     --namespace ${namespace} --create-namespace --values <this file>
# It needs the namespace ${tierNamespace}, which \`${commandLine`deploy`}\` makes, and the definitions, which are a
# release of their own, once per cluster: \`${commandLine`operator-values --crds`}\`.
`
}

export function definitionsHeader(version: string): string {
  return `# Values of the External Secrets Operator's own Helm chart, version ${version}: its definitions, and no operator.
# Printed by \`${commandLine`operator-values --crds`}\`:
#   helm upgrade --install external-secrets external-secrets/external-secrets --version ${version} \\
#     --namespace external-secrets --create-namespace --values <this file>
# Never uninstall it while a tier exists: deleting a definition deletes all ExternalSecrets, and with these all targets.
`
}

export const definitionsElsewhere = `# Two releases can't own the same definition, and removing the one that owns it deletes every ExternalSecret of the
# cluster.
installCRDs: false
`

/** One class for all tiers of an application: each of its operators looks at one namespace only. */
export function tierScope(tierNamespace: string, controllerClass: string): string {
  return `# It serves no other namespace, and has no rights there: see the Role below.
scopedNamespace: '${tierNamespace}'
# The stores of ${controllerClass} carry this class. An operator for the whole cluster then ignores them.
controllerClass: '${controllerClass}'
`
}

export const definitionsAlone = `# Each tier has an operator of its own: \`${commandLine`operator-values --tier <name>`}\`. This release keeps the definitions,
# and has neither a program nor rights. If it ran an operator for all tiers, this upgrade removes it.
createOperator: false
serviceAccount:
  create: false
rbac:
  create: false
  servicebindings:
    create: false
`

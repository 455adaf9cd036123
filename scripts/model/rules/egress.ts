import { type Cidr, cidrText, networkOf, overlap, parseCidr } from '../../lib/cidr.ts'
import type { Problem } from '../../lib/problems.ts'
import { namesOf } from '../names.ts'
import type { EnvironmentSpec } from '../types.ts'
import { kubernetesName, nameLimit } from './names.ts'
import { egressRules } from './network.ts'
import { atEnvironment, quoted, type Rule } from './rule.ts'

/**
 * Where a machine asks its provider for its identity and credentials. Source: RFC 3927 and RFC 4291 (link-local); Scaleway
 * documentation, metadata API: 169.254.42.42 and fd00:42::42.
 */
const metadataNetworks: readonly string[] = ['169.254.0.0/16', 'fe80::/10', 'fd00:42::42/128']

export const egressNetworksAreNarrow: Rule = ({ catalogue }) =>
  egressRules(catalogue).flatMap(({ where, spec: { to } }) => {
    if (typeof to !== 'object' || !('cidr' in to)) return []
    const cidr = parseCidr(to.cidr)
    const problem = cidr ? widthProblem(to.cidr, cidr) : invalid(to.cidr)
    return problem ? [{ where, ...problem }] : []
  })

/** Connections into a tier are allowed only to the port of a workload that says so. */
export const egressStaysOutsideTheTiers: Rule = ({ catalogue, environments }) =>
  egressRules(catalogue).flatMap(({ where, spec: { to } }): Problem[] => {
    if (typeof to !== 'object' || !('namespace' in to)) return []
    const { namespace } = to
    if (!isNamespace(namespace)) return [{ where, ...invalidNamespace(namespace, 'to.namespace') }]
    const tiers = Object.keys(catalogue.tiers).filter((tier) =>
      Object.values(environments).some((spec) => namesOf(catalogue, tier, spec).namespace === namespace),
    )
    if (tiers.length === 0) return []
    return [
      {
        code: 'EGRESS_INTO_TIER',
        where,
        message: `"${namespace}" is the namespace of tier ${quoted(tiers)}. Expected a namespace outside the tiers.`,
        fix: 'Remove the egress, and add this tier to reachableFrom of the workload.',
      },
    ]
  })

export const clusterNamespacesAreOutsideTheTiers: Rule = ({ catalogue, environments }) =>
  Object.entries(environments).flatMap(([environment, spec]) =>
    clusterNamespaces(spec).flatMap(({ field, namespace, code, because, fix }): Problem[] => {
      const where = atEnvironment(environment)
      if (!isNamespace(namespace)) return [{ where, ...invalidNamespace(namespace, field) }]
      const tiers = Object.keys(catalogue.tiers).filter(
        (tier) => namesOf(catalogue, tier, spec).namespace === namespace,
      )
      if (tiers.length === 0) return []
      const message = `${field} is "${namespace}", the namespace of tier ${quoted(tiers)}. Expected a namespace outside the tiers: ${because}.`
      return [{ code, where, message, fix }]
    }),
  )

// --- internal ---

type PlacelessProblem = Omit<Problem, 'where'>

/** The namespaces of others that an environment names. */
function clusterNamespaces({ ingressNamespace, dns }: EnvironmentSpec) {
  const ingress = {
    field: 'ingressNamespace',
    namespace: ingressNamespace,
    code: 'INGRESS_NAMESPACE_IS_TIER',
    because: 'every pod in it counts as the ingress controller',
    fix: 'Name the namespace in which the ingress controller runs.',
  }
  const names = {
    field: 'dns.namespace',
    namespace: dns?.namespace,
    code: 'DNS_NAMESPACE_IS_TIER',
    because: 'every tier may connect to the DNS of the cluster',
    fix: 'Name the namespace in which the DNS of the cluster runs.',
  }
  return [ingress, names].flatMap(({ namespace, ...rest }) => (namespace === undefined ? [] : [{ namespace, ...rest }]))
}

function invalid(text: string): PlacelessProblem {
  return {
    code: 'CIDR_INVALID',
    message: `"${text}" is not a network. Expected an address and a prefix length, such as 10.0.0.0/8 or 2001:db8::/32.`,
    fix: 'Correct the cidr.',
  }
}

function widthProblem(text: string, cidr: Cidr): PlacelessProblem | undefined {
  const canonical = cidrText(networkOf(cidr))
  if (text !== canonical) {
    return {
      code: 'CIDR_NOT_CANONICAL',
      message: `"${text}" means the network ${canonical}. Expected it in that form: a single address has prefix 32, or 128.`,
      fix: `Write ${canonical}, or the prefix that was meant.`,
    }
  }
  if (cidr.prefix === 0) {
    return {
      code: 'EGRESS_TO_EVERYTHING',
      message: `"${text}" is every address, those of the cluster and of the cloud's metadata among them. Expected a network, or "internet".`,
      fix: 'Write `to: "internet"` for the public addresses.',
    }
  }
  const metadata = metadataNetworks.find((network) => {
    const forbidden = parseCidr(network)
    return forbidden !== undefined && overlap(forbidden, cidr)
  })
  if (metadata === undefined) return undefined
  return {
    code: 'EGRESS_TO_METADATA',
    message: `"${text}" has addresses of ${metadata}, where the cloud answers with the credentials of the machine. Expected a network without them.`,
    fix: 'Narrow the cidr to the network that is meant.',
  }
}

function isNamespace(name: string): boolean {
  return kubernetesName.test(name) && name.length <= nameLimit
}

function invalidNamespace(name: string, field: string): PlacelessProblem {
  return {
    code: 'KUBERNETES_NAME_INVALID',
    message: `${field} is "${name}". Expected at most ${nameLimit} lowercase letters, digits and hyphens, with a letter or digit at both ends.`,
    fix: 'Correct the name of the namespace.',
  }
}

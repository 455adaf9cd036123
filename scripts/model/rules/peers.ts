import { type Cidr, cidrText, networkOf, overlap, parseAddress, parseCidr } from '../../lib/cidr.ts'
import type { Problem } from '../../lib/problems.ts'
import { namesOf } from '../names.ts'
import type { Application } from '../types.ts'
import { kubernetesName, nameLimit } from './names.ts'
import { type PeerEntry, peerEntries } from './network-entries.ts'
import { atEnvironment, quoted, type Rule, tiersIn } from './rule.ts'

export const peerNetworksAreNarrow: Rule = (application) =>
  peerEntries(application).flatMap(({ where, role, spec }) => {
    if (!('cidr' in spec)) return []
    const cidr = parseCidr(spec.cidr)
    const problem = cidr ? widthProblem(spec.cidr, cidr, role) : invalid(spec.cidr)
    return problem ? [{ where, ...problem }] : []
  })

/** A tier is entered and left only as its workloads say. */
export const peersAreOutsideTheTiers: Rule = (application) =>
  peerEntries(application).flatMap((entry): Problem[] => {
    const { where, role, field, spec } = entry
    if ('cidr' in spec) return []
    const { namespace } = spec
    if (!isNamespace(namespace)) return [{ where, ...invalidNamespace(namespace, field) }]
    const tiers = tiersAt(application, entry, namespace)
    if (tiers.length === 0) return []
    const { code, because, fix } = inTier[role]
    const fact =
      entry.environment === undefined
        ? `"${namespace}" is the namespace of tier ${quoted(tiers)}`
        : `${field} is "${namespace}", the namespace of tier ${quoted(tiers)}`
    return [{ code, where, message: `${fact}. Expected a namespace outside the tiers${because}.`, fix }]
  })

export const ingressControllersAreNamed: Rule = ({ environments }) =>
  Object.entries(environments).flatMap(([environment, { ingressNamespace, ingressControllers }]): Problem[] => {
    const where = atEnvironment(environment)
    const misnamed = Object.keys(ingressControllers ?? {}).filter((name) => !isNamespace(name))
    const twice = ingressNamespace !== undefined && ingressControllers !== undefined
    return [
      ...misnamed.map((name) => ({
        code: 'KUBERNETES_NAME_INVALID',
        where,
        message: `an ingress controller is named "${name}". ${expectedName}`,
        fix: 'Rename the ingress controller.',
      })),
      ...(twice
        ? [
            {
              code: 'INGRESS_CONTROLLERS_TWICE',
              where,
              message: 'ingressNamespace and ingressControllers are both set. Expected one of them.',
              fix: `Remove ingressNamespace, and add \`{ namespace: '${ingressNamespace}' }\` to ingressControllers under a name if it is not among them.`,
            },
          ]
        : []),
    ]
  })

// --- internal ---

type PlacelessProblem = Omit<Problem, 'where'>

/**
 * Addresses at which a machine asks its provider for its identity and credentials: of most clouds, of containers and pods at
 * AWS, of Scaleway, and the IPv6 ones of Scaleway, AWS and Google. Sources: the documentation of these clouds; Scaleway,
 * metadata API: 169.254.42.42 and fd00:42::42.
 */
const metadataAddresses: readonly string[] = [
  ...['169.254.42.42', '169.254.169.254', '169.254.170.2', '169.254.170.23'].flatMap(withTwins),
  ...['fd00:42::42', 'fd00:ec2::254', 'fd00:ec2::23', 'fd20:ce::254'],
]

/** With its link-local IPv6 address, as OpenStack has it (`fe80::a9fe:a9fe`), and the IPv6 form of the address itself. */
function withTwins(address: string): string[] {
  return [address, `fe80::${address}`, `::ffff:${address}`]
}

const inTier: Readonly<Record<PeerEntry['role'], { code: string; because: string; fix: string }>> = {
  source: {
    code: 'SOURCE_IS_TIER',
    because: '',
    fix: 'Name the tier, or a workload of it as tier/workload, instead of its namespace.',
  },
  destination: {
    code: 'EGRESS_INTO_TIER',
    because: '',
    fix: 'Name the workload instead, as `{ tier, workload }`, and add this tier to its reachableFrom.',
  },
  'ingress controller': {
    code: 'INGRESS_NAMESPACE_IS_TIER',
    because: ': every pod in it counts as the ingress controller',
    fix: 'Name the namespace in which the ingress controller runs.',
  },
  dns: {
    code: 'DNS_NAMESPACE_IS_TIER',
    because: ': every tier may connect to the DNS of the cluster',
    fix: 'Name the namespace in which the DNS of the cluster runs.',
  },
}

/** The tiers that have the namespace in the cluster of the entry's environment, or in any. */
function tiersAt(application: Application, { environment }: PeerEntry, namespace: string): string[] {
  if (environment !== undefined) return tiersIn(application, environment, namespace)
  const { catalogue, environments } = application
  return Object.keys(catalogue.tiers).filter((tier) =>
    Object.values(environments).some((spec) => namesOf(catalogue, tier, spec).namespace === namespace),
  )
}

function invalid(text: string): PlacelessProblem {
  const address = parseAddress(text)
  return {
    code: 'CIDR_INVALID',
    message: `"${text}" is not a network. Expected an address and a prefix length, such as 10.0.0.0/8 or 2001:db8::/32.`,
    fix: address ? `Write ${cidrText(address)} for this one address.` : 'Correct the cidr.',
  }
}

function widthProblem(text: string, cidr: Cidr, role: PeerEntry['role']): PlacelessProblem | undefined {
  const canonical = cidrText(networkOf(cidr))
  if (text !== canonical) {
    return {
      code: 'CIDR_NOT_CANONICAL',
      message: `"${text}" means the network ${canonical}. Expected it in that form: a single address has prefix 32, or 128.`,
      fix: `Write ${canonical}, or the prefix that was meant.`,
    }
  }
  const isSource = role === 'source' || role === 'ingress controller'
  if (cidr.prefix === 0) {
    return isSource
      ? {
          code: 'SOURCE_IS_EVERYTHING',
          message: `"${text}" is every address, those of all pods among them. Expected a network, or "internet".`,
          fix: "Name the network, or list `'internet'` in reachableFrom for the public addresses.",
        }
      : {
          code: 'EGRESS_TO_EVERYTHING',
          message: `"${text}" is every address, those of the cluster and of the cloud's metadata among them. Expected a network, or "internet".`,
          fix: 'Write `to: "internet"` for the public addresses.',
        }
  }
  const metadata = isSource ? undefined : metadataAddresses.find((address) => isIn(address, cidr))
  if (metadata === undefined) return undefined
  return {
    code: 'EGRESS_TO_METADATA',
    message: `"${text}" holds ${metadata}, where a cloud answers with the credentials of the machine. Expected a network without it.`,
    fix: 'Narrow the cidr to the network that is meant.',
  }
}

function isIn(address: string, cidr: Cidr): boolean {
  const parsed = parseAddress(address)
  return parsed !== undefined && overlap(parsed, cidr)
}

function isNamespace(name: string): boolean {
  return kubernetesName.test(name) && name.length <= nameLimit
}

const expectedName = `Expected at most ${nameLimit} lowercase letters, digits and hyphens, with a letter or digit at both ends.`

function invalidNamespace(name: string, field: string): PlacelessProblem {
  return {
    code: 'KUBERNETES_NAME_INVALID',
    message: `${field} is "${name}". ${expectedName}`,
    fix: 'Correct the name of the namespace.',
  }
}

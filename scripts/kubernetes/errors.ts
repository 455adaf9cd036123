import { kubectl } from '../lib/command-line.ts'
import { type CertificateFault, certificateFix, connectionFault } from '../lib/connection-fault.ts'
import { exitCodes, ProblemError } from '../lib/problems.ts'
import { missingRightFix } from '../model/rbac.ts'

/** A response of the API server other than success. */
export class KubernetesError extends Error {
  /** HTTP status code. */
  readonly status: number
  /** `NotFound`, `Conflict`, `Forbidden`, `Invalid`, … as in the answer's Status object. */
  readonly reason: string
  /** The answer has no Status object: something else than an API server may have given it. */
  readonly isForeign: boolean

  constructor(request: string, status: number, reason: string, message: string, isForeign = false) {
    super(`${request}: ${message} (${status} ${reason})`)
    this.name = 'KubernetesError'
    this.status = status
    this.reason = reason
    this.isForeign = isForeign
  }
}

/** Reads the Status object of a failed answer; of anything else (a proxy's HTML page) only the status code is reported. */
export function toKubernetesError(request: string, status: number, body: string): KubernetesError {
  try {
    const parsed = JSON.parse(body) as { reason?: unknown; message?: unknown }
    if (typeof parsed.message === 'string') {
      return new KubernetesError(request, status, String(parsed.reason || 'Unknown'), parsed.message)
    }
  } catch {
    // Not JSON: reported below.
  }
  return new KubernetesError(request, status, 'Unknown', `the server answered with status ${status}`, true)
}

export function isNotFound(error: unknown): boolean {
  return error instanceof KubernetesError && error.status === 404
}

/** The object has changed since it was read, or exists already. */
export function isConflict(error: unknown): boolean {
  return error instanceof KubernetesError && error.status === 409
}

/** We have no right to do it. */
export function isForbidden(error: unknown): boolean {
  return error instanceof KubernetesError && error.status === 403
}

/** Nothing can be created in a namespace that is being deleted, whatever the rights. */
export function isEnding(error: KubernetesError): boolean {
  return isForbidden(error) && error.message.includes('because it is being terminated')
}

/** What to do about that. */
export function endingFix({ message }: KubernetesError): string {
  const [, namespace] = /in namespace (\S+) because/.exec(message) ?? []
  const look =
    namespace === undefined ? '' : `; \`${kubectl`describe namespace ${namespace}`}\` tells what holds it back`
  return `Wait until the namespace is deleted, then run the same command again${look}.`
}

/** A missing right, and not a refused object: admission and quotas answer 403 too, and who may not make a policy gets a 422. */
export function isRightMissing(error: unknown): boolean {
  if (!(error instanceof KubernetesError)) return false
  if (error.status === 422)
    return /permission (on all objects of|on the object referenced|for all groups)/.test(error.message)
  const isOther = error.isForeign || isEnding(error) || /denied (the )?request|exceeded quota/.test(error.message)
  return isForbidden(error) && !isOther
}

/** A refusal of the API server as a problem to show; other errors unchanged. */
export function clusterProblem(error: unknown): unknown {
  if (!(error instanceof KubernetesError)) return error
  return new ProblemError(
    {
      code: 'CLUSTER_REFUSED',
      where: 'the cluster',
      message: `${error.message.replace(/\.$/, '')}. Expected success.`,
      fix: fixOf(error),
    },
    exitCodes.unreachable,
  )
}

/** For a connection that can't be made or breaks. */
export function unreachable(server: string, error: unknown): ProblemError {
  const { fact, fix, certificate, through } = connectionFault(error)
  return new ProblemError(
    {
      code: 'CLUSTER_UNREACHABLE',
      where: server,
      message: `the cluster can't be reached${through ? ` through ${through}` : ''}: ${fact}. Expected a response from its API server.`,
      fix: certificate ? trustFix(server, certificate) : (fix ?? otherFix(fact)),
    },
    exitCodes.unreachable,
  )
}

// --- internal ---

function fixOf(error: KubernetesError): string {
  if (error.status === 401) return 'Log in to the cluster: the kubeconfig has no valid login, or the login has expired.'
  if (isRightMissing(error)) return missingRightFix()
  if (isEnding(error)) return endingFix(error)
  if (error.isForeign)
    return "It is not an answer of Kubernetes: check server in the kubeconfig's cluster entry, its https:// too, and whether a proxy or a login page is in between (HTTPS_PROXY, proxy-url). Behind a load balancer, wait and run the same command again."
  return 'Correct what the API server complains about, or run the same command again later.'
}

function trustFix(server: string, fault: CertificateFault): string {
  const { host } = new URL(server)
  if (fault === 'unknown-authority')
    return "Put the authority of this server's certificate, or of the proxy that opens TLS connections to it, into certificate-authority of the kubeconfig's cluster entry. Without such a proxy, download the kubeconfig again: either the cluster has a new authority, or another server answers."
  if (fault === 'other-name')
    return "Correct server in the kubeconfig's cluster entry, or set tls-server-name there to a name that the certificate has."
  return certificateFix(fault, host) ?? otherFix('')
}

function otherFix(code: string): string {
  if (/^(ERR_SSL|EPROTO)/.test(code))
    return "The server speaks TLS otherwise, or not at all, or refuses the client certificate: check server and user in the kubeconfig's entries."
  return 'Check that the cluster runs, that the kubeconfig names its address, and that no firewall, VPN or missing proxy (HTTPS_PROXY, proxy-url) is in between.'
}

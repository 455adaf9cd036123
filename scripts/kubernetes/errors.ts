import { exitCodes, ProblemError } from '../lib/problems.ts'

/** A response of the API server other than success. */
export class KubernetesError extends Error {
  /** HTTP status code. */
  readonly status: number
  /** `NotFound`, `Conflict`, `Forbidden`, `Invalid`, … as in the answer's Status object. */
  readonly reason: string

  constructor(request: string, status: number, reason: string, message: string) {
    super(`${request}: ${message} (${status} ${reason})`)
    this.name = 'KubernetesError'
    this.status = status
    this.reason = reason
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
  return new KubernetesError(request, status, 'Unknown', `the server answered with status ${status}`)
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

/** A missing right, and not a refused object: admission and quotas answer 403 too. */
export function isRightMissing(error: unknown): boolean {
  return isForbidden(error) && !/denied (the )?request|exceeded quota/.test((error as KubernetesError).message)
}

/** A refusal of the API server as a problem to show; other errors unchanged. */
export function clusterProblem(error: unknown): unknown {
  if (!(error instanceof KubernetesError)) return error
  return new ProblemError(
    {
      code: 'CLUSTER_REFUSED',
      where: 'the cluster',
      message: `${error.message.replace(/\.$/, '')}. Expected success.`,
      fix:
        error.status === 401 || error.status === 403
          ? 'Log in to the cluster, or ask its administrator for this right.'
          : 'Correct what the API server complains about, or run the same command again later.',
    },
    exitCodes.unreachable,
  )
}

/** For a connection that can't be made or breaks. */
export function unreachable(server: string, error: NodeJS.ErrnoException): ProblemError {
  const isTls = /CERT|SELF_SIGNED|ALTNAME|SSL|TLS/.test(error.code ?? '')
  return new ProblemError(
    {
      code: 'CLUSTER_UNREACHABLE',
      where: server,
      message: `the cluster can't be reached: ${error.code ?? error.message}. Expected a response from its API server.`,
      fix: isTls
        ? "Check the certificate authority of the kubeconfig's cluster entry: it doesn't fit this server's certificate."
        : 'Check that the cluster runs, that the kubeconfig names its address, and that no firewall or VPN is in between.',
    },
    exitCodes.unreachable,
  )
}

import { type ConnectionFault, certificateFix } from '../lib/connection-fault.ts'
import { exitCodes, ProblemError } from '../lib/problems.ts'
import { defaultTimeoutMs, type ScalewayConnection } from './connection.ts'

/**
 * The problem for a request that got no response.
 *
 * @param where the request, without what is secret in its path
 */
export function unreachable(
  where: string,
  account: ScalewayConnection,
  { fact, fix, certificate, through }: ConnectionFault,
): ProblemError {
  const { host } = new URL(account.apiUrl)
  const seconds = (account.timeoutMs ?? defaultTimeoutMs) / 1000
  const why = fact === 'ETIMEDOUT' ? `it does not answer within ${seconds} seconds (${fact})` : fact
  return new ProblemError(
    {
      code: 'SCALEWAY_UNREACHABLE',
      where,
      message: `${host} can't be reached${through ? ` through ${through}` : ''}: ${why}. Expected a response.`,
      fix:
        (certificate ? (certificateFix(certificate, host) ?? trustFix(host)) : fix) ??
        'Check the network, and whether it needs a proxy (HTTPS_PROXY), then run the same command again.',
    },
    exitCodes.unreachable,
  )
}

// --- internal ---

function trustFix(host: string): string {
  return `If a proxy of your network opens TLS connections, get the certificate of its authority in PEM form from whoever runs it, and set NODE_EXTRA_CA_CERTS to that file. Without such a proxy, stop here: another server answers in place of ${host}.`
}

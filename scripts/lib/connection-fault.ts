import type { ProxyServer } from './proxies.ts'

/** A proxy that can't be reached, or gives no connection to the server. */
export class ProxyFailure extends Error {
  readonly proxy: ProxyServer
  /** Of its answer to CONNECT; undefined when it gave none. */
  readonly status: number | undefined
  /** `ECONNREFUSED`, a certificate's code, or what a SOCKS proxy says. */
  readonly code: string | undefined

  constructor(
    proxy: ProxyServer,
    why: { readonly status?: number; readonly code?: string | undefined; readonly message?: string },
  ) {
    const socks = proxy.url.protocol.startsWith('socks') ? why.message?.slice(0, 100) : undefined
    super(`the proxy ${proxy.shown} fails`)
    this.name = 'ProxyFailure'
    this.proxy = proxy
    this.status = why.status
    this.code = why.code ?? socks
  }
}

/** Why there is no connection, as sentences: what is true, and what to do about it. */
export interface ConnectionFault {
  /** Completes "<server> can't be reached: …". Names the error code. */
  readonly fact: string
  /** Undefined: whoever asked knows better. */
  readonly fix: string | undefined
  /** Trying again can help: the next attempt may find another answer. */
  readonly mayPass: boolean
  /** `the proxy http://proxy.example:3128 (HTTPS_PROXY)`, through which the connection went; undefined: directly, or it is in the fact. */
  readonly through?: string
  /** A certificate that fails, of the server or of whoever answers in its place. */
  readonly certificate?: CertificateFault
}

/** What is wrong with a certificate. */
export type CertificateFault = 'unknown-authority' | 'expired' | 'not-yet-valid' | 'other-name' | 'not-accepted'

/** Remembers through which proxy the connection went that ended with an error. */
export function throughProxy(error: Error, proxy: ProxyServer): Error {
  proxies.set(error, proxy)
  return error
}

/** Classifies what a request ended with. */
export function connectionFault(error: unknown): ConnectionFault {
  if (error instanceof ProxyFailure) return proxyFault(error)
  const code = codeOf(error)
  const certificate = certificateFault(code)
  const proxy = error instanceof Error ? proxies.get(error) : undefined
  const through = proxy ? { through: nameOf(proxy) } : {}
  if (certificate)
    return { fact: certificateFact(certificate, code), fix: undefined, mayPass: false, certificate, ...through }
  const fix =
    proxy && exception(proxy, 'Check the network, and whether the proxy lets TLS to this address through as it is')
  return { fact: code, fix, mayPass: true, ...through }
}

/** Undefined: the code is not one of a certificate. Codes: OpenSSL's X509_V_ERR_…, as Node shortens them, and Node's own. */
export function certificateFault(code: string): CertificateFault | undefined {
  if (code === 'CERT_HAS_EXPIRED') return 'expired'
  if (code === 'CERT_NOT_YET_VALID') return 'not-yet-valid'
  if (/^ERR_TLS_CERT_ALTNAME|^HOSTNAME_MISMATCH$/.test(code)) return 'other-name'
  if (/SELF_SIGNED_CERT|UNABLE_TO_GET_ISSUER_CERT|UNABLE_TO_VERIFY_LEAF|^CERT_UNTRUSTED$/.test(code))
    return 'unknown-authority'
  const others =
    /^(CERT_|UNABLE_TO_(DECRYPT|DECODE|GET_CRL)|ERROR_IN_C|CRL_|INVALID_CA$|INVALID_PURPOSE$|PATH_LENGTH_EXCEEDED$)|_(KEY_TOO_SMALL|MD_TOO_WEAK)$/
  return others.test(code) ? 'not-accepted' : undefined
}

/** What helps besides another authority, for a certificate of `host`; undefined when it is the authority that is unknown. */
export function certificateFix(fault: CertificateFault, host: string): string | undefined {
  const fixes: Readonly<Record<CertificateFault, string | undefined>> = {
    'unknown-authority': undefined,
    expired: `Compare the clock of this machine with the real time. If the clock is right, whoever answers for ${host} has to renew the certificate: the server, or a proxy in between that opens TLS connections.`,
    'not-yet-valid': `Compare the clock of this machine with the real time. If the clock is right, whoever answers for ${host} has a certificate that begins later.`,
    'other-name': `Find out who answers for ${host}: a wrong address, a proxy, or a login page of the network.`,
    'not-accepted': `Look at the certificate: openssl s_client -connect ${host} -showcerts; whoever answers for ${host} has to replace it.`,
  }
  return fixes[fault]
}

// --- internal ---

const proxies = new WeakMap<Error, ProxyServer>()

const nameOf = ({ shown, source }: ProxyServer) => `the proxy ${shown} (${source})`

const certificateFacts: Readonly<Record<CertificateFault, string>> = {
  'unknown-authority': 'its certificate comes from an authority that is not known here',
  expired: 'its certificate has expired',
  'not-yet-valid': 'its certificate is not valid yet',
  'other-name': 'its certificate is for another name',
  'not-accepted': 'its certificate is not accepted',
}

function certificateFact(fault: CertificateFault, code: string): string {
  return `${certificateFacts[fault]} (${code})`
}

function proxyFault({ proxy, status, code }: ProxyFailure): ConnectionFault {
  const named = nameOf(proxy)
  if (status === 407) {
    const has = proxy.login === undefined ? 'none is given' : 'the given ones are refused'
    return {
      fact: `${named} asks for a user name and a password (407), and ${has}`,
      fix: `Put them into ${proxy.source}: http://user:password@host:port, percent-encoded. A proxy that takes no password but only Kerberos or NTLM needs a local one in between.`,
      mayPass: false,
    }
  }
  if (status !== undefined) {
    const isBusy = status >= 500
    return {
      fact: `${named} answers ${status} to CONNECT, ${isBusy ? "so that it can't connect to it" : 'so that it does not allow it'}`,
      fix: isBusy
        ? 'Wait and run the same command again; if the proxy never gets there, it has no way to this address, or does not find its name.'
        : exception(proxy, 'Have whoever runs the proxy allow this address'),
      mayPass: isBusy,
    }
  }
  const certificate = certificateFault(code ?? '')
  if (certificate && code !== undefined) {
    return {
      fact: `${named} is not trusted: ${certificateFact(certificate, code)}`,
      fix:
        certificateFix(certificate, proxy.url.host) ??
        'Set NODE_EXTRA_CA_CERTS to a PEM file with the authority of the proxy.',
      mayPass: false,
    }
  }
  return {
    fact: `${named} gives no connection: ${code ?? 'it ended the connection without an answer'}`,
    fix: exception(proxy, `Correct ${proxy.source}, or start the proxy`),
    mayPass: true,
  }
}

/** The exceptions of the environment don't count for a proxy of the kubeconfig. */
function exception({ source }: ProxyServer, first: string): string {
  return /_proxy$/i.test(source)
    ? `${first}, or name the address in NO_PROXY if it is reached without.`
    : `${first}, or remove it from the kubeconfig if the cluster is reached without.`
}

function codeOf(error: unknown): string {
  const { code, cause, message } = error as NodeJS.ErrnoException
  if (code === undefined && cause instanceof Error) return codeOf(cause)
  return code ?? message
}

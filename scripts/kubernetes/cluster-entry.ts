import { hostOf, isLoopback, kubeconfigProxy, type ProxyOf } from '../lib/proxies.ts'
import { isRecord } from '../lib/record.ts'
import type { ExecCluster } from './exec-login.ts'
import { badField, type Entry, flag, pem, text } from './kubeconfig-entries.ts'

/** Where a cluster is and how it is trusted, as a kubeconfig's cluster entry says. */
export interface ClusterAddress {
  /** `https://host:port` with a path if it has one, without a trailing slash. */
  readonly server: string
  /** PEM text. */
  readonly ca?: string
  readonly skipVerify: boolean
  readonly serverName?: string
  /** Of the kubeconfig. Default: as the environment says */
  readonly proxyOf?: ProxyOf
}

/**
 * Reads a cluster entry as client-go does, and refuses what client-go refuses.
 * Source: client-go, tools/clientcmd (client_config.go, validation.go), transport/transport.go.
 *
 * @throws ProblemError `BAD_KUBECONFIG`, `PROXY_INVALID`
 */
export async function readCluster(entry: Entry): Promise<ClusterAddress> {
  const server = serverOf(entry)
  const ca = await pem(entry, 'certificate-authority')
  const skipVerify = flag(entry, 'insecure-skip-tls-verify')
  if (skipVerify && ca !== undefined)
    throw badField(entry, 'insecure-skip-tls-verify', 'is true, and there is a certificate-authority. Expected one')
  const serverName = text(entry, 'tls-server-name')
  const proxy = text(entry, 'proxy-url')
  return {
    server,
    skipVerify,
    ...(ca === undefined ? {} : { ca }),
    ...(serverName === undefined ? {} : { serverName }),
    ...(proxy === undefined ? {} : { proxyOf: kubeconfigProxy(proxy, `${entry.file} ${entry.title} proxy-url`) }),
  }
}

/** Whether what is sent there can be read on the way: plain HTTP to another machine. */
export function isOpenToOthers(server: string): boolean {
  const url = new URL(server)
  return url.protocol === 'http:' && !isLoopback(hostOf(url))
}

/** What a login plugin may know about the cluster. Source: client-go, rest/exec.go. */
export function execCluster(entry: Entry, { server, skipVerify, ca, serverName }: ClusterAddress): ExecCluster {
  const proxy = text(entry, 'proxy-url')
  const extensions: unknown[] = Array.isArray(entry.body.extensions) ? entry.body.extensions : []
  const own = extensions.filter(isRecord).find(({ name }) => name === 'client.authentication.k8s.io/exec')
  return {
    server,
    ...(serverName === undefined ? {} : { 'tls-server-name': serverName }),
    ...(skipVerify ? { 'insecure-skip-tls-verify': true } : {}),
    ...(ca === undefined ? {} : { 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
    ...(proxy === undefined ? {} : { 'proxy-url': proxy }),
    ...(own === undefined ? {} : { config: own.extension }),
  }
}

// --- internal ---

/** kubectl and Helm take an address without a scheme for plain HTTP, without credentials; nobody means that. */
function serverOf(entry: Entry): string {
  const typed = text(entry, 'server')?.trim()
  if (!typed) throw badField(entry, 'server', 'is not set. Expected https://host:port')
  if (!/^[a-z][a-z\d+.-]*:\/\//i.test(typed)) {
    const isHost = URL.canParse(`https://${typed}`) && !typed.includes('@')
    const example = isHost ? `https://${typed}` : 'https://host:port'
    throw badField(entry, 'server', `has no scheme, which means plain HTTP to kubectl. Expected ${example}`)
  }
  const url = URL.canParse(typed) ? new URL(typed) : undefined
  if (!url || !['https:', 'http:'].includes(url.protocol) || url.hostname === '')
    throw badField(entry, 'server', 'is not an address. Expected https://host:port')
  if (url.username !== '' || url.password !== '')
    throw badField(entry, 'server', 'has a user name or password in it. Expected them at the user: username, password')
  return `${url.protocol}//${url.host}${url.pathname}`.replace(/\/+$/, '')
}

import { environmentProxies, hostOf, isLoopback, portOf } from '../lib/proxies.ts'

/** The proxy through which an operator reaches Scaleway. Nothing in it is secret. */
export interface OperatorProxy {
  /** `http://proxy.example:3128` */
  readonly address: string
  readonly port: number
  /** It asks for a user name and a password, which no values file holds. */
  readonly hasLogin: boolean
  /** What is reached without it, as NO_PROXY takes it. */
  readonly exceptions: string
}

const scaleway = new URL('https://api.scaleway.com')

/**
 * The proxy that HTTPS_PROXY and NO_PROXY name for Scaleway, for an operator in a cluster.
 *
 * @returns undefined when there is none; `this-machine` for one that no pod reaches
 * @throws ProblemError `PROXY_INVALID`
 */
export function operatorProxy(
  env: Readonly<Record<string, string | undefined>>,
): OperatorProxy | 'this-machine' | undefined {
  const proxy = environmentProxies(env)?.(scaleway)
  if (!proxy) return undefined
  if (isLoopback(hostOf(proxy.url))) return 'this-machine'
  const own = (env.NO_PROXY || env.no_proxy || '').split(',').map((part) => part.trim())
  const exceptions = [...new Set([apiServer, '.svc', ...own.filter((part) => part !== '')])].join(',')
  return { address: proxy.shown, port: portOf(proxy.url), hasLogin: proxy.login !== undefined, exceptions }
}

/** The section of the operator's values; nothing without a proxy. */
export function operatorProxyText(proxy: OperatorProxy | undefined): string[] {
  if (!proxy) return []
  const value = proxy.hasLogin ? secretValue : `    value: ${JSON.stringify(proxy.address)}\n`
  return [
    `extraEnv:
  # Scaleway is reached through the proxy that HTTPS_PROXY names where this was printed; --no-proxy leaves it out. If
  # it opens TLS connections, the operator needs its authority too: extraVolumes, extraVolumeMounts, SSL_CERT_DIR here.
  - name: HTTPS_PROXY
${value}  - name: NO_PROXY
    # The API server is reached directly: Kubernetes replaces the variable by its address.
    value: ${JSON.stringify(proxy.exceptions)}
`,
  ]
}

// --- internal ---

const apiServer = '$(KUBERNETES_SERVICE_HOST)'

const secretValue = `    # With a user name and a password, which no values file may hold. In the namespace of the operator:
    #   kubectl create secret generic external-secrets-proxy --from-file HTTPS_PROXY=<file with the address>
    valueFrom:
      secretKeyRef: { name: external-secrets-proxy, key: HTTPS_PROXY }
`

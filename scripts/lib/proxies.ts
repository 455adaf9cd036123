import { domainToASCII } from 'node:url'
import { type Cidr, containsCidr, parseAddress, parseCidr } from './cidr.ts'
import { ProblemError } from './problems.ts'

/** A proxy to go through. Holds its credentials: only `shown` may be printed. */
export interface ProxyServer {
  /** With the port, and without user and password. */
  readonly url: URL
  /** `user:password`, decoded; undefined when the proxy asks for none. */
  readonly login: string | undefined
  /** `http://proxy.example:3128` */
  readonly shown: string
  /** Who names it: `HTTPS_PROXY`, `proxy-url of the kubeconfig`. */
  readonly source: string
}

/** The proxy for an address; undefined when it is reached directly. */
export type ProxyOf = (target: URL) => ProxyServer | undefined

type Env = Readonly<Record<string, string | undefined>>

/** Nothing goes through a proxy. */
export const noProxy: ProxyOf = () => undefined

/**
 * The proxies that the environment names, read as Go's programs read them (Helm, the operator, `scw`): `HTTPS_PROXY`
 * for https, `HTTP_PROXY` for http, exceptions in `NO_PROXY`, the names in lowercase too when the others are not set.
 * This machine itself (`localhost`, 127.0.0.0/8, ::1) is never reached through one.
 * Source: golang.org/x/net/http/httpproxy.
 *
 * @returns undefined when it names none; else a function that throws ProblemError `PROXY_INVALID`, only for an address
 *   that would need the proxy
 */
export function environmentProxies(env: Env): ProxyOf | undefined {
  if (!firstSet(env, 'HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy')) return undefined
  const exceptions = exceptionsOf(firstSet(env, 'NO_PROXY', 'no_proxy')?.value ?? '')
  return (target) => {
    const set =
      target.protocol === 'https:'
        ? firstSet(env, 'HTTPS_PROXY', 'https_proxy')
        : firstSet(env, 'HTTP_PROXY', 'http_proxy')
    if (!set || isLoopback(hostOf(target)) || exceptions.some((isExcepted) => isExcepted(target))) return undefined
    return parseProxy(set.value, { source: set.name, where: set.name, protocols: environmentProtocols })
  }
}

/** The proxy that the cluster entry of a kubeconfig names, for every address. Source: client-go, parseProxyURL. */
export function kubeconfigProxy(text: string, where: string): ProxyOf {
  const proxy = parseProxy(text, { source: 'proxy-url of the kubeconfig', where, protocols: kubeconfigProtocols })
  return () => proxy
}

/** A host as a socket takes it: an IPv6 address without its brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '')
}

export function portOf({ port, protocol }: URL): number {
  return port === '' ? (defaultPorts[protocol] ?? 0) : Number(port)
}

/** Whether a host is this machine itself. */
export function isLoopback(host: string): boolean {
  const address = parseAddress(host)
  return host === 'localhost' || (address !== undefined && loopback.some((one) => containsCidr(one, address)))
}

// --- internal ---

const kubeconfigProtocols = ['http', 'https', 'socks5']
const environmentProtocols = [...kubeconfigProtocols, 'socks5h']

const defaultPorts: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443, 'socks5:': 1080, 'socks5h:': 1080 }

const loopback = ['127.0.0.0/8', '::1/128', '::ffff:127.0.0.0/104'].map(parseCidr).filter((one) => one !== undefined)

function firstSet(env: Env, ...names: readonly string[]): { name: string; value: string } | undefined {
  return names.map((name) => ({ name, value: env[name] ?? '' })).find(({ value }) => value !== '')
}

interface Reading {
  readonly source: string
  readonly where: string
  readonly protocols: readonly string[]
}

/** The text may hold a password, so that no message repeats it. */
function parseProxy(text: string, { source, where, protocols }: Reading): ProxyServer {
  const typed = text.trim()
  const whole = /^[a-z][a-z\d+.-]*:\/\//i.test(typed) ? typed : `http://${typed}`
  const url = URL.canParse(whole) ? new URL(whole) : undefined
  const protocol = url?.protocol.slice(0, -1) ?? ''
  const login = url && loginOf(url)
  if (!url || url.hostname === '' || login === null || !protocols.includes(protocol)) {
    const known = `${protocols.slice(0, -1).join(', ')} or ${protocols.at(-1)}`
    throw new ProblemError({
      code: 'PROXY_INVALID',
      where,
      message: `the address of the proxy can't be read. Expected http://host:port, where http may also be ${known}.`,
      fix: 'Correct it. In a user name or password, write every character but letters and digits percent-encoded: %40 for @, %23 for #.',
    })
  }
  const port = portOf(url)
  return {
    url: new URL(`${protocol}://${url.hostname}:${port}`),
    login,
    shown: `${protocol}://${url.hostname}:${port}`,
    source,
  }
}

/** Null: it can't be decoded. */
function loginOf({ username, password }: URL): string | undefined | null {
  if (username === '' && password === '') return undefined
  try {
    return `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  } catch {
    return null
  }
}

type Exception = (target: URL) => boolean

/** `*` · `10.0.0.0/8` · `10.0.0.1:6443` · `[fd00::1]:6443` · `example.com`, subdomains included · `.example.com`, only them. */
function exceptionsOf(text: string): Exception[] {
  return text
    .toLowerCase()
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(exceptionOf)
}

function exceptionOf(entry: string): Exception {
  if (entry === '*') return () => true
  const network = parseCidr(entry)
  if (network) return (target) => isIn(network, target)
  const { host, port } = splitPort(entry)
  const isPort = (target: URL) => port === undefined || Number(port) === portOf(target)
  const address = parseAddress(host)
  if (address) return (target) => isIn(address, target) && isPort(target)
  if (host === '') return () => false
  const suffix = host.replace(/^\*\./, '.')
  const isAlsoItself = !suffix.startsWith('.')
  const name = suffix.replace(/^\./, '')
  const domain = domainToASCII(name) || name
  return (target) => {
    const wanted = target.hostname
    return ((isAlsoItself && wanted === domain) || wanted.endsWith(`.${domain}`)) && isPort(target)
  }
}

function splitPort(entry: string): { readonly host: string; readonly port: string | undefined } {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(entry)
  if (bracketed) return { host: bracketed[1] ?? '', port: bracketed[2] }
  const [host = '', port, ...more] = entry.split(':')
  // More than one colon without brackets: an IPv6 address.
  return more.length > 0 ? { host: entry, port: undefined } : { host, port }
}

function isIn(network: Cidr, target: URL): boolean {
  const address = parseAddress(hostOf(target))
  return address !== undefined && containsCidr(network, address)
}

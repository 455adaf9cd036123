import { isIPv6 } from 'node:net'
import { define, type FormatDefinition, KiB, type RandomText } from './definition.ts'
import { checkLine } from './line.ts'
import { isPortWord } from './placeholders.ts'
import { blank, type UrlHost, type UrlParts, urlParts } from './url-parts.ts'

/** What clients of a kind of URL accept. */
export interface UrlRules {
  readonly schemes: readonly string[]
  /** Several hosts may be listed. Default: one */
  readonly manyHosts?: boolean
  /** The host may be a parameter of the query instead: `?host=/run/postgresql`. Default: false */
  readonly hostInQuery?: boolean
  /** It has no fragment and no `@` but the one before the host. Default: a page on the web, which may have both */
  readonly isDatabase?: boolean
}

/** A format of URLs. */
export function url(title: string, rules: UrlRules, generate: (random: RandomText) => string): FormatDefinition {
  const expected = `a URL that begins with ${rules.schemes.map((scheme) => `${scheme}://`).join(' or ')} and names a host`
  return define({
    title,
    expected,
    maxBytes: 2 * KiB,
    doubts: 'url',
    check: (value) => checkUrl(value, rules),
    generate,
  })
}

/** No part is repeated in the answer: a wrongly pasted value can be a password with a colon in it. */
export function checkUrl(value: string, rules: UrlRules): string | undefined {
  const line = checkLine(value)
  if (line) return line
  const parts = urlParts(value)
  if (!parts) return 'is not a URL'
  if (!rules.schemes.includes(parts.scheme)) return 'is a URL with another scheme'
  if ([parts.userinfo, parts.tail, ...parts.hosts.map(({ host }) => host)].some((part) => /\s/.test(part ?? '')))
    return 'has white space inside'
  if (hasRawReserved(parts, rules)) return raw
  if (hasRawPercent(parts, rules))
    return 'has a % that two hexadecimal digits do not follow: percent-encode it, % is %25'
  if (parts.hosts.every(({ host }) => host === ''))
    return hostIsInQuery(parts, rules) ? undefined : 'is a URL without a host'
  if (parts.hosts.length > 1 && !(rules.manyHosts && parts.scheme !== 'mongodb+srv'))
    return 'is a URL with more than one host'
  if (parts.scheme === 'mongodb+srv' && parts.hosts.some(({ port }) => port !== undefined))
    return 'is a mongodb+srv URL with a port, which DNS tells'
  return parts.hosts.map(checkHost).find((fact) => fact !== undefined) ?? checkStandard(value, parts, rules)
}

/** What is wrong with a host and its port: `db.example:5432`, `[::1]:6379`. */
export function checkHost({ host, port }: UrlHost): string | undefined {
  if (port !== undefined && !isPort(port)) return isIPv6(`${host}:${port}`) ? unbracketed : wrongPort
  if (host === '') return 'is a URL without a host'
  if (host.startsWith('[')) {
    const address = host.slice(1, -1).replace(/%25.*$/, '')
    return host.endsWith(']') && isIPv6(address) ? undefined : 'has brackets without an IPv6 address in them'
  }
  if (host.includes(':')) return isIPv6(`${host}${port === undefined ? '' : `:${port}`}`) ? unbracketed : wrongPort
  return hostCharacters.test(host) ? undefined : 'has a character in its host that no host has'
}

// --- internal ---

const raw =
  'has one of # / ? @ in its user or password as it is: percent-encode it, # is %23, / is %2F, ? is %3F, @ is %40, : is %3A'

const wrongPort = 'has a port that is not a number from 1 to 65535'

const unbracketed = 'has an IPv6 address without brackets'

/** Letters of every language, and `%` for the path of a socket. */
const hostCharacters = new RegExp(`^[\\p{L}\\p{M}\\p{N}._~%${blank}-]+$`, 'u')

/** An empty one is the usual port. */
function isPort(port: string): boolean {
  if (port === '' || port.includes(blank) || isPortWord(port)) return true
  return /^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535
}

/**
 * A character that ends the user or the password too early. Clients differ in what they then take for the host, and
 * none takes what is meant: PostgreSQL's libpq looks for the first `@`, `new URL` for the last one before the first `/`,
 * and MongoDB's drivers refuse `: / ? # [ ] @`.
 */
function hasRawReserved({ scheme, userinfo, password, hosts, tail }: UrlParts, { isDatabase }: UrlRules): boolean {
  if (userinfo?.includes('@')) return true
  if (scheme.startsWith('mongodb') && /[:[\]]/.test(password ?? '')) return true
  if (!isDatabase && userinfo?.includes('\\')) return true
  if (!tail.includes('@')) return false
  // The `@` is not where it belongs, and what should be a host and a port may be a piece of a password.
  const isPiece = hosts.some(({ host, port }) => host === '' || (port !== undefined && !isPort(port)))
  if (userinfo === undefined && isPiece) return true
  if (isDatabase) return !/^(\/[^@?]*)?\?[^@]*=/.test(tail)
  return userinfo === undefined && /^[?#][^=]*@/.test(tail)
}

function hasRawPercent({ userinfo, hosts, tail }: UrlParts, { isDatabase }: UrlRules): boolean {
  const decoded = [userinfo, ...hosts.map(({ host }) => host), ...(isDatabase ? [tail] : [])]
  return decoded.some((part) => /%(?![0-9A-Fa-f]{2})/.test(part ?? ''))
}

function hostIsInQuery({ tail }: UrlParts, { hostInQuery = false }: UrlRules): boolean {
  return hostInQuery && /[?&](host|hostaddr)=[^&]/.test(tail)
}

/** A page on the web is what the URL standard says; words for a port are doubted elsewhere. */
function checkStandard(value: string, { hosts, userinfo, tail }: UrlParts, rules: UrlRules): string | undefined {
  const isWhole = ![userinfo, tail, ...hosts.map(({ host }) => host)].some((part) => part?.includes(blank))
  const isExact = hosts.every(({ port = '' }) => /^\d*$/.test(port))
  return rules.isDatabase || !isWhole || !isExact || URL.canParse(value) ? undefined : 'is not a URL'
}

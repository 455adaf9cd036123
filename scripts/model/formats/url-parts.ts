import { referenceInUrl } from './references.ts'

/** A URL, taken apart without being decoded. Parts of it are secret: never printed. */
export interface UrlParts {
  /** In lowercase. */
  readonly scheme: string
  /** Undefined: there is no `@` before the path. */
  readonly userinfo?: string
  readonly user: string
  /** Undefined: there is no colon in the userinfo. */
  readonly password?: string
  /** What stands between the userinfo and the path: hosts with their ports, separated by commas. */
  readonly hosts: readonly UrlHost[]
  /** From the first `/`, `?` or `#` after the hosts on. */
  readonly tail: string
}

export interface UrlHost {
  /** With its brackets, if it is an IPv6 address. */
  readonly host: string
  /** Undefined: there is no colon. */
  readonly port?: string
}

/** Stands for something like `${PORT}` or `<port>` in a part: whatever replaces it may be right. */
export const blank = '\ue000'

/**
 * Not `new URL`: MongoDB and PostgreSQL URLs list several hosts, which the URL standard refuses, and what is wrong is to be
 * said, not repaired. The last `@` before the path ends the userinfo.
 *
 * @param value one line. What something would have to replace in it becomes `blank`
 * @returns undefined when it is not `scheme://…`
 */
export function urlParts(value: string): UrlParts | undefined {
  const line = value.replace(referenceInUrl, blank).replace(inBrackets, blank)
  const [, scheme = '', authority = ''] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)/i.exec(line) ?? []
  if (scheme === '') return undefined
  const at = authority.lastIndexOf('@')
  const userinfo = at === -1 ? undefined : authority.slice(0, at)
  const [user = '', ...password] = (userinfo ?? '').split(':')
  return {
    scheme: scheme.toLowerCase(),
    ...(userinfo === undefined ? {} : { userinfo }),
    user,
    ...(password.length === 0 ? {} : { password: password.join(':') }),
    hosts: authority
      .slice(at + 1)
      .split(',')
      .map(hostOf),
    tail: line.slice(scheme.length + 3 + authority.length),
  }
}

// --- internal ---

/** `<port>`, `{port}`, `[port]`: nothing that a URL may have, but for an IPv6 address, which has colons. */
const inBrackets = /<[A-Za-z][\w .-]*>|\{[A-Za-z_][\w .-]*\}|\[[A-Za-z_][\w .-]*\]/g

function hostOf(text: string): UrlHost {
  const colon = text.startsWith('[') ? text.indexOf(':', text.lastIndexOf(']')) : text.lastIndexOf(':')
  return colon === -1 ? { host: text } : { host: text.slice(0, colon), port: text.slice(colon + 1) }
}

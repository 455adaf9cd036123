import { readIfExists } from '../lib/files.ts'
import { isRecord } from '../lib/record.ts'
import { badField, type Entry, filePath, fileText, pem, text, texts } from './kubeconfig-entries.ts'

/** Whom requests are made for, when it is somebody else than who logs in. */
export interface Impersonation {
  readonly user: string
  readonly uid?: string
  readonly groups: readonly string[]
  /** By name, as written in the kubeconfig. */
  readonly extra: ReadonlyMap<string, readonly string[]>
}

/** What a kubeconfig's user entry logs in with. Holds credentials: never printed. */
export interface UserCredentials {
  readonly token?: string
  /** Of a file: its token at this moment, used before `token`. */
  readonly currentToken?: () => Promise<string | undefined>
  /** `user:password` */
  readonly basic?: string
  /** PEM text. */
  readonly clientCertificate?: string
  readonly clientKey?: string
  readonly impersonation?: Impersonation
}

/**
 * Reads a user entry as client-go does, and refuses what client-go refuses. A file's token comes before the written one,
 * which is for when the file can't be read.
 * Source: client-go, tools/clientcmd (client_config.go, validation.go), transport/round_trippers.go.
 *
 * @throws ProblemError `BAD_KUBECONFIG`
 */
export async function readUser(entry: Entry): Promise<UserCredentials> {
  const written = text(entry, 'token')
  const basic = basicOf(entry)
  if (basic !== undefined && (written !== undefined || text(entry, 'tokenFile') !== undefined))
    throw badField(entry, 'username', 'is set, and a token too. Expected one way to log in')
  const [clientCertificate, clientKey, fromFile] = await Promise.all([
    pem(entry, 'client-certificate'),
    pem(entry, 'client-key'),
    firstFromFile(entry, written !== undefined),
  ])
  if (clientCertificate !== undefined && clientKey === undefined)
    throw badField(entry, 'client-certificate', 'is set, and there is no client-key. Expected both')
  const token = checkedToken(entry, fromFile === undefined ? 'token' : 'tokenFile', fromFile ?? written)
  const file = filePath(entry, 'tokenFile')
  const impersonation = impersonationOf(entry)
  return {
    ...(token === undefined ? {} : { token }),
    ...(file === undefined || token === undefined ? {} : { currentToken: tokenOf(file, token) }),
    ...(basic === undefined ? {} : { basic }),
    ...(clientCertificate === undefined ? {} : { clientCertificate }),
    ...(clientKey === undefined ? {} : { clientKey }),
    ...(impersonation === undefined ? {} : { impersonation }),
  }
}

/** The headers that say whom a request is made for. Source: client-go, transport/round_trippers.go. */
export function impersonationHeaders({ user, uid, groups, extra }: Impersonation): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = { 'impersonate-user': headerValue(user) }
  if (uid !== undefined) headers['impersonate-uid'] = headerValue(uid)
  if (groups.length > 0) headers['impersonate-group'] = groups.map(headerValue)
  for (const [name, values] of extra) {
    if (values.length > 0) headers[`impersonate-extra-${headerName(name)}`] = values.map(headerValue)
  }
  return headers
}

// --- internal ---

async function firstFromFile(entry: Entry, hasOther: boolean): Promise<string | undefined> {
  const path = filePath(entry, 'tokenFile')
  if (path === undefined) return undefined
  const found = hasOther ? await readOrNothing(path) : await fileText(entry, 'tokenFile')
  const token = found?.trim() ?? ''
  if (token !== '') return token
  if (hasOther) return undefined
  throw badField(entry, 'tokenFile', `names ${text(entry, 'tokenFile')}, which is empty. Expected a token in it`)
}

/** Read for each request: whoever renews the token replaces the file while a command runs. */
function tokenOf(path: string, first: string): () => Promise<string | undefined> {
  let last = first
  return async () => {
    const token = (await readOrNothing(path))?.trim() ?? ''
    if (isToken(token)) last = token
    return last
  }
}

async function readOrNothing(path: string): Promise<string | undefined> {
  return readIfExists(path).catch(() => undefined)
}

function isToken(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text)
}

function checkedToken(entry: Entry, key: string, token: string | undefined): string | undefined {
  const trimmed = token?.trim()
  if (trimmed === undefined || isToken(trimmed)) return trimmed
  throw badField(entry, key, 'has a space, a line break or another character in it that no token has. Expected a token')
}

function basicOf(entry: Entry): string | undefined {
  const [username, password] = [text(entry, 'username'), text(entry, 'password')]
  return username === undefined && password === undefined ? undefined : `${username ?? ''}:${password ?? ''}`
}

function impersonationOf(entry: Entry): Impersonation | undefined {
  const user = text(entry, 'as')
  const uid = text(entry, 'as-uid')
  const groups = texts(entry, 'as-groups')
  const written: unknown = entry.body['as-user-extra'] ?? {}
  if (!isRecord(written)) throw badField(entry, 'as-user-extra', 'is not a mapping. Expected lists of texts by name')
  const extra = new Map(Object.entries(written).map(([name, values]) => [name, texts(entry, 'as-user-extra', values)]))
  if (user === undefined) {
    if (uid === undefined && groups.length === 0 && extra.size === 0) return undefined
    throw badField(entry, 'as', 'is not set, and as-uid, as-groups or as-user-extra is. Expected a user with them')
  }
  const values = [user, uid ?? '', ...groups, ...[...extra.values()].flat()]
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  if (values.some((value) => /[\x00-\x08\x0a-\x1f\x7f]/.test(value)))
    throw badField(entry, 'as', 'or one of its groups has a line break or a control character in it. Expected names')
  return { user, ...(uid === undefined ? {} : { uid }), groups, extra }
}

/** Bytes of UTF-8, as Go sends them: Node takes a header for Latin-1. */
function headerValue(value: string): string {
  return Buffer.from(value, 'utf8').toString('latin1')
}

/** Every byte that is not allowed in the name of a header, and `%`, percent-encoded. */
function headerName(name: string): string {
  return [...Buffer.from(name, 'utf8')]
    .map((byte) => {
      const character = String.fromCharCode(byte)
      const isLegal = /[!#$&'*+\-.^_`|~0-9a-zA-Z]/.test(character)
      return isLegal ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
    })
    .join('')
}

import { homedir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { parse } from 'yaml'
import type { CommandIo } from '../lib/command.ts'
import { readIfExists } from '../lib/files.ts'
import { didYouMean } from '../lib/nearest.ts'
import { exitCodes, ProblemError } from '../lib/problems.ts'
import { isRecord } from '../lib/record.ts'
import { type ExecCluster, type ExecLoginOptions, execLogin, lastingToken } from './exec-login.ts'

/** Several kubeconfig files merged into one, as kubectl merges them. */
export interface Kubeconfig {
  /** Files that were read, in order. */
  readonly files: readonly string[]
  readonly currentContext: string | undefined
  /** Names of the contexts, in the files' order. */
  readonly contexts: readonly string[]
  readonly entries: Entries
  /** The caller's PATH, on which login plugins are looked for. */
  readonly searchPath: string | undefined
}

/** How to reach one cluster as one user. Holds credentials: never printed. */
export interface ClusterConnection {
  readonly context: string
  /** `https://host:port`, without a trailing slash. */
  readonly server: string
  /** Namespace of the context. Default: `default`. */
  readonly namespace: string
  /** PEM text. */
  readonly ca?: string
  readonly token?: string
  /** Of a login plugin whose tokens expire: the one that is valid now, used before `token`. */
  readonly currentToken?: () => Promise<string | undefined>
  readonly clientCertificate?: string
  readonly clientKey?: string
  readonly skipVerify: boolean
  readonly serverName?: string
}

/**
 * Reads `$KUBECONFIG` (a list of files; missing ones are skipped), else `~/.kube/config`. The first file that names
 * a thing wins, the first that sets a current context too.
 *
 * @throws ProblemError `NO_KUBECONFIG` or `BAD_KUBECONFIG`.
 */
export async function loadKubeconfig(env: Readonly<Record<string, string | undefined>>): Promise<Kubeconfig> {
  const listed = (env.KUBECONFIG ?? '').split(delimiter).filter((path) => path !== '')
  const paths =
    listed.length > 0 ? listed.map((path) => resolve(path)) : [join(env.HOME || homedir(), '.kube', 'config')]
  const entries: Entries = { clusters: new Map(), users: new Map(), contexts: new Map() }
  const files: string[] = []
  let currentContext: string | undefined
  for (const path of paths) {
    const text = await readIfExists(path)
    if (text === undefined) continue
    files.push(path)
    const file = parseFile(path, text)
    addTo(entries, file, dirname(path))
    if (typeof file['current-context'] === 'string') currentContext ??= file['current-context'] || undefined
  }
  if (files.length === 0) throw noKubeconfig(paths)
  if (entries.contexts.size === 0)
    throw bad(files.join(delimiter), 'has no context. Expected a kubeconfig with a context for your cluster.')
  return { files, currentContext, contexts: [...entries.contexts.keys()], entries, searchPath: env.PATH }
}

/**
 * Credentials and address of a context. A login plugin (`exec`) is asked when the user has no token or certificate.
 *
 * @param context Default: the current one.
 * @param io `signal` ends a login plugin that is being asked, `log` receives the programs that were skipped.
 * @throws ProblemError `UNKNOWN_CONTEXT`, `BAD_KUBECONFIG`, `UNSUPPORTED_LOGIN`, or as `execLogin`.
 */
export async function connectionOf(
  kubeconfig: Kubeconfig,
  context: string | undefined = kubeconfig.currentContext,
  io: Partial<Pick<CommandIo, 'signal' | 'log'>> = {},
): Promise<ClusterConnection> {
  const { entries, contexts, files, searchPath } = kubeconfig
  const where = files.join(delimiter)
  const chosen = context === undefined ? undefined : entries.contexts.get(context)
  if (context === undefined || !chosen) throw unknownContext(where, context, contexts)
  const cluster = entries.clusters.get(text(chosen, 'cluster') ?? '')
  const user = entries.users.get(text(chosen, 'user') ?? '')
  const server = cluster && text(cluster, 'server')
  if (!cluster || !server || !user) {
    throw bad(where, `context "${context}" names a cluster or user that doesn't exist. Expected both entries.`)
  }
  refuseAuthProvider(where, context, user)
  const [ca, clientCertificate, clientKey, token] = await Promise.all([
    pem(where, cluster, 'certificate-authority'),
    pem(where, user, 'client-certificate'),
    pem(where, user, 'client-key'),
    text(user, 'token') ?? fileText(where, user, 'tokenFile').then((content) => content?.trim()),
  ])
  const serverName = text(cluster, 'tls-server-name')
  const connection = {
    context,
    server: server.replace(/\/+$/, ''),
    namespace: text(chosen, 'namespace') ?? 'default',
    skipVerify: cluster.body['insecure-skip-tls-verify'] === true,
    ...(ca === undefined ? {} : { ca }),
    ...(token === undefined ? {} : { token }),
    ...(clientCertificate === undefined ? {} : { clientCertificate }),
    ...(clientKey === undefined ? {} : { clientKey }),
    ...(serverName === undefined ? {} : { serverName }),
  }
  if (user.body.exec === undefined || token !== undefined || clientCertificate !== undefined) return connection
  const options = { where, context, folder: user.folder, searchPath, cluster: execCluster(cluster, connection) }
  const { signal, log } = io
  const login = (more: Pick<ExecLoginOptions, 'log'> = {}) =>
    execLogin(user.body.exec, { ...options, ...(signal ? { signal } : {}), ...more })
  const first = await login(log ? { log } : {})
  const { expiresAt, ...credentials } = first
  const isRenewed = expiresAt !== undefined && credentials.token !== undefined
  return { ...connection, ...credentials, ...(isRenewed ? { currentToken: lastingToken(first, () => login()) } : {}) }
}

// --- internal ---

interface Entry {
  readonly body: Record<string, unknown>
  /** Folder of the file it came from: relative paths start there. */
  readonly folder: string
}

type Section = 'clusters' | 'users' | 'contexts'
type Entries = Readonly<Record<Section, Map<string, Entry>>>

const singular = { clusters: 'cluster', users: 'user', contexts: 'context' } as const

function parseFile(path: string, content: string): Record<string, unknown> {
  let parsed: unknown
  try {
    parsed = parse(content)
  } catch {
    // The parser's own message quotes the text around the mistake, which may be a token.
    throw bad(path, 'is not valid YAML. Expected a kubeconfig.')
  }
  return record(parsed) ?? {}
}

function addTo(entries: Entries, file: Record<string, unknown>, folder: string): void {
  for (const section of ['clusters', 'users', 'contexts'] as const) {
    const list = Array.isArray(file[section]) ? (file[section] as unknown[]) : []
    for (const item of list.map(record)) {
      const name = item?.name
      const body = record(item?.[singular[section]]) ?? {}
      if (typeof name === 'string' && !entries[section].has(name)) entries[section].set(name, { body, folder })
    }
  }
}

function record(value: unknown): Record<string, unknown> | undefined {
  return isRecord(value) ? value : undefined
}

function text(entry: Entry, key: string): string | undefined {
  const value = entry.body[key]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** `<key>-data` in base64 wins over the file that `<key>` names, as in kubectl. */
async function pem(where: string, entry: Entry, key: string): Promise<string | undefined> {
  const data = text(entry, `${key}-data`)
  return data === undefined ? fileText(where, entry, key) : Buffer.from(data, 'base64').toString('utf8')
}

async function fileText(where: string, entry: Entry, key: string): Promise<string | undefined> {
  const path = text(entry, key)
  if (path === undefined) return undefined
  const content = await readIfExists(resolve(entry.folder, path))
  if (content === undefined) throw bad(where, `${key} names ${path}, which doesn't exist. Expected a readable file.`)
  return content
}

/** What a plugin may know about the cluster. Source: client-go, rest/exec.go. */
function execCluster(cluster: Entry, { server, skipVerify, ca, serverName }: ClusterConnection): ExecCluster {
  const proxy = text(cluster, 'proxy-url')
  const extensions = Array.isArray(cluster.body.extensions) ? cluster.body.extensions.map(record) : []
  const own = extensions.find((item) => item?.name === 'client.authentication.k8s.io/exec')
  return {
    server,
    ...(serverName === undefined ? {} : { 'tls-server-name': serverName }),
    ...(skipVerify ? { 'insecure-skip-tls-verify': true } : {}),
    ...(ca === undefined ? {} : { 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
    ...(proxy === undefined ? {} : { 'proxy-url': proxy }),
    ...(own === undefined ? {} : { config: own.extension }),
  }
}

function refuseAuthProvider(where: string, context: string, user: Entry): void {
  if (user.body['auth-provider'] === undefined) return
  throw new ProblemError({
    code: 'UNSUPPORTED_LOGIN',
    where,
    message: `context "${context}" logs in through "auth-provider", which Kubernetes 1.26 removed. Expected a token, a client certificate or a login plugin ("exec").`,
    fix: 'Download the kubeconfig again, or use a token, for example of a service account: kubectl create token <name>.',
  })
}

function unknownContext(where: string, context: string | undefined, contexts: readonly string[]): ProblemError {
  const fact =
    context === undefined
      ? 'no current context is set.'
      : `there is no context "${context}".${didYouMean(context, contexts)}`
  return new ProblemError({
    code: 'UNKNOWN_CONTEXT',
    where,
    message: `${fact} Expected one of: ${contexts.join(', ') || '(the file has none)'}.`,
    fix: 'List them with `kubectl config get-contexts`, choose one with `kubectl config use-context <name>`.',
  })
}

function noKubeconfig(paths: readonly string[]): ProblemError {
  return new ProblemError(
    {
      code: 'NO_KUBECONFIG',
      where: paths.join(delimiter),
      message: 'there is no such file. Expected a kubeconfig.',
      fix: 'Set KUBECONFIG to the file of your cluster (Scaleway console: Kubernetes > your cluster > Download kubeconfig).',
    },
    exitCodes.problems,
  )
}

function bad(where: string, message: string): ProblemError {
  return new ProblemError({ code: 'BAD_KUBECONFIG', where, message, fix: 'Correct the file, or download it again.' })
}

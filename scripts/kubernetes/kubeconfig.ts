import { homedir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { parse } from 'yaml'
import type { CommandIo } from '../lib/command.ts'
import { readIfExists } from '../lib/files.ts'
import { didYouMean } from '../lib/nearest.ts'
import { exitCodes, ProblemError } from '../lib/problems.ts'
import { environmentProxies, type ProxyOf } from '../lib/proxies.ts'
import { isRecord } from '../lib/record.ts'
import { type ClusterAddress, execCluster, isOpenToOthers, readCluster } from './cluster-entry.ts'
import { type ExecLoginOptions, execLogin, lastingToken } from './exec-login.ts'
import { addTo, bad, badField, type Entries, type Entry, noEntries, type Section, text } from './kubeconfig-entries.ts'
import { readUser, type UserCredentials } from './user-entry.ts'

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
  /** Proxies of the environment, for clusters whose entry names none. */
  readonly proxyOf: ProxyOf | undefined
}

/** How to reach one cluster as one user. Holds credentials: never printed. */
export interface ClusterConnection extends ClusterAddress, UserCredentials {
  readonly context: string
  /** Namespace of the context. Default: `default`. */
  readonly namespace: string
  /** Of a file, or of a login plugin whose tokens expire: the one that is valid now, used before `token`. */
  readonly currentToken?: () => Promise<string | undefined>
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
  const entries = noEntries()
  const files: string[] = []
  let currentContext: string | undefined
  for (const path of paths) {
    const text = await readIfExists(path)
    if (text === undefined) continue
    files.push(path)
    const file = parseFile(path, text)
    addTo(entries, file, path, dirname(path))
    if (typeof file['current-context'] === 'string') currentContext ??= file['current-context'] || undefined
  }
  if (files.length === 0) throw noKubeconfig(paths)
  if (entries.contexts.size === 0)
    throw bad(files.join(delimiter), 'has no context. Expected a kubeconfig with a context for your cluster.')
  const contexts = [...entries.contexts.keys()]
  return { files, currentContext, contexts, entries, searchPath: env.PATH, proxyOf: environmentProxies(env) }
}

/**
 * Credentials and address of a context. A login plugin (`exec`) is asked when the user has no credentials of its own.
 *
 * @param context Default: the current one.
 * @param io `signal` ends a login plugin that is being asked, `log` receives the programs that were skipped.
 * @throws ProblemError `UNKNOWN_CONTEXT`, `BAD_KUBECONFIG`, `UNSUPPORTED_LOGIN`, `PROXY_INVALID`, or as `execLogin`.
 */
export async function connectionOf(
  kubeconfig: Kubeconfig,
  context: string | undefined = kubeconfig.currentContext,
  io: Partial<Pick<CommandIo, 'signal' | 'log'>> = {},
): Promise<ClusterConnection> {
  const { entries, contexts, files, searchPath, proxyOf } = kubeconfig
  const where = files.join(delimiter)
  const chosen = context === undefined ? undefined : entries.contexts.get(context)
  if (context === undefined || !chosen) throw unknownContext(where, context, contexts)
  const cluster = named(entries, 'clusters', chosen, 'cluster')
  const user = named(entries, 'users', chosen, 'user')
  refuseAuthProvider(where, context, user)
  const [address, credentials] = await Promise.all([readCluster(cluster), readUser(user)])
  const namespace = text(chosen, 'namespace') ?? 'default'
  const connection = { ...(proxyOf ? { proxyOf } : {}), context, namespace, ...address, ...credentials }
  const { token, basic, clientCertificate } = credentials
  const isPlugin = user.body.exec !== undefined && [token, basic, clientCertificate].every((one) => one === undefined)
  if ((isPlugin || token !== undefined || basic !== undefined) && isOpenToOthers(address.server))
    throw badField(cluster, 'server', 'is plain HTTP to another machine: all could read the login. Expected https://')
  if (!isPlugin) return connection
  const options = { where, context, folder: user.folder, searchPath, cluster: execCluster(cluster, address) }
  const { signal, log } = io
  const login = (more: Pick<ExecLoginOptions, 'log'> = {}) =>
    execLogin(user.body.exec, { ...options, ...(signal ? { signal } : {}), ...more })
  const first = await login(log ? { log } : {})
  const { expiresAt, ...given } = first
  const isRenewed = expiresAt !== undefined && given.token !== undefined
  return { ...connection, ...given, ...(isRenewed ? { currentToken: lastingToken(first, () => login()) } : {}) }
}

// --- internal ---

function parseFile(path: string, content: string): Record<string, unknown> {
  let parsed: unknown
  try {
    parsed = parse(content)
  } catch {
    // The parser's own message quotes the text around the mistake, which may be a token.
    throw bad(path, 'is not valid YAML. Expected a kubeconfig.')
  }
  return isRecord(parsed) ? parsed : {}
}

/** The entry that a context names. */
function named(entries: Entries, section: Section, context: Entry, key: 'cluster' | 'user'): Entry {
  const name = text(context, key)
  if (name === undefined) throw badField(context, key, `is not set. Expected the name of a ${key}`)
  const known = [...entries[section].keys()]
  const found = entries[section].get(name)
  if (found) return found
  throw badField(context, key, `"${name}" doesn't exist.${didYouMean(name, known)} Expected a ${key} of the files`)
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

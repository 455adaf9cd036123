import { createPrivateKey, X509Certificate } from 'node:crypto'
import { resolve } from 'node:path'
import { tryRun } from '../lib/exec.ts'
import { logProblems, ProblemError } from '../lib/problems.ts'
import { findPrograms, passedOverWarning } from '../lib/programs.ts'
import { isRecord } from '../lib/record.ts'
import { timeLimit } from '../lib/signals.ts'
import { loginProblems } from './exec-login-problems.ts'

/** The output of a login plugin. Holds credentials: never printed. */
export interface ExecLogin {
  readonly token?: string
  /** PEM text. */
  readonly clientCertificate?: string
  readonly clientKey?: string
  /** Milliseconds since 1970. Default: doesn't expire as long as the command runs. */
  readonly expiresAt?: number
}

/** A cluster as a login plugin reads it. Source: client-go, pkg/apis/clientauthentication/v1/types.go. */
export interface ExecCluster {
  readonly server: string
  readonly 'tls-server-name'?: string
  readonly 'insecure-skip-tls-verify'?: boolean
  /** Base64. */
  readonly 'certificate-authority-data'?: string
  readonly 'proxy-url'?: string
  readonly config?: unknown
}

export interface ExecLoginOptions {
  /** The kubeconfig files, for messages. */
  readonly where: string
  readonly context: string
  /** Where a relative command starts, if it has a slash. */
  readonly folder: string
  /** A PATH, on which other commands are looked for. */
  readonly searchPath: string | undefined
  /** Given to a plugin whose entry has `provideClusterInfo`. */
  readonly cluster: ExecCluster
  /** Default: 60,000 */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  /** Receives the programs that were skipped. Default: not reported, unless none is left */
  readonly log?: (line: string) => void
}

/**
 * Asks the login plugin of a kubeconfig's user (`exec`), as kubectl does. It gets no standard input, because that may
 * carry a secret of ours. Of its output nothing is ever shown but the first line of standard error, when it fails. One
 * that is searched for on PATH is skipped where another user could replace it; one whose file the kubeconfig names is
 * used in any case, because a writer of the kubeconfig may name any file.
 * Source: client-go, plugin/pkg/client/auth/exec/exec.go.
 *
 * @param entry the value of `exec`, as read
 * @throws ProblemError `BAD_KUBECONFIG`, `LOGIN_PLUGIN_MISSING`, `LOGIN_PLUGIN_FAILED`, `LOGIN_PLUGIN_TIMEOUT`,
 *   `LOGIN_PLUGIN_ANSWER`, `LOGIN_PLUGIN_INTERACTIVE`
 */
export async function execLogin(entry: unknown, options: ExecLoginOptions): Promise<ExecLogin> {
  const { where, context, folder, searchPath, cluster, timeoutMs = 60_000 } = options
  const { command, args, env, apiVersion, installHint, provideClusterInfo } = parsePlugin(entry, options)
  const place = { where, context, command }
  const spec = { interactive: false, ...(provideClusterInfo ? { cluster } : {}) }
  const info = JSON.stringify({ apiVersion, kind: 'ExecCredential', spec })
  const isNamed = command.includes('/')
  const { usable, passedOver } = await findPrograms(isNamed ? [] : [command], searchPath)
  const file = isNamed ? resolve(folder, command) : usable[0]
  const warnings = passedOver.map((one) => passedOverWarning(one, 'write its whole path into the kubeconfig'))
  if (file === undefined) throw loginProblems.missing(place, installHint, warnings)
  if (options.log) logProblems(warnings, options.log)
  using limit = timeLimit(timeoutMs, options.signal)
  const { signal } = limit
  const started = tryRun(file, args, { env: { ...env, KUBERNETES_EXEC_INFO: info }, signal }).catch((error) => {
    throw error instanceof ProblemError ? loginProblems.missing(place, installHint) : error
  })
  const result = await Promise.race([started, endOf(signal)])
  options.signal?.throwIfAborted()
  if (limit.isOver || !result) throw loginProblems.timedOut(place, timeoutMs)
  if (result.exitCode !== 0) throw loginProblems.failed(place, result, env)
  const login = parseAnswer(result.stdout, apiVersion)
  if (typeof login === 'string') throw loginProblems.badAnswer(place, login, apiVersion)
  return login
}

/**
 * A token that lasts: asks again when the last answer is about to expire, once for all waiting callers.
 *
 * @param first what the plugin answered first
 * @param now milliseconds since 1970
 */
export function lastingToken(
  first: ExecLogin,
  login: () => Promise<ExecLogin>,
  now: () => number = Date.now,
): () => Promise<string | undefined> {
  let current = first
  let asking: Promise<ExecLogin> | undefined
  return async () => {
    if (current.expiresAt !== undefined && now() > current.expiresAt - renewalMs) {
      asking ??= login().finally(() => {
        asking = undefined
      })
      current = await asking
    }
    return current.token
  }
}

// --- internal ---

/** How long before its end a token is renewed: longer than a request takes. */
const renewalMs = 60_000

interface Plugin {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly apiVersion: string
  readonly provideClusterInfo: boolean
  readonly installHint: string | undefined
}

const apiVersions = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1']

function parsePlugin(entry: unknown, { where, context }: ExecLoginOptions): Plugin {
  const { command, args, env, apiVersion, provideClusterInfo, installHint, interactiveMode } = record(entry)
  const variables = list(env).map(record)
  const texts = [command, ...list(args), ...variables.flatMap(({ name, value }) => [name, value])]
  const place = { where, context, command: String(command) }
  const isText = (value: unknown) => typeof value === 'string'
  if (!texts.every(isText) || command === '' || !apiVersions.includes(String(apiVersion))) {
    throw loginProblems.badEntry(place, apiVersions)
  }
  if (interactiveMode === 'Always') throw loginProblems.interactive(place)
  return {
    command: String(command),
    args: list(args).map(String),
    env: Object.fromEntries(variables.map(({ name, value }) => [String(name), String(value)])),
    apiVersion: String(apiVersion),
    provideClusterInfo: provideClusterInfo === true,
    installHint: typeof installHint === 'string' && installHint.trim() !== '' ? installHint.trim() : undefined,
  }
}

/** The credentials, or what is wrong with the output: completes "what the plugin printed …". */
function parseAnswer(stdout: string, apiVersion: string): ExecLogin | string {
  const answer = parseJson(stdout)
  if (answer.kind !== 'ExecCredential') return 'is not an ExecCredential'
  if (answer.apiVersion !== apiVersion) return 'does not have the apiVersion of the kubeconfig'
  const status = record(answer.status)
  const text = (key: string) => (typeof status[key] === 'string' && status[key] !== '' ? status[key] : undefined)
  const token = text('token')
  const clientCertificate = text('clientCertificateData')
  const clientKey = text('clientKeyData')
  const end = text('expirationTimestamp')
  const hasCertificate = clientCertificate !== undefined || clientKey !== undefined
  if (token === undefined && !hasCertificate) return 'holds neither a token nor a client certificate'
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) return 'holds a malformed token'
  if (hasCertificate && !isPair(clientCertificate, clientKey)) return 'holds no client certificate with its own key'
  const expiresAt = end === undefined ? undefined : Date.parse(end)
  if (Number.isNaN(expiresAt)) return 'holds an expirationTimestamp that is not a date'
  return {
    ...(token === undefined ? {} : { token }),
    ...(clientCertificate === undefined ? {} : { clientCertificate }),
    ...(clientKey === undefined ? {} : { clientKey }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  }
}

/** A wrapper script can be ended, but a program it has started may keep its output open for long. */
function endOf(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined), { once: true }))
}

function parseJson(text: string): Record<string, unknown> {
  try {
    return record(JSON.parse(text))
  } catch {
    // The parser's own message quotes the text, which may hold a token.
    return {}
  }
}

function isPair(certificate = '', key = ''): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))
  } catch {
    return false
  }
}

function record(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {}
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

import { homedir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { readIfExists } from '../lib/files.ts'
import { didYouMean } from '../lib/nearest.ts'
import { type Problem, ProblemError } from '../lib/problems.ts'
import { environmentProxies } from '../lib/proxies.ts'
import { isRecord } from '../lib/record.ts'
import { bare } from './api-key.ts'
import { readerOf, type ScalewayAccount, type ScalewayReader } from './connection.ts'

/** The account of the person who runs a command; not the key of a tier. */
export interface OperatorAccount extends ScalewayAccount {
  readonly organizationId: string | undefined
  /** An emulator on this machine. */
  readonly isLocal: boolean
}

/** The same for a command that only looks. */
export type OperatorReader = Omit<OperatorAccount, 'readOnly'> & ScalewayReader

type Env = Readonly<Record<string, string | undefined>>

/** Whether the environment points at an emulator on this machine, and not at Scaleway. */
export function isLocalApi(env: Env): boolean {
  return /^https?:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?\/?$/.test(env.SCW_API_URL ?? '')
}

/** The API's address, found as Scaleway's own tools do; `https://api.scaleway.com` by default. No slash at the end. */
export async function apiUrlOf(env: Env): Promise<string> {
  return withDefaults(env, await readProfile(env)).apiUrl
}

/**
 * The account as Scaleway's own tools find it: `SCW_API_URL`, `SCW_SECRET_KEY`, `SCW_DEFAULT_ORGANIZATION_ID`, else the
 * profile (`SCW_PROFILE`, or the active one) of `scw`'s config file, of which `default` is the top level. Spaces, line
 * breaks and quotes around a key or an id are trimmed. A key for an emulator comes from the variables only.
 *
 * @param log receives a message when Scaleway asks to wait. Default: none
 * @throws ProblemError with every problem at once: `SCALEWAY_KEY_MISSING`, `SCALEWAY_KEY_MALFORMED`,
 *   `SCALEWAY_ORGANIZATION_MALFORMED`,
 *   `SCALEWAY_API_URL_INVALID`, `SCALEWAY_CONFIG_UNREADABLE`, `SCALEWAY_PROFILE_UNKNOWN`,
 *   or alone `PROXY_INVALID`
 */
export async function loadAccount(
  env: Env,
  signal?: AbortSignal,
  log?: (line: string) => void,
): Promise<OperatorAccount> {
  const { apiUrl, secretKey, organizationId } = withDefaults(env, await readProfile(env))
  const problems = [...checkApiUrl(apiUrl), ...checkSecretKey(secretKey), ...checkOrganization(organizationId)]
  if (problems.length > 0) throw new ProblemError(problems)
  const told = { ...(signal ? { signal } : {}), ...(log ? { onWait: onceAWait(log) } : {}) }
  const proxyOf = environmentProxies(env)
  // Before the first request: a proxy that can't be read has one reason, and every request would tell it.
  proxyOf?.(new URL(apiUrl))
  return { apiUrl, secretKey, organizationId, isLocal: isLocalApi(env), ...(proxyOf ? { proxyOf } : {}), ...told }
}

/**
 * The account for a command that does more with one, and looks only. Undefined: there is none.
 *
 * @throws ProblemError as `loadAccount`, for an account that exists but can't be used
 */
export async function accountIfAny(env: Env, signal?: AbortSignal): Promise<OperatorReader | undefined> {
  try {
    return readerOf(await loadAccount(env, signal))
  } catch (error) {
    const isNone = error instanceof ProblemError && error.problems.every(({ code }) => code === 'SCALEWAY_KEY_MISSING')
    if (isNone) return undefined
    throw error
  }
}

/**
 * The organization an environment is in, or undefined. An emulator has its own, which is not an environment's.
 *
 * @param organizationId of the environment
 */
export function organizationOf(
  account: Pick<OperatorAccount, 'organizationId' | 'isLocal'>,
  { organizationId }: { readonly organizationId: string | undefined },
): string | undefined {
  return account.isLocal ? (account.organizationId ?? organizationId) : (organizationId ?? account.organizationId)
}

/** Problems of a given address; none when no address was given. */
export function apiUrlProblems({ SCW_API_URL }: Env): Problem[] {
  return SCW_API_URL ? checkApiUrl(SCW_API_URL) : []
}

// --- internal ---

const defaultApiUrl = 'https://api.scaleway.com'
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Requests that wait at the same time are reported once. */
function onceAWait(log: (line: string) => void): (seconds: number) => void {
  let toldUntil = 0
  return (seconds) => {
    const until = Date.now() + seconds * 1000
    if (Date.now() >= toldUntil) {
      log(`Scaleway asks to wait ${seconds} s`)
      toldUntil = until
    }
  }
}

/** The fields of a profile in `scw`'s config file that matter here. A person may have written anything into them. */
interface Profile {
  readonly secret_key?: unknown
  readonly default_organization_id?: unknown
  readonly api_url?: unknown
}

function withDefaults(env: Env, profile: Profile) {
  const text = (variable: string | undefined, field: unknown) => bare(variable) || (isText(field) ? bare(field) : '')
  return {
    apiUrl: (env.SCW_API_URL || text(undefined, profile.api_url) || defaultApiUrl).replace(/\/+$/, ''),
    secretKey: text(env.SCW_SECRET_KEY, profile.secret_key),
    organizationId: text(env.SCW_DEFAULT_ORGANIZATION_ID, profile.default_organization_id) || undefined,
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

/** The name of the top level of the config file. Source: scaleway-sdk-go, scw/config.go, `GetProfile`. */
const topLevel = 'default'

/** Source: scaleway-sdk-go, scw/config.go and scw/path.go. */
async function readProfile(env: Env): Promise<Profile> {
  if (isLocalApi(env)) return {}
  const folder = env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config')
  const usual = join(folder, 'scw', 'config.yaml')
  const files = env.SCW_CONFIG_PATH ? [env.SCW_CONFIG_PATH] : [usual, usual.replace(/yaml$/, 'yml')]
  const { path, text } = await firstFile(files)
  const config = text === undefined ? {} : parseConfig(path, text)
  const name = env.SCW_PROFILE || config.active_profile
  if (!isText(name) || name === '' || name === topLevel) return config
  if (text === undefined && env.SCW_SECRET_KEY) return config
  const profiles = isRecord(config.profiles) ? config.profiles : {}
  const profile = Object.hasOwn(profiles, name) ? (profiles[name] ?? {}) : undefined
  if (isRecord(profile)) return { ...config, ...withoutNulls(profile) }
  const names = [topLevel, ...Object.keys(profiles)]
  throw new ProblemError({
    code: 'SCALEWAY_PROFILE_UNKNOWN',
    where: path,
    message: `there is no profile "${name}".${didYouMean(name, names)} Expected one of: ${names.join(', ')}.`,
    fix: 'Correct SCW_PROFILE, or run `scw init --profile <name>`.',
  })
}

/** The first of them that exists, with its text; else the first. */
async function firstFile(paths: readonly string[]): Promise<{ readonly path: string; readonly text?: string }> {
  for (const path of paths) {
    const text = await readIfExists(path)
    if (text !== undefined) return { path, text }
  }
  return { path: paths[0] ?? '' }
}

interface Config extends Profile {
  readonly active_profile?: unknown
  readonly profiles?: unknown
}

/** A field without a value is one that the profile does not have: the top level's counts. */
function withoutNulls(profile: Readonly<Record<string, unknown>>): Profile {
  return Object.fromEntries(Object.entries(profile).filter(([, value]) => value !== null))
}

function parseConfig(path: string, text: string): Config {
  try {
    const parsed: unknown = parse(text)
    return isRecord(parsed) ? parsed : {}
  } catch {
    // The parser's own message quotes the text around the mistake, which may be a key.
    throw new ProblemError({
      code: 'SCALEWAY_CONFIG_UNREADABLE',
      where: path,
      message: "is not valid YAML. Expected the config file of Scaleway's command line tool.",
      fix: 'Correct the file, or set SCW_SECRET_KEY and SCW_DEFAULT_ORGANIZATION_ID.',
    })
  }
}

function checkApiUrl(apiUrl: string): Problem[] {
  const url = URL.canParse(apiUrl) ? new URL(apiUrl) : undefined
  const isBare = url?.username === '' && url.password === ''
  if ((url?.protocol === 'https:' && isBare) || (url?.protocol === 'http:' && isLocalApi({ SCW_API_URL: apiUrl })))
    return []
  return [
    {
      code: 'SCALEWAY_API_URL_INVALID',
      where: 'SCW_API_URL',
      message: 'is not an https URL. Expected https://api.scaleway.com, or an emulator on this machine.',
      fix: 'Unset SCW_API_URL; a key is never sent unencrypted to another machine.',
    },
  ]
}

function checkOrganization(organizationId: string | undefined): Problem[] {
  if (organizationId === undefined || uuid.test(organizationId)) return []
  return [
    {
      code: 'SCALEWAY_ORGANIZATION_MALFORMED',
      where: 'SCW_DEFAULT_ORGANIZATION_ID',
      message: 'is not a UUID. Expected the id of your Scaleway organization.',
      fix: 'Copy the id from the Scaleway console, or unset the variable.',
    },
  ]
}

function checkSecretKey(secretKey: string): Problem[] {
  if (uuid.test(secretKey)) return []
  const missing = secretKey === ''
  return [
    {
      code: missing ? 'SCALEWAY_KEY_MISSING' : 'SCALEWAY_KEY_MALFORMED',
      where: 'SCW_SECRET_KEY',
      message: `${missing ? 'is not set, and no profile of scw has a secret key' : 'is not a UUID'}. Expected the secret key of an account that may do this.`,
      fix: 'Run `scw init`, or set SCW_SECRET_KEY and SCW_DEFAULT_ORGANIZATION_ID.',
    },
  ]
}

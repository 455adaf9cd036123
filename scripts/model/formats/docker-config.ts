import { isRecord } from '../../lib/record.ts'

/**
 * What is wrong with the credentials of registries as the kubelet reads them: `{ "auths": { "<registry>": { "auth": … } } }`.
 * What only `docker` itself can use, such as a program that keeps the credentials, is refused.
 * Source: Kubernetes, pkg/credentialprovider/config.go, `DockerConfigEntry.UnmarshalJSON`.
 */
export function checkDockerConfig(value: string): string | undefined {
  const config = parsed(value)
  if (!isRecord(config)) return 'is not a JSON object'
  const { auths } = config
  if (!isRecord(auths)) return 'has no object "auths"'
  const entries = Object.values(auths)
  if (entries.length === 0) return 'has no registry in "auths"'
  const faults = entries.map(faultOf)
  const index = faults.findIndex((fault) => fault !== undefined)
  if (index === -1) return undefined
  const elsewhere = config.credsStore !== undefined || config.credHelpers !== undefined
  const fact =
    faults[index] === empty && elsewhere ? 'leaves its credentials to a program of this machine' : faults[index]
  return entries.length === 1 ? `${fact} for its registry` : `${fact} for registry ${index + 1} of ${entries.length}`
}

/** A configuration of one registry. */
export function dockerConfig(registry: string, user: string, password: string): string {
  const auth = Buffer.from(`${user}:${password}`).toString('base64')
  return JSON.stringify({ auths: { [registry]: { auth } } })
}

// --- internal ---

const empty = 'has neither "auth" nor "username" and "password"'

function faultOf(entry: unknown): string | undefined {
  if (!isRecord(entry)) return 'has no object'
  const { auth, username, password } = entry
  if (auth === undefined || auth === '') return isText(username) && isText(password) ? undefined : empty
  return isText(auth) && isLogin(auth) ? undefined : 'has an "auth" that is not the base64 of user:password'
}

const isText = (value: unknown) => typeof value === 'string' && value !== ''

function isLogin(auth: unknown): boolean {
  const text = String(auth)
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/.test(text)) return false
  return /^[^:]+:./s.test(Buffer.from(text, 'base64').toString('utf8'))
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value)
  } catch {
    return undefined
  }
}

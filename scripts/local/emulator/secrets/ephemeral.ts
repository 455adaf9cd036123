import type { Arguments } from '../http/arguments.ts'
import type { EphemeralPolicy, EphemeralProperties, ExpiryAction } from './records.ts'

const yearSeconds = 365 * 24 * 3600
const actions = ['delete', 'disable'] as const

/** `time_to_live` is 1 second to 1 year, written `1800s` or, by Go, `1800.000000000s`. */
export function readPolicy(args: Arguments): EphemeralPolicy | undefined {
  const policy = args.object('ephemeral_policy')
  if (!policy) return undefined
  const ttl = policy.text('time_to_live', { pattern: /^\d{1,9}(\.\d{1,9})?s$/, expected: 'seconds, such as 1800s' })
  const seconds = ttl === undefined ? null : Math.ceil(Number(ttl.slice(0, -1)))
  if (seconds !== null && (seconds < 1 || seconds > yearSeconds))
    policy.refuse('time_to_live', 'constraint', 'expected 1 second to 1 year')
  const expiresOnceAccessed = policy.flag('expires_once_accessed') ?? null
  if (seconds === null && !expiresOnceAccessed)
    policy.refuse('time_to_live', 'required', 'is required unless expires_once_accessed is true')
  return { timeToLiveSeconds: seconds, expiresOnceAccessed, action: readAction(policy) }
}

export function readProperties(args: Arguments): EphemeralProperties | undefined {
  const properties = args.object('ephemeral_properties')
  if (!properties) return undefined
  return {
    expiresAt: properties.time('expires_at') ?? null,
    expiresOnceAccessed: properties.flag('expires_once_accessed') ?? null,
    action: readAction(properties),
  }
}

/** The properties a version gets from its secret's policy on creation. */
export function propertiesFrom(policy: EphemeralPolicy | null, now: Date): EphemeralProperties | null {
  if (!policy) return null
  const { timeToLiveSeconds, expiresOnceAccessed, action } = policy
  const expiresAt = timeToLiveSeconds === null ? null : new Date(now.getTime() + timeToLiveSeconds * 1000)
  return { expiresAt, expiresOnceAccessed, action }
}

// --- internal ---

function readAction(args: Arguments): ExpiryAction {
  const action = args.choice('action', actions)
  if (action === undefined) args.refuse('action', 'required', `expected one of ${actions.join(', ')}`)
  return action ?? 'disable'
}

import type { Principal } from '../iam/records.ts'

export const faultKinds = ['latency', 'too_many_requests', 'internal_error', 'reset', 'expired_key'] as const
/** `reset` cuts the connection without an answer; `expired_key` answers 401 as if the key had expired. */
export type FaultKind = (typeof faultKinds)[number]

/** The fault, which requests it applies to, and how many times. A filter left out matches every request. */
export interface FaultSpec {
  readonly kind: FaultKind
  /** Route name, `*` for any run of characters: `versions.access*`. */
  readonly route?: string
  readonly method?: string
  /** Path of the URL without the query, with `*`. */
  readonly path?: string
  /** Access key, application id or application name; `owner` for the owner. */
  readonly principal?: string
  /** How many requests. Default: every one, until cleared. */
  readonly count?: number
  /** For `latency`. Default: 1000. */
  readonly delayMs?: number
  /** For `too_many_requests`. Default: 1. */
  readonly retryAfterSeconds?: number
}

export interface Fault {
  readonly id: string
  readonly spec: FaultSpec
  /** Requests left to fail; null for no limit. */
  readonly remaining: number | null
  /** Requests failed so far. */
  readonly hits: number
}

/** A request as the filters of a fault see it. */
export interface FaultTarget {
  readonly route: string
  readonly method: string
  readonly path: string
  readonly principal: Principal | undefined
}

export interface Faults {
  add(spec: FaultSpec): Fault
  /** In the order they were added. */
  list(): Fault[]
  /** Removes one, or all; returns how many. */
  clear(id?: string): number
  /** Delays add up; of the others the first match wins, and only applied faults are counted. */
  take(target: FaultTarget): { readonly delayMs: number; readonly outcome: FaultSpec | undefined }
}

export function createFaults(): Faults {
  const faults: { id: string; spec: FaultSpec; remaining: number | null; hits: number }[] = []
  let added = 0

  return {
    add(spec) {
      added++
      const fault = { id: `fault-${added}`, spec, remaining: spec.count ?? null, hits: 0 }
      faults.push(fault)
      return { ...fault }
    },
    list: () => faults.map((fault) => ({ ...fault })),
    clear(id) {
      const kept = id === undefined ? [] : faults.filter((fault) => fault.id !== id)
      return faults.splice(0, faults.length, ...kept).length - kept.length
    },
    take(target) {
      let delayMs = 0
      let outcome: FaultSpec | undefined
      for (const fault of faults) {
        const { spec } = fault
        if (fault.remaining === 0 || !matches(spec, target)) continue
        if (spec.kind !== 'latency' && outcome) continue
        if (spec.kind === 'latency') delayMs += spec.delayMs ?? 1000
        else outcome = spec
        fault.hits++
        if (fault.remaining !== null) fault.remaining--
      }
      return { delayMs, outcome }
    },
  }
}

// --- internal ---

function matches({ route, method, path, principal }: FaultSpec, target: FaultTarget): boolean {
  return (
    (route === undefined || fits(route, target.route)) &&
    (method === undefined || method.toUpperCase() === target.method) &&
    (path === undefined || fits(path, target.path)) &&
    (principal === undefined || isNamed(principal, target.principal))
  )
}

function isNamed(name: string, principal: Principal | undefined): boolean {
  return principal !== undefined && [principal.accessKey, principal.id, principal.name].includes(name)
}

function fits(pattern: string, text: string): boolean {
  const parts = pattern.split('*')
  const [first = '', ...rest] = parts
  const last = rest.pop()
  if (last === undefined) return text === pattern
  if (!text.startsWith(first)) return false
  let at = first.length
  for (const part of rest) {
    const found = text.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return text.length - last.length >= at && text.endsWith(last)
}

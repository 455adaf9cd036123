import { reads, type TierPart } from './assign-tiers.ts'
import type { Leftover } from './facts.ts'
import type { TargetKey } from './target-keys.ts'
import { type TierTargets, targetSpecOf } from './tier-targets.ts'

/** A key of a Secret and the entry of the tier that it becomes. */
export interface NamedKey extends TargetKey {
  readonly variable: string
  /** The target of the tier that holds it; undefined: the main one. */
  readonly targetName: string | undefined
}

/** Each key of a tier under the name that it can have there: in a tier each name is there once. */
export function variableNames(
  part: TierPart,
  targets: TierTargets,
): { readonly keys: readonly NamedKey[]; readonly leftovers: readonly Leftover[] } {
  const leftovers: Leftover[] = []
  const carried = part.keys.filter((key) => {
    const reason = reasonToLeave(part, key)
    if (reason) leftovers.push({ where: key.where, what: `Secret ${key.target}: ${key.key}`, ...reason })
    return reason === undefined
  })
  const taken = new Set<string>()
  const keys = carried.map((key) => {
    const names = [variableOf(key.valueName ?? key.key), variableOf(`${key.target}_${key.key}`).toUpperCase()]
    const variable = names.find((name) => !taken.has(name)) ?? `${names[1]}_${taken.size}`
    taken.add(variable)
    return { ...key, variable, targetName: targets.get(key.target) }
  })
  return { keys, leftovers }
}

// --- internal ---

type Reason = Pick<Leftover, 'code' | 'why' | 'todo'>

/** Why a key does not become an entry of the catalogue. */
function reasonToLeave({ workloads, named }: TierPart, key: TargetKey): Reason | undefined {
  const { type, source } = key
  if (targetSpecOf(type) === undefined)
    return {
      code: 'TYPE_UNSUPPORTED',
      why: `no target of a tier may have the type ${type}`,
      todo: 'Keep it as it is, beside the tier.',
    }
  const isRead = named.has(key.target) || workloads.some((workload) => reads(workload, key))
  if (source !== undefined || isRead) return undefined
  return {
    code: 'SECRET_UNREAD',
    why: 'somebody wrote the Secret and no container of the input reads it',
    todo: 'Add an entry to the catalogue if a program reads it, or if images or certificates come from it.',
  }
}

/** A name that a program can read as a variable: `tls.crt` as `TLS_CRT`, `.dockerconfigjson` as `DOCKERCONFIGJSON`. */
function variableOf(key: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) return key
  const name = key
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_(?=.)/, '')
    .toUpperCase()
  return /^[0-9]/.test(name) ? `_${name}` : name
}

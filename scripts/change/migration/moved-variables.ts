import type { Container } from '../../cluster/pod-templates.ts'
import { type KeyPlace, notHere, type SecretPlaces } from './secret-places.ts'

/** The variables a container reads. */
export interface MovedVariables {
  readonly patch: { readonly envFrom?: readonly object[]; readonly env?: readonly object[] }
  readonly notes: readonly string[]
}

/**
 * The lists of a container that name the old Secret, with the targets in its place. A patch replaces `envFrom` whole and
 * merges `env` by name. Undefined when it doesn't read the old Secret that way. Pure.
 */
export function movedVariables(places: SecretPlaces, container: Container): MovedVariables | undefined {
  const envFrom = (container.envFrom ?? []) as readonly EnvFrom[]
  const env = (container.env ?? []) as readonly Env[]
  const whole = envFrom.filter(({ secretRef }) => secretRef?.name === places.oldSecret)
  const single = env.filter(({ valueFrom }) => valueFrom?.secretKeyRef?.name === places.oldSecret)
  if (whole.length + single.length === 0) return undefined
  const moved = single.map((one) => movedEnv(places, one))
  const renamed = whole.flatMap((one) => renamedEnv(places, one, env))
  const entries = [...moved.flatMap(({ entry }) => (entry ? [entry] : [])), ...renamed]
  return {
    patch: {
      ...(whole.length > 0 ? { envFrom: envFrom.flatMap((one) => movedEnvFrom(places, one)) } : {}),
      ...(entries.length > 0 ? { env: entries } : {}),
    },
    notes: moved.flatMap(({ note }) => (note === undefined ? [] : [`${note} (container ${container.name})`])),
  }
}

// --- internal ---

interface EnvFrom {
  readonly prefix?: string
  readonly secretRef?: { readonly name?: string; readonly optional?: boolean }
}

interface Env {
  readonly name: string
  readonly valueFrom?: {
    readonly secretKeyRef?: { readonly name?: string; readonly key: string; readonly optional?: boolean }
  }
}

function movedEnvFrom({ oldSecret, targets }: SecretPlaces, entry: EnvFrom): object[] {
  if (entry.secretRef?.name !== oldSecret) return [entry]
  const prefix = entry.prefix ? { prefix: entry.prefix } : {}
  const whole = targets.filter(({ isWhole }) => isWhole)
  return whole.map(({ name, optional }) => {
    const isOptional = optional || entry.secretRef?.optional === true
    return { ...prefix, secretRef: { name, ...(isOptional ? { optional: true } : {}) } }
  })
}

function movedEnv(places: SecretPlaces, { name, valueFrom }: Env): { entry?: object; note?: string } {
  const { key = '', optional } = valueFrom?.secretKeyRef ?? {}
  const place = places.byKey.get(key)
  return place ? { entry: reading(name, place, optional) } : { note: notHere(places, key) }
}

/**
 * A container that reads all keys finds a renamed one under its new name, and may still need the old name; of a target that it
 * does not read whole it gets single keys.
 */
function renamedEnv({ byKey }: SecretPlaces, { prefix = '', secretRef }: EnvFrom, env: readonly Env[]): object[] {
  return [...byKey]
    .filter(([key, { newKey, target, isRead }]) => isRead && (key !== newKey || !target.isWhole))
    .filter(([key]) => !env.some(({ name }) => name === prefix + key))
    .map(([key, place]) => reading(prefix + key, place, secretRef?.optional))
}

function reading(name: string, { target, newKey }: KeyPlace, wasOptional: boolean | undefined): object {
  const isOptional = target.optional || wasOptional === true
  const secretKeyRef = { name: target.name, key: newKey, ...(isOptional ? { optional: true } : {}) }
  return { name, valueFrom: { secretKeyRef } }
}

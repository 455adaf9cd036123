import type { ContainerOutline, KeySource, ObjectName, ValueSource } from './pod-outline.ts'

/** What is known of the Secrets and ConfigMaps of a namespace. */
export interface KnownKeys {
  /** Its keys; undefined: nobody knows. */
  keysOf(object: ObjectName): readonly string[] | 'absent' | undefined
}

/** Of nothing is known whether it exists. */
export const nothingKnown: KnownKeys = { keysOf: () => undefined }

/** The same, with keys that a Secret has whatever is known of it. */
export function withKeys(known: KnownKeys, secret: string, more: readonly string[]): KnownKeys {
  return {
    keysOf(object) {
      const keys = known.keysOf(object)
      if (object.kind !== 'Secret' || object.name !== secret) return keys
      return [...new Set([...(keys === 'absent' ? [] : (keys ?? [])), ...more])]
    },
  }
}

/** A key of a Secret that a container gets, or would get, as a variable. */
export interface VariableRead {
  readonly secret: string
  readonly key: string
  /** The name of the variable in the container. */
  readonly name: string
  /** What it gets in its place: `an empty value`, `A of Secret other`. Undefined: it gets the key. */
  readonly shadowedBy?: string
}

/**
 * The keys of Secrets among the variables of a container, in the kubelet's order: every `envFrom` in turn, then every `env`, each
 * over what was there before; an optional reference to what does not exist changes nothing, and a value takes in the variables it
 * names, if they are there already. Of a Secret whose keys are unknown only single references are told. Where nobody knows
 * whether a reference comes into effect, nothing counts as shadowed by it. Pure.
 *
 * Source: Kubernetes 1.34, pkg/kubelet/kubelet_pods.go, `makeEnvironmentVariables`.
 */
export function variablesOf({ envFrom, env }: ContainerOutline, known: KnownKeys): VariableRead[] {
  const variables = new Map<string, readonly HeldKey[]>()
  const shadowed: VariableRead[] = []
  const set = (name: string, { held, by, isSure }: Content) => {
    const before = variables.get(name) ?? []
    const lost = isSure ? before.filter((one) => !held.some((other) => isSame(one, other))) : []
    shadowed.push(...lost.map((one) => ({ ...one, name, shadowedBy: by })))
    variables.set(name, isSure ? held : [...before.filter((one) => !held.some((other) => isSame(one, other))), ...held])
  }
  for (const { object, prefix } of envFrom) {
    const keys = known.keysOf(object)
    for (const key of Array.isArray(keys) ? keys : [])
      set(prefix + key, { held: heldOf(object, key), by: `${key} of ${nameOf(object)}`, isSure: true })
  }
  for (const { name, from } of env) {
    const content =
      from.type === 'key'
        ? contentOfKey(from, known)
        : from.type === 'value'
          ? contentOfValue(from, variables)
          : { held: [], by: 'a field of its pod', isSure: true }
    if (content) set(name, content)
  }
  const got = [...variables].flatMap(([name, held]) => held.map((one) => ({ ...one, name })))
  return [...got, ...shadowed]
}

// --- internal ---

interface HeldKey {
  readonly secret: string
  readonly key: string
}

/** What a variable is set to. */
interface Content {
  /** Keys of Secrets whose values are in it. */
  readonly held: readonly HeldKey[]
  readonly by: string
  /** False: nobody knows whether it is set at all. */
  readonly isSure: boolean
}

/** Undefined when nothing is set. */
function contentOfKey({ object, key, optional }: KeySource, known: KnownKeys): Content | undefined {
  const keys = known.keysOf(object)
  const exists = keys === undefined ? undefined : keys !== 'absent' && keys.includes(key)
  if (optional && exists === false) return undefined
  return { held: heldOf(object, key), by: `${key} of ${nameOf(object)}`, isSure: exists === true || !optional }
}

function contentOfValue({ isEmpty, names }: ValueSource, variables: ReadonlyMap<string, readonly HeldKey[]>): Content {
  const held = names.flatMap((name) => variables.get(name) ?? [])
  return { held, by: isEmpty ? 'an empty value' : 'a value of its pod template', isSure: true }
}

function heldOf({ kind, name }: ObjectName, key: string): HeldKey[] {
  return kind === 'Secret' ? [{ secret: name, key }] : []
}

function nameOf({ kind, name }: ObjectName): string {
  return `${kind} ${name}`
}

function isSame(one: HeldKey, other: HeldKey): boolean {
  return one.secret === other.secret && one.key === other.key
}

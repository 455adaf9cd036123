import type { Problem } from '../../lib/problems.ts'
import { isRecord } from '../../lib/record.ts'

/** An object of Kubernetes as somebody wrote it: nothing in it is certain, not even its types. */
export interface FoundObject {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  /** Undefined: none is written. */
  readonly namespace: string | undefined
  readonly labels: Readonly<Record<string, string>>
  /** The whole object. May hold values of secrets: never printed. */
  readonly raw: Readonly<Record<string, unknown>>
  /** `k8s/api.yaml:12`. */
  readonly where: string
}

/** A file that is not a manifest and has a form of its own: a compose file, an example of a `.env`. */
export interface FoundFile {
  readonly path: string
  readonly text: string
}

/** All that was read of one place. */
export interface Inputs {
  readonly objects: readonly FoundObject[]
  readonly compose: readonly FoundDocument[]
  readonly examples: readonly FoundFile[]
  /** What could not be read, each with its reason; all the rest was. */
  readonly refusals: readonly Problem[]
}

/** A document of YAML that is not an object of Kubernetes. */
export interface FoundDocument {
  readonly value: Readonly<Record<string, unknown>>
  readonly where: string
  /** Of a compose file: where each service begins. */
  readonly services?: ReadonlyMap<string, string>
  /** Of a compose file: what each `env_file` gives that could be read, by its path as it is written. */
  readonly envFiles?: ReadonlyMap<string, readonly NamedVariable[]>
}

/** A variable without its value. */
export interface NamedVariable {
  readonly name: string
  readonly isSecret: boolean
}

export function together(inputs: readonly Inputs[]): Inputs {
  return {
    objects: inputs.flatMap(({ objects }) => objects),
    compose: inputs.flatMap(({ compose }) => compose),
    examples: inputs.flatMap(({ examples }) => examples),
    refusals: inputs.flatMap(({ refusals }) => refusals),
  }
}

/** What is at a path of fields, if anything: `at(raw, 'spec', 'provider')`. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((inner, key) => {
    if (Array.isArray(inner) && typeof key === 'number') return inner[key]
    return isRecord(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined
  }, value)
}

/** A text at a path of fields; undefined where there is something else. */
export function textAt(value: unknown, ...path: readonly (string | number)[]): string | undefined {
  const found = at(value, ...path)
  return typeof found === 'string' && found !== '' ? found : undefined
}

/** The objects of a list at a path of fields; none where there is something else. */
export function listAt(value: unknown, ...path: readonly (string | number)[]): Record<string, unknown>[] {
  const found = at(value, ...path)
  return Array.isArray(found) ? found.filter(isRecord) : []
}

/** The fields at a path; none where there is something else. */
export function recordAt(value: unknown, ...path: readonly (string | number)[]): Record<string, unknown> {
  const found = at(value, ...path)
  return isRecord(found) ? found : {}
}

/** The texts among the fields at a path, as labels are. */
export function textsAt(value: unknown, ...path: readonly (string | number)[]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(recordAt(value, ...path)).flatMap(([name, text]) =>
      typeof text === 'string' || typeof text === 'number' ? [[name, String(text)]] : [],
    ),
  )
}

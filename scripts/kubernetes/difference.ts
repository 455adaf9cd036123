import { isDeepStrictEqual } from 'node:util'
import { compare } from '../lib/problems.ts'
import type { ManagedFields } from './kinds.ts'
import { managersOf } from './managed-fields.ts'

/** One field that differs between two objects. Undefined: it is absent. */
export interface FieldChange {
  /** `spec.data[REDIS_URL].remoteRef.key` */
  readonly path: string
  readonly before?: unknown
  readonly after?: unknown
  /** Field managers other than the deployers, which wrote the old value. Default: none */
  readonly managers?: readonly string[]
}

/**
 * In which fields two values differ, in the order of their paths. What only one side has is reported as a whole, and not leaf by
 * leaf. Items of a list are matched by their names, so that a new entry in the middle does not move the others.
 *
 * @param managed of the object `before`
 */
export function fieldChanges(before: unknown, after: unknown, managed: readonly ManagedFields[] = []): FieldChange[] {
  return differences([], before, after)
    .map(({ keys, ...change }) => {
      const managers = change.before === undefined ? [] : managersOf(managed, keys)
      return { path: pathOf(keys), ...change, ...(managers.length > 0 ? { managers } : {}) }
    })
    .sort((a, b) => compare(a.path, b.path))
}

/**
 * `spec.refreshInterval: "1h0m0s" → "30m0s" (by kubectl-edit)`; what exists on one side only begins with `+` or `-`.
 * What may hold a value of a secret, or a sealed one, is not shown.
 */
export function fieldChangeText({ path, before, after, managers = [] }: FieldChange): string {
  const by = managers.length > 0 ? ` (by ${managers.join(', ')})` : ''
  const isHidden = mayHoldValues.test(path)
  if (before === undefined) return `+ ${path}${isHidden ? '' : valueText(after)}`
  if (after === undefined) return `- ${path}${by}`
  return `${path}: ${isHidden ? 'changed' : `${clipped(before)} → ${clipped(after)}`}${by}`
}

// --- internal ---

/** A template of an ExternalSecret or a SealedSecret, in which somebody may have written a value; ciphertexts. */
const mayHoldValues = /^spec\.(target\.)?template\.(data|templateFrom)|^spec\.encryptedData/

interface Difference {
  readonly keys: readonly string[]
  readonly before: unknown
  readonly after: unknown
}

function differences(keys: readonly string[], before: unknown, after: unknown): Difference[] {
  const areNamed = hasNames(before) && hasNames(after)
  const [one, two] = [fieldsOf(before, areNamed), fieldsOf(after, areNamed)]
  if (!one || !two || Array.isArray(before) !== Array.isArray(after)) {
    return isDeepStrictEqual(before, after) ? [] : [{ keys, before, after }]
  }
  return [...new Set([...one.keys(), ...two.keys()])].flatMap((key) =>
    differences([...keys, key], one.get(key), two.get(key)),
  )
}

function pathOf(keys: readonly string[]): string {
  return keys.map((key, index) => (key.startsWith('[') || index === 0 ? key : `.${key}`)).join('')
}

/** The parts of an object or a list; undefined for a value without parts. */
function fieldsOf(value: unknown, areNamed: boolean): ReadonlyMap<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (!Array.isArray(value)) return new Map(Object.entries(value))
  return new Map(value.map((item: unknown, index) => [`[${areNamed ? nameOf(item) : index}]`, item]))
}

/** Whether each item of a list has a name. */
function hasNames(value: unknown): boolean {
  if (!Array.isArray(value)) return false
  const names = new Set(value.map(nameOf))
  return names.size === value.length && !names.has(undefined)
}

/** What names an item of a list in the objects of the chart. */
function nameOf(item: unknown): string | undefined {
  if (typeof item === 'string') return item
  if (typeof item !== 'object' || item === null) return undefined
  const { secretKey, name, extract } = item as Record<string, unknown>
  const key = (extract as Record<string, unknown> | undefined)?.key
  const found = secretKey ?? name ?? key
  return typeof found === 'string' ? found : undefined
}

function valueText(value: unknown): string {
  return typeof value === 'object' ? '' : `: ${clipped(value)}`
}

/** A rule of a policy is longer than a line. */
function clipped(value: unknown): string {
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}

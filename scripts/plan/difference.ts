import { compare } from '../lib/problems.ts'

/** One field that differs between two objects. Undefined: it is not there. */
export interface FieldChange {
  /** `spec.data[REDIS_URL].remoteRef.key` */
  readonly path: string
  readonly before?: unknown
  readonly after?: unknown
}

/**
 * In which fields two values differ, in the order of their paths. What only one side has is told whole, and not leaf by
 * leaf. Items of a list are told apart by what names them, so that an entry in the middle moves no other.
 */
export function fieldChanges(before: unknown, after: unknown): FieldChange[] {
  return changesBelow('', before, after).sort((a, b) => compare(a.path, b.path))
}

/** `spec.refreshInterval: "1h0m0s" → "30m0s"`; what is there on one side only begins with `+` or `-`. */
export function fieldChangeText({ path, before, after }: FieldChange): string {
  if (before === undefined) return `+ ${path}${valueText(after)}`
  if (after === undefined) return `- ${path}`
  return `${path}: ${clipped(before)} → ${clipped(after)}`
}

// --- internal ---

function changesBelow(path: string, before: unknown, after: unknown): FieldChange[] {
  const areNamed = hasNames(before) && hasNames(after)
  const [one, two] = [fieldsOf(before, areNamed), fieldsOf(after, areNamed)]
  if (!one || !two || Array.isArray(before) !== Array.isArray(after)) {
    return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ path, before, after }]
  }
  const keys = [...new Set([...one.keys(), ...two.keys()])]
  const below = (key: string) => (key.startsWith('[') || path === '' ? `${path}${key}` : `${path}.${key}`)
  return keys.flatMap((key) => changesBelow(below(key), one.get(key), two.get(key)))
}

/** The parts of an object or a list; undefined for a value without parts. */
function fieldsOf(value: unknown, areNamed: boolean): ReadonlyMap<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (!Array.isArray(value)) return new Map(Object.entries(value))
  return new Map(value.map((item: unknown, index) => [`[${areNamed ? nameOf(item) : index}]`, item]))
}

/** Whether each item of a list has a name of its own. */
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

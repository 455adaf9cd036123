import { groupBy } from '../lib/group.ts'
import { isRecord } from '../lib/record.ts'
import { decodeUtf8 } from '../lib/utf8.ts'
import type { RemoteSecretModel } from '../model/resolve.ts'
import type { SecretSpec } from '../model/types.ts'
import { fieldOf, type Json, setField } from './json-field.ts'
import { payloadOf, type ValueFor } from './seed.ts'

/** One value inside a remote secret, and the entries that read it; nearly always one. */
export interface Slot {
  readonly specs: readonly SecretSpec[]
}

/** The values one remote secret holds, in the order of the catalogue. */
export function slotsOf({ shape, specs }: RemoteSecretModel): Slot[] {
  const key = (spec: SecretSpec) =>
    shape === 'opaque' ? '' : shape === 'bundle' ? spec.variable : JSON.stringify(spec.property ?? [])
  return [...groupBy(specs, key).values()].map((members) => ({ specs: members }))
}

/** An existing version, parsed. Secret: never printed. */
export interface CurrentPayload {
  /** False when it does not have the shape: not a JSON object, or numbers that would change when written again. */
  readonly isReadable: boolean
  /** Keys of a bundle that are not in the catalogue. */
  readonly extra: readonly string[]
  /** The value as the operator would deliver it; undefined when there is none. */
  valueOf(spec: SecretSpec): string | undefined
}

/** Parses a version. */
export function readPayload({ shape, specs }: RemoteSecretModel, bytes: Buffer): CurrentPayload {
  if (shape === 'opaque') {
    const text = decodeUtf8(bytes)
    // Bytes that are not text differ from every text; any replacement characters will do.
    return { isReadable: text !== undefined, extra: [], valueOf: () => text ?? bytes.toString('utf8') }
  }
  const object = objectOf(bytes)
  if (!object) return { isReadable: false, extra: [], valueOf: () => undefined }
  const variables = new Set(specs.map(({ variable }) => variable))
  return {
    isReadable: true,
    extra: shape === 'bundle' ? Object.keys(object).filter((key) => !variables.has(key)) : [],
    valueOf: (spec) => fieldOf(object, shape === 'bundle' ? [spec.variable] : (spec.property ?? [])),
  }
}

/**
 * The payload of the next version. A bundle holds the catalogue's variables and nothing else; JSON keeps the fields the
 * catalogue doesn't name.
 *
 * @param current the payload of the version before, for fields to keep; JSON that `readPayload` could read
 * @param valueFor undefined leaves a field as it is
 */
export function nextPayload(
  remote: RemoteSecretModel,
  current: Buffer | undefined,
  valueFor: (spec: SecretSpec) => string | undefined,
): string {
  if (remote.shape !== 'json') return payloadOf(remote, valueFor as ValueFor)
  const json: Json = (current && objectOf(current)) ?? {}
  for (const spec of remote.specs) {
    const value = valueFor(spec)
    if (value !== undefined) setField(json, spec.property ?? [], value)
  }
  return JSON.stringify(json)
}

// --- internal ---

function objectOf(bytes: Buffer): Json | undefined {
  const text = decodeUtf8(bytes)
  if (text === undefined || hasInexactNumbers(text)) return undefined
  try {
    const parsed: unknown = JSON.parse(text)
    return isRecord(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

/** `12345678901234567890` and `1.0` are changed by JavaScript. */
function hasInexactNumbers(json: string): boolean {
  const outside = json.replace(/"[^"\\]*(?:\\.[^"\\]*)*"/gs, '""')
  return (outside.match(/-?\d[\d.eE+-]*/g) ?? []).some((number) => String(Number(number)) !== number)
}

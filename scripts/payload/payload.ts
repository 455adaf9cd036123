import { groupBy } from '../lib/group.ts'
import { decodeUtf8 } from '../lib/utf8.ts'
import type { RemoteSecretModel } from '../model/resolve.ts'
import type { SecretSpec } from '../model/types.ts'
import { jsonFor, type Obstacle, rootOf, withField } from './json-field.ts'
import { sliceOf } from './json-scan.ts'
import { deliveredText, fieldsOf, findField } from './operator-json.ts'
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
  /** False when a next version can't keep what it holds: not UTF-8, or not the JSON that the shape asks for. */
  readonly isReadable: boolean
  /** Keys of a bundle that are not in the catalogue. */
  readonly extra: readonly string[]
  /** Whether one of those can't be a key of a Secret, which makes the operator refuse the whole bundle. */
  readonly hasUnfitKey: boolean
  /** The value as the operator would deliver it; undefined when there is none, and for `null`. */
  valueOf(spec: SecretSpec): string | undefined
  /** Whether its field holds `null`, which the operator delivers as an empty text. */
  isNull(spec: SecretSpec): boolean
}

/** Parses a version, as leniently as the operator does. */
export function readPayload({ shape, specs }: RemoteSecretModel, bytes: Buffer): CurrentPayload {
  const text = decodeUtf8(bytes)
  if (shape === 'opaque') {
    // Bytes that are not text differ from every text; any replacement characters will do.
    const value = text ?? bytes.toString('utf8')
    return { isReadable: text !== undefined, extra: [], hasUnfitKey: false, valueOf: () => value, isNull: () => false }
  }
  const fields = text === undefined || shape === 'json' ? undefined : fieldsOf(text)
  const fieldOf = (spec: SecretSpec) => (text === undefined ? undefined : jsonOf(shape, text, fields, spec))
  const variables = new Set(specs.map(({ variable }) => variable))
  const extra = [...(fields?.keys() ?? [])].filter((key) => !variables.has(key))
  return {
    isReadable: shape === 'bundle' ? fields !== undefined : text !== undefined && rootOf(text) !== undefined,
    extra,
    hasUnfitKey: extra.some((key) => !secretKey.test(key)),
    valueOf(spec) {
      const json = fieldOf(spec)
      return json === undefined ? undefined : deliveredText(json)
    },
    isNull: (spec) => fieldOf(spec) === 'null',
  }
}

/** A version to add. Secret: never printed. */
export interface NextPayload {
  readonly text: string
  /** What is in the way of a value; the text is then of no use. */
  readonly obstacles: readonly Obstacle[]
}

/**
 * The payload of the next version. A bundle holds the catalogue's variables and nothing else; JSON keeps the fields the
 * catalogue doesn't name. In both a field that keeps its value keeps its JSON.
 *
 * @param current the payload of the version before, for fields to keep; one that `readPayload` says is readable
 * @param valueFor undefined leaves a field as it is
 */
export function nextPayload(
  remote: RemoteSecretModel,
  current: Buffer | undefined,
  valueFor: (spec: SecretSpec) => string | undefined,
): NextPayload {
  const before = current && decodeUtf8(current)
  if (remote.shape === 'opaque') return { text: payloadOf(remote, valueFor as ValueFor), obstacles: [] }
  if (remote.shape === 'bundle') return { text: nextBundle(remote, before, valueFor), obstacles: [] }
  let text = before ?? '{}'
  const obstacles: Obstacle[] = []
  const wanted = remote.specs.flatMap((spec) => {
    const value = valueFor(spec)
    return value === undefined ? [] : [{ spec, value }]
  })
  const isThere = ({ spec, value }: (typeof wanted)[number]) =>
    readPayload(remote, Buffer.from(text)).valueOf(spec) === value
  for (const one of wanted) {
    if (isThere(one)) continue
    const next = withField(text, one.spec.property ?? [], one.value)
    if (typeof next === 'string') text = next
    else obstacles.push(next)
  }
  const lost = obstacles.length > 0 ? [] : wanted.filter((one) => !isThere(one))
  return { text, obstacles: [...obstacles, ...lost.map(({ spec }) => overwritten(spec))] }
}

// --- internal ---

/** Behind the prefix that each key gets. Source: External Secrets Operator 0.20.1, `ValidateKeys`. */
const secretKey = /^[\p{L}\p{N}._-]*$/u

/** The JSON of a value; undefined: there is none. */
function jsonOf(
  shape: 'bundle' | 'json',
  text: string,
  fields: ReadonlyMap<string, string> | undefined,
  { variable, property = [] }: SecretSpec,
): string | undefined {
  if (shape === 'bundle') return fields?.get(variable)
  const range = findField(text, property)
  return range && sliceOf(text, range)
}

function nextBundle(
  { specs }: RemoteSecretModel,
  before: string | undefined,
  valueFor: (spec: SecretSpec) => string | undefined,
): string {
  const fields = before === undefined ? undefined : fieldsOf(before)
  const members = specs.flatMap((spec) => {
    const json = fields?.get(spec.variable)
    const value = valueFor(spec)
    if (value === undefined) return []
    const isKept = json !== undefined && deliveredText(json) === value
    return `${JSON.stringify(spec.variable)}:${isKept ? json : jsonFor(value, json)}`
  })
  return `{${members.join(',')}}`
}

function overwritten({ property = [] }: SecretSpec): Obstacle {
  const field = property.join('.')
  return {
    wrong: `has one place in its JSON for "${field}" and another field of the catalogue. Expected one for each.`,
  }
}

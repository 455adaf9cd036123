import { isJson, type Member, membersOf, sliceOf } from './json-scan.ts'
import { deliveredText, elementIndex } from './operator-json.ts'

/** Why a field can't be written: completes the name of the remote secret. Never a value. */
export interface Obstacle {
  readonly wrong: string
}

/** Where the object or list of a JSON text begins, behind a byte order mark; undefined: it is neither, or no JSON. */
export function rootOf(text: string): number | undefined {
  const json = text.replace(/^\ufeff/, '')
  const start = text.length - json.trimStart().length
  return /[{[]/.test(text[start] ?? '') && isJson(json) ? start : undefined
}

/**
 * Puts a value into a field of a JSON text and leaves every other byte as it is. Objects that are missing on the way to
 * it are made; `null` counts as missing. Nothing else is replaced on the way: a list is written into, and where there is no
 * room the text stays as it is.
 *
 * @param text of which `rootOf` knows where it begins
 * @param path not empty
 */
export function withField(text: string, path: readonly string[], value: string): string | Obstacle {
  let start = rootOf(text) ?? 0
  for (const [index, segment] of path.entries()) {
    const members = membersOf(text, { start })
    const isList = text[start] === '['
    const position = isList ? elementIndex(segment) : undefined
    const [member, ...doubles] = isList
      ? members.filter((_, at) => at === position)
      : members.filter(({ name }) => name === segment)
    const rest = path.slice(index + 1)
    if (doubles.length > 0) return { wrong: twice(path.slice(0, index + 1)) }
    if (!member && isList) return { wrong: noElement(path, index, members.length) }
    if (!member) return inserted(text, start, members, segment, nested(rest, value))
    const before = sliceOf(text, member.value)
    const after = rest.length === 0 ? jsonFor(value, before) : before === 'null' ? nested(rest, value) : undefined
    if (after !== undefined) return text.slice(0, member.value.start) + after + text.slice(member.value.end)
    if (!/^[{[]/.test(before)) return { wrong: inTheWay(path, index, before) }
    start = member.value.start
  }
  throw new Error('the path of a field is empty')
}

/**
 * The JSON of a value that takes the place of another: a number stays a number where the new value is one, and so
 * do `true` and `false`, lists and objects, because others may read them. Otherwise it is a text. Either way the operator
 * delivers the value as it was given.
 *
 * @param before the JSON it replaces. Default: none
 */
export function jsonFor(value: string, before?: string): string {
  const kind = before === undefined ? 'text' : kindOf(before)
  const isKept = kind !== 'text' && kind !== 'null' && kindOf(value) === kind
  return isKept && isJson(value) && deliveredText(value) === value ? value : JSON.stringify(value)
}

// --- internal ---

function nested(path: readonly string[], value: string): string {
  return path.reduceRight((inner, segment) => `{${JSON.stringify(segment)}:${inner}}`, JSON.stringify(value))
}

/** Behind the last member, with the white space of the first. */
function inserted(text: string, start: number, members: readonly Member[], name: string, json: string): string {
  const [first, last] = [members[0], members.at(-1)]
  const label = JSON.stringify(name)
  if (!first || !last) return `${text.slice(0, start + 1)}${label}:${json}${text.slice(start + 1)}`
  const indent = text.slice(start + 1, first.label.start)
  const colon = text.slice(first.label.end, first.value.start)
  return `${text.slice(0, last.value.end)},${indent}${label}${colon}${json}${text.slice(last.value.end)}`
}

function kindOf(json: string): 'text' | 'number' | 'boolean' | 'null' | 'list' | 'object' {
  if (json.startsWith('{')) return 'object'
  if (json.startsWith('[')) return 'list'
  if (/^-?\d/.test(json)) return 'number'
  if (json === 'null') return 'null'
  return json === 'true' || json === 'false' ? 'boolean' : 'text'
}

function twice(path: readonly string[]): string {
  return `has the field "${path.join('.')}" twice in its JSON: the operator reads the first, most others the last. Expected it once.`
}

function noElement(path: readonly string[], index: number, length: number): string {
  const place =
    index === 0 ? 'is a JSON list' : `has a list in the field "${path.slice(0, index).join('.')}" of its JSON`
  return `${place}, of ${length}, without an element "${path[index]}". Expected one, or an object there.`
}

function inTheWay(path: readonly string[], index: number, json: string): string {
  const field = path.slice(0, index + 1).join('.')
  return `has a ${kindOf(json)} in the field "${field}" of its JSON, so that it has no room for "${path.join('.')}". Expected an object there.`
}

import { isJson, membersOf, type Range, sliceOf, textEnd, valueEnd, wellFormed } from './json-scan.ts'

/**
 * The field that the operator reads for a `property`; undefined: to the operator, the secret does not exist. It reads with
 * gjson, which takes the first of two equal names, the elements of a list by their number, and does not mind what is not
 * JSON: text in front, an end that is missing.
 * Source: External Secrets Operator 0.20.1 and 2.9.0, Scaleway provider, `extractJSONProperty`; tidwall/gjson 1.18, `Get`.
 *
 * @param path the segments, as `gjsonPath` writes them
 */
export function findField(text: string, path: readonly string[]): Range | undefined {
  const start = text.search(/[{[]/)
  return start === -1 || path.length === 0 ? undefined : inside(text, start, path).found
}

/**
 * The fields that the operator reads with `extract`, each as its JSON; undefined: it refuses the value. Of two equal names the
 * last counts.
 * Source: the same, `GetSecretMap`; Go, encoding/json.
 */
export function fieldsOf(text: string): ReadonlyMap<string, string> | undefined {
  const start = text.search(/\S/)
  if (text[start] !== '{' || !isJson(text)) return undefined
  return new Map(membersOf(text, { start }).map(({ name, value }) => [name, sliceOf(text, value)]))
}

/**
 * What the operator delivers of a field: a text without its quotes, everything else as its JSON. Undefined for `null`, which it
 * delivers as an empty text.
 * Source: the same, `jsonToSecretData`.
 */
export function deliveredText(json: string): string | undefined {
  const trimmed = json.replace(spaceAround, '')
  if (trimmed === 'null') return undefined
  if (!trimmed.startsWith('"')) return trimmed
  try {
    return wellFormed(JSON.parse(trimmed))
  } catch {
    return trimmed
  }
}

/** The element of a list that a segment means to gjson, which counts in 64 bits; undefined: none. */
export function elementIndex(segment: string): number | undefined {
  if (!/^\d+$/.test(segment)) return undefined
  const index = BigInt.asIntN(64, BigInt(segment))
  return index < 0n || index > BigInt(Number.MAX_SAFE_INTEGER) ? undefined : Number(index)
}

// --- internal ---

/** What Go's `strings.TrimSpace` takes away: other than in JavaScript U+0085, and not the byte order mark. */
const spaceAround = /^(?:(?!\ufeff)[\s\u0085])+|(?:(?!\ufeff)[\s\u0085])+$/g

/** Where to continue, and the value if it was found. */
interface Step {
  readonly at: number
  readonly found?: Range
}

function inside(text: string, start: number, path: readonly string[]): Step {
  return text[start] === '{' ? inObject(text, start + 1, path) : inList(text, start + 1, path)
}

function inObject(text: string, start: number, [name, ...rest]: readonly string[]): Step {
  for (let at = start; at < text.length; ) {
    const from = next(text, at, /["}]/g)
    if (text[from] !== '"') return { at: from + 1 }
    const end = textEnd(text, from)
    if (end > text.length) break
    const value = next(text, end, /["{[tfn+\-0-9iIN]/g)
    if (value === text.length) break
    const step = atValue(text, value, nameOf(text.slice(from, end)) === name ? rest : undefined)
    if (step.found) return step
    at = step.at
  }
  return { at: text.length }
}

function inList(text: string, start: number, [segment = '', ...rest]: readonly string[]): Step {
  const wanted = elementIndex(segment)
  for (let at = start, index = 0; ; index++) {
    const value = next(text, at, /[\]"{[tfn+\-0-9iIN]/g)
    if (value >= text.length || text[value] === ']') return { at: value + 1 }
    const step = atValue(text, value, index === wanted ? rest : undefined)
    if (step.found) return step
    at = step.at
  }
}

/** @param rest what is looked for inside of it; undefined: it is not on the way */
function atValue(text: string, start: number, rest: readonly string[] | undefined): Step {
  const isContainer = text[start] === '{' || text[start] === '['
  if (rest && rest.length > 0 && isContainer) return inside(text, start, rest)
  const end = valueEnd(text, start)
  const isWhole = end <= text.length
  return { at: end, ...(rest?.length === 0 && isWhole ? { found: { start, end } } : {}) }
}

/** To gjson, a name ends at an escape that is none, and at a control character; `\u` in front of no number is NUL. */
function nameOf(label: string): string {
  const text = label.slice(1, -1)
  if (!text.includes('\\')) return text
  const [good = ''] = escapedText.exec(text) ?? []
  return wellFormed(JSON.parse(`"${good}"`)) + (/^\\u.{4}/s.test(text.slice(good.length)) ? '\0' : '')
}

const escapedText = /^(?:[^\\\p{Cc}]|[\x7f-\x9f]|\\["\\/bfnrt]|\\u[\da-fA-F]{4})*/u

function next(text: string, from: number, pattern: RegExp): number {
  pattern.lastIndex = from
  return pattern.exec(text)?.index ?? text.length
}

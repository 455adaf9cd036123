/**
 * Where values stand in a JSON text, without making them JavaScript's: a number of 20 digits, `1.0`, a name that is there
 * twice and `__proto__` are all what they are in the text.
 */

/** From the first character to the one behind the last, in UTF-16 units. */
export interface Range {
  readonly start: number
  readonly end: number
}

/** One value of an object or a list. */
export interface Member {
  /** The name, or the number of the element. */
  readonly name: string
  /** The name with its quotes; empty and in front of the value for an element. */
  readonly label: Range
  readonly value: Range
}

/** The deepest nesting that the operator reads. Source: Go, encoding/json, `maxNestingDepth`. */
const maxDepth = 10_000

/** Whether a text is JSON, in all strictness: what everybody reads. A byte order mark is not JSON. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text)
  } catch {
    return false
  }
  let depth = 0
  for (const [bracket] of text.replace(/"(?:[^"\\]|\\.)*"/gs, '').matchAll(/[[\]{}]/g)) {
    depth += bracket === '{' || bracket === '[' ? 1 : -1
    if (depth > maxDepth) return false
  }
  return true
}

/** The values of an object or a list, in the order of the text; of names that are there twice both. */
export function membersOf(json: string, { start }: Pick<Range, 'start'>): Member[] {
  const isObject = json[start] === '{'
  const members: Member[] = []
  for (let at = start + 1; ; ) {
    at = endOf(json, at, /[\s,]*/y)
    if (json[at] === '}' || json[at] === ']') return members
    const label = { start: at, end: isObject ? textEnd(json, at) : at }
    const from = isObject ? endOf(json, label.end, /\s*:\s*/y) : at
    const value = { start: from, end: valueEnd(json, from) }
    const name = isObject ? wellFormed(JSON.parse(sliceOf(json, label))) : String(members.length)
    members.push({ name, label, value })
    at = value.end
  }
}

/** The text of a range. */
export function sliceOf(text: string, { start, end }: Range): string {
  return text.slice(start, end)
}

/** As it is in UTF-8, where half a character can't be: Go and Node put U+FFFD. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd')
}

/** Behind the quote that ends a text; the end where none does. */
export function textEnd(json: string, start: number): number {
  for (let at = start + 1; at < json.length; at++) {
    if (json[at] === '\\') at++
    else if (json[at] === '"') return at + 1
  }
  return json.length + 1
}

/** Behind the value that begins here. In what is not JSON it ends where gjson takes it to end. */
export function valueEnd(json: string, start: number): number {
  const [first = '', second] = json.slice(start, start + 2)
  if (first === '"') return textEnd(json, start)
  if (first === '{' || first === '[') return nestedEnd(json, start)
  // Source: tidwall/gjson 1.18, parseObject: "nan" is a number, "null" is not.
  const isWord = /[tf]/.test(first) || (first === 'n' && (second === undefined || second === 'u'))
  return endOf(json, start + 1, isWord ? /[a-z]*/y : /[^\0-\x20,\]}]*/y)
}

// --- internal ---

function endOf(text: string, from: number, pattern: RegExp): number {
  pattern.lastIndex = from
  return pattern.test(text) ? pattern.lastIndex : from
}

/** Any closing bracket closes any opening one, as gjson counts them. */
function nestedEnd(json: string, start: number): number {
  let depth = 0
  for (let at = start; at < json.length; at++) {
    const char = json[at] ?? ''
    if (char === '"') at = textEnd(json, at) - 1
    else if ('{[('.includes(char)) depth++
    else if ('}])'.includes(char) && --depth === 0) return at + 1
  }
  return json.length
}

/** Columns of a line, as the formatter of this project has them. */
const width = 120

/** A value with a comment above it, wherever it stands in an object or a list. */
export class Commented {
  readonly value: unknown
  readonly comment: string

  constructor(value: unknown, comment: string) {
    this.value = value
    this.comment = comment
  }
}

/**
 * A value as the formatter writes it: objects on lines of their own, lists on one line where they fit.
 *
 * @param indent of the line it begins on
 * @param used columns before it on that line
 */
export function literal(value: unknown, indent = 0, used = indent): string {
  if (typeof value === 'string') return quoted(value)
  if (Array.isArray(value)) return listText(value, indent, used)
  if (typeof value !== 'object' || value === null) return String(value)
  const fields = Object.entries(value).filter(([, item]) => item !== undefined)
  if (fields.length === 0) return '{}'
  const line = inline(value)
  if (line !== undefined && used + line.length + 1 <= width) return line
  const inner = ' '.repeat(indent + 2)
  const lines = fields.flatMap(([name, item]) => {
    const key = keyText(name)
    return [
      ...commentLines(item, inner),
      `${inner}${key}: ${literal(plain(item), indent + 2, indent + 4 + key.length)},`,
    ]
  })
  return ['{', ...lines, `${' '.repeat(indent)}}`].join('\n')
}

// --- internal ---

/** Fields of an object that may share a line. */
const fewFields = 3

/** A small object on one line; undefined for one that is large, or that has a comment in it. */
function inline(value: unknown): string | undefined {
  if (value instanceof Commented) return undefined
  if (Array.isArray(value)) {
    const items = value.map(inline)
    return items.includes(undefined) ? undefined : `[${items.join(', ')}]`
  }
  if (typeof value !== 'object' || value === null) return literal(value)
  const fields = Object.entries(value).filter(([, item]) => item !== undefined)
  const texts = fields.map(([name, item]) => ({ name, text: inline(item) }))
  if (fields.length > fewFields || texts.some(({ text }) => text === undefined)) return undefined
  return fields.length === 0 ? '{}' : `{ ${texts.map(({ name, text }) => `${keyText(name)}: ${text}`).join(', ')} }`
}

function listText(items: readonly unknown[], indent: number, used: number): string {
  const isFlat = items.every((item) => typeof item !== 'object')
  const line = `[${items.map((item) => literal(item)).join(', ')}]`
  if (items.length === 0 || (isFlat && used + line.length + 1 <= width)) return line
  const inner = ' '.repeat(indent + 2)
  const lines = items.flatMap((item) => [...commentLines(item, inner), `${inner}${literal(plain(item), indent + 2)},`])
  return ['[', ...lines, `${' '.repeat(indent)}]`].join('\n')
}

const plain = (item: unknown) => (item instanceof Commented ? item.value : item)

function commentLines(item: unknown, indent: string): string[] {
  return item instanceof Commented && item.comment !== '' ? [`${indent}// ${item.comment}`] : []
}

function keyText(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) && name !== '__proto__' ? name : quoted(name)
}

/** With the quotes that need fewer backslashes, and nothing hidden in it. */
function quoted(text: string): string {
  const escaped = JSON.stringify(text)
    .slice(1, -1)
    .replace(/[\p{Cf}\p{Zl}\p{Zp}]/gu, (c) =>
      c.replace(/[\s\S]/g, (half) => `\\u${half.charCodeAt(0).toString(16).padStart(4, '0')}`),
    )
  const single = escaped.replaceAll('\\"', '"')
  if (!text.includes("'")) return `'${single}'`
  return text.includes('"') && count(text, "'") <= count(text, '"')
    ? `'${single.replaceAll("'", "\\'")}'`
    : `"${escaped}"`
}

const count = (text: string, character: string) => text.split(character).length - 1

/** A value as HCL writes it; an expression is taken as it is. */
export type HclValue = string | number | boolean | readonly string[] | HclExpression

/** A reference or call, such as `var.secret_values[each.key]`. */
export interface HclExpression {
  readonly expression: string
}

/** Consecutive attributes, with the equals signs in one column, as `terraform fmt` writes them. */
export function hclAttributes(attributes: Readonly<Record<string, HclValue | undefined>>, indent = 2): string {
  const given = Object.entries(attributes).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]))
  const width = Math.max(...given.map(({ name }) => name.length))
  return given.map(({ name, value }) => `${' '.repeat(indent)}${name.padEnd(width)} = ${hclValue(value)}\n`).join('')
}

export function hclValue(value: HclValue): string {
  if (typeof value === 'string') return hclString(value)
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if ('expression' in value) return value.expression
  return `[${value.map(hclString).join(', ')}]`
}

/**
 * A quoted string that means exactly `text`: no template in it, no line break.
 * Source: HCL native syntax specification, quoted literals and template escapes.
 */
export function hclString(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t')
    .replace(/\p{Cc}/gu, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replace(/[$%](?=\{)/g, '$&$&')
  return `"${escaped}"`
}

/** A name for a block: letters, digits, `-` and `_`, with no digit in front. */
export function hclLabel(text: string): string {
  const label = text.replace(/[^A-Za-z0-9_-]/g, '_')
  return /^[A-Za-z_]/.test(label) ? label : `_${label}`
}

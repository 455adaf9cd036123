import { listAt, recordAt, textAt } from '../inputs/found-object.ts'

/** What a target's template makes of the values that the operator has read. */
export interface FoundTemplate {
  /** Keys of the target, by the name of the value that each is as it is. */
  readonly renamed: readonly { readonly key: string; readonly source: string }[]
  /** Keys whose value is composed of others, or of a text. */
  readonly composed: readonly string[]
  /** Values are also delivered under their own names. */
  readonly keepsOthers: boolean
  /** It has parts that are somewhere else, or are a program. */
  readonly isUnreadable: boolean
}

/** The template of an ExternalSecret's target; undefined when it makes no keys. */
export function readTemplate(target: unknown): FoundTemplate | undefined {
  const data = recordAt(target, 'template', 'data')
  const from = listAt(target, 'template', 'templateFrom')
  if (Object.keys(data).length === 0 && from.length === 0) return undefined
  const literals = from.map((one) => textAt(one, 'literal') ?? '').map(keysOfLiteral)
  const plain = Object.entries(data).map(([key, text]) => ({ key, source: sourceOf(text) }))
  return {
    renamed: [...plain.flatMap(({ key, source }) => (source ? [{ key, source }] : [])), ...literals.flat()],
    composed: plain.filter(({ source }) => source === undefined).map(({ key }) => key),
    keepsOthers: textAt(target, 'template', 'mergePolicy') === 'Merge',
    isUnreadable: literals.some((keys) => keys.length === 0),
  }
}

// --- internal ---

/** `{{ .NAME }}`, also as the older engine has it: `{{ .NAME | toString }}`. */
function sourceOf(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined
  const [, name, indexed] =
    /^\s*\{\{-?\s*(?:\.([A-Za-z_]\w*)|index\s+\.\s+"([^"]+)")\s*(?:\|\s*toString\s*)?-?\}\}\s*$/.exec(text) ?? []
  return name ?? indexed
}

/** The text that this project's chart renders for optional values; no other text is read. */
function keysOfLiteral(text: string): { key: string; source: string }[] {
  const pairs = text.matchAll(/\{\{- if eq \$key "([^"]+)" \}\}\n\s*"([^"]+)": \{\{ \$value \| toJson \}\}/g)
  return Array.from(pairs, ([, source = '', key = '']) => ({ key, source }))
}

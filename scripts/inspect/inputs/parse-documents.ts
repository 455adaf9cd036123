import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments } from 'yaml'
import type { Problem } from '../../lib/problems.ts'
import { isRecord } from '../../lib/record.ts'
import type { FoundDocument, FoundFile, FoundObject } from './found-object.ts'
import { at, textAt, textsAt } from './found-object.ts'
import { refusal } from './refusal.ts'

/** What the documents of a YAML or JSON text are. */
export interface Parsed {
  readonly objects: FoundObject[]
  readonly compose: FoundDocument[]
  readonly refusals: Problem[]
}

/**
 * The objects of a YAML stream with their lines; a `List` is its items. A document that does not parse is refused, and the
 * others are read. What is neither an object of Kubernetes nor a compose file belongs to another tool, and is passed over.
 */
export function parseDocuments({ path, text }: FoundFile): Parsed {
  const parsed: Parsed = { objects: [], compose: [], refusals: [] }
  const lines = new LineCounter()
  for (const document of documentsOf(text, lines, path, parsed)) {
    const offset = document.contents?.range?.[0] ?? document.range?.[0] ?? 0
    const where = `${path}:${lines.linePos(offset).line}`
    const [error] = document.errors
    if (error)
      parsed.refusals.push(invalid(`${path}:${error.linePos?.[0].line ?? 1}`, `is not valid YAML (${error.code})`))
    else take(document, where, (node) => `${path}:${lines.linePos(node.range?.[0] ?? offset).line}`, parsed)
  }
  return parsed
}

// --- internal ---

type Place = (node: Pick<Node, 'range'>) => string

function documentsOf(text: string, lineCounter: LineCounter, path: string, { refusals }: Parsed): Document.Parsed[] {
  if (isTooDeep(text)) {
    refusals.push(invalid(path, 'is nested too deeply'))
    return []
  }
  try {
    const documents = parseAllDocuments(text, { lineCounter, uniqueKeys: true, merge: true, logLevel: 'silent' })
    return 'length' in documents ? [...documents] : []
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    refusals.push(invalid(path, 'is nested too deeply'))
    return []
  }
}

/** Levels within each other: of brackets, of list items on one line, or of spaces before a line. */
const maxDepth = 1000

/** Text on which the parser would end this process, or never end: no manifest is like it. */
function isTooDeep(text: string): boolean {
  const lines = text.split('\n')
  if (lines.some((line) => (/^[ \t]*(- *)*/.exec(line)?.[0].length ?? 0) > maxDepth)) return true
  let depth = 0
  for (const character of text) {
    if (character === '[' || character === '{') depth++
    else if ((character === ']' || character === '}') && depth > 0) depth--
    if (depth > maxDepth) return true
  }
  return false
}

function take(document: Document.Parsed, where: string, place: Place, parsed: Parsed): void {
  let value: unknown
  try {
    value = document.toJS({ maxAliasCount: 1000 })
  } catch {
    // The message may hold a part of the text.
    parsed.refusals.push(invalid(where, 'has aliases that grow without end, or can not be resolved'))
    return
  }
  if (!isRecord(value)) return
  const items = document.contents && isMap(document.contents) ? document.contents.get('items', true) : undefined
  if (textAt(value, 'kind')?.endsWith('List') && Array.isArray(value.items)) {
    for (const [index, item] of value.items.entries()) {
      const node = isSeq(items) ? (items.items[index] as Node | undefined) : undefined
      if (isRecord(item)) takeObject(item, node ? place(node) : where, parsed)
    }
  } else if (textAt(value, 'kind') !== undefined) takeObject(value, where, parsed)
  else if (isRecord(value.services)) parsed.compose.push({ value, where, services: placesOfServices(document, place) })
}

/** Where each service of a compose file begins. */
function placesOfServices({ contents }: Document.Parsed, place: Place): ReadonlyMap<string, string> {
  const services = isMap(contents) ? contents.get('services', true) : undefined
  const pairs = isMap(services) ? services.items : []
  return new Map(pairs.flatMap(({ key }) => (isScalar(key) ? [[String(key.value), place(key)]] : [])))
}

function takeObject(raw: Record<string, unknown>, where: string, { objects, refusals }: Parsed): void {
  const [apiVersion, kind, name] = [textAt(raw, 'apiVersion'), textAt(raw, 'kind'), textAt(raw, 'metadata', 'name')]
  if (apiVersion === undefined || kind === undefined) return
  // What kustomize reads about other files.
  if (apiVersion.startsWith('kustomize.config.k8s.io/')) return
  const refuse = (fact: string, expected: string) =>
    refusals.push(refusal('INPUT_INVALID', where, fact, expected, 'Give it one, or render it first.'))
  const namespace = at(raw, 'metadata', 'namespace') ?? ''
  if (name === undefined) {
    refuse(`is a ${kind} without metadata.name`, 'a name')
    return
  }
  // Unquoted, `{{ .Values.namespace }}` is YAML for something else.
  if (typeof namespace !== 'string' || `${namespace}${name}`.includes('{{')) {
    refuse(
      `is a ${kind} whose metadata.${typeof namespace === 'string' && !namespace.includes('{{') ? 'name' : 'namespace'} is not a name`,
      'a name',
    )
    return
  }
  objects.push({
    apiVersion,
    kind,
    name,
    namespace: textAt(raw, 'metadata', 'namespace'),
    labels: textsAt(raw, 'metadata', 'labels'),
    raw,
    where,
  })
}

function invalid(where: string, fact: string): Problem {
  const fix = 'Correct the line; what a template makes is rendered first: `helm template`, `kubectl kustomize`.'
  return refusal('INPUT_INVALID', where, fact, 'YAML or JSON', fix)
}

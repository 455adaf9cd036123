import { isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments, visit } from 'yaml'
import { groupBy } from '../../lib/group.ts'
import type { Finding } from './finding.ts'

/**
 * The same findings with the line of what they are about in the object, instead of the line at which the object begins. Where the
 * file does not have it, the line stays: a patch may have made it.
 *
 * @param read the text of a file; undefined: it is none, or it is not worth its time
 */
export async function withExactLines(
  findings: readonly Finding[],
  read: (file: string) => Promise<string | undefined>,
): Promise<Finding[]> {
  const byFile = groupBy(
    findings.filter(({ file, key }) => key !== '' && /\.(ya?ml|json)$/i.test(file)),
    ({ file }) => file,
  )
  const lines = new Map<Finding, number>()
  for (const [file, own] of byFile) {
    const text = await read(file)
    if (text !== undefined) for (const [finding, line] of linesIn(text, own)) lines.set(finding, line)
  }
  return findings.map((finding) => ({ ...finding, line: lines.get(finding) ?? finding.line }))
}

// --- internal ---

function linesIn(text: string, findings: readonly Finding[]): [Finding, number][] {
  const counter = new LineCounter()
  const lineOf = (node: Pick<Node, 'range'>) => counter.linePos(node.range?.[0] ?? 0).line
  const objects = objectsIn(text, counter)
  return findings.flatMap((finding): [Finding, number][] => {
    const object = objects.find((one) => lineOf(one) === finding.line)
    const node = object && (atPath(object, finding.key) ?? named(object, finding.key))
    return node ? [[finding, lineOf(node)]] : []
  })
}

function objectsIn(text: string, lineCounter: LineCounter): Node[] {
  try {
    const documents = parseAllDocuments(text, { lineCounter, logLevel: 'silent' })
    return ('length' in documents ? [...documents] : []).flatMap(({ contents }) => {
      const items = isMap(contents) ? contents.get('items', true) : undefined
      const inner = isSeq(items) ? items.items.filter(isMap) : []
      return contents === null ? inner : [...inner, contents]
    })
  } catch {
    return []
  }
}

/** `spec.data[0].remoteRef.key`, `data.tls.crt` */
function atPath(object: Node, key: string): Node | undefined {
  if (!isMap(object)) return undefined
  const [word = ''] = key.split(' ')
  const data = /^(data|stringData)\.(.+)$/.exec(word)
  const path = data
    ? data.slice(1)
    : (word.match(/[^.[\]]+/g) ?? []).map((part) => (/^\d+$/.test(part) ? Number(part) : part))
  const parent = object.getIn(path.slice(0, -1), true)
  // The line of the name, where the value may begin in the next one.
  const pair = isMap(parent)
    ? parent.items.find((one) => isScalar(one.key) && one.key.value === path.at(-1))
    : undefined
  const found = pair?.key ?? object.getIn(path, true)
  return isNode(found) ? found : undefined
}

/** The first text in the object that is the last word of the key: a variable, a key of a Secret, a name. */
function named(object: Node, key: string): Node | undefined {
  const word = key
    .split(' ')
    .at(-1)
    ?.replace(/^(Secret|ConfigMap|Service|SecretStore)\//, '')
  let found: Node | undefined
  visit(object, {
    Scalar(_, node) {
      if (String(node.value) !== word) return undefined
      found = node
      return visit.BREAK
    },
  })
  return found
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'range' in value
}

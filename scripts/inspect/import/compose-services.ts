import { basename, dirname, join } from 'node:path'
import { groupBy } from '../../lib/group.ts'
import { isRecord } from '../../lib/record.ts'
import { at, type FoundDocument, recordAt, textAt } from '../inputs/found-object.ts'

/** What one file says of a service. */
export interface ServicePart {
  readonly service: unknown
  readonly document: FoundDocument
}

export interface ComposeService {
  readonly name: string
  /** What it extends comes first, and what takes the place of others last. */
  readonly parts: readonly ServicePart[]
  /** Services that it extends, and that are not among the input. */
  readonly unread: readonly string[]
  readonly where: string
}

/**
 * The services of compose files. Files of one folder that have a service of the same name are parts of it, as
 * `compose.override.yaml` is. Source: Compose Specification, merge and extends.
 */
export function composeServices(documents: readonly FoundDocument[]): ComposeService[] {
  const all = documents
    .flatMap((document) =>
      Object.entries(recordAt(document.value, 'services')).map(([name, service]) => ({ name, service, document })),
    )
    .filter(({ service }) => isRecord(service))
  return [...groupBy(all, ({ name, document }) => `${dirname(pathOf(document))}\0${name}`).values()].map((same) => {
    const [first] = same as [(typeof same)[number]]
    const inOrder = [...same].sort((a, b) => Number(isOverride(a.document)) - Number(isOverride(b.document)))
    const extended = inOrder.map((part) => withExtended(part, documents, new Set()))
    return {
      name: first.name,
      parts: extended.flatMap(({ parts }) => parts),
      unread: [...new Set(extended.flatMap(({ unread }) => unread))],
      where: placeOf(inOrder[0] ?? first),
    }
  })
}

// --- internal ---

function placeOf({ name, document }: { readonly name: string; readonly document: FoundDocument }): string {
  return document.services?.get(name) ?? document.where
}

const pathOf = ({ where }: FoundDocument) => where.replace(/:\d+$/, '')

/** Every file but that which compose reads by itself is named to change it. */
const isOverride = (document: FoundDocument) => !/^(docker-)?compose\.ya?ml$/.test(basename(pathOf(document)))

function withExtended(
  { service, document }: ServicePart,
  documents: readonly FoundDocument[],
  passed: ReadonlySet<unknown>,
): Pick<ComposeService, 'parts' | 'unread'> {
  const own = { service, document }
  const extended = at(service, 'extends')
  const name = typeof extended === 'string' ? extended : textAt(extended, 'service')
  if (name === undefined || passed.has(service)) return { parts: [own], unread: [] }
  const file = textAt(extended, 'file')
  const path = file === undefined ? pathOf(document) : join(dirname(pathOf(document)), file)
  const base = documents.find((one) => pathOf(one) === path && isRecord(at(one.value, 'services', name)))
  if (base === undefined) return { parts: [own], unread: [file === undefined ? name : `${name} of ${file}`] }
  const part = { service: at(base.value, 'services', name), document: base }
  const { parts, unread } = withExtended(part, documents, new Set([...passed, service]))
  return { parts: [...parts, own], unread }
}

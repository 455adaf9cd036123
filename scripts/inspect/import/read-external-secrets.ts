import { at, type FoundObject, listAt, textAt } from '../inputs/found-object.ts'
import type { FoundEntry, FoundExternalSecret, FoundRef, FoundWhole, Leftover } from './facts.ts'
import { type FoundTemplate, readTemplate } from './templates.ts'
import { fieldOf, holdersOf, isVariableName } from './whole-fields.ts'

export interface ReadExternalSecrets {
  readonly externalSecrets: readonly FoundExternalSecret[]
  readonly leftovers: readonly Leftover[]
}

export function isExternalSecret({ apiVersion, kind }: FoundObject): boolean {
  return apiVersion.startsWith('external-secrets.io/') && /^(Cluster)?ExternalSecret$/.test(kind)
}

/** An ExternalSecret of any version; one of the whole cluster is one in each namespace that it lists. */
export function readExternalSecret(object: FoundObject): ReadExternalSecrets {
  if (object.kind === 'ExternalSecret') return readSpec(object, at(object.raw, 'spec'), [object.namespace ?? ''])
  const listed = at(object.raw, 'spec', 'namespaces')
  const namespaces = Array.isArray(listed) ? listed.filter((name) => typeof name === 'string') : []
  const read = readSpec(object, at(object.raw, 'spec', 'externalSecretSpec'), namespaces)
  const isSelected = ['namespaceSelector', 'namespaceSelectors'].some((field) => at(object.raw, 'spec', field))
  return isSelected ? { ...read, leftovers: [...read.leftovers, selected(object)] } : read
}

// --- internal ---

/** What the values are called before a template renames them. */
interface Sources {
  readonly named: readonly FoundEntry[]
  readonly wholes: readonly FoundWhole[]
  readonly hasUnknown: boolean
  readonly leftovers: readonly Leftover[]
}

function readSpec(object: FoundObject, spec: unknown, namespaces: readonly string[]): ReadExternalSecrets {
  const sources = readSources(object, spec)
  const template = readTemplate(at(spec, 'target'))
  const { entries, wholes, leftovers } = delivered(object, sources, template)
  const name = textAt(object.raw, 'spec', 'externalSecretName') ?? object.name
  const found = {
    name,
    target: textAt(spec, 'target', 'name') ?? name,
    type: textAt(spec, 'target', 'template', 'type'),
    store: storeOf(spec),
    refreshInterval: textAt(spec, 'refreshInterval'),
    leavesOutMissing: textAt(spec, 'target', 'deletionPolicy') === 'Merge',
    entries,
    wholes,
    hasUnknownSource: sources.hasUnknown && keepsOthers(template),
    where: object.where,
  }
  return {
    externalSecrets: namespaces.map((namespace) => ({ ...found, namespace })),
    leftovers: [...sources.leftovers, ...leftovers],
  }
}

function storeOf(spec: unknown): FoundExternalSecret['store'] {
  const name = textAt(spec, 'secretStoreRef', 'name')
  return name === undefined
    ? undefined
    : { name, isClusterWide: textAt(spec, 'secretStoreRef', 'kind') === 'ClusterSecretStore' }
}

function readSources(object: FoundObject, spec: unknown): Sources {
  const { where } = object
  const leftovers: Leftover[] = []
  let hasUnknown = false
  const named = listAt(spec, 'data').flatMap((item) => {
    const key = textAt(item, 'secretKey')
    const ref = refOf(at(item, 'remoteRef'))
    if (key === undefined || ref === undefined || hasOwnSource(item)) {
      leftovers.push(unusable(object, key ?? 'an entry without secretKey'))
      return []
    }
    leftovers.push(...changed(object, key, at(item, 'remoteRef')))
    return [{ key, ref, isBundled: false, where }]
  })
  const wholes = listAt(spec, 'dataFrom').flatMap((item) => {
    // The first version of the API had no `extract` around it.
    const ref = refOf(at(item, 'extract') ?? item)
    const prefix = prefixOf(at(item, 'rewrite'))
    if (ref === undefined || prefix === undefined || hasOwnSource(item)) {
      hasUnknown = true
      leftovers.push(unusable(object, at(item, 'find') ? 'dataFrom.find' : 'an entry of dataFrom'))
      return []
    }
    leftovers.push(...changed(object, ref.key, at(item, 'extract') ?? item))
    return [{ ref, prefix }]
  })
  return { named, wholes, hasUnknown, leftovers }
}

function refOf(ref: unknown): FoundRef | undefined {
  const key = textAt(ref, 'key')
  return key === undefined ? undefined : { key, property: textAt(ref, 'property') }
}

/** A generator, or a store of its own, which makes another ExternalSecret of it. */
const hasOwnSource = (item: unknown) => at(item, 'sourceRef') !== undefined

/** What is put before each name: nothing, or as `rewrite` does it. Undefined: it does more. */
function prefixOf(rewrite: unknown): string | undefined {
  if (rewrite === undefined) return ''
  const [only, ...others] = Array.isArray(rewrite) ? rewrite : []
  const target = textAt(only, 'regexp', 'target')
  return others.length === 0 && textAt(only, 'regexp', 'source') === '^' && target !== undefined ? target : undefined
}

/** The keys of the target: as the template names them, and else as they are. */
function delivered(object: FoundObject, { named, wholes }: Sources, template: FoundTemplate | undefined) {
  const { where } = object
  const own = new Map(named.map((entry) => [entry.key, entry]))
  const ambiguous: string[] = []
  const renamed = (template?.renamed ?? []).flatMap(({ key, source }): FoundEntry[] => {
    const entry = own.get(source)
    if (entry) return [{ ...entry, key, ...(source !== key && isVariableName(source) ? { valueName: source } : {}) }]
    const [whole, ...others] = holdersOf(source, wholes)
    if (whole && others.length === 0) return [fieldOf(whole, source, key, where)]
    ambiguous.push(key)
    return []
  })
  const isKept = keepsOthers(template)
  return {
    entries: [...renamed, ...(isKept ? named.filter(({ key }) => !renamed.some((one) => one.key === key)) : [])],
    wholes: isKept ? wholes : [],
    leftovers: [
      ...(template?.composed ?? []).map((key) => composed(object, key)),
      ...ambiguous.map((key) => sourceless(object, key)),
      ...(template?.isUnreadable ? [unreadable(object)] : []),
    ],
  }
}

/** Whether values are delivered under their own names too. */
const keepsOthers = (template: FoundTemplate | undefined) => template === undefined || template.keepsOthers

/** What of a reference changes a value, or which one it is. */
function changed(object: FoundObject, key: string, ref: unknown): Leftover[] {
  const version = textAt(ref, 'version')
  const decoding = textAt(ref, 'decodingStrategy') ?? 'None'
  const isPinned = version !== undefined && !/^(latest|latest_enabled|AWSCURRENT)$/.test(version)
  return [
    ...(isPinned
      ? [left(object, 'VERSION_PINNED', key, 'a version is pinned', 'Store that version as the newest one.')]
      : []),
    ...(decoding === 'None'
      ? []
      : [left(object, 'VALUE_DECODED', key, `the value is decoded (${decoding})`, 'Store the decoded value.')]),
  ]
}

function left(object: FoundObject, code: string, what: string, why: string, todo: string): Leftover {
  return { code, where: object.where, what: `${object.kind} ${object.name}: ${what}`, why, todo }
}

function unusable(object: FoundObject, what: string): Leftover {
  const why = 'it has a source of its own, or reads whatever is there: the catalogue names each value'
  return left(object, 'SOURCE_UNSUPPORTED', what, why, 'Add an entry to the catalogue for each value it delivers.')
}

function composed(object: FoundObject, key: string): Leftover {
  const why = 'its template composes the value, and the catalogue has no template'
  return left(object, 'VALUE_COMPOSED', key, why, 'Store the whole value as one secret and add an entry for it.')
}

function sourceless(object: FoundObject, key: string): Leftover {
  const why = 'its template names a value that no source, or more than one, delivers'
  return left(object, 'SOURCE_AMBIGUOUS', key, why, 'Add an entry to the catalogue for it.')
}

function unreadable(object: FoundObject): Leftover {
  const why = 'its keys come from a text or a ConfigMap that is a program'
  return left(object, 'TEMPLATE_UNSUPPORTED', 'templateFrom', why, 'Add an entry to the catalogue for each key.')
}

function selected(object: FoundObject): Leftover {
  const why = 'it selects namespaces by labels, which only the cluster knows'
  return left(object, 'NAMESPACES_SELECTED', 'namespaces', why, 'Import the ExternalSecrets it makes from the cluster.')
}

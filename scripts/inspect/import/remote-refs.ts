import type { FoundRef } from './facts.ts'

/** A reference of any provider in the words of the catalogue: a folder and a name, and a field of a JSON object. */
export interface RemotePlace {
  /** Undefined: the reference tells none, and the folder of the tier is meant. */
  readonly folder: string | undefined
  /** Its segments, the last of which is the name as long as it is the only one. Empty: the reference tells no name. */
  readonly segments: readonly string[]
  /** Field of a JSON object; undefined: the whole value. */
  readonly property: readonly string[] | undefined
  /** Why the secret has to be stored somewhere else than it is. Undefined: it stays where it is. */
  readonly moved: string | undefined
}

/** @returns undefined when the property is more than the name of a field: the catalogue can't express it */
export function remotePlace(provider: string, { key, property }: FoundRef): RemotePlace | undefined {
  const path = property === undefined ? undefined : propertyPath(property)
  if (property !== undefined && path === undefined) return undefined
  return { ...(provider === 'scaleway' ? scalewayPlace(key) : foreignPlace(provider, key)), property: path }
}

/** A Scaleway name of one or more segments: what it may not have becomes a hyphen. */
export function scalewayName(segments: readonly string[]): string {
  const name = segments.join('-').replace(/[^A-Za-z0-9._-]+/g, '-')
  return name.replace(/^[-.]+|-+$/g, '').slice(0, 255)
}

/**
 * The fields that a gjson path names one after the other; undefined for a path with wildcards, queries or modifiers.
 * Source: tidwall/gjson, SYNTAX.md.
 */
export function propertyPath(property: string): string[] | undefined {
  const segments: string[] = ['']
  for (let index = 0; index < property.length; index++) {
    const character = property[index] ?? ''
    const last = segments.length - 1
    if (character === '\\') segments[last] += property[++index] ?? ''
    else if (character === '.') segments.push('')
    else if (/[*?#|@!{}[\]()=<>%]/.test(character)) return undefined
    else segments[last] += character
  }
  return segments.includes('') ? undefined : segments
}

// --- internal ---

type Place = Omit<RemotePlace, 'property'>

function scalewayPlace(key: string): Place {
  const [, form, rest = ''] = /^(path|name|id):(.*)$/s.exec(key) ?? []
  if (form === 'id') return nowhere('an id tells neither its folder nor its name')
  const segments = (form === undefined ? key : rest).split('/').filter((segment) => segment !== '')
  if (segments.length === 0) return nowhere('the reference is empty')
  const folder = `/${segments.slice(0, -1).join('/')}`
  const isWhole = form === 'path' && rest === `${folder === '/' ? '' : folder}/${segments.at(-1)}`
  if (isWhole) return { folder, segments: segments.slice(-1), moved: undefined }
  if (segments.length === 1)
    return { folder: undefined, segments, moved: 'a bare name is looked for in the whole project, and not in a folder' }
  return { folder, segments: segments.slice(-1), moved: 'a Scaleway name has no slash: the reference never matches' }
}

function nowhere(moved: string): Place {
  return { folder: undefined, segments: [], moved }
}

function foreignPlace(provider: string, key: string): Place {
  const segments = foreignKey(provider, key)
    .split('/')
    .filter((segment) => segment !== '')
  return { folder: undefined, segments, moved: `the value is with the provider ${provider}` }
}

/** The key without what its provider adds to every name. */
function foreignKey(provider: string, key: string): string {
  switch (provider) {
    case 'azurekv':
      return key.replace(/^(secret|key|cert)\//, '')
    case 'vault':
      return key.replace(/^[^/]+\/data\//, '')
    case 'aws':
      return key.replace(/^arn:aws[\w-]*:secretsmanager:[^:]*:[^:]*:secret:(.+?)(-[A-Za-z0-9]{6})?$/, '$1')
    case 'gcpsm':
      return key.replace(/^projects\/[^/]+\/secrets\//, '').replace(/\/versions\/[^/]+$/, '')
    default:
      return key
  }
}

import { nearest } from '../../../lib/nearest.ts'
import { isRecord } from '../../../lib/record.ts'
import type { FoundObject } from '../../inputs/found-object.ts'
import { about, type Finding } from '../finding.ts'
import type { Schema, World } from '../world/world.ts'

/** Fields that a kind does not have: a CRD drops them without a word, where the client does not refuse them. */
export function unknownFields({ objects, schemas }: World): Finding[] {
  return objects.flatMap((object) => {
    const schema = schemas[`${object.apiVersion} ${object.kind}`]
    return schema ? unknownIn(object.raw, schema, '').flatMap((one) => finding(object, one)) : []
  })
}

// --- internal ---

interface Unknown {
  readonly path: string
  readonly near: string | undefined
  readonly names: readonly string[]
}

function finding(object: FoundObject, { path, near, names }: Unknown): Finding {
  return about(object, 'FIELD_UNKNOWN', {
    key: path,
    fact: `${path} is not a field of ${object.kind} ${object.apiVersion}`,
    expected: near ? `a field that exists, such as ${near}` : `one of ${[...names].sort().join(', ')}`,
    fix: near ? `Rename it to ${near} if that is meant, or take it out.` : 'Take it out, or correct its name.',
  })
}

function unknownIn(value: unknown, schema: Schema, path: string): Unknown[] {
  if (Array.isArray(value)) {
    const { items } = schema
    return items ? value.flatMap((item, index) => unknownIn(item, items, `${path}[${index}]`)) : []
  }
  if (!isRecord(value) || !schema.properties) return []
  const { properties } = schema
  const names = Object.keys(properties)
  const isOpen = schema.additionalProperties !== undefined && schema.additionalProperties !== false
  return Object.entries(value).flatMap(([name, inner]): Unknown[] => {
    const at = path === '' ? name : `${path}.${name}`
    const own = Object.hasOwn(properties, name) ? properties[name] : undefined
    if (own) return unknownIn(inner, own, at)
    if (isOpen || isKnown(at, name, path)) return []
    return [{ path: at, near: nearest(name, names), names }]
  })
}

/** Providers whose fields are not told here, what the cluster adds, and what operators later than the schema have. */
function isKnown(path: string, name: string, parent: string): boolean {
  return (
    parent === 'spec.provider' ||
    path === 'status' ||
    (parent === 'spec' && ['syncWindows', 'retrySettings'].includes(name)) ||
    name === 'nullBytePolicy' ||
    name === 'valuesDecodingStrategy' ||
    path === 'spec.target.manifest'
  )
}

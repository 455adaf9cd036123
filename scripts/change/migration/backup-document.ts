import { isDeepStrictEqual } from 'node:util'
import type { SecretObject } from '../../kubernetes/kinds.ts'
import type { Digest } from '../../lib/keyed-digest.ts'
import { compare, ProblemError } from '../../lib/problems.ts'
import { isRecord } from '../../lib/record.ts'
import type { ClusterContext } from './migration-context.ts'

/** A Secret with everything worth keeping. Holds values: never printed. */
export interface SavedSecret {
  readonly namespace: string
  readonly name: string
  readonly type: string
  readonly immutable: boolean
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** Base64. */
  readonly data: Readonly<Record<string, string>>
}

/** The content of an opened backup. */
export interface BackupDocument {
  readonly version: 1
  readonly application: string
  readonly environment: string
  /** The old Secret first, then targets somebody made by hand. */
  readonly secrets: readonly SavedSecret[]
}

/** Without owners and finalizers: these may not exist any more, and a Secret whose owner does not exist is deleted at once. */
export function savedSecret({ metadata, type, immutable, data = {} }: SecretObject): SavedSecret {
  const { namespace = '', name, labels = {}, annotations = {} } = metadata
  return { namespace, name, type: type ?? 'Opaque', immutable: immutable === true, labels, annotations, data }
}

/** The Secret as the API server can create it again. */
export function restoredSecret(saved: SavedSecret): SecretObject {
  const { namespace, name, type, immutable, labels, annotations, data } = saved
  return { metadata: { namespace, name, labels, annotations }, type, data, ...(immutable ? { immutable } : {}) }
}

/**
 * The content of a backup that was opened.
 *
 * @throws ProblemError `BACKUP_UNREADABLE`, `BACKUP_OF_OTHER_ENVIRONMENT`
 */
export function parseBackup({ model }: Pick<ClusterContext, 'model'>, text: string, where: string): BackupDocument {
  const document = parsed(text)
  if (!document) {
    throw new ProblemError({
      code: 'BACKUP_UNREADABLE',
      where,
      message: "can be opened, but its content can't be read by this version. Expected the backup of a migration.",
      fix: 'Use the version of tiered-secrets that made it.',
    })
  }
  const { application, environment } = document
  if (application === model.application && environment === model.environment) return document
  throw new ProblemError({
    code: 'BACKUP_OF_OTHER_ENVIRONMENT',
    where,
    message: `is the backup of ${application} ${environment}. Expected one of ${model.application} ${model.environment}.`,
    fix: 'Correct --environment, or the path given to --backup.',
  })
}

/** Keys that only one of the two has, or whose bytes differ. */
export function differingKeys(digest: Digest, a: SavedSecret['data'], b: SavedSecret['data']): string[] {
  const of = (data: SavedSecret['data'], key: string) =>
    Object.hasOwn(data, key) ? digest(Buffer.from(data[key] ?? '', 'base64')) : undefined
  const keys = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...keys].filter((key) => of(a, key) !== of(b, key)).sort(compare)
}

/** The same type and the same bytes under the same keys. */
export function isSameData(digest: Digest, a: SavedSecret, b: SavedSecret): boolean {
  return a.type === b.type && differingKeys(digest, a.data, b.data).length === 0
}

/** The same in everything that would be restored. */
export function isSame(digest: Digest, a: SavedSecret, b: SavedSecret): boolean {
  const { data: _, ...own } = a
  const { data: __, ...others } = b
  return isSameData(digest, a, b) && isDeepStrictEqual(own, others)
}

// --- internal ---

const isTexts = (value: unknown) => isRecord(value) && Object.values(value).every((text) => typeof text === 'string')

/** The parser's own message quotes the text. */
function parsed(text: string): BackupDocument | undefined {
  try {
    const json: unknown = JSON.parse(text)
    if (!isRecord(json) || json.version !== 1 || !Array.isArray(json.secrets)) return undefined
    return json.secrets.length > 0 && json.secrets.every(isSaved) ? (json as unknown as BackupDocument) : undefined
  } catch {
    return undefined
  }
}

function isSaved(value: unknown): boolean {
  if (!isRecord(value)) return false
  const { namespace, name, type, immutable, labels, annotations, data } = value
  const areTexts = [namespace, name, type].every((text) => typeof text === 'string')
  return areTexts && typeof immutable === 'boolean' && [labels, annotations, data].every(isTexts)
}

import { kinds } from '../../kubernetes/kinds.ts'
import { jsonDocument, lines, type Printable } from '../../lib/printable.ts'
import { readSealHeader } from '../../lib/sealed-text.ts'
import { type ClusterContext, placeOfSecret } from './migration-context.ts'
import { readSealedBackup } from './rollback-source.ts'

/** What a rollback would do, as far as that is known without the passphrase. */
export interface RollbackOutline {
  /** Where the backup is from. */
  readonly from: string
  /** RFC 3339; undefined: it doesn't say. */
  readonly sealedAt: string | undefined
  /** `Secret/<namespace>/<name>`, each. */
  readonly contents: readonly string[]
  /** Whether the old Secret is there. */
  readonly isThere: boolean
}

/**
 * Reads the part of the backup that needs no passphrase. Changes nothing, and compares nothing.
 *
 * @throws ProblemError `BACKUP_MISSING`, `SEAL_UNREADABLE`
 */
export async function outlineRollback(context: ClusterContext): Promise<RollbackOutline> {
  const { client, legacy, signal } = context
  const { from, text } = await readSealedBackup(context)
  const { createdAt, contents } = readSealHeader(text, from)
  return {
    from,
    sealedAt: typeof createdAt === 'string' ? createdAt : undefined,
    contents: Array.isArray(contents) ? contents.filter((one) => typeof one === 'string') : [],
    isThere: (await client.get(kinds.secret, legacy, signal)) !== undefined,
  }
}

/** For a person. */
export function outlineText({ legacy }: ClusterContext, outline: RollbackOutline): Printable {
  const { from, sealedAt, contents, isThere } = outline
  const place = placeOfSecret(legacy)
  const would = isThere ? 'exists, and may be replaced' : 'does not exist, and would be created'
  return lines(
    `${from} was sealed${sealedAt === undefined ? '' : ` at ${sealedAt}`}, and holds ${contents.join(', ') || 'what it does not name'}`,
    `${place} ${would}; with the passphrase, the keys that differ are listed`,
  )
}

/** For machines: as `rollbackJson`, with null for what is not known. */
export function outlineJson({ model, legacy }: ClusterContext, outline: RollbackOutline): Printable {
  const { from, sealedAt, contents, isThere } = outline
  const document = {
    version: 1,
    application: model.application,
    environment: model.environment,
    secret: placeOfSecret(legacy),
    from,
    sealedAt: sealedAt ?? null,
    contents,
    action: isThere ? null : 'create',
    keys: null,
    differing: null,
    readersOfTargets: null,
    written: false,
  }
  return jsonDocument(document)
}

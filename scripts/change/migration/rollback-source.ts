import { readIfExists } from '../../lib/files.ts'
import { ProblemError } from '../../lib/problems.ts'
import type { SavedSecret } from './backup-document.ts'
import { newestBackup, openBackup } from './backups.ts'
import { type ClusterContext, placeOfSecret } from './migration-context.ts'

/** The old Secret as the backup has it. Holds values: never printed. */
export interface RollbackSource {
  readonly saved: SavedSecret
  /** The file, or `Secret/<namespace>/<name>`. */
  readonly from: string
}

/**
 * Opens the given file, or the newest backup of the cluster.
 *
 * @throws ProblemError `BACKUP_MISSING`, `BACKUP_OF_OTHER_SECRET`, or as `openBackup`
 */
export async function readRollbackSource(context: ClusterContext): Promise<RollbackSource> {
  const { from, text } = await readSealedBackup(context)
  const { secrets } = await openBackup(context, text, from, await context.person.passphrase('open'))
  const place = placeOfSecret(context.legacy)
  const saved = secrets.find((secret) => placeOfSecret(secret) === place)
  if (saved) return { saved, from }
  throw new ProblemError({
    code: 'BACKUP_OF_OTHER_SECRET',
    where: from,
    message: `holds ${secrets.map(placeOfSecret).join(', ')}. Expected ${place}.`,
    fix: 'Correct legacy in scripts/catalogue.ts or scripts/environments.ts, or give another backup.',
  })
}

/**
 * The given file, or the newest backup of the cluster, still sealed.
 *
 * @throws ProblemError `BACKUP_MISSING`
 */
export async function readSealedBackup(
  context: ClusterContext,
): Promise<{ readonly from: string; readonly text: string }> {
  const { backupFile } = context.choices
  if (backupFile !== undefined) {
    const text = await readIfExists(backupFile)
    if (text !== undefined) return { from: backupFile, text }
    throw missing(backupFile, 'there is no such file', 'Correct the path, or leave --backup out.')
  }
  const newest = await newestBackup(context, 'backup')
  if (newest) return { from: placeOfSecret(newest.ref), text: newest.text }
  const { release } = context.model
  const fix = 'Give the file that a run with --backup wrote: --rollback --backup <file>'
  throw missing(`Namespace/${release.namespace}`, 'has no backup of a migration', fix)
}

// --- internal ---

function missing(where: string, fact: string, fix: string): ProblemError {
  return new ProblemError({ code: 'BACKUP_MISSING', where, message: `${fact}. Expected a sealed backup.`, fix })
}

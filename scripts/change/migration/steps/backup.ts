import type { SecretObject } from '../../../kubernetes/kinds.ts'
import { kubectl } from '../../../lib/command-line.ts'
import { count } from '../../../lib/count.ts'
import { readIfExists, writeWhole } from '../../../lib/files.ts'
import { type Problem, ProblemError } from '../../../lib/problems.ts'
import { type BackupDocument, isSameData, type SavedSecret, savedSecret } from '../backup-document.ts'
import { makeBackup, newestBackup, openBackup, type StoredBackup } from '../backups.ts'
import type { Facts } from '../gather-facts.ts'
import { type MigrationContext, placeOfSecret } from '../migration-context.ts'
import type { MigrationState, SeenObject } from '../migration-state.ts'
import { blocked, done, type Step, todo } from '../step.ts'

/** The old Secret, and what the operator would remove, are sealed where a rollback finds them. */
export const backupStep: Step = {
  name: 'backup',
  title: 'seal a backup',
  async look(context, facts, state) {
    const sources = await sourcesOf(facts)
    const what = count(sources.length, 'Secret')
    const newest = await newestBackup(context, 'backup')
    const file = await fileState(context, newest)
    if (file === 'taken') return blocked('the file exists already', [fileTaken(context)])
    if (!newest) return todo(`seal ${what}`)
    const place = placeOfSecret(newest.ref)
    if (!isNoted(state, newest, sources)) return todo(`open ${place} and compare it with ${what}`)
    return file === 'absent' ? todo(`copy ${place} to a file`) : done(`${what} sealed in ${place}`)
  },
  async act(context, facts, journal) {
    const sources = await sourcesOf(facts)
    let newest = await newestBackup(context, 'backup')
    if (!newest || !isNoted(journal.state, newest, sources)) {
      newest = await provedBackup(context, newest, sources.map(savedSecret))
      const seen = sources.map((source) => [sourceName(source), seenOf(source)] as const)
      const { ref, uid, resourceVersion } = newest
      await journal.note({ backup: { secret: ref.name, uid, resourceVersion, sources: Object.fromEntries(seen) } })
    }
    const { backupFile } = context.choices
    if (backupFile !== undefined && (await fileState(context, newest)) === 'absent')
      await writeWhole(backupFile, newest.text, 0o600)
  },
}

/**
 * Opens the newest backup, and compares it with the old Secret as it is now.
 *
 * @throws ProblemError `BACKUP_OUTDATED`, `BACKUP_MISSING`, or as `openBackup`
 */
export async function verifyBackup(context: MigrationContext, old: SecretObject): Promise<void> {
  const newest = await newestBackup(context, 'backup')
  if (!newest) throw new ProblemError(outdated(context, 'is not backed up', 'BACKUP_MISSING'))
  const { secrets } = await openWith(context, newest, await context.person.passphrase('open'))
  if (covers(context, secrets, savedSecret(old))) return
  throw new ProblemError(outdated(context, `differs from what ${placeOfSecret(newest.ref)} holds`, 'BACKUP_OUTDATED'))
}

// --- internal ---

async function sourcesOf(facts: Facts): Promise<SecretObject[]> {
  const old = await facts.old()
  const handMade = await facts.handMade()
  return [...(old ? [old] : []), ...handMade.map(({ secret }) => secret)]
}

/** The newest backup when it is complete, else a new one under the same passphrase. */
async function provedBackup(
  context: MigrationContext,
  newest: StoredBackup | undefined,
  sources: readonly SavedSecret[],
): Promise<StoredBackup> {
  const passphrase = await context.person.passphrase(newest ? 'open' : 'new')
  if (newest) {
    const { secrets } = await openWith(context, newest, passphrase)
    if (sources.every((source) => covers(context, secrets, source))) return newest
  }
  const number = (newest?.number ?? 0) + 1
  const made = await makeBackup(context, { kind: 'backup', number, passphrase }, sources)
  context.log(`sealed ${sources.map(placeOfSecret).join(', ')} in ${placeOfSecret(made.ref)}`)
  return made
}

async function openWith(context: MigrationContext, backup: StoredBackup, passphrase: string): Promise<BackupDocument> {
  const { ref, text } = backup
  return openBackup(context, text, placeOfSecret(ref), passphrase).catch((error: unknown) => {
    if (!(error instanceof ProblemError)) throw error
    const lost = `When the passphrase is lost and the old Secret exists: ${kubectl`delete secret ${ref.name} --namespace ${ref.namespace}`}`
    throw new ProblemError(error.problems.map((problem) => ({ ...problem, fix: `${problem.fix} ${lost}` })))
  })
}

function covers({ digest }: MigrationContext, secrets: readonly SavedSecret[], source: SavedSecret): boolean {
  return secrets.some((saved) => placeOfSecret(saved) === placeOfSecret(source) && isSameData(digest, saved, source))
}

function isNoted({ backup }: MigrationState, newest: StoredBackup, sources: readonly SecretObject[]): boolean {
  if (!backup || backup.secret !== newest.ref.name || !isSeen(backup, newest)) return false
  return sources.every((source) => isSeen(backup.sources[sourceName(source)], seenOf(source)))
}

function isSeen(a: SeenObject | undefined, b: SeenObject): boolean {
  return a?.uid === b.uid && a.resourceVersion === b.resourceVersion
}

function seenOf({ metadata }: SecretObject): SeenObject {
  return { uid: metadata.uid ?? '', resourceVersion: metadata.resourceVersion ?? '' }
}

function sourceName({ metadata }: SecretObject): string {
  return `${metadata.namespace}/${metadata.name}`
}

async function fileState({ choices }: MigrationContext, newest: StoredBackup | undefined) {
  if (choices.backupFile === undefined) return 'unwanted'
  const text = await readIfExists(choices.backupFile)
  if (text === undefined) return 'absent'
  return text === newest?.text ? 'written' : 'taken'
}

function fileTaken({ choices }: MigrationContext): Problem {
  return {
    code: 'BACKUP_FILE_TAKEN',
    where: choices.backupFile ?? '',
    message: 'exists already, and is not the newest backup. Expected a file that does not exist yet.',
    fix: 'Give another file, or move this one away.',
  }
}

function outdated({ legacy }: MigrationContext, fact: string, code: string): Problem {
  return {
    code,
    where: placeOfSecret(legacy),
    message: `${fact}. Expected a backup with every byte of it before it is deleted.`,
    fix: 'Run the same command again: it makes another backup first.',
  }
}

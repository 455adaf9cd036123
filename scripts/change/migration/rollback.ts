import { isConflict } from '../../kubernetes/errors.ts'
import { type KubernetesObject, kinds, type SecretObject } from '../../kubernetes/kinds.ts'
import { ProblemError } from '../../lib/problems.ts'
import { differingKeys, isSameData, restoredSecret, type SavedSecret, savedSecret } from './backup-document.ts'
import { makeBackup, newestBackup, openBackup } from './backups.ts'
import { type ClusterContext, placeOfSecret } from './migration-context.ts'
import { aloneInMigration } from './migration-lease.ts'
import { openMigrationJournal } from './migration-state.ts'
import { readRollbackSource } from './rollback-source.ts'

/** What a rollback would do, or did. Holds values: never printed. */
export interface Rollback {
  /** `replace`: somebody has changed the old Secret since the backup. */
  readonly action: 'create' | 'replace' | 'nothing'
  /** Where the backup is from. */
  readonly from: string
  /** Keys that are not there now, have other bytes, or are not in the backup. */
  readonly differing: readonly string[]
  readonly saved: SavedSecret
  readonly current: SecretObject | undefined
}

/** Opens the backup and compares it with the cluster. Changes nothing. */
export async function lookBack(context: ClusterContext): Promise<Rollback> {
  const { client, legacy, signal, digest } = context
  const { saved, from } = await readRollbackSource(context)
  const current = await client.get<SecretObject>(kinds.secret, legacy, signal)
  const differing = differingKeys(digest, current?.data ?? {}, saved.data)
  const action = !current ? 'create' : isRestored(context, current, saved) ? 'nothing' : 'replace'
  return { action, from, differing, saved, current }
}

/**
 * Restores the old Secret, byte for byte. What exists in its place is sealed first, under the same passphrase. Can be
 * called again after any interruption.
 *
 * @throws ProblemError as `readRollbackSource`; `LEGACY_CHANGED`, `LEASE_HELD`; or as the API server refuses
 */
export async function rollBack(context: ClusterContext): Promise<Rollback> {
  return aloneInMigration(context, async ({ client, signal }) => {
    const own = { ...context, client, signal }
    const journal = await openMigrationJournal(own)
    const rollback = await lookBack(own)
    // Before the Secret exists: while it is recorded as no longer needed, nobody would notice if it disappeared again.
    const { switch: _, delete: __, ...done } = journal.state.done
    await journal.note({ deleting: undefined, done })
    if (rollback.action === 'replace') await keepCurrent(own, rollback)
    if (rollback.action !== 'nothing') await restore(own, rollback)
    await journal.note({ rolledBack: new Date().toISOString() })
    return rollback
  })
}

// --- internal ---

/** Labels and annotations that others have added since are kept. */
function isRestored({ digest }: ClusterContext, current: SecretObject, saved: SavedSecret): boolean {
  const now = savedSecret(current)
  const has = (all: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>) =>
    Object.entries(wanted).every(([name, value]) => all[name] === value)
  const isDressed = has(now.labels, saved.labels) && has(now.annotations, saved.annotations)
  return isSameData(digest, now, saved) && now.immutable === saved.immutable && isDressed
}

async function keepCurrent(context: ClusterContext, { current }: Rollback): Promise<void> {
  if (!current) return
  const passphrase = await context.person.passphrase('open')
  const newest = await newestBackup(context, 'before-rollback')
  const opened = newest && (await openBackup(context, newest.text, placeOfSecret(newest.ref), passphrase))
  // An earlier run was killed after it had sealed it.
  if (opened?.secrets.some((secret) => isSameData(context.digest, secret, savedSecret(current)))) return
  const number = (newest?.number ?? 0) + 1
  const kept = await makeBackup(context, { kind: 'before-rollback', number, passphrase }, [savedSecret(current)])
  context.log(`sealed the current Secret in ${placeOfSecret(kept.ref)}`)
}

async function restore(context: ClusterContext, rollback: Rollback): Promise<void> {
  const { client, legacy, signal, log } = context
  try {
    await write(context, rollback)
  } catch (error) {
    // A lost response is recognised by reading the object again.
    const there = await client.get<SecretObject>(kinds.secret, legacy, signal).catch(() => undefined)
    if (!there || !isRestored(context, there, rollback.saved)) throw isConflict(error) ? changed(context) : error
  }
  const there = await client.get<SecretObject>(kinds.secret, legacy, signal)
  if (!there || !isRestored(context, there, rollback.saved)) throw changed(context)
  log(`restored ${placeOfSecret(legacy)} from ${rollback.from}`)
}

async function write({ client, legacy, signal }: ClusterContext, { saved, current }: Rollback): Promise<void> {
  const wanted = restoredSecret(saved)
  const { uid = '', resourceVersion = '', labels, annotations } = current?.metadata ?? {}
  const canChange = current !== undefined && current.immutable !== true && (current.type ?? 'Opaque') === saved.type
  if (canChange) {
    const gone = Object.fromEntries(Object.keys(current.data ?? {}).map((key) => [key, null]))
    const metadata = {
      resourceVersion,
      labels: { ...labels, ...saved.labels },
      annotations: { ...annotations, ...saved.annotations },
    }
    const immutable = saved.immutable ? { immutable: true } : {}
    await client.mergePatch(kinds.secret, legacy, { metadata, ...immutable, data: { ...gone, ...saved.data } }, signal)
    return
  }
  const namespace = { name: legacy.namespace }
  if (!(await client.get<KubernetesObject>(kinds.namespace, namespace, signal)))
    await client.apply(kinds.namespace, namespace, { metadata: namespace }, { signal })
  if (current) await client.delete(kinds.secret, legacy, signal, { uid, resourceVersion })
  await client.create<SecretObject>(kinds.secret, wanted, signal)
}

function changed({ legacy }: ClusterContext): ProblemError {
  return new ProblemError({
    code: 'LEGACY_CHANGED',
    where: placeOfSecret(legacy),
    message: 'was just changed by somebody else. Expected no other change at the same time.',
    fix: 'Find out who it was, then run the same command again: the Secret it finds is sealed first.',
  })
}

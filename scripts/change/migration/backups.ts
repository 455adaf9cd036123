import { kinds, type SecretObject } from '../../kubernetes/kinds.ts'
import { ProblemError } from '../../lib/problems.ts'
import { openSealedText, sealText } from '../../lib/sealed-text.ts'
import { type BackupDocument, isSame, parseBackup, type SavedSecret } from './backup-document.ts'
import { type ClusterContext, placeOfSecret } from './migration-context.ts'
import { journalRef } from './migration-state.ts'

/** Backups of the old Secret, and of what a rollback overwrote. Each kind is numbered, and a backup is never changed. */
export type BackupKind = 'backup' | 'before-rollback'

/** A sealed backup in the cluster. */
export interface StoredBackup {
  readonly ref: { readonly namespace: string; readonly name: string }
  readonly uid: string
  readonly resourceVersion: string
  readonly number: number
  readonly text: string
}

/** The newest backup, if any. */
export async function newestBackup(
  { client, model, signal }: ClusterContext,
  kind: BackupKind,
): Promise<StoredBackup | undefined> {
  const { namespace } = journalRef(model)
  const labelSelector = `${kindLabel}=${kind}`
  const { items } = await client.list<SecretObject>(kinds.secret, { namespace, labelSelector, signal })
  return items
    .map(storedOf)
    .sort((a, b) => a.number - b.number)
    .at(-1)
}

/**
 * Seals Secrets into a new backup, then reads it back from the cluster and opens it.
 *
 * @param number of the new one
 * @throws ProblemError `BACKUP_TOO_LARGE`, `BACKUP_DIFFERS`, or as the API server refuses
 */
export async function makeBackup(
  context: ClusterContext,
  { kind, number, passphrase }: { readonly kind: BackupKind; readonly number: number; readonly passphrase: string },
  secrets: readonly SavedSecret[],
): Promise<StoredBackup> {
  const { model, waits } = context
  const { application, environment } = model
  const document: BackupDocument = { version: 1, application, environment, secrets }
  const contents = secrets.map(placeOfSecret)
  const header = { application, environment, createdAt: new Date().toISOString(), contents }
  const cost = waits.sealCost === undefined ? {} : { cost: waits.sealCost }
  const text = await sealText(JSON.stringify(document), { passphrase, header, ...cost })
  const stored = await store(context, kind, number, text)
  const found = await openBackup(context, stored.text, placeOfSecret(stored.ref), passphrase)
  const isWhole = secrets.every((secret, index) => {
    const saved = found.secrets[index]
    return saved !== undefined && isSame(context.digest, saved, secret)
  })
  if (!isWhole) throw new ProblemError(differs(stored))
  return stored
}

/** @throws ProblemError `SEAL_UNREADABLE`, `SEAL_REFUSES`, or as `parseBackup` */
export async function openBackup(
  context: Pick<ClusterContext, 'model'>,
  text: string,
  where: string,
  passphrase: string,
): Promise<BackupDocument> {
  return parseBackup(context, await openSealedText(text, passphrase, where), where)
}

// --- internal ---

const kindLabel = 'tiered-secrets/backup'
const textKey = 'sealed.json'
/** Source: Kubernetes, a Secret may have 1 MiB. */
const maxBytes = 1024 * 1024

async function store(
  { client, model, signal }: ClusterContext,
  kind: BackupKind,
  number: number,
  text: string,
): Promise<StoredBackup> {
  const ref = { namespace: journalRef(model).namespace, name: `migrate-${kind}-${number}` }
  if (Buffer.byteLength(text) > maxBytes) throw new ProblemError(tooLarge(ref, text))
  const labels = { 'app.kubernetes.io/managed-by': 'tiered-secrets', [kindLabel]: kind }
  const secret: SecretObject = {
    metadata: { ...ref, labels },
    type: 'Opaque',
    immutable: true,
    data: { [textKey]: Buffer.from(text).toString('base64') },
  }
  try {
    await client.create<SecretObject>(kinds.secret, secret, signal)
  } catch (error) {
    // A lost response is recognised by reading the object again.
    const there = await client.get<SecretObject>(kinds.secret, ref, signal).catch(() => undefined)
    if (!there || storedOf(there).text !== text) throw error
  }
  // Not the response to the write, but what the next reader gets.
  const there = await client.get<SecretObject>(kinds.secret, ref, signal)
  if (!there) throw new ProblemError(differs({ ref }))
  return storedOf(there)
}

function storedOf({ metadata, data }: SecretObject): StoredBackup {
  const { name, namespace = '', uid = '', resourceVersion = '' } = metadata
  const text = Buffer.from(data?.[textKey] ?? '', 'base64').toString('utf8')
  return { ref: { namespace, name }, uid, resourceVersion, number: Number(/\d+$/.exec(name)?.[0] ?? 0), text }
}

function tooLarge(ref: StoredBackup['ref'], text: string) {
  return {
    code: 'BACKUP_TOO_LARGE',
    where: placeOfSecret(ref),
    message: `would have ${Buffer.byteLength(text)} bytes. Expected at most ${maxBytes}, which a Secret may have.`,
    fix: 'Move files that are not secret out of the old Secret first.',
  }
}

function differs({ ref }: Pick<StoredBackup, 'ref'>) {
  return {
    code: 'BACKUP_DIFFERS',
    where: placeOfSecret(ref),
    message: 'differs from what was just written. Expected the same bytes.',
    fix: 'Find out who else writes it, and run the same command again: it makes another backup.',
  }
}

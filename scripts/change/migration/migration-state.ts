import { type Journal, openJournal, readJournal } from '../../kubernetes/journal.ts'
import { ProblemError } from '../../lib/problems.ts'
import { isRecord } from '../../lib/record.ts'
import type { EnvironmentModel } from '../../model/resolve.ts'
import type { ClusterContext } from './migration-context.ts'
import { type StepName, stepNames } from './step-names.ts'

/** What a migration has recorded so far: names and times, never a value or a digest of one. */
export interface MigrationState {
  readonly version: 1
  /** The old Secret, `<namespace>/<name>`. */
  readonly legacy: string
  /** Where keys go that the catalogue does not decide: a tier, or `<tier>.<variable>`. */
  readonly assign: Readonly<Record<string, readonly string[]>>
  /** Keys that are no longer needed. */
  readonly leave: readonly string[]
  /** The backup that was opened and compared. */
  readonly backup?: BackupNote
  /** When Helm was started. RFC 3339 */
  readonly deploying?: string
  /** The revision that Helm was started to make: if it is pending, it is ours. */
  readonly helm?: StartedHelm
  /** The old Secret that is being, or has been, deleted. */
  readonly deleting?: SeenObject & { readonly at: string }
  /** When the old Secret was restored last. RFC 3339 */
  readonly rolledBack?: string
  /** When each step was first seen as done. RFC 3339 */
  readonly done: Readonly<Partial<Record<StepName, string>>>
}

/** What the record of the revision says, by which it is known again. */
export interface StartedHelm {
  readonly revision: number
  /** `runLabel` of the record. */
  readonly run: string
}

/** One state of an object; another object, or a changed one, has other numbers. */
export interface SeenObject {
  readonly uid: string
  readonly resourceVersion: string
}

export interface BackupNote extends SeenObject {
  /** The Secret that holds the sealed text. */
  readonly secret: string
  /** What it holds, by `<namespace>/<name>`. */
  readonly sources: Readonly<Record<string, SeenObject>>
}

/** Name of the journal, the lease and the other objects of the migration, in the namespace of the Helm release. */
export const migrationName = 'migrate'

/** Where the journal and the lease are. */
export function journalRef({ release }: Pick<EnvironmentModel, 'release'>) {
  return { namespace: release.namespace, name: migrationName }
}

/** The recorded state, read without claiming the journal. */
export async function readState(context: ClusterContext): Promise<MigrationState> {
  const state = await readJournal(context.client, journalRef(context.model), { parse, signal: context.signal })
  return checked(context, state)
}

/** A journal that always has a state. */
export interface MigrationJournal {
  readonly state: MigrationState
  /** Resolves when the cluster has stored it. Undefined fields are removed. */
  note(change: { readonly [Field in keyof MigrationState]?: MigrationState[Field] | undefined }): Promise<void>
}

/** @throws as `openJournal` */
export async function openMigrationJournal(context: ClusterContext): Promise<MigrationJournal> {
  const { client, model, holder, signal } = context
  const journal: Journal<MigrationState> = await openJournal(client, journalRef(model), { parse, holder, signal })
  let state = checked(context, journal.state)
  return {
    get state() {
      return state
    },
    async note(change) {
      const next = { ...state, ...change } as MigrationState
      await journal.note(next)
      state = next
    },
  }
}

// --- internal ---

/** When the catalogue now names another old Secret, what was recorded about this one does not apply. */
function checked({ legacy, model }: ClusterContext, state: MigrationState | undefined): MigrationState {
  const place = `${legacy.namespace}/${legacy.name}`
  if (!state) return { version: 1, legacy: place, assign: {}, leave: [], done: {} }
  if (state.legacy === place) return state
  const { namespace, name } = journalRef(model)
  throw new ProblemError({
    code: 'MIGRATION_OF_OTHER_SECRET',
    where: `ConfigMap/${namespace}/${name}`,
    message: `is about the old Secret ${state.legacy}. Expected it to be about ${place}.`,
    fix: 'Correct legacy in scripts/catalogue.ts, or, when that migration is over, delete the ConfigMap.',
  })
}

const isTexts = (value: unknown) => Array.isArray(value) && value.every((item) => typeof item === 'string')
const isTextOrAbsent = (value: unknown) => value === undefined || typeof value === 'string'
const isSeen = (value: unknown): value is Record<string, unknown> =>
  isRecord(value) && typeof value.uid === 'string' && typeof value.resourceVersion === 'string'

function parse(json: unknown): MigrationState | undefined {
  if (!isRecord(json) || json.version !== 1 || typeof json.legacy !== 'string') return undefined
  const { assign, leave, backup, deploying, helm, deleting, rolledBack, done } = json
  const isWhole =
    isRecord(assign) &&
    Object.values(assign).every(isTexts) &&
    isTexts(leave) &&
    (backup === undefined || isBackup(backup)) &&
    (deleting === undefined || (isSeen(deleting) && typeof deleting.at === 'string')) &&
    [deploying, rolledBack].every(isTextOrAbsent) &&
    (helm === undefined || isStarted(helm)) &&
    isRecord(done) &&
    Object.entries(done).every(([step, at]) => stepNames.includes(step as StepName) && typeof at === 'string')
  return isWhole ? (json as unknown as MigrationState) : undefined
}

function isStarted(value: unknown): boolean {
  return isRecord(value) && typeof value.revision === 'number' && typeof value.run === 'string'
}

function isBackup(value: unknown): boolean {
  if (!isSeen(value)) return false
  return typeof value.secret === 'string' && isRecord(value.sources) && Object.values(value.sources).every(isSeen)
}

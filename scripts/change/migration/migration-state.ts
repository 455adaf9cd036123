import { type Journal, openJournal, readJournal } from '../../kubernetes/journal.ts'
import { ProblemError } from '../../lib/problems.ts'
import { isRecord } from '../../lib/record.ts'
import type { EnvironmentModel } from '../../model/resolve.ts'
import type { ClusterContext } from './migration-context.ts'
import { type StepName, stepNames } from './step-names.ts'

/** What a migration has noted so far. Names and times, never a value or a digest of one. */
export interface MigrationState {
  readonly version: 1
  /** The old Secret, `<namespace>/<name>`. */
  readonly legacy: string
  /** Where keys of the old Secret go that the catalogue leaves open: a tier, or `<tier>.<variable>`. */
  readonly assign: Readonly<Record<string, readonly string[]>>
  /** Keys nobody needs any more. */
  readonly leave: readonly string[]
  /** The backup that was opened and compared. */
  readonly backup?: BackupNote
  /** When Helm was called; a release that is pending since is one of ours. RFC 3339 */
  readonly deploying?: string
  /** The old Secret that is being deleted, or was. */
  readonly deleting?: SeenObject & { readonly at: string }
  /** When the old Secret was restored last. RFC 3339 */
  readonly rolledBack?: string
  /** When each step was seen to be done for the first time. RFC 3339 */
  readonly done: Readonly<Partial<Record<StepName, string>>>
}

/** An object as it was once; another one, or a change of it, has other numbers. */
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

/** The journal, the lease and what else the migration needs are called so, in the namespace of the Helm release. */
export const migrationName = 'migrate'

/** Where the journal and the lease are. */
export function journalRef({ release }: Pick<EnvironmentModel, 'release'>) {
  return { namespace: release.namespace, name: migrationName }
}

/** What was noted, for somebody who only looks. */
export async function readState(context: ClusterContext): Promise<MigrationState> {
  const state = await readJournal(context.client, journalRef(context.model), { parse, signal: context.signal })
  return checked(context, state)
}

/** A journal that always has a state. */
export interface MigrationJournal {
  readonly state: MigrationState
  /** Resolves when the cluster has it. What is undefined is forgotten. */
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

/** A catalogue that names another old Secret now has nothing to do with what was noted of this one. */
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
  const { assign, leave, backup, deploying, deleting, rolledBack, done } = json
  const isWhole =
    isRecord(assign) &&
    Object.values(assign).every(isTexts) &&
    isTexts(leave) &&
    (backup === undefined || isBackup(backup)) &&
    (deleting === undefined || (isSeen(deleting) && typeof deleting.at === 'string')) &&
    [deploying, rolledBack].every(isTextOrAbsent) &&
    isRecord(done) &&
    Object.entries(done).every(([step, at]) => stepNames.includes(step as StepName) && typeof at === 'string')
  return isWhole ? (json as unknown as MigrationState) : undefined
}

function isBackup(value: unknown): boolean {
  if (!isSeen(value)) return false
  return typeof value.secret === 'string' && isRecord(value.sources) && Object.values(value.sources).every(isSeen)
}

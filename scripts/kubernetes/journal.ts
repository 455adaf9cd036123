import { isDeepStrictEqual } from 'node:util'
import { ProblemError } from '../lib/problems.ts'
import type { KubernetesClient } from './client.ts'
import { isConflict } from './errors.ts'
import { describeObject, type KubernetesObject, kinds, type NamespacedRef } from './kinds.ts'

/**
 * What a command of several steps has done so far, in a ConfigMap: the same command, from any machine,
 * continues where the last run ended. For one run at a time, under a lease. Never holds a value.
 */
export interface Journal<State> {
  /** The last recorded state; undefined: nothing has begun, or everything is finished. */
  readonly state: State | undefined
  /**
   * Resolves when the cluster has stored it, so that the next step may rely on it.
   *
   * @throws ProblemError `JOURNAL_CHANGED`: another run recorded something in the meantime; nothing is written then
   */
  note(state: State): Promise<void>
  /**
   * Forgets everything: the command has finished.
   *
   * @throws ProblemError `JOURNAL_CHANGED`: another run has opened it since; it is kept then
   */
  end(): Promise<void>
}

export interface JournalOptions<State> {
  /** Undefined for text that is not a state of this command. */
  readonly parse: (json: unknown) => State | undefined
  /** Different for each run: marks the journal, so that an earlier run that still hangs somewhere can't write it. */
  readonly holder: string
  readonly signal?: AbortSignal
}

/**
 * Opens a journal, which may not exist yet.
 *
 * @throws ProblemError `JOURNAL_UNREADABLE`
 */
export async function openJournal<State extends object>(
  client: Pick<KubernetesClient, 'get' | 'create' | 'mergePatch' | 'delete'>,
  ref: NamespacedRef,
  { parse, holder, signal }: JournalOptions<State>,
): Promise<Journal<State>> {
  const read = () => client.get<JournalObject>(kinds.configMap, ref, signal)
  let object = await read()
  let state = object && stateOf(object, ref, parse)

  const write = async (text: string) => {
    const annotations = { [holderAnnotation]: holder }
    const body = { metadata: { ...ref, annotations }, data: { [stateKey]: text } }
    try {
      if (!object) return await client.create<JournalObject>(kinds.configMap, body, signal)
      const metadata = { annotations, resourceVersion: object.metadata.resourceVersion }
      return await client.mergePatch<JournalObject>(kinds.configMap, ref, { metadata, data: body.data }, signal)
    } catch (error) {
      // A lost response, or a request that was sent twice, is recognised by reading the object again.
      const there = await read().catch(() => undefined)
      if (there && isOurs(there, holder, text)) return there
      throw isConflict(error) ? changed(ref) : error
    }
  }
  const remove = async (last: JournalObject) => {
    // A later run may have opened it, or begun another one of the same name.
    const { uid = '', resourceVersion = '' } = last.metadata
    try {
      await client.delete(kinds.configMap, ref, signal, { uid, resourceVersion })
    } catch (error) {
      throw isConflict(error) ? changed(ref) : error
    }
  }
  if (object) object = await write(object.data?.[stateKey] ?? '')
  return {
    get state() {
      return state
    },
    async note(next) {
      object = await write(JSON.stringify(next))
      state = next
    },
    async end() {
      if (object) await remove(object)
      object = undefined
      state = undefined
    },
  }
}

/**
 * The recorded state, read without claiming the journal; undefined: nothing has begun, or everything is finished.
 *
 * @throws ProblemError `JOURNAL_UNREADABLE`
 */
export async function readJournal<State extends object>(
  client: Pick<KubernetesClient, 'get'>,
  ref: NamespacedRef,
  { parse, signal }: Pick<JournalOptions<State>, 'parse' | 'signal'>,
): Promise<State | undefined> {
  const object = await client.get<JournalObject>(kinds.configMap, ref, signal)
  return object && stateOf(object, ref, parse)
}

// --- internal ---

interface JournalObject extends KubernetesObject {
  readonly data?: Readonly<Record<string, string>>
}

const stateKey = 'state.json'
const holderAnnotation = 'tiered-secrets/holder'

function isOurs({ metadata, data }: JournalObject, holder: string, text: string): boolean {
  return metadata.annotations?.[holderAnnotation] === holder && isDeepStrictEqual(data, { [stateKey]: text })
}

function stateOf<State>(
  { data }: JournalObject,
  ref: NamespacedRef,
  parse: (json: unknown) => State | undefined,
): State {
  const state = parsed(data?.[stateKey], parse)
  if (state !== undefined) return state
  throw new ProblemError({
    code: 'JOURNAL_UNREADABLE',
    where: describeObject(kinds.configMap, ref),
    message: "holds a state that this version can't read. Expected the record of an earlier run.",
    fix: 'Run the version of tiered-secrets that began it, or, if you know that nothing is half done, delete it.',
  })
}

function parsed<State>(text: string | undefined, parse: (json: unknown) => State | undefined): State | undefined {
  try {
    return parse(JSON.parse(text ?? ''))
  } catch {
    return undefined
  }
}

function changed(ref: NamespacedRef): ProblemError {
  return new ProblemError({
    code: 'JOURNAL_CHANGED',
    where: describeObject(kinds.configMap, ref),
    message: 'was just changed by another run. Expected no other run at the same time.',
    fix: 'Run the same command again: it continues from the current state.',
  })
}

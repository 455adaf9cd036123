import type { ClusterReader } from '../kubernetes/client.ts'
import type { FieldChange } from '../kubernetes/difference.ts'
import { isConflict, isNotFound, isRightMissing, KubernetesError } from '../kubernetes/errors.ts'
import type { Kind, KubernetesObject } from '../kubernetes/kinds.ts'
import { helmsName } from '../kubernetes/managed-fields.ts'
import type { Problem } from '../lib/problems.ts'
import { driftOf, replacedRole } from './drift.ts'

/** Reads, and asks the API server what it would do. */
export type TrialClient = Pick<ClusterReader, 'get' | 'tryApply' | 'tryReplace'>

/**
 * What the API server says to a rendered object.
 * `absent`: it is not in the cluster, and would be taken. `there`: it is, and differs in these fields.
 * `replaced`: a RoleBinding of another Role, which nobody can change back. `refused`: it is not taken as rendered.
 * `no-right`: we may not try it. `no-kind`: the cluster does not know the kind. `changing`: somebody changes it again
 * and again. `unanswered`: the API server failed.
 */
export type Trial =
  | { readonly says: 'absent' }
  | { readonly says: 'there'; readonly fields: readonly FieldChange[]; readonly live: KubernetesObject }
  | { readonly says: 'replaced'; readonly problem: Problem; readonly live: KubernetesObject }
  | {
      readonly says: 'refused' | 'no-right' | 'no-kind' | 'changing' | 'unanswered'
      /** At the look at what is there, or at the trial itself. */
      readonly at: 'read' | 'add' | 'change'
      readonly error: KubernetesError
      /** What is there; undefined: nothing, or it could not be read. */
      readonly live?: KubernetesObject
    }

export interface TrialOptions {
  /** Try an object that is absent too, which takes the right to create it. Default: true */
  readonly adds?: boolean
  readonly signal?: AbortSignal | undefined
  /** Of an object that somebody changes meanwhile, as the operator does with the status. Default: 5 */
  readonly tries?: number
}

/**
 * Tries a rendered object out in a dry run, as a deployment would write it: one that is there without the fields of others,
 * one that is absent as Helm. An object that is changed in the meantime is read again. Nothing is stored.
 *
 * @throws what is not an answer of the API server
 */
export async function tryOut(
  client: TrialClient,
  kind: Kind,
  rendered: KubernetesObject,
  { adds = true, signal, tries = 5 }: TrialOptions = {},
): Promise<Trial> {
  let at: 'read' | 'add' | 'change' = 'read'
  let live: KubernetesObject | undefined
  try {
    live = await client.get<KubernetesObject>(kind, rendered.metadata, signal)
    at = live ? 'change' : 'add'
    if (live) {
      const problem = replacedRole(kind, live, rendered)
      if (problem) return { says: 'replaced', problem, live }
      return { says: 'there', fields: await driftOf(client, kind, live, rendered, signal), live }
    }
    const options = { fieldManager: helmsName, ...(signal ? { signal } : {}) }
    if (adds) await client.tryApply(kind, rendered.metadata, rendered, options)
    return { says: 'absent' }
  } catch (error) {
    if (!(error instanceof KubernetesError)) throw error
    if (isConflict(error) && tries > 1) return tryOut(client, kind, rendered, { adds, signal, tries: tries - 1 })
    return { says: refusalOf(error), at, error, ...(live ? { live } : {}) }
  }
}

// --- internal ---

function refusalOf(error: KubernetesError): 'refused' | 'no-right' | 'no-kind' | 'changing' | 'unanswered' {
  if (isNotFound(error)) return error.message.includes('namespaces "') ? 'refused' : 'no-kind'
  if (isConflict(error)) return 'changing'
  if (isRightMissing(error)) return 'no-right'
  return [400, 403, 422].includes(error.status) ? 'refused' : 'unanswered'
}

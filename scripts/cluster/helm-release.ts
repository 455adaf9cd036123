import type { ClusterReader } from '../kubernetes/client.ts'
import { describeObject, kinds, type SecretObject } from '../kubernetes/kinds.ts'
import { kubectl } from '../lib/command-line.ts'
import { type Problem, ProblemError } from '../lib/problems.ts'

/** The newest revision of a Helm release, from its record in the cluster. */
export interface ReleaseState {
  /** Name of the Secret that is the record. */
  readonly record: string
  readonly uid: string
  readonly resourceVersion: string
  readonly revision: number
  /** The label that `runLabel` names; undefined: it has none. */
  readonly run: string | undefined
  /** `deployed`, `failed`, `pending-install`, `pending-upgrade`, …; empty when the record has none. */
  readonly status: string
}

/**
 * The newest revision of a release; undefined: Helm never installed it. A killed Helm leaves it `pending-…`,
 * and every later one refuses to run.
 *
 * @throws KubernetesError when the API server refuses to show it
 */
export async function readRelease(
  client: Pick<ClusterReader, 'list'>,
  { name, namespace }: { readonly name: string; readonly namespace: string },
  signal?: AbortSignal,
): Promise<ReleaseState | undefined> {
  // Source: Helm, pkg/storage/driver/secrets.go: one Secret per revision, found by its labels.
  const labelSelector = `owner=helm,name=${name}`
  const { items } = await client.list<SecretObject>(kinds.secret, {
    namespace,
    labelSelector,
    ...(signal ? { signal } : {}),
  })
  const revision = ({ metadata }: SecretObject) => Number(metadata.labels?.version ?? 0)
  const newest = [...items].sort((a, b) => revision(a) - revision(b)).at(-1)
  if (!newest) return undefined
  const { name: record, uid = '', resourceVersion = '', labels } = newest.metadata
  const seen = { record, uid, resourceVersion, revision: revision(newest) }
  return { ...seen, run: labels?.[runLabel], status: labels?.status ?? '' }
}

/**
 * Says in a release's record which run made Helm write it. The next revision inherits it, so that it names one only together
 * with the number of the revision. Source: Helm, pkg/action/upgrade.go, `mergeCustomLabels`.
 */
export const runLabel = 'tiered-secrets/run'

/** Whether a Helm is changing it, or was killed while changing it. */
export function isPending({ status }: ReleaseState): boolean {
  return status.startsWith('pending-')
}

/** @throws ProblemError `RELEASE_PENDING`, before Helm says only that another operation is in progress */
export async function refusePendingRelease(
  client: Pick<ClusterReader, 'list'>,
  release: { readonly name: string; readonly namespace: string },
  signal?: AbortSignal,
): Promise<void> {
  const found = await readRelease(client, release, signal)
  if (found && isPending(found)) throw new ProblemError(pendingRelease(release, found))
}

/** A release that somebody else may be changing. */
export function pendingRelease(
  { name, namespace }: { readonly name: string; readonly namespace: string },
  { record, status }: ReleaseState,
): Problem {
  return {
    code: 'RELEASE_PENDING',
    where: describeObject(kinds.secret, { namespace, name: record }),
    message: `says that release ${name} is ${status}: another Helm is changing it, or was killed. Expected no other Helm.`,
    fix: `Wait until it has ended. If none is running any more: \`${kubectl`delete secret ${record} --namespace ${namespace}`}\`; the objects are kept, and Helm takes them over.`,
  }
}

import type { ClusterReader } from '../kubernetes/client.ts'
import { describeObject, kinds, type SecretObject } from '../kubernetes/kinds.ts'
import { type Problem, ProblemError } from '../lib/problems.ts'
import { shell } from '../lib/shell.ts'

/** The newest revision of a Helm release, as its record in the cluster tells it. */
export interface ReleaseSight {
  /** Name of the Secret that is the record. */
  readonly record: string
  readonly uid: string
  /** `deployed`, `failed`, `pending-install`, `pending-upgrade`, …; empty when the record has none. */
  readonly status: string
}

/**
 * The newest revision of a release; undefined: Helm never installed it. A Helm that was killed leaves it `pending-…`,
 * and every later one refuses to go on.
 *
 * @throws KubernetesError when the API server refuses to show it
 */
export async function readRelease(
  client: Pick<ClusterReader, 'list'>,
  { name, namespace }: { readonly name: string; readonly namespace: string },
  signal?: AbortSignal,
): Promise<ReleaseSight | undefined> {
  // Source: Helm, pkg/storage/driver/secrets.go: one Secret a revision, told by its labels.
  const labelSelector = `owner=helm,name=${name}`
  const { items } = await client.list<SecretObject>(kinds.secret, {
    namespace,
    labelSelector,
    ...(signal ? { signal } : {}),
  })
  const revision = ({ metadata }: SecretObject) => Number(metadata.labels?.version ?? 0)
  const newest = [...items].sort((a, b) => revision(a) - revision(b)).at(-1)
  if (!newest) return undefined
  const { name: record, uid = '', labels } = newest.metadata
  return { record, uid, status: labels?.status ?? '' }
}

/** Selects the objects of a release by the chart's own labels, so that it does not matter who deployed them. */
export function releaseSelector({ name }: { readonly name: string }): string {
  return `app.kubernetes.io/instance=${name},app.kubernetes.io/name=tiered-secrets`
}

/** Whether a Helm is at it, or was killed while it was. */
export function isPending({ status }: ReleaseSight): boolean {
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

/** A release that may be somebody else's work. */
export function pendingRelease(
  { name, namespace }: { readonly name: string; readonly namespace: string },
  { record, status }: ReleaseSight,
): Problem {
  return {
    code: 'RELEASE_PENDING',
    where: describeObject(kinds.secret, { namespace, name: record }),
    message: `says that release ${name} is ${status}: a Helm is at it, or was killed. Expected none at it.`,
    fix: `Wait until it has ended. When none runs any more: \`${shell`kubectl delete secret ${record} --namespace ${namespace}`}\`; the objects stay, and Helm takes them over.`,
  }
}

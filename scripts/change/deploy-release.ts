import { renderChart, upgradeRelease } from '../chart/helm.ts'
import { parseManifests } from '../chart/manifests.ts'
import { type Adopted, type Adoption, adopt, noAdoption, ownershipProblems } from '../cluster/adoption.ts'
import { readOwners } from '../cluster/ownership.ts'
import { clearTheWay, type Restored, restoreAll } from '../cluster/restore.ts'
import { takeoverProblems } from '../cluster/sealed-takeover.ts'
import type { KubernetesClient } from '../kubernetes/client.ts'
import { kinds } from '../kubernetes/kinds.ts'
import { type Problem, ProblemError } from '../lib/problems.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import type { OpenRelease } from '../session/release.ts'

/** The result of a deployment. */
export interface Deployment {
  readonly revision: number
  /** Objects that were there before, and belong to the release now. */
  readonly adopted: readonly Adopted[]
  /** Objects that were not as rendered, and that Helm would not have changed. */
  readonly restored: readonly Restored[]
  /** What could not be restored or read. */
  readonly problems: readonly Problem[]
}

export interface Deploying {
  readonly release: OpenRelease
  readonly client: KubernetesClient
  readonly model: Pick<EnvironmentModel, 'application' | 'environment' | 'release'>
  /** Default: nothing is taken over */
  readonly adoption?: Adoption
}

/**
 * Upgrades a release with Helm, and restores every object with foreign fields: Helm removes only what an
 * earlier version of the chart had.
 *
 * @throws ProblemError `SEALED_KEY_UNUSED`, and for objects that are not the release's and that `adoption` does not name,
 *   before anything is changed; or as `upgradeRelease` and `clearTheWay`
 */
export async function deployRelease({ release, client, model, adoption = noAdoption }: Deploying): Promise<Deployment> {
  const { signal } = release
  const manifests = parseManifests(await renderChart(release), release.valuesFile)
  const owned = await readOwners(client, model, manifests, signal)
  const refused = [...(await takeoverProblems(client, manifests, signal)), ...ownershipProblems(model, owned, adoption)]
  if (refused.length > 0) throw new ProblemError(refused)
  const adopted = await adopt(client, model, owned, adoption, signal)
  const before = await clearTheWay(client, manifests, signal)
  const namespace = await client.get(kinds.namespace, { name: model.release.namespace }, signal)
  const revision = await upgradeRelease({ ...release, hasNamespace: namespace !== undefined })
  const after = await restoreAll(client, manifests, signal)
  const taken = new Set(adopted.map(({ object }) => object))
  const restored = [...before, ...after.restored].filter(({ object }) => !taken.has(object))
  return { revision, adopted, restored, problems: after.problems }
}

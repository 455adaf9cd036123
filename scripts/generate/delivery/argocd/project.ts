import { compare } from '../../../lib/problems.ts'
import { chartKinds } from '../../../model/chart-objects.ts'
import type { EnvironmentModel } from '../../../model/resolve.ts'
import { type ArgoCdModel, argoCdDestination, argoCdVersion, projectName } from './names.ts'

/**
 * What Argo CD may apply for an application, and nothing else: from its repository, into its namespaces, of the kinds of the
 * chart; and outside of namespaces only objects of these names.
 *
 * @param models the environments of one Argo CD
 */
export function appProject(models: readonly ArgoCdModel[]): object {
  const [first] = models
  return {
    apiVersion: argoCdVersion,
    kind: 'AppProject',
    metadata: { name: projectName(first), namespace: first?.delivery.namespace },
    spec: {
      description: `Secrets of ${first?.application}`,
      sourceRepos: unique(models.map(({ delivery }) => delivery.repository)),
      destinations: unique(
        models.flatMap(({ delivery, release, tiers }) =>
          [release.namespace, ...tiers.map(({ namespace }) => namespace)].map((namespace) => ({
            ...argoCdDestination(delivery),
            namespace,
          })),
        ),
      ),
      clusterResourceWhitelist: unique(models.flatMap(namesInTheCluster)),
      namespaceResourceWhitelist: kindsOf(true).map(({ group, kind }) => ({ group, kind })),
    },
  }
}

// --- internal ---

function kindsOf(namespaced: boolean) {
  return Object.values(chartKinds)
    .filter((kind) => kind.namespaced === namespaced)
    .map(({ apiVersion, kind, objects }) => ({
      group: apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '',
      kind,
      objects,
    }))
}

/** Also the namespace of the release, which the chart does not have. */
function namesInTheCluster(model: ArgoCdModel): object[] {
  const named = kindsOf(false).flatMap(({ group, kind, objects }) =>
    objects(model as unknown as EnvironmentModel).map(({ name }) => ({ group, kind, name })),
  )
  return [{ group: '', kind: 'Namespace', name: model.release.namespace }, ...named]
}

function unique<Item>(items: readonly Item[]): Item[] {
  const byText = new Map(items.map((item) => [JSON.stringify(item), item]))
  return [...byText].sort(([a], [b]) => compare(a, b)).map(([, item]) => item)
}

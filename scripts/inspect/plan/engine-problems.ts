import { noAdoption, ownershipProblems } from '../../cluster/adoption.ts'
import { readRelease } from '../../cluster/helm-release.ts'
import { environmentOf, isOfEngine, type OwnedObject } from '../../cluster/ownership.ts'
import type { ClusterReader } from '../../kubernetes/client.ts'
import { isForbidden } from '../../kubernetes/errors.ts'
import { describeObject, kinds } from '../../kubernetes/kinds.ts'
import { kubectl } from '../../lib/command-line.ts'
import type { Problem } from '../../lib/problems.ts'
import { engineNames, type OwnEngine } from '../../model/delivery/deploy-step.ts'
import type { EnvironmentModel } from '../../model/resolve.ts'

/**
 * Objects that an engine finds in the cluster and that are not its own: it takes over what somebody made by hand, where Helm
 * would stop. What another program also writes is a warning. Pure.
 */
export function problemsForEngine(
  model: EnvironmentModel,
  engine: OwnEngine,
  owned: readonly OwnedObject[],
): Problem[] {
  const name = engineNames[engine]
  const others = owned.filter(({ live, owner }) => {
    if (owner.by === 'release' || isOfEngine(owner, model)) return false
    return owner.by !== 'nobody' || environmentOf(live) !== model.environment
  })
  return ownershipProblems(model, others, noAdoption).map((problem) => {
    if (problem.code === 'ENVIRONMENT_DIFFERS') return problem
    const message = problem.message.replace(/ Expected .*$/, ` Expected ${name} alone to write it.`)
    const fix =
      problem.code === 'OBJECT_OF_NOBODY'
        ? `Nothing has to be done: ${name} takes it over, and makes it what the chart renders.`
        : `Have its owner forget it without deleting it: until then each undoes what the other does.`
    return { ...problem, message, fix, severity: 'warning' }
  })
}

/** What another text says truly where an engine applies the plan. Pure. */
export function asEngineApplies(engine: OwnEngine, problem: Problem): Problem {
  const name = engineNames[engine]
  if (problem.code === 'FOREIGN_FIELDS')
    return {
      ...problem,
      fix: `Find out who the field manager is, and why. ${name} sets what the chart renders, and leaves fields that others have added: remove these by hand.`,
    }
  if (problem.code === 'PLAN_UNTRIED')
    return { ...problem, fix: `Nothing has to be done: the API server judges it when ${name} applies it.` }
  return problem
}

/**
 * A release of Helm that is still recorded after Argo CD has taken over, which makes none: an uninstall would delete every object.
 *
 * @throws KubernetesError, but not where the records may not be listed
 */
export async function leftRelease(
  client: Pick<ClusterReader, 'list'>,
  { release }: Pick<EnvironmentModel, 'release'>,
  engine: OwnEngine,
  signal?: AbortSignal,
): Promise<Problem[]> {
  if (engine !== 'argocd') return []
  const found = await readRelease(client, release, signal).catch((error: unknown) => {
    if (!isForbidden(error)) throw error
    return undefined
  })
  if (!found) return []
  const { name, namespace } = release
  return [
    {
      code: 'RELEASE_LEFT',
      where: describeObject(kinds.secret, { namespace, name: found.record }),
      message: `says that Helm has deployed the release ${name}, which Argo CD delivers: to uninstall it would delete every object. Expected no release of Helm.`,
      fix: `Once Argo CD has synced: \`${kubectl`delete secret --namespace ${namespace} --selector owner=helm,name=${name}`}\`, which removes what Helm knows of it and keeps the objects.`,
      severity: 'warning',
    },
  ]
}

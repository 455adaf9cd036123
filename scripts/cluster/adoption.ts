import type { KubernetesClient } from '../kubernetes/client.ts'
import { describeObject, type KubernetesObject } from '../kubernetes/kinds.ts'
import { commandLine } from '../lib/command-line.ts'
import { groupBy } from '../lib/group.ts'
import type { Problem } from '../lib/problems.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import { helmOwnership } from './namespaces.ts'
import { environmentOf, type OwnedObject, type Owner } from './ownership.ts'

/** Which objects a deployment may take over. */
export interface Adoption {
  /** Those that belong to nobody. */
  readonly unowned: boolean
  /** Those of these owners, by `id` of `Owner`. */
  readonly from: readonly string[]
}

export const noAdoption: Adoption = { unowned: false, from: [] }

type Model = Pick<EnvironmentModel, 'environment' | 'release'>

/** Whether objects of the chart came by another way than Helm: a GitOps engine, or `kubectl apply`. */
export function isDeployedOtherwise(model: Model, owned: readonly OwnedObject[]): boolean {
  return owned.some(({ live, owner }) => owner.by !== 'release' && environmentOf(live) === model.environment)
}

/**
 * Why Helm would not change objects that are in the cluster already. What a person made by hand is a problem each; what
 * belongs to an owner, one for each owner. Pure.
 */
export function ownershipProblems(model: Model, owned: readonly OwnedObject[], adoption: Adoption): Problem[] {
  const foreign = owned.filter(({ owner }) => owner.by !== 'release' && !isAdopted(owner, adoption))
  const [alone, grouped] = [
    ['nobody', 'controller'],
    ['environment', 'helm', 'flux', 'argocd', 'tool'],
  ].map((words) => foreign.filter(({ owner }) => words.includes(owner.by)))
  return [
    ...(alone ?? []).map((one) => ownershipProblem(model, one.owner, [placeOf(one)])),
    ...[...groupBy(grouped ?? [], ({ owner }) => owner.id).values()].map((members) =>
      ownershipProblem(model, (members[0] as OwnedObject).owner, members.map(placeOf)),
    ),
  ]
}

/** An object that was taken over. */
export interface Adopted {
  /** `ExternalSecret/shop-api/api-secrets` */
  readonly object: string
  /** Completes "belonged to …". */
  readonly owner: string
}

/**
 * Marks objects as part of the Helm release, and takes the marks of their owners away, so that these no longer count them
 * as their own. Nothing else in them changes; whatever was created again in the meantime is not touched.
 *
 * @throws KubernetesError, a conflict among them
 */
export async function adopt(
  client: Pick<KubernetesClient, 'mergePatch'>,
  { release }: Model,
  owned: readonly OwnedObject[],
  adoption: Adoption,
  signal?: AbortSignal,
): Promise<Adopted[]> {
  const ours = helmOwnership(release)
  const adopted: Adopted[] = []
  for (const { kind, live, owner, isMarked } of owned) {
    const isTaken = isAdopted(owner, adoption)
    if (!isTaken && (owner.by !== 'release' || isMarked)) continue
    const none = (marks: Readonly<Record<string, string>>) =>
      Object.fromEntries(Object.keys(marks).map((name) => [name, null]))
    const { uid, name, namespace } = live.metadata
    const metadata = {
      ...(uid === undefined ? {} : { uid }),
      labels: { ...none(owner.marks.labels), ...ours.labels },
      annotations: { ...none(owner.marks.annotations), ...ours.annotations },
    }
    const ref = { name, ...(namespace === undefined ? {} : { namespace }) }
    await client.mergePatch<KubernetesObject>(kind, ref, { metadata }, signal)
    if (isTaken) adopted.push({ object: describeObject(kind, ref), owner: owner.text })
  }
  return adopted
}

/** Whether a deployment may take over what belongs to an owner. What goes with another object can't be. */
export function isAdopted({ by, id }: Owner, { unowned, from }: Adoption): boolean {
  return (by === 'nobody' && unowned) || (by !== 'controller' && by !== 'release' && from.includes(id))
}

// --- internal ---

function placeOf({ kind, live: { metadata } }: OwnedObject): string {
  return describeObject(kind, metadata)
}

function ownershipProblem(model: Model, owner: Owner, places: readonly string[]): Problem {
  const { environment, release } = model
  const [where = '', ...others] = places
  const subject = others.length > 0 ? `and ${others.join(', ')} belong` : 'belongs'
  const expected =
    owner.by === 'environment'
      ? `objects of environment "${environment}" alone`
      : `${others.length > 0 ? 'them' : 'it'} to belong to the Helm release "${release.name}", because Helm changes no other objects`
  return {
    code: codes[owner.by] ?? 'OBJECT_OF_OTHER',
    where,
    message: `${subject} to ${owner.text}${owner.by === 'nobody' ? ': it was made by hand' : ''}. Expected ${expected}.`,
    fix: fixOf(model, owner),
  }
}

const codes: Partial<Record<Owner['by'], string>> = { nobody: 'OBJECT_OF_NOBODY', environment: 'ENVIRONMENT_DIFFERS' }

function fixOf({ environment, release }: Model, { by, id }: Owner): string {
  const from = `\`${commandLine`deploy --environment ${environment} --adopt-from ${id}`}\``
  switch (by) {
    case 'nobody':
      return `\`${commandLine`deploy --environment ${environment} --adopt`}\` takes it over as it is, and then makes it what the chart renders.`
    case 'environment':
      return `Find out whose cluster and whose namespaces these are: kubeContext, cluster and namespaces in scripts/environments.ts. If the environment has only been renamed: ${from}`
    case 'helm':
      return `Take it out of that release: set the annotation helm.sh/resource-policy: keep in its chart, upgrade it, then remove the object from its chart and upgrade it again. Or ${from} takes it over as it is; do not upgrade or uninstall that release with Helm 3 afterwards, before its chart lacks the object: it would delete it.`
    case 'argocd':
    case 'flux':
      return `Have the change deployed there; or, once it is no longer in what ${by === 'flux' ? 'Flux' : 'Argo CD'} deploys: ${from} takes it over, and removes the marks by which it would be deleted there.`
    case 'tool':
      return `Have that tool forget the object without deleting it; then ${from} takes it over.`
    default:
      return `Have its owner no longer make it, and remove its ownerReferences: until then it is changed back, or deleted with its owner. Then deploy release "${release.name}" again.`
  }
}

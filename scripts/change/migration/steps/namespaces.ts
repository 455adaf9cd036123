import { ensureNamespace, helmOwnership } from '../../../cluster/namespaces.ts'
import { type KubernetesObject, kinds } from '../../../kubernetes/kinds.ts'
import { count } from '../../../lib/count.ts'
import type { Problem } from '../../../lib/problems.ts'
import { shortList } from '../../../lib/short-list.ts'
import type { TierModel } from '../../../model/resolve.ts'
import { isDeployed } from '../deployed.ts'
import type { Facts } from '../gather-facts.ts'
import type { MigrationContext } from '../migration-context.ts'
import { blocked, done, type Step, todo } from '../step.ts'

/** Each tier has a namespace, and one that was created by hand is marked so that Helm adopts it. */
export const namespacesStep: Step = {
  name: 'namespaces',
  title: 'create namespaces',
  async look(context, facts) {
    const views = await readNamespaces(context)
    const problems = views.flatMap((view) => obstacles(context, view))
    if (problems.length > 0) return blocked("a namespace can't be used", problems)
    const absent = views.filter(({ object }) => !object).map(({ tier }) => tier.namespace)
    if (absent.length > 0) return todo(`create ${shortList(absent)}`)
    const strange = await strangers(context, facts, views)
    if (strange.length > 0) return todo(`mark ${shortList(strange)} as part of the Helm release`)
    return done(count(views.length, 'namespace'))
  },
  async act(context, facts) {
    const { client, model, signal, log } = context
    const views = await readNamespaces(context)
    for (const { tier, object } of views) {
      if (object) continue
      await ensureNamespace(client, model, tier, signal)
      log(`created namespace ${tier.namespace}`)
    }
    for (const name of await strangers(context, facts, views)) {
      await client.mergePatch(kinds.namespace, { name }, { metadata: helmOwnership(model.release) }, signal)
      log(`marked namespace ${name} as part of release ${model.release.name}`)
    }
  },
}

// --- internal ---

interface NamespaceState {
  readonly tier: TierModel
  readonly object: KubernetesObject | undefined
}

const releaseAnnotation = 'meta.helm.sh/release-name'

function readNamespaces({ client, model, signal }: MigrationContext): Promise<NamespaceState[]> {
  return Promise.all(
    model.tiers.map(async (tier) => ({
      tier,
      object: await client.get<KubernetesObject>(kinds.namespace, { name: tier.namespace }, signal),
    })),
  )
}

/** Created by hand, so that Helm would refuse it. Where something else has deployed already, Helm is not used. */
async function strangers(context: MigrationContext, facts: Facts, views: readonly NamespaceState[]): Promise<string[]> {
  const found = views.filter(({ object }) => object && object.metadata.annotations?.[releaseAnnotation] === undefined)
  if (found.length === 0 || (await isDeployed(context, facts))) return []
  return found.map(({ tier }) => tier.namespace)
}

function obstacles({ model }: MigrationContext, { tier, object }: NamespaceState): Problem[] {
  if (!object) return []
  const where = `Namespace/${tier.namespace}`
  if (object.metadata.deletionTimestamp !== undefined) {
    const message = 'is being deleted, with everything in it. Expected a namespace that stays.'
    return [{ code: 'NAMESPACE_GOES', where, message, fix: 'Wait until it is gone, then run the same command again.' }]
  }
  const release = object.metadata.annotations?.[releaseAnnotation]
  if (release === undefined || release === model.release.name) return []
  return [
    {
      code: 'NAMESPACE_OF_OTHER_RELEASE',
      where,
      message: `belongs to the Helm release "${release}". Expected it to belong to no release, or to "${model.release.name}".`,
      fix: `Take it out of that release while keeping it (annotation helm.sh/resource-policy: keep), or set another one in namespaces of environment "${model.environment}".`,
    },
  ]
}

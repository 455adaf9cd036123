import { ensureNamespace, helmOwnership } from '../../../cluster/namespaces.ts'
import { type KubernetesObject, kinds } from '../../../kubernetes/kinds.ts'
import type { Problem } from '../../../lib/problems.ts'
import { shortList } from '../../../lib/short-list.ts'
import type { TierModel } from '../../../model/resolve.ts'
import { isDeployed } from '../deployed.ts'
import type { Facts } from '../facts.ts'
import type { MigrationContext } from '../migration-context.ts'
import { blocked, count, done, type Step, todo } from '../step.ts'

/** Each tier has a namespace, and one that was made by hand is marked so that Helm takes it into the release. */
export const namespacesStep: Step = {
  name: 'namespaces',
  title: 'make namespaces',
  async look(context, facts) {
    const sights = await readNamespaces(context)
    const problems = sights.flatMap((sight) => obstacles(context, sight))
    if (problems.length > 0) return blocked('a namespace can not be used', problems)
    const absent = sights.filter(({ object }) => !object).map(({ tier }) => tier.namespace)
    if (absent.length > 0) return todo(`make ${shortList(absent)}`)
    const strange = await strangers(context, facts, sights)
    if (strange.length > 0) return todo(`mark ${shortList(strange)} as of the Helm release`)
    return done(count(sights.length, 'namespace'))
  },
  async act(context, facts) {
    const { client, model, signal, log } = context
    const sights = await readNamespaces(context)
    for (const { tier, object } of sights) {
      if (object) continue
      await ensureNamespace(client, model, tier, signal)
      log(`made namespace ${tier.namespace}`)
    }
    for (const name of await strangers(context, facts, sights)) {
      await client.mergePatch(kinds.namespace, { name }, { metadata: helmOwnership(model.release) }, signal)
      log(`marked namespace ${name} as one of release ${model.release.name}`)
    }
  },
}

// --- internal ---

interface NamespaceSight {
  readonly tier: TierModel
  readonly object: KubernetesObject | undefined
}

const releaseAnnotation = 'meta.helm.sh/release-name'

function readNamespaces({ client, model, signal }: MigrationContext): Promise<NamespaceSight[]> {
  return Promise.all(
    model.tiers.map(async (tier) => ({
      tier,
      object: await client.get<KubernetesObject>(kinds.namespace, { name: tier.namespace }, signal),
    })),
  )
}

/** Made by hand, and in Helm's way. Where something else has deployed already, Helm will not be called. */
async function strangers(
  context: MigrationContext,
  facts: Facts,
  sights: readonly NamespaceSight[],
): Promise<string[]> {
  const found = sights.filter(({ object }) => object && object.metadata.annotations?.[releaseAnnotation] === undefined)
  if (found.length === 0 || (await isDeployed(context, facts))) return []
  return found.map(({ tier }) => tier.namespace)
}

function obstacles({ model }: MigrationContext, { tier, object }: NamespaceSight): Problem[] {
  if (!object) return []
  const where = `Namespace/${tier.namespace}`
  if (object.metadata.deletionTimestamp !== undefined) {
    const message = 'is being deleted, with everything in it. Expected it gone, or there to stay.'
    return [{ code: 'NAMESPACE_GOES', where, message, fix: 'Wait until it is gone, then run the same command again.' }]
  }
  const release = object.metadata.annotations?.[releaseAnnotation]
  if (release === undefined || release === model.release.name) return []
  return [
    {
      code: 'NAMESPACE_OF_OTHER_RELEASE',
      where,
      message: `belongs to the Helm release "${release}". Expected it to be nobody's, or of "${model.release.name}".`,
      fix: `Take it out of that release, keeping it (annotation helm.sh/resource-policy: keep), or name another in namespaces of environment "${model.environment}".`,
    },
  ]
}

import { refreshExternalSecrets } from '../../../cluster/refresh.ts'
import { kinds, type NamespacedRef, type SecretObject } from '../../../kubernetes/kinds.ts'
import { kubectl } from '../../../lib/command-line.ts'
import { count } from '../../../lib/count.ts'
import { groupBy } from '../../../lib/group.ts'
import type { Problem } from '../../../lib/problems.ts'
import { specsOf } from '../../../model/resolve.ts'
import { keyOf } from '../../../model/specs.ts'
import type { Facts } from '../gather-facts.ts'
import { type MigrationContext, placeOfSecret } from '../migration-context.ts'
import { done, type Step, todo } from '../step.ts'

/** The new Secrets hold the old values, byte for byte. */
export const compareStep: Step = {
  name: 'compare',
  title: 'compare old and new',
  async look(context, facts) {
    const pairs = await comparePairs(context, facts)
    const others = pairs.filter(({ state }) => state !== 'same')
    if (others.length === 0) return done(`${count(pairs.length, 'value')} the same, byte for byte`)
    return todo(`${others.length} of ${count(pairs.length, 'value')} not the same yet`, others.map(problemOf))
  },
  async act(context, facts) {
    const pairs = await comparePairs(context, facts)
    const late = pairs.filter(({ state }) => state !== 'same').map(({ target }) => target)
    const refs = [...groupBy(late, placeOfSecret).values()].flatMap(([ref]) => (ref ? [ref] : []))
    const { client, signal, waits, log } = context
    log(`making the operator read Scaleway again, for ${refs.map(placeOfSecret).join(', ')}`)
    const reports = await refreshExternalSecrets(client, refs, { ...waits.refresh, signal })
    for (const { ref, state, message } of reports)
      if (state !== 'refreshed') log(`ExternalSecret/${ref.namespace}/${ref.name}: ${message}`)
  },
}

// --- internal ---

/** A key of the old Secret, and where it has to arrive. */
interface Pair {
  readonly key: string
  readonly variable: string
  readonly target: NamespacedRef
  readonly state: 'same' | 'differs' | 'absent'
}

async function comparePairs({ client, model, signal, digest }: MigrationContext, facts: Facts): Promise<Pair[]> {
  const { bytes, keys } = await facts.inventory()
  const targets = model.tiers.flatMap((tier) =>
    tier.externalSecrets.map((target) => ({ target, ref: { namespace: tier.namespace, name: target.name } })),
  )
  const found = await Promise.all(
    targets.map(async ({ target, ref }) => {
      const specs = specsOf(target).filter((spec) => bytes.has(spec))
      if (specs.length === 0) return []
      const { data = {} } = (await client.get<SecretObject>(kinds.secret, ref, signal)) ?? {}
      return specs.map((spec): Pair => {
        const { variable } = spec
        const newKey = keyOf(spec)
        const isThere = Object.hasOwn(data, newKey)
        const isSame = digest(Buffer.from(data[newKey] ?? '', 'base64')) === digest(bytes.get(spec) ?? '')
        const state = !isThere ? 'absent' : isSame ? 'same' : 'differs'
        return { key: keys.get(spec) ?? '', variable, target: ref, state }
      })
    }),
  )
  return found.flat()
}

function problemOf({ key, variable, target, state }: Pair): Problem {
  const what =
    state === 'absent'
      ? `lacks ${variable}, which is key ${key} of the old Secret`
      : `holds a value for ${variable} that differs from key ${key} of the old Secret`
  return {
    code: 'VALUE_NOT_ARRIVED',
    where: placeOfSecret(target),
    message: `${what}. Expected the same bytes.`,
    fix: `See why the operator has not written it: ${kubectl`describe externalsecret ${target.name} --namespace ${target.namespace}`}. Then run the same command again.`,
  }
}

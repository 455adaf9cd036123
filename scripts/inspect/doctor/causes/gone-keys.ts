import { describeObject, kinds } from '../../../kubernetes/kinds.ts'
import { kubectl } from '../../../lib/command-line.ts'
import { shortList } from '../../../lib/short-list.ts'
import { goneKeys } from '../../survey/gone-keys.ts'
import { type Cause, causeOf } from '../cause.ts'
import { seenOr } from '../fact.ts'
import type { TierFacts } from '../observe/tier.ts'
import { paste } from '../paste.ts'

/** Workloads that can't start again: nothing is wrong with what arrives, but with what they ask for. */
export function goneKeyCauses({ tier, templates }: Pick<TierFacts, 'tier' | 'templates'>): Cause[] {
  return goneKeys(tier, seenOr(templates, [])).map(({ template, target, keys }) => {
    const place = describeObject(template, { namespace: tier.namespace, name: template.name })
    const secret = describeObject(kinds.secret, { namespace: tier.namespace, name: target })
    return causeOf({
      code: 'KEY_GONE',
      where: place,
      message: `names ${shortList(keys)} of Secret ${target}, which the catalogue has no entry for, and does not start again without ${keys.length === 1 ? 'it' : 'them'}. Expected it to name keys of the catalogue.`,
      evidence: [`pod template of ${place}: ${shortList(keys.map((key) => `${secret}, ${key}`))}`],
      fix: `${paste.look(kubectl`get ${template.resource.plural} ${template.name} --namespace ${tier.namespace} -o yaml`)} shows where: name another key there, make it optional, or give the catalogue its entry back.`,
      specs: [],
    })
  })
}

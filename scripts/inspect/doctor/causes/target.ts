import type { Difference } from '../../../cluster/expected-target.ts'
import { describeObject, kinds } from '../../../kubernetes/kinds.ts'
import { shortList } from '../../../lib/short-list.ts'
import { specsOf } from '../../../model/resolve.ts'
import { type Cause, type CauseParts, causeOf } from '../cause.ts'
import { conditionEvidence, failureEvidence } from '../evidence.ts'
import { isSeen } from '../fact.ts'
import type { ExternalSecretFacts } from '../observe/tier.ts'
import { paste } from '../paste.ts'

/** Why the operator can't write a target, or something else writes it. */
export function targetCauses(facts: ExternalSecretFacts, now: Date): Cause[] {
  const { ref, object, target, isOptional, sync } = facts
  if (!object || !isSeen(target)) return []
  const where = describeObject(kinds.secret, ref)
  const explains = sync.state === 'synced' ? [] : [facts]
  const of = (parts: Omit<CauseParts, 'where' | 'explains' | 'isOptional'>) =>
    causeOf({ where, explains, specs: specsOf(facts.model), isOptional, ...parts })
  const found = target.value
  const { controller } = found ?? {}
  const owned = controller && `ownerReference of ${where}: controller ${controller.kind}/${controller.name}`
  const evidence = [...(owned ? [owned] : []), ...(sync.state === 'failed' ? failureEvidence(facts) : [])]
  if (controller && controller.kind === kinds.externalSecret.kind && controller.name !== ref.name)
    return [
      of({
        code: 'TARGET_OF_OTHER',
        message: `belongs to ExternalSecret "${controller.name}". Expected it to belong to "${ref.name}".`,
        evidence,
        fix: `${paste.deleteObject('externalsecret', { ...ref, name: controller.name })} releases it, and deletes the target, which is then created again; or give that ExternalSecret another target.`,
      }),
    ]
  if (controller && controller.kind !== kinds.externalSecret.kind)
    return [
      of({
        code: 'TARGET_CONTROLLED',
        message: `is controlled by ${controller.kind} "${controller.name}". Expected the operator alone to control it.`,
        evidence,
        fix: `${paste.deleteObject('secret', ref)} once ${controller.kind} "${controller.name}" no longer creates it: the operator creates it again.`,
      }),
    ]
  const isFixed = isImmutable(facts)
  if (found && (found.isImmutable || isFixed)) {
    const release = paste.patch('externalsecret', ref, { spec: { target: { immutable: false } } })
    return [
      of({
        code: 'TARGET_IMMUTABLE',
        message: "is immutable: a new value can't arrive. Expected a Secret that can change.",
        evidence: [
          isFixed
            ? `spec.target.immutable of ${describeObject(kinds.externalSecret, ref)}: true`
            : `immutable of ${where}: true`,
          ...evidence,
        ],
        fix: `${isFixed ? `${release}, then ` : ''}${paste.deleteObject('secret', ref)}: the operator creates it again at once, and running pods keep the values they have read.`,
      }),
    ]
  }
  if (found && found.type !== facts.model.type)
    return [
      of({
        code: 'TARGET_TYPE',
        message: `is of type ${found.type}, which Kubernetes never changes. Expected type ${facts.model.type}.`,
        evidence: [`type of ${where}: ${found.type}`, ...evidence],
        fix: `${paste.deleteObject('secret', ref)}: the operator creates it again at once, and running pods keep the values they have read.`,
      }),
    ]
  return sync.state === 'synced' && isSettled(facts, now) ? differing(facts, of) : []
}

// --- internal ---

/** The operator itself may just be writing. */
const settleMs = 10_000

function isSettled({ object }: ExternalSecretFacts, now: Date): boolean {
  const refreshed = Date.parse(object?.status?.refreshTime ?? '')
  return !Number.isNaN(refreshed) && now.getTime() - refreshed > settleMs
}

function isImmutable({ object }: ExternalSecretFacts): boolean {
  const { immutable } = (object?.spec?.target ?? {}) as { readonly immutable?: boolean }
  return immutable === true
}

/** The operator repairs what it sees, and it sees every change. */
function differing(
  facts: ExternalSecretFacts,
  of: (parts: Omit<CauseParts, 'where' | 'explains' | 'isOptional'>) => Cause,
): Cause[] {
  const { ref, object, target, keys, isOptional } = facts
  const isAbsent = isSeen(target) && target.value === undefined
  const wrong = keys && (!isOptional || keys.unexpected.length > 0)
  if (!isAbsent && !wrong) return []
  const where = describeObject(kinds.secret, ref)
  return [
    of({
      code: 'TARGET_DIFFERS',
      message: `${isAbsent ? 'does not exist' : described(keys)}, although its ExternalSecret counts as synced. Expected exactly the catalogued keys.`,
      evidence: [
        isAbsent ? `the API server returns 404 for ${where}` : `keys of ${where}: it ${described(keys)}`,
        ...conditionEvidence(kinds.externalSecret, ref, object),
      ],
      fix: `${paste.forceSync([ref])} writes it again; if it changes back, find out who else writes it, or check that the operator runs.`,
    }),
  ]
}

function described(keys: Difference | undefined): string {
  const { missing = [], unexpected = [] } = keys ?? {}
  const lacks = missing.length > 0 ? [`lacks ${shortList(missing)}`] : []
  const holds = unexpected.length > 0 ? [`holds ${shortList(unexpected)}, which is not catalogued`] : []
  return [...lacks, ...holds].join(' and ')
}

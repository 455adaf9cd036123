import { describeObject, kinds } from '../../../kubernetes/kinds.ts'
import type { EnvironmentModel } from '../../../model/resolve.ts'
import { type Cause, causeOf } from '../cause.ts'
import { frozenBy } from '../frozen.ts'
import type { ExternalSecretFacts } from '../observe/tier.ts'
import { paste } from '../paste.ts'

/** After its first success, a frozen ExternalSecret is never read again: not for a new value, nor for a changed spec. */
export function frozenCause({ refreshInterval }: EnvironmentModel, facts: ExternalSecretFacts): Cause | undefined {
  const { ref, object, isOptional, sync } = facts
  const frozen = object && frozenBy(object)
  if (frozen === undefined) return undefined
  const where = describeObject(kinds.externalSecret, ref)
  return causeOf({
    code: 'REFRESH_FROZEN',
    where,
    message: `is never read again (${frozen}): neither a new value nor a change of its spec arrives, and a refresh can't be forced. Expected a refresh every ${refreshInterval}.`,
    evidence: [
      `spec of ${where}: ${frozen}`,
      `status.refreshTime of ${where}: ${object?.status?.refreshTime ?? 'none'}`,
    ],
    fix: `${paste.patch('externalsecret', ref, { spec: { refreshPolicy: 'Periodic', refreshInterval } })}, or find out who changes it.`,
    explains: [facts].filter(() => sync.state !== 'failed'),
    isOptional,
  })
}

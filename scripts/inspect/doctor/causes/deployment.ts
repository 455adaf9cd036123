import { specsConcerned } from '../../../cluster/expected-spec.ts'
import { type FieldChange, fieldChangeText } from '../../../kubernetes/difference.ts'
import { describeObject, kinds } from '../../../kubernetes/kinds.ts'
import { kubectl } from '../../../lib/command-line.ts'
import { shortList } from '../../../lib/short-list.ts'
import { deployStep, restoreStep } from '../../../model/delivery/deploy-step.ts'
import { hardeningNames } from '../../../model/names.ts'
import type { EnvironmentModel } from '../../../model/resolve.ts'
import { type DriftedObject, driftOutside } from '../../survey/drift-survey.ts'
import { type Cause, causeOf } from '../cause.ts'
import { type Fact, isSeen, seenOr } from '../fact.ts'
import { isFrozen } from '../frozen.ts'
import type { Observation } from '../observation.ts'
import type { Refusal } from '../observe/admission.ts'
import type { ExternalSecretFacts, QuotaFacts, TierFacts } from '../observe/tier.ts'
import { paste } from '../paste.ts'

/** Objects of the chart that are missing or differ from the catalogue; and why, where the API server would refuse them. */
export function deploymentCauses(
  model: EnvironmentModel,
  { tier, store, externalSecrets }: TierFacts,
  admission: Fact<readonly Refusal[]>,
): Cause[] {
  const all = seenOr(externalSecrets, [])
  const refusals = seenOr(admission, []).filter(({ namespace }) => namespace === tier.namespace)
  const refused = (name: string) => refusals.some((one) => one.name === name)
  const storeRef = { namespace: tier.namespace, name: tier.secretStore }
  const isStoreAbsent = isSeen(store) && !store.value.object && !refused(tier.secretStore)
  const absent = all.filter(({ object, ref }) => !object && !refused(ref.name))
  const drifted = all.filter((one) => driftToTell(one).length > 0 && !refused(one.ref.name))
  const missing = [
    ...(isStoreAbsent ? [describeObject(kinds.secretStore, storeRef)] : []),
    ...absent.map(({ ref }) => describeObject(kinds.externalSecret, ref)),
  ]
  const behind = 'find out why your GitOps engine is behind'
  const explained = isStoreAbsent ? all : [...absent, ...drifted]
  return [
    ...refusals.map((refusal) => refusedCause(all, refusal)),
    ...(missing.length > 0
      ? [
          causeOf({
            code: 'NOT_DEPLOYED',
            where: missing[0] ?? '',
            message: `does not exist${othersOf(missing.slice(1), `tier "${tier.name}"`)}. Expected what the chart renders.`,
            evidence: missing.map((place) => `the API server returns 404 for ${place}`),
            fix: `${deployStep(model, behind)}.`,
            explains: explained,
          }),
        ]
      : []),
    ...drifted.map((facts) => driftCause(facts, `${restoreStep(model, behind)}.`)),
  ]
}

/**
 * Other objects of the chart that are not as rendered; those that are absent are one cause. Secrets arrive all the same, but a
 * protection may be missing.
 *
 * @param gone tiers without a namespace, which explains what is missing in it
 */
export function driftCauses(
  { model, drift }: Pick<Observation, 'model' | 'drift'>,
  gone: readonly Pick<TierFacts, 'tier'>[],
): Cause[] {
  const told = driftOutside(seenOr(drift, { drifted: [] }).drifted, gone)
  const [first, ...rest] = told.filter(isAbsent)
  const cause = ({ place, message, fix = restoreStep(model) }: DriftedObject, evidence: readonly string[]) =>
    causeOf({ code: 'NOT_DEPLOYED', where: place, message, evidence, fix })
  const together = first && {
    ...first,
    message: first.message.replace('does not exist', `does not exist${othersOf(rest, 'the chart')}`),
  }
  return [
    ...(together
      ? [
          cause(
            together,
            [first, ...rest].map(({ place }) => `the API server returns 404 for ${place}`),
          ),
        ]
      : []),
    ...told
      .filter((one) => !isAbsent(one))
      .map((one) => cause(one, [`a dry run at the API server, which shows what ${one.place} has to be`])),
  ]
}

/** A quota without the room that is needed. */
export function quotaCauses({ tier, quotas, externalSecrets }: TierFacts): Cause[] {
  const waiting = seenOr(externalSecrets, []).filter(
    ({ object, target, warning, sync }) =>
      object &&
      isSeen(target) &&
      target.value === undefined &&
      (sync.state !== 'failed' || /exceeded quota/.test(warning?.message ?? '')),
  )
  if (waiting.length === 0) return []
  return seenOr(quotas, []).flatMap((quota) => {
    const full = fullFor(quota)
    if (full === undefined) return []
    const where = describeObject(kinds.resourceQuota, { namespace: tier.namespace, name: quota.name })
    const targets = waiting.map(({ ref }) => describeObject(kinds.secret, ref))
    const [used, hard] = [quota.used[full], quota.hard[full]]
    const isOwn = quota.name === hardeningNames.quota
    const raise = isOwn
      ? `raise \`quota\` of tier "${tier.name}" in scripts/catalogue.ts`
      : 'raise it where it comes from: the chart did not make it'
    return causeOf({
      code: 'QUOTA_FULL',
      where,
      message: `has no room for ${shortList(targets)}: ${used} of ${hard} ${full} are used. Expected room for every target.`,
      evidence: [
        `status of ${where}: ${full} ${used} of ${hard}`,
        ...waiting.flatMap(({ warning }) => (warning ? [`event: ${warning.message}`] : [])),
      ],
      fix: `${paste.look(kubectl`get secrets --namespace ${tier.namespace}`)} shows what uses the quota; delete what is not needed, or ${raise}.`,
      explains: waiting,
      isOptional: false,
    })
  })
}

// --- internal ---

const isAbsent = ({ message }: DriftedObject) => /^does not exist\b/.test(message)

/** The API server writes 2000 as `2k`. */
function amount(quantity: string): number {
  const [, digits = quantity, unit = ''] = /^(\d+)([kMG])$/.exec(quantity) ?? []
  return Number(digits) * 1000 ** ' kMG'.indexOf(unit || ' ')
}

function othersOf({ length }: readonly unknown[], whole: string): string {
  if (length === 0) return ''
  return length === 1 ? `, nor does another object of ${whole}` : `, nor do ${length} other objects of ${whole}`
}

function refusedCause(all: readonly ExternalSecretFacts[], { place, name, message }: Refusal): Cause {
  const own = all.filter(({ ref }) => ref.name === name)
  const explains = own.length > 0 ? own : all
  return causeOf({
    code: /exceeded quota/.test(message) ? 'QUOTA_FULL' : 'ADMISSION_REFUSES',
    where: place,
    message: `is refused by the API server: ${message.replace(/\.$/, '')}. Expected it to accept what the chart renders.`,
    evidence: [`the API server refuses a dry run: ${message}`],
    fix: `${paste.look(kubectl`get validatingadmissionpolicies,validatingwebhookconfigurations`)} shows what may refuse objects; the message above names it and its rule.`,
    explains,
    isOptional: explains.length > 0 && explains.every((one) => one.isOptional),
  })
}

/** Without differences that are separate causes: `REFRESH_FROZEN`, `TARGET_IMMUTABLE`. */
function driftToTell({ object, target, drift }: ExternalSecretFacts): readonly FieldChange[] {
  const own = [
    ...(object && isFrozen(object) ? ['spec.refreshInterval', 'spec.refreshPolicy'] : []),
    ...(seenOr(target, undefined) ? ['spec.target.immutable'] : []),
  ]
  return drift.filter(({ path }) => !own.includes(path))
}

function driftCause(facts: ExternalSecretFacts, fix: string): Cause {
  const drift = driftToTell(facts)
  const where = describeObject(kinds.externalSecret, facts.ref)
  const texts = drift.map(fieldChangeText)
  return causeOf({
    code: 'NOT_DEPLOYED',
    where,
    message: `differs from the catalogue: ${shortList(texts)}. Expected the spec of the catalogue, and nothing else.`,
    evidence: texts.map((text) => `spec of ${where}, and the expected one: ${text}`),
    fix,
    explains: [facts],
    specs: specsConcerned(facts.model, drift),
    isOptional: false,
  })
}

function fullFor({ hard, used }: QuotaFacts): string | undefined {
  return ['secrets', 'count/secrets'].find((resource) => {
    const [limit, now] = [hard[resource], used[resource]]
    return limit !== undefined && now !== undefined && amount(now) >= amount(limit)
  })
}

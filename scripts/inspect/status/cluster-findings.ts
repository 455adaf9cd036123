import { type OtherEnvironment, otherEnvironmentText } from '../../cluster/environment-owner.ts'
import type { WaitReport } from '../../cluster/wait-for-sync.ts'
import { fieldChangeText } from '../../kubernetes/difference.ts'
import { describeObject, kinds } from '../../kubernetes/kinds.ts'
import { age } from '../../lib/age.ts'
import { commandLine, kubectl } from '../../lib/command-line.ts'
import { shortList } from '../../lib/short-list.ts'
import { deployStep, restoreStep } from '../../model/delivery/deploy-step.ts'
import { durationSeconds } from '../../model/duration.ts'
import { type EnvironmentModel, type ExternalSecretModel, specsOf } from '../../model/resolve.ts'
import { keyOf } from '../../model/specs.ts'
import type { SecretSpec } from '../../model/types.ts'
import type { TierState } from '../survey/cluster-survey.ts'
import { type DriftSurvey, driftOutside } from '../survey/drift-survey.ts'
import type { StateCode } from './states.ts'
import { type Finding, finding } from './status-finding.ts'

/** How the stores, ExternalSecrets and targets of a cluster differ from the catalogue. Pure. */
export function clusterFindings(model: EnvironmentModel, tiers: readonly TierState[], now: Date): Finding[] {
  return tiers.flatMap((view) => [
    ...storeFindings(model, view),
    ...leftovers(model, view),
    ...view.tier.externalSecrets.flatMap((externalSecret) => {
      const report = view.reports.find(({ ref }) => ref.name === externalSecret.name)
      return report ? syncFindings(model, externalSecret, report, now) : []
    }),
  ])
}

/** Of a cluster with another environment in it: no other difference of it means anything. Pure. */
export function otherEnvironmentFindings(
  model: EnvironmentModel,
  tiers: readonly TierState[],
  other: OtherEnvironment,
): Finding[] {
  const specs = tiers.flatMap(({ tier }) => tier.externalSecrets.flatMap(specsOf))
  return [finding({ ...otherEnvironmentText(model, other, 'status'), specs })]
}

/** Other objects of the chart that are not as rendered; not about single entries, nor about what no namespace can hold. Pure. */
export function driftFindings(
  model: EnvironmentModel,
  { drifted }: Pick<DriftSurvey, 'drifted'>,
  tiers: readonly Pick<TierState, 'tier' | 'reports'>[],
): Finding[] {
  const gone = tiers.filter(({ reports }) => reports.some(({ obstacle }) => isWithoutNamespace(obstacle)))
  return driftOutside(drifted, gone).map(({ place, message, fix = restoreStep(model) }) =>
    finding({ code: 'NOT_DEPLOYED', where: place, message, fix, specs: [] }),
  )
}

// --- internal ---

function isWithoutNamespace(obstacle: WaitReport['obstacle']): boolean {
  return obstacle === 'namespace-absent' || obstacle === 'namespace-ending'
}

const doctor = ({ environment }: EnvironmentModel) => `\`${commandLine`doctor --environment ${environment}`}\``

function storeFindings(model: EnvironmentModel, { tier, store, reports }: TierState): Finding[] {
  const where = describeObject(kinds.secretStore, { namespace: tier.namespace, name: tier.secretStore })
  const specs = tier.externalSecrets.flatMap(specsOf)
  const of = (code: StateCode, message: string) => finding({ code, where, message, fix: restoreStep(model), specs })
  // If these are missing, the store is missing for the same reason.
  if (reports.some(({ obstacle }) => obstacle === 'kind-absent' || isWithoutNamespace(obstacle))) return []
  if (store.state === 'absent') return [of('STORE_ABSENT', 'does not exist. Expected it to exist.')]
  return [
    ...(store.differences.length > 0
      ? [
          of(
            'STORE_DIFFERS',
            `${store.differences.map(fieldChangeText).join(', ')}. Expected what the catalogue implies.`,
          ),
        ]
      : []),
    ...(store.state === 'unready'
      ? [
          {
            ...of('STORE_UNREADY', `${store.message}. Expected it to be ready.`),
            fix: `Find the cause: ${doctor(model)}`,
          },
        ]
      : []),
  ]
}

/** The operator continues to write its target, and its readers still get it. */
function leftovers(model: EnvironmentModel, { tier: { namespace }, leftovers }: TierState): Finding[] {
  return leftovers.map((name) =>
    finding({
      code: 'EXTERNAL_SECRET_UNCATALOGUED',
      where: describeObject(kinds.externalSecret, { namespace, name }),
      message: 'still exists, and holds no entry of the catalogue. Expected it to be removed with its Secret.',
      fix: `Find out who reads its Secret: \`${commandLine`plan --environment ${model.environment}`}\`; then ${deployStep(model)}`,
      specs: [],
    }),
  )
}

const obstacles = {
  'kind-absent': 'KIND_ABSENT',
  'namespace-absent': 'NAMESPACE_ABSENT',
  'namespace-ending': 'NAMESPACE_ENDING',
  absent: 'EXTERNAL_SECRET_ABSENT',
  outdated: 'NOT_DEPLOYED',
  'type-differs': 'TARGET_TYPE',
  'target-differs': 'TARGET_DIFFERS',
} as const satisfies Record<NonNullable<WaitReport['obstacle']>, StateCode>

function syncFindings(
  model: EnvironmentModel,
  externalSecret: ExternalSecretModel,
  report: WaitReport,
  now: Date,
): Finding[] {
  const { ref, obstacle, state, keys, message } = report
  const where = describeObject(kinds.externalSecret, ref)
  const all = specsOf(externalSecret)
  const of = (code: StateCode, fact: string, fix: string, specs: readonly SecretSpec[] = all) =>
    finding({ code, where, message: `${fact}.`, fix, specs })
  if (keys === 'unreadable')
    return [
      of(
        'UNREADABLE',
        "you may not read its target; relying on the operator's status for its keys",
        'Nothing has to be done; or ask an administrator of the cluster for this right.',
      ),
    ]
  if (obstacle === 'type-differs') {
    const remove = kubectl`delete secret ${ref.name} --namespace ${ref.namespace}`
    const fix = `\`${remove}\`: the operator creates it again at once, and running pods keep the values they have read.`
    return [of('TARGET_TYPE', message, fix)]
  }
  if (obstacle === 'namespace-ending') {
    const holds = `\`${kubectl`describe namespace ${ref.namespace}`}\` tells what holds it back`
    return [of('NAMESPACE_ENDING', message, `Wait until it is deleted, then ${deployStep(model)}; ${holds}`)]
  }
  if (obstacle && obstacle !== 'target-differs')
    return [of(obstacles[obstacle], message, obstacle === 'outdated' ? restoreStep(model) : deployStep(model))]
  if (obstacle)
    return [
      of(
        'TARGET_DIFFERS',
        `${message}. Expected exactly the catalogued keys`,
        `Find out who else writes it: ${doctor(model)}`,
        concerned(all, keys),
      ),
    ]
  if (state !== 'synced')
    return [of('NOT_SYNCED', `${message}. Expected it to be synced`, `Find the cause: ${doctor(model)}`)]
  return [...unexpected(of, keys), ...overdue(model, of, report, now)]
}

/** The entries whose keys are missing; none, if there are only extra keys; all, if there is no target. */
function concerned(specs: readonly SecretSpec[], keys: Exclude<WaitReport['keys'], 'unreadable'>): SecretSpec[] {
  return keys ? specs.filter((spec) => keys.missing.includes(keyOf(spec))) : [...specs]
}

type Make = (code: StateCode, fact: string, fix: string, specs?: readonly SecretSpec[]) => Finding

/** An optional target may lack keys, but not have others. */
function unexpected(of: Make, keys: Exclude<WaitReport['keys'], 'unreadable'>): Finding[] {
  if (!keys || keys.unexpected.length === 0) return []
  const fact = `its target holds ${shortList(keys.unexpected)}, which is not catalogued. Expected only catalogued keys`
  return [of('TARGET_DIFFERS', fact, 'Find out who else writes this Secret.', [])]
}

/** One interval may pass between reads, and another one after a failed try; after that something is wrong. */
function overdue(
  { refreshInterval }: EnvironmentModel,
  of: Make,
  { ref, refreshedAt }: WaitReport,
  now: Date,
): Finding[] {
  const intervalMs = 1000 * (durationSeconds(refreshInterval) ?? 0)
  if (!refreshedAt || intervalMs === 0 || now.getTime() - refreshedAt.getTime() <= 2 * intervalMs) return []
  const fact = `was last read ${age(now.getTime() - refreshedAt.getTime())} ago. Expected a read every ${refreshInterval}`
  const force = kubectl`annotate externalsecret ${ref.name} force-sync=$(date +%s) --overwrite --namespace ${ref.namespace}`
  return [of('REFRESH_OVERDUE', fact, `Check that the operator runs, then: \`${force}\``)]
}

import type { WaitReport } from '../../cluster/wait-for-sync.ts'
import { fieldChangeText } from '../../kubernetes/difference.ts'
import { describeObject, kinds } from '../../kubernetes/kinds.ts'
import { age } from '../../lib/age.ts'
import { commandLine } from '../../lib/command-line.ts'
import { shell } from '../../lib/shell.ts'
import { shortList } from '../../lib/short-list.ts'
import { durationSeconds } from '../../model/duration.ts'
import { type EnvironmentModel, type ExternalSecretModel, externalSecrets, specsOf } from '../../model/resolve.ts'
import type { SecretSpec } from '../../model/types.ts'
import type { TierSight } from '../survey/cluster-survey.ts'
import type { DriftSurvey } from '../survey/drift-survey.ts'
import { type Finding, finding } from './finding.ts'
import type { StateCode } from './states.ts'

/** In what the stores, ExternalSecrets and targets of a cluster differ from the catalogue. Pure. */
export function clusterFindings(model: EnvironmentModel, tiers: readonly TierSight[], now: Date): Finding[] {
  return tiers.flatMap((sight) => [
    ...storeFindings(model, sight),
    ...leftovers(model, sight),
    ...externalSecrets(sight.tier).flatMap((externalSecret) => {
      const report = sight.reports.find(({ ref }) => ref.name === externalSecret.name)
      return report ? syncFindings(model, externalSecret, report, now) : []
    }),
  ])
}

/** What else of the chart is not as rendered; it is about no single entry. Pure. */
export function driftFindings(model: EnvironmentModel, { drifted }: Pick<DriftSurvey, 'drifted'>): Finding[] {
  return drifted.map(({ place, message, fix = `Run ${deploy(model)}` }) =>
    finding({ code: 'NOT_DEPLOYED', where: place, message, fix, specs: [] }),
  )
}

// --- internal ---

const deploy = ({ environment }: EnvironmentModel) => `\`${commandLine`deploy --environment ${environment}`}\``
const doctor = ({ environment }: EnvironmentModel) => `\`${commandLine`doctor --environment ${environment}`}\``

function storeFindings(model: EnvironmentModel, { tier, store, reports }: TierSight): Finding[] {
  const where = describeObject(kinds.secretStore, { namespace: tier.namespace, name: tier.secretStore })
  const specs = externalSecrets(tier).flatMap(specsOf)
  const of = (code: StateCode, message: string) => finding({ code, where, message, fix: `Run ${deploy(model)}`, specs })
  // What these lack, the store lacks for the same reason.
  if (reports.some(({ obstacle }) => obstacle === 'kind-absent' || obstacle === 'namespace-absent')) return []
  if (store.state === 'absent') return [of('STORE_ABSENT', 'does not exist. Expected it.')]
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

/** The operator goes on writing its target, and whoever reads that still gets it. */
function leftovers(model: EnvironmentModel, { tier: { namespace }, leftovers }: TierSight): Finding[] {
  return leftovers.map((name) =>
    finding({
      code: 'EXTERNAL_SECRET_UNCATALOGUED',
      where: describeObject(kinds.externalSecret, { namespace, name }),
      message: 'is still there, and no entry of the catalogue is in it. Expected it removed with its Secret.',
      fix: `See who reads its Secret: \`${commandLine`plan --environment ${model.environment}`}\`; then ${deploy(model)}`,
      specs: [],
    }),
  )
}

const obstacles = {
  'kind-absent': 'KIND_ABSENT',
  'namespace-absent': 'NAMESPACE_ABSENT',
  absent: 'EXTERNAL_SECRET_ABSENT',
  outdated: 'NOT_DEPLOYED',
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
        'its target may not be read by you: only the operator vouches for its keys',
        'Nothing has to be done; or have the right given to whoever runs this.',
      ),
    ]
  if (obstacle && obstacle !== 'target-differs') return [of(obstacles[obstacle], message, `Run ${deploy(model)}`)]
  if (obstacle)
    return [
      of(
        'TARGET_DIFFERS',
        `${message}. Expected exactly the catalogued keys`,
        `Find who else writes it: ${doctor(model)}`,
        concerned(all, keys),
      ),
    ]
  if (state !== 'synced')
    return [of('NOT_SYNCED', `${message}. Expected it synced`, `Find the cause: ${doctor(model)}`)]
  return [...unexpected(of, keys), ...overdue(model, of, report, now)]
}

/** The entries whose keys are missing; none, where there are only keys too many; all, where there is no target. */
function concerned(specs: readonly SecretSpec[], keys: Exclude<WaitReport['keys'], 'unreadable'>): SecretSpec[] {
  return keys ? specs.filter(({ variable }) => keys.missing.includes(variable)) : [...specs]
}

type Make = (code: StateCode, fact: string, fix: string, specs?: readonly SecretSpec[]) => Finding

/** An optional target may lack keys, but not have others. */
function unexpected(of: Make, keys: Exclude<WaitReport['keys'], 'unreadable'>): Finding[] {
  if (!keys || keys.unexpected.length === 0) return []
  const fact = `its target holds ${shortList(keys.unexpected)}, which is not catalogued. Expected only catalogued keys`
  return [of('TARGET_DIFFERS', fact, 'Find who else writes this Secret.', [])]
}

/** One interval may pass between reads, and as much again for a try that failed; then something is wrong. */
function overdue(
  { refreshInterval }: EnvironmentModel,
  of: Make,
  { ref, refreshedAt }: WaitReport,
  now: Date,
): Finding[] {
  const intervalMs = 1000 * (durationSeconds(refreshInterval) ?? 0)
  if (!refreshedAt || intervalMs === 0 || now.getTime() - refreshedAt.getTime() <= 2 * intervalMs) return []
  const fact = `was last read ${age(now.getTime() - refreshedAt.getTime())} ago. Expected it every ${refreshInterval}`
  const force = shell`kubectl annotate externalsecret ${ref.name} force-sync=$(date +%s) --overwrite --namespace ${ref.namespace}`
  return [of('REFRESH_OVERDUE', fact, `See that the operator runs, then: \`${force}\``)]
}

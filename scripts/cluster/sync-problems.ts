import { describeObject, kinds } from '../kubernetes/kinds.ts'
import { kubectl } from '../lib/command-line.ts'
import { compare, type Problem } from '../lib/problems.ts'
import { shortList } from '../lib/short-list.ts'
import { deployStep, restoreStep } from '../model/delivery/deploy-step.ts'
import { installedOperator } from '../model/operator-version.ts'
import { type EnvironmentModel, type ExternalSecretModel, specsOf, type TierModel } from '../model/resolve.ts'
import { keyOf } from '../model/specs.ts'
import type { SecretSpec } from '../model/types.ts'
import type { WaitReport } from './wait-for-sync.ts'

/**
 * What did not arrive, with its catalogue entries and who is responsible for them. For an optional
 * ExternalSecret there are only warnings.
 *
 * @param waited how long, as a duration: `5m`
 */
export function syncProblems(model: EnvironmentModel, reports: readonly WaitReport[], waited: string): Problem[] {
  return reports.flatMap((report) => {
    const tier = model.tiers.find(({ namespace }) => namespace === report.ref.namespace)
    const externalSecret = tier?.externalSecrets.find(({ name }) => name === report.ref.name)
    if (!tier || !externalSecret) return []
    const place = { model, tier, externalSecret }
    // Its values may be absent; but a difference from the catalogue is an error as for any other.
    const isOptional = externalSecret.optional && report.obstacle !== 'outdated'
    if (report.keys === 'unreadable') return [unreadable(report)]
    if (report.state === 'synced') return report.keys ? [incomplete(place, report, report.keys)] : []
    return [{ ...unsynced(place, report, waited), ...(isOptional ? { severity: 'warning' as const } : {}) }]
  })
}

/** `catalogue "REDIS_URL" (backend), owner Infrastructure` */
export function namedEntries(model: Pick<EnvironmentModel, 'owner'>, entries: readonly SecretSpec[]): string {
  const owner = (spec: SecretSpec) => spec.owner ?? model.owner
  return [...new Set(entries.map(owner))]
    .sort(compare)
    .map((name) => {
      const own = entries.filter((spec) => owner(spec) === name)
      return `${shortList(own.map(({ variable, tier }) => `catalogue "${variable}" (${tier})`))}, owner ${name}`
    })
    .join('; ')
}

/** Entries that a message of the operator names, by their remote ref or their variable. */
export function entriesNamed(
  { remoteSecrets }: Pick<TierModel, 'remoteSecrets'>,
  externalSecret: ExternalSecretModel,
  message: string,
): SecretSpec[] {
  const words = message.split(/[^\w.:/-]+/).map((word) => word.replace(/[.:]+$/, ''))
  const remotes = remoteSecrets.filter(({ remoteRef }) => words.includes(remoteRef))
  const specs = remotes.flatMap((remote) => remote.specs)
  return specsOf(externalSecret).filter(
    (spec) =>
      specs.includes(spec) || words.some((word) => word === spec.variable || word.endsWith(`__${spec.variable}`)),
  )
}

// --- internal ---

interface Place {
  readonly model: EnvironmentModel
  readonly tier: TierModel
  readonly externalSecret: ExternalSecretModel
}

type Keys = Exclude<NonNullable<WaitReport['keys']>, 'unreadable'>

function unsynced(place: Place, report: WaitReport, waited: string): Problem {
  const { obstacle, ref } = report
  const { model } = place
  const uncreated = `${deployStep(model, 'find out why your GitOps engine has not created it')}.`
  const entries = entriesConcerned(place, report)
  const whose = `Affected: ${entries.length === 0 ? everything(place) : namedEntries(place.model, entries)}.`
  const operator = `check that the operator runs: \`${kubectl`get pods --all-namespaces`} | grep external-secrets\``
  const fixes = {
    'kind-absent': `Install External Secrets Operator ${installedOperator}, with its definitions.`,
    'namespace-absent': uncreated,
    'namespace-ending': `Wait until it is deleted, then ${deployStep(model)}. \`${kubectl`describe namespace ${ref.namespace}`}\` tells what holds it back.`,
    absent: uncreated,
    outdated: `${restoreStep(model, 'find out why your GitOps engine is behind')}.`,
    'type-differs': `\`${kubectl`delete secret ${ref.name} --namespace ${ref.namespace}`}\`: the operator creates it again at once, and running pods keep the values they have read.`,
    'target-differs': `Find out who else writes Secret/${ref.namespace}/${ref.name}, and ${operator}.`,
  }
  const own =
    report.state === 'failed'
      ? 'Create or correct in Scaleway what the message names, or correct the catalogue.'
      : `Wait longer with --timeout, and ${operator}.`
  return {
    code: obstacle === 'target-differs' ? 'TARGET_DIFFERS' : obstacle === 'type-differs' ? 'TARGET_TYPE' : 'NOT_SYNCED',
    where: describeObject(kinds.externalSecret, ref),
    message: `${report.message}. Expected it to be synced within ${waited}.`,
    fix: `${obstacle ? fixes[obstacle] : own} ${whose}`,
  }
}

function incomplete(place: Place, { ref }: WaitReport, { missing, unexpected }: Keys): Problem {
  const entries = specsOf(place.externalSecret).filter((spec) => missing.includes(keyOf(spec)))
  const lacks = missing.length > 0 ? [`lacks ${shortList(missing)}, which is optional`] : []
  const holds = unexpected.length > 0 ? [`holds ${shortList(unexpected)}, which is not catalogued`] : []
  return {
    code: 'OPTIONAL_INCOMPLETE',
    where: describeObject(kinds.secret, ref),
    message: `${[...lacks, ...holds].join(' and ')}. Expected every catalogued key and no other.`,
    fix:
      entries.length > 0
        ? `If it is needed, create ${namedEntries(place.model, entries)}.`
        : 'Find out who else writes this Secret.',
    severity: 'warning',
  }
}

function unreadable({ ref }: WaitReport): Problem {
  return {
    code: 'TARGET_UNREADABLE',
    where: describeObject(kinds.secret, ref),
    message:
      "you may not read it; relying on the operator's status for its keys. Expected the right to list and watch it.",
    fix: 'Nothing has to be done; or ask an administrator of the cluster for this right.',
    severity: 'warning',
  }
}

/** Entries that the operator's message, or a missing key, is about; none when it is about the whole ExternalSecret. */
function entriesConcerned({ tier, externalSecret }: Place, { message, keys }: WaitReport): SecretSpec[] {
  const missing = typeof keys === 'object' ? keys.missing : []
  const named = entriesNamed(tier, externalSecret, message)
  return specsOf(externalSecret).filter((spec) => missing.includes(keyOf(spec)) || named.includes(spec))
}

function everything({ model, externalSecret }: Place): string {
  const specs = specsOf(externalSecret)
  const owners = [...new Set(specs.map(({ owner }) => owner ?? model.owner))].sort(compare)
  return `all its catalogued keys (${specs.length}), owner ${shortList(owners)}`
}

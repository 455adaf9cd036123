import { delivers } from '../../cluster/secret-uses.ts'
import { age } from '../../lib/age.ts'
import { shell } from '../../lib/shell.ts'
import { shortList } from '../../lib/short-list.ts'
import { consumes } from '../../model/consumers.ts'
import { type ExternalSecretModel, externalSecrets, specsOf, type TierModel } from '../../model/resolve.ts'
import type { SecretSpec, WorkloadKind } from '../../model/types.ts'
import type { ConsumerState, TierState } from '../survey/cluster-survey.ts'
import { outdatedPods } from '../survey/outdated.ts'
import { type Finding, finding } from './finding.ts'

/** How the workloads of a cluster differ from what the catalogue says they read. Pure. */
export function consumerFindings(tiers: readonly TierState[], now: Date): Finding[] {
  return tiers.flatMap(({ tier, consumers, reports }) => {
    if (consumers === 'unreadable') return [unreadable(tier)]
    const places = Object.entries(tier.workloads).map(([name, { kind }]) => {
      return { tier, name, kind, view: consumers.get(name) ?? { pods: [] } }
    })
    const found = places.filter(({ view }) => view.template !== undefined)
    return [
      ...absent(places.filter((place) => !found.includes(place))),
      ...found.flatMap((place) =>
        externalSecrets(tier).flatMap((externalSecret) => {
          const changedAt = reports.find(({ ref }) => ref.name === externalSecret.name)?.changedAt
          return [...unread(place, externalSecret), ...outdated(place, externalSecret, changedAt, now)]
        }),
      ),
    ]
  })
}

// --- internal ---

interface Place {
  readonly tier: TierModel
  readonly name: string
  readonly kind: WorkloadKind
  readonly view: ConsumerState
}

/** All that a namespace lacks, in one finding. A Job is often deleted when it is done. */
function absent(places: readonly Place[]): Finding[] {
  const [first] = places
  if (!first) return []
  const { tier } = first
  const reading = (spec: SecretSpec) => places.filter(({ name, kind }) => kind !== 'Job' && consumes(name, spec))
  const specs = externalSecrets(tier)
    .flatMap(specsOf)
    .filter((spec) => reading(spec).length > 0)
  const missing = places.filter((place) => specs.some((spec) => reading(spec).includes(place)))
  if (missing.length === 0) return []
  return [
    finding({
      code: 'CONSUMER_ABSENT',
      where: `Namespace/${tier.namespace}`,
      message: `lacks ${shortList(missing.map(({ kind, name }) => `${kind}/${name}`))}. Expected all workloads of the catalogue.`,
      fix: `Deploy them, or correct the workloads of tier "${tier.name}" in scripts/catalogue.ts.`,
      specs,
      workloads: missing.map(({ name }) => name),
    }),
  ]
}

/** Keys the pods do not get from the target, neither as variables nor as files. */
function unread({ tier, name, kind, view }: Place, externalSecret: ExternalSecretModel): Finding[] {
  const uses = view.template?.secrets ?? []
  const target = externalSecret.name
  const specs = specsOf(externalSecret).filter(
    (spec) => consumes(name, spec) && !uses.some((use) => delivers(use, target, spec.variable)),
  )
  if (specs.length === 0) return []
  const optional = externalSecret === tier.optional ? ', optional: true' : ''
  return [
    finding({
      code: 'CONSUMER_WITHOUT_SECRET',
      where: `${kind}/${tier.namespace}/${name}`,
      message: `does not read ${shortList(specs.map(({ variable }) => variable))} from Secret ${target}. Expected it to read what the catalogue says.`,
      fix: `Add \`envFrom: [{ secretRef: { name: ${target}${optional} } }]\` to its containers, or name the consumers of these entries in scripts/catalogue.ts.`,
      specs,
      workloads: [name],
    }),
  ]
}

function outdated(
  { tier, name, kind, view }: Place,
  externalSecret: ExternalSecretModel,
  changedAt: Date | undefined,
  now: Date,
): Finding[] {
  const old = outdatedPods(name, view, externalSecret, changedAt)
  if (!old || !changedAt) return []
  const fix =
    kind === 'Job'
      ? 'Let it end, or delete it and create it again.'
      : `\`${shell`kubectl rollout restart ${kind.toLowerCase()}/${name} --namespace ${tier.namespace}`}\``
  return [
    finding({
      code: 'CONSUMER_OUTDATED',
      where: `${kind}/${tier.namespace}/${name}`,
      message: `${old.pods.length} of ${view.pods.length} pods started before Secret ${externalSecret.name} last changed, ${age(now.getTime() - changedAt.getTime())} ago. Expected pods that started after the change.`,
      fix,
      specs: old.specs,
      workloads: [name],
    }),
  ]
}

function unreadable({ namespace }: TierModel): Finding {
  return finding({
    code: 'UNREADABLE',
    where: `Namespace/${namespace}`,
    message: 'you may not list its workloads. Expected the right to see who reads the Secrets.',
    fix: 'Nothing has to be done; or ask an administrator of the cluster for this right.',
    specs: [],
  })
}

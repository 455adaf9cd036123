import { type KeyRead, keyReads } from '../../cluster/key-reads.ts'
import type { PodTemplate } from '../../cluster/pod-templates.ts'
import { isRolling } from '../../cluster/rollout.ts'
import { describeObject, kinds } from '../../kubernetes/kinds.ts'
import { age } from '../../lib/age.ts'
import { commandLine, kubectl } from '../../lib/command-line.ts'
import { groupBy } from '../../lib/group.ts'
import { shortList } from '../../lib/short-list.ts'
import { consumes } from '../../model/consumers.ts'
import { type EnvironmentModel, type ExternalSecretModel, specsOf, type TierModel } from '../../model/resolve.ts'
import { keyOf } from '../../model/specs.ts'
import type { SecretSpec } from '../../model/types.ts'
import type { TierState } from '../survey/cluster-survey.ts'
import { type GoneKeys, goneKeys } from '../survey/gone-keys.ts'
import { outdatedPods } from '../survey/outdated.ts'
import { type ConsumerState, specsRead } from '../survey/readers.ts'
import { howToRead, isPulled, moreThanSaid, type ReadsOfWorkload } from './reads-findings.ts'
import { type Finding, finding } from './status-finding.ts'
import { unlistedFindings } from './unlisted-findings.ts'

/** How the workloads of a cluster differ from what the catalogue says they read. Pure. */
export function consumerFindings(
  { environment }: Pick<EnvironmentModel, 'environment'>,
  tiers: readonly TierState[],
  now: Date,
): Finding[] {
  return tiers.flatMap(({ tier, readers, reports }) => {
    if (readers === 'unreadable') return [unreadable(tier)]
    const { consumers, unlisted } = readers
    const places = Object.entries(tier.workloads).map(([name, { kind }]): Place => {
      const view = consumers.get(name)
      const got = view ? specsRead(tier, view) : []
      const counts = (spec: SecretSpec) => consumes(tier, name, spec)
      return { tier, name, kind, counts, gets: (spec) => got.includes(spec), ...(view ? { view } : {}) }
    })
    const found = places.filter(({ view }) => view?.template !== undefined)
    const others = unlisted.map((view): Place => {
      return { tier, name: view.template.name, kind: view.template.kind, counts: () => true, gets: () => true, view }
    })
    const changedAt = (target: ExternalSecretModel) => reports.find(({ ref }) => ref.name === target.name)?.changedAt
    return [
      ...absent(places.filter((place) => !found.includes(place))),
      ...found.flatMap((place) => tier.externalSecrets.flatMap((target) => unread(place, target))),
      ...found.flatMap((place) => moreThanSaid(place)),
      ...unlistedFindings(tier, unlisted),
      ...goneKeys(
        tier,
        [...found, ...others].flatMap(({ view }) => view?.template ?? []),
      ).map(goneFinding(tier)),
      ...[...found, ...others].flatMap((place) =>
        tier.externalSecrets.flatMap((target) => outdated(environment, place, target, changedAt(target), now)),
      ),
    ]
  })
}

// --- internal ---

interface Place extends ReadsOfWorkload {
  readonly view?: ConsumerState
}

/** All that a namespace lacks, in one finding. A Job is often deleted when it is done. */
function absent(places: readonly Place[]): Finding[] {
  const [first] = places
  if (!first) return []
  const { tier } = first
  const reading = (spec: SecretSpec) => places.filter(({ kind, counts }) => kind !== 'Job' && counts(spec))
  const specs = tier.externalSecrets.flatMap(specsOf).filter((spec) => reading(spec).length > 0)
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

/** Keys the pods do not get from the target, neither as variables nor as files, and keys that something takes the place of. */
function unread({ tier, name, kind, view, counts }: Place, externalSecret: ExternalSecretModel): Finding[] {
  if (!view?.template) return []
  const target = externalSecret.name
  const reads = keyReads(view.template.outline, view.known).filter(({ secret }) => secret === target)
  const byKey = groupBy(reads, ({ key }) => key)
  const wanted = specsOf(externalSecret).filter(counts)
  const hidden = wanted.flatMap((spec) => {
    const read = shadowedRead(byKey.get(keyOf(spec)) ?? [])
    return read ? [{ spec, read }] : []
  })
  const missing = wanted.filter((spec) => !byKey.has(keyOf(spec)))
  const where = `${kind}/${tier.namespace}/${name}`
  const found = [...groupBy(hidden, ({ read }) => `${read.container} ${read.shadowedBy}`).values()].map((all) => {
    const read = all[0]?.read
    const specs = all.map(({ spec }) => spec)
    return finding({
      code: 'CONSUMER_SHADOWED',
      where,
      message: `its container ${read?.container} gets ${read?.shadowedBy} in place of ${shortList(specs.map(({ variable }) => variable))} of Secret ${target}. Expected the value of the Secret.`,
      fix: `Take ${all.length === 1 ? `the variable ${read?.name}` : 'these variables'} out of env, or of the later envFrom, in its pod template.`,
      specs,
      workloads: [name],
    })
  })
  if (missing.length === 0 || isPulled(view, externalSecret)) return found
  return [
    ...found,
    finding({
      code: 'CONSUMER_WITHOUT_SECRET',
      where,
      message: `does not read ${shortList(missing.map(({ variable }) => variable))} from Secret ${target}. Expected it to read what the catalogue says.`,
      fix: `${howToRead(externalSecret, missing, wanted)}, or correct what the workload "${name}" reads in scripts/catalogue.ts.`,
      specs: missing,
      workloads: [name],
    }),
  ]
}

function goneFinding({ namespace }: TierModel): (gone: GoneKeys) => Finding {
  return ({ template, target, keys }) =>
    finding({
      code: 'KEY_GONE',
      where: describeObject(template, { namespace, name: template.name }),
      message: `names ${shortList(keys)} of Secret ${target}, which the catalogue has no entry for, and does not start again without ${keys.length === 1 ? 'it' : 'them'}. Expected it to name keys of the catalogue.`,
      fix: 'Name another key in its pod template, or make it optional there, or give the catalogue its entry back.',
      specs: [],
      workloads: [template.name],
    })
}

/** Of the reads of one key the one where a container would get it, and gets it in no other way either. */
function shadowedRead(reads: readonly KeyRead[]): KeyRead | undefined {
  return reads.find(({ container, shadowedBy }) => {
    const isGot = reads.some((read) => read.container === container && read.shadowedBy === undefined)
    return shadowedBy !== undefined && !isGot
  })
}

function outdated(
  environment: string,
  { tier, name, kind, view, counts, gets }: Place,
  externalSecret: ExternalSecretModel,
  changedAt: Date | undefined,
  now: Date,
): Finding[] {
  const old = view && outdatedPods(view, externalSecret, changedAt, (spec) => counts(spec) || gets(spec))
  if (!old || !changedAt || !view) return []
  const many = view.pods.some(({ outline }) => outline.containers.length > 1)
  const which = many ? `: ${shortList(old.containers)}` : ''
  return [
    finding({
      code: 'CONSUMER_OUTDATED',
      where: `${kind}/${tier.namespace}/${name}`,
      message: `${old.pods.length} of ${view.pods.length} pods have containers that started before Secret ${externalSecret.name} last changed, ${age(now.getTime() - changedAt.getTime())} ago${which}. Expected containers that started after the change.`,
      fix: restartFix(environment, tier.namespace, view.template),
      specs: old.specs,
      workloads: [name],
    }),
  ]
}

function restartFix(environment: string, namespace: string, template: PodTemplate | undefined): string {
  const { resource, name = '' } = template ?? {}
  if (resource === kinds.job) return 'Let it end, or delete it and create it again.'
  if (resource === kinds.pod) return 'Delete it and create it again.'
  if (resource && !isRolling(resource)) return 'Delete its pods; it then makes new ones.'
  const isKnown = resource === kinds.deployment || resource === kinds.statefulSet || resource === kinds.daemonSet
  if (isKnown) return `\`${kubectl`rollout restart ${resource.kind.toLowerCase()}/${name} --namespace ${namespace}`}\``
  return `\`${commandLine`restart --environment ${environment}`}\``
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

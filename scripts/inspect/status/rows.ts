import type { OtherEnvironment } from '../../cluster/environment-owner.ts'
import { operatorProblems } from '../../cluster/operator-problems.ts'
import type { OperatorState } from '../../cluster/operators.ts'
import type { WaitReport } from '../../cluster/wait-for-sync.ts'
import { kubectl } from '../../lib/command-line.ts'
import { compare } from '../../lib/problems.ts'
import { consumes } from '../../model/consumers.ts'
import { placeOf } from '../../model/remote-secret.ts'
import { type EnvironmentModel, specsOf, type TierModel } from '../../model/resolve.ts'
import type { SecretSpec } from '../../model/types.ts'
import type { TierState } from '../survey/cluster-survey.ts'
import type { DriftSurvey } from '../survey/drift-survey.ts'
import type { ConsumerState } from '../survey/readers.ts'
import type { FolderState, RemoteState } from '../survey/remote-secrets.ts'
import { certificateEnds, certificateFindings } from './certificate-findings.ts'
import { clusterFindings, driftFindings, otherEnvironmentFindings } from './cluster-findings.ts'
import { consumerFindings } from './consumer-findings.ts'
import { remoteFindings } from './remote-findings.ts'
import { rankOf, type StateCode } from './states.ts'
import { type Finding, finding } from './status-finding.ts'

/** One entry of the catalogue on all four sides. */
export interface StatusRow {
  readonly tier: string
  readonly variable: string
  readonly owner: string
  readonly optional: boolean
  readonly state: StateCode
  /** `/trackdechets-backend/redis-url` */
  readonly remoteSecret: string
  /** What the operator delivers; null: nothing. */
  readonly version: { readonly revision: number; readonly createdAt: string } | null
  readonly externalSecret: {
    readonly name: string
    readonly state: WaitReport['state']
    readonly refreshedAt: string | null
  }
  /** Of a certificate in the target. */
  readonly expiresAt: string | null
  /** Workloads that read the current value, of those the catalogue names; null: they may not be read. */
  readonly consumers: { readonly current: number; readonly all: number } | null
}

export interface Status {
  /** The worst first. */
  readonly rows: readonly StatusRow[]
  /** All findings, also those about no row. */
  readonly findings: readonly Finding[]
}

/** What was seen on all four sides. */
export interface Observed {
  readonly folders: readonly FolderState[]
  /** About values that tiers share. */
  readonly shared?: readonly Finding[]
  readonly tiers: readonly TierState[]
  readonly drift: Pick<DriftSurvey, 'drifted'>
  /** Undefined: they may not be read. */
  readonly operators?: readonly OperatorState[] | undefined
  /** The environment that the cluster has in it instead. Undefined: none, as far as is known */
  readonly other?: OtherEnvironment | undefined
}

/** What was seen, brought together. Pure. */
export function statusOf(model: EnvironmentModel, views: Observed, now: Date): Status {
  const { folders, tiers, drift, shared = [], operators = [], other } = views
  const ofTheCluster = () => [
    ...operatorProblems(model, operators).map((problem) => finding({ ...problem, specs: [] })),
    ...clusterFindings(model, tiers, now),
    ...driftFindings(model, drift, tiers),
    ...waitingVersions(folders, tiers),
    ...certificateFindings(model, tiers, now),
    ...consumerFindings(model, tiers, now),
  ]
  const inside = other ? otherEnvironmentFindings(model, tiers, other) : ofTheCluster()
  const findings = [...remoteFindings(model, folders, now), ...shared, ...inside]
  const bySpec = findingsBySpec(findings)
  const remotes = new Map(
    folders.flatMap(({ remotes }) => remotes.flatMap((one) => one.remote.specs.map((spec) => [spec, one] as const))),
  )
  const ends = certificateEnds(tiers)
  const rows = tiers.flatMap((view) =>
    view.tier.externalSecrets.flatMap((externalSecret) => {
      const report = view.reports.find(({ ref }) => ref.name === externalSecret.name)
      return specsOf(externalSecret).map((spec) => {
        const sides = { report, remote: remotes.get(spec), findings: bySpec.get(spec) ?? [], expiresAt: ends.get(spec) }
        return rowOf(model, view, spec, sides)
      })
    }),
  )
  return { rows: rows.sort(worstFirst), findings }
}

// --- internal ---

function findingsBySpec(findings: readonly Finding[]): ReadonlyMap<SecretSpec, Finding[]> {
  const bySpec = new Map<SecretSpec, Finding[]>()
  for (const one of findings)
    for (const spec of one.specs) {
      const own = bySpec.get(spec)
      if (own) own.push(one)
      else bySpec.set(spec, [one])
    }
  return bySpec
}

interface Sides {
  readonly report: WaitReport | undefined
  readonly remote: RemoteState | undefined
  readonly findings: readonly Finding[]
  readonly expiresAt: Date | undefined
}

function rowOf(
  model: EnvironmentModel,
  view: TierState,
  spec: SecretSpec,
  { report, remote, findings, expiresAt }: Sides,
): StatusRow {
  const codes = findings.map(({ code }) => code).sort((a, b) => rankOf(a) - rankOf(b))
  return {
    tier: spec.tier,
    variable: spec.variable,
    owner: spec.owner ?? model.owner,
    optional: spec.optional === true,
    state: codes[0] ?? 'OK',
    remoteSecret: remote ? placeOf(remote.remote) : '',
    version: remote?.version
      ? { revision: remote.version.revision, createdAt: remote.version.createdAt.toISOString() }
      : null,
    externalSecret: {
      name: report?.ref.name ?? '',
      state: report?.state ?? 'pending',
      refreshedAt: report?.refreshedAt?.toISOString() ?? null,
    },
    expiresAt: expiresAt?.toISOString() ?? null,
    consumers: view.readers === 'unreadable' ? null : consumersOf(view.tier, view.readers.consumers, spec, findings),
  }
}

/** A missing Job is done, or not yet created. */
function consumersOf(
  tier: TierModel,
  consumers: ReadonlyMap<string, ConsumerState>,
  spec: SecretSpec,
  findings: readonly Finding[],
) {
  const { workloads } = tier
  const isThere = (name: string) => workloads[name]?.kind !== 'Job' || consumers.get(name)?.template !== undefined
  const all = Object.keys(workloads).filter((name) => consumes(tier, name, spec) && isThere(name))
  const behind = new Set(findings.flatMap((one) => one.workloads ?? []))
  return { current: all.filter((name) => !behind.has(name)).length, all: all.length }
}

/** A newer version is not a mistake: the operator reads it at its next refresh. */
function waitingVersions(folders: readonly FolderState[], tiers: readonly TierState[]): Finding[] {
  const refreshed = new Map<SecretSpec, WaitReport>()
  for (const { tier, reports } of tiers)
    for (const externalSecret of tier.externalSecrets) {
      const report = reports.find(({ ref }) => ref.name === externalSecret.name)
      if (report?.refreshedAt) for (const spec of specsOf(externalSecret)) refreshed.set(spec, report)
    }
  return folders.flatMap(({ remotes }) =>
    remotes.flatMap(({ remote, version }) => {
      const report = remote.specs[0] && refreshed.get(remote.specs[0])
      if (!version || !report?.refreshedAt || !isAfter(version.createdAt, report.refreshedAt)) return []
      const { namespace, name } = report.ref
      return finding({
        code: 'VERSION_WAITING',
        where: placeOf(remote),
        message: `version ${version.revision} is newer than the last refresh of ${name}. Expected it to be delivered at the next refresh.`,
        fix: `To have it now: \`${kubectl`annotate externalsecret ${name} force-sync=$(date +%s) --overwrite --namespace ${namespace}`}\``,
        specs: remote.specs,
      })
    }),
  )
}

/** Kubernetes keeps whole seconds: within the same second the order is unknown, and the operator has most likely read it. */
function isAfter(a: Date, b: Date): boolean {
  return Math.floor(a.getTime() / 1000) > Math.floor(b.getTime() / 1000)
}

function worstFirst(a: StatusRow, b: StatusRow): number {
  return rankOf(a.state) - rankOf(b.state) || compare(a.tier, b.tier) || compare(a.variable, b.variable)
}

import { isSince, type OperatorVersion } from './operator-version.ts'
import type { Protection } from './types.ts'

/** A fault of the operator that its authors, or an advisory database, have published. */
export interface Advisory {
  /** `GHSA-77v3-r3jw-j2v2` */
  readonly id: string
  readonly cve?: string
  /** What a user who may write the affected kind gains; a sentence without its period. */
  readonly allows: string
  /** The first version that has it. Default: all before `fixedIn` */
  readonly since?: string
  readonly fixedIn: string
  /** The part of the chart that keeps it out of the tiers' namespaces. */
  readonly protection: Protection
  /** How it does. */
  readonly kept: string
}

/**
 * The known faults that affect this project's use of the operator, the worst first.
 * Source: the operator's advisories and its history, read on 2026-11-28; `fixedIn` is the first tag that has the fix.
 */
export const advisories: readonly Advisory[] = [
  {
    id: 'GHSA-77v3-r3jw-j2v2',
    allows: 'a template reads any Secret of any namespace',
    since: '0.20.2',
    fixedIn: '1.2.0',
    protection: 'admission',
    kept: "no template but the chart's own is admitted",
  },
  {
    id: 'GHSA-r2pg-r6h7-crf3',
    cve: 'CVE-2026-34984',
    allows: 'a template sends values out as names for DNS to look up',
    fixedIn: '2.3.0',
    protection: 'admission',
    kept: "no template but the chart's own is admitted",
  },
  {
    id: 'GHSA-fq7h-9x26-6j22',
    cve: 'CVE-2026-42876',
    allows: 'the type of a target makes a token of any ServiceAccount of its namespace',
    fixedIn: '2.4.1',
    protection: 'admission',
    kept: 'no type but `Opaque` is admitted',
  },
  {
    id: 'GHSA-wv26-88m5-6h59',
    cve: 'CVE-2026-42875',
    allows: 'a store trusts a CA out of a ConfigMap of another namespace',
    fixedIn: '2.4.0',
    protection: 'admission',
    kept: 'no provider but Scaleway is admitted, which takes no CA',
  },
  {
    id: 'GHSA-fcxq-v2r3-cc8h',
    allows: 'a PushSecret reads Secrets and stores of other namespaces',
    fixedIn: '0.19.2',
    protection: 'admission',
    kept: 'no PushSecret is admitted, and `operator-values` switches its controller off',
  },
]

/** The known faults of a version. */
export function advisoriesOf(version: OperatorVersion): Advisory[] {
  return advisories.filter(({ since, fixedIn }) => !isSince(version, fixedIn) && (!since || reaches(version, since)))
}

// --- internal ---

/** A pre-release of the version that introduced a fault is assumed to have it. */
function reaches(version: OperatorVersion, since: string): boolean {
  return isSince({ ...version, isPreRelease: false }, since)
}

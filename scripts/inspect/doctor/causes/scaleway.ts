import { shell } from '../../../lib/shell.ts'
import { type Cause, causeOf } from '../cause.ts'
import type { Observation } from '../observation.ts'
import type { Outage, ScalewayFacts } from '../observe/scaleway.ts'
import type { ExternalSecretFacts } from '../observe/tier.ts'
import { paste } from '../paste.ts'

/** Why Scaleway can't be asked, or answers so slowly that it is as good. */
export function availabilityCauses(
  { scaleway, apiUrl }: Pick<Observation, 'apiUrl'> & { readonly scaleway: Pick<ScalewayFacts, 'outage' | 'pace'> },
  failing: readonly ExternalSecretFacts[],
): Cause[] {
  const { outage, pace } = scaleway
  const { host } = new URL(apiUrl)
  const where = `Scaleway (${host})`
  if (outage)
    return [
      causeOf({
        code: outage.code,
        where,
        message: outageMessages[outage.code],
        evidence: [outage.told],
        fix:
          outage.code === 'SCALEWAY_UNREACHABLE'
            ? `${timing(apiUrl)} tells whether it is the name, the connection or the certificate; see network, proxy and firewall.`
            : outageFix(outage.code),
        explains: failing,
        isOptional: false,
      }),
    ]
  const { fastestMs, answers } = pace
  if (fastestMs === undefined || fastestMs < slowMs) return []
  return [
    causeOf({
      code: 'SCALEWAY_SLOW',
      where,
      message: `is slow: the fastest of ${answers} answers took ${(fastestMs / 1000).toFixed(1)} s. Expected less than ${slowMs / 1000} s; the operator gives up after 30 s.`,
      evidence: [`${answers} answers of ${host}, the fastest after ${fastestMs} ms`],
      fix: `${timing(apiUrl)} tells where the time goes: name, connection or answer.`,
      explains: failing.filter(({ warning }) => /deadline exceeded/.test(warning?.message ?? '')),
      isOptional: false,
    }),
  ]
}

export const outageMessages = {
  SCALEWAY_UNREACHABLE: 'does not answer. Expected an answer.',
  SCALEWAY_BUSY: 'refuses with 429, too many requests. Expected it to have room.',
  SCALEWAY_BROKEN: 'fails by itself (5xx). Expected an answer.',
} as const satisfies Record<Outage['code'], string>

export function outageFix(code: Exclude<Outage['code'], 'SCALEWAY_UNREACHABLE'>): string {
  return code === 'SCALEWAY_BUSY'
    ? 'Wait a minute: the operator tries again by itself. When it happens again, use bundles or a longer refreshInterval, and see who else asks from this address.'
    : 'Wait: the operator tries again by itself. https://status.scaleway.com tells of outages.'
}

// --- internal ---

const slowMs = 3_000

function timing(apiUrl: string): string {
  return paste.look(
    shell`curl --silent --show-error --output /dev/null --write-out 'name %{time_namelookup} s, connected %{time_connect} s, answer %{time_total} s, status %{http_code}\\n' ${apiUrl}`,
  )
}

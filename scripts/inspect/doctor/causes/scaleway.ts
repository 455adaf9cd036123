import { shell } from '../../../lib/shell.ts'
import { type Cause, causeOf } from '../cause.ts'
import type { Observation } from '../observation.ts'
import type { Outage, ScalewayFacts } from '../observe/scaleway.ts'
import type { ExternalSecretFacts } from '../observe/tier.ts'
import { paste } from '../paste.ts'

/** Why Scaleway can't be asked, or is so slow that it makes no difference. */
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
        message: outage.isForeign ? foreignMessage : outageMessages[outage.code],
        evidence: [outage.told],
        fix: outage.code === 'SCALEWAY_UNREACHABLE' ? reachingFix(apiUrl, outage) : outageFix(outage.code),
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
      message: `is slow: the fastest of ${answers} responses took ${(fastestMs / 1000).toFixed(1)} s. Expected less than ${slowMs / 1000} s; the operator gives up after 30 s.`,
      evidence: [`${answers} responses of ${host}, the fastest after ${fastestMs} ms`],
      fix: `${timing(apiUrl)} shows where the time goes: name, connection or response.`,
      explains: failing.filter(({ warning }) => /deadline exceeded/.test(warning?.message ?? '')),
      isOptional: false,
    }),
  ]
}

export const outageMessages = {
  SCALEWAY_UNREACHABLE: 'does not answer. Expected a response.',
  SCALEWAY_BUSY: 'refuses with 429, too many requests. Expected less load.',
  SCALEWAY_BROKEN: 'fails with a server error (5xx). Expected a response.',
} as const satisfies Record<Outage['code'], string>

export function outageFix(code: Exclude<Outage['code'], 'SCALEWAY_UNREACHABLE'>): string {
  return code === 'SCALEWAY_BUSY'
    ? 'Wait a minute: the operator tries again by itself. When it happens again, use bundles or a longer refreshInterval, and find out who else sends requests from this address.'
    : 'Wait: the operator tries again by itself. https://status.scaleway.com reports outages.'
}

// --- internal ---

const slowMs = 3_000

const foreignMessage = 'is answered for by something else. Expected a response of Scaleway itself.'

function reachingFix(apiUrl: string, { isForeign = false }: Outage): string {
  return isForeign
    ? `Check the proxy (HTTPS_PROXY) and the network; ${timing(apiUrl)} shows with what status it answers.`
    : `${timing(apiUrl)} shows whether the name, the connection or the certificate fails; check network, proxy and firewall.`
}

function timing(apiUrl: string): string {
  return paste.look(
    shell`curl --silent --show-error --output /dev/null --write-out 'name %{time_namelookup} s, connected %{time_connect} s, answer %{time_total} s, status %{http_code}\\n' ${apiUrl}`,
  )
}

import { fillCommand } from '../../model/fill-command.ts'
import { placeOf } from '../../model/remote-secret.ts'
import { type EnvironmentModel, type ExternalSecretModel, specsOf } from '../../model/resolve.ts'
import { keyOf } from '../../model/specs.ts'
import type { SecretSpec } from '../../model/types.ts'
import type { TierState } from '../survey/cluster-survey.ts'
import { type Finding, finding } from './status-finding.ts'

/** Until when the certificates of the catalogue are valid, as the cluster has them. Pure. */
export function certificateEnds(tiers: readonly TierState[]): ReadonlyMap<SecretSpec, Date> {
  return new Map(
    tiers.flatMap(({ tier, reports }) =>
      tier.externalSecrets.flatMap((target) => {
        const certificates = reports.find(({ ref }) => ref.name === target.name)?.certificates
        return specsOf(target).flatMap((spec) => {
          const end = spec.format === 'pem-certificate' ? certificates?.get(keyOf(spec)) : undefined
          return end ? [[spec, end] as const] : []
        })
      }),
    ),
  )
}

/** Certificates that have ended, or end within 30 days. Pure. */
export function certificateFindings(
  { environment }: Pick<EnvironmentModel, 'environment'>,
  tiers: readonly TierState[],
  now: Date,
): Finding[] {
  return [...certificateEnds(tiers)].flatMap(([spec, end]) => {
    const leftMs = end.getTime() - now.getTime()
    if (leftMs > warningMs) return []
    const day = end.toISOString().slice(0, 10)
    const remote = tiers.flatMap(({ tier }) => tier.remoteSecrets).find(({ specs }) => specs.includes(spec))
    const together = tiers.flatMap(({ tier }) => tier.externalSecrets.flatMap((target) => withItsKey(target, spec)))
    const only = together.map(({ variable }) => variable)
    const fill = fillCommand({ environment, tier: spec.tier, only, specs: together, replace: true })
    return finding({
      code: leftMs <= 0 ? 'CERTIFICATE_EXPIRED' : 'CERTIFICATE_EXPIRING',
      where: `${remote ? placeOf(remote) : spec.tier} (${spec.variable})`,
      message: `${leftMs <= 0 ? 'was valid until' : 'is valid until'} ${day}. Expected a certificate that is valid for more than 30 days.`,
      fix: `Give it the next one: \`${fill}\``,
      specs: [spec],
    })
  })
}

// --- internal ---

/** The key of a certificate changes with it. */
function withItsKey(target: ExternalSecretModel, spec: SecretSpec): SecretSpec[] {
  const specs = specsOf(target)
  if (!specs.includes(spec)) return []
  return target.type === 'kubernetes.io/tls' ? specs.filter(({ format }) => format.startsWith('pem-')) : [spec]
}

const warningMs = 30 * 24 * 60 * 60 * 1000

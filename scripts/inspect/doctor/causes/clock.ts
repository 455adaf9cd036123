import { age } from '../../../lib/age.ts'
import { type Cause, causeOf } from '../cause.ts'
import { isTrouble, type Observation } from '../observation.ts'
import { paste } from '../paste.ts'

/** Whether our clock agrees with those of the servers: expiries, signatures and reported ages depend on it. */
export function clockCause({ cluster, scaleway }: Pick<Observation, 'cluster' | 'scaleway'>): Cause | undefined {
  const clocks = [
    { server: 'the API server of the cluster', skewMs: isTrouble(cluster) ? undefined : cluster.pace.skewMs },
    { server: 'Scaleway', skewMs: scaleway.pace.skewMs },
  ]
  const off = clocks.flatMap(({ server, skewMs }) =>
    skewMs !== undefined && Math.abs(skewMs) > toleratedMs ? [{ server, skewMs }] : [],
  )
  if (off.length === 0) return undefined
  const told = off.map(
    ({ server, skewMs }) => `${age(Math.abs(skewMs))} ${skewMs > 0 ? 'behind' : 'ahead of'} ${server}`,
  )
  return causeOf({
    code: 'CLOCK_DIFFERS',
    where: 'the clock of this machine',
    message: `is ${told.join(', and ')}. Expected less than ${toleratedMs / 1000} s of difference.`,
    evidence: off.map(
      ({ server, skewMs }) => `Date header of ${server}: ${(skewMs / 1000).toFixed(0)} s from our clock`,
    ),
    fix: `${paste.look('timedatectl set-ntp true')}, or set the clock in another way; when only one of the two differs, that server's clock is wrong.`,
  })
}

// --- internal ---

const toleratedMs = 30_000

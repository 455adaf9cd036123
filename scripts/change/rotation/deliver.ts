import { refreshExternalSecrets } from '../../cluster/refresh.ts'
import { isForbidden } from '../../kubernetes/errors.ts'
import { describeObject, kinds, type SecretObject } from '../../kubernetes/kinds.ts'
import { type Digest, keyedDigest } from '../../lib/keyed-digest.ts'
import { type Problem, ProblemError } from '../../lib/problems.ts'
import { shortList } from '../../lib/short-list.ts'
import { type ExternalSecretModel, specsOf, type TierModel } from '../../model/resolve.ts'
import type { RotationUnit } from '../../model/rotation-unit.ts'
import { keyOf } from '../../model/specs.ts'
import type { SecretSpec } from '../../model/types.ts'
import { readPayload } from '../../payload/payload.ts'
import { accessVersion, listVersions } from '../../scaleway/versions.ts'
import { type CataloguedRemote, cataloguedRemotes, changedMeanwhile } from './rotated-remotes.ts'
import { type RotationContext, versionsOf } from './rotation-context.ts'
import type { RotatedRemote, RotationState } from './rotation-state.ts'

/** Which version of a rotation is to be delivered. */
export type Side = 'new' | 'old'

/**
 * Makes the operator deliver the new or the old versions, and proves that the targets hold them: each value is compared by a
 * digest whose key is then thrown away.
 *
 * @throws ProblemError `ROTATION_CHANGED_MEANWHILE` where another version would be delivered, `NOT_SYNCED`,
 *   `TARGET_DIFFERS`; or a refusal of Scaleway or the cluster
 */
export async function deliver(context: RotationContext, state: RotationState, side: Side): Promise<void> {
  const remotes = cataloguedRemotes(context, state)
  for (const { rotated } of remotes) await refuseOtherNewest(context, rotated, side)
  const targets = targetsWith(
    context.unit,
    remotes.flatMap(({ remote }) => remote.specs),
  )
  await refresh(context, targets)
  const wanted = await digestsOf(context, remotes, side)
  const problems: Problem[] = []
  for (const target of targets) problems.push(...(await differences(context, target, wanted)))
  if (problems.length > 0) throw new ProblemError(problems)
}

/** An ExternalSecret and its target, and their tier. */
export interface UnitTarget {
  readonly tier: TierModel
  readonly target: ExternalSecretModel
}

/** The targets that deliver one of these entries, in all tiers of a unit. */
export function targetsWith({ tiers }: Pick<RotationUnit, 'tiers'>, specs: readonly SecretSpec[]): UnitTarget[] {
  return tiers.flatMap((tier) =>
    tier.externalSecrets
      .filter((target) => specsOf(target).some((spec) => specs.includes(spec)))
      .map((target) => ({ tier, target })),
  )
}

/** The revision of a remote secret for the old or the new side; undefined before there is a new one. */
export function revisionOf({ added, earlier }: RotatedRemote, side: Side): number | undefined {
  return side === 'new' ? added : earlier.at(-1)
}

// --- internal ---

/** The operator delivers the newest enabled version, whoever added it. */
async function refuseOtherNewest(context: RotationContext, remote: RotatedRemote, side: Side): Promise<void> {
  const { account, region } = versionsOf(context)
  const versions = await listVersions(account, region, remote.id)
  const newest = versions.findLast(({ status }) => status === 'enabled')
  if (newest?.revision !== revisionOf(remote, side)) throw changedMeanwhile(context, remote)
}

async function refresh(context: RotationContext, targets: readonly UnitTarget[]): Promise<void> {
  const { client, signal, waits, log } = context
  const refs = targets.map(refOf)
  const reports = await refreshExternalSecrets(client, refs, { ...waits.refresh, signal })
  const problems = reports
    .filter(({ state }) => state !== 'refreshed')
    .map(({ ref, message }) => ({
      code: 'NOT_SYNCED',
      where: describeObject(kinds.externalSecret, ref),
      message: `${message.replace(/\.$/, '')}. Expected it to sync again.`,
      fix: 'Look at its events and at the log of the operator, then run the same command again; --abort goes back to the old version.',
    }))
  if (problems.length > 0) throw new ProblemError(problems)
  for (const { namespace, name } of refs) log(`ExternalSecret/${namespace}/${name}: refreshed`)
}

const refOf = ({ tier, target }: UnitTarget) => ({ namespace: tier.namespace, name: target.name })

interface Wanted {
  readonly digests: ReadonlyMap<SecretSpec, string>
  readonly digest: Digest
}

async function digestsOf(context: RotationContext, remotes: readonly CataloguedRemote[], side: Side): Promise<Wanted> {
  const { account, region } = versionsOf(context)
  const digest = keyedDigest()
  const digests = new Map<SecretSpec, string>()
  for (const { remote, rotated } of remotes) {
    const revision = revisionOf(rotated, side)
    if (revision === undefined) continue
    const payload = readPayload(remote, await accessVersion(account, region, rotated.id, revision))
    for (const spec of remote.specs) {
      const value = payload.valueOf(spec)
      if (value !== undefined) digests.set(spec, digest(value))
    }
  }
  return { digests, digest }
}

/** Where the target may not be read, the operator's status has to do: it has read Scaleway since the version was added. */
async function differences(
  { client, signal, log }: RotationContext,
  target: UnitTarget,
  { digests, digest }: Wanted,
): Promise<Problem[]> {
  const ref = refOf(target)
  const where = describeObject(kinds.secret, ref)
  const secret = await client.get<SecretObject>(kinds.secret, ref, signal).catch((error: unknown) => {
    if (isForbidden(error)) return 'unreadable' as const
    throw error
  })
  if (secret === 'unreadable') {
    log(`${where}: you may not read it; relying on the operator's status`)
    return []
  }
  const differing = specsOf(target.target).filter((spec) => {
    const wanted = digests.get(spec)
    const data = secret?.data?.[keyOf(spec)]
    return wanted !== undefined && (data === undefined || digest(Buffer.from(data, 'base64')) !== wanted)
  })
  if (differing.length === 0) return []
  const names = shortList(differing.map(({ variable }) => variable))
  return [
    {
      code: 'TARGET_DIFFERS',
      where,
      message: `does not hold the value of the version to deliver, for ${names}. Expected the same value.`,
      fix: 'Find out who else writes it, and run the same command again.',
    },
  ]
}

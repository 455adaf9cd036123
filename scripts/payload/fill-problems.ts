import type { Problem } from '../lib/problems.ts'
import { maxPayloadBytes, maxVersions, placeOf, typeFits } from '../model/remote-secret.ts'
import type { RemoteSecretModel } from '../model/resolve.ts'
import { entryName, originOf } from '../model/shared-values.ts'
import type { FoundSecret } from './found-secret.ts'
import type { CurrentPayload, NextPayload, Slot } from './payload.ts'

/** What is wrong with the remote secret itself, whatever it holds. */
export function remoteProblems(
  remote: RemoteSecretModel,
  found: FoundSecret | undefined,
  { writes, deletes }: { readonly writes: boolean; readonly deletes: number },
): Problem[] {
  if (!found) return []
  const problem = (code: string, message: string, fix: string): Problem => {
    return { code, where: placeOf(remote), message, fix }
  }
  if (found.isEphemeral) {
    const message = 'is ephemeral: its versions expire, some at the first read. Expected one that is not ephemeral.'
    return [problem('FILL_EPHEMERAL', message, 'Delete it, and create it again without an ephemeral policy.')]
  }
  if (found.isLocked) {
    const message = "is locked: its encryption key can't be used. Expected one that can be read and written."
    return [problem('FILL_LOCKED', message, 'Enable its key in Key Manager.')]
  }
  if (!writes) return []
  const problems = versionProblems(remote, found, deletes, problem)
  if (typeFits(remote, found.type)) return problems
  const expected = remote.shape === 'bundle' ? 'key_value or opaque' : 'opaque'
  const message = `is of type ${found.type}, which can't hold this value. Expected ${expected}.`
  return [
    ...problems,
    problem('FILL_TYPE_DIFFERS', message, 'Delete it after copying what is needed, then fill again.'),
  ]
}

/** An existing value would be overwritten. */
export function wouldReplace(remote: RemoteSecretModel, { specs }: Slot): Problem {
  const names = specs.map(({ tier, variable }) => `${tier}.${variable}`).join(', ')
  return {
    code: 'FILL_WOULD_REPLACE',
    where: placeOf(remote),
    message: `holds another value for ${names}. Expected the same value, or --replace.`,
    fix: 'Run it with --replace for a new version; the previous version stays enabled.',
  }
}

/** A value would be lost that cannot be replaced. */
export function irreplaceable(
  remote: RemoteSecretModel,
  { specs, action }: Slot & { readonly action: string },
): Problem {
  const [spec] = specs.filter((one) => one.irreplaceable !== undefined)
  if (!spec) throw new Error('an irreplaceable value without an entry')
  const isDisabled = action === 'create'
  const fact = isDisabled ? 'has had a value, in a version that is not enabled now' : 'would lose its value'
  const first = isDisabled ? 'Enable that version again in the Scaleway console' : 'Leave it as it is'
  return {
    code: 'IRREPLACEABLE',
    where: `${placeOf(remote)} (${entryName(spec)})`,
    message: `${fact}, which is irreplaceable: ${spec.irreplaceable}. Expected it to stay.`,
    fix: `${first}; or, when nothing is lost by it, add \`--replace-irreplaceable ${originOf(spec)}\`.`,
  }
}

/**
 * What a new version would lose of the previous one.
 *
 * @param options.isAllowed `--replace` was given: told is only that fields are lost which nobody can name. Default: false
 */
export function currentProblems(
  remote: RemoteSecretModel,
  { isReadable, extra }: CurrentPayload,
  { writes, isAllowed = false }: { readonly writes: boolean; readonly isAllowed?: boolean },
): Problem[] {
  const where = placeOf(remote)
  if (writes && !isReadable && remote.shape !== 'opaque') return unreadable(remote, isAllowed)
  if (extra.length === 0 || isAllowed) return []
  return [
    {
      code: 'FILL_BUNDLE_HAS_MORE',
      where,
      message: `holds ${extra.length} keys that are not in the catalogue, which no workload gets. Expected only the catalogued ones.`,
      fix: 'Add them to the catalogue, or run it with --replace, which writes a version without them.',
      severity: writes ? 'error' : 'warning',
    },
  ]
}

/** What is wrong with the version to write. */
export function payloadProblems(
  remote: RemoteSecretModel,
  slots: readonly (Slot & { readonly action: string; readonly differs: boolean })[],
  { text, obstacles }: NextPayload,
): Problem[] {
  const where = placeOf(remote)
  const names = (list: readonly Slot[]) => list.flatMap(({ specs }) => specs.map(({ variable }) => variable)).join(', ')
  const differing = slots.filter(({ differs }) => differs)
  const missing = slots.filter(
    ({ action, specs }) => action === 'missing' && (remote.shape === 'bundle' || specs.some((spec) => !spec.optional)),
  )
  const bytes = Buffer.byteLength(text)
  const problems: Problem[] = obstacles.map(({ wrong }) => ({
    code: 'FILL_FIELD_BLOCKED',
    where,
    message: wrong,
    fix: 'Correct `property` in scripts/catalogue.ts, or correct the JSON by hand and store it as a new version. What stands there is not overwritten.',
  }))
  if (differing.length > 0)
    problems.push({
      code: 'FILL_SHARED_VALUES_DIFFER',
      where,
      message: `${names(differing)} share one value, but different values were given. Expected one value.`,
      fix: 'Give one value, or separate remote secrets in the catalogue.',
    })
  if (missing.length > 0)
    problems.push({
      code: 'FILL_INCOMPLETE',
      where,
      message: `has no value for ${names(missing)}, which it holds together with the others. Expected all of them.`,
      fix: 'Give these values too, without a --tier or --only that leaves them out, or use --generate where their format allows it.',
    })
  if (bytes > maxPayloadBytes)
    problems.push({
      code: 'FILL_TOO_LARGE',
      where,
      message: `its version would have ${bytes} bytes. Expected at most ${maxPayloadBytes}.`,
      fix: 'Shorten a value, or split the identity in the catalogue.',
    })
  return problems
}

// --- internal ---

/** Others may read fields of it that the catalogue does not name; a bundle has none. */
function unreadable(remote: RemoteSecretModel, isAllowed: boolean): Problem[] {
  const code = 'FILL_CURRENT_UNREADABLE'
  const where = placeOf(remote)
  const message = 'does not hold JSON that can be written again. Expected JSON'
  const stays = 'The previous version stays enabled.'
  if (remote.shape === 'bundle') {
    const fix = `Give every variable of it, and run it with --replace. ${stays}`
    return isAllowed ? [] : [{ code, where, message: `${message}, or --replace.`, fix }]
  }
  const first =
    'To keep fields that the catalogue does not name, correct its JSON by hand and store it as a new version'
  if (isAllowed) return [{ code, where, message: `${message}.`, fix: `${first}. ${stays}`, severity: 'warning' }]
  const fix = `${first}. Without them, run it with --replace. ${stays}`
  return [{ code, where, message: `${message}, or --replace.`, fix }]
}

const nearlyFull = 16

function versionProblems(
  { specs }: RemoteSecretModel,
  { versions = [], versionCount }: FoundSecret,
  deletes: number,
  problem: (code: string, message: string, fix: string) => Problem,
): Problem[] {
  const disabled = versions.filter(({ status }) => status === 'disabled').length
  const enabled = versions.filter(({ status }) => status === 'enabled').length
  const pending = versions.filter(({ goneAt }) => goneAt !== undefined)
  if (pending.length > 0 && enabled + disabled + pending.length >= maxVersions) {
    const first = new Date(Math.min(...pending.map(({ goneAt }) => goneAt?.getTime() ?? 0)))
    const message = `has ${enabled} enabled and ${disabled} disabled versions, and ${pending.length} that are being deleted, which may count until they are deleted for good. Expected fewer than ${maxVersions} in all, so that there is room for one more.`
    const wait = `if Scaleway refuses it, wait until ${first.toISOString()}, when the first of them is deleted for good.`
    // Deleting more makes no room while they count, and would remove the way back.
    if (deletes > 0) return [problem('FILL_VERSIONS_PENDING', message, `Run it without --prune; ${wait}`)]
    const fix = `Nothing now; ${wait}`
    return [{ ...problem('FILL_VERSIONS_PENDING', message, fix), severity: 'warning' }]
  }
  const room = 'Run it with --prune, which deletes disabled versions; deleted ones may still count for 7 days.'
  if (enabled + disabled - deletes >= maxVersions) {
    const message = `has ${enabled} enabled and ${disabled} disabled versions. Expected fewer than ${maxVersions} in all, so that there is room for one more.`
    const names = specs.map(({ tier, variable }) => `${tier}.${variable}`).join(' ')
    const fix =
      disabled > 1
        ? room
        : `First disable those that are not needed: --disable-previous --only ${names}, and nothing else. Then --prune.`
    return [problem('FILL_VERSIONS_FULL', message, fix)]
  }
  if (deletes > 0 || versionCount + 1 < nearlyFull) return []
  const message = `will have ${versionCount + 1} versions. Expected at most ${maxVersions}.`
  return [{ ...problem('FILL_VERSIONS_NEARLY_FULL', message, room), severity: 'warning' }]
}

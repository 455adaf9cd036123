import { placeOf } from '../../../model/remote-secret.ts'
import type { EnvironmentModel, TierModel } from '../../../model/resolve.ts'
import { type Cause, causeOf } from '../cause.ts'
import type { RemoteFacts } from '../observe/remotes.ts'
import type { ExternalSecretFacts } from '../observe/tier.ts'
import { paste } from '../paste.ts'
import { readers } from '../unsynced-readers.ts'

/** What is wrong with the values that were read. No part of a value is shown, only sizes and names of fields. */
export function payloadCauses(
  model: EnvironmentModel,
  tier: TierModel,
  remotes: readonly RemoteFacts[],
  externalSecrets: readonly ExternalSecretFacts[],
): Cause[] {
  return remotes.flatMap(({ remote, version, faults = [], told }) =>
    faults.map((fault) => {
      const isMissing = fault.code === 'VALUE_MISSING'
      const specs = isMissing || remote.shape === 'opaque' ? fault.specs : remote.specs
      return causeOf({
        code: isMissing ? missingCode(remote) : fault.code,
        where: `${placeOf(remote)} version ${version?.revision}`,
        message: `${fault.message}. Expected ${expected(remote)}.`,
        evidence: [told],
        fix: `${paste.fill(model, tier, specs, { replace: !isMissing })} writes a new version.`,
        explains: fault.isNull ? [] : readers(externalSecrets, [remote]),
        specs: fault.specs,
        isOptional: remote.optional,
      })
    }),
  )
}

// --- internal ---

function missingCode({ shape }: RemoteFacts['remote']) {
  return shape === 'bundle' ? 'BUNDLE_KEY_MISSING' : 'PROPERTY_MISSING'
}

function expected({ shape, specs }: RemoteFacts['remote']): string {
  if (shape === 'opaque') return 'UTF-8 of at most 64 KiB'
  const fields = specs.map(({ variable, property }) => (shape === 'bundle' ? variable : (property ?? []).join('.')))
  return `a JSON object with ${fields.join(', ')}`
}

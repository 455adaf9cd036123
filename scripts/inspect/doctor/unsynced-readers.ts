import { type RemoteSecretModel, specsOf } from '../../model/resolve.ts'
import type { ExternalSecretFacts } from './observe/tier.ts'

/** The existing ExternalSecrets that are not synced and read one of these remote secrets. */
export function readers(
  externalSecrets: readonly ExternalSecretFacts[],
  remotes: readonly RemoteSecretModel[],
): ExternalSecretFacts[] {
  const specs = remotes.flatMap((remote) => remote.specs)
  return externalSecrets.filter(
    ({ model, object, sync }) =>
      object && sync.state !== 'synced' && specsOf(model).some((spec) => specs.includes(spec)),
  )
}

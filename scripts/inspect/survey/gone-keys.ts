import type { PodTemplate } from '../../cluster/pod-templates.ts'
import { requiredKeys } from '../../cluster/required-keys.ts'
import { type TierModel, targetKeys } from '../../model/resolve.ts'

/** A workload that names keys which its target does not have any more: it can't start again. */
export interface GoneKeys {
  readonly template: PodTemplate
  /** Name of the Secret. */
  readonly target: string
  readonly keys: readonly string[]
}

/** By the catalogue: keys that a target still holds, and that the next refresh takes out of it, are gone as well. Pure. */
export function goneKeys(tier: TierModel, templates: readonly PodTemplate[]): GoneKeys[] {
  return templates
    .filter(({ isOver }) => !isOver)
    .flatMap((template) =>
      tier.externalSecrets.flatMap((target) => {
        const catalogued = targetKeys(target)
        const keys = requiredKeys(template.outline, target.name).filter((key) => !catalogued.includes(key))
        return keys.length > 0 ? [{ template, target: target.name, keys }] : []
      }),
    )
}

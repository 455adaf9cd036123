import { shortList } from '../../lib/short-list.ts'
import { specsOf, type TierModel } from '../../model/resolve.ts'
import { isCatalogueKind } from '../../model/workload-kinds.ts'
import { specsRead, type UnlistedReader } from '../survey/readers.ts'
import { type Finding, finding } from './status-finding.ts'

/** What reads a target without the catalogue naming it. Pure. */
export function unlistedFindings(tier: TierModel, unlisted: readonly UnlistedReader[]): Finding[] {
  return unlisted.map((reader) => {
    const { kind, name } = reader.template
    const specs = specsRead(tier, reader)
    const targets = tier.externalSecrets
      .filter((target) => specsOf(target).some((spec) => specs.includes(spec)))
      .map((target) => target.name)
    const what =
      specs.length === 0
        ? 'names a target of the tier'
        : `reads ${shortList(specs.map(({ variable }) => variable))} of Secret ${targets.join(' and ')}`
    return finding({
      code: 'READER_UNCATALOGUED',
      where: `${kind}/${tier.namespace}/${name}`,
      message: `${what}, and the catalogue does not name it. Expected every reader in the catalogue.`,
      fix: isCatalogueKind(kind)
        ? `Add \`'${name}': { kind: '${kind}' }\` to the workloads of tier "${tier.name}" in scripts/catalogue.ts, or let it read another Secret.`
        : 'Let it read another Secret, or let a workload that the catalogue can name make its pods.',
      specs,
    })
  })
}

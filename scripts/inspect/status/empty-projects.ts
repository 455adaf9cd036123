import { groupBy } from '../../lib/group.ts'
import { compare } from '../../lib/problems.ts'
import { shortList } from '../../lib/short-list.ts'
import type { EnvironmentModel } from '../../model/resolve.ts'
import { projectFieldOf } from '../../model/specs.ts'
import type { FolderState } from '../survey/remote-secrets.ts'
import { type Finding, finding } from './status-finding.ts'

/**
 * Projects that have nothing of an environment: either nothing is filled yet, or the id is that of another project, and
 * filling it would make everything a second time. Only where all folders of the project were looked into.
 */
export function emptyProjectFindings(
  model: Pick<EnvironmentModel, 'environment' | 'isolation' | 'tiers'>,
  folders: readonly FolderState[],
): Finding[] {
  return [...groupBy(folders, ({ tier }) => tier.projectId)].flatMap(([projectId, own]) => {
    const required = own.flatMap(({ remotes }) => remotes).filter(({ remote }) => !remote.optional)
    const isWhole = model.tiers.filter((tier) => tier.projectId === projectId).length === own.length
    if (!isWhole || required.length === 0 || !own.every(isEmpty)) return []
    const field = projectFieldOf(model, own[0]?.tier.name ?? '')
    return finding({
      code: 'PROJECT_EMPTY',
      // Before the places of the remote secrets, which begin with it.
      where: shortList(own.map(({ tier }) => tier.remotePath).sort(compare)),
      message: `nothing is there in project ${projectId}, which is ${field}. Expected ${required.length === 1 ? 'a remote secret' : `${required.length} remote secrets`}.`,
      fix: 'Where they have been filled before, correct this id; otherwise create them.',
      specs: [],
    })
  })
}

// --- internal ---

function isEmpty({ remotes, uncatalogued }: FolderState): boolean {
  return uncatalogued.length === 0 && remotes.every(({ found, elsewhere }) => !found && elsewhere.length === 0)
}

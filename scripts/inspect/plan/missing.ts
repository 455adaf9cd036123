import { nearest } from '../../lib/nearest.ts'
import type { Problem } from '../../lib/problems.ts'
import { shortList } from '../../lib/short-list.ts'
import { fillCommand } from '../../model/fill-command.ts'
import { placeOf } from '../../model/remote-secret.ts'
import type { EnvironmentModel } from '../../model/resolve.ts'
import { remoteFindings } from '../status/remote-findings.ts'
import type { FolderState } from '../survey/remote-secrets.ts'

/** A remote secret that a deployment would wait for. */
export interface MissingSecret {
  /** `/trackdechets-backend/redis-url` */
  readonly remoteSecret: string
  readonly variables: readonly string[]
  readonly owners: readonly string[]
  readonly optional: boolean
  /** Scaleway has nothing similar: it has to be created. */
  readonly isNowhere: boolean
  /** As in `npm run status`. */
  readonly code: string
  readonly message: string
  /** Where it has to be created: a command to paste. */
  readonly fix: string
}

/** What an environment lacks in Scaleway, in the words of `npm run status`. Pure. */
export function missingSecrets(model: EnvironmentModel, folders: readonly FolderState[], now: Date): MissingSecret[] {
  const findings = remoteFindings(model, folders, now)
  return folders.flatMap(({ tier, remotes, uncatalogued }) =>
    remotes
      .filter(({ version }) => !version)
      .flatMap(({ remote, found, elsewhere }) => {
        const told = findings.find(({ specs }) => remote.specs.some((spec) => specs.includes(spec)))
        if (!told) return []
        const variables = remote.specs.map(({ variable }) => variable)
        const isNowhere = !found && elsewhere.length === 0 && nearest(remote.name, uncatalogued) === undefined
        const create = fillCommand({
          environment: model.environment,
          tier: tier.name,
          only: variables,
          specs: remote.specs,
        })
        return {
          remoteSecret: placeOf(remote),
          variables,
          owners: [...new Set(remote.specs.map(({ owner }) => owner ?? model.owner))],
          optional: remote.optional,
          isNowhere,
          code: told.code,
          message: told.message,
          fix: isNowhere ? create : told.fix,
        }
      }),
  )
}

/**
 * The problems of what lacks. Those that only have to be created are one problem when there are several: the report lists
 * them with their commands. An optional one is a problem only where it exists in the wrong place.
 */
export function missingProblems(missing: readonly MissingSecret[]): Problem[] {
  const told = missing.filter(({ optional, code }) => !optional || code === 'REMOTE_ELSEWHERE')
  const toCreate = told.filter(({ isNowhere }) => isNowhere)
  if (toCreate.length < 2) return told.map(missingProblem)
  return [absentProblem(toCreate), ...told.filter(({ isNowhere }) => !isNowhere).map(missingProblem)]
}

// --- internal ---

function missingProblem({ remoteSecret, owners, optional, isNowhere, code, message, fix }: MissingSecret): Problem {
  return {
    code,
    where: remoteSecret,
    message: optional ? message : `${message} The deployment would wait for it in vain.`,
    fix: `${isNowhere ? `Create it: \`${fix}\`` : fix.replace(/\.$/, '')} (owner ${owners.join(', ')})`,
    ...(optional ? { severity: 'warning' as const } : {}),
  }
}

function absentProblem(absent: readonly MissingSecret[]): Problem {
  return {
    code: 'REMOTE_ABSENT',
    where: shortList(absent.map(({ remoteSecret }) => remoteSecret)),
    message: `${absent.length} remote secrets do not exist. Expected all of them to exist. The deployment would wait for them in vain.`,
    fix: 'Create each with its command, listed under "Remote secrets to create first" (in JSON: `missing`).',
  }
}

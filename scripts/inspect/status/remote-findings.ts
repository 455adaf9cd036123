import { age } from '../../lib/age.ts'
import { commandLine } from '../../lib/command-line.ts'
import { nearest } from '../../lib/nearest.ts'
import { shell } from '../../lib/shell.ts'
import { shortList } from '../../lib/short-list.ts'
import { fillCommand } from '../../model/fill-command.ts'
import { placeOf, typeFits } from '../../model/remote-secret.ts'
import type { EnvironmentModel, TierModel } from '../../model/resolve.ts'
import { rotationDue } from '../../model/rotation-due.ts'
import type { FolderState, RemoteState } from '../survey/remote-secrets.ts'
import { emptyProjectFindings } from './empty-projects.ts'
import { type Finding, finding } from './status-finding.ts'

/** How the folders of Scaleway differ from the catalogue. Pure. */
export function remoteFindings(
  model: Pick<EnvironmentModel, 'environment' | 'isolation' | 'tiers'>,
  folders: readonly FolderState[],
  now: Date,
): Finding[] {
  const { environment } = model
  const ofFolders = folders.flatMap((folder) => [
    ...folder.remotes.flatMap((view) => {
      const context = { environment, tier: folder.tier, folder, view }
      const missing = presence(context)
      return missing ? [missing] : [...quality(context), ...rotation(context, now)]
    }),
    ...uncatalogued(folder),
  ])
  return [...emptyProjectFindings(model, folders), ...ofFolders]
}

// --- internal ---

interface Context {
  readonly environment: string
  readonly tier: TierModel
  readonly folder: FolderState
  readonly view: RemoteState
}

function presence({ environment, tier, folder, view }: Context): Finding | undefined {
  const { remote, found, version, elsewhere } = view
  const { specs, optional } = remote
  const where = placeOf(remote)
  if (version) return undefined
  if (elsewhere.length > 0)
    return finding({
      code: 'REMOTE_ELSEWHERE',
      where,
      message: `does not exist; a remote secret of this name is in ${elsewhere.join(', ')}. Expected it in ${tier.remotePath}.`,
      fix: `Move it: \`${shell`scw secret secret update <id> path=${tier.remotePath}`}\`, or correct remotePath in scripts/catalogue.ts.`,
      specs,
    })
  const fillOf = (all: typeof specs) =>
    `\`${fillCommand({ environment, tier: tier.name, only: all.map(({ variable }) => variable), specs: all })}\``
  const fill = fillOf(specs)
  if (optional)
    return finding({
      code: 'OPTIONAL_ABSENT',
      where,
      message: `${found ? 'has no enabled version' : 'does not exist'}, and is optional.`,
      fix: `If it is needed: ${fill}`,
      specs,
    })
  if (found)
    return finding({
      code: 'VERSION_ABSENT',
      where,
      message: 'has no enabled version. Expected one.',
      fix: `Enable one of its versions in the Scaleway console, or add one: ${fill}`,
      fixFor: (all) => `Enable a version of each in the Scaleway console, or add one: ${fillOf(all)}`,
      specs,
    })
  const similar = nearest(remote.name, folder.uncatalogued)
  return finding({
    code: 'REMOTE_ABSENT',
    where,
    message: `does not exist.${similar === undefined ? '' : ` The folder has "${similar}", which no entry names.`} Expected it to exist.`,
    fix: `Create it: ${fill}${similar === undefined ? '' : `, or rename "${similar}"`}`,
    ...(similar === undefined ? { fixFor: (all) => `Create them: ${fillOf(all)}` } : {}),
    specs,
  })
}

function quality({ environment, tier, view }: Context): Finding[] {
  const { remote, found, faults = [] } = view
  const where = placeOf(remote)
  if (found?.status === 'locked') {
    const message = "is locked: its encryption key can't be used. Expected one that can be read."
    return [
      finding({
        code: 'REMOTE_LOCKED',
        where,
        message,
        fix: 'Enable its key in the Key Manager of Scaleway.',
        specs: remote.specs,
      }),
    ]
  }
  const misfit = found && !typeFits(remote, found.type) ? [typeFinding(remote, found.type)] : []
  return [
    ...misfit,
    ...faults.map(({ code, message, specs, expected }) =>
      finding({
        code,
        where: `${where}${specs.length === remote.specs.length ? '' : ` (${specs.map(({ variable }) => variable).join(', ')})`}`,
        message: `${message}. Expected ${expected ?? specs.map(({ format }) => format).join(', ')}.`,
        fix: `Give it another value: \`${fillCommand({ environment, tier: tier.name, only: specs.map(({ variable }) => variable), specs, replace: true })}\``,
        specs,
      }),
    ),
  ]
}

function typeFinding(remote: RemoteState['remote'], type: string): Finding {
  return finding({
    code: 'REMOTE_TYPE',
    where: placeOf(remote),
    message: `is of type ${type}. Expected ${remote.shape === 'bundle' ? 'key_value or opaque' : 'opaque'}.`,
    fix: 'Delete it after copying what is needed, then fill it again.',
    specs: remote.specs,
  })
}

function rotation({ environment, view }: Context, now: Date): Finding[] {
  const { remote, version } = view
  if (!version) return []
  return remote.specs.flatMap((spec) => {
    const due = rotationDue(spec, version.createdAt, now)
    if (!due || due.state === 'later') return []
    const day = due.dueAt.toISOString().slice(0, 10)
    const old = age(now.getTime() - version.createdAt.getTime())
    return finding({
      code: due.state === 'overdue' ? 'ROTATION_OVERDUE' : 'ROTATION_DUE',
      where: `${placeOf(remote)} (${spec.variable})`,
      message: `version ${version.revision} is ${old} old, and had to be rotated by ${day}. Expected a value that is not older than ${spec.rotation}.`,
      fix: `\`${commandLine`rotate --environment ${environment} ${spec.tier}.${spec.variable}`}\``,
      specs: [spec],
    })
  })
}

function uncatalogued({ tier, uncatalogued }: FolderState): Finding[] {
  if (uncatalogued.length === 0) return []
  return [
    finding({
      code: 'REMOTE_UNCATALOGUED',
      where: tier.remotePath,
      message: `holds ${shortList(uncatalogued)}, which no entry of the catalogue names. Expected only the catalogued ones.`,
      fix: 'Add them to scripts/catalogue.ts, or delete them: the key of the tier can read them.',
      specs: [],
    }),
  ]
}

import { shell } from '../../../lib/shell.ts'
import { shortList } from '../../../lib/short-list.ts'
import { placeOf } from '../../../model/remote-secret.ts'
import type { EnvironmentModel, TierModel } from '../../../model/resolve.ts'
import { projectFieldOf } from '../../../model/specs.ts'
import { secretsPath } from '../../../scaleway/secrets.ts'
import { type Cause, type CauseParts, causeOf } from '../cause.ts'
import type { Observation } from '../observation.ts'
import type { RemoteFacts } from '../observe/remotes.ts'
import type { ExternalSecretFacts } from '../observe/tier.ts'
import type { Whereabouts } from '../observe/whereabouts.ts'
import { paste } from '../paste.ts'
import { readers } from '../unsynced-readers.ts'

interface Context extends Pick<Observation, 'model' | 'apiUrl'> {
  /** As `isEmptyProject` finds it. */
  readonly isProjectEmpty: boolean
}

/** Whether none of the remote secrets of a Scaleway project is there, whatever its state, nor anywhere else. */
export function isEmptyProject(remotes: readonly RemoteFacts[]): boolean {
  return remotes.every(({ whereabouts }) => whereabouts?.kind === 'nowhere' && whereabouts.similar === undefined)
}

/** Remote secrets that are not where the operator looks, or have no version to deliver. */
export function remoteCauses(
  context: Context,
  tier: TierModel,
  remotes: readonly RemoteFacts[],
  externalSecrets: readonly ExternalSecretFacts[],
): Cause[] {
  const scene = { ...context, tier, externalSecrets }
  const [plainlyAbsent, others] = split(remotes)
  return [...others.flatMap((facts) => remoteCause(scene, facts)), ...absentCauses(scene, plainlyAbsent)]
}

// --- internal ---

interface Scene extends Context {
  readonly tier: TierModel
  readonly externalSecrets: readonly ExternalSecretFacts[]
}

/** Those that don't exist under any similar name are one cause together: they have not been filled yet. */
function split(remotes: readonly RemoteFacts[]): [RemoteFacts[], RemoteFacts[]] {
  const isPlain = ({ whereabouts }: RemoteFacts) => whereabouts?.kind === 'nowhere' && whereabouts.similar === undefined
  return [remotes.filter((one) => isPlain(one) && !one.remote.optional), remotes.filter((one) => !isPlain(one))]
}

function of(
  scene: Scene,
  { remote, told }: RemoteFacts,
  parts: Omit<CauseParts, 'where' | 'evidence'>,
  ...more: string[]
) {
  return causeOf({
    where: placeOf(remote),
    evidence: [told, ...more],
    explains: readers(scene.externalSecrets, [remote]),
    specs: remote.specs,
    isOptional: remote.optional,
    ...parts,
  })
}

function remoteCause(scene: Scene, facts: RemoteFacts): Cause[] {
  const { remote, found, whereabouts, versions } = facts
  if (whereabouts) return elsewhereCause(scene, facts, whereabouts)
  if (found?.ephemeral_policy)
    return [
      of(scene, facts, {
        code: 'REMOTE_EPHEMERAL',
        message: 'is ephemeral: its versions expire, some at the first read. Expected one that is not ephemeral.',
        fix: `${paste.look(shell`scw secret secret delete ${found.id} region=${scene.model.region}`)}, once what is needed is copied; then ${paste.fill(scene.model, scene.tier, remote.specs)}.`,
      }),
    ]
  if (found?.status === 'locked')
    return [
      of(scene, facts, {
        code: 'REMOTE_LOCKED',
        message: "is locked: its encryption key can't be used. Expected one that can be read.",
        fix: 'Enable its key in the Key Manager of Scaleway.',
      }),
    ]
  // An optional one without a version to deliver counts as absent, which is allowed.
  if (!found || !versions || remote.optional) return []
  return [versionCause(scene, facts, found.id, versions)]
}

function versionCause(
  scene: Scene,
  facts: RemoteFacts,
  id: string,
  versions: NonNullable<RemoteFacts['versions']>,
): Cause {
  const { model, tier, apiUrl } = scene
  const { region } = model
  const fill = paste.fill(model, tier, facts.remote.specs)
  const list = versions.map(({ revision, status }) => `version ${revision}: ${status}`)
  const disabled = versions.findLast(({ status }) => status === 'disabled')
  if (disabled) {
    const enable = paste.look(shell`scw secret version enable ${id} revision=${disabled.revision} region=${region}`)
    const message = `has no enabled version; version ${disabled.revision} is disabled. Expected an enabled one.`
    return of(scene, facts, { code: 'VERSION_DISABLED', message, fix: `${enable}, or add one: ${fill}.` }, ...list)
  }
  const deleted = versions.findLast(({ status }) => status === 'scheduled_for_deletion')
  if (deleted) {
    const path = `${secretsPath(region)}/${id}/versions/${deleted.revision}/restore`
    const message = `has no enabled version; version ${deleted.revision} is scheduled for deletion${since(deleted.deletion_requested_at)}. Expected an enabled one.`
    const fix = `${paste.scalewayPost(apiUrl, path)} restores it, within 7 days of that; or add one: ${fill}.`
    return of(scene, facts, { code: 'VERSION_DELETED', message, fix }, ...list)
  }
  const message = 'never had a version. Expected an enabled one.'
  return of(scene, facts, { code: 'VERSION_ABSENT', message, fix: `${fill} adds one.` }, ...list)
}

function elsewhereCause(scene: Scene, facts: RemoteFacts, whereabouts: Whereabouts): Cause[] {
  const { model, tier, apiUrl } = scene
  const { remote } = facts
  const { region } = model
  const fill = paste.fill(model, tier, remote.specs)
  const cause = (parts: Omit<CauseParts, 'where' | 'evidence'>, ...more: string[]) => [of(scene, facts, parts, ...more)]
  const seen =
    'secret' in whereabouts ? `Scaleway lists ${placeOf(whereabouts.secret)}, id ${whereabouts.secret.id}` : ''
  switch (whereabouts.kind) {
    case 'renamed': {
      const { id, name } = whereabouts.secret
      const rename = paste.look(shell`scw secret secret update ${id} name=${remote.name} region=${region}`)
      const message = `does not exist; the folder has "${name}". Expected exactly the name of the catalogue.`
      return cause(
        { code: 'REMOTE_NAME_DIFFERS', message, fix: `${rename}, or correct remoteName in scripts/catalogue.ts.` },
        seen,
      )
    }
    // Other folders may have one of this name for another purpose.
    case 'elsewhere': {
      if (remote.optional) return []
      const { id, path, name } = whereabouts.secret
      const rename = name === remote.name ? [] : [`name=${remote.name}`]
      const move = paste.look(
        shell`scw secret secret update ${[id, `path=${remote.path}`, ...rename, `region=${region}`]}`,
      )
      const message = `does not exist; one of this name is in ${path}${name === remote.name ? '' : ` as "${name}"`}. Expected it in ${remote.path}.`
      return cause(
        { code: 'REMOTE_ELSEWHERE', message, fix: `${move} moves it, if it is the right one; or ${fill}.` },
        seen,
      )
    }
    case 'deleted': {
      if (remote.optional) return []
      const { id, deletion_requested_at: at } = whereabouts.secret
      const restore = paste.scalewayPost(apiUrl, `${secretsPath(region)}/${id}/restore`)
      const message = `is scheduled for deletion${since(at)}. Expected it to stay.`
      return cause(
        { code: 'REMOTE_DELETED', message, fix: `${restore} restores it; 7 days later it is deleted for good.` },
        `${seen}, among those scheduled for deletion`,
      )
    }
    case 'other-region': {
      if (remote.optional) return []
      const message = `is not in region ${region}; it is in ${whereabouts.region}. Expected it in the region of the environment.`
      const fix = `${fill} creates it in ${region}; or correct \`region\` in scripts/environments.ts. A remote secret can't be moved to another region.`
      return cause({ code: 'REMOTE_OTHER_REGION', message, fix }, `${seen}, in ${whereabouts.region}`)
    }
    case 'other-project': {
      if (remote.optional) return []
      const { project_id: project } = whereabouts.secret
      const message = `is not in project ${tier.projectId}; it is in ${project}. Expected it in the project of the environment.`
      const fix = `${fill} creates it there; or correct the project in scripts/environments.ts.`
      return cause({ code: 'REMOTE_OTHER_PROJECT', message, fix }, `${seen}, in project ${project}`)
    }
    case 'nowhere': {
      if (remote.optional) return []
      const message = `does not exist. The folder has "${whereabouts.similar}", which no entry names. Expected it to exist.`
      return cause({ code: 'REMOTE_ABSENT', message, fix: `${fill} creates it, or rename "${whereabouts.similar}".` })
    }
  }
}

function absentCauses(scene: Scene, absent: readonly RemoteFacts[]): Cause[] {
  const { model, tier, externalSecrets } = scene
  const [first] = absent
  if (!first) return []
  const specs = absent.flatMap(({ remote }) => remote.specs)
  const names = shortList(absent.map(({ remote }) => remote.name))
  const isOne = absent.length === 1
  return [
    causeOf({
      code: 'REMOTE_ABSENT',
      where: isOne ? placeOf(first.remote) : tier.remotePath,
      message: `${isOne ? 'does not exist' : `lacks ${absent.length} remote secrets: ${names}`}. Expected ${isOne ? 'it' : 'all of them'} in project ${tier.projectId}.`,
      evidence: [`${first.told}, without ${names}`],
      fix: `${fillAll(model, tier, absent)} creates ${isOne ? 'it' : 'them'}.${scene.isProjectEmpty ? ` Where the project has been filled before, its id is wrong: it is ${projectFieldOf(model, tier.name)}.` : ''}`,
      explains: readers(
        externalSecrets,
        absent.map(({ remote }) => remote),
      ),
      specs,
      isOptional: false,
    }),
  ]
}

/** Where the whole tier is filled, existing values are not changed. */
function fillAll(model: EnvironmentModel, tier: TierModel, absent: readonly RemoteFacts[]): string {
  const specs = absent.flatMap(({ remote }) => remote.specs)
  return specs.length > 8 ? paste.fillTier(model, tier, specs) : paste.fill(model, tier, specs)
}

function since(time: string | null): string {
  return time === null ? '' : ` since ${time}`
}

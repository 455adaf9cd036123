import { groupBy } from '../../lib/group.ts'
import { didYouMean } from '../../lib/nearest.ts'
import { compare, type Problem } from '../../lib/problems.ts'
import { durationSeconds } from '../duration.ts'
import { namesOf } from '../names.ts'
import { byOrganization } from '../organizations.ts'
import { knownRegions } from '../regions.ts'
import { defaultQuota } from '../resolve.ts'
import { existsIn, projectOf, remoteNameOf } from '../specs.ts'
import type { Application, EnvironmentSpec } from '../types.ts'
import { atEnvironment, atTier, quoted, type Rule } from './rule.ts'

const quotaWarning = 0.8
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** A UUID that is only an example: `00000000-0000-4000-8000-000000000001`, `12345678-1234-…`. */
export function isPlaceholder(id: string): boolean {
  const digits = id.replaceAll('-', '')
  return new Set(digits).size <= 4 || digits.startsWith('12345678') || digits.startsWith('deadbeef')
}

export const projectIdsAreReal: Rule = (application) =>
  projects(application).flatMap(({ environment, spec, tier, id }) => {
    const where =
      spec.isolation === 'path' ? atEnvironment(environment) : `${atEnvironment(environment)} projectIds.${tier}`
    const fix = 'Copy the id of the project from the Scaleway console, or mark the environment `example: true`.'
    if (!uuid.test(id)) {
      const fact = id === '' ? 'has no project id' : `the project id is "${id}"`
      return [{ code: 'PROJECT_ID_INVALID', where, message: `${fact}. Expected a UUID in lowercase.`, fix }]
    }
    if (isPlaceholder(id) && spec.example !== true) {
      const message = `the project id "${id}" is a placeholder. Expected the id of a real project.`
      return [{ code: 'PROJECT_ID_PLACEHOLDER', where, message, fix }]
    }
    return []
  })

/** The environment is the project: with a shared one, a recette key reads production. */
export const environmentsHaveTheirOwnProjects: Rule = (application) =>
  [...groupBy(projects(application), ({ id }) => id)].flatMap(([id, uses]) => {
    const environments = [...new Set(uses.map((use) => use.environment))].sort(compare)
    if (environments.length < 2 || id === '') return []
    return {
      code: 'PROJECT_SHARED_BY_ENVIRONMENTS',
      where: atEnvironment(environments[1] ?? ''),
      message: `project ${id} is used by the environments ${quoted(environments)}. Expected a project for each.`,
      fix: 'Create a project for each environment in Scaleway.',
    }
  })

export const tiersHaveTheirOwnProjects: Rule = (application) =>
  [...groupBy(projects(application), ({ environment, id }) => `${environment} ${id}`).values()].flatMap((uses) => {
    const { environment, spec, id } = uses[0] ?? {}
    if (!environment || spec?.isolation !== 'project' || uses.length < 2 || id === '') return []
    return {
      code: 'TIERS_SHARE_PROJECT',
      where: atEnvironment(environment),
      message: `project ${id} is used by the tiers ${quoted(uses.map((use) => use.tier))}. Expected one project per tier in isolation mode "project".`,
      fix: 'Create a project for each tier, or use isolation mode "path".',
    }
  })

/** An IAM condition on a prefix that contains another tier's folder lets one tier read the other. */
export const tierPathsAreApart: Rule = ({ catalogue, environments }) => {
  const spec = Object.values(environments)[0]
  if (!spec) return []
  const tiers = Object.keys(catalogue.tiers).sort(compare)
  const path = (tier: string) => namesOf(catalogue, tier, spec).remotePath
  return tiers.flatMap((inner) =>
    tiers
      .filter((outer) => outer !== inner && `${path(inner)}/`.startsWith(`${path(outer)}/`))
      .filter((outer) => path(outer) !== path(inner) || outer < inner)
      .map((outer) => ({
        code: 'TIER_PATHS_OVERLAP',
        where: atTier(inner),
        message: `the remote path "${path(inner)}" is inside that of tier "${outer}", "${path(outer)}". Expected separate folders.`,
        fix: 'Change the remotePath of one of the tiers.',
      })),
  )
}

export const environmentSettingsAreValid: Rule = ({ catalogue, environments }) =>
  Object.entries(environments).flatMap(([environment, spec]) => [
    ...region(environment, spec),
    ...refreshInterval(environment, spec),
    ...clusterUid(environment, spec),
    ...tierKeys(environment, spec, Object.keys(catalogue.tiers)),
  ])

/** The organization has the quota, for all environments in it. */
export const quotaSuffices: Rule = ({ catalogue, environments }) => {
  const quota = catalogue.remoteSecretQuota ?? defaultQuota
  const named = Object.entries(environments).map(([name, { organizationId }]) => ({ name, organizationId }))
  return byOrganization(named).flatMap((members): Problem[] => {
    const remote = new Set<string>()
    for (const { name } of members) {
      for (const secret of catalogue.secrets) {
        if (existsIn(secret, name)) remote.add(`${name} ${secret.tier} ${remoteNameOf(secret)}`)
      }
    }
    if (remote.size <= quota * quotaWarning) return []
    const over = remote.size > quota
    const who =
      members.length === named.length
        ? 'the environments'
        : `the environments ${quoted(members.map(({ name }) => name))}`
    return [
      {
        code: over ? 'QUOTA_EXCEEDED' : 'QUOTA_NEARLY_FULL',
        where: 'catalogue',
        message: `${who} need ${remote.size} remote secrets together. Expected at most ${over ? quota : Math.floor(quota * quotaWarning)}: the quota of the Scaleway organization is ${quota}.`,
        fix: 'Bundle identities (layout "bundle"), or ask Scaleway to raise the quota, and set remoteSecretQuota.',
        ...(over ? {} : { severity: 'warning' as const }),
      },
    ]
  })
}

// --- internal ---

interface ProjectUse {
  readonly environment: string
  readonly spec: EnvironmentSpec
  readonly tier: string
  readonly id: string
}

/** One row for each project id that is written down. */
function projects({ catalogue, environments }: Application): ProjectUse[] {
  const tiers = Object.keys(catalogue.tiers).sort(compare)
  return Object.entries(environments).flatMap(([environment, spec]) =>
    (spec.isolation === 'path' ? tiers.slice(0, 1) : tiers).map((tier) => {
      return { environment, spec, tier, id: projectOf(spec, tier) }
    }),
  )
}

function region(environment: string, { region }: EnvironmentSpec): Problem[] {
  if (knownRegions.includes(region)) return []
  const wellFormed = /^[a-z]{2}-[a-z]{3}$/.test(region)
  return [
    {
      code: wellFormed ? 'REGION_UNKNOWN' : 'REGION_INVALID',
      where: atEnvironment(environment),
      message: `the region is "${region}".${didYouMean(region, knownRegions)} Expected one of: ${knownRegions.join(', ')}.`,
      fix: 'Correct the region. A region that Scaleway has opened since causes only a warning.',
      ...(wellFormed ? { severity: 'warning' as const } : {}),
    },
  ]
}

/** Zero would freeze the ExternalSecrets: the operator then never reads them again, even with a changed spec. */
function refreshInterval(environment: string, { refreshInterval }: EnvironmentSpec): Problem[] {
  const seconds = durationSeconds(refreshInterval)
  if (seconds !== undefined && seconds >= 60) return []
  return [
    {
      code: 'REFRESH_INTERVAL_INVALID',
      where: atEnvironment(environment),
      message: `the refresh interval is "${refreshInterval}". Expected at least one minute, as 1h, 30m or 1h30m.`,
      fix: 'Use an interval such as 1h; a forced refresh delivers an urgent change at once.',
    },
  ]
}

function clusterUid(environment: string, { cluster }: EnvironmentSpec): Problem[] {
  if (cluster === undefined || uuid.test(cluster)) return []
  return [
    {
      code: 'CLUSTER_INVALID',
      where: `${atEnvironment(environment)} cluster`,
      message: `is "${cluster}". Expected the UID of the namespace kube-system of its cluster: a UUID in lowercase.`,
      fix: 'Copy it: kubectl get namespace kube-system --output jsonpath={.metadata.uid}; or leave cluster out.',
    },
  ]
}

function tierKeys(environment: string, spec: EnvironmentSpec, tiers: readonly string[]): Problem[] {
  const { namespaces, iamApplications, sealedCredentials, access } = spec
  const projectIds = spec.isolation === 'project' ? spec.projectIds : undefined
  const maps = { namespaces, projectIds, iamApplications, sealedCredentials, access }
  return Object.entries(maps).flatMap(([field, map]) =>
    Object.keys(map ?? {})
      .filter((tier) => !tiers.includes(tier))
      .map((tier) => ({
        code: 'TIER_UNKNOWN',
        where: `${atEnvironment(environment)} ${field}`,
        message: `there is no tier "${tier}".${didYouMean(tier, tiers)} Expected one of: ${tiers.join(', ')}.`,
        fix: 'Correct the name of the tier.',
      })),
  )
}

import { type Kind, kinds } from '../kubernetes/kinds.ts'
import { groupBy } from '../lib/group.ts'
import { type ChartKind, chartKinds } from '../model/chart-objects.ts'
import type { PipelineRole } from '../model/names.ts'
import type { PipelineRights, RbacRule } from '../model/rbac.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import { templateKinds } from './pod-templates.ts'
import { userKinds } from './secret-users.ts'

/**
 * The least rights with which a pipeline looks at an environment (`plan`), or deploys it too (`ci`). The kinds are those of the
 * chart, and rights to write those of which the environment has objects. Nothing reads a Secret of a tier. Pure.
 */
export function pipelineRights(model: EnvironmentModel, role: PipelineRole): PipelineRights {
  const deploys = role === 'ci'
  return {
    cluster: [...lookAtCluster, ...(deploys ? writeInCluster(model) : [])],
    tiers: [...lookAtTiers(model), ...(deploys ? [...grantRoles(model), ...writeInTiers(model)] : [])],
    release: [
      ...rulesOf(inRelease, 'The release as Helm keeps it, and the parameters of admission. No values.', [
        'get',
        'list',
      ]),
      ...(deploys ? rulesOf(inRelease, 'Helm keeps each revision in a Secret, under a name of its own.', writing) : []),
    ],
  }
}

// --- internal ---

const all: readonly ChartKind[] = Object.values(chartKinds)
const inCluster = all.filter(({ namespaced }) => !namespaced)
const inTiers = all.filter(({ namespaced, inRelease }) => namespaced && !inRelease)
const inRelease = all.filter((kind) => kind.inRelease)

const writing = ['create', 'update', 'patch', 'delete']

const lookAtCluster = rulesOf(
  inCluster,
  'What is there already, and what an earlier deployment has left: no rule limits a list to names.',
  ['get', 'list'],
)

function lookAtTiers(model: EnvironmentModel): RbacRule[] {
  return [
    ...rulesOf(usedInTiers(model), 'What the chart renders, to be compared.', ['get']),
    ...rulesOf(inTiers, 'What it rendered before, and does not render any more.', ['list']),
    ...rulesOf([kinds.externalSecret], 'Whether the secrets have arrived.', ['watch']),
    ...rulesOf([kinds.event], 'What the operator says of a secret that has not.', ['list', 'watch']),
    ...rulesOf(
      [...templateKinds, kinds.rollout],
      'Who reads a key that goes, and which pods have an older value. Shows variables that are written into a pod template.',
      ['list'],
    ),
    ...rulesOf(userKinds, 'Who serves a certificate that goes.', ['list']),
  ]
}

/**
 * Whoever makes an admission policy with parameters has to have the right to get each object of their kind. The API server asks
 * for it with the name `*`, for which RBAC has no special meaning: a rule for this name is enough, and opens no Secret.
 * Source: Kubernetes 1.37, registry/admissionregistration/validatingadmissionpolicy/authz.go, and `ResourceNameMatches`.
 */
const whyOfNone = 'To make policies whose parameters are Secrets. No Secret can have this name, and so none is read.'

function writeInCluster(model: EnvironmentModel): RbacRule[] {
  const hasPolicies = chartKinds.validatingAdmissionPolicy.objects(model).length > 0
  const ofNoSecret = rulesOf([kinds.secret], whyOfNone, ['get']).map((rule) => ({ ...rule, resourceNames: ['*'] }))
  return [...(hasPolicies ? ofNoSecret : []), ...inCluster.flatMap((kind) => writeNamed(kind, model))]
}

/** With server-side apply, by which Helm 4 and the dry runs create, the API server knows the name before it decides. */
function writeNamed(kind: ChartKind, model: EnvironmentModel): RbacRule[] {
  const resourceNames = kind.objects(model).map(({ name }) => name)
  if (resourceNames.length === 0) return []
  const isNamespace = kind.kind === chartKinds.namespace.kind
  const why = isNamespace ? 'Their labels. The namespaces are made here, and none is deleted.' : 'Those of the chart.'
  const verbs = isNamespace ? ['update', 'patch'] : writing
  return rulesOf([kind], why, verbs).map((rule) => ({ ...rule, resourceNames }))
}

function writeInTiers(model: EnvironmentModel): RbacRule[] {
  return rulesOf(usedInTiers(model), 'What the chart renders.', writing)
}

function usedInTiers(model: EnvironmentModel): ChartKind[] {
  return inTiers.filter((kind) => kind.objects(model).length > 0)
}

/** Nobody may grant rights that they lack. What the Roles of the chart give is in its `role.yaml`. */
function grantRoles(model: EnvironmentModel): RbacRule[] {
  if (chartKinds.role.objects(model).length === 0) return []
  const why = 'To give the Roles of the chart: nobody may give rights that they lack.'
  return [
    ...rulesOf([kinds.secretStore], why, ['watch']),
    ...rulesOf([kinds.event], why, ['get']),
    { why, apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['get', 'list', 'watch'] },
  ]
}

/** One rule for each API group. */
function rulesOf(list: readonly Kind[], why: string, verbs: readonly string[]): RbacRule[] {
  const groupOf = ({ apiVersion }: Kind) => (apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '')
  return [...groupBy(list, groupOf)].map(([group, members]) => {
    return { why, apiGroups: [group], resources: members.map(({ plural }) => plural), verbs }
  })
}

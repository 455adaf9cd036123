import { commandLine, kubectl, pipedCommandLine } from '../lib/command-line.ts'
import { type PipelineRole, pipelineNames } from '../model/names.ts'
import type { RbacRule } from '../model/rbac.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import type { SubjectSpec } from '../model/types.ts'
import { helmOwnership } from './namespaces.ts'
import { pipelineRights } from './pipeline-rights.ts'

/**
 * The rights of a pipeline as YAML that `kubectl apply` takes, each rule with its reason. The namespaces are in it too, marked so
 * that Helm takes them over: a right inside of a namespace can't be given before there is one, and so the pipeline needs
 * no right to create any.
 *
 * @param subjects who gets them. Default: a ServiceAccount that is in the YAML
 */
export function rbacManifests(model: EnvironmentModel, role: PipelineRole, subjects: readonly SubjectSpec[]): string {
  const names = pipelineNames(model.baseName, role)
  const rights = pipelineRights(model, role)
  const own = { kind: 'ServiceAccount', ...names.serviceAccount } as const
  const bound = subjectsText(subjects.length > 0 ? subjects : [own])
  const { release, tiers } = model
  const inRelease = { name: names.role, namespace: release.namespace }
  return [
    header(model, role, subjects.length === 0),
    ...(role === 'ci' ? namespaces(model) : []),
    ...(subjects.length === 0 ? [namespace(own.namespace, {}), serviceAccount(own)] : []),
    roleText('ClusterRole', { name: names.role }, rights.cluster),
    binding('ClusterRoleBinding', { name: names.role }, 'ClusterRole', bound),
    roleText('ClusterRole', { name: names.tierRole }, rights.tiers),
    ...tiers.map((tier) =>
      binding('RoleBinding', { name: names.tierRole, namespace: tier.namespace }, 'ClusterRole', bound),
    ),
    roleText('Role', inRelease, rights.release),
    binding('RoleBinding', inRelease, 'Role', bound),
  ].join('---\n')
}

/** What commands these rights are for, and what is left out on purpose; whole lines. */
export const pipelineCommands = {
  plan: {
    allows: 'check, plan, status, wait, doctor',
    lacks: 'what changes something, and the dry runs of plan and status, which need the rights to write',
  },
  ci: { allows: 'check, plan, deploy, status, wait, doctor', lacks: 'fill, rotate, restart, credentials, migrate' },
} as const satisfies Readonly<Record<PipelineRole, { readonly allows: string; readonly lacks: string }>>

// --- internal ---

interface Place {
  readonly name: string
  readonly namespace?: string
}

function header({ application, environment, baseName }: EnvironmentModel, role: PipelineRole, isOwn: boolean): string {
  const { allows, lacks } = pipelineCommands[role]
  const { serviceAccount: account } = pipelineNames(baseName, role)
  const token = kubectl`create token ${account.name} --namespace ${account.namespace} --duration 1h`
  return `# The rights of a pipeline ${role === 'ci' ? 'that deploys' : 'that looks at'} environment ${environment} of ${application}, and no others.
# Printed by: ${pipedCommandLine`rbac --environment ${environment} --for ${role}`}
# To be applied by an administrator of the cluster: ${kubectl`apply --filename`} <this file>
# Again when tiers or kinds of objects are added, before the deployment; when they are removed, after it.
#
# For: ${allows}.
# Not for: ${lacks}.
# ${role === 'ci' ? writerNote : readerNote}
${isOwn ? `#\n# A token that ends by itself: ${token}\n` : ''}`
}

const readerNote = `It reads no Secret of a tier, and changes nothing. It does see variables that are written into a pod template.`

const writerNote = `It reads no Secret of a tier. But whoever decides what is deployed can take away what protects them: give it to
# code alone that was reviewed. For all other code there is \`${commandLine`rbac --for plan`}\`.`

/** Marked so that Helm takes them over; that of the release is in no release. */
function namespaces({ tiers, release }: EnvironmentModel): string[] {
  const marks = helmOwnership(release)
  return [namespace(release.namespace, {}), ...tiers.map((tier) => namespace(tier.namespace, marks))]
}

function namespace(name: string, marks: Partial<ReturnType<typeof helmOwnership>>): string {
  const fields = Object.entries(marks).flatMap(([field, values]) => [
    `  ${field}:`,
    ...Object.entries(values).map(([key, value]) => `    ${key}: ${quoted(value)}`),
  ])
  return [`apiVersion: v1`, 'kind: Namespace', metadata({ name }), ...fields, ''].join('\n')
}

function serviceAccount(place: Place): string {
  return `apiVersion: v1
kind: ServiceAccount
${metadata(place)}
# No pod runs with it: its tokens are made one by one.
automountServiceAccountToken: false
`
}

function roleText(kind: 'ClusterRole' | 'Role', place: Place, rules: readonly RbacRule[]): string {
  return `apiVersion: ${rbac}/v1
kind: ${kind}
${metadata(place)}
rules:
${rules.map((rule, index) => ruleText(rule, rules[index - 1]?.why)).join('')}`
}

/** A reason that the rule before it has too is not repeated. */
function ruleText({ why, apiGroups, resources, resourceNames, verbs }: RbacRule, whyBefore?: string): string {
  const fields = { apiGroups, resources, ...(resourceNames ? { resourceNames } : {}), verbs }
  const lines = Object.entries(fields).map(([field, values]) => `${field}: ${listText(values)}\n`)
  return `${why === whyBefore ? '' : `  # ${why}\n`}  - ${lines.join('    ')}`
}

function binding(
  kind: 'ClusterRoleBinding' | 'RoleBinding',
  { name, namespace: within }: Place,
  roleKind: 'ClusterRole' | 'Role',
  subjects: string,
): string {
  return `apiVersion: ${rbac}/v1
kind: ${kind}
${metadata({ name, ...(within === undefined ? {} : { namespace: within }) })}
roleRef:
  apiGroup: ${rbac}
  kind: ${roleKind}
  name: ${quoted(name)}
subjects:
${subjects}`
}

function subjectsText(subjects: readonly SubjectSpec[]): string {
  const texts = subjects.map((subject) => {
    const place = subject.kind === 'ServiceAccount' ? `namespace: ${quoted(subject.namespace)}` : `apiGroup: ${rbac}`
    return `  - kind: ${subject.kind}\n    name: ${quoted(subject.name)}\n    ${place}\n`
  })
  return texts.join('')
}

function metadata({ name, namespace: within }: Place): string {
  const lines = [`  name: ${quoted(name)}`, ...(within === undefined ? [] : [`  namespace: ${quoted(within)}`])]
  return ['metadata:', ...lines].join('\n')
}

const rbac = 'rbac.authorization.k8s.io'

/** A text of JSON is one of YAML. */
function quoted(text: string): string {
  return JSON.stringify(text)
}

function listText(texts: readonly string[]): string {
  return `[${texts.map(quoted).join(', ')}]`
}

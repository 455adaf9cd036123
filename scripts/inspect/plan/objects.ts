import { foreignFields } from '../../cluster/drift.ts'
import { type TrialClient, tryOut } from '../../cluster/try-out.ts'
import { type FieldChange, fieldChangeText } from '../../kubernetes/difference.ts'
import { isNotFound, type KubernetesError } from '../../kubernetes/errors.ts'
import { describeObject, type Kind, type KubernetesObject, kindOf, kinds } from '../../kubernetes/kinds.ts'
import type { Problem } from '../../lib/problems.ts'
import { shortList } from '../../lib/short-list.ts'
import { installedOperator } from '../../model/operator-version.ts'
import type { EnvironmentModel } from '../../model/resolve.ts'

/** What a deployment does to one object. */
export interface ObjectChange {
  readonly kind: string
  readonly name: string
  readonly namespace?: string
  /** `keep`: it is no longer rendered, but is kept. */
  readonly action: 'add' | 'change' | 'remove' | 'keep' | 'none'
  /** Of a change. Never a value of a Secret. */
  readonly fields: readonly FieldChange[]
  /** Why the API server was not asked about it. */
  readonly unasked?: string
}

/** Why an object is not compared: the API server was asked, and does not take it. */
export const refusedByServer = 'the API server refuses it'

export interface ObjectPlan {
  readonly changes: readonly ObjectChange[]
  /** What the API server refuses, including admission. */
  readonly problems: readonly Problem[]
}

/**
 * What a deployment does to the objects of a release, according to the API server: each is applied in a dry run, and
 * compared with the current object.
 *
 * @param manifests as rendered, in the order Helm applies them
 */
export async function planObjects(
  client: TrialClient,
  { release }: Pick<EnvironmentModel, 'release'>,
  manifests: readonly KubernetesObject[],
  signal?: AbortSignal,
): Promise<ObjectPlan> {
  const changes = await releaseNamespace(client, release.namespace, signal)
  const created = new Set(changes.map(({ name }) => name))
  const problems: Problem[] = []
  for (const manifest of manifests) {
    const kind = kindOf(manifest)
    if (!kind) throw new Error(`no kind ${manifest.kind}`)
    const { change, problem } = await planObject({ client, kind, manifest, created, signal })
    if (change.action === 'add' && kind.kind === 'Namespace') created.add(manifest.metadata.name)
    changes.push(change)
    if (problem) problems.push(problem)
  }
  return judgedByTheirOwn({ problems, changes })
}

// --- internal ---

/** It is in no template: Helm creates it, or another tool that deploys. */
async function releaseNamespace(client: TrialClient, name: string, signal?: AbortSignal): Promise<ObjectChange[]> {
  const exists = await client.get(kinds.namespace, { name }, signal)
  return exists ? [] : [{ kind: kinds.namespace.kind, name, action: 'add', fields: [] }]
}

interface Question {
  readonly client: TrialClient
  readonly kind: Kind
  readonly manifest: KubernetesObject
  /** Namespaces that the upgrade creates. */
  readonly created: ReadonlySet<string>
  readonly signal: AbortSignal | undefined
}

interface Answer {
  readonly change: ObjectChange
  readonly problem?: Problem
}

async function planObject({ client, kind, manifest, created, signal }: Question): Promise<Answer> {
  const { name, namespace } = manifest.metadata
  const ref = { name, ...(namespace === undefined ? {} : { namespace }) }
  const of = (action: ObjectChange['action'], more: Partial<ObjectChange> = {}): ObjectChange => {
    return { kind: kind.kind, ...ref, action, fields: [], ...more }
  }
  if (namespace !== undefined && created.has(namespace))
    return { change: of('add', { unasked: 'its namespace does not exist yet' }) }
  const trial = await tryOut(client, kind, manifest, { signal })
  if (trial.says === 'replaced')
    return { change: of('change', { unasked: 'it has to be created again' }), problem: trial.problem }
  if (trial.says === 'absent') return { change: of('add') }
  if (trial.says === 'there') {
    const { fields } = trial
    const foreign = foreignFields(fields)
    return {
      change: fields.length > 0 ? of('change', { fields }) : of('none'),
      ...(foreign.length > 0 ? { problem: foreignProblem(kind, manifest, foreign) } : {}),
    }
  }
  if (trial.at === 'read') throw trial.error
  return {
    change: of(trial.at, { unasked: refusedByServer }),
    problem: refusal(kind, manifest, trial.error),
  }
}

/** The deployment itself repairs it. */
function foreignProblem(kind: Kind, { metadata }: KubernetesObject, fields: readonly FieldChange[]): Problem {
  return {
    code: 'FOREIGN_FIELDS',
    where: describeObject(kind, metadata),
    message: `has changed since it was deployed: ${shortList(fields.map(fieldChangeText))}. Expected what the chart renders, and nothing else.`,
    fix: 'Find out who the field manager is, and why; the deployment restores the object.',
    severity: 'warning',
  }
}

function refusal(kind: Kind, { metadata }: KubernetesObject, error: KubernetesError): Problem {
  const where = describeObject(kind, metadata)
  if (isNotFound(error) && !error.message.includes('namespaces "'))
    return {
      code: 'KIND_ABSENT',
      where,
      message: `the cluster lacks the kind ${kind.kind} of ${kind.apiVersion}. Expected it to exist.`,
      fix:
        kind.apiVersion === 'bitnami.com/v1alpha1'
          ? 'Install sealed-secrets, or leave out sealedCredentials in scripts/environments.ts.'
          : `Install External Secrets Operator ${installedOperator}, with its definitions.`,
    }
  return {
    code: 'PLAN_REFUSED',
    where,
    message: `${error.message.replace(/\.$/, '')}. Expected the API server to accept it.`,
    fix: 'Correct scripts/catalogue.ts or scripts/environments.ts, or what the message names in the cluster.',
  }
}

/**
 * Admission judges by the boundary that is in the cluster now, and the upgrade replaces that before the objects it
 * judges: where it changes, a refusal now says nothing.
 */
function judgedByTheirOwn({ problems, changes }: ObjectPlan): ObjectPlan {
  const boundaries = changes.filter(({ kind, name }) => kind === 'Secret' && name.startsWith('boundary-'))
  const moved = new Set(
    boundaries.filter(({ action }) => action === 'change').map(({ name }) => name.slice('boundary-'.length)),
  )
  const isOpen = ({ code, where, message }: Problem) => {
    const [, namespace = ''] = where.split('/')
    return code === 'PLAN_REFUSED' && /\((?:STORE|EXTERNAL_SECRET)_[A-Z_]+\)/.test(message) && moved.has(namespace)
  }
  const open = new Set(problems.filter(isOpen).map(({ where }) => where))
  return {
    changes: changes.map((change) =>
      open.has(describeObject(change, change))
        ? { ...change, unasked: 'judged by the boundary that changes first' }
        : change,
    ),
    problems: problems.map((problem) => (isOpen(problem) ? notJudged(problem) : problem)),
  }
}

function notJudged({ where }: Problem): Problem {
  return {
    code: 'PLAN_NOT_JUDGED',
    where,
    message:
      'is refused by the current boundary, which the upgrade changes before it. Expected it to be judged by the new one.',
    fix: 'Deploy: the new boundary is in place before this object, and judges it then.',
    severity: 'warning',
  }
}

import { foreignFields, renderedDifference } from '../../cluster/drift.ts'
import { environmentOf, type OwnedObject, ownedObject } from '../../cluster/ownership.ts'
import { takeoverProblems } from '../../cluster/sealed-takeover.ts'
import { type TrialClient, tryOut } from '../../cluster/try-out.ts'
import { type FieldChange, fieldChangeText } from '../../kubernetes/difference.ts'
import {
  endingFix,
  isEnding,
  isForbidden,
  isNotFound,
  isRightMissing,
  type KubernetesError,
} from '../../kubernetes/errors.ts'
import { describeObject, type Kind, type KubernetesObject, kindOf, kinds } from '../../kubernetes/kinds.ts'
import { commandLine } from '../../lib/command-line.ts'
import type { Problem } from '../../lib/problems.ts'
import { shortList } from '../../lib/short-list.ts'
import { installedOperator } from '../../model/operator-version.ts'
import { missingRightFix } from '../../model/rbac.ts'
import type { EnvironmentModel } from '../../model/resolve.ts'
import { judgedByTheirOwn } from './moved-boundary.ts'

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
  /** To whom it belongs, where it is there and was not deployed by the chart for this environment: completes "belongs to …". */
  readonly owner?: string
}

/** Why an object is not compared: the API server was asked, and does not take it. */
export const refusedByServer = 'the API server refuses it'

export interface ObjectPlan {
  readonly changes: readonly ObjectChange[]
  /** What the API server refuses, including admission; and sealed keys that would not be used. */
  readonly problems: readonly Problem[]
  /** The rendered objects that are there. */
  readonly owned: readonly OwnedObject[]
}

export interface ObjectQuestion {
  readonly client: TrialClient
  readonly model: Pick<EnvironmentModel, 'application' | 'environment' | 'release'>
  /** As rendered, in the order Helm applies them. */
  readonly manifests: readonly KubernetesObject[]
  readonly signal: AbortSignal | undefined
  /** Who may only read is told less, and not refused: somebody else deploys. */
  readonly mayBeReader: boolean
}

/**
 * What a deployment does to the objects of a release, according to the API server: each is applied in a dry run, and
 * compared with the current object.
 */
export async function planObjects({
  client,
  model,
  manifests,
  signal,
  mayBeReader,
}: ObjectQuestion): Promise<ObjectPlan> {
  const changes = await releaseNamespace(client, model.release.namespace, signal)
  const added = new Set(changes.map((change) => describeObject(change, change)))
  const answers: Answer[] = []
  for (const manifest of manifests) {
    const kind = kindOf(manifest)
    if (!kind) throw new Error(`no kind ${manifest.kind}`)
    const answer = await planObject({ client, kind, manifest, added, signal })
    if (answer.change.action === 'add') added.add(describeObject(kind, manifest.metadata))
    answers.push(answer)
  }
  const isReader = mayBeReader && isOfReader(answers)
  const problems: Problem[] = isReader ? [untriedProblem(answers.length)] : []
  const owned: OwnedObject[] = []
  for (const { kind, live, ...answer } of answers) {
    const { change, problem } = isReader && answer.untried ? { change: answer.untried } : answer
    const seen = live && ownedObject(kind, live, model)
    if (seen) owned.push(seen)
    const isForeign = seen && seen.owner.by !== 'release' && environmentOf(seen.live) !== model.environment
    changes.push(isForeign ? { ...change, owner: seen.owner.text } : change)
    // Of what was made by hand, every field is foreign.
    if (problem && !(isForeign && problem.code === 'FOREIGN_FIELDS')) problems.push(problem)
  }
  problems.push(...(await takeoverProblems(client, manifests, signal)))
  return { ...judgedByTheirOwn({ problems, changes }), owned }
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
  /** What the upgrade creates before it: `Namespace/shop-api` */
  readonly added: ReadonlySet<string>
  readonly signal: AbortSignal | undefined
}

interface Answer {
  readonly kind: Kind
  /** The change as far as it is seen without a dry run, which may not be made. */
  readonly untried?: ObjectChange
  readonly change: ObjectChange
  readonly problem?: Problem
  /** As it is in the cluster; undefined: it is not. */
  readonly live?: KubernetesObject | undefined
}

/** Whether no dry run was allowed at all: who may make some lacks a right for a deployment. */
function isOfReader(answers: readonly Answer[]): boolean {
  const asked = answers.filter(({ change: { unasked = refusedByServer } }) => unasked === refusedByServer)
  return asked.length > 0 && asked.every(({ untried }) => untried !== undefined)
}

async function planObject({ client, kind, manifest, added, signal }: Question): Promise<Answer> {
  const { name, namespace } = manifest.metadata
  const ref = { name, ...(namespace === undefined ? {} : { namespace }) }
  const of = (action: ObjectChange['action'], more: Partial<ObjectChange> = {}): ObjectChange => {
    return { kind: kind.kind, ...ref, action, fields: [], ...more }
  }
  if (namespace !== undefined && added.has(describeObject(kinds.namespace, { name: namespace })))
    return { kind, change: of('add', { unasked: 'its namespace does not exist yet' }) }
  const trial = await tryOut(client, kind, manifest, { signal })
  if (trial.says === 'replaced')
    return {
      kind,
      change: of('change', { unasked: 'it has to be created again' }),
      problem: trial.problem,
      live: trial.live,
    }
  if (trial.says === 'absent') return { kind, change: of('add') }
  if (trial.says === 'there') {
    const { fields, live } = trial
    const foreign = foreignFields(fields)
    return {
      kind,
      change: fields.length > 0 ? of('change', { fields }) : of('none'),
      ...(foreign.length > 0 ? { problem: foreignProblem(kind, manifest, foreign) } : {}),
      live,
    }
  }
  if (trial.at === 'read') throw trial.error
  const needed = neededBy(manifest)
  if (trial.at === 'add' && !isForbidden(trial.error) && needed !== undefined && added.has(needed))
    return { kind, change: of('add', { unasked: `${needed} does not exist yet` }) }
  const refused = {
    kind,
    change: of(trial.at, { unasked: refusedByServer }),
    problem: refusal(kind, manifest, trial.error),
    live: trial.live,
  }
  if (trial.says !== 'no-right') return refused
  const fields = trial.live ? renderedDifference(trial.live, manifest) : []
  const action = trial.at === 'add' ? 'add' : fields.length > 0 ? 'change' : 'none'
  return { ...refused, untried: of(action, { fields }) }
}

/** What the API server looks up before it decides whether a user who is not an administrator may make an object. */
function neededBy({ kind, metadata, ...fields }: KubernetesObject): string | undefined {
  const { roleRef, spec } = fields as {
    readonly roleRef?: { readonly kind: string; readonly name: string }
    readonly spec?: { readonly policyName?: string }
  }
  if (kind === kinds.roleBinding.kind && roleRef) return describeObject(roleRef, { ...metadata, name: roleRef.name })
  if (kind !== kinds.validatingAdmissionPolicyBinding.kind || spec?.policyName === undefined) return undefined
  return describeObject(kinds.validatingAdmissionPolicy, { name: spec.policyName })
}

function untriedProblem(count: number): Problem {
  return {
    code: 'PLAN_UNTRIED',
    where: 'the cluster',
    message: `you may not make a dry run in it. So ${count} objects are compared with what the chart renders, without what the API server and admission would say, and a field that is removed may be missed. Expected the right to make a dry run.`,
    fix: `Nothing has to be done: \`${commandLine`deploy`}\` plans again, with the rights of whoever deploys.`,
    severity: 'warning',
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
    fix: isRightMissing(error)
      ? missingRightFix()
      : isEnding(error)
        ? endingFix(error)
        : 'Correct scripts/catalogue.ts or scripts/environments.ts, or what the message names in the cluster.',
  }
}

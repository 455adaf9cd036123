import { commandLine } from '../lib/command-line.ts'
import { exitCodes, ProblemError } from '../lib/problems.ts'
import type { SubjectSpec } from './types.ts'

/** A rule of a Role, and what it is for. */
export interface RbacRule {
  /** One sentence. */
  readonly why: string
  /** `''` for the core group. */
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  /** Default: objects of any name */
  readonly resourceNames?: readonly string[]
  readonly verbs: readonly string[]
}

/** Rules by where they hold. */
export interface PipelineRights {
  readonly cluster: readonly RbacRule[]
  /** In the namespace of each tier. */
  readonly tiers: readonly RbacRule[]
  /** In the namespace of the Helm release. */
  readonly release: readonly RbacRule[]
}

/** What to do about a right that is missing in the cluster. */
export function missingRightFix(): string {
  return `Work as somebody who has this right, or have an administrator of the cluster give it. All rights of a pipeline: \`${commandLine`rbac --environment <name> --for ci`}\`.`
}

/**
 * A subject as it is typed: `User/anna`, `Group/oidc:deployers`, `ServiceAccount/ci/deployer`. A name may have slashes.
 *
 * @throws ProblemError `WRONG_USAGE`
 */
export function parseSubject(text: string): SubjectSpec {
  const account = /^ServiceAccount\/([^/]+)\/([^/]+)$/.exec(text)
  if (account) return { kind: 'ServiceAccount', namespace: account[1] ?? '', name: account[2] ?? '' }
  const [, kind, name] = /^(User|Group)\/(.+)$/.exec(text) ?? []
  if ((kind === 'User' || kind === 'Group') && name !== undefined) return { kind, name }
  throw new ProblemError(
    {
      code: 'WRONG_USAGE',
      where: `--subject ${text}`,
      message: 'is not a subject. Expected User/<name>, Group/<name> or ServiceAccount/<namespace>/<name>.',
      fix: 'Write the name as the API server knows it: `kubectl auth whoami` tells yours.',
    },
    exitCodes.usage,
  )
}

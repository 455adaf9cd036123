import { readTarget } from '../../cluster/target.ts'
import type { ClusterReader } from '../../kubernetes/client.ts'
import { describeObject, kinds, type NamespacedRef } from '../../kubernetes/kinds.ts'
import { kubectl } from '../../lib/command-line.ts'
import type { Problem } from '../../lib/problems.ts'
import type { EnvironmentModel } from '../../model/resolve.ts'
import type { ObjectChange } from './plan-objects.ts'

/**
 * Targets that exist with another type than a changed ExternalSecret gives them. Until the deployment the operator would
 * create such a Secret again with its old type, so that this does not prevent a deployment.
 */
export async function targetTypeProblems(
  client: Pick<ClusterReader, 'get'>,
  { tiers }: Pick<EnvironmentModel, 'tiers'>,
  changes: readonly ObjectChange[],
  signal?: AbortSignal,
): Promise<Problem[]> {
  const changed = tiers.flatMap(({ namespace, externalSecrets }) =>
    externalSecrets
      .filter(({ name }) =>
        changes.some(
          (one) =>
            one.kind === 'ExternalSecret' && one.namespace === namespace && one.name === name && one.action !== 'none',
        ),
      )
      .map(({ name, type }) => ({ ref: { namespace, name }, type })),
  )
  const problems = await Promise.all(
    changed.map(async ({ ref, type }) => {
      const target = await readTarget(client, ref, signal)
      return typeof target === 'object' && target.type !== type ? [problem(ref, target.type, type)] : []
    }),
  )
  return problems.flat()
}

// --- internal ---

function problem(ref: NamespacedRef, found: string, expected: string): Problem {
  return {
    code: 'TARGET_TYPE',
    where: describeObject(kinds.secret, ref),
    message: `is of type ${found}, which Kubernetes never changes: the operator will not be able to write it. Expected type ${expected}.`,
    fix: `Deploy, then: \`${kubectl`delete secret ${ref.name} --namespace ${ref.namespace}`}\`. The operator creates it again at once, and running pods keep the values they have read.`,
    severity: 'warning',
  }
}

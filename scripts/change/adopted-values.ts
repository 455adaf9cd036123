import { environmentOf } from '../cluster/ownership.ts'
import type { ClusterReader } from '../kubernetes/client.ts'
import { isForbidden } from '../kubernetes/errors.ts'
import {
  describeObject,
  type KubernetesObject,
  kinds,
  type NamespacedRef,
  type SecretObject,
} from '../kubernetes/kinds.ts'
import { commandLine } from '../lib/command-line.ts'
import { keyedDigest } from '../lib/keyed-digest.ts'
import { type Problem, ProblemError } from '../lib/problems.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import { originOf } from '../model/shared-values.ts'
import { loadAccount } from '../scaleway/account.ts'
import { type ComparedTarget, type ForeignValue, foreignValues } from './target-values.ts'

interface Io {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
}

/**
 * Values that the first sync would change in Secrets which the chart does not write yet: those of ExternalSecrets made by hand, and
 * those made by hand themselves. A Secret that may not be read is not compared.
 *
 * @throws KubernetesError; ProblemError when Scaleway can't be asked
 */
export async function adoptedValueProblems(
  client: Pick<ClusterReader, 'get'>,
  model: EnvironmentModel,
  { env, signal }: Io,
): Promise<Problem[]> {
  const targets = await handMadeTargets(client, model, signal)
  if (targets.length === 0) return []
  const account = await loadAccount(env, signal).catch((error: unknown) => {
    if (error instanceof ProblemError) return undefined
    throw error
  })
  if (!account) return targets.map(unknownProblem)
  const digest = keyedDigest()
  const found = await Promise.all(
    targets.map(async (compared) => {
      const foreign = await foreignValues({ account, model, digest }, compared)
      return foreign.map((value) => valueProblem(model, compared, value))
    }),
  )
  return found.flat()
}

// --- internal ---

async function handMadeTargets(
  client: Pick<ClusterReader, 'get'>,
  { tiers, environment }: EnvironmentModel,
  signal: AbortSignal,
): Promise<ComparedTarget[]> {
  const found = await Promise.all(
    tiers.flatMap((tier) =>
      tier.externalSecrets.map(async (target): Promise<ComparedTarget[]> => {
        const ref = { namespace: tier.namespace, name: target.name }
        const writer = await client.get<KubernetesObject>(kinds.externalSecret, ref, signal)
        if (writer && environmentOf(writer) === environment) return []
        const secret = await client.get<SecretObject>(kinds.secret, ref, signal).catch((error: unknown) => {
          if (!isForbidden(error)) throw error
          return undefined
        })
        return secret ? [{ tier, target, secret }] : []
      }),
    ),
  )
  return found.flat()
}

function refOf({ tier, target }: ComparedTarget): NamespacedRef {
  return { namespace: tier.namespace, name: target.name }
}

function unknownProblem(compared: ComparedTarget): Problem {
  return {
    code: 'TARGET_VALUE_UNKNOWN',
    where: describeObject(kinds.secret, refOf(compared)),
    message:
      'was not written by the chart, and without a Scaleway account its values are not compared with those that the operator would write. Expected an account.',
    fix: 'Set SCW_SECRET_KEY; or, where the values may differ: --accept-values.',
  }
}

function valueProblem(
  { environment }: EnvironmentModel,
  compared: ComparedTarget,
  { key, entry: { tier, spec }, other }: ForeignValue,
): Problem {
  const { namespace, name } = refOf(compared)
  const lost = spec.irreplaceable === undefined ? [] : ['--replace-irreplaceable', originOf(spec)]
  const named = ['--only', `${tier.name}.${spec.variable}`, ...(other === 'differs' ? ['--replace', ...lost] : [])]
  const fill = commandLine`fill --environment ${environment} --from-secret ${`${namespace}/${name}`} ${named}`
  return {
    code: 'TARGET_VALUE_DIFFERS',
    where: describeObject(kinds.secret, { namespace, name }),
    message:
      other === 'differs'
        ? `holds a value for ${key} that differs from the one in Scaleway, which the operator would write. Expected the same value.`
        : `holds ${key}, for which Scaleway has no value: the operator would remove it. Expected the same value in Scaleway.`,
    fix: `If it is right: \`${fill}\`. If Scaleway is right: --accept-values.`,
  }
}

import type { ClusterReader } from '../kubernetes/client.ts'
import { KubernetesError } from '../kubernetes/errors.ts'
import { describeObject, type KubernetesObject, kinds } from '../kubernetes/kinds.ts'
import { commandLine } from '../lib/command-line.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import { environmentOf } from './ownership.ts'

/** An object of the chart, by its place: `SecretStore/shop-api/api-secretstore`. */
export interface PlacedObject {
  readonly place: string
  readonly object: Pick<KubernetesObject, 'metadata'>
}

/** Whose the stores and ExternalSecrets of a cluster are, where all of them say that they are of one other environment. */
export interface OtherEnvironment {
  readonly environment: string
  readonly places: readonly string[]
}

/** Undefined: there is an object of this environment, or none that says whose it is, or they disagree. */
export function otherEnvironment(environment: string, objects: readonly PlacedObject[]): OtherEnvironment | undefined {
  const owned = objects.flatMap(({ place, object }) => {
    const owner = environmentOf(object)
    return owner === undefined ? [] : [{ place, owner }]
  })
  const [only, ...others] = new Set(owned.map(({ owner }) => owner))
  if (only === undefined || others.length > 0 || only === environment) return undefined
  return { environment: only, places: owned.map(({ place }) => place) }
}

/**
 * Reads the stores and ExternalSecrets that an environment has by its names. Undefined also where they may not be read, or
 * the cluster lacks their kinds.
 */
export async function readOtherEnvironment(
  client: Pick<ClusterReader, 'get'>,
  { environment, tiers }: Pick<EnvironmentModel, 'environment' | 'tiers'>,
  signal?: AbortSignal,
): Promise<OtherEnvironment | undefined> {
  const wanted = tiers.flatMap((tier) => [
    { kind: kinds.secretStore, ref: { namespace: tier.namespace, name: tier.secretStore } },
    ...tier.externalSecrets.map(({ name }) => {
      return { kind: kinds.externalSecret, ref: { namespace: tier.namespace, name } }
    }),
  ])
  const found = await Promise.all(
    wanted.map(async ({ kind, ref }) => {
      const object = await client.get<KubernetesObject>(kind, ref, signal).catch((error: unknown) => {
        if (error instanceof KubernetesError) return undefined
        throw error
      })
      return object ? [{ place: describeObject(kind, ref), object }] : []
    }),
  )
  return otherEnvironment(environment, found.flat())
}

/**
 * What is to be said of it. Measured by this environment everything in the cluster is wrong, and none of it needs a fix.
 *
 * @param command that was typed: it is what to look at the other one with
 */
export function otherEnvironmentText(
  { environment, application }: Pick<EnvironmentModel, 'environment' | 'application'>,
  other: OtherEnvironment,
  command: 'status' | 'doctor',
) {
  return {
    code: 'ENVIRONMENT_DIFFERS',
    where: 'the cluster',
    message: `runs environment "${other.environment}" of ${application}. Expected environment "${environment}", or none.`,
    fix: `\`${commandLine`${command} --environment ${other.environment}`}\` looks at that one. For "${environment}", have its kube context lead to its own cluster: KUBECONFIG or --context, and kubeContext or cluster in scripts/environments.ts; where both are in one cluster, set baseName there.`,
  } as const
}

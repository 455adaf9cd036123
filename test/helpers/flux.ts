import type { KubernetesObject } from '../../scripts/kubernetes/kinds.ts'
import { run } from '../../scripts/lib/exec.ts'
import { tools } from './tools.ts'

/** As `healthCheckExprs` of a HelmRelease or a Kustomization have them. */
export interface HealthExpressions {
  readonly current: string
  readonly failed?: string
  readonly inProgress?: string
}

/** `Current` ends the waiting, and `Failed` too; an error waits on, as `InProgress`, until the time is up. */
export type Verdict = 'Current' | 'InProgress' | 'Failed' | 'NotFound' | 'Terminating' | `error: ${string}`

/**
 * What Flux's own code thinks of each object.
 *
 * @param expressions default: none, so that kstatus alone decides
 * @throws with Flux's message for an expression that can't be read
 */
export async function fluxHealth(
  objects: readonly KubernetesObject[],
  expressions?: HealthExpressions,
): Promise<Verdict[]> {
  const { fluxhealth } = await tools('fluxhealth')
  const answer = await run(fluxhealth.path, [], { input: JSON.stringify({ expressions, objects }) })
  const verdicts = JSON.parse(answer) as { readonly status?: Verdict; readonly error?: string }[]
  return verdicts.map(({ status, error }): Verdict => status ?? `error: ${error}`)
}

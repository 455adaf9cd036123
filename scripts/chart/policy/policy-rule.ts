import { isDeepStrictEqual } from 'node:util'
import { commandLine } from '../../lib/command-line.ts'
import type { Problem } from '../../lib/problems.ts'
import type { EnvironmentModel, TierModel } from '../../model/resolve.ts'
import type { Manifest } from '../manifests.ts'

/** A policy rule compares manifests with what the model says they have to be; never with the values they came from. */
export type PolicyRule = (manifests: readonly Manifest[], model: EnvironmentModel) => Problem[]

export interface TierObject {
  readonly manifest: Manifest
  readonly tier: TierModel
}

/** The objects of a kind in the namespaces of the tiers. */
export function tierObjects(manifests: readonly Manifest[], model: EnvironmentModel, kind: string): TierObject[] {
  return manifests
    .filter((manifest) => manifest.kind === kind)
    .flatMap((manifest) => {
      const tier = model.tiers.find(({ namespace }) => namespace === manifest.metadata.namespace)
      return tier ? [{ manifest, tier }] : []
    })
}

/** Places at which two values differ, one level below the top. */
export function differences(actual: unknown, expected: Readonly<Record<string, unknown>>, path: string): string[] {
  const record = (actual ?? {}) as Record<string, unknown>
  return [...new Set([...Object.keys(record), ...Object.keys(expected)])]
    .filter((name) => !isDeepStrictEqual(record[name], expected[name]))
    .map((name) => `${path}.${name}`)
}

export function problem(code: string, where: string, message: string): Problem {
  const fix = `Correct the templates of the chart, or run \`${commandLine`gen-values`}\` if the values were edited by hand.`
  return { code, where, message, fix }
}

import { availableParallelism } from 'node:os'
import { lintChart, renderChart } from '../../chart/helm.ts'
import { checkSchemas } from '../../chart/kubeconform.ts'
import { parseManifests } from '../../chart/manifests.ts'
import { checkManifests } from '../../chart/policy/index.ts'
import { checkReachability } from '../../chart/reachability-difference.ts'
import { generatedPaths } from '../../generate/generate.ts'
import type { CommandIo } from '../../lib/command.ts'
import { mapConcurrently } from '../../lib/concurrent.ts'
import { exitCodes, isError, type Problem, ProblemError, sortProblems } from '../../lib/problems.ts'
import { findTools } from '../../local/toolchain/find.ts'
import { resolve } from '../../model/resolve.ts'
import { type ErrorsByEnvironment, errorsByEnvironment } from '../../model/rules/by-environment.ts'
import { checkApplication } from '../../model/rules/index.ts'
import type { Application } from '../../model/types.ts'
import { generatedProblems, staleFor } from '../../session/generated-files.ts'
import { staleProblems } from '../../session/stale-problems.ts'

/** What is wrong with the data files, and what can be checked all the same. */
export interface CheckedData extends ErrorsByEnvironment {
  /** With the warnings. */
  readonly problems: readonly Problem[]
  /** Environments without an error of their own, by name; none where the catalogue has one. */
  readonly whole: readonly string[]
}

export const uncheckedData: CheckedData = { common: [], own: new Map(), problems: [], whole: [] }

/** Applies all rules; an environment with misshapen settings hides none of what they find in the others. */
export function checkData(application: Application): CheckedData {
  const errors = errorsByEnvironment(application)
  const warnings = checkApplication(application).filter((problem) => !isError(problem))
  const names = Object.keys(application.environments ?? {}).sort()
  return {
    ...errors,
    problems: sortProblems([...errors.common, ...[...errors.own.values()].flat(), ...warnings]),
    whole: errors.common.length > 0 ? [] : names.filter((name) => !errors.own.has(name)),
  }
}

/** Of all environments, or of those that can be generated while others are broken. */
export async function checkStale(io: CommandIo, { own, whole }: CheckedData): Promise<Problem[]> {
  if (own.size > 0) return staleProblems(await staleFor(io, whole))
  return await generatedProblems(io)
}

/** Each environment as Helm sees it, and what comes out of it; as many at a time as there are cores. */
export async function checkCharts(
  io: CommandIo,
  application: Application,
  environments: readonly string[],
): Promise<ReadonlyMap<string, readonly Problem[]>> {
  const tools = await findTools(['helm', 'kubeconform'], io)
  const found = await mapConcurrently(environments, availableParallelism(), async (environment) => {
    io.signal.throwIfAborted()
    return [environment, await checkChart(environment)] as const
  })
  return new Map(found)

  async function checkChart(environment: string): Promise<readonly Problem[]> {
    const { productFolder, userFolder, signal } = io
    const model = resolve(application, environment)
    const valuesFile = generatedPaths.values(environment)
    const release = { helm: tools.helm.path, userFolder, signal, valuesFile, release: model.release }
    try {
      await lintChart(release)
      const manifests = await renderChart(release)
      const objects = parseManifests(manifests, valuesFile)
      const invalid = await checkSchemas(tools.kubeconform.path, productFolder, manifests, valuesFile)
      const others = invalid.length > 0 ? invalid : checkReachability(objects, model, application.catalogue)
      return [...checkManifests(objects, model), ...others]
    } catch (error) {
      if (!(error instanceof ProblemError) || error.exitCode !== exitCodes.problems) throw error
      return error.problems
    }
  }
}

/** Whether a problem is about what is generated for one environment. */
export function isOfEnvironment({ where }: Problem, environment: string): boolean {
  const { values, ciValues, reachability } = generatedPaths
  return [values, ciValues, reachability].some((path) => where === path(environment))
}

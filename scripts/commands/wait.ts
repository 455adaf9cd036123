import { openCluster, openEnvironment } from '../access.ts'
import { type Explanation, explain } from '../examine.ts'
import { clusterProblem } from '../kubernetes/errors.ts'
import { type GateResult, passGate, timeoutMs, timeoutOption } from '../kubernetes/release-gate.ts'
import type { WaitReport } from '../kubernetes/wait-for-sync.ts'
import { defineCommand, environmentOption, outputOption } from '../lib/command.ts'
import { exitCodes, formatProblems, isError } from '../lib/problems.ts'
import { table } from '../lib/table.ts'
import { type EnvironmentModel, externalSecrets, targetKeys } from '../model/resolve.ts'

interface Options {
  readonly environment: string
  readonly timeout: string
  readonly output: 'table' | 'json'
}

export const command = defineCommand<Options>({
  name: 'wait',
  summary: 'Waits until every required secret of an environment has arrived in its cluster; exits 3 when one has not.',
  example: 'npm run wait -- --environment recette --timeout 10m',
  options: [environmentOption, timeoutOption, outputOption],
  async run({ environment, timeout, output }, io) {
    timeoutMs(timeout)
    const model = await openEnvironment(environment, io)
    using client = await openCluster(model, io)
    const result = await passGate(client, model, timeout, io).catch((error: unknown) => {
      throw clusterProblem(error)
    })
    const failed = result.problems.some(isError)
    const told = failed ? await explain(model, client, result, io) : plainly(result)
    io.out(output === 'json' ? asJson(model, result, told) : asTable(model, result))
    if (told.text !== '') io.log(told.text.trimEnd())
    return failed ? exitCodes.problems : exitCodes.ok
  },
})

// --- internal ---

function plainly({ problems }: GateResult): Explanation {
  return { text: formatProblems(problems), problems }
}

interface Row {
  readonly tier: string
  readonly namespace: string
  readonly name: string
  readonly optional: boolean
  readonly state: WaitReport['state']
  readonly message: string
  readonly catalogued: number
  /** Null where we may not look, or where there is nothing to look at yet. */
  readonly missing: readonly string[] | null
  readonly unexpected: readonly string[] | null
}

function rows({ tiers }: EnvironmentModel, { reports }: GateResult): Row[] {
  return tiers.flatMap((tier) =>
    externalSecrets(tier).flatMap((externalSecret) => {
      const { name } = externalSecret
      const report = reports.find(({ ref }) => ref.namespace === tier.namespace && ref.name === name)
      if (!report) return []
      const { state, message, keys } = report
      const exact = state === 'synced' ? [] : null
      const { missing, unexpected } =
        keys === 'unreadable' ? { missing: null, unexpected: null } : (keys ?? { missing: exact, unexpected: exact })
      const optional = externalSecret === tier.optional
      const catalogued = targetKeys(externalSecret).length
      return {
        tier: tier.name,
        namespace: tier.namespace,
        name,
        optional,
        state,
        message,
        catalogued,
        missing,
        unexpected,
      }
    }),
  )
}

function asTable(model: EnvironmentModel, result: GateResult): string {
  const cells = rows(model, result).map(({ tier, name, optional, state, catalogued, missing }) => [
    tier,
    name,
    optional ? 'optional' : 'required',
    missing === null ? `? of ${catalogued}` : `${catalogued - missing.length} of ${catalogued}`,
    state,
  ])
  return table(['TIER', 'EXTERNAL SECRET', 'NEED', 'KEYS', 'STATE'], cells)
}

function asJson(model: EnvironmentModel, result: GateResult, { problems }: Explanation): string {
  const { application, environment } = model
  const synced = !result.problems.some(isError)
  const body = { version: 1, application, environment, synced, externalSecrets: rows(model, result), problems }
  return `${JSON.stringify(body, null, 2)}\n`
}

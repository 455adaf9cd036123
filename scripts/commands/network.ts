import { renderChart } from '../chart/helm.ts'
import { judgePolicies, namespaceLabels } from '../chart/judge-policies.ts'
import { type Manifest, parseManifests } from '../chart/manifests.ts'
import { networkPoliciesOf } from '../chart/network-policy.ts'
import { checkReachability } from '../chart/reachability-difference.ts'
import { verifyNetwork } from '../cluster/verify-network.ts'
import { generatedPaths } from '../generate/generate.ts'
import { reachabilityJson, reachabilityTables } from '../generate/reachability-page.ts'
import type { KubernetesClient } from '../kubernetes/client.ts'
import { clusterProblem } from '../kubernetes/errors.ts'
import { type Kind, type KubernetesObject, kinds } from '../kubernetes/kinds.ts'
import {
  type CommandIo,
  contextOption,
  defineCommand,
  environmentOption,
  outputOption,
  wrongUsage,
} from '../lib/command.ts'
import { pipedCommandLine } from '../lib/command-line.ts'
import { jsonDocument } from '../lib/printable.ts'
import { exitCodes, formatProblems, isError, type Problem, ProblemError, sortProblems } from '../lib/problems.ts'
import { findTool } from '../local/toolchain/find.ts'
import { deployStep } from '../model/delivery/deploy-step.ts'
import { endpointsOf } from '../model/network/endpoints.ts'
import { reachabilityTable } from '../model/network/reachability-table.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import { openCluster } from '../session/access.ts'
import { loadApplication, loadEnvironment } from '../session/application.ts'
import { refuseStaleValues } from '../session/generated-files.ts'

interface Options {
  readonly environment: string
  readonly context?: string
  readonly output: 'table' | 'json'
  readonly verify?: boolean
}

export const command = defineCommand<Options>({
  name: 'network',
  summary: 'Who reaches whom under the network policies of an environment.',
  example: pipedCommandLine`network --environment recette`,
  options: [
    environmentOption,
    contextOption,
    outputOption,
    {
      flags: '--verify',
      description: 'compare the cluster with it: policies, pod labels, ports; exit 3 when they differ',
    },
  ],
  async run({ environment, context, output, verify = false }, io) {
    if (context !== undefined && !verify)
      throw wrongUsage('network', `--context ${context}`, 'means nothing without --verify, which opens a cluster.')
    const model = await loadEnvironment(io, environment)
    if (verify) return verifyCluster(model, { context, output }, io)
    await refuseStaleValues(io, environment)
    const { catalogue } = await loadApplication(io)
    const manifests = await render(model, io)
    const { policies, problems } = networkPoliciesOf(manifests)
    if (problems.length > 0) throw new ProblemError(problems)
    const endpoints = endpointsOf(model, catalogue)
    const rows = reachabilityTable(endpoints, judgePolicies(policies, namespaceLabels(manifests)))
    if (output === 'json') io.out(reachabilityJson(model, rows))
    else io.out((columns) => reachabilityTables(endpoints, rows, columns))
    return exitCodes.ok
  },
})

// --- internal ---

async function render(model: EnvironmentModel, io: CommandIo): Promise<Manifest[]> {
  const helm = await findTool('helm', io)
  const valuesFile = generatedPaths.values(model.environment)
  const { userFolder, signal } = io
  return parseManifests(
    await renderChart({ helm: helm.path, userFolder, signal, release: model.release, valuesFile }),
    valuesFile,
  )
}

async function verifyCluster(
  model: EnvironmentModel,
  { context, output }: { readonly context: string | undefined; readonly output: Options['output'] },
  io: CommandIo,
) {
  const { catalogue } = await loadApplication(io)
  using client = await openCluster(model, io, context)
  const problems = await findProblems().catch((error: unknown) => {
    throw clusterProblem(error)
  })
  if (output === 'json') io.out(jsonDocument({ version: 1, environment: model.environment, problems }))
  if (problems.some(isError)) throw new ProblemError(problems)
  if (problems.length > 0) io.tell(formatProblems(problems))
  io.log(`The cluster of ${model.environment} has the policies, labels and ports of the catalogue.`)
  io.log("Whether the cluster's network enforces policies can't be checked from here.")
  return exitCodes.ok

  async function findProblems(): Promise<Problem[]> {
    const live = await livePolicies(client, model, io.signal)
    const hasPolicies = live.some(({ kind }) => kind === kinds.networkPolicy.kind)
    const isLeftOut = model.without.includes('network-policies')
    const policies = hasPolicies || isLeftOut ? checkReachability(live, model, catalogue) : [missingPolicies(model)]
    return sortProblems([...policies, ...(await verifyNetwork(client, model, io.signal))])
  }
}

/** All policies in the tiers' namespaces, by whoever: each one allows something more. */
async function livePolicies(
  client: KubernetesClient,
  { tiers }: EnvironmentModel,
  signal: AbortSignal,
): Promise<Manifest[]> {
  const found = await Promise.all(
    tiers.map(async ({ namespace }) => {
      const own = await client.get<KubernetesObject>(kinds.namespace, { name: namespace }, signal)
      const { items } = await client.list<KubernetesObject>(kinds.networkPolicy, { namespace, signal })
      const typed = (kind: Kind) => (item: KubernetesObject) => ({
        ...item,
        apiVersion: kind.apiVersion,
        kind: kind.kind,
      })
      return [...(own ? [own] : []).map(typed(kinds.namespace)), ...items.map(typed(kinds.networkPolicy))]
    }),
  )
  return found.flat()
}

function missingPolicies(model: EnvironmentModel): Problem {
  return {
    code: 'NETWORK_POLICIES_MISSING',
    where: model.tiers.map(({ namespace }) => `Namespace/${namespace}`).join(', '),
    message: 'there is no network policy, so that every pod reaches every other. Expected those of the chart.',
    fix: `${deployStep(model)}.`,
  }
}
